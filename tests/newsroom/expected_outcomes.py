"""When a careful reader of the feeds sees each page, and so what becomes of it by the end of each day.

The reader visits every feed at the end of each hour. It fetches a page when the feed first lists it, again when the feed
says that it changed, and once 24 hours after the first time: so a silent change is found on the following day.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit

from newsroom.records import Newsroom, Page, Version, day_end

_HOUR = timedelta(hours=1)
_RECHECK = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What a page comes to on one day: new, updated, duplicate (`of` a URL) or quarantined (`reason`)."""

    kind: str
    room: str
    of: str | None = None
    reason: str | None = None


def window_day(visited_at: datetime) -> date:
    """The day whose hours a visit at this moment is for: midnight ends the day before.

    Example:
        >>> window_day(datetime(2026, 3, 3, tzinfo=UTC))
        datetime.date(2026, 3, 2)
    """
    return (visited_at.astimezone(UTC) - timedelta(microseconds=1)).date()


def page_fates(newsroom: Newsroom, page: Page, first: Fate, room: str) -> dict[date, Fate]:
    """The page's fate on the day that brings it and on each later day that changes its text; a refused page has one."""
    texts = page_texts(newsroom, page)
    days = list(texts)[: 1 if first.kind == "quarantined" else None]
    return {day: first if day == days[0] else Fate(kind="updated", room=room) for day in days}


def page_texts(newsroom: Newsroom, page: Page) -> dict[date, str]:
    """What the reader has of the page at the end of its first day, and of each day on which that changed."""
    texts: dict[date, str] = {}
    for day, version in day_versions(newsroom, page).items():
        texts[day] = "\n\n".join(version.clean)
    known: str | None = None
    for day, text in list(texts.items()):
        if text == known:
            del texts[day]
        known = text
    return texts


def day_versions(newsroom: Newsroom, page: Page) -> dict[date, Version]:
    """The version that the reader fetched last, by the day of the visit."""
    return {window_day(at): version for at in sorted(fetch_moments(newsroom, page)) if (version := page.version_at(at))}


def fetch_moments(newsroom: Newsroom, page: Page) -> Iterator[datetime]:
    """When the reader asks for the page and is answered. One that is refused the first time is asked once only."""
    first = announced = None
    for at in _hours(newsroom):
        version = page.announced_at(at)
        if version is None or page.is_gone(at) or _is_troubled(page, page.path, at):
            continue
        is_listed = not _is_troubled(page, page.outlet.feed.path, at) and page in newsroom.listed(page.outlet, at)
        if is_listed and version is not announced:
            first, announced = first or at, version
            yield at
        elif first is not None and at == first + _RECHECK:
            yield at


def _hours(newsroom: Newsroom) -> Iterator[datetime]:
    """The end of each hour of the newsroom's days."""
    at = day_end(newsroom.days[0]) - 23 * _HOUR
    while at <= newsroom.end:
        yield at
        at += _HOUR


def _is_troubled(page: Page, path: str, at: datetime) -> bool:
    """Whether a path of the page's outlet has a trouble that keeps the reader out."""
    return page.outlet.trouble_at(urlsplit(path).path, at) is not None
