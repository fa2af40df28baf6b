"""Feeds and sitemaps, visit by visit: ask the listings, then the pages, and account for every listed URL."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pipeline.fetch.history.crawl_history import Knowledge, Stored, host_of
from pipeline.fetch.history.visits import Visit
from pipeline.fetch.http.client import Door
from pipeline.fetch.results import Failure, FetchResult, Ledger, Row
from pipeline.fetch.source_visit import SourceVisit
from pipeline.fetch.sources import Source
from pipeline.settings import Settings


def fetch_sources(
    sources: Sequence[Source],
    *,
    settings: Settings,
    visits: Sequence[Visit],
    run_id: str,
    stored: Stored,
    clock: Callable[[], datetime] | None = None,
) -> list[FetchResult]:
    """Ask feeds and sitemaps for what is new, hosts side by side, one request at a time to each.

    Each visit knows what was stored by its moment and what the visits before it brought. A page listed by two of the
    sources is asked for the first of them alone.

    Args:
        sources: Sources of kind feed or sitemap.
        visits: The visits of the run in order; none asks nothing at all, the stored pages are what there is.
        stored: What the warehouse holds.
        clock: Gives the instants of requests and captures; None takes each visit's moment, for invented days.
    Returns:
        One result for each source, in order.
    Raises:
        SettingsError: no user agent, or a malformed `resolve` pair.
    """
    runs = [_SourceRun(source=source, ledger=Ledger(source.source_id)) for source in sources]
    knowledge = Knowledge(stored)
    if visits and runs:
        door = Door(settings, clock or (lambda: visits[0].moment))
        asyncio.run(_ask_all(runs, visits, door, knowledge, run_id=run_id, settings=settings, clock=clock))
    return [run.result(knowledge) for run in runs]


@dataclass(slots=True, kw_only=True)
class _SourceRun:
    """What one source brought at all visits of a run."""

    source: Source
    ledger: Ledger
    requests: list[Row] = field(default_factory=list)
    state: Row | None = None
    error: Failure | None = None

    def result(self, knowledge: Knowledge) -> FetchResult:
        """Close the ledger. The state is handed on unless a newer one is stored already."""
        is_newest = self.state is not None and self.state is knowledge.newest_state(self.source.source_id)
        states = [self.state] if self.state is not None and is_newest else []
        return self.ledger.result(fetches=self.requests, feed_state=states, error=self.error)


async def _ask_all(
    runs: Sequence[_SourceRun],
    visits: Sequence[Visit],
    door: Door,
    knowledge: Knowledge,
    *,
    run_id: str,
    settings: Settings,
    clock: Callable[[], datetime] | None,
) -> None:
    """One visit after the other, over one session."""
    hosts = {run.source.source_id: host for run in runs if (host := host_of(run.source.url)) is not None}
    async with door:
        for visit in visits:
            door.begin_visit(clock or _standing(visit.moment), knowledge.rests(hosts, visit))
            parts = [
                SourceVisit(
                    source=run.source,
                    visit=visit,
                    run_id=run_id,
                    settings=settings,
                    knowledge=knowledge,
                    ledger=run.ledger,
                )
                for run in runs
            ]
            await _ask(parts, door)
            for run, part in zip(runs, parts, strict=True):
                requests, state = part.settle(door)
                run.requests += requests
                run.state = state or run.state
                if part.listing is not None:
                    run.error = part.error


async def _ask(parts: Sequence[SourceVisit], door: Door) -> None:
    """All listings first, then all pages, so that who asks a page listed twice does not hang on speed."""
    await asyncio.gather(*(part.ask_listing(door) for part in parts))
    claimed: set[str] = set()
    for part in parts:
        part.choose_pages(door, claimed)
    await asyncio.gather(*(part.ask_pages(door) for part in parts))


def _standing(moment: datetime) -> Callable[[], datetime]:
    """A clock that stands still."""
    return lambda: moment
