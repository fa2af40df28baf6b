"""Feeds and sitemaps: ask the listing, then the pages that are not known, and account for every listed URL."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.fetch.door import Answer, Door, Journal, Question
from pipeline.fetch.feeds import parse_feed
from pipeline.fetch.listing import Item, NotAListing
from pipeline.fetch.plans import Plan, Wanted, plan_requests
from pipeline.fetch.records import Failure, FetchResult, Ledger, Origin, Row, digest_of, is_final
from pipeline.fetch.sitemaps import parse_sitemap
from pipeline.fetch.sources import Source
from pipeline.reasons import Reason
from pipeline.settings import Settings
from pipeline.text.urls import clean_url, registrable_domain
from pipeline.windows import Window


def fetch_sources(
    sources: Sequence[Source],
    *,
    settings: Settings,
    window: Window,
    now: datetime,
    run_id: str,
    states: pa.Table,
    known_urls: Mapping[str, datetime],
    already: pa.Table,
    may_ask: bool = True,
    clock: Callable[[], datetime] | None = None,
) -> list[FetchResult]:
    """Ask feeds and sitemaps for what is new, hosts side by side, one request at a time to each.

    A page listed by two of the sources is asked for the first of them alone.

    Args:
        sources: Sources of kind feed or sitemap.
        now: What is recorded as now.
        states: FEED_STATE rows; those of other sources are not looked at.
        known_urls: Cleaned URLs (`clean_url`) that were stored or refused for good, with the time of the last capture or
            refusal: they are asked again only where the listing says that they changed since.
        already: FETCHES rows of this window from earlier runs.
        may_ask: False asks nothing at all: the window lies too far back, its stored pages are what there is.
        clock: Gives the instants of requests and captures; None takes `now`, for invented days.
    Returns:
        One result for each source, in order.
    Raises:
        SettingsError: no user agent, or a malformed `resolve` pair.
    """
    known_states = {str(row["source_id"]): row for row in states.to_pylist()}
    passes = []
    for source in sources:
        rows = already.filter(pc.field("source_id") == source.source_id)
        asked_before = rows.sort_by([("requested_at", "ascending"), ("fetch_id", "ascending")]).to_pylist()
        passes.append(
            _Pass(
                source=source,
                origin=Origin(source_id=source.source_id, window=window, run_id=run_id, now=now),
                settings=settings,
                state=known_states.get(source.source_id, {}),
                plan=plan_requests(asked_before, may_ask=may_ask),
            )
        )
    if may_ask:
        asyncio.run(_ask_all(passes, Door(settings, clock or (lambda: now)), known_urls))
    return [each.result() for each in passes]


async def _ask_all(passes: Sequence[_Pass], door: Door, known: Mapping[str, datetime]) -> None:
    """All listings first, then all pages, so that who asks a page listed twice does not hang on speed."""
    async with door:
        await asyncio.gather(*(each.ask_listing(door) for each in passes))
        claimed: set[str] = set()
        for each in passes:
            each.choose_pages(known, claimed)
        await asyncio.gather(*(each.ask_pages(door) for each in passes))


@dataclass(slots=True, kw_only=True)
class _Pass:
    """One source in one run."""

    source: Source
    origin: Origin
    settings: Settings
    state: Mapping[str, Any]
    plan: Plan
    journal: Journal = field(default_factory=list)
    listing: Answer | None = None
    items: list[Item] = field(default_factory=list)
    wanted: list[Wanted] = field(default_factory=list)
    answers: list[tuple[Wanted, Answer]] = field(default_factory=list)
    error: Failure | None = None
    ledger: Ledger = field(init=False)

    def __post_init__(self) -> None:
        self.ledger = Ledger(self.source.source_id)

    @property
    def resting_until(self) -> datetime | None:
        """When the host allows to be asked again, if that lies ahead."""
        until: datetime | None = self.state.get("next_fetch_at")
        return until if until is not None and until > self.origin.now else None

    async def ask_listing(self, door: Door) -> None:
        """Ask the feed or sitemap, if it is due, and read what it lists."""
        if not self.plan.ask_listing:
            return
        if self.resting_until is not None:
            detail = f"the host asked not to be asked before {self.resting_until:%Y-%m-%dT%H:%M:%SZ}"
            self.error = Failure(reason=Reason.NOT_NOW, detail=detail)
            return
        conditions = {
            name: value
            for name, value in (
                ("If-None-Match", self.state.get("etag")),
                ("If-Modified-Since", self.state.get("last_modified")),
            )
            if value
        }
        url = self.source.url or ""
        question = self._question(url, self.source.kind, self.settings.feed_max_bytes, conditions)
        self.listing = await door.ask(question, self.journal)
        self.error = self.listing.failure
        if self.error is None and self.listing.status == 200:
            try:
                # In a thread: a feed of 15 MB takes seconds, and other hosts' deadlines would pass meanwhile.
                self.items = await asyncio.to_thread(self._parsed, self.listing)
            except NotAListing as error:
                self.error = Failure(reason=Reason.NOT_A_FEED, detail=str(error))

    def _parsed(self, answer: Answer) -> list[Item]:
        """What a listing's answer lists."""
        if self.source.kind == "sitemap":
            return parse_sitemap(answer.body, url=answer.url, max_bytes=self.settings.feed_max_bytes)
        return parse_feed(answer.body, url=answer.url, content_type=answer.content_type)

    def choose_pages(self, known: Mapping[str, datetime], claimed: set[str]) -> None:
        """Sort the listed URLs, each once, into known, impossible and wanted; what is wanted is claimed for this source."""
        listed: set[str] = set()
        for item in self.items:
            key = clean_url(item.url)
            if (key or item.url) in listed:
                continue
            listed.add(key or item.url)
            if key is None:
                failure = Failure(reason=Reason.BAD_URL, detail=f"no http(s) URL: {item.url[:200]!r}")
                self._refuse(item.url, failure, {"listed_title": item.title})
            elif key in claimed or key in self.plan.settled or self._is_unchanged(item, known.get(key)):
                self.ledger.count("unchanged")
            else:
                self.wanted.append(self._wanted(key, item))
        if not self.plan.ask_listing:
            self.ledger.count("unchanged", len(self.plan.settled))
            for wanted in self.plan.retry:
                if wanted.key in claimed:
                    self.ledger.count("unchanged")
                else:
                    self.wanted.append(wanted)
        claimed.update(wanted.key for wanted in self.wanted)

    def _is_unchanged(self, item: Item, known_at: datetime | None) -> bool:
        """Whether a page was dealt with, and nothing says that it changed since. A change in the future is a mistake."""
        changed_at = item.changed_at
        return known_at is not None and not (changed_at is not None and known_at < changed_at <= self.origin.now)

    def _wanted(self, key: str, item: Item) -> Wanted:
        """A listed page to ask."""
        return Wanted(
            key=key, url=item.url, listed_title=item.title, listed_at=item.listed_at, listed_by=self.source.kind
        )

    async def ask_pages(self, door: Door) -> None:
        """Ask the wanted pages; hosts differ, so all are asked at once and the door keeps their turns."""
        if self.resting_until is not None:
            self.ledger.count("failed", len(self.wanted), Reason.NOT_NOW)
            return
        asked = (
            door.ask(self._question(wanted.url, "page", self.settings.page_max_bytes), self.journal)
            for wanted in self.wanted
        )
        self.answers = list(zip(self.wanted, await asyncio.gather(*asked), strict=True))

    def _question(
        self, url: str, purpose: str, max_bytes: int, conditions: Mapping[str, str] | None = None
    ) -> Question:
        """A question in this source's name; its own headers go to its own domain alone."""
        gap = self.source.gap_seconds
        return Question(
            url=url,
            purpose=purpose,
            headers={**self.source.headers_for(self.origin.window), **(conditions or {})},
            is_own=partial(_is_same_domain, registrable_domain(self.source.url)),
            gap_seconds=self.settings.fetch_gap_seconds if gap is None else gap,
            max_bytes=max_bytes,
        )

    def result(self) -> FetchResult:
        """Settle every wanted page and close the ledger."""
        for wanted, answer in self.answers:
            about = {"listed_title": wanted.listed_title, "listed_at": wanted.listed_at, "listed_by": wanted.listed_by}
            if answer.failure is None:
                page_id = digest_of(self.source.source_id, wanted.key, self.origin.window.start.isoformat())
                self.ledger.keep(
                    self.origin.page(
                        page_id=page_id,
                        requested_url=wanted.url,
                        final_url=answer.url,
                        http_status=answer.status,
                        content_type=answer.content_type,
                        body=answer.body,
                        fetched_at=answer.asked_at,
                        **about,
                    )
                )
            elif is_final(answer.failure.reason, answer.status):
                self._refuse(wanted.url, answer.failure, {"listed_title": wanted.listed_title, "final_url": answer.url})
            else:
                self.ledger.count("failed", reason=answer.failure.reason)
        return self.ledger.result(fetches=self._fetches(), feed_state=self._feed_state(), error=self.error)

    def _refuse(self, url: str, failure: Failure, about: Mapping[str, str | None]) -> None:
        """Put one listed URL into quarantine."""
        known = {name: value for name, value in about.items() if value is not None}
        self.ledger.refuse(self.origin.refusal(url, failure, {"url": url} | known))

    def _fetches(self) -> list[Row]:
        """One row for each request, and for each page that was put off."""
        listed = {wanted.url: wanted for wanted in self.wanted}
        attempts = self.plan.attempts.copy()
        rows: list[Row] = []
        for question, answer in self.journal:
            attempts[question.purpose, question.url] += 1
            attempt = str(attempts[question.purpose, question.url])
            wanted = listed.get(question.url) if question.purpose == "page" else None
            outcome = answer.failure.reason if answer.failure else "not-modified" if answer.status == 304 else "ok"
            if answer is self.listing and self.error is not None:
                outcome = self.error.reason
            rows.append(
                self.origin.row
                | {
                    "fetch_id": digest_of(
                        self.origin.run_id, self.source.source_id, question.purpose, question.url, attempt
                    ),
                    "url": question.url,
                    "purpose": question.purpose,
                    "outcome": outcome,
                    "http_status": answer.status,
                    "bytes": len(answer.body),
                    "ms": answer.milliseconds,
                    "requested_at": answer.asked_at,
                    "listed_title": wanted.listed_title if wanted else None,
                    "listed_at": wanted.listed_at if wanted else None,
                    "listed_by": wanted.listed_by if wanted else None,
                }
            )
        return rows

    def _feed_state(self) -> list[Row]:
        """What is known of the listing from now on; no row where nothing was asked.

        While a listed page may still come, the listing's validators are not kept: a 304 would hide that page.
        """
        waits = [a.wait_until for _, a in self.journal if a.wait_until is not None]
        if self.listing is None and not waits:
            return []
        row: Row = {name: self.state.get(name) for name in _STATE_COLUMNS} | {
            "source_id": self.source.source_id,
            "failure_streak": self.state.get("failure_streak") or 0,
            "next_fetch_at": max(waits, default=None),
            "recorded_at": self.origin.now,
        }
        if self.listing is None:
            return [row]
        if self.error is not None:
            return [row | {"failure_streak": int(self.state.get("failure_streak") or 0) + 1}]
        row |= {"last_success_at": self.origin.now, "failure_streak": 0}
        if self.wanted:
            row["last_new_item_at"] = self.origin.now
        if self.listing.status == 200:
            is_whole = self.ledger.counts.failed == 0
            row["etag"] = self.listing.headers.get("etag") if is_whole else None
            row["last_modified"] = self.listing.headers.get("last-modified") if is_whole else None
        return [row]


_STATE_COLUMNS = ("etag", "last_modified", "last_success_at", "last_new_item_at")


def _is_same_domain(domain: str | None, host: str) -> bool:
    """Whether a host belongs to a registrable domain."""
    return domain is not None and registrable_domain(host) == domain
