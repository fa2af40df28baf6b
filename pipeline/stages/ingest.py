"""From sources to stored articles: the tasks of `news_ingest`, in their order.

list_sources -> fetch (a task a source group) -> land -> extract (a task a batch) -> validate -> load_articles -> report
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.dedupe.duplicates import find_duplicates
from pipeline.dedupe.fingerprints import fingerprint_articles
from pipeline.dedupe.versions import VersionChanges, decide_versions
from pipeline.errors import BooksUnbalanced, DaybookError, SetGateFailed
from pipeline.extract.batch import extract_pages
from pipeline.extract.page import EXTRACTOR_VERSION
from pipeline.reports import OUTCOMES, StageReport
from pipeline.stages.asking import ask_sources, groups_of, source_rows, sources_of
from pipeline.stages.books import check_books, record_books
from pipeline.stages.failing import named, problem_of_sources, sources_told
from pipeline.stages.gate import describe_pass, reason_to_pass, release_gated
from pipeline.stages.handover import Note, discard, merged, opened, report_of, seal, sealed_note
from pipeline.stages.missed import close_missed, publication_times
from pipeline.stages.run import Run
from pipeline.store.snapshot import Snapshot
from pipeline.tables import EXTRACTED, PAGES, QUARANTINE
from pipeline.validate.articles import validate_articles

logger = logging.getLogger(__name__)

# 200 pages take about 6 s of one core: long against a task's overhead, short against a retry.
BATCH_PAGES = 200
# How far apart two articles may stand and still be compared as copies.
DUPLICATE_DAYS = timedelta(days=7)


def list_sources(run: Run) -> list[Note]:
    """List what this run asks: one group a source while there are at most 32, else at most 32 groups apart by host.

    The run begins anew here: what an earlier try of this very run staged is removed.

    Returns:
        Groups of `key` (its name in the UI) and `source_ids`.
    Raises:
        SettingsError: an unknown source, or a malformed sources file.
    """
    discard(run)
    return groups_of(sources_of(run))


def fetch(run: Run, group: Mapping[str, Any]) -> Note:
    """Ask the sources of one group and seal the pages; a retry reuses what an earlier try sealed.

    Returns:
        `key`, `path` (PAGES rows), `fetches`, `feed_state` and `refusals` (paths), `errors` (source id to what went
        wrong with it) and `report`.
    """
    key = str(group["key"])
    if (done := sealed_note(run, "fetch", key)) is not None:
        return done
    sources = sources_of(run, group["source_ids"])
    asked = ask_sources(run, sources, run.warehouse.latest())
    report = StageReport(stage="fetch", unit="listed-urls")
    for one in asked:
        report.merge(one.result.report)
    report.check()
    logger.info("%s", report.line(run.window))
    parts = {
        name: pa.concat_tables([getattr(one.result, name) for one in asked])
        for name in ("fetches", "feed_state", "refusals")
    }
    parts["sources"] = source_rows(sources, run.now)
    paths = {name: seal(run, f"fetch-{name}", key, table, {})["path"] for name, table in parts.items()}
    errors = {one.source.source_id: str(one.result.error) for one in asked if one.result.error}
    pages = pa.concat_tables([one.result.pages for one in asked])
    return seal(run, "fetch", key, pages, {**paths, "errors": errors, "report": report.to_dict()})


def land(run: Run, fetched: Sequence[Mapping[str, Any] | None]) -> Note:
    """Commit what was fetched before anything is judged, and cut the window's pages into batches.

    Returns:
        `batches` of `key` and `path` (PAGES rows), and `report`.
    """
    notes = [note for note in fetched if note is not None]
    pages = _distinct_pages([opened(note) for note in notes])
    report = StageReport(stage="land")
    report.receive(pages["source_id"].to_pylist())
    report.settle("new", pages["source_id"].to_pylist())
    check_books([merged("fetch", notes), report])
    with run.warehouse.writing(run.now) as tx:
        tx.upsert("pages", not_stored(tx.snapshot, "pages", "page_id", pages))
        for table in ("fetches", "feed_state", "sources"):
            for note in notes:
                tx.upsert(table, opened(note, table))
        for note in notes:
            refusals = opened(note, "refusals")
            tx.upsert("quarantine", not_stored(tx.snapshot, "quarantine", "quarantine_id", refusals))
        tx.commit()
    ordered = pages.sort_by([("source_id", "ascending"), ("page_id", "ascending")])
    batches = []
    for number, start in enumerate(range(0, ordered.num_rows, BATCH_PAGES)):
        rows = ordered.slice(start, BATCH_PAGES)
        batches.append(seal(run, "land", f"pages-{number:03d}", rows, {"page_count": rows.num_rows}))
    logger.info("%s", report.line(run.window))
    return {"batches": batches, "report": report.to_dict()}


def extract(run: Run, batch: Mapping[str, Any]) -> Note:
    """Read the articles out of one batch of pages, each page in a process that can be killed.

    Returns:
        `key`, `path` (EXTRACTED rows, refusals among them) and `report`.
    """
    pages = opened(batch)
    key = f"{batch['key']}-{_fingerprint(pages)}"  # other pages, or a newer extractor, are another task
    if (done := sealed_note(run, "extract", key)) is not None:
        return done
    extracted = extract_pages(
        pages,
        workers=run.settings.extract_workers,
        timeout_seconds=run.settings.extract_timeout_seconds,
        publishers={source.source_id: source.publisher for source in sources_of(run)},
    )
    report = StageReport(stage="extract")
    report.receive(pages["source_id"].to_pylist())
    good, refused = _split(extracted)
    report.settle("new", good["source_id"].to_pylist())
    report.settle("quarantined", refused["source_id"].to_pylist(), refused["reason"].to_pylist())
    report.check()
    logger.info("%s", report.line(run.window))
    return seal(run, "extract", key, extracted, {"report": report.to_dict()})


def validate(run: Run, landed: Mapping[str, Any], extracted: Sequence[Mapping[str, Any] | None]) -> Note:
    """Hold the articles against their expectations; what fails goes to quarantine with its reason.

    Returns:
        `path` (EXTRACTED rows that passed), `quarantine` and `metrics` (paths), `gate` (why the batch as a whole is
        refused, or null), `accepted` (why it is passed although the gate tripped, or null) and `accepted_by` (the
        person's reason), `reports` of extract and validate.
    """
    notes = [note for note in extracted if note is not None]
    candidates = pa.concat_tables([EXTRACTED.empty(), *(opened(note) for note in notes)])
    extract_report = merged("extract", notes)
    check_books([report_of(landed), extract_report])
    good, refused = _split(candidates)
    accept_gate = reason_to_pass(run, run.warehouse.latest(), good["page_id"])
    verdict = validate_articles(
        good,
        now=run.now,
        run_id=run.run_id,
        window_start=run.window.start,
        set_gate_min_rows=run.settings.set_gate_min_rows,
        set_gate_max_refused=run.settings.set_gate_max_refused,
        accept_gate=accept_gate,
    )
    report = StageReport(stage="validate")
    report.receive(good["source_id"].to_pylist())
    report.settle("new", verdict.passed["source_id"].to_pylist())
    report.settle(
        "quarantined", verdict.quarantined["source_id"].to_pylist(), verdict.quarantined["reason"].to_pylist()
    )
    check_books([extract_report, report])
    logger.info("%s", report.line(run.window))
    quarantine = pa.concat_tables([extraction_refusals(run, refused), verdict.quarantined])
    return seal(
        run,
        "validate",
        "articles",
        verdict.passed,
        {
            "quarantine": seal(run, "validate-quarantine", "articles", quarantine, {})["path"],
            "metrics": seal(run, "validate-metrics", "articles", verdict.metrics, {})["path"],
            "gate": verdict.gate,
            "accepted": describe_pass(accept_gate, verdict.accepted) if accept_gate and verdict.accepted else None,
            "accepted_by": accept_gate if verdict.accepted else None,
            "reports": [extract_report.to_dict(), report.to_dict()],
            "report": report.to_dict(),
        },
    )


def load_articles(run: Run, landed: Mapping[str, Any], validated: Mapping[str, Any]) -> Note:
    """Decide versions and duplicates against the latest snapshot, and commit, as one critical section.

    Returns:
        `report`, `snapshot` (its number) and `quarantined_count`.
    Raises:
        SetGateFailed: the batch as a whole was refused; pages, quarantine and books are committed all the same.
    """
    passed = opened(validated)
    report = StageReport(stage="load_articles")
    report.receive(passed["source_id"].to_pylist())
    gate = validated["gate"]
    quarantine = opened(validated, "quarantine")
    with run.warehouse.writing(run.now) as tx:
        ids = pc.field("article_id").isin(pc.unique(passed["article_id"]))
        known = tx.snapshot.read("articles", where=ids)
        history = tx.snapshot.read("article_history", where=ids)
        changes = decide_versions(passed, known, history, causes=_causes(landed), now=run.now)
        duplicates, fingerprints = _attach_duplicates(run, tx.snapshot, changes)
        _settle(report, passed, changes)
        stages = [*(StageReport.from_dict(part) for part in validated["reports"]), report]
        check_books([report_of(landed), *stages])
        tx.upsert("articles", changes.articles)
        tx.upsert("article_history", changes.history)
        tx.upsert("duplicates", duplicates)
        tx.upsert("fingerprints", fingerprints)
        tx.upsert("quarantine", not_stored(tx.snapshot, "quarantine", "quarantine_id", quarantine))
        if validated["accepted"]:
            judged = pa.chunked_array([*passed["page_id"].chunks, *quarantine["page_id"].chunks], pa.string())
            release_gated(tx, judged, decided_by=validated["accepted_by"])
        if gate:
            tx.upsert("quality_metrics", opened(validated, "metrics"))
            record_books(tx, run, [report_of(landed), *stages], status="failed", detail=gate)
        snapshot = tx.commit()
    logger.info("%s", report.line(run.window))
    if gate:
        raise SetGateFailed(f"window {run.window}: {gate}; pages and reasons are kept, see `daybook quarantine list`")
    return {"report": report.to_dict(), "snapshot": snapshot.number, "quarantined_count": quarantine.num_rows}


def report(
    run: Run,
    fetched: Sequence[Mapping[str, Any] | None],
    landed: Mapping[str, Any] | None,
    extracted: Sequence[Mapping[str, Any] | None],
    validated: Mapping[str, Any] | None,
    loaded: Mapping[str, Any] | None,
) -> Note:
    """Close the run's books and name the sources that failed; it comes last, also after a failure.

    Returns:
        `reports` of all stages, `counts` of the run, `errors` and `resting` (source id to why it failed, or until when
        its host is left alone), `accepted` (why the set gate was passed, or null), and `missed`: the hours before this
        one that no run came for, each with what became of it.
    Raises:
        BooksUnbalanced: rows were lost or doubled between stages.
        DaybookError: a stage is missing, or every source failed.
    """
    notes = [note for note in fetched if note is not None]
    errors, resting = sources_told(notes)
    reports = [merged("fetch", notes)]
    if landed is not None:
        reports.append(report_of(landed))
    if validated is not None:
        reports += [StageReport.from_dict(part) for part in validated["reports"]]
    elif landed is not None:
        reports.append(merged("extract", (note for note in extracted if note is not None)))
    if loaded is not None:
        reports.append(report_of(loaded))
    missing = [
        name for name, note in (("land", landed), ("validate", validated), ("load_articles", loaded)) if note is None
    ]
    gate = validated["gate"] if validated is not None else None
    accepted = validated["accepted"] if validated is not None else None
    problem = gate or _problem(run, missing, errors, resting, fetched)
    missed: list[Note] = []
    if not missing:
        check_books(reports)
    with run.warehouse.writing(run.now) as tx:
        told = "; ".join(filter(None, (accepted, named(errors), named(resting)))) or None
        record_books(tx, run, reports, status="failed" if problem else "success", detail=problem or told)
        if landed is not None and not problem:
            source_ids = sorted(source.source_id for source in sources_of(run))
            missed = close_missed(tx, run, source_ids, publication_times(landed, extracted))
        if validated is not None:
            tx.upsert("quality_metrics", opened(validated, "metrics"))
        tx.commit()
    if problem:
        raise DaybookError(problem)
    if errors:
        logger.warning("window=%s sources that failed: %s", run.window, named(errors))
    if resting:
        logger.info("window=%s sources that rest: %s", run.window, named(resting))
    if accepted:
        logger.warning("window=%s %s", run.window, accepted)
    last = reports[-1].total
    return {
        "reports": [part.to_dict() for part in reports],
        "counts": {name: getattr(last, name) for name in ("received", *OUTCOMES)},
        "errors": errors,
        "resting": resting,
        "accepted": accepted,
        "missed": missed,
    }


def not_stored(snapshot: Snapshot, table: str, key: str, rows: pa.Table) -> pa.Table:
    """Rows that are not stored yet: a page is never replaced, and what a person decided of a refusal stands."""
    stored = snapshot.read(table, columns=[key], where=pc.field(key).isin(rows[key].combine_chunks()))
    return rows.filter(pc.invert(pc.is_in(rows[key], value_set=stored[key].combine_chunks())))


def extraction_refusals(run: Run, refused: pa.Table) -> pa.Table:
    """Turn pages that extraction refused into QUARANTINE rows."""
    rows = []
    for row in refused.to_pylist():
        identity = f"extract\0{row['page_id']}\0{row['reason']}"
        kept = {name: row[name] for name in ("page_id", "source_id", "url", "canonical_url", "title") if row[name]}
        rows.append(
            {
                name: row[name]
                for name in ("page_id", "article_id", "source_id", "reason", "detail", "body_sha256", "day")
            }
            | {
                "quarantine_id": hashlib.sha256(identity.encode()).hexdigest()[:32],
                "stage": "extract",
                "record_json": json.dumps(kept, ensure_ascii=False, sort_keys=True),
                "extractor_version": row["extractor_version"],
                "status": "held",
                "window_start": run.window.start,
                "run_id": run.run_id,
                "recorded_at": run.now,
                "day": run.window.day,
            }
        )
    return QUARANTINE.rows(rows)


def _distinct_pages(tables: Sequence[pa.Table]) -> pa.Table:
    """All pages of the run, each once: two sources may list the same file or capture."""
    pages = pa.concat_tables([PAGES.empty(), *tables])
    if pc.count_distinct(pages["page_id"]).as_py() == pages.num_rows:
        return pages
    raise BooksUnbalanced("fetch handed the same page on twice; page ids must tell captures apart")


def _split(extracted: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Candidates and refusals."""
    refused = pc.is_valid(extracted["reason"])
    return extracted.filter(pc.invert(refused)), extracted.filter(refused)


def _fingerprint(pages: pa.Table) -> str:
    """Eight hex digits of the pages and the extractor that will read them."""
    parts = [EXTRACTOR_VERSION, *pages["page_id"].to_pylist(), *pages["body_sha256"].to_pylist()]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:8]


