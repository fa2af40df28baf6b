"""Pages into the warehouse, from wherever they come: all but what was withdrawn, which is refused by address and by bytes."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from pipeline.articles.quarantine import not_stored
from pipeline.articles.withdrawn import DROPPED_BY_WITHDRAWAL, Withdrawn, landing_refusals
from pipeline.reasons import Reason
from pipeline.reports import StageReport
from pipeline.runs.run import Run
from pipeline.store.transaction import Transaction
from pipeline.tables.rows import rows_with, rows_without


def land_pages(run: Run, tx: Transaction, withdrawn: Withdrawn, pages: pa.Table) -> dict[str, str]:
    """Store PAGES rows that are not stored yet, and refuse those of withdrawn articles.

    Args:
        withdrawn: As it stands under the lock.
    Returns:
        The ids of the pages that were refused, each with why its body is not kept.
    """
    refused = withdrawn.refused_pages(pages)
    tx.upsert("quarantine", landing_refusals(withdrawn, refused, pages, run_id=run.run_id, now=run.now))
    tx.upsert("pages", not_stored(tx.snapshot, "pages", "page_id", rows_without(pages, "page_id", refused)))
    return dict.fromkeys(refused, DROPPED_BY_WITHDRAWAL)


def count_landed(pages: pa.Table, refused: Mapping[str, str], *, cause: str | None = None) -> StageReport:
    """The books of landing: what was withdrawn goes no further, nor what is too old to be read again.

    Args:
        refused: Ids of pages that go no further, and why their bodies are not kept.
        cause: Why the others go on, where that is to be counted.
    """
    report = StageReport(stage="land")
    report.receive(pages["source_id"].to_pylist())
    going_on = rows_without(pages, "page_id", refused)["source_id"].to_pylist()
    report.settle("new", going_on, [cause] * len(going_on) if cause else [])
    for row in rows_with(pages, "page_id", refused).to_pylist():
        if refused[row["page_id"]] == DROPPED_BY_WITHDRAWAL:
            report.settle("quarantined", [row["source_id"]], [Reason.WITHDRAWN])
        else:
            report.settle("unchanged", [row["source_id"]], [Reason.NOT_KEPT])
    return report
