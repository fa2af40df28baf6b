"""The set gate of each source: what it is held against, who passes it, and what becomes of the pages that it held before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.articles.quarantine import decided
from pipeline.reasons import Reason
from pipeline.runs.gaps import DAG_ID
from pipeline.runs.run import Run
from pipeline.store.snapshot import Snapshot
from pipeline.store.transaction import Transaction
from pipeline.tables.rows import rows_with
from pipeline.validate.gate import METRIC, SourceGate, limit_of
from pipeline.windows import Window

HISTORY = timedelta(days=28)  # a source's own past, as far as it tells what is usual of it

# What fetch refuses once an answer came: the source's doing. The rest (a forbidden path, an odd name) says nothing of it.
_ANSWERED = (Reason.HTTP_ERROR, Reason.TOO_LARGE, Reason.BAD_REDIRECT, Reason.BAD_ENCODING)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What a source's gate found in an earlier run."""

    window: Window
    trips: bool
    share: float
    limit: float | None
    row_count: int
    passed_by: str | None


def source_gates(
    run: Run, snapshot: Snapshot, asked: Collection[str], good: pa.Table, refused: pa.Table
) -> dict[str, SourceGate]:
    """Say what each source of a batch is held against: what every room refused of it, and what is usual of it.

    The limit follows from the windows that ended before this one began; a window that was judged before keeps the limit
    that it had then, so that a repeat decides as the first run did, whatever was loaded since.

    Args:
        asked: Ids of the sources that the run is for.
        good, refused: EXTRACTED rows of the batch.
    Returns:
        A gate for each source of which something came; none where a person lets the pages in one by one.
    """
    if run.decided_by is not None:
        return {}
    before = _refused_before(run, snapshot, asked, refused)
    rows = before + Counter(good["source_id"].to_pylist())
    doubted = [source_id for source_id, count in rows.items() if count >= run.settings.set_gate_min_rows]
    gates = {source_id: SourceGate(refused_before=before[source_id]) for source_id in rows}
    told = _told(run, snapshot, doubted) if doubted else {}
    for source_id in doubted:
        gates[source_id] = replace(
            gates[source_id],
            limit=_limit(run, told[source_id]),
            passed_by=_reason_to_pass(
                run, snapshot, rows_with(good, "source_id", [source_id])["page_id"], rows[source_id], told[source_id]
            ),
        )
    return gates


def _refused_before(run: Run, snapshot: Snapshot, asked: Collection[str], refused: pa.Table) -> Counter[str]:
    """How many pages of each source were refused before validate: answers that fetch refused, and pages by extract."""
    judged = refused.filter(pc.not_equal(refused["reason"], str(Reason.EXTRACT_PUT_OFF)))
    stored = snapshot.read(
        "quarantine",
        columns=["source_id"],
        days=run.window.days(),
        where=(pc.field("stage") == "fetch")
        & pc.field("source_id").isin(list(asked))
        & pc.field("reason").isin([str(reason) for reason in _ANSWERED])
        & (pc.field("window_start") >= pa.scalar(run.window.start))
        & (pc.field("window_start") < pa.scalar(run.window.end)),
    )
    return Counter(judged["source_id"].to_pylist()) + Counter(stored["source_id"].to_pylist())


def _told(run: Run, snapshot: Snapshot, source_ids: Sequence[str]) -> dict[str, list[_Told]]:
    """What the gates of these sources found until this window's end, by source, the first first."""
    days = list(Window(run.window.start - HISTORY, run.window.end).days())
    runs = snapshot.read(
        "runs",
        columns=["run_id", "window_start", "window_end"],
        days=days,
        where=pc.field("dag_id") == DAG_ID,
    ).to_pylist()
    windows = {row["run_id"]: Window(row["window_start"], row["window_end"]) for row in runs}
    metrics = snapshot.read(
        "quality_metrics",
        columns=["run_id", "column", "success", "observed", "threshold", "row_count", "passed_by", "recorded_at"],
        days=days,
        where=(pc.field("expectation") == METRIC) & pc.field("column").isin(list(source_ids)),
    )
    told: dict[str, list[_Told]] = {source_id: [] for source_id in source_ids}
    for row in metrics.sort_by([("recorded_at", "ascending"), ("run_id", "ascending")]).to_pylist():
        if row["run_id"] in windows:
            told[row["column"]].append(
                _Told(
                    window=windows[row["run_id"]],
                    trips=not row["success"],
                    share=row["observed"],
                    limit=row["threshold"],
                    row_count=row["row_count"],
                    passed_by=row["passed_by"],
                )
            )
    return told