def _causes(landed: Mapping[str, Any]) -> dict[str, str]:
    """What brought each page of the run: new, or release from quarantine."""
    causes: dict[str, str] = {}
    for batch in landed["batches"]:
        pages = opened(batch)
        causes.update(zip(pages["page_id"].to_pylist(), pages["cause"].to_pylist(), strict=True))
    return causes


def _settle(report: StageReport, passed: pa.Table, changes: VersionChanges) -> None:
    """Give every page of the batch its outcome, and find out if one has none."""
    sources = dict(zip(passed["page_id"].to_pylist(), passed["source_id"].to_pylist(), strict=True))
    for page_id, (outcome, article_id, reason) in changes.outcomes.items():
        if outcome == "new" and changes.first[article_id]["duplicate_of"]:
            outcome = "duplicates"
        report.settle(outcome, [sources[page_id]], [reason] if reason else [])


def _problem(
    run: Run,
    missing: list[str],
    errors: Mapping[str, str],
    resting: Mapping[str, str],
    fetched: Sequence[object],
) -> str | None:
    """Why the run as a whole has failed, or None."""
    if missing:
        return f"window {run.window}: no result of {', '.join(missing)}; the log of that task says why"
    nobody = problem_of_sources([source.source_id for source in sources_of(run)], errors, resting)
    if nobody:
        return f"window {run.window}: {nobody}"
    if any(note is None for note in fetched):
        return f"window {run.window}: a fetch task gave no result; its log says why"
    return None


