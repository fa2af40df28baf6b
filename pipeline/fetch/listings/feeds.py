"""RSS, RDF and Atom, from bytes."""

from __future__ import annotations

import re
from datetime import datetime
from io import BytesIO
from time import struct_time
from typing import Any
from xml.sax import SAXException

import feedparser

from pipeline.fetch.listings.items import (
    MAX_ITEMS,
    Item,
    NotAListing,
    absolute,
    instant_of,
    plain_title,
    without_constant_times,
)

# References to halves of surrogate pairs, or beyond all characters in more digits than int() takes: feedparser raises at
# them, and one bad entry must not cost the whole feed.
_NO_CHARACTER = re.compile(
    rb"&#(?:x0*[dD][89a-fA-F][0-9a-fA-F]{2}|0*5(?:529[6-9]|5[3-9]\d\d|6\d{3}|7[0-2]\d\d|73[0-3]\d|734[0-3]));|&(?:amp;)*#0*[1-9][0-9]{7,};?"
)
# Extensions that no listing needs, of which feedparser follows some, and falls over one that is not as it should be.
_EXTENSION = re.compile(rb"</?(?!(?:atom|a10|rss|rdf|dc|dcterms)\b)[A-Za-z_][\w.-]*:[^<>]*>")


def parse_feed(body: bytes, *, url: str, content_type: str | None = None) -> list[Item]:
    """Read the items of a feed, also of a broken one as far as it goes.

    feedparser is given bytes alone: a text that looks like an address it would fetch by itself.

    Args:
        body: The answer's bytes.
        url: Where they came from; relative links count from there.
        content_type: As answered; its charset counts.
    Returns:
        At most `MAX_ITEMS` items in the feed's order. `listed_at` is the time of publication, else (Atom demands no
        more) of the last update.
    Raises:
        NotAListing: an HTML page, an empty answer, or a feed broken before its first item. feedparser itself finds
            nothing wrong with the first two.
    """
    headers = {"content-location": url} | ({"content-type": content_type} if content_type else {})
    if not body.strip():
        raise NotAListing("the answer is empty")
    body = _NO_CHARACTER.sub(b"&#xFFFD;", body)
    try:
        try:
            parsed = feedparser.parse(BytesIO(body), response_headers=headers)
        except (LookupError, TypeError, AttributeError):
            parsed = feedparser.parse(BytesIO(_EXTENSION.sub(b"", body)), response_headers=headers)
    except (ValueError, OverflowError, RecursionError) as error:
        raise NotAListing(f"cannot be read: {error}"[:300]) from error
    if not parsed.version and not parsed.entries:
        raise NotAListing(f"no RSS or Atom in {len(body)} bytes of {content_type or 'no content type'}")
    items = [item for entry in parsed.entries[:MAX_ITEMS] if (item := _item(entry, url)) is not None]
    if isinstance(parsed.get("bozo_exception"), SAXException) and not items:
        raise NotAListing(f"broken before its first whole item: {parsed.get('bozo_exception')}"[:300])
    return without_constant_times(items)


def _item(entry: Any, url: str) -> Item | None:
    """One entry; without a link there is no page to list."""
    link = (entry.get("link") or "").strip()
    if not link:
        return None
    published, updated = _instant(entry, "published_parsed"), _instant(entry, "updated_parsed")
    return Item(
        url=absolute(url, link),
        title=plain_title(entry.get("title")),
        listed_at=published or updated,
        changed_at=max((moment for moment in (published, updated) if moment is not None), default=None),
    )


def _instant(entry: Any, name: str) -> datetime | None:
    """One of an entry's times. Asked of the plain dict: feedparser's own lookup gives one time for another."""
    moment = dict.get(entry, name)
    return instant_of(*moment[:6]) if isinstance(moment, struct_time) else None
