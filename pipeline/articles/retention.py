"""Raw pages that are kept for so many days: then their bodies go, and the texts read from them; rows and hashes stay.

Articles, versions and digests are not touched. What a person has still to decide of keeps its body. A page without its body cannot be
read again: a repeated window counts it as unchanged, reextraction passes over it and says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.articles.quarantine import read_quarantine_state
from pipeline.store.snapshot import Snapshot
from pipeline.store.upkeep_notes import note_upkeep
from pipeline.store.warehouse import Warehouse
from pipeline.tables.rows import rows_with_value, rows_without

DROPPED_BY_AGE = "age"


@dataclass(frozen=True, slots=True, kw_only=True)
class DroppedPages:
    """What was dropped: `days` with pages that went, how many `pages`, and the `bytes` of their bodies."""

    days: tuple[date, ...]
    pages: int
    bytes: int


def drop_old_pages(warehouse: Warehouse, now: datetime, *, keep_days: int, only_say: bool = False) -> DroppedPages:
    """Drop the bodies and readings of closed days that are older than so many days; a commit a day, so that it may be killed.

    Their bytes are free once the snapshots that hold them have expired.

    Args:
        now: Wall time.
        keep_days: 0 keeps all for ever.
        only_say: Whether nothing is changed.
    """
    first_kept = now.date() - timedelta(days=keep_days)
    dropped: list[tuple[date, int, int]] = []
    for day in _old_days(warehouse.latest(), first_kept) if keep_days else ():
        if only_say:
            going = _going(warehouse.latest(), day)
        else:
            with warehouse.writing(warehouse.latest().recorded_at) as tx:  # nothing more is known by it
                going = _going(tx.snapshot, day)
                tx.upsert("pages", rows_with_value(going, body=b"", dropped=DROPPED_BY_AGE))
                having = ("page_id", going["page_id"])
                told = pc.field("text").is_valid() & pc.field("reason").is_null()
                readings = tx.snapshot.read("extractions", days=[day], having=having, where=told)
                tx.upsert("extractions", rows_with_value(readings, text=None, standfirst=None))
                tx.commit()
        if going.num_rows:
            dropped.append((day, going.num_rows, pc.sum(pc.binary_length(going["body"])).as_py()))
    done = DroppedPages(
        days=tuple(day for day, _, _ in dropped),
        pages=sum(count for _, count, _ in dropped),
        bytes=sum(size for _, _, size in dropped),
    )
    if keep_days and not only_say:
        note_upkeep(warehouse.root, "pages", now, f"{done.pages} bodies dropped, {done.bytes / 1e6:.1f} MB")
    return done


def _old_days(snapshot: Snapshot, first_kept: date) -> Iterator[date]:
    """Closed days before a day, but for the last closed one, which may be opened again."""
    last = max(snapshot.closed_days, default=date.min)
    stored = {file.day for file in snapshot.manifest.files("pages") if file.day}
    yield from sorted(day for day in stored if day < min(first_kept, last) and day in snapshot.closed_days)


def _going(snapshot: Snapshot, day: date) -> pa.Table:
    """PAGES rows of a day whose bodies go."""
    kept = pc.field("dropped").is_null()
    ids = snapshot.read("pages", columns=["page_id"], days=[day], where=kept)
    going = rows_without(ids, "page_id", read_quarantine_state(snapshot, [day]).held)
    return snapshot.read("pages", days=[day], having=("page_id", going["page_id"]))
