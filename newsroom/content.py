"""Outlets and pages as data: what each said, and from when on.

A page is one file `content/<outlet>/<name>.md`: TOML between two lines of `+++`, then paragraphs split by blank lines.
What stands in `[[double brackets]]` is on the page but is no part of the article: the dirt that cleaning must remove.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
DAYS = tuple(date(2026, 3, day) for day in range(2, 8))
FEED_SPAN = timedelta(hours=48)
FEED_LENGTH = 30

_DIRT = re.compile(r"\[\[(.*?)\]\]", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """Where an outlet lists its pages, and in which format (rss or atom)."""

    path: str
    kind: str
    template: str
    content_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What a path answers instead of what it should, until a moment if one is given."""

    path: str
    status: int
    body: str
    content_type: str = "text/html; charset=utf-8"
    retry_after: int | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """One invented publisher. `moved` maps old paths to new ones; robots.txt closes what begins with `forbidden`."""

    outlet_id: str
    name: str
    host: str
    bare_host: str
    language: str
    motto: str
    sections: tuple[str, ...]
    feed: Feed
    forbidden: tuple[str, ...]
    moved: dict[str, str]
    troubles: tuple[Trouble, ...]
    encoding: str
    templates: str

    def url(self, path: str) -> str:
        """The absolute address of a path of this outlet."""
        return f"http://{self.host}{path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What a page says from `at` on. `marked` are its paragraphs with the brackets around dirt."""

    at: datetime
    marked: tuple[str, ...]
    note: str | None = None

    @property
    def shown(self) -> tuple[str, ...]:
        """The paragraphs as a reader of the page sees them, dirt included."""
        return tuple(_DIRT.sub(r"\1", paragraph) for paragraph in self.marked)

    @property
    def clean(self) -> tuple[str, ...]:
        """The paragraphs of the article itself, the note about a correction last."""
        kept = [stripped for paragraph in self.marked if (stripped := _DIRT.sub("", paragraph).strip())]
        return (*kept, self.note) if self.note else tuple(kept)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of an outlet with all its versions, oldest first.

    `byline`, `stated_at` and `canonical` are what the page says where that is not the truth about its authors, its time
    and its address; `template` is the form it takes (article.html, live.html, …).
    """

    outlet: Outlet
    name: str
    path: str
    section: str
    title: str | None
    standfirst: str | None
    authors: tuple[str, ...]
    byline: str | None
    agency: str | None
    caption: str | None
    credit: str | None
    kind: str
    listed: bool
    dirt: frozenset[str]
    stated_at: str
    canonical: str
    template: str
    versions: tuple[Version, ...]

    @property
    def key(self) -> str:
        """Outlet and file name, unique in the newsroom: courier/maren-lisk-aground."""
        return f"{self.outlet.outlet_id}/{self.name}"

    @property
    def url(self) -> str:
        """The page's one proper address."""
        return self.outlet.url(self.path)

    @property
    def published_at(self) -> datetime:
        """When the page first appeared, in the outlet's own offset."""
        return self.versions[0].at

    def version_at(self, now: datetime) -> Version | None:
        """The version that stood just before `now`; None while the page is not published."""
        return next((version for version in reversed(self.versions) if version.at < now), None)


@dataclass(frozen=True)
class Newsroom:
    """Outlets, their pages in order of publication, and the days on which they publish."""

    outlets: tuple[Outlet, ...]
    pages: tuple[Page, ...]
    days: tuple[date, ...]

    @property
    def end(self) -> datetime:
        """The end of the last day: what one sees who names no moment."""
        return day_end(self.days[-1])

    @cached_property
    def hosts(self) -> dict[str, Outlet]:
        """The outlet behind each host name; `.localhost` works like `.example`, for browsers."""
        named = {host: outlet for outlet in self.outlets for host in (outlet.host, outlet.bare_host)}
        return named | {host.replace(".example", ".localhost"): outlet for host, outlet in named.items()}

    @cached_property
    def by_url(self) -> dict[str, Page]:
        """Each page by its address."""
        return {page.url: page for page in self.pages}

    def published(self, outlet: Outlet, now: datetime) -> list[Page]:
        """The outlet's pages that exist at `now`, the latest first."""
        return [page for page in reversed(self.pages) if page.outlet is outlet and page.published_at < now]

    def listed(self, outlet: Outlet, now: datetime) -> list[Page]:
        """What the feed lists at `now`: published or changed in the 48 hours before, at most 30, latest first."""
        pages = [
            (version.at, page)
            for page in self.published(outlet, now)
            if page.listed and (version := page.version_at(now)) and version.at >= now - FEED_SPAN
        ]
        pages.sort(key=lambda pair: (pair[0], pair[1].path), reverse=True)
        return [page for _, page in pages[:FEED_LENGTH]]


