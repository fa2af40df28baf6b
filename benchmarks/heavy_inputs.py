"""Inputs that are many or large, made on the spot: pages with a sound text each, folders, an archive, a site."""

from __future__ import annotations

import gzip
import random
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_VOCABULARY = """
    the a of in on after before with against from council harbour bridge minister farmers river court budget school hospital
    strike union border storm factory museum orchestra vaccine election railway airport prison teachers fishermen lawyers
    engineers residents committee parliament company investors researchers patients drivers pilots students voters opened
    closed approved rejected delayed promised announced questioned defended rebuilt flooded sold bought tested warned agreed
    early late northern southern coastal empty crowded costly quiet public private local foreign new old second third
    report plan vote deal appeal verdict loan tunnel harvest shipment contract protest permit dispute inquiry record
"""
_WORDS = _VOCABULARY.split()
_SYLLABLES = (
    "ka",
    "ro",
    "mi",
    "tel",
    "van",
    "dor",
    "su",
    "ne",
    "bri",
    "lo",
    "gan",
    "fe",
    "ash",
    "tu",
    "pol",
    "we",
    "zi",
)
_FILLER = f"<!-- layout of this page, as its templates have it {' ' * 960} -->\n"


def sound_text(number: int, words: int = 130) -> str:
    """A text of its own for each number: whole sentences, with names that stand in no other."""
    dice = random.Random(number)
    names = ["".join(dice.choices(_SYLLABLES, k=3)).capitalize() for _ in range(6)]
    told: list[str] = []
    while words > 0:
        length = dice.randrange(9, 18)
        sentence = [dice.choice(_WORDS) if n % 5 else dice.choice(names) for n in range(length)]
        told.append(f"{' '.join(sentence).capitalize()}.")
        words -= length
    return " ".join(told)


def sound_page(number: int, size: int = 0, words: int = 130) -> bytes:
    """A page around such a text, filled up to a size with what is no text."""
    text = sound_text(number, words)
    title = f"{text[:50].rsplit(' ', 1)[0]} {number}"
    head = f"<html lang='en'><head><title>{title}</title>"
    body = f"</head><body><article><h1>{title}</h1><p>{text}</p></article></body></html>"
    lines = max(0, size - len(head) - len(body)) // len(_FILLER)
    page = head + _FILLER * lines + body
    return (page + "\n" * max(0, size - len(page))).encode()


def swollen_page(number: int, size: int) -> bytes:
    """A sound page of so many bytes, gzipped: a few hundredths of a percent of its size."""
    return gzip.compress(sound_page(number, size), 6)


def fill_folder(folder: Path, count: int, size: int = 0, *, packed: bool = False, words: int = 130) -> None:
    """Files of sound pages, a thousand in each folder below."""
    for number in range(count):
        place = folder / f"{number // 1000:03d}"
        if number % 1000 == 0:
            place.mkdir(parents=True)
        body = sound_page(number, size, words)
        if packed:
            (place / f"{number:06d}.html.gz").write_bytes(gzip.compress(body, 1))
        else:
            (place / f"{number:06d}.html").write_bytes(body)


def write_archive(path: Path, count: int, moment: datetime) -> None:
    """A WARC of so many small records: a request for every answer, one answer in a thousand a page, the others "not found"."""
    with gzip.open(path, "wb", compresslevel=1) as file:
        for number in range(count // 2):
            url = f"http://h{number % 997}.example/p{number}"
            date = (moment + timedelta(milliseconds=number)).isoformat(timespec="milliseconds")[:23] + "Z"
            asked = f"GET /p{number} HTTP/1.1\r\nHost: h{number % 997}.example\r\n\r\n".encode()
            is_page = number % 1000 == 0
            status, body = ("200 OK", sound_page(number)) if is_page else ("404 Not Found", b"<p>Not found</p>")
            head = f"HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            for kind, block in (("request", asked), ("response", head + body)):
                record_id = uuid.UUID(int=number * 2 + (kind == "request"))
                file.write(
                    f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <urn:uuid:{record_id}>\r\n"
                    f"WARC-Date: {date}\r\nWARC-Target-URI: {url}\r\n"
                    f"Content-Type: application/http; msgtype={kind}\r\nContent-Length: {len(block)}\r\n\r\n".encode()
                    + block
                    + b"\r\n\r\n"
                )


@contextmanager
def serve_swollen_pages(count: int, size: int) -> Iterator[int]:
    """A site with one feed of so many links, each on a host of its own, each a page of so many bytes; gives its port."""
    items = "".join(f"<item><title>P {n}</title><link>http://h{n}.example/p{n}</link></item>" for n in range(count))
    feed = f'<?xml version="1.0"?><rss version="2.0"><channel><title>T</title>{items}</channel></rss>'.encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            number = self.path.removeprefix("/p")
            is_feed = self.path == "/feed.xml"
            found = feed if is_feed else swollen_page(int(number), size) if number.isdecimal() else b""
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "application/rss+xml" if is_feed else "text/html; charset=utf-8")
            if found and not is_feed:
                self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(found)))
            self.end_headers()
            self.wfile.write(found)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
