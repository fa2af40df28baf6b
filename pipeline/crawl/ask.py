"""One run's asking: feeds, sitemaps and folders are asked for their window, and what it holds already is counted in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.crawl.history import stored_history
from pipeline.fetch.files.inbox import read_inbox
from pipeline.fetch.history.visits import visits_of
from pipeline.fetch.polling import fetch_sources
from pipeline.fetch.results import FetchResult, ResultBuilder
from pipeline.fetch.sources import Source
from pipeline.runs.run import Run
from pipeline.store.snapshot import Snapshot
from pipeline.tables.rows import as_instant, rows_without

# A window may ask the network until so long after its end; later runs of it work from stored pages.
ASKING_TIME = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What one source brought, with the pages that the window held already counted in."""

    source: Source
    result: FetchResult


def ask_sources(run: Run, sources: Sequence[Source], snapshot: Snapshot) -> list[Asked]:
    """Ask sources for their window, and add what the warehouse holds of that window.

    Raises:
        InputError: a folder or archive cannot be read.
    """
    listed = [source for source in sources if source.kind in ("feed", "sitemap")]
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
        )
        results = {source.source_id: answer for source, answer in zip(listed, answers, strict=True)}
    for source in sources:
        if source.kind == "inbox":
            results[source.source_id] = read_inbox(
                source.paths[0],
                source_id=source.source_id,
                window=run.window,
                now=run.now,
                run_id=run.run_id,
                page_max_bytes=run.settings.page_max_bytes,
            )
        elif source.kind == "warc":  # its captures were landed before, each in the hour it was made
            results[source.source_id] = ResultBuilder(source.source_id).result()
    return [
        Asked(source=source, result=_with_stored(results[source.source_id], source.source_id, run, snapshot))
        for source in sources
    ]


def _with_stored(result: FetchResult, source_id: str, run: Run, snapshot: Snapshot) -> FetchResult:
    """Add the pages of this window that an earlier run stored: they are worked on again, from what is kept."""
    start, end = as_instant(run.window.start), as_instant(run.window.end)
    inside = (pc.field("window_start") >= start) & (pc.field("window_start") < end)
    stored = snapshot.read("pages", days=list(run.window.days()), where=inside & (pc.field("source_id") == source_id))
    again = rows_without(stored, "page_id", result.pages["page_id"])
    if not again.num_rows:
        return result
    report = result.report
    report.receive(again["source_id"].to_pylist())
    report.settle("new", again["source_id"].to_pylist())
    return replace(result, pages=pa.concat_tables([result.pages, again]))


def _wall_clock() -> datetime:
    return datetime.now(UTC)
