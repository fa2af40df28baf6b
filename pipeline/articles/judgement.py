"""What a run's judgement of its pages leaves behind: their readings, what was refused, and what is held no longer."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.articles.changes import ArticleChanges
from pipeline.articles.quarantine import (
    boilerplate_refusals,
    decided,
    held_walls,
    read_quarantine_state,
    undecided_refusals,
)
from pipeline.reasons import BY_ITSELF
from pipeline.runs.run import Run
from pipeline.store.snapshot import Snapshot
from pipeline.store.transaction import Transaction
from pipeline.tables.rows import rows_with, rows_without


def standing_pages(snapshot: Snapshot, judged: pa.Table, passed: pa.Table, *, gate: str | None) -> pa.Array:
    """Ids of the pages whose stored reading stands, whatever this run made of them.

    A page that a person let in, perhaps while the run was under way, is not taken back because the run refused it. A
    batch that is refused as a whole says nothing against pages that passed in an earlier run.
    """
    days = pc.unique(judged["day"]).to_pylist()
    stored = snapshot.read("extractions", columns=["page_id"], days=days, where=pc.field("reason").is_null())
    decisions = read_quarantine_state(snapshot, days)
    if gate:
        return rows_without(stored, "page_id", decisions.objected)["page_id"].combine_chunks()
    let_in = decisions.released.difference(passed["page_id"].to_pylist())
    return rows_with(stored, "page_id", let_in)["page_id"].combine_chunks()


def keep_judgement(
    run: Run,
    tx: Transaction,
    judged: pa.Table,
    quarantine: pa.Table,
    held: pa.Table,
    changes: ArticleChanges,
    *,
    decided_by: str | None,
) -> None:
    """Write what was read and refused; what passed now is held no longer, nor a wall's page that is one no more.

    Args:
        held: QUARANTINE rows of the pages that passed.
        decided_by: Who let the pages in; None where they passed by themselves.
    """
    tx.upsert("extractions", judged)
    walls = boilerplate_refusals(run, changes.boilerplate, changes.boilerplate_details)
    for refusals in (quarantine, walls):
        tx.upsert("quarantine", undecided_refusals(tx.snapshot, refusals))
    passed = [page_id for page_id, (outcome, _) in changes.outcomes.items() if outcome != "quarantined"]
    free = rows_with(held, "page_id", passed)
    tx.upsert("quarantine", decided(free.to_pylist(), "released", decided_by or BY_ITSELF, run.now))
    others = held_walls(tx.snapshot, changes.placed.difference(passed))
    tx.upsert("quarantine", decided(others.to_pylist(), "released", BY_ITSELF, run.now))