def _limit(run: Run, told: Sequence[_Told]) -> float:
    """The share of a source that may be refused: as it was when this window was first judged, else by what is usual."""
    kept = [one.limit for one in told if one.window == run.window and one.limit is not None]
    if kept:
        return kept[0]
    past: dict[Window, _Told] = {}
    for one in told:
        if one.window.end <= run.window.start and (not one.trips or one.passed_by is not None):
            past.setdefault(one.window, one)
    row_count = sum(one.row_count for one in past.values())
    usual = 0.0
    if row_count >= max(1, run.settings.set_gate_min_rows):
        usual = sum(one.row_count * one.share for one in past.values()) / row_count
    return limit_of(usual, run.settings.set_gate_max_refused)


def _reason_to_pass(
    run: Run, snapshot: Snapshot, pages: pa.ChunkedArray, row_count: int, told: Sequence[_Told]
) -> str | None:
    """Say why a source's gate is passed, should it trip: this run's reason, else the one that passed all these pages before.

    So a window that a person let through once can be run again without asking anew; with more pages it is another matter,
    and so are pages that the gate has held since in this window (that a longer one around it trips, says nothing of it).

    Args:
        pages: Ids of the source's pages that no earlier room refused.
        row_count: How many came, refused ones too.
    """
    if run.accept_gate is not None:
        return run.accept_gate
    passed = {row["page_id"]: row["decided_by"] for row in _gated(run, snapshot, pages, "released").to_pylist()}
    if passed and set(pages.to_pylist()) <= set(passed):
        return min(filter(None, passed.values()), default=None)
    reasons = [
        one.passed_by
        for one in told
        if one.window == run.window and one.trips and one.passed_by is not None and row_count <= one.row_count
    ]
    where = pc.field("page_id").isin(pages.combine_chunks())
    read = snapshot.read("extractions", columns=["page_id"], days=run.window.days(), where=where)
    held = _gated(run, snapshot, pages, "held")["window_start"].to_pylist()
    is_known = read.num_rows == len(pages) and run.window.start not in held
    return reasons[-1] if reasons and is_known else None


def release_gated(tx: Transaction, run: Run, judged: pa.Table, accepted_by: Mapping[str, str]) -> None:
    """Release what the gates of some sources hold of a batch; a page with an objection of its own stays held by that alone.

    Args:
        judged: EXTRACTED rows of the batch.
        accepted_by: Source id to why a person passes it.
    """
    for source_id, reason in sorted(accepted_by.items()):
        pages = rows_with(judged, "source_id", [source_id])["page_id"]
        held = _gated(run, tx.snapshot, pages, "held").to_pylist()
        tx.upsert("quarantine", decided(held, "released", reason, run.now))


def describe_pass(accepted_by: Mapping[str, str], findings: Mapping[str, str]) -> str | None:
    """What the books say of sources that were passed; None where none was."""
    told = [f"set gate passed: {accepted_by[source_id]} ({found})" for source_id, found in sorted(findings.items())]
    return "; ".join(told) or None


def describe_hold(held: Mapping[str, str]) -> str | None:
    """What the books say of sources that are held; None where none is."""
    return f"set gate: {'; '.join(found for _, found in sorted(held.items()))}" if held else None


def _gated(run: Run, snapshot: Snapshot, pages: pa.ChunkedArray, status: str) -> pa.Table:
    """The set gate's refusals of these pages that have this status."""
    is_wanted = pc.field("page_id").isin(pc.unique(pages)) & (pc.field("status") == status)
    where = (pc.field("reason") == str(Reason.SET_GATE)) & is_wanted
    return snapshot.read("quarantine", days=run.window.days(), where=where)
