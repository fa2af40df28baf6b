"""Quarantine as the stages see it: what was refused, what a person decided of it, and rows that stand already."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.reasons import BY_ITSELF, Reason
from pipeline.runs.run import Run
from pipeline.store.snapshot import Snapshot
from pipeline.tables import EXTRACTED, QUARANTINE
from pipeline.tables.ids import quarantine_id
from pipeline.tables.rows import rows_without

# What the reading itself died of: the same bytes would do it again, until the extractor changes.
_POISON = (Reason.EXTRACT_TIMEOUT, Reason.EXTRACT_CRASH, Reason.TOO_COMPLEX)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineState:
    """What stands in quarantine of some days, by page.

    Attributes:
        released: Pages that a person let in, and that nothing else holds: no rule refuses them again.
        dropped: Pages that a person keeps out.
        held: Pages that something holds.
        objected: Of these, pages that validate holds, for themselves or with their batch.
    """

    released: frozenset[str] = field(default_factory=frozenset)
    dropped: frozenset[str] = field(default_factory=frozenset)
    held: frozenset[str] = field(default_factory=frozenset)
    objected: frozenset[str] = field(default_factory=frozenset)


def read_quarantine_state(snapshot: Snapshot, days: Iterable[date]) -> QuarantineState:
    """Read what was decided of the pages of some days."""
    rows = snapshot.read(
        "quarantine",
        columns=["page_id", "stage", "status", "decided_by"],
        days=days,
        where=~pc.field("page_id").is_null(),
    ).to_pylist()
    held = {row["page_id"] for row in rows if row["status"] == "held"}
    let_in = {row["page_id"] for row in rows if row["status"] == "released" and row["decided_by"] != BY_ITSELF}
    return QuarantineState(
        released=frozenset(let_in - held),
        dropped=frozenset(row["page_id"] for row in rows if row["status"] == "dropped"),
        held=frozenset(held),
        objected=frozenset(row["page_id"] for row in rows if row["status"] == "held" and row["stage"] == "validate"),
    )


def not_stored(snapshot: Snapshot, table: str, key: str, rows: pa.Table) -> pa.Table:
    """Rows that are not stored yet: what a person decided of a refusal stands."""
    stored = snapshot.read(table, columns=[key], having=(key, rows[key]))
    return rows_without(rows, key, stored[key]) if stored.num_rows else rows


def undecided_refusals(snapshot: Snapshot, rows: pa.Table) -> pa.Table:
    """Refusals to write: what a person decided stands, what the pipeline let in by itself is held again.

    Of a page that a newer extractor refuses for the same reason, the row names that extractor from now on.
    """
    columns = ["quarantine_id", "status", "decided_by", "extractor_version"]
    known = snapshot.read("quarantine", columns=columns, having=("quarantine_id", rows["quarantine_id"]))
    stored = {row["quarantine_id"]: row for row in known.to_pylist()}
    return QUARANTINE.rows([row for row in rows.to_pylist() if not _stands(stored.get(row["quarantine_id"]), row)])


def _stands(stored: Mapping[str, Any] | None, refusal: Mapping[str, Any]) -> bool:
    """Whether a stored row of quarantine is kept although the page is refused again."""
    if stored is None:
        return False
    if stored["status"] == "held":
        return bool(stored["extractor_version"] == refusal["extractor_version"])
    return bool(stored["decided_by"] != BY_ITSELF)


def held_walls(snapshot: Snapshot, page_ids: Iterable[str]) -> pa.Table:
    """The QUARANTINE rows that hold some pages for a text that many addresses showed."""
    where = (pc.field("status") == "held") & (pc.field("stage") == "load_articles")
    return snapshot.read("quarantine", where=where, having=("page_id", pa.array(sorted(page_ids), pa.string())))


def undecided_rows(snapshot: Snapshot, page_ids: pa.ChunkedArray, *, dropped_too: bool) -> pa.Table:
    """The QUARANTINE rows of some pages that are held, or also those that a person dropped."""
    statuses = ["held", "dropped"] if dropped_too else ["held"]
    return snapshot.read("quarantine", where=pc.field("status").isin(statuses), having=("page_id", page_ids))


def decided(rows: Iterable[Mapping[str, Any]], status: str, decided_by: str, now: datetime) -> pa.Table:
    """QUARANTINE rows with a decision, recorded now."""
    about = {"status": status, "decided_by": decided_by, "recorded_at": now}
    return QUARANTINE.rows([{**row, **about} for row in rows])


def known_poison(snapshot: Snapshot, pages: pa.Table, extractor_version: str) -> dict[str, tuple[str, str]]:
    """Bodies that this very extractor died of before: SHA-256 to reason and detail."""
    where = (
        pc.field("reason").isin([str(reason) for reason in _POISON])
        & (pc.field("extractor_version") == extractor_version)
        & (pc.field("status") != "released")
    )
    columns = ["body_sha256", "reason", "detail"]
    rows = snapshot.read("quarantine", columns=columns, where=where, having=("body_sha256", pages["body_sha256"]))
    rows = rows.to_pylist()
    return {row["body_sha256"]: (row["reason"], row["detail"]) for row in rows}


def poisoned_row(page: Mapping[str, Any], reason: str, detail: str | None, extractor_version: str) -> dict[str, Any]:
    """The EXTRACTED row of a page that is not read, for its bytes are known to kill the reader."""
    known = {name: page[name] for name in ("page_id", "source_id", "window_start", "fetched_at", "body_sha256", "day")}
    return known | {
        "url": page["final_url"] or page["requested_url"],
        "first_seen_at": page["fetched_at"],
        "run_id": page["run_id"],
        "extractor_version": extractor_version,
        "reason": reason,
        "detail": detail,
    }


def extraction_refusals(run: Run, refused: pa.Table) -> pa.Table:
    """Turn pages that extraction refused into QUARANTINE rows."""
    return _refusal_rows(run, "extract", refused)


def boilerplate_refusals(run: Run, pages: pa.Table, found: Mapping[str, str]) -> pa.Table:
    """Turn pages whose text stands for no article into QUARANTINE rows; `found` says why, by page id."""
    about = {"reason": Reason.BOILERPLATE.value}
    rows = [row | about | {"detail": found[row["page_id"]]} for row in pages.to_pylist()]
    return _refusal_rows(run, "load_articles", EXTRACTED.rows(rows))


def _refusal_rows(run: Run, stage: str, refused: pa.Table) -> pa.Table:
    """QUARANTINE rows, held; their ids are the same however often the stage refuses the page for this reason."""
    rows = []
    for row in refused.to_pylist():
        kept = {name: row[name] for name in ("page_id", "source_id", "url", "canonical_url", "title") if row[name]}
        own = ("page_id", "article_id", "source_id", "reason", "detail", "body_sha256", "day", "window_start")
        rows.append(
            {name: row[name] for name in own}
            | {
                "quarantine_id": quarantine_id(stage, row["page_id"], reason=row["reason"]),
                "stage": stage,
                "record_json": json.dumps(kept, ensure_ascii=False, sort_keys=True),
                "extractor_version": row["extractor_version"],
                "status": "held",
                "run_id": run.run_id,
                "recorded_at": run.now,
            }
        )
    return QUARANTINE.rows(rows)
