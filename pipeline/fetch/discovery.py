"""What a site offers to read: the feeds and sitemaps that its page, its robots.txt and common places name, each asked once."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urljoin, urlsplit

from yarl import URL

from pipeline.errors import UsageError
from pipeline.fetch.http.client import HttpClient
from pipeline.fetch.http.requests import FetchRequest, RequestLog
from pipeline.fetch.listings.isolated import read_listing
from pipeline.fetch.listings.items import Item, Listing, NotAListing
from pipeline.fetch.listings.site_links import SitePage, read_site_page
from pipeline.fetch.results import Failure
from pipeline.fetch.sources import Kind
from pipeline.reasons import Reason
from pipeline.settings import Settings
from pipeline.text.urls import clean_url

# Where software puts its listings. They are asked only where the site itself names none, and no further than the first.
FEED_PLACES = ("/feed", "/rss.xml", "/feed.xml", "/rss", "/atom.xml", "/index.xml", "/feed.json")
SITEMAP_PLACES = ("/news-sitemap.xml", "/sitemap-news.xml", "/sitemap_news.xml", "/sitemap.xml")
MOST_SITEMAPS = 4  # of those that robots.txt names: news first

_SITEMAP = re.compile(rb"<(?:[\w.-]{1,40}:)?(?:urlset|sitemapindex)\b", re.IGNORECASE)
_SITEMAP_NAME = re.compile(r"sitemap|\.txt$", re.IGNORECASE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_PORT = re.compile(r"[^/]*:\d{1,5}(?:/|$)")

Say = Callable[[str], None]


def time_given(item: Item) -> datetime | None:
    """The time that a listing gives of a page: of its last change, else of its publication; None where it gives none."""
    return item.changed_at or item.listed_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One listing of a site.

    Attributes:
        told_by: What named it: itself (the address that was given), page, robots.txt or place.
        listing: What it lists now, of an index what its newest sitemap lists; empty where it failed.
        forbidden: How many of its pages robots.txt keeps from us, as far as it was read.
        failure: Why it cannot be read; None where it can.
    """

    kind: Kind
    url: str
    told_by: str
    listing: Listing = field(default_factory=Listing)
    forbidden: int = 0
    failure: Failure | None = None

    @property
    def newest_at(self) -> datetime | None:
        """The newest time that it gives."""
        return max((at for item in self.listing.items if (at := time_given(item))), default=None)

    @property
    def pages(self) -> int:
        """How many different pages it lists."""
        return len({clean for item in self.listing.items if (clean := clean_url(item.url))})


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What was found at an address: its offers, those that can be read first and in the order they were named in."""

    url: str
    page: SitePage
    offers: tuple[Offer, ...]
    failure: Failure | None = None


def explore_site(address: str, settings: Settings, clock: Callable[[], datetime], say: Say) -> Site:
    """Ask a site what it offers, as politely as a run would: robots.txt first, and the gap between two requests.

    Args:
        address: A site, a page of it, or a listing; without a scheme https is asked, then http.
        clock: Gives the instants of requests.
        say: Told each address before it is asked.
    Raises:
        UsageError: the address is none.
        SettingsError: no user agent.
    """
    address = address.strip()
    has_scheme = bool(_SCHEME.match(address)) and not _PORT.match(address)
    urls = [address] if has_scheme else [f"https://{address}", f"http://{address}"]
    if clean_url(urls[0]) is None:
        raise UsageError(f"{address[:200]!r} is no address of a site; give one such as https://news.example/")
    return asyncio.run(_explore(urls, settings, clock, say))


async def _explore(urls: Sequence[str], settings: Settings, clock: Callable[[], datetime], say: Say) -> Site:
    async with HttpClient(settings, clock) as client:
        explorer = _Explorer(client, settings, say)
        site = await explorer.site(urls[0])
        for url in urls[1:]:
            if site.failure is not None and site.failure.reason is Reason.CONNECT_ERROR:
                site = await explorer.site(url)
        return site


class _Explorer:
    """One site being asked; no address is asked twice."""

    def __init__(self, client: HttpClient, settings: Settings, say: Say) -> None:
        self.client, self.settings, self.say = client, settings, say
        self.asked: set[str] = set()
        self.log: RequestLog = []

    async def site(self, url: str) -> Site:
        """All that is found at an address."""
        self.say(url)
        self.asked.add(clean_url(url) or url)
        answer = await self.client.ask(self._request(url, self.settings.feed_max_bytes), self.log)
        if answer.failure is not None:
            return Site(url=url, page=SitePage(), offers=(), failure=answer.failure)
        itself = await self._read(url, "itself", answer.body, answer.url, answer.content_type)
        self.client.memory.free(len(answer.body))
        if itself.failure is None:
            return Site(url=answer.url, page=SitePage(), offers=(itself,))
        page = await read_site_page(answer.body, url=answer.url, content_type=answer.content_type)
        named = [(feed, "page") for feed in page.feeds]
        named += [(sitemap, "robots.txt") for sitemap in await self._named_by_robots(answer.url)]
        offers = [await self._ask(found, told_by) for found, told_by in named if self._is_new(found)]
        for places in (FEED_PLACES, SITEMAP_PLACES):
            for place in places:
                if any(offer.failure is None for offer in offers):
                    break
                if self._is_new(found := urljoin(answer.url, place)):
                    offers.append(await self._ask(found, "place"))
        told = [offer for offer in offers if offer.failure is None or offer.told_by != "place"]
        return Site(url=answer.url, page=page, offers=tuple(sorted(told, key=lambda offer: offer.failure is not None)))

    def _is_new(self, url: str) -> bool:
        """Whether an address was not asked before; from now on it was."""
        key = clean_url(url)
        if key is None or key in self.asked:
            return False
        self.asked.add(key)
        return True

    async def _named_by_robots(self, url: str) -> list[str]:
        """Sitemaps that robots.txt names, those of news first."""
        rules = await self.client.rules_of(URL(url), self._request(url, self.settings.feed_max_bytes), self.log)
        named = [url for url in rules.rules.sitemaps if clean_url(url)] if rules.rules is not None else []
        return sorted(named, key=lambda address: "news" not in urlsplit(address).path.lower())[:MOST_SITEMAPS]

    async def _ask(self, url: str, told_by: str) -> Offer:
        """Ask one listing."""
        self.say(url)
        answer = await self.client.ask(self._request(url, self.settings.feed_max_bytes), self.log)
        if answer.failure is not None:
            kind: Kind = "sitemap" if _SITEMAP_NAME.search(url) else "feed"
            return Offer(kind=kind, url=url, told_by=told_by, failure=answer.failure)
        offer = await self._read(url, told_by, answer.body, answer.url, answer.content_type)
        self.client.memory.free(len(answer.body))
        return offer

    async def _read(self, url: str, told_by: str, body: bytes, base: str, content_type: str | None) -> Offer:
        """What an answer lists; of an index what its newest sitemap does."""
        is_map = bool(_SITEMAP.search(body[:8192])) or (url.lower().partition("?")[0].endswith(".txt"))
        kind: Kind = "sitemap" if is_map else "feed"
        try:
            listing = await read_listing(
                body, kind=kind, url=base, content_type=content_type, max_bytes=self.settings.feed_max_bytes
            )
        except NotAListing as error:
            return Offer(
                kind=kind, url=url, told_by=told_by, failure=Failure(reason=Reason.NOT_A_FEED, detail=str(error))
            )
        if listing.sitemaps and not listing.items and self._is_new(listing.sitemaps[0]):
            newest = await self._ask(listing.sitemaps[0], told_by)
            listing = Listing(items=newest.listing.items, sitemaps=listing.sitemaps, beyond=newest.listing.beyond)
            return Offer(
                kind=kind, url=url, told_by=told_by, listing=listing, forbidden=newest.forbidden, failure=newest.failure
            )
        forbidden = await self._forbidden(listing, base)
        return Offer(kind=kind, url=url, told_by=told_by, listing=listing, forbidden=forbidden)

    async def _forbidden(self, listing: Listing, base: str) -> int:
        """How many pages of the listing's own origin robots.txt forbids; no other origin is asked for its rules."""
        origin = URL(base).origin()
        request = self._request(base, self.settings.feed_max_bytes)
        rules = await self.client.rules_of(URL(base), request, self.log)
        own = {url for item in listing.items if (url := clean_url(item.url)) and URL(url).origin() == origin}
        return sum(rules.objection(url) is not None for url in own)

    def _request(self, url: str, max_bytes: int) -> FetchRequest:
        """A request for what may be a page or a listing."""
        return FetchRequest(url=url, purpose="feed", gap_seconds=self.settings.fetch_gap_seconds, max_bytes=max_bytes)
