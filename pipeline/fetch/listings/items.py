"""What a feed or sitemap lists, and how its words and times are read."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import urljoin

from pipeline.text.normalize import compose, undo_entities
from pipeline.text.urls import MOST_URL_CHARS

# Google's limit for a news sitemap is 1,000; Media Cloud reads 2,000 of any feed.
MAX_ITEMS = 2000

# So many items with one and the same time were stamped by the feed's software, not by an editor.
_CONSTANT_ITEMS = 5
_MAX_TITLE_CHARS = 1000
_MAX_RAW_TITLE_CHARS = 10_000  # a longer one is cut before anything else is done to it

_HIDDEN = re.compile(r"<(script|style)\b.*?(?:</\1\s*>|$)", re.IGNORECASE | re.DOTALL)
# A tag begins with a letter, so that "5 < 6" stays.
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<![A-Za-z\[][^<>]*>|<\?[^<>]*>")
_TAG_OR_COMMENT = re.compile(rf"{_TAG.pattern}|<!--.*?-->", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One listed page.

    Attributes:
        url: Absolute where it could be made so; not yet checked.
        title: Plain text; None if none is given.
        listed_at: The publication time that the listing gives, aware UTC; None if none, or not to be trusted.
        changed_at: The latest time that the listing gives for the page, publication or change; None likewise.
    """

    url: str
    title: str | None = None
    listed_at: datetime | None = None
    changed_at: datetime | None = None


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
    # Cc: controls; Cf: bidi overrides, zero-width marks, soft hyphens; Cs: lone surrogates; Co, Cn: no characters.
    text = "".join(
        " " if char.isspace() else char
        for char in compose(text)
        if char.isspace() or unicodedata.category(char)[0] != "C" or char in "\u200c\u200d"
    )
    return " ".join(text.split())[:_MAX_TITLE_CHARS].strip("\u200c\u200d ") or None


def absolute(base: str, reference: str) -> str:
    """A link made absolute; one that cannot be, or is too long, stays as it is, and is refused later as no URL."""
    if len(reference) > MOST_URL_CHARS:
        return reference[: MOST_URL_CHARS + 1]
    try:
        return urljoin(base, reference)
    except ValueError:
        return reference


def instant_of(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime | None:
    """A UTC instant, or None for one that cannot be (31 February, year 99999)."""
    try:
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def without_constant_times(items: Sequence[Item]) -> list[Item]:
    """Take the times away where more than 5 items all share one: it is the time of the listing, not of the news."""
    kept = list(items)
    if _is_constant([item.listed_at for item in items]):
        kept = [replace(item, listed_at=None) for item in kept]
    if _is_constant([item.changed_at for item in items]):
        kept = [replace(item, changed_at=None) for item in kept]
    return kept


def _is_constant(times: Sequence[datetime | None]) -> bool:
    given = [moment for moment in times if moment is not None]
    return len(given) > _CONSTANT_ITEMS and len(set(given)) == 1
