"""The books of a run: checked from stage to stage, then written down, also when the run fails."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from pipeline.reports import StageReport, check_handover
from pipeline.runs.gaps import DAG_ID, SUCCESS, make_way
from pipeline.runs.run import Run, code_version
from pipeline.store.transaction import Transaction
from pipeline.tables import RUNS, STAGE_COUNTS


def check_books(reports: Sequence[StageReport]) -> None:
    """Prove that every stage adds up and that what left each stage entered the next.

    Raises:
        BooksUnbalanced: rows were lost or doubled.
    """
    for report in reports:
        report.check()
    for earlier, later in itertools.pairwise(reports):
        check_handover(earlier, later)


def record_books(
    tx: Transaction,
    run: Run,
    reports: Sequence[StageReport],
    *,
    status: str = SUCCESS,
    detail: str | None = None,
    gate_reason: str | None = None,
    minted: Sequence[str] | None = None,
) -> None:
    """Write the run and the counts of its stages, in place of what an earlier try of this run wrote.

    A run that came for hours which were closed without one takes their place.

    Args:
        gate_reason: The person's reason that passed the set gate, if it tripped and was passed.
        minted: Of a reopening: the ids that stay.
    """
    if status == SUCCESS and run.dag_id == DAG_ID:
        make_way(tx, run.window)
    source_ids = sorted({source_id for report in reports for source_id in report.sources})
    about = {"run_id": run.run_id, "window_start": run.window.start, "recorded_at": run.now, "day": run.window.day}
    row = about | {
        "dag_id": run.dag_id,
        "window_end": run.window.end,
        "started_at": run.started_at,
        "source_ids": source_ids or list(run.source_ids),
        "status": status,
        "detail": detail,
        "gate_reason": gate_reason,
        "minted": None if minted is None else list(minted),
        "code_version": code_version(),
        "settings_sha256": run.settings.results_sha256,
    }
    tx.upsert("runs", RUNS.rows([row]))
    counts = [
        about | {"stage": report.stage, "unit": report.unit, "source_id": source_id} | _seven(report, source_id)
        for report in reports
        for source_id in report.sources
    ]
    tx.upsert("stage_counts", STAGE_COUNTS.rows(counts))


def _seven(report: StageReport, source_id: str) -> dict[str, object]:
    """One source's counts as columns."""
    counts = report.sources[source_id]
    return {
        "received": counts.received,
        "new": counts.new,
        "updated": counts.updated,
        "unchanged": counts.unchanged,
        "duplicates": counts.duplicates,
        "quarantined": counts.quarantined,
        "failed": counts.failed,
        "reasons": sorted(counts.reasons.items()),
    }
