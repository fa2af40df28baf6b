"""The digests: an index, and each day's published HTML.

A published file stays as it is: to what is sent, the ways to its neighbours are added, and that sources open beside it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from fastapi import HTTPException
from fastapi.responses import HTMLResponse

from daybook_airflow.pages.setting import opened, page
from pipeline.publish.render import long_date

_BODY = b"<body>"
# Only a link to a source begins so; text from strangers holds no markup.
_SOURCE, _SOURCE_BESIDE = b'<a href="http', b'<a target="_blank" href="http'


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What the index tells of a digest: `final` or `provisional`, and how much is in it; stories without a line do not count."""

    status: str
    story_count: int
    line_count: int
    correction_count: int


def published_days(root: Path) -> list[date]:
    """The days that have a digest, newest first.

    Args:
        root: The warehouse.
    """
    folder = root / "digests"
    if not folder.is_dir():
        return []
    days = (_as_day(entry.name) for entry in folder.iterdir() if digest_page(root, entry.name) is not None)
    return sorted((day for day in days if day is not None), reverse=True)


def digest_page(root: Path, day: str) -> Path | None:
    """The published page of a day, or None; nothing but such a page is ever given.

    Args:
        root: The warehouse.
        day: What was asked for, whatever it is.
    """
    parsed = _as_day(day)
    if parsed is None:
        return None
    file = (root / "digests" / parsed.isoformat() / "digest.html").resolve()
    return file if file.is_file() and file.is_relative_to((root / "digests").resolve()) else None


def show_index() -> HTMLResponse:
    """All days that have a digest, newest first."""
    root = opened()[1].root
    found = [(day, digest_page(root, day.isoformat())) for day in published_days(root)]
    rows = [(day, _summary(one.with_name("digest.json"))) for day, one in found if one is not None]
    return page("digests.html.j2", title="Digests", here="", rows=rows)


def show_digest(day: str) -> HTMLResponse:
    """The published page of a day, with the ways to its neighbours."""
    root = opened()[1].root
    published = digest_page(root, day)
    if published is None:
        raise HTTPException(404, "There is no digest of that day")
    body = published.read_bytes().replace(_BODY, _BODY + _ways(root, day), 1).replace(_SOURCE, _SOURCE_BESIDE)
    return HTMLResponse(body)


def show_stories(day: str) -> HTMLResponse:
    """The stories of a day that have lines, each with the way to its own page."""
    published = digest_page(opened()[1].root, day)
    if published is None:
        raise HTTPException(404, "There is no digest of that day")
    stories = [story for story in _document(published)["stories"] if story["developments"]]
    return page(
        "day_stories.html.j2", title="Stories", here="", up="../../", day=date.fromisoformat(day), stories=stories
    )


def _document(published: Path) -> dict[str, Any]:
    """The digest's JSON."""
    try:
        document: dict[str, Any] = json.loads(published.with_name("digest.json").read_bytes())
    except (FileNotFoundError, ValueError):
        raise HTTPException(404, "The stories of that day cannot be read") from None
    return document


def _ways(root: Path, day: str) -> bytes:
    """The ways from a digest to the day before, the day after and all days."""
    days = [known.isoformat() for known in published_days(root)]
    place = days.index(day)
    ways = [("../", "All digests"), (f"{day}/stories", "Its stories")]
    ways += [(before, f"← {long_date(before)}") for before in days[place + 1 : place + 2]]
    ways += [(after, f"{long_date(after)} →") for after in days[max(0, place - 1) : place]]
    links = " ".join(f'<a href="{address}" style="margin-right:1.25rem">{text}</a>' for address, text in ways)
    return f'<p style="margin:0 0 1.5rem;font-family:system-ui,sans-serif;font-size:.875rem">{links}</p>'.encode()


@lru_cache(maxsize=1000)  # a build never changes, and each has a path of its own
def _summary(document: Path) -> Summary | None:
    try:
        digest = json.loads(document.read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    return Summary(
        status=digest["status"],
        story_count=sum(bool(story["developments"]) for story in digest["stories"]),
        line_count=sum(len(story["developments"]) for story in digest["stories"]),
        correction_count=sum(change.get("kind", "corrected") == "corrected" for change in digest["corrections"]),
    )


def _as_day(text: str) -> date | None:
    """The date that is written so, in exactly this form; else None."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.isoformat() == text else None
