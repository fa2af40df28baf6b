"""One reader for whatever lists pages: RSS, RDF, Atom, JSON Feed, sitemaps, their indexes, and lists of addresses."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from pipeline.fetch.listings.entries import read_index, read_items
from pipeline.fetch.listings.items import (
    MAX_ENTRIES,
    MAX_ITEMS,
    Item,
    Listing,
    NotAListing,
    absolute,
    without_constant_times,
)
from pipeline.fetch.listings.json_feed import read_json_feed
from pipeline.fetch.listings.xml_entries import read_entries
from pipeline.fetch.unpacking import GZIP_MAGIC, TooLarge, gunzip_readable
from pipeline.text.decode import decode_page
from pipeline.text.stamps import read_stamp

_EARLIEST = datetime.min.replace(tzinfo=UTC)
_WHAT = {"feed": "no RSS, Atom or JSON Feed", "sitemap": "no sitemap"}
_ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)
_REMARKS = re.compile(r"(?:[\ufeff\s\x00]|#[^\n]*(?:\n|$))*")
_DAY_IN_NAME = re.compile(r"(?<!\d)((?:19|20)\d{2})[-_/.]?(\d{2})(?:[-_/.]?(\d{2}))?(?!\d)")


def parse_listing(body: bytes, *, url: str, kind: str, content_type: str | None = None, max_bytes: int) -> Listing:
    """Read what a source lists, also from a broken answer as far as it goes; nothing is ever fetched.

    What the bytes are is told by themselves: an RSS feed may stand for a sitemap, and the other way round.

    Args:
        body: The answer's bytes, gzipped or not.
        url: Where they came from; relative links count from there.
        kind: "feed" or "sitemap", as the source says. A list of plain addresses is one of the second alone.
        content_type: As answered; its charset counts.
        max_bytes: Cap on what a gzipped listing may unpack to.
    Raises:
        NotAListing: an HTML page, an empty answer, or a listing broken before its first entry.
    """
    text = decode_page(unpack(body, max_bytes), content_type)
    if not text.strip("\ufeff \t\r\n\x00"):
        raise NotAListing(f"{_WHAT[kind]}: the answer is empty")
    try:
        listing = _read(text, url, kind)
    except NotAListing as error:
        told = f"{_WHAT[kind]} in {len(body)} bytes of {content_type or 'no content type'}"
        raise NotAListing(f"{told}: {error}"[:300]) from None
    items: Sequence[Item] = listing.items
    if len(items) > MAX_ITEMS:
        items = sorted(items, key=lambda item: item.changed_at or item.listed_at or _EARLIEST, reverse=True)
    return Listing(items=tuple(without_constant_times(items)), sitemaps=listing.sitemaps, beyond=listing.beyond)


def unpack(body: bytes, max_bytes: int) -> bytes:
    """Undo gzip, also one that is broken or cut, or has something else behind it, as far as it goes; twice at most.

    Raises:
        NotAListing: more than `max_bytes` come out, or nothing does.
    """
    for _ in range(2):
        if not body.startswith(GZIP_MAGIC):
            return body
        try:
            body = gunzip_readable(body, max_bytes)
        except TooLarge:
            raise NotAListing(f"gzipped, and more than {max_bytes} bytes once unpacked") from None
        if not body:
            raise NotAListing("gzipped, but broken: nothing can be unpacked")
    return body


def _read(text: str, url: str, kind: str) -> Listing:
    """Read the text of a listing, by its first characters."""
    begins = text.lstrip("\ufeff \t\r\n\x00")[:1]
    if begins in ("{", "["):
        return read_json_feed(text.lstrip("\ufeff \t\r\n\x00"), url=url)
    if kind == "sitemap" and _ADDRESS.match(_REMARKS.sub("", text, count=1)):
        return _read_addresses(text, url)
    entries = read_entries(text, url=url)
    if entries.name == "sitemap":
        index = [(address, stamp.utc if stamp else _day_in(address)) for address, stamp in read_index(entries, url=url)]
        # Of those without a time the last: that is where software adds the next.
        newest = sorted(enumerate(index), key=lambda one: (one[1][1] or _EARLIEST, one[0]), reverse=True)
        return Listing(sitemaps=tuple(dict.fromkeys(address for _, (address, _) in newest)), beyond=entries.beyond)
    items = tuple(read_items(entries, url=url))
    if items and not entries.is_whole and all(item.fault for item in items):
        raise NotAListing(f"broken, and none of its {len(items)} entries names a page")
    return Listing(items=items, beyond=entries.beyond)


def _read_addresses(text: str, url: str) -> Listing:
    """A list of addresses, one a line; what stands behind one, and remarks, are none of it."""
    lines = [line for line in map(str.strip, text.lstrip("\ufeff").splitlines()) if line and line[0] != "#"]
    items = tuple(
        Item(url=absolute(url, found[0]) if (found := _ADDRESS.match(line)) else line[:2_000])
        for line in lines[:MAX_ENTRIES]
    )
    return Listing(items=items, beyond=max(0, len(lines) - MAX_ENTRIES))


def _day_in(address: str) -> datetime | None:
    """The day or month that a sitemap's own address names."""
    found = [f"{year}-{month}-{day or '01'}" for year, month, day in _DAY_IN_NAME.findall(address[-200:])]
    stamp = read_stamp(found[-1]) if found else None
    return stamp.utc if stamp else None
