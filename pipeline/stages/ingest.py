"""From sources to stored articles: the tasks of `news_ingest`, in their order.

list_sources -> fetch (listings, folders) -> land -> extract (a task a batch) -> validate -> load_articles -> report
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.articles.batches import write_batches
from pipeline.articles.changes import ArticleChanges
from pipeline.articles.decide import decide_articles
from pipeline.articles.gate import describe_hold, describe_pass, release_gated, source_gates
from pipeline.articles.judgement import keep_judgement, standing_pages
from pipeline.articles.landing import count_landed, land_pages
from pipeline.articles.quarantine import extraction_refusals, not_stored, read_quarantine_state, undecided_rows
from pipeline.articles.readings import read_pages
from pipeline.articles.standing import read_standing
from pipeline.articles.withdrawal import end_holding, take_out_pages
from pipeline.articles.withdrawn import (
    dropped_pages,
    read_withdrawn,
    settle_withdrawn,
)
from pipeline.crawl import parts
from pipeline.crawl.ask import ask_sources
from pipeline.crawl.outcomes import named, problem_of_sources, sources_told
from pipeline.crawl.sources import groups_of, source_rows, sources_of
from pipeline.errors import BooksUnbalanced, DaybookError, SetGateFailed
from pipeline.extract.page import EXTRACTOR_VERSION
from pipeline.fetch.history.crawl_history import newer_states
from pipeline.reports import OUTCOMES, StageReport
from pipeline.runs.books import check_books, record_books
from pipeline.runs.gaps import close_missed, publication_times
from pipeline.runs.handover import (
    TaskOutput,
    discard_outputs,
    find_output,
    merged,
    read_output,
    report_of,
    write_output,
)
from pipeline.runs.run import Run
from pipeline.tables import EXTRACTED, FEED_STATE, FETCHES, QUARANTINE, SOURCES
from pipeline.tables.rows import rows_with, rows_without
from pipeline.validate.articles import validate_articles

logger = logging.getLogger(__name__)

_FETCHED = {"fetches": FETCHES, "sources": SOURCES, "feed_state": FEED_STATE, "refusals": QUARANTINE}

_PAGE_IDS = pa.schema([("page_id", pa.string()), ("source_id", pa.string())])


def list_sources(run: Run) -> list[TaskOutput]:
    """List what this run asks: listings in one group, folders and archives in another.

    The run begins anew here: what an earlier try of this very run staged is removed, but for pages that came.

    Returns:
        Groups of `key` and `source_ids`.
    Raises:
        SettingsError: an unknown source, or a malformed sources file.
    """
    discard_outputs(run, keep=[parts.STAGE])
    return groups_of(sources_of(run))


def fetch(run: Run, group: Mapping[str, Any]) -> TaskOutput:
    """Ask the sources of one group and seal the pages as they come; a retry asks only what is missing.

    Returns:
        `key`, `path` (page_id and source_id of the pages), `parts` (paths of PAGES rows), `fetches`, `feed_state` and
        `refusals` (paths), `errors` (source id to `reason` and `detail` of
        what went wrong with it) and `report`.
    """
    key = str(group["key"])
    if (done := find_output(run, "fetch", key)) is not None:
        return done
    sources = sources_of(run, group["source_ids"])
    answers, paths = ask_sources(run, sources, run.warehouse.latest(), key)
    report = StageReport(stage="fetch", unit="listed-urls")
    for answer in answers:
        report.merge(answer.report)
    report.check()
    for answer in answers:
        if answer.error:
            logger.warning("source=%s %s: %s", answer.source.source_id, answer.error.reason, answer.error.detail)
    logger.info("%s", report.line(run.window))
    tables = {
        name: pa.concat_tables([getattr(answer, name) for answer in answers])
        for name in ("fetches", "feed_state", "refusals")
    }
    tables["sources"] = source_rows(sources, run.now)
    note: dict[str, Any] = {
        name: write_output(run, f"fetch-{name}", key, table, {})["path"] for name, table in tables.items()
    }
    note["parts"] = [str(path) for path in paths]
    note["errors"] = {answer.source.source_id: asdict(answer.error) for answer in answers if answer.error}
    ids = [(page_id, answer.source.source_id) for answer in answers for page_id in answer.page_ids]
    pages = pa.table(
        {"page_id": [page_id for page_id, _ in ids], "source_id": [source_id for _, source_id in ids]}, schema=_PAGE_IDS
    )
    return write_output(run, "fetch", key, pages, {**note, "report": report.to_dict()})


def land(run: Run, fetched: Sequence[Mapping[str, Any] | None]) -> TaskOutput:
    """Commit what was fetched before anything is judged, and cut the window's pages into batches.

    Returns:
        `batches` of `key`, `path` (PAGES rows without bodies) and `files` that hold the bodies, and `report`.
    """
    notes = [note for note in fetched if note is not None]
    pages = _distinct_pages([read_output(note) for note in notes])
    with run.warehouse.writing(run.now) as tx:
        withdrawn, refused = read_withdrawn(tx.snapshot), dropped_pages(tx.snapshot, pages["page_id"])
        paths = [Path(path) for note in notes for path in note["parts"]]
        for batch in parts.landing_batches(paths, pages["page_id"].to_pylist()):
            refused |= land_pages(run, tx, withdrawn, batch)
        report = count_landed(pages, refused)
        check_books([merged("fetch", notes), report])
        for table in ("fetches", "sources"):
            tx.upsert(table, _all(notes, table))
        tx.upsert("feed_state", newer_states(_all(notes, "feed_state"), tx.snapshot.read("feed_state")))
        refusals = _all(notes, "refusals")
        tx.upsert("quarantine", not_stored(tx.snapshot, "quarantine", "quarantine_id", refusals))
        released = read_quarantine_state(tx.snapshot, run.window.days()).released
        snapshot = tx.commit()
    landed = write_batches(run, snapshot, run.window, pages["page_id"], released)
    logger.info("%s", report.line(run.window))
    return {"batches": landed, "report": report.to_dict()}


def _all(notes: Sequence[Mapping[str, Any]], name: str) -> pa.Table:
    """One table of all hand-overs of fetch."""
    return pa.concat_tables([_FETCHED[name].empty(), *(read_output(note, name) for note in notes)])


def extract(run: Run, batch: Mapping[str, Any]) -> TaskOutput:
    """Read the articles out of one batch of pages, each page in a process that can be killed.

    A page that this very extractor has read before is not read again, and bytes that killed it are not tried again.

    Returns:
        `key`, `path` (EXTRACTED rows, refusals among them) and `report`.
    """
    pages = read_output(batch)
    key = f"{batch['key']}-{_fingerprint(pages, batch['released'])}"  # other pages, or a newer extractor, are another task
    if (done := find_output(run, "extract", key)) is not None:
        return done
    extracted = read_pages(run, pages, frozenset(batch["released"]), files=batch["files"])
    report = StageReport(stage="extract")
    report.receive(pages["source_id"].to_pylist())
    good, refused = _split(extracted)
    report.settle("new", good["source_id"].to_pylist())
    report.settle("quarantined", refused["source_id"].to_pylist(), refused["reason"].to_pylist())
    report.check()
    logger.info("%s", report.line(run.window))
    return write_output(run, "extract", key, extracted, {"report": report.to_dict()})


def validate(run: Run, landed: Mapping[str, Any], extracted: Sequence[Mapping[str, Any] | None]) -> TaskOutput:
    """Hold the articles against their expectations; what fails goes to quarantine with its reason.

    Pages that a person released pass whatever the expectations say.

    Returns:
        `path` (EXTRACTED rows that passed), `judged` (all EXTRACTED rows), `quarantine` and `metrics` (paths), `held`
        (source id to why it is held as a whole), `accepted` (source id to what its gate found, where a person passed it)
        and `accepted_by` (source id to the person's reason), `gate` (why nothing goes on, or null), `reports` of extract
        and validate.
    """
    notes = [note for note in extracted if note is not None]
    candidates = pa.concat_tables([EXTRACTED.empty(), *(read_output(note) for note in notes)])
    extract_report = merged("extract", notes)
    check_books([report_of(landed), extract_report])
    good, refused = _split(candidates)
    asked = [source.source_id for source in sources_of(run)] if run.decided_by is None else []
    gates = source_gates(run, run.warehouse.latest(), asked, good, refused)
    verdict = validate_articles(
        good,
        now=run.now,
        run_id=run.run_id,
        window_start=run.window.start,
        gates=gates,
        released=_released(landed),
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
    return write_output(
        run,
        "validate",
        "articles",
        verdict.passed,
        {
            "judged": write_output(run, "validate-judged", "articles", candidates, {})["path"],
            "quarantine": write_output(run, "validate-quarantine", "articles", quarantine, {})["path"],
            "metrics": write_output(run, "validate-metrics", "articles", verdict.metrics, {})["path"],
            "held": verdict.held,
            "accepted": verdict.accepted,
            "accepted_by": {source_id: gates[source_id].passed_by for source_id in verdict.accepted},
            "gate": describe_hold(verdict.held) if verdict.held and verdict.held.keys() >= gates.keys() else None,
            "reports": [extract_report.to_dict(), report.to_dict()],
            "report": report.to_dict(),
        },
    )


def load_articles(run: Run, landed: Mapping[str, Any], validated: Mapping[str, Any]) -> TaskOutput:
    """Decide versions and duplicates against the latest snapshot, and commit, as one critical section.

    Returns:
        `report`, `snapshot` (its number) and `quarantined_count`.
    Raises:
        SetGateFailed: every source is held as a whole; pages, quarantine and books are committed all the same.
    """
    passed, judged = read_output(validated), read_output(validated, "judged")
    report = StageReport(stage="load_articles")
    report.receive(passed["source_id"].to_pylist())
    gate, accepted_by = validated["gate"], validated["accepted_by"]
    decided_by = dict.fromkeys(passed["source_id"].to_pylist(), run.decided_by) if run.decided_by else accepted_by
    quarantine = read_output(validated, "quarantine")
    with run.warehouse.writing(run.now) as tx:
        stand = standing_pages(tx.snapshot, judged, passed, held=validated["held"])
        judged, quarantine = (rows_without(rows, "page_id", stand) for rows in (judged, quarantine))
        withdrawn = read_withdrawn(tx.snapshot)
        refused = withdrawn.refused_readings(judged)
        allowed = rows_without(passed, "page_id", refused)
        judged, quarantine = (rows_without(rows, "page_id", refused) for rows in (judged, quarantine))
        held = undecided_rows(tx.snapshot, allowed["page_id"], dropped_too=run.decided_by is not None)
        let_in = frozenset(rows_with(held, "source_id", decided_by)["page_id"].to_pylist())
        changes = ArticleChanges()
        if judged.num_rows and not gate:
            released = _released(landed) | let_in
            changes = decide_articles(read_standing(tx.snapshot, judged, allowed, released=released), now=run.now)
            if twins := withdrawn.refused_versions(changes, allowed):
                refused |= twins
                judged, quarantine, allowed = (rows_without(r, "page_id", twins) for r in (judged, quarantine, allowed))
                held = rows_without(held, "page_id", twins)
                changes = decide_articles(read_standing(tx.snapshot, judged, allowed, released=released), now=run.now)
        settle_withdrawn(changes, refused)
        _settle(report, passed, changes)
        stages = [*(StageReport.from_dict(part) for part in validated["reports"]), report]
        check_books([report_of(landed), *stages])
        changes.write(tx)
        keep_judgement(run, tx, judged, quarantine, held, changes, decided_by=decided_by)
        release_gated(tx, run, judged, accepted_by)
        take_out_pages(tx, refused, run_id=run.run_id, now=run.now)
        if gate:
            tx.upsert("quality_metrics", read_output(validated, "metrics"))
            record_books(tx, run, [report_of(landed), *stages], status="failed", detail=gate)
        snapshot = tx.commit()
        if refused:
            end_holding(run.warehouse, snapshot)
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
) -> TaskOutput:
    """Close the run's books and name the sources that failed; it comes last, also after a failure.

    Returns:
        `reports` of all stages, `counts` of the run, `errors` and `resting` (source id to why it failed, or until when
        its host is left alone), `held` and `accepted` (source id to what its set gate found, where it holds all of the
        source and where a person passed it), and `missed`: the hours before this one that no run came for, each with what
        became of it.
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
    gates = {name: validated[name] if validated is not None else {} for name in ("held", "accepted", "accepted_by")}
    gate = validated["gate"] if validated is not None else None
    problem = gate or _problem(run, missing, errors, resting, fetched)
    missed: list[TaskOutput] = []
    if not missing:
        check_books(reports)
    told = {
        describe_hold(gates["held"]): logging.WARNING,
        describe_pass(gates["accepted_by"], gates["accepted"]): logging.WARNING,
        named(errors): logging.WARNING,
        named(resting): logging.INFO,
    }
    with run.warehouse.writing(run.now) as tx:
        record_books(
            tx,
            run,
            reports,
            status="failed" if problem else "success",
            detail=problem or "; ".join(filter(None, told)) or None,
            gate_reason="; ".join(sorted(set(gates["accepted_by"].values()))) or None,
        )
        if landed is not None and not problem:
            source_ids = sorted(source.source_id for source in sources_of(run))
            missed = close_missed(tx, run, source_ids, publication_times(landed, extracted))
        if validated is not None:
            tx.upsert("quality_metrics", read_output(validated, "metrics"))
        tx.commit()
    if problem:
        raise DaybookError(problem)
    for what, level in told.items():
        if what:
            logger.log(level, "window=%s %s", run.window, what)
    last = reports[-1].total
    return {
        "reports": [part.to_dict() for part in reports],
        "counts": {name: getattr(last, name) for name in ("received", *OUTCOMES)},
        "errors": errors,
        "resting": resting,
        "held": gates["held"],
        "accepted": gates["accepted"],
        "missed": missed,
    }


def _distinct_pages(tables: Sequence[pa.Table]) -> pa.Table:
    """All pages of the run, each once: two sources may list the same file or capture."""
    pages = pa.concat_tables([_PAGE_IDS.empty_table(), *tables])
    if pc.count_distinct(pages["page_id"]).as_py() == pages.num_rows:
        return pages
    raise BooksUnbalanced("fetch handed the same page on twice; page ids must tell captures apart")


def _split(extracted: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Candidates and refusals."""
    refused = pc.is_valid(extracted["reason"])
    return extracted.filter(pc.invert(refused)), extracted.filter(refused)


def _fingerprint(pages: pa.Table, released: Sequence[str]) -> str:
    """Eight hex digits of the pages, those of them let in, and the extractor that will read them."""
    parts = [EXTRACTOR_VERSION, *released, *pages["page_id"].to_pylist(), *pages["body_sha256"].to_pylist()]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:8]


def _released(landed: Mapping[str, Any]) -> frozenset[str]:
    """The run's pages that a person let in."""
    return frozenset(page_id for batch in landed["batches"] for page_id in batch["released"])


def _settle(report: StageReport, passed: pa.Table, changes: ArticleChanges) -> None:
    """Give every page of the batch its outcome; the books find out if one has none."""
    for page_id, source_id in zip(passed["page_id"].to_pylist(), passed["source_id"].to_pylist(), strict=True):
        outcome, reason = changes.outcomes[page_id]
        report.settle(outcome, [source_id], [reason] if reason else [])


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
