"""Listings that something went over: none ends its reader, and every entry that still stands whole is listed.

Each seed makes one listing and does one to four things to its bytes; a failure names the seed.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable

import pytest

from pipeline.fetch.listings.items import NotAListing
from pipeline.fetch.listings.reader import parse_listing

URL = "http://news.example/listing.xml"
WORDS = (
    "Мост",
    "mill",
    "Größe",
    "水車小屋",
    "ferry &amp; port",
    "żółć",
    "<![CDATA[a & b < c]]>",
    "bridge",
    "&#8220;x&#8221;",
)
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "windows-1251", "iso-8859-1", "shift_jis", "koi8-r")
JUNK = (
    b"&", b"<", b">", b"&nbsp;", b"&#x110000;", b"&foo;", b"\x00", b"\x08", b"\xe9", b"\xff\xfe", b"<br>", b"</p>", b"]]>", b'"', b"'",
    b"<![CDATA[", b"<!--", b"<?php", b"</item>", b"</url>", b"</channel>", b"<media:x>", b"<title>", b"</title>", b"</link>", b"{", b"}",
    b"\xef\xbb\xbf", b"<!DOCTYPE x [", b"&#0;", b"<b", b"\r\n\r\n",
)  # fmt: skip


def title(dice: random.Random) -> str:
    return " ".join(dice.choice(WORDS) for _ in range(3))


def rss(dice: random.Random) -> tuple[str, list[str], str]:
    items = [
        f"<item><title>{title(dice)}</title><link>http://news.example/{n}-{dice.randrange(10**6)}?a=1&amp;b=2</link>"
        f"<guid isPermaLink=\"false\">{n}</guid><description>{title(dice)}</description>"
        "<pubDate>Mon, 02 Mar 2026 10:00:00 +0100</pubDate></item>"
        for n in range(8)
    ]  # fmt: skip
    return '<rss version="2.0"><channel><title>N</title><image><url>/logo</url></image>\n', items, "\n</channel></rss>"


def atom(dice: random.Random) -> tuple[str, list[str], str]:
    entries = [
        f'<entry><title type="html">{title(dice)}</title><link href="http://news.example/{n}-{dice.randrange(10**6)}"/>'
        f"<id>tag:{n}</id><content>{title(dice)}</content><updated>2026-03-02T10:00:00Z</updated></entry>"
        for n in range(8)
    ]
    return '<feed xmlns="http://www.w3.org/2005/Atom"><title>N</title>\n', entries, "\n</feed>"


def sitemap(dice: random.Random) -> tuple[str, list[str], str]:
    entries = [
        f"<url><loc>http://news.example/{n}-{dice.randrange(10**6)}</loc><news:news><news:title>{title(dice)}</news:title>"
        "<news:publication_date>2026-03-02</news:publication_date></news:news></url>"
        for n in range(8)
    ]
    spaces = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
    return f"<urlset {spaces}>\n", entries, "\n</urlset>"


def json_feed(dice: random.Random) -> tuple[str, list[str], str]:
    items = [
        json.dumps({"id": n, "url": f"http://news.example/{n}-{dice.randrange(10**6)}", "title": title(dice),
                    "authors": [{"name": "A", "url": "/a"}]}, ensure_ascii=False)
        for n in range(8)
    ]  # fmt: skip
    return '{"version": "https://jsonfeed.org/version/1.1", "title": "N", "items": [', items, "]}"


def flip(body: bytes, dice: random.Random, start: int) -> bytes:
    changed = bytearray(body)
    for _ in range(dice.randint(1, 6)):
        changed[dice.randrange(start, len(body))] = dice.randrange(256)
    return bytes(changed)


def cut(body: bytes, dice: random.Random, start: int) -> bytes:
    return body[: dice.randrange(start + len(body) // 4, len(body))]


def lose(body: bytes, dice: random.Random, start: int) -> bytes:
    at = dice.randrange(start, len(body))
    return body[:at] + body[at + dice.randint(1, 40) :]


def insert(body: bytes, dice: random.Random, start: int) -> bytes:
    at = dice.randrange(start, len(body))
    return body[:at] + dice.choice(JUNK) + body[at:]


def double(body: bytes, dice: random.Random, start: int) -> bytes:
    """A tag, or what begins like one, twice."""
    at = body.find(b"<", dice.randrange(start, len(body)))
    end = body.find(b">", at) + 1
    return body[:end] + body[at:end] + body[end:] if 0 <= at < end else body


CHANGES: tuple[Callable[[bytes, random.Random, int], bytes], ...] = (flip, cut, lose, insert, insert, double)


def check(seed: int) -> None:
    dice = random.Random(seed)
    form = dice.choice((rss, rss, atom, sitemap, sitemap, json_feed))
    head, entries, tail = form(dice)
    separator = "," if form is json_feed else "\n"
    declared = dice.choice(ENCODINGS).removesuffix("-sig")
    declaration = "" if form is json_feed else f'<?xml version="1.0" encoding="{declared}"?>\n'
    text = f"{declaration}{head}{separator.join(entries)}{tail}"
    body, encoding = text.encode(), "utf-8"
    # What heads JSON cannot be missed: nothing else tells an item from an author.
    start = len(head.encode()) if form is json_feed else 0
    if dice.random() < 0.2:
        encoding = dice.choice(ENCODINGS)
        body = text.encode(encoding, "xmlcharrefreplace" if form is not json_feed else "replace")
    else:
        for _ in range(dice.randint(1, 4)):
            body = dice.choice(CHANGES)(body, dice, min(start, len(body) // 2))
    try:
        found = parse_listing(body, url=URL, kind=dice.choice(("feed", "sitemap")), max_bytes=1 << 20).items
    except NotAListing:
        found = ()
    urls = {item.url for item in found}
    for entry in entries:
        is_whole = encoding != "utf-8" or entry.encode() in body
        address = entry.partition("http://")[2].split("<" if "<link>" in entry or "<loc>" in entry else '"')[0]
        if is_whole:
            assert f"http://{address}".replace("&amp;", "&") in urls, (seed, form.__name__, body)


def test_mutated_listings():
    for seed in range(200):
        check(seed)


@pytest.mark.drill
@pytest.mark.parametrize("first", range(200, 3_000, 400))
def test_thousands_of_mutated_listings(first):
    for seed in range(first, min(first + 400, 3_000)):
        check(seed)
