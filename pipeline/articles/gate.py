"""The set gate passed by a person: with which reason, and what becomes of the pages that it held before."""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.articles.quarantine import decided
from pipeline.reasons import Reason
from pipeline.runs.run import Run
from pipeline.store.snapshot import Snapshot
from pipeline.store.transaction import Transaction

_PASSED = "set gate passed: "


def reason_to_pass(run: Run, snapshot: Snapshot, pages: pa.ChunkedArray) -> str | None:
    """Say why the set gate is passed, should it trip: this run's reason, else the one that passed all these pages before.

    So a window that a person let through once can be run again without asking anew.

    Args:
        pages: Ids of the batch's pages.
    """
    if run.accept_gate is not None or not len(pages):
        return run.accept_gate
    passed = {row["page_id"]: row["decided_by"] for row in _gated(snapshot, pages, "released").to_pylist()}
    if set(pages.to_pylist()) <= set(passed):
        return min(filter(None, passed.values()), default=None)
    read = snapshot.read("extractions", columns=["page_id"], where=pc.field("page_id").isin(pages.combine_chunks()))
    return _told_before(run, snapshot) if read.num_rows == len(pages) else None


def _told_before(run: Run, snapshot: Snapshot) -> str | None:
    """The reason with which an earlier run of this very window was passed."""
    rows = snapshot.read(
        "runs",
        columns=["detail", "gate_reason", "window_start", "window_end", "recorded_at"],
        days=[run.window.day],
        where=(pc.field("gate_reason").is_valid() | pc.starts_with(pc.field("detail"), _PASSED))
        & (pc.field("dag_id") == run.dag_id),
    ).to_pylist()
    same = [row for row in rows if (row["window_start"], row["window_end"]) == (run.window.start, run.window.end)]
    latest = max(same, key=lambda row: row["recorded_at"], default=None)
    return None if latest is None else latest["gate_reason"] or _reason_in(latest["detail"])


def _reason_in(detail: str) -> str:
    """The reason in the detail of a run that was recorded before `gate_reason` was: cut where it holds a parenthesis."""
    return detail.removeprefix(_PASSED).partition(" (")[0]


def release_gated(tx: Transaction, pages: pa.ChunkedArray, *, decided_by: str, now: datetime) -> int:
    """Release what the set gate holds of these pages; a page with an objection of its own stays held by that alone.

    Returns:
        How many refusals were released.
    """
    held = _gated(tx.snapshot, pages, "held").to_pylist()
    tx.upsert("quarantine", decided(held, "released", decided_by, now))
    return len(held)


def describe_pass(reason: str, finding: str) -> str:
    """What the books say of a batch that was passed."""
    return f"{_PASSED}{reason} ({finding})"


def _gated(snapshot: Snapshot, pages: pa.ChunkedArray, status: str) -> pa.Table:
    """The set gate's refusals of these pages that have this status."""
    is_wanted = pc.field("page_id").isin(pc.unique(pages)) & (pc.field("status") == status)
    return snapshot.read("quarantine", where=(pc.field("reason") == str(Reason.SET_GATE)) & is_wanted)
