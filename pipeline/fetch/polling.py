"""Feeds and sitemaps, visit by visit: ask the listings, then the pages, and account for every listed URL."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from pipeline.errors import DaybookError
from pipeline.fetch.history.crawl_history import CrawlHistory, StoredHistory, host_of
from pipeline.fetch.history.visits import Visit
from pipeline.fetch.http.client import HttpClient
from pipeline.fetch.request_rows import settled_state
from pipeline.fetch.results import Failure, FetchResult, ResultBuilder, Row, url_of_refusal
from pipeline.fetch.sealing import Answers, Recovered, Seal, Sealer
from pipeline.fetch.source_visit import SourceVisit
from pipeline.fetch.sources import Source
from pipeline.settings import Settings
from pipeline.text.urls import clean_url

logger = logging.getLogger(__name__)

# Listings have so long before the first pages are asked.
LISTING_SECONDS = 60.0


def fetch_sources(
    sources: Sequence[Source],
    *,
    settings: Settings,
    visits: Sequence[Visit],
    run_id: str,
    stored: StoredHistory,
    clock: Callable[[], datetime] | None = None,
    seal: Seal,
    sealed: Answers | None = None,
) -> list[FetchResult]:
    """Ask feeds and sitemaps for what is new, hosts side by side, one request at a time to each.

    Each visit knows what was stored by its moment and what the visits before it brought. A page listed by two of the
    sources is asked for the first of them alone.

    Args:
        sources: Sources of kind feed or sitemap.
        visits: The visits of the run in order; none asks nothing at all, the stored pages are what there is.
        stored: What the warehouse holds.
        clock: Gives the instants of requests and captures; None takes each visit's moment, for invented days.
        seal: Writes answers down as they come, every two seconds and 8 MiB; called in a thread.
        sealed: What a run of this window that was killed had sealed: it is not asked again. Bodies are not needed.
    Returns:
        One result for each source, in order; its pages are those that went to `seal`, by their ids.
    Raises:
        SettingsError: no user agent, or a malformed `resolve` pair.
    """
    runs = [_SourceRun(source=source, builder=ResultBuilder(source.source_id)) for source in sources]
    history = CrawlHistory(stored)
    if sealed is not None:
        requests = [*sealed.chosen, *sealed.requests]
        history.learn(pages=sealed.pages, refusals=sealed.refusals, requests=requests, state=None)
    if visits and runs:
        client = HttpClient(settings, clock or (lambda: visits[0].moment))
        asyncio.run(
            _ask_all(
                runs, visits, client, history, seal, sealed or Answers(), run_id=run_id, settings=settings, clock=clock
            )
        )
    elif sealed is not None:
        for run in runs:
            run.take_state(sealed, history)
    return [run.result(history) for run in runs]


@dataclass(slots=True, kw_only=True)
class _SourceRun:
    """What one source brought at all visits of a run."""

    source: Source
    builder: ResultBuilder
    requests: list[Row] = field(default_factory=list)
    state: Row | None = None
    error: Failure | None = None

    def recovered(self, sealed: Answers, visit: Visit) -> Recovered:
        """What a killed run had sealed of this source at a visit."""
        source_id = self.source.source_id
        states = [row for row in sealed.states if row["source_id"] == source_id]
        made = [row for row in states if not visit.is_invented or row["recorded_at"] == visit.moment]
        asked = (row for row in sealed.requests if row["source_id"] == source_id and visit.made(row))
        brought = (str(row["url"]) for row in asked if row["purpose"] == "page" and row["outcome"] == "ok")
        refused = (url_of_refusal(row) for row in sealed.refusals if row["source_id"] == source_id)
        return Recovered(
            state=max(made, key=_recorded_at, default=None),
            brought=frozenset(clean_url(url) or url for url in brought),
            refused=frozenset(clean_url(url) or url for url in refused if url),
        )

    def take_state(self, sealed: Answers, history: CrawlHistory) -> None:
        """Take over what a killed run knew of the listing, where nobody is left to settle its pages."""
        own = [row for row in sealed.states if row["source_id"] == self.source.source_id]
        if (newest := max(own, key=_recorded_at, default=None)) is not None:
            self.state = settled_state(newest, is_whole=False, rests_until=None)
            history.learn(pages=(), refusals=(), requests=(), state=self.state)

    def result(self, history: CrawlHistory) -> FetchResult:
        """Close the books. The state is handed on unless a newer one is stored already."""
        is_newest = self.state is not None and self.state is history.newest_state(self.source.source_id)
        states = [self.state] if self.state is not None and is_newest else []
        return self.builder.result(fetches=self.requests, feed_state=states, error=self.error)


async def _ask_all(
    runs: Sequence[_SourceRun],
    visits: Sequence[Visit],
    client: HttpClient,
    history: CrawlHistory,
    seal: Seal,
    sealed: Answers,
    *,
    run_id: str,
    settings: Settings,
    clock: Callable[[], datetime] | None,
) -> None:
    """One visit after the other, over one session."""
    hosts = {run.source.source_id: host for run in runs if (host := host_of(run.source.url)) is not None}
    sealer = Sealer(seal, client.memory)
    sealing = asyncio.create_task(sealer.keep_sealing())
    try:
        async with client:
            for visit in visits:
                client.begin_visit(clock or _standing(visit.moment), history.rests(hosts, visit))
                parts = [
                    SourceVisit(
                        source=run.source,
                        visit=visit,
                        run_id=run_id,
                        settings=settings,
                        history=history,
                        builder=run.builder,
                        sealer=sealer,
                        recovered=run.recovered(sealed, visit),
                    )
                    for run in runs
                ]
                await _ask(parts, client, patience=None if visit.is_invented else LISTING_SECONDS)
                for run, part in zip(runs, parts, strict=True):
                    with _alone(part):
                        run.state = part.finish(client) or run.state
                    run.requests += part.requests
                    if part.listing is not None or part.error is not None:
                        run.error = part.error
        await sealer.flush()
    finally:
        sealing.cancel()


async def _ask(parts: Sequence[SourceVisit], client: HttpClient, *, patience: float | None) -> None:
    """Listings first, then pages, so that who asks a page listed twice does not hang on speed.

    A listing that is not read in time, one of hundreds on a host, say, keeps no other source's pages waiting: its own come
    when it is read. Those that waited longest since they were asked have the first turns of their hosts.

    Args:
        patience: Seconds after which pages are asked though listings are still to come; None waits for all.
    """

    async def read(part: SourceVisit) -> None:
        with _alone(part):
            await part.ask_listing(client)

    async def ask(part: SourceVisit) -> None:
        with _alone(part):
            await part.ask_pages(client)

    claimed: set[str] = set()

    def choose(part: SourceVisit) -> None:
        with _alone(part):
            part.choose_pages(client, claimed)

    async def come_late(part: SourceVisit) -> None:
        await reading[part.source.source_id]
        choose(part)
        await ask(part)

    reading = {
        part.source.source_id: asyncio.create_task(read(part))
        for part in sorted(parts, key=lambda part: part.last_asked_at)
    }
    if reading:
        await asyncio.wait(reading.values(), timeout=patience)
    in_time: list[SourceVisit] = []
    late: list[SourceVisit] = []
    for part in parts:
        (in_time if reading[part.source.source_id].done() else late).append(part)
    for part in in_time:
        await reading[part.source.source_id]
        choose(part)
    await asyncio.gather(*map(ask, in_time), *map(come_late, late))


@contextmanager
def _alone(part: SourceVisit) -> Iterator[None]:
    """Let a step of one source's visit fail by itself, whatever it throws; a full disk or a warehouse in trouble is everybody's."""
    try:
        yield
    except (OSError, DaybookError):
        raise
    except Exception as error:
        logger.exception("stage=fetch source=%s unforeseen", part.source.source_id)
        part.give_up(f"{type(error).__name__}: {' '.join(str(error).split())[:200]}")


def _recorded_at(row: Row) -> datetime:
    return row["recorded_at"]  # type: ignore[return-value]


def _standing(moment: datetime) -> Callable[[], datetime]:
    """A clock that stands still."""
    return lambda: moment
