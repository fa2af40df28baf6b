"""The set gate passed by a person: with which reason, and what becomes of the pages that it held before."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.reasons import Reason
from pipeline.stages.run import Run
from pipeline.store.snapshot import Snapshot
from pipeline.store.transaction import Transaction
from pipeline.tables import QUARANTINE


def reason_to_pass(run: Run, snapshot: Snapshot, pages: pa.ChunkedArray) -> str | None:
    """Say why the set gate is passed, should it trip: this run's reason, else the one that passed all these pages before.

    So a window that a person let through once can be run again without asking anew.

    Args:
        pages: Ids of the batch's pages.
    """
    if run.accept_gate is not None or not len(pages):
        return run.accept_gate
    decided = {row["page_id"]: row["decided_by"] for row in _gated(snapshot, pages, "released").to_pylist()}
    return min(filter(None, decided.values()), default=None) if set(pages.to_pylist()) <= set(decided) else None


def release_gated(tx: Transaction, pages: pa.ChunkedArray, decided_by: str) -> int:
    """Release what the set gate holds of these pages; a page with an objection of its own stays held by that alone.

    Returns:
        How many refusals were released.
    """
    held = _gated(tx.snapshot, pages, "held").to_pylist()
    tx.upsert("quarantine", QUARANTINE.rows([{**row, "status": "released", "decided_by": decided_by} for row in held]))
    return len(held)


def describe_pass(reason: str, finding: str) -> str:
    """What the books say of a batch that was passed."""
    return f"set gate passed: {reason} ({finding})"


def _gated(snapshot: Snapshot, pages: pa.ChunkedArray, status: str) -> pa.Table:
    """The set gate's refusals of these pages that have this status."""
    is_wanted = pc.field("page_id").isin(pc.unique(pages)) & (pc.field("status") == status)
    return snapshot.read("quarantine", where=(pc.field("reason") == str(Reason.SET_GATE)) & is_wanted)
