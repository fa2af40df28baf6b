"""What a feed or sitemap lists, and how its words and times are read."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from urllib.parse import urljoin

from pipeline.text.normalize import compose, undo_entities
from pipeline.text.stamps import Stamp
from pipeline.text.urls import MOST_URL_CHARS

# Of a longer listing the newest are taken. Google's limit for a news sitemap is 1,000; Media Cloud reads 2,000 of any feed.
MAX_ITEMS = 2000
# The protocol's own limit of one sitemap (sitemaps.org); what stands behind is counted and not read.
MAX_ENTRIES = 50_000

# So many items with one and the same time were stamped by the feed's software, not by an editor.
_CONSTANT_ITEMS = 5
_MAX_TITLE_CHARS = 1000
_MAX_RAW_TITLE_CHARS = 10_000  # a longer one is cut before anything else is done to it

_BREAKS = re.compile(r"[\t\r\n]+")
_WITH_HOST = re.compile("https?://(?!/)", re.IGNORECASE)
# What typists make of it, and browsers understand: http:/news.example, http:\\\\news.example, http//news.example.
_MEANT_HOST = re.compile(r"(https?)(?::[/\\]*|//+)(?=[^\W_]|\[)", re.IGNORECASE)
_AROUND = " \t\"'`<>\u00ad\u200b-\u200f\u2028\u2029\u2060\ufeff\xa0“”„«»"
_EDGES = re.compile(f"^[{_AROUND}]+|[{_AROUND}]+$")
_MARKED_UP = re.compile(r"""<a\b[^<>]{0,300}?\bhref\s{0,9}=\s{0,9}["']?([^"'\s<>]+)""", re.IGNORECASE)
_HIDDEN = re.compile(r"<(script|style)\b.*?(?:</\1\s*>|$)", re.IGNORECASE | re.DOTALL)
# A tag begins with a letter, so that "5 < 6" stays.
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<![A-Za-z\[][^<>]*>|<\?[^<>]*>")
_TAG_OR_COMMENT = re.compile(rf"{_TAG.pattern}|<!--.*?-->", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One listed page.

    Attributes:
        url: Absolute where it could be made so; not yet checked. Of an entry that names no page, what it is told apart by.
        title: Plain text; None if none is given.
        listed_at: The publication time that the listing gives, aware UTC; the day's midnight where it tells no zone or no
            time of day; None if none, or not to be trusted.
        changed_at: The latest time that the listing gives for the page, publication or change, to order pages by and to see
            that one changed: a missing zone is taken as UTC. None likewise.
        fault: Why the entry names no page; None if it names one.
    """

    url: str
    title: str | None = None
    listed_at: datetime | None = None
    changed_at: datetime | None = None
    fault: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What one listing says.

    Attributes:
        items: Its entries, those that name no page too, at most `MAX_ENTRIES`: in its order, or, if they are more than are
            taken, the newest first and those without a time last.
        sitemaps: Of an index: the addresses of its sitemaps, the newest first.
        beyond: How many entries were not read.
    """

    items: tuple[Item, ...] = ()
    sitemaps: tuple[str, ...] = ()
    beyond: int = 0


class NotAListing(ValueError):
    """The bytes are no feed or sitemap; the text says what is wrong with them."""


def plain_title(markup: str | None) -> str | None:
    """Reduce a title to its words: no markup, entities, control characters or text direction overrides.

    Example:
        >>> plain_title("Ferry <b>freed</b> &amp; sails<script>alert(1)</script>")
        'Ferry freed & sails'
    """
    if not markup:
        return None
    markup = _HIDDEN.sub("", markup[:_MAX_RAW_TITLE_CHARS])
    # Behind the last `-->` no comment ends: to look for one at each beginning there would cost the square of their number.
    commented, end, rest = markup.rpartition("-->")
    text = undo_entities(_TAG_OR_COMMENT.sub("", commented + end) + _TAG.sub("", rest))
    if text.isascii() and text.isprintable():
        return " ".join(text.split())[:_MAX_TITLE_CHARS] or None
    # Cc: controls; Cf: bidi overrides, zero-width marks, soft hyphens; Cs: lone surrogates; Co, Cn: no characters.
    text = "".join(
        " " if char.isspace() else char
        for char in compose(text)
        if char.isspace() or unicodedata.category(char)[0] != "C" or char in "\u200c\u200d"
    )
    return " ".join(text.split())[:_MAX_TITLE_CHARS].strip("\u200c\u200d ") or None


def absolute(base: str, reference: str) -> str:
    """A link made absolute; one that cannot be, or is too long, stays as it is, and is refused later as no URL."""
    # A line break within is none of the address (WHATWG, URL), and "&amp;" is one that was escaped twice.
    reference = _BREAKS.sub("", reference[: 3 * MOST_URL_CHARS]).replace("&amp;", "&").strip()
    if not _WITH_HOST.match(reference) or reference[-1:] in "\"'>\u200b\ufeff\xa0":
        reference = _as_meant(reference)
    if len(reference) > MOST_URL_CHARS:
        return reference[: MOST_URL_CHARS + 1]
    if _WITH_HOST.match(reference):
        return reference
    try:
        return urljoin(base, reference)
    except ValueError:
        return reference


def _as_meant(reference: str) -> str:
    """A link without what stands around it: quotes, marks that nobody sees, an element; with the host that it begins with."""
    if link := _MARKED_UP.match(reference):
        reference = link[1]
    reference = _EDGES.sub("", reference)
    if reference.lower().startswith("www."):
        return f"http://{reference}"
    return (
        _MEANT_HOST.sub(lambda host: f"{host[1]}://", reference, count=1) if _MEANT_HOST.match(reference) else reference
    )


def listed_instant(stamp: Stamp | None) -> datetime | None:
    """The instant that a listing's stamp gives; where it has no zone or no time of day, its day and no more."""
    if stamp is None:
        return None
    if stamp.is_zoned and stamp.precision != "day":
        return stamp.utc
    return datetime.combine(stamp.instant.date(), time.min, UTC)


def without_constant_times(items: Sequence[Item]) -> list[Item]:
    """Take the times away where more than 5 items all share one: it is the time of the listing, not of the news.

    A day that all items share is a day with that much news; only its changes are not believed.
    """
    kept = list(items)
    if _is_constant([item.listed_at for item in items], midnight=False):
        kept = [replace(item, listed_at=None) for item in kept]
    if _is_constant([item.changed_at for item in items], midnight=True):
        kept = [replace(item, changed_at=None) for item in kept]
    return kept


def _is_constant(times: Sequence[datetime | None], *, midnight: bool) -> bool:
    """Whether all times that are given are one, and it is no midnight where that is a day."""
    given = {moment for moment in times if moment is not None}
    if len(given) != 1 or sum(moment is not None for moment in times) <= _CONSTANT_ITEMS:
        return False
    return midnight or next(iter(given)).time() != time.min