def day_end(day: date) -> datetime:
    """The instant at which the day is over: the moment that a day's run asks for."""
    return datetime.combine(day, time(), UTC) + timedelta(days=1)


def load_newsroom(folder: Path = FOLDER) -> Newsroom:
    """Read outlets.toml and content/ of a folder.

    Raises:
        ValueError: a file lacks its front matter, or two pages share an address.
        KeyError: a page lacks a field or belongs to an unknown outlet.
    """
    declared = tomllib.loads((folder / "outlets.toml").read_text(encoding="utf-8"))
    outlets = {outlet_id: _read_outlet(outlet_id, fields) for outlet_id, fields in declared.items()}
    pages = [read_page(path, outlets[path.parent.name]) for path in sorted((folder / "content").glob("*/*.md"))]
    pages.sort(key=lambda page: (page.published_at, page.url))
    if len({page.url for page in pages}) < len(pages):
        raise ValueError("two pages of the newsroom share an address; each needs a path of its own")
    return Newsroom(outlets=tuple(outlets.values()), pages=tuple(pages), days=DAYS)


def _read_outlet(outlet_id: str, fields: dict[str, Any]) -> Outlet:
    """One table of outlets.toml."""
    return Outlet(
        outlet_id=outlet_id,
        name=fields["name"],
        host=fields["host"],
        bare_host=fields["bare_host"],
        language=fields["language"],
        motto=fields["motto"],
        sections=tuple(fields["sections"]),
        feed=Feed(**fields["feed"]),
        forbidden=tuple(fields["forbidden"]),
        moved=fields.get("moved", {}),
        troubles=tuple(Trouble(**trouble) for trouble in fields.get("trouble", ())),
        encoding=fields.get("encoding", "utf-8"),
        templates=fields.get("templates", outlet_id),
    )


def read_page(path: Path, outlet: Outlet) -> Page:
    """Read one content file.

    Raises:
        ValueError: no front matter, or a correction that replaces words the page does not hold.
    """
    parts = re.split(r"^\+\+\+\n", path.read_text(encoding="utf-8"), maxsplit=2, flags=re.MULTILINE)
    if len(parts) != 3 or parts[0]:
        raise ValueError(f"{path} has no front matter; start it with TOML between two lines of +++")
    fields = tomllib.loads(parts[1])
    paragraphs = tuple(" ".join(block.split()) for block in parts[2].split("\n\n") if block.strip())
    versions = [Version(at=fields["published_at"], marked=paragraphs)]
    for change in fields.get("versions", ()):
        versions.append(_changed(versions[-1], change, path))
    return Page(
        outlet=outlet,
        name=path.stem,
        path=fields["path"],
        section=fields["section"],
        title=fields.get("title"),
        standfirst=fields.get("standfirst"),
        authors=tuple(fields["authors"]),
        byline=fields.get("byline"),
        agency=fields.get("agency"),
        caption=fields.get("caption"),
        credit=fields.get("credit"),
        kind=fields.get("kind", "news"),
        listed=fields.get("listed", True),
        dirt=frozenset(fields.get("dirt", ())),
        stated_at=fields.get("stated_at", fields["published_at"].isoformat()),
        canonical=fields.get("canonical", outlet.url(fields["path"])),
        template=fields.get("template", "article.html"),
        versions=tuple(versions),
    )


def _changed(before: Version, change: dict[str, object], path: Path) -> Version:
    """The next version: the same paragraphs with words replaced, and a note."""
    text = "\n\n".join(before.marked)
    replacements = change["replace"]
    assert isinstance(replacements, list)
    for old, new in replacements:
        if old not in text:
            raise ValueError(f"{path}: the version replaces {old!r}, which the page does not hold")
        text = text.replace(old, new)
    at, note = change["at"], change.get("note")
    assert isinstance(at, datetime)
    return Version(at=at, marked=tuple(text.split("\n\n")), note=str(note) if note else before.note)
