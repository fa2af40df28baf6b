"""What a person answered to the question of what is held, carried out: release, drop, keep; each page once."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import pyarrow.compute as pc

from pipeline.errors import UsageError
from pipeline.fetch.sources import load_registry
from pipeline.reasons import Reason
from pipeline.runs.books import record_books
from pipeline.runs.gaps import ANSWER, DAG_ID
from pipeline.runs.run import Run
from pipeline.settings import Settings
from pipeline.store.snapshot import Snapshot
from pipeline.store.warehouse import Warehouse
from pipeline.windows import Window
from pipeline.workflow import chains
from pipeline.workflow.release import (
    Row,
    choose_rows,
    cluster_anew,
    decision_time,
    drop,
    release,
    what_became,
    window_of,
)

logger = logging.getLogger(__name__)

Choice = Literal["release", "drop", "keep"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a person decided, of which pages, and why.

    Attributes:
        choice: What becomes of the pages.
        by: Who.
        why: Their reason, in words.
        groups: Reasons and sources: all of these that were held when the question was asked.
        keys: Quarantine ids, or the start of each: single pages.
        asked_at: As of when the question was asked: what was refused later was not seen, and is not decided.
    """

    choice: Choice
    by: str
    why: str
    groups: frozenset[tuple[str, str]] = frozenset()
    keys: tuple[str, ...] = ()
    asked_at: datetime

    @property
    def decided_by(self) -> str:
        """Who and why, as it stands beside each page."""
        return f"{self.by}: {self.why}"


def carry_out(
    settings: Settings, warehouse: Warehouse, answer: Answer, *, name: str, started_at: datetime
) -> dict[str, int]:
    """Do what was answered; what is held no longer by now stays as somebody else decided it.

    Of pages that a set gate holds, `release` passes the gate: their window is worked through again with the reason, so that it counts as
    usual of the source from then on. Killed in the middle, the same call goes on with what is held still.

    Args:
        name: The run's name in the books, where the answer stands with who and why; the same call again writes the same row.
        started_at: Wall time.
    Returns:
        How many pages have which outcome: released, held (refused again, or kept), dropped, asked-again.
    Raises:
        UsageError: no reason, or nothing was chosen to release or drop; an id that answers to no page, or to one that was decided
            already; a gate of what no registered source brought.
    """
    if not answer.why.strip():
        raise UsageError("no reason was given: nothing was decided")
    if answer.choice != "keep" and not answer.groups and not answer.keys:
        raise UsageError(f"neither a group nor a page was chosen to {answer.choice}: nothing was decided")
    rows = _chosen(warehouse.latest(), answer)
    gated = [row for row in rows if row["reason"] == Reason.SET_GATE]
    if answer.choice == "release":
        _check_gates(settings, gated)
        if others := [row for row in rows if row["reason"] != Reason.SET_GATE]:
            release(settings, warehouse, others, decided_by=answer.decided_by, started_at=started_at)
        _pass_gates(settings, warehouse, gated, answer, started_at)
    elif answer.choice == "drop" and rows:
        drop(settings, warehouse, rows, decided_by=answer.decided_by, started_at=started_at)
    outcomes = Counter(one.outcome for one in what_became(warehouse.latest(), rows))
    _record(settings, warehouse, answer, outcomes, name, started_at)
    logger.info("stage=carry_out choice=%s by=%s %s", answer.choice, answer.by, dict(outcomes))
    return dict(sorted(outcomes.items()))


def _chosen(snapshot: Snapshot, answer: Answer) -> list[Row]:
    """The rows that the answer is about, and that are held."""
    rows = {row["quarantine_id"]: row for row in (choose_rows(snapshot, answer.keys) if answer.keys else ())}
    if answer.groups:
        held = snapshot.read(
            "quarantine",
            where=(pc.field("status") == "held")
            & pc.field("reason").isin(sorted({reason for reason, _ in answer.groups} - {str(Reason.WITHDRAWN)})),
        ).to_pylist()
        rows |= {
            row["quarantine_id"]: row
            for row in held
            if (row["reason"], row["source_id"]) in answer.groups and row["recorded_at"] <= answer.asked_at
        }
    return [rows[key] for key in sorted(rows)]


def _check_gates(settings: Settings, gated: Sequence[Row]) -> None:
    """Refuse what cannot be passed here, before anything is decided."""
    unknown = sorted({row["source_id"] for row in gated} - load_registry(settings.sources).by_id.keys())
    if unknown:
        raise UsageError(
            f"{', '.join(unknown)} is no registered source: pass its gate where it was read, with `daybook run … --accept-gate`;"
            " nothing was decided"
        )


def _pass_gates(
    settings: Settings, warehouse: Warehouse, gated: Sequence[Row], answer: Answer, started_at: datetime
) -> None:
    """Work through the windows again whose gates are passed, source by source: other sources' gates stand."""
    snapshot = warehouse.latest()
    clock, now = load_registry(settings.sources).clock, decision_time(settings, snapshot, started_at)
    windows = sorted({(window_of(snapshot, row), row["source_id"]) for row in gated})
    for window, source_id in windows:
        run = Run.of(
            settings,
            DAG_ID,
            window,
            started_at=started_at,
            warehouse=warehouse,
            name=f"review__{window.label}__{source_id}__{started_at:%Y%m%dT%H%M%S.%f}",
            clock=clock,
            now=now,
            source_ids=(source_id,),
            accept_gate=answer.decided_by,
        )
        chains.ingest_window(run)
    cluster_anew(settings, warehouse, {window.day for window, _ in windows}, now, started_at, by="review")


def _record(
    settings: Settings,
    warehouse: Warehouse,
    answer: Answer,
    outcomes: Counter[str],
    name: str,
    started_at: datetime,
) -> None:
    """Write the answer into the books: who, why, of what."""
    now = decision_time(settings, warehouse.latest(), started_at)
    run = Run.of(settings, ANSWER, Window.of_hour(now), started_at=started_at, warehouse=warehouse, name=name, now=now)
    about: list[Any] = [f"{reason} of {source_id}" for reason, source_id in sorted(answer.groups)]
    about += answer.keys
    became = ", ".join(f"{number} {outcome}" for outcome, number in sorted(outcomes.items())) or "nothing was held"
    with warehouse.writing(now) as tx:
        record_books(
            tx, run, [], detail=f"{answer.choice} by {answer.decided_by} ({became}): {', '.join(about) or 'all'}"
        )
        tx.commit()
