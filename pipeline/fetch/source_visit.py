"""One source at one visit: its listing, then the pages that are new, changed, due again or still missing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from pipeline.fetch.history.crawl_history import Knowledge
from pipeline.fetch.history.frontier import Plan, Wanted, plan_requests
from pipeline.fetch.history.rechecks import Capture, conditions_of
from pipeline.fetch.history.visits import Visit
from pipeline.fetch.http.client import Door
from pipeline.fetch.http.requests import Answer, Journal, Question
from pipeline.fetch.listings.feeds import parse_feed
from pipeline.fetch.listings.items import Item, NotAListing
from pipeline.fetch.listings.sitemaps import parse_sitemap
from pipeline.fetch.request_rows import request_rows, state_row
from pipeline.fetch.results import Failure, Ledger, Origin, Row, is_final
from pipeline.fetch.sources import Source
from pipeline.reasons import Cause, Reason
from pipeline.settings import Settings
from pipeline.tables.ids import digest_of
from pipeline.text.urls import clean_url, registrable_domain

logger = logging.getLogger(__name__)

# Some servers give one ETag whatever the listing holds: after a day it is asked without conditions.
FULL_EVERY = timedelta(hours=24)


@dataclass(slots=True, kw_only=True)
class SourceVisit:
    """One source at one visit. The steps are called in their order, each for all sources before the next."""

    source: Source
    visit: Visit
    run_id: str
    settings: Settings
    knowledge: Knowledge
    ledger: Ledger
    listing: Answer | None = None
    error: Failure | None = None
    items: list[Item] = field(default_factory=list)
    wanted: list[Wanted] = field(default_factory=list)
    answers: list[tuple[Wanted, Answer]] = field(default_factory=list)
    journal: Journal = field(default_factory=list)
    origin: Origin = field(init=False)
    plan: Plan = field(init=False)
    before: tuple[int, int] = field(init=False)

    def __post_init__(self) -> None:
        self.before = len(self.ledger.pages), len(self.ledger.refusals)
        self.origin = Origin(
            source_id=self.source.source_id,
            window=self.visit.window,
            run_id=self.run_id,
            now=self.visit.moment,
            mark=self.visit.mark,
        )
        self.plan = plan_requests(self.knowledge.requests_of(self.source.source_id, self.visit))

    @property
    def state(self) -> Mapping[str, object]:
        """What is known of the listing."""
        return self.knowledge.state_of(self.source.source_id, self.visit)

    async def ask_listing(self, door: Door) -> None:
        """Ask the feed or sitemap, unless this visit has its answer or the host rests, and read what it lists."""
        if not self.plan.ask_listing:
            return
        url = self.source.url or ""
        question = self._question(url, self.source.kind, self.settings.feed_max_bytes, self._listing_conditions())
        answer = await door.ask(question, self.journal)
        if answer.failure is not None and answer.failure.reason is Reason.NOT_NOW and door.rests_until(url):
            # The host said when, and it is heeded: that is no failure of the source.
            logger.info("stage=fetch source=%s put off: %s", self.source.source_id, answer.failure.detail)
            self.ledger.note(Reason.NOT_NOW)
            return
        self.listing, self.error = answer, answer.failure
        if self.error is None and answer.status == 200:
            try:
                # In a thread: a feed of 15 MB takes seconds, and other hosts' deadlines would pass meanwhile.
                self.items = await asyncio.to_thread(self._parsed, answer)
            except NotAListing as error:
                self.error = Failure(reason=Reason.NOT_A_FEED, detail=str(error))

    def _listing_conditions(self) -> dict[str, str]:
        """The validators of the last full answer, while it is less than a day old."""
        etag, last_modified, full_at = (self.state.get(name) for name in ("etag", "last_modified", "last_full_at"))
        if not isinstance(full_at, datetime) or self.visit.moment - full_at >= FULL_EVERY:
            return {}
        return conditions_of(str(etag or ""), str(last_modified or ""))

    def _parsed(self, answer: Answer) -> list[Item]:
        """What a listing's answer lists."""
        if self.source.kind == "sitemap":
            return parse_sitemap(answer.body, url=answer.url, max_bytes=self.settings.feed_max_bytes)
        return parse_feed(answer.body, url=answer.url, content_type=answer.content_type)

    def choose_pages(self, door: Door, claimed: set[str]) -> None:
        """Sort the listed URLs, each once, into known, impossible and wanted; add what is due again or still missing.

        Args:
            claimed: Cleaned URLs that other sources of this visit ask; what is wanted here is added to them.
        """
        due = {capture.key: capture for capture in self.knowledge.rechecks(self.source.source_id, self.visit)}
        listed: set[str] = set()
        for item in self.items:
            key = clean_url(item.url)
            name = key or item.url
            if name in listed:
                continue
            listed.add(name)
            known_at = self.knowledge.known_at(self.source.source_id, name, self.visit)
            is_asked = name in claimed or name in self.plan.settled
            if is_asked or (name not in due and self._is_unchanged(item, known_at)):
                self.ledger.count("unchanged")
            elif key is None:
                failure = Failure(reason=Reason.BAD_URL, detail=f"no http(s) URL: {item.url[:200]!r}")
                self._refuse(item.url, failure, {"listed_title": item.title})
            else:
                self.wanted.append(self._listed(key, item, is_unknown=known_at is None))
        if not self.plan.ask_listing:
            self._choose_again(claimed)
        passed_over = listed | claimed | self.plan.settled | {wanted.key for wanted in self.wanted}
        self.wanted += [
            _again(capture)
            for key, capture in due.items()
            if key not in passed_over and door.rests_until(capture.url) is None
        ]
        self._choose_released(claimed)
        claimed.update(wanted.key for wanted in self.wanted)

    def _choose_released(self, claimed: set[str]) -> None:
        """What a person let in, listed still or not."""
        wanted = {each.key: each for each in self.wanted}
        for key, url, title in self.knowledge.released(self.source.source_id, self.visit):
            if key in wanted:
                self.wanted[self.wanted.index(wanted[key])] = replace(wanted[key], is_released=True)
            elif key not in claimed:
                self.wanted.append(
                    Wanted(
                        key=key,
                        url=url,
                        listed_title=title,
                        listed_by=self.source.kind,
                        is_unknown=True,
                        is_released=True,
                    )
                )

    def _choose_again(self, claimed: set[str]) -> None:
        """What this visit asked before: settled, or to be tried again."""
        self.ledger.count("unchanged", len(self.plan.settled))
        for wanted in self.plan.retry:
            if wanted.key in claimed:
                self.ledger.count("unchanged")
            else:
                self.wanted.append(wanted.after(self._last_capture(wanted.key)))

    def _is_unchanged(self, item: Item, known_at: datetime | None) -> bool:
        """Whether a page was dealt with, and nothing says that it changed since. A change in the future is a mistake."""
        changed_at = item.changed_at
        return known_at is not None and not (changed_at is not None and known_at < changed_at <= self.visit.moment)

    def _listed(self, key: str, item: Item, *, is_unknown: bool) -> Wanted:
        """A listed page to ask."""
        return Wanted(
            key=key,
            url=item.url,
            listed_title=item.title,
            listed_at=item.listed_at,
            listed_by=self.source.kind,
            recheck_of=None if is_unknown else self._last_capture(key),
            is_unknown=is_unknown,
        )

    def _last_capture(self, key: str) -> Capture | None:
        return self.knowledge.last_capture(self.source.source_id, key, self.visit)

    async def ask_pages(self, door: Door) -> None:
        """Ask the wanted pages; hosts differ, so all are asked at once and the door keeps their turns."""
        limit = self.settings.page_max_bytes
        questions = [self._question(wanted.url, "page", limit, wanted.conditions) for wanted in self.wanted]
        answers = await asyncio.gather(*(door.ask(question, self.journal) for question in questions))
        self.answers = list(zip(self.wanted, answers, strict=True))

    def _question(self, url: str, purpose: str, max_bytes: int, conditions: Mapping[str, str]) -> Question:
        """A question in this source's name; its own headers go to its own domain alone."""
        gap = self.source.gap_seconds
        return Question(
            url=url,
            purpose=purpose,
            headers=self.source.headers_for(self.visit.asked),
            conditions=conditions,
            is_own=partial(_is_same_domain, registrable_domain(self.source.url)),
            gap_seconds=self.settings.fetch_gap_seconds if gap is None else gap,
            max_bytes=max_bytes,
        )

    def settle(self, door: Door) -> tuple[list[Row], Row | None]:
        """Give every wanted page its outcome in the ledger, and tell the knowledge what was learned.

        Returns:
            FETCHES rows, and a FEED_STATE row where something is to be said of the listing.
        """
        settled = [self._settle_page(wanted, answer) for wanted, answer in self.answers]
        requests = request_rows(
            self.journal,
            origin=self.origin,
            attempts=self.plan.attempts,
            wanted={wanted.url: wanted for wanted in self.wanted},
            listing=self.listing,
            error=self.error,
        )
        state = state_row(
            self.state,
            origin=self.origin,
            listing=self.listing,
            error=self.error,
            is_whole=all(settled),
            has_new_items=any(wanted.is_unknown for wanted in self.wanted),
            rests_until=door.rests_until(self.source.url or ""),
        )
        page_count, refusal_count = self.before
        self.knowledge.learn(
            pages=self.ledger.pages[page_count:],
            refusals=self.ledger.refusals[refusal_count:],
            requests=requests,
            state=state,
        )
        return requests, state

    def _settle_page(self, wanted: Wanted, answer: Answer) -> bool:
        """Count one answer; False while the page may still come.

        A stored page that is gone stays as it is stored: its refusal is counted and kept in `fetches`, with no
        quarantine row that somebody would have to decide.
        """
        if answer.failure is None and answer.status == 304:
            self.ledger.count("unchanged", reason="not-modified")
        elif answer.failure is None:
            self._keep(wanted, answer)
        elif not is_final(answer.failure.reason, answer.status):
            self.ledger.count("failed", reason=answer.failure.reason)
            return False
        elif wanted.recheck_of is not None:
            self.ledger.count("failed", reason=answer.failure.reason)
        else:
            self._refuse(wanted.url, answer.failure, {"listed_title": wanted.listed_title, "final_url": answer.url})
        return True

    def _keep(self, wanted: Wanted, answer: Answer) -> None:
        """Store one page."""
        self.ledger.keep(
            self.origin.page(
                page_id=digest_of(self.source.source_id, wanted.key, self.origin.moment_id),
                requested_url=wanted.url,
                final_url=answer.url,
                http_status=answer.status,
                content_type=answer.content_type,
                body=answer.body,
                fetched_at=answer.asked_at,
                etag=answer.headers.get("etag"),
                last_modified=answer.headers.get("last-modified"),
                listed_title=wanted.listed_title,
                listed_at=wanted.listed_at,
                listed_by=wanted.listed_by,
                cause=Cause.RELEASE if wanted.is_released else Cause.NEW,
            )
        )

    def _refuse(self, url: str, failure: Failure, about: Mapping[str, str | None]) -> None:
        """Put one listed URL into quarantine."""
        known = {name: value for name, value in about.items() if value is not None}
        self.ledger.refuse(self.origin.refusal(url, failure, {"url": url} | known))


def _again(capture: Capture) -> Wanted:
    """A stored page to ask again, with what its listing said of it then."""
    return Wanted(
        key=capture.key,
        url=capture.url,
        listed_title=capture.listed_title,
        listed_at=capture.listed_at,
        listed_by=capture.listed_by or "feed",
        recheck_of=capture,
    )


def _is_same_domain(domain: str | None, host: str) -> bool:
    """Whether a host belongs to a registrable domain."""
    return domain is not None and registrable_domain(host) == domain
