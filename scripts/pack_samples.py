"""Pack samples/pages into samples/pages.warc.gz, as an archive of two days; the same pages give the same bytes."""

from __future__ import annotations

import gzip
import io
import sys
import uuid
from pathlib import Path

SAMPLES = Path(__file__).resolve().parent.parent / "samples"
ARCHIVE = SAMPLES / "pages.warc.gz"

# Which page answered where and when: one address answers a second time, corrected.
CAPTURES = (
    ("ardlin-post-waterworks", "http://www.ardlin-post.example/lorries-drinking-water", "2025-11-11T13:00:00Z"),
    ("ardlin-post-cable-car", "http://www.ardlin-post.example/worn-rollers", "2025-11-11T13:00:05Z"),
    ("strait-herald-cable-car", "http://www.strait-herald.example/skarnbahn-suspends", "2025-11-11T13:00:10Z"),
    ("ardlin-post-cable-car-corrected", "http://www.ardlin-post.example/worn-rollers", "2025-11-12T13:00:00Z"),
    ("strait-herald-waterworks", "http://www.strait-herald.example/tolvaby-votes", "2025-11-12T20:00:00Z"),
)


def pack_samples() -> bytes:
    """Give the archive: WARC 1.0, each record a gzip member of its own."""
    return b"".join(
        _member(_response(url, at, (SAMPLES / "pages" / f"{name}.html").read_bytes())) for name, url, at in CAPTURES
    )


def _response(url: str, captured_at: str, body: bytes) -> bytes:
    answer = (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    )
    head = {
        "WARC-Type": "response",
        "WARC-Record-ID": f"<urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{url} {captured_at}')}>",
        "WARC-Date": captured_at,
        "WARC-Target-URI": url,
        "Content-Type": "application/http; msgtype=response",
        "Content-Length": str(len(answer)),
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    return f"WARC/1.0\r\n{lines}\r\n".encode() + answer + b"\r\n\r\n"


def _member(record: bytes) -> bytes:
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as file:
        file.write(record)
    return packed.getvalue()


if __name__ == "__main__":
    ARCHIVE.write_bytes(pack_samples())
    sys.stdout.write(f"{len(CAPTURES)} captures -> {ARCHIVE}\n")
