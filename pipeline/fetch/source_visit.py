"""One source at one visit: its listing, then the pages that are new, changed, due again or still missing."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial

from pipeline.fetch.budget import Budget
from pipeline.fetch.choosing import PageChoice
from pipeline.fetch.history.crawl_history import CrawlHistory, host_of
from pipeline.fetch.history.frontier import QueuedPage
from pipeline.fetch.history.rechecks import conditions_of
from pipeline.fetch.history.visits import Visit
from pipeline.fetch.http.client import HttpClient
from pipeline.fetch.http.requests import FetchRequest, FetchResponse, RequestLog
from pipeline.fetch.http.robots import product_token
from pipeline.fetch.listings.isolated import read_listing
from pipeline.fetch.listings.items import Item, Listing, NotAListing
from pipeline.fetch.request_rows import request_row, settled_state, state_row
from pipeline.fetch.reservations import reserved_rights
from pipeline.fetch.results import Failure, Provenance, ResultBuilder, Row, is_final
from pipeline.fetch.sealing import Answers, Recovered, Sealer
from pipeline.fetch.sources import Source
from pipeline.reasons import Cause, Reason
from pipeline.settings import Settings
from pipeline.tables.ids import digest_of
from pipeline.text.urls import is_same_domain, registrable_domain

logger = logging.getLogger(__name__)

# Some servers give one ETag whatever the listing holds: after a day it is asked without conditions.
FULL_EVERY = timedelta(hours=24)
# Hosts of one source that are asked side by side: twice as many as may have a request under way, for each waits between two
# of its own. The others wait, and are not asked for their robots.txt in vain when the visit's budget is used up.
MOST_HOSTS = 64
# Of an index so many sitemaps are asked at a visit, the newest ones: news stand in the first.
MOST_SITEMAPS = 3


@dataclass(slots=True, kw_only=True)
class SourceVisit:
    """One source at one visit. The steps are called in their order, each for all sources before the next.

    `recovered` is what a run that was killed had sealed of this very visit.
    """

    source: Source
    visit: Visit
    run_id: str
    settings: Settings
    history: CrawlHistory
    builder: ResultBuilder
    sealer: Sealer
    listing: FetchResponse | None = None
    error: Failure | None = None
    recovered: Recovered = field(default_factory=Recovered)
    sealed: set[str] = field(default_factory=set)
    items: list[Item] = field(default_factory=list)
    requests: list[Row] = field(default_factory=list)
    request_log: RequestLog = field(default_factory=list)
    is_whole: bool = True
    faults: dict[str, Failure] = field(default_factory=dict)  # of an index's sitemaps, by URL
    budget: Budget = field(init=False)
    origin: Provenance = field(init=False)
    choice: PageChoice = field(init=False)
    before: tuple[int, int] = field(init=False)
    sealed_refusals: int = field(init=False)

    def __post_init__(self) -> None:
        self.before = len(self.builder.pages), len(self.builder.refusals)
        self.sealed_refusals = len(self.builder.refusals)
        self.budget = Budget(self.settings)
        self.origin = Provenance(
            source_id=self.source.source_id,
            window=self.visit.window,
            run_id=self.run_id,
            now=self.visit.moment,
            mark=self.visit.mark,
        )
        self.choice = PageChoice(
            source=self.source, visit=self.visit, history=self.history, builder=self.builder, origin=self.origin
        )

    @property
    def state(self) -> Mapping[str, object]:
        """What is known of the listing."""
        return self.history.state_of(self.source.source_id, self.visit)

    @property
    def last_asked_at(self) -> datetime:
        """When the listing was asked before; long ago where it never was."""
        asked_at = self.state.get("recorded_at")
        return asked_at if isinstance(asked_at, datetime) else datetime.min.replace(tzinfo=UTC)

    async def ask_listing(self, client: HttpClient) -> None:
        """Ask the feed or sitemap, unless this visit has its answer or the host rests, and read what it lists."""
        if not self.choice.plan.ask_listing:
            return
        url = self.source.url or ""
        request = self._request(url, self.source.kind, self.settings.feed_max_bytes, self._listing_conditions())
        self.budget.begin()
        answer = await client.ask(replace(request, admission=self._in_time), self.request_log)
        put_off = answer.failure if answer.failure is not None and answer.failure.reason is Reason.NOT_NOW else None
        if put_off is not None and (client.rests_until(url) or self.budget.is_over):
            # The host said when, or its other listings took the time: that is no failure of the source.
            logger.info("stage=fetch source=%s put off: %s", self.source.source_id, put_off.detail)
            self.builder.note(Reason.NOT_NOW)
            return
        self.listing, self.error = replace(answer, body=b""), answer.failure
        if self.error is None and answer.status == 200:
            found = await self._read(client, answer)
            if isinstance(found, Failure):
                self.error = found
            else:
                self._take(found)
                await self._ask_sitemaps(client, found.sitemaps)
        self._choose_listed_pages()

    async def _read(self, client: HttpClient, answer: FetchResponse) -> Listing | Failure:
        """What an answer lists; its body is held no longer then."""
        try:
            return await read_listing(
                answer.body,
                kind=self.source.kind,
                url=answer.url,
                content_type=answer.content_type,
                max_bytes=self.settings.feed_max_bytes,
            )
        except NotAListing as error:
            return Failure(reason=Reason.NOT_A_FEED, detail=str(error))
        except Exception as error:  # noqa: BLE001 - whatever a reader chokes on fails this source alone
            logger.warning("stage=fetch source=%s unforeseen: %r", self.source.source_id, error)
            return Failure(reason=Reason.NOT_A_FEED, detail=f"it cannot be read: {type(error).__name__}")
        finally:
            client.memory.free(len(answer.body))

    def _take(self, listing: Listing) -> None:
        """Take what a listing lists; what it lists beyond all reading is counted."""
        self.items += listing.items
        if listing.beyond:
            self.builder.count("failed", listing.beyond, reason=Reason.OVER_CAP)
            logger.warning("stage=fetch source=%s %d entries were not read", self.source.source_id, listing.beyond)

    async def _ask_sitemaps(self, client: HttpClient, named: Sequence[str]) -> None:
        """Ask the newest sitemaps of an index, and those of an index among them first; one that fails is counted.

        An index seldom tells that a sitemap of it changed, so it is asked without conditions.
        """
        if not named:
            return
        waiting, asked = deque(named), {self.source.url or ""}
        self.is_whole = False
        while waiting and len(asked) <= MOST_SITEMAPS:
            url = waiting.popleft()
            if url in asked:
                continue
            asked.add(url)
            request = self._request(url, "part", self.settings.feed_max_bytes, {})
            answer = await client.ask(request, self.request_log)
            found = answer.failure or await self._read(client, answer)
            if isinstance(found, Failure):
                self.faults[url] = found
                self.builder.count("failed", reason=found.reason)
                continue
            self._take(found)
            waiting.extendleft(reversed(found.sitemaps))
        logger.info(
            "stage=fetch source=%s an index of sitemaps: %d asked, %d failed, %d left",
            self.source.source_id, len(asked) - 1, len(self.faults), len(waiting),
        )  # fmt: skip
        if len(self.faults) == len(asked) - 1:
            self.error = next(iter(self.faults.values()))

    def _listing_conditions(self) -> dict[str, str]:
        """The validators of the last full answer, while it is less than a day old."""
        etag, last_modified, full_at = (self.state.get(name) for name in ("etag", "last_modified", "last_full_at"))
        if not isinstance(full_at, datetime) or self.visit.moment - full_at >= FULL_EVERY:
            return {}
        return conditions_of(str(etag or ""), str(last_modified or ""))

    def choose_pages(self, client: HttpClient, claimed: set[str]) -> None:
        """Settle what is wanted, once all sources' listings are read: add what is due again or still missing.

        Args:
            claimed: Cleaned URLs that other sources of this visit ask; what is wanted here is added to them.
        """
        self.choice.complete(client.rests_until, claimed, self.recovered.brought | self.recovered.refused)
        self._seal_choice()

    def _choose_listed_pages(self) -> None:
        """Sort what is listed, and seal that before anything is asked.

        A listing is read once: what it named must not be forgotten by a kill, however long other listings take.
        """
        items, self.items = self.items, []
        self.choice.take(items)
        self._seal_choice()

    def _seal_choice(self) -> None:
        """Seal what is known of the listing and, as put off, a row for each page that is wanted: after a kill they are asked."""
        chosen: list[Row] = []
        put_off = Failure(reason=Reason.NOT_NOW, detail="chosen")
        for wanted in self.choice.wanted:
            if wanted.key in self.choice.left_over or wanted.key in self.sealed:
                continue  # its row stands
            self.sealed.add(wanted.key)
            request = self._request(wanted.url, "page", self.settings.page_max_bytes, {})
            answer = FetchResponse(url=wanted.url, asked_at=self.visit.moment)
            chosen.append(request_row(request, answer, origin=self.origin, attempt=0, about=wanted, failure=put_off))
        refusals = self.builder.refusals[self.sealed_refusals :]
        self.sealed_refusals = len(self.builder.refusals)
        is_read = self.listing is not None and self.error is None
        state = self._state(is_whole=True, rests_until=None) if is_read else None
        states = [] if state is None else [state]
        self.sealer.add(Answers(requests=self._drained({}), chosen=chosen, refusals=refusals, states=states))

    async def ask_pages(self, client: HttpClient) -> None:
        """Ask the wanted pages, hosts side by side and one page of each at a time, so that sources share a host's turns."""
        self.budget.begin()
        by_host: dict[str | None, list[QueuedPage]] = {}
        for wanted in self.choice.wanted:
            by_host.setdefault(host_of(wanted.url), []).append(wanted)
        hosts_at_once = asyncio.Semaphore(MOST_HOSTS)
        asking = [asyncio.create_task(self._ask_host(client, pages, hosts_at_once)) for pages in by_host.values()]
        try:
            await asyncio.gather(*asking)
        finally:  # where one failed, the others end before the visit does
            for task in asking:
                task.cancel()
            await asyncio.gather(*asking, return_exceptions=True)

    async def _ask_host(
        self, client: HttpClient, pages: Sequence[QueuedPage], hosts_at_once: asyncio.Semaphore
    ) -> None:
        """Ask one host's pages in order; each answer is counted and sealed as it comes."""
        async with hosts_at_once:
            for wanted in pages:
                await self._ask_page(client, wanted)

    async def _ask_page(self, client: HttpClient, wanted: QueuedPage) -> None:
        """Ask one page, or put it off; a body is not kept while its host's next turn is waited for."""
        request = self._request(wanted.url, "page", self.settings.page_max_bytes, wanted.conditions)
        over = self.budget.exhausted(is_unknown=wanted.is_unknown)
        if over is None:
            answer = await client.ask(replace(request, admission=self._admitted), self.request_log)
        else:
            failure = Failure(reason=Reason.NOT_NOW, detail=over)
            answer = FetchResponse(url=wanted.url, asked_at=self.visit.moment, failure=failure)
            if wanted.put_off_at is None:  # else its row stands: a backlog is not written down again at every visit
                self.request_log.append((request, answer))
            await asyncio.sleep(0)
        self.budget.spend(answer)
        self._settle_page(wanted, answer)
        if answer.failure is not None or answer.status == 304:
            client.memory.free(len(answer.body))  # no page: nobody seals it

    @asynccontextmanager
    async def _in_time(self) -> AsyncIterator[Failure | None]:
        """Let a listing be asked now, when it is its turn, if this visit's time is not over by then."""
        detail = f"its host's turns took all of the {self.settings.visit_seconds:g} s of this visit"
        yield Failure(reason=Reason.NOT_NOW, detail=detail) if self.budget.is_over else None

    @asynccontextmanager
    async def _admitted(self) -> AsyncIterator[Failure | None]:
        """Let a page be asked now, when it is its turn, if this visit's budget has room for it by then."""
        async with self.budget.promise() as over:
            if over is None:
                await self.sealer.make_room()
            yield Failure(reason=Reason.NOT_NOW, detail=over) if over else None

    def _request(self, url: str, purpose: str, max_bytes: int, conditions: Mapping[str, str]) -> FetchRequest:
        """A request in this source's name; its own headers go to its own domain alone."""
        gap = self.source.gap_seconds
        return FetchRequest(
            url=url,
            purpose=purpose,
            headers=self.source.headers_for(self.visit.asked) | self.settings.authorization_of(self.source.source_id),
            conditions=conditions,
            is_own=partial(is_same_domain, registrable_domain(self.source.url)),
            gap_seconds=self.settings.fetch_gap_seconds if gap is None else gap,
            max_bytes=max_bytes,
        )

    def give_up(self, detail: str) -> None:
        """End this visit as failed: what came stays, and what it listed is listed again."""
        self.error = Failure(reason=Reason.UNFORESEEN, detail=detail)
        self.is_whole = False

    def finish(self, client: HttpClient) -> Row | None:
        """Tell the history what was learned.

        Returns:
            A FEED_STATE row where something is to be said of the listing.
        """
        self.sealer.add(Answers(requests=self._drained({})))
        state = self._state(is_whole=self.is_whole, rests_until=client.rests_until(self.source.url or ""))
        page_count, refusal_count = self.before
        self.history.learn(
            pages=self.builder.pages[page_count:],
            refusals=self.builder.refusals[refusal_count:],
            requests=self.requests,
            state=state,
        )
        return state

    def _state(self, *, is_whole: bool, rests_until: datetime | None) -> Row | None:
        """What is known of the listing from now on, also where a run that was killed asked it; None where nothing is new."""
        if self.listing is None and self.recovered.state is not None:
            return settled_state(self.recovered.state, is_whole=is_whole, rests_until=rests_until)
        return state_row(
            self.state,
            origin=self.origin,
            listing=self.listing,
            error=self.error,
            is_whole=is_whole,
            has_new_items=self.choice.has_new_items,
            rests_until=rests_until,
        )

    def _settle_page(self, wanted: QueuedPage, answer: FetchResponse) -> None:
        """Count one answer and seal what came of it.

        A stored page that is gone stays as it is stored, and one that is still refused has its quarantine row: such a
        refusal is counted and kept in `fetches`, with no row that somebody would have to decide.
        """
        pages: list[Row] = []
        refusals: list[Row] = []
        if answer.failure is None and answer.status == 304:
            self.builder.count("unchanged", reason="not-modified")
        elif answer.failure is None:
            pages.append(self._keep(wanted, answer))
        elif not is_final(answer.failure.reason, answer.status):
            self.builder.count("failed", reason=answer.failure.reason)
            self.is_whole = False  # it may still come
        elif wanted.recheck_of is not None or wanted.was_refused:
            self.builder.count("failed", reason=answer.failure.reason)
        else:
            about = {"listed_title": wanted.listed_title, "final_url": answer.url}
            refusals.append(self.origin.refusal_of_url(wanted.url, answer.failure, about))
            self.builder.refuse(refusals[-1])
        self.sealer.add(Answers(pages=pages, requests=self._drained({wanted.url: wanted}), refusals=refusals))

    def _drained(self, about: Mapping[str, QueuedPage]) -> list[Row]:
        """The FETCHES rows of the requests since the last time.

        Args:
            about: The pages that they may be of, by URL.
        """
        rows: list[Row] = []
        for request, answer in self.request_log:
            self.choice.plan.attempts[request.purpose, request.url] += 1
            is_listing = request.purpose == self.source.kind
            rows.append(
                request_row(
                    request,
                    answer,
                    origin=self.origin,
                    attempt=self.choice.plan.attempts[request.purpose, request.url],
                    about=about.get(request.url) if request.purpose == "page" else None,
                    failure=self.error if is_listing and self.listing is not None else self._fault_of(request, answer),
                )
            )
        self.request_log.clear()
        self.requests += rows
        return rows

    def _fault_of(self, request: FetchRequest, answer: FetchResponse) -> Failure | None:
        """What was wrong with an answer, or with its bytes where they are an index's sitemap."""
        return answer.failure or (self.faults.get(request.url) if request.purpose == "part" else None)

    def _keep(self, wanted: QueuedPage, answer: FetchResponse) -> Row:
        """Count one page, and give its row; the builder keeps it without the body."""
        page = self.origin.page(
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
            reserved=reserved_rights(answer.headers, product_token(self.settings.user_agent), answer.body),
            cause=Cause.RELEASE if wanted.is_released else Cause.NEW,
        )
        self.builder.keep({name: value for name, value in page.items() if name != "body"})
        return page
