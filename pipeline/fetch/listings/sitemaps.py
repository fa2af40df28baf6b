"""Sitemaps, with and without the Google News extension, from bytes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO

from lxml import etree

from pipeline.fetch.bodies import gunzip
from pipeline.fetch.listings.items import MAX_ITEMS, Item, NotAListing, absolute, plain_title, without_constant_times
from pipeline.fetch.unpacking import GZIP_MAGIC, CutShort, TooLarge

# The protocol's own limit of one file (sitemaps.org).
_MAX_ENTRIES = 50_000
_ROOT = re.compile(rb"<(?:urlset|sitemapindex)\b")
_PREFIX = re.compile(rb"[<\s]([A-Za-z][\w-]{0,30}):[A-Za-z]")
_MOST_PREFIXES = 20
_EARLIEST = datetime.min.replace(tzinfo=UTC)


def parse_sitemap(body: bytes, *, url: str, max_bytes: int) -> list[Item]:
    """Read the pages that a sitemap lists; entities are never expanded, nothing is ever fetched.

    `lastmod` says when a page changed, not when it was published: it only chooses which pages are the newest.

    Args:
        body: The answer's bytes, gzipped or not.
        url: Where they came from.
        max_bytes: Cap on what a gzipped sitemap may unpack to.
    Returns:
        At most `MAX_ITEMS` items; of a longer sitemap the newest.
    Raises:
        NotAListing: something else than a sitemap, or an index of sitemaps (its message names some of them).
    """
    if body.startswith(GZIP_MAGIC):
        try:
            body = gunzip(body, max_bytes)
        except CutShort as error:
            body = error.body
        except (OSError, TooLarge) as error:
            raise NotAListing(f"gzipped, but broken or more than {max_bytes} bytes once unpacked") from error
    entries: list[tuple[datetime, Item]] = []
    try:
        for element in _entries(body, url):
            if (item := _item(element, url)) is not None:
                entries.append((item.changed_at or _EARLIEST, item))
            element.clear()
            if len(entries) >= _MAX_ENTRIES:
                break
    except etree.XMLSyntaxError as error:
        if not entries:
            raise NotAListing(f"no sitemap: {error.msg}"[:300]) from error
    if len(entries) > MAX_ITEMS:
        entries = sorted(entries, key=lambda entry: entry[0], reverse=True)[:MAX_ITEMS]
    return without_constant_times([item for _, item in entries])


def _entries(body: bytes, url: str) -> Iterator[etree._Element]:
    """The <url> elements of a sitemap, one at a time."""
    root: str | None = None
    named: list[str] = []
    events = etree.iterparse(
        BytesIO(_with_prefixes(body)), events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False
    )
    for event, element in events:
        if not isinstance(element.tag, str):
            continue
        name = etree.QName(element).localname
        if root is None:
            root = name
            if root not in ("urlset", "sitemapindex"):
                raise NotAListing(f"no sitemap: its root is <{root[:80]}>")
        elif event == "end" and name == "url":
            yield element
        elif event == "end" and name == "sitemap":
            named.append(absolute(url, _text(element, "loc") or ""))
            element.clear()
    if root == "sitemapindex":
        raise NotAListing(f"an index of {len(named)} sitemaps, name one as a source: {', '.join(named[:3])}"[:300])


def _with_prefixes(body: bytes) -> bytes:
    """A sitemap with its prefixes declared: who forgets it of news means news all the same."""
    used = {*_PREFIX.findall(body)} - {b"xml", b"xmlns"}
    if len(used) > _MOST_PREFIXES:
        return body
    declared = b"".join(b' xmlns:%s="%s"' % (name, name) for name in sorted(used) if b"xmlns:" + name not in body)
    return _ROOT.sub(lambda root: root[0] + declared, body, count=1)


def _item(element: etree._Element, url: str) -> Item | None:
    """One entry; without a location there is no page."""
    location = _text(element, "loc")
    if not location:
        return None
    listed_at = _instant(_text(element, "news", "publication_date"))
    return Item(
        url=absolute(url, location),
        title=plain_title(_text(element, "news", "title")),
        listed_at=listed_at,
        changed_at=_instant(_text(element, "lastmod")) or listed_at,
    )


def _text(element: etree._Element, *path: str) -> str | None:
    """The text at a path of names, whatever their namespace: outlets misspell it, and images and videos have a <loc> or
    a <title> of their own."""
    found = element.find("/".join(f"{{*}}{name}" for name in path))
    return (found.text or "").strip() or None if found is not None else None


def _instant(text: str | None) -> datetime | None:
    """A W3C date or instant as aware UTC."""
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
        return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
