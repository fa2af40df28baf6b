"""Stored pages read anew with today's rules, a day at a time: the tasks of `news_reextract` for one day.

read_anew (no commit, any time) -> load_anew (under the lock, or only said)
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.articles.anew import (
    Difference,
    compare_readings,
    days_read,
    pages_standing,
    pages_to_read,
    versions_read_anew,
)
from pipeline.articles.batches import write_batches
from pipeline.articles.changes import ArticleChanges
from pipeline.articles.decide import decide_articles
from pipeline.articles.judgement import keep_judgement
from pipeline.articles.quarantine import (
    extraction_refusals,
    read_quarantine_state,
    undecided_refusals,
    undecided_rows,
)
from pipeline.articles.standing import read_standing
from pipeline.dedupe.fingerprints import fingerprint_articles
from pipeline.extract.page import EXTRACTOR_VERSION
from pipeline.reasons import Reason
from pipeline.reports import StageReport
from pipeline.runs.books import check_books, record_books
from pipeline.runs.handover import TaskOutput, discard_outputs, read_output, write_output
from pipeline.runs.run import Run
from pipeline.settings import Settings
from pipeline.stages import ingest
from pipeline.store.transaction import Transaction
from pipeline.store.warehouse import Warehouse
from pipeline.tables import EXTRACTED, QUARANTINE
from pipeline.tables.rows import rows_with
from pipeline.validate.articles import validate_articles
from pipeline.windows import Window

logger = logging.getLogger(__name__)

DAG_ID = "news_reextract"


def list_days(warehouse: Warehouse, first: date, last: date) -> list[date]:
    """The days of an interval, both ends in it, of which readings are stored."""
    return days_read(warehouse.latest(), first, last)


def run_of_day(settings: Settings, warehouse: Warehouse, day: date, *, started_at: datetime, now: datetime) -> Run:
    """The run for one day and this extractor: whoever takes it up again finds what was read before it stopped."""
    return Run.of(
        settings,
        DAG_ID,
        Window.of_day(day),
        started_at=started_at,
        warehouse=warehouse,
        name=f"{day}__extractor_{EXTRACTOR_VERSION}",
        now=now,
    )


def read_anew(run: Run) -> TaskOutput:
    """Read the pages of the run's day that another extractor read, and validate them; nothing is committed.

    Batches that an earlier try sealed are not read again. A page of a source that was never told is read all the same.

    Returns:
        `day`, `page_count`, and paths: `path` (EXTRACTED rows that passed), `judged` (all of them), `quarantine`, `metrics`.
    """
    snapshot, day = run.warehouse.latest(), run.window.day
    released = read_quarantine_state(snapshot, [day]).released
    pages = pages_to_read(snapshot, day, EXTRACTOR_VERSION)
    batches = write_batches(run, snapshot, run.window, pages, released)
    notes = [ingest.extract(run, batch) for batch in batches]
    read = pa.concat_tables([EXTRACTED.empty(), *(read_output(note) for note in notes)])
    judged = read.filter(pc.fill_null(pc.not_equal(read["reason"], str(Reason.EXTRACT_PUT_OFF)), fill_value=True))
    good = judged.filter(pc.is_null(judged["reason"]))
    verdict = validate_articles(good, now=run.now, run_id=run.run_id, window_start=run.window.start, released=released)
    refused = extraction_refusals(run, judged.filter(pc.is_valid(judged["reason"])))
    tables = {
        "judged": judged,
        "quarantine": pa.concat_tables([QUARANTINE.empty(), refused, verdict.quarantined]),
        "metrics": verdict.metrics,
    }
    paths = {name: write_output(run, f"anew-{name}", "day", rows, {})["path"] for name, rows in tables.items()}
    gone = snapshot.read("pages", columns=["page_id"], days=[day], where=pc.field("dropped").is_valid()).num_rows
    if gone:
        logger.warning(
            "stage=read_anew window=%s %d pages are kept no more and stay as they were read", run.window, gone
        )
    note = {"day": day.isoformat(), "page_count": judged.num_rows, "not_kept": gone, **paths}
    return write_output(run, "read_anew", "day", verdict.passed, note)


def load_anew(run: Run, anew: Mapping[str, Any], *, only_say: bool = False) -> TaskOutput:
    """Store what was read anew, under the lock, or only say what would change.

    On a closed day an article that is read otherwise gets a version with the cause `reextraction`, and nothing else moves:
    pages that were refused and pass now stay held, until a person releases them. An open day is decided anew. On both, what
    is refused now and stood before keeps its stored reading.

    Args:
        anew: What `read_anew` returned.
        only_say: Nothing is committed, and what was read stays sealed for the run that is.
    Returns:
        `day`, `closed`, `pages`, `not_kept` (pages whose bodies are kept no more), the counts of `Difference`, and `versions`: how
        many articles got a version (None where an open day is decided, or nothing is committed).
    """
    day = run.window.day
    if only_say:
        snapshot = run.warehouse.latest()
        difference = _difference(snapshot, anew, day)
        return _told(day, difference, is_closed=day in snapshot.closed_days, versions=None) | _not_kept(anew)
    with run.warehouse.writing(run.now) as tx:
        difference = _difference(tx.snapshot, anew, day)
        is_closed = day in tx.snapshot.closed_days
        versions = None
        if is_closed:
            versions = _add_to_closed(run, tx, anew, difference)
        else:
            _decide_open(run, tx, anew, difference)
        report = _books(anew, difference)
        if report.total.received:
            tx.upsert("quality_metrics", read_output(anew, "metrics"))
            record_books(tx, run, [report], detail=f"read anew by extractor {EXTRACTOR_VERSION}")
        tx.commit()
    logger.info("%s", report.line(run.window))
    discard_outputs(run)
    return _told(day, difference, is_closed=is_closed, versions=versions) | _not_kept(anew)


def _difference(snapshot: Any, anew: Mapping[str, Any], day: date) -> Difference:
    """What was read anew against what stands by now; pages that somebody else read meanwhile are left out."""
    waiting = pages_to_read(snapshot, day, EXTRACTOR_VERSION)
    fresh = rows_with(read_output(anew, "judged"), "page_id", waiting)
    stored = snapshot.read("extractions", days=[day], where=pc.field("page_id").isin(fresh["page_id"].combine_chunks()))
    refused = read_output(anew, "quarantine", columns=["page_id", "reason"]).to_pylist()
    return compare_readings(
        stored,
        fresh,
        standing=pages_standing(snapshot, day),
        refusals={row["page_id"]: row["reason"] for row in refused},
    )


def _add_to_closed(run: Run, tx: Transaction, anew: Mapping[str, Any], difference: Difference) -> int:
    """Add versions to a closed day's articles; nothing else of the day moves."""
    standing = difference.texts | difference.kinds.keys() | difference.fields | difference.same
    judged, refused = read_output(anew, "judged"), read_output(anew, "quarantine")
    fresh = rows_with(judged, "page_id", standing)
    found = versions_read_anew(tx.snapshot, run.window.day, fresh, run_id=run.run_id, now=run.now)
    tx.upsert("article_history", found.history)
    tx.upsert("articles", found.articles)
    tx.upsert("fingerprints", fingerprint_articles(found.articles))
    tx.upsert("extractions", rows_with(judged, "page_id", standing | difference.still_refused))
    still = rows_with(refused, "page_id", difference.still_refused)
    tx.upsert("quarantine", undecided_refusals(tx.snapshot, still))
    return int(found.articles.num_rows)


