"""Articles as they stood at a day's end."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.store.snapshot import Snapshot
from pipeline.tables.rows import as_instant
from pipeline.windows import Window


def articles_as_of(snapshot: Snapshot, article_ids: pa.ChunkedArray, columns: tuple[str, ...], day: date) -> pa.Table:
    """Articles in the version that was current at a day's end, so that a later edit does not change the day."""
    with_window = [*columns, *({"version", "version_window_start"} - set(columns))]
    now = snapshot.read("articles", columns=with_window, having=("article_id", article_ids))
    end = as_instant(Window.of_day(day).end)
    is_later = pc.greater_equal(now["version_window_start"], end)
    if not pc.any(is_later).as_py():
        return now.select(list(columns))
    later = now.filter(is_later)["article_id"]
    history = snapshot.read("article_history", columns=with_window, having=("article_id", later))
    history = history.filter(pc.less(history["version_window_start"], end)).sort_by("version")
    then = pa.Table.from_pylist(
        list({row["article_id"]: row for row in history.to_pylist()}.values()), schema=now.schema
    )
    return pa.concat_tables([now.filter(pc.invert(is_later)), then]).select(list(columns))
