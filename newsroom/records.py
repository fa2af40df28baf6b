"""What an outlet, a page and the newsroom are: data, and what stands at a moment."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from urllib.parse import parse_qsl, urlsplit

FEED_SPAN = timedelta(hours=48)
FEED_LENGTH = 30
BEHAVIOURS = ("slow", "endless", "hang", "pdf")

_DIRT = re.compile(r"\[\[(.*?)\]\]", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """Where an outlet lists its pages, and in which format (rss, atom or sitemap)."""

    path: str
    kind: str
    template: str
    content_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What a path answers instead of what it should: after `since` and up to `until`, where they are given."""

    path: str
    status: int
    body: str = ""
    content_type: str = "text/html; charset=utf-8"
    retry_after: int | None = None
    since: datetime | None = None
    until: datetime | None = None

    def is_on(self, now: datetime) -> bool:
        """Whether the path is in trouble at `now`."""
        return (self.since is None or self.since < now) and (self.until is None or now <= self.until)


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
    crawl_delay: int | None
    moved: dict[str, str]
    troubles: tuple[Trouble, ...]
    encoding: str
    templates: str

    def url(self, path: str) -> str:
        """The absolute address of a path of this outlet."""
        return f"http://{self.host}{path}"

    def trouble_at(self, path: str, now: datetime) -> Trouble | None:
        """The trouble that a path is in at `now`."""
        return next((trouble for trouble in self.troubles if trouble.path == path and trouble.is_on(now)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What a page says from `at` on. `marked` are its paragraphs with the brackets around dirt.

    `announced_at` is when feed and page say that it last changed: a silent change leaves it where it was.
    """

    at: datetime
    announced_at: datetime
    marked: tuple[str, ...]
    note: str | None = None

    @property
    def is_silent(self) -> bool:
        """Whether only the page itself shows the change."""
        return self.announced_at != self.at

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

    Attributes:
        byline, stated_at, canonical: What the page says where that is not the truth about its authors, time, address.
        template: The form it takes (article.html, live.html, …).
        listed_path: Path and query that the feed gives, where they are not the page's own.
        gone_at: From then on the page answers 410 and is listed no more.
        is_missing: Listed, but it never was there (404).
        stray_byte: One byte of the body means nothing in any encoding.
        charset_header: The charset that the HTTP header claims.
        behaviour: slow, endless, hang (a page too deep to read) or pdf; None for a plain page.
        has_counter: A reader count and a clock stand among its paragraphs.
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
    listed_path: str | None
    gone_at: datetime | None
    is_missing: bool
    stray_byte: bool
    charset_header: str | None
    behaviour: str | None
    has_counter: bool
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

    def announced_at(self, now: datetime) -> Version | None:
        """The version that the feed speaks of at `now`: the latest that changed openly."""
        return next((v for v in reversed(self.versions) if v.at < now and not v.is_silent), None)

    def is_gone(self, now: datetime) -> bool:
        """Whether the page has been taken away."""
        return self.gone_at is not None and self.gone_at < now


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

    def page_at(self, outlet: Outlet, target: str) -> Page | None:
        """The page behind a path and query: what trackers add to the query changes nothing."""
        url = urlsplit(target)
        if (page := self.by_url.get(outlet.url(target)) or self.by_url.get(outlet.url(url.path))) or not url.query:
            return page
        asked = set(parse_qsl(url.query))
        for page in self.pages:
            path, _, query = page.path.partition("?")
            if query and page.outlet is outlet and path == url.path and set(parse_qsl(query)) <= asked:
                return page
        return None

    def listed_at(self, outlet: Outlet, target: str) -> Page | None:
        """The page that the feed lists under an address which is not its own."""
        pages = (page for page in self.pages if page.listed_path == target and page.outlet is outlet)
        return next(pages, None)

    def published(self, outlet: Outlet, now: datetime) -> list[Page]:
        """The outlet's pages that stand at `now`, the latest first."""
        return [
            page
            for page in reversed(self.pages)
            if page.outlet is outlet and page.published_at < now and not page.is_gone(now)
        ]

    def listed(self, outlet: Outlet, now: datetime) -> list[Page]:
        """What the feed lists at `now`: published or changed in the 48 hours before, at most 30, latest first."""
        pages = [
            (version.at, page)
            for page in self.published(outlet, now)
            if page.listed and (version := page.announced_at(now)) and version.at >= now - FEED_SPAN
        ]
        pages.sort(key=lambda pair: (pair[0], pair[1].path), reverse=True)
        return [page for _, page in pages[:FEED_LENGTH]]

    def feed_changed_at(self, outlet: Outlet, now: datetime) -> datetime | None:
        """When the feed last changed by news, an open change or a withdrawal; None while it lists nothing."""
        changes = [version.at for page in self.listed(outlet, now) if (version := page.announced_at(now))]
        withdrawn = [p.gone_at for p in self.pages if p.outlet is outlet and p.listed and p.gone_at and p.is_gone(now)]
        return max(changes + [at for at in withdrawn if at >= now - FEED_SPAN], default=None)


def day_end(day: date) -> datetime:
    """The instant at which the day is over: the moment that a day's run asks for."""
    return datetime.combine(day, time(), UTC) + timedelta(days=1)