def _decide_open(run: Run, tx: Transaction, anew: Mapping[str, Any], difference: Difference) -> None:
    """Decide an open day anew with the new readings."""
    wanted = difference.texts | difference.kinds.keys() | difference.fields | difference.same
    wanted |= difference.let_in | difference.still_refused
    judged = rows_with(read_output(anew, "judged"), "page_id", wanted)
    if not judged.num_rows:
        return
    passed = rows_with(read_output(anew), "page_id", wanted)
    quarantine = rows_with(read_output(anew, "quarantine"), "page_id", wanted)
    held = undecided_rows(tx.snapshot, passed["page_id"], dropped_too=False)
    changes: ArticleChanges = decide_articles(
        read_standing(tx.snapshot, judged, passed, released=frozenset()), now=run.now
    )
    changes.write(tx)
    keep_judgement(run, tx, judged, quarantine, held, changes, decided_by={})


def _books(anew: Mapping[str, Any], difference: Difference) -> StageReport:
    """The day's pages and what became of each."""
    report = StageReport(stage="load_anew")
    rows = read_output(anew, "judged", columns=["page_id", "source_id"])
    source_of = dict(zip(rows["page_id"].to_pylist(), rows["source_id"].to_pylist(), strict=True))
    outcomes = {
        "new": difference.let_in,
        "updated": difference.texts | difference.kinds.keys() | difference.fields,
        "unchanged": difference.same,
        "quarantined": difference.still_refused,
    }
    for outcome, pages in outcomes.items():
        source_ids = [source_of[page] for page in sorted(pages)]
        report.receive(source_ids)
        report.settle(outcome, source_ids)
    kept = [source_of[page] for page in sorted(difference.refused)]
    report.receive(kept)
    report.settle("unchanged", kept, [difference.refused[page] for page in sorted(difference.refused)])
    check_books([report])
    return report


def _not_kept(anew: Mapping[str, Any]) -> TaskOutput:
    """How many pages of the day could not be read anew, for their bodies are kept no more."""
    return {"not_kept": anew.get("not_kept", 0)}


def _told(day: date, difference: Difference, *, is_closed: bool, versions: int | None) -> TaskOutput:
    counts = difference.to_dict()
    names = ("texts", "fields", "same", "let_in", "still_refused")
    pages = sum(counts[name] for name in names) + len(difference.refused)
    pages += len(difference.kinds.keys() - difference.texts)
    return {"day": day.isoformat(), "closed": is_closed, "pages": pages, **counts, "versions": versions}
