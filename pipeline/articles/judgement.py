"""What a run's judgement of its pages leaves behind: their readings, what was refused, and what is held no longer."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

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


def standing_pages(snapshot: Snapshot, judged: pa.Table, passed: pa.Table, *, held: Collection[str]) -> pa.ChunkedArray:
    """Ids of the pages whose stored reading stands, whatever this run made of them.

    A page that a person let in, perhaps while the run was under way, is not taken back because the run refused it. A
    source that is held as a whole says nothing against pages of it that passed in an earlier run.

    Args:
        held: Sources that are held as a whole.
    """
    days = pc.unique(judged["day"]).to_pylist()
    stored = snapshot.read(
        "extractions", columns=["page_id", "source_id"], days=days, where=pc.field("reason").is_null()
    )
    decisions = read_quarantine_state(snapshot, days)
    let_in = decisions.released.difference(passed["page_id"].to_pylist())
    of_held = rows_without(rows_with(stored, "source_id", held), "page_id", decisions.objected)
    of_others = rows_with(rows_without(stored, "source_id", held), "page_id", let_in)
    return pa.concat_tables([of_held, of_others])["page_id"]


def keep_judgement(
    run: Run,
    tx: Transaction,
    judged: pa.Table,
    quarantine: pa.Table,
    held: pa.Table,
    changes: ArticleChanges,
    *,
    decided_by: Mapping[str, str],
) -> None:
    """Write what was read and refused; what passed now is held no longer, nor a wall's page that is one no more.

    Args:
        held: QUARANTINE rows of the pages that passed.
        decided_by: By source id, who let its pages in; the pages of other sources passed by themselves.
    """
    tx.upsert("extractions", judged)
    walls = boilerplate_refusals(run, changes.boilerplate, changes.boilerplate_details)
    for refusals in (quarantine, walls):
        tx.upsert("quarantine", undecided_refusals(tx.snapshot, refusals))
    passed = [page_id for page_id, (outcome, _) in changes.outcomes.items() if outcome != "quarantined"]
    free = rows_with(held, "page_id", passed)
    by_whom: dict[str, list[dict[str, Any]]] = {}
    for row in free.to_pylist():
        by_whom.setdefault(decided_by.get(row["source_id"], BY_ITSELF), []).append(row)
    for who, rows in sorted(by_whom.items()):
        tx.upsert("quarantine", decided(rows, "released", who, run.now))
    others = held_walls(tx.snapshot, changes.placed.difference(passed))
    tx.upsert("quarantine", decided(others.to_pylist(), "released", BY_ITSELF, run.now))
