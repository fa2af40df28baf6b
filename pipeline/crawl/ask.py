"""One run's asking: feeds, sitemaps and folders are asked for their window, and what it holds already is counted in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.crawl.history import stored_history
from pipeline.crawl.parts import Parts, recovered
from pipeline.fetch.files.inbox import read_inbox
from pipeline.fetch.history.visits import visits_of
from pipeline.fetch.http.robots import product_token
from pipeline.fetch.polling import fetch_sources
from pipeline.fetch.results import Failure, FetchResult, ResultBuilder
from pipeline.fetch.sealing import Answers
from pipeline.fetch.sources import Source
from pipeline.reports import StageReport
from pipeline.runs.run import Run
from pipeline.store.snapshot import Snapshot
from pipeline.tables import FETCHES, QUARANTINE
from pipeline.tables.rows import as_instant

# A window may ask the network until so long after its end; later runs of it work from stored pages.
ASKING_TIME = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceAnswer:
    """What one source brought, with the pages that the window held already counted in.

    Attributes:
        page_ids: Of the pages that go on, whether sealed now, by a run that was killed, or stored before.
    """

    source: Source
    page_ids: tuple[str, ...]
    fetches: pa.Table
    feed_state: pa.Table
    refusals: pa.Table
    report: StageReport
    error: Failure | None


def ask_sources(
    run: Run, sources: Sequence[Source], snapshot: Snapshot, key: str
) -> tuple[list[SourceAnswer], list[Path]]:
    """Ask sources for their window, and count in what is held of that window already.

    Pages are sealed as they come, and taken over from parts that a run of this window left when it was killed.

    Args:
        key: The task's name, for the names of its parts.
    Returns:
        What each source brought, and the parts that hold the pages that are not stored yet.
    Raises:
        InputError: a folder or archive cannot be read.
        WarehouseError: pages cannot be sealed.
    """
    listed = [source for source in sources if source.is_listing]
    parts = Parts(run, key)
    sealed, earlier = (
        recovered(parts.take_over(), {source.source_id for source in listed}) if listed else (Answers(), [])
    )
    results: dict[str, FetchResult] = {}
    if listed:
        visits = visits_of(run.window, run.now, is_invented=run.clock == "window-end")
        answers = fetch_sources(
            listed,
            settings=run.settings,
            visits=visits if run.now <= run.window.end + ASKING_TIME else (),
            run_id=run.run_id,
            stored=stored_history(snapshot, run.window, [source.source_id for source in listed]),
            clock=None if visits[0].is_invented else _wall_clock,
            seal=parts.seal,
            sealed=sealed,
        )
        results = {source.source_id: answer for source, answer in zip(listed, answers, strict=True)}
    for source in sources:
        if source.kind == "inbox":
            results[source.source_id] = _read_folder(run, source, parts)
        elif source.kind == "warc":  # its captures were landed before, each in the hour it was made
            results[source.source_id] = ResultBuilder(source.source_id).result()
    held = _held_pages(run, snapshot, sealed)
    told_before = _by_source(sealed)
    told = [
        _answer(source, results[source.source_id], held, told_before.get(source.source_id, Answers()))
        for source in sources
    ]
    return told, [*earlier, *parts.paths]


def _read_folder(run: Run, source: Source, parts: Parts) -> FetchResult:
    """Seal an inbox batch by batch; gives its books, refusals and page ids."""
    whole = ResultBuilder(source.source_id)
    refusals: list[pa.Table] = []
    page_ids: list[str] = []
    batches = read_inbox(
        source.paths[0],
        source_id=source.source_id,
        window=run.window,
        now=run.now,
        run_id=run.run_id,
        page_max_bytes=run.settings.page_max_bytes,
        agent=product_token(run.settings.user_agent),
    )
    for batch in batches:
        parts.write(batch.pages)
        whole.report.merge(batch.report)
        refusals.append(batch.refusals)
        page_ids += batch.page_ids
        del batch  # not held while the next is read
    return FetchResult(report=whole.report, refusals=pa.concat_tables(refusals), page_ids=tuple(page_ids))


def _held_pages(run: Run, snapshot: Snapshot, sealed: Answers) -> dict[str, list[str]]:
    """Ids of the pages of this window, by source, that an earlier run stored, or sealed before it was killed."""
    start, end = as_instant(run.window.start), as_instant(run.window.end)
    inside = (pc.field("window_start") >= start) & (pc.field("window_start") < end)
    stored = snapshot.read("pages", columns=["page_id", "source_id"], days=list(run.window.days()), where=inside)
    held: dict[str, dict[str, None]] = {}
    for row in [*stored.to_pylist(), *sealed.pages]:
        held.setdefault(row["source_id"], {})[row["page_id"]] = None
    return {source_id: list(ids) for source_id, ids in held.items()}


def _by_source(sealed: Answers) -> dict[str, Answers]:
    """The requests, choices and refusals of each source."""
    found: dict[str, Answers] = {}
    for name in ("requests", "chosen", "refusals"):
        for row in getattr(sealed, name):
            getattr(found.setdefault(str(row["source_id"]), Answers()), name).append(row)
    return found


def _answer(source: Source, result: FetchResult, held: Mapping[str, Sequence[str]], sealed: Answers) -> SourceAnswer:
    """One source's result, with what the window held already: it is worked on again.

    Args:
        sealed: What a run that was killed had sealed of this source.
    """
    fresh = set(result.page_ids)
    again = [page_id for page_id in held.get(source.source_id, ()) if page_id not in fresh]
    result.report.receive([source.source_id] * len(again))
    result.report.settle("new", [source.source_id] * len(again))
    asked_urls = {row["url"] for row in sealed.requests}.union(result.fetches["url"].to_pylist())
    left = [row for row in sealed.chosen if row["url"] not in asked_urls]
    asked = FETCHES.rows([*sealed.requests, *left])
    refusals = sealed.refusals
    result.report.receive([source.source_id] * len(refusals))
    result.report.settle("quarantined", [source.source_id] * len(refusals), [str(row["reason"]) for row in refusals])
    refused = QUARANTINE.rows(refusals)
    return SourceAnswer(
        source=source,
        page_ids=(*result.page_ids, *again),
        fetches=pa.concat_tables([asked, result.fetches]),
        feed_state=result.feed_state,
        refusals=pa.concat_tables([refused, result.refusals]),
        report=result.report,
        error=result.error,
    )


def _wall_clock() -> datetime:
    return datetime.now(UTC)