def _attach_duplicates(run: Run, snapshot: Snapshot, changes: VersionChanges) -> tuple[pa.Table, pa.Table]:
    """Find which of the new articles are copies, mark them, and fingerprint what changed.

    A later version keeps the place that its first one was given: only articles that were not known are compared.

    Returns:
        DUPLICATES and FINGERPRINTS rows.
    """
    fingerprints = fingerprint_articles(changes.articles)
    first = pc.is_in(fingerprints["article_id"], value_set=pa.array(list(changes.first), pa.string()))
    near = _days_around(run.window.day, DUPLICATE_DAYS)

    def texts_of(article_ids: Sequence[str]) -> dict[str, str]:
        rows = snapshot.read("articles", columns=["article_id", "text"], where=pc.field("article_id").isin(article_ids))
        return dict(zip(rows["article_id"].to_pylist(), rows["text"].to_pylist(), strict=True))

    duplicates = find_duplicates(
        changes.articles.filter(first),
        fingerprints.filter(first),
        known=snapshot.read(
            "articles", columns=["article_id", "duplicate_of", "language", "canonical_url", "publisher"]
        ),
        known_fingerprints=snapshot.read("fingerprints", days=near),
        texts_of=texts_of,
    )
    for row in duplicates.select(["article_id", "canonical_id"]).to_pylist():
        changes.current[row["article_id"]]["duplicate_of"] = row["canonical_id"]
        changes.first[row["article_id"]]["duplicate_of"] = row["canonical_id"]
    return duplicates, fingerprints


def _days_around(day: date, reach: timedelta) -> list[date]:
    """The days at most so far from a day, itself included."""
    return [day + timedelta(days=n) for n in range(-reach.days, reach.days + 1)]
