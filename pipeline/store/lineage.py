"""What became of stories: the lineage of some of them, however many merges lie between."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.store.snapshot import Snapshot
from pipeline.tables import STORY_LINEAGE


def read_merges(snapshot: Snapshot, before: date, story_ids: Iterable[str]) -> pa.Table:
    """Read the lineage of some stories, and of all that were merged into them or that they were merged into.

    Args:
        before: Only rows of earlier days.
    Returns:
        STORY_LINEAGE rows, each once.
    """
    known: set[str] = set()
    waiting = set(story_ids)
    rows = STORY_LINEAGE.empty()
    is_before = pc.field("day") < pa.scalar(before)
    while waiting:
        ids = pa.array(sorted(waiting), pa.string())
        found = [
            snapshot.read("story_lineage", where=is_before, having=(column, ids))
            for column in ("from_story_id", "to_story_id")
        ]
        known |= waiting
        rows = pa.concat_tables([rows, *found])
        merged = rows.filter(pc.equal(rows["kind"], "merge"))
        waiting = {*merged["from_story_id"].to_pylist(), *merged["to_story_id"].to_pylist()} - known
    return rows.group_by(rows.column_names).aggregate([]).select(rows.column_names)
