"""The stories that a day's clustering remembers, read from the days that they have articles on and from no others."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.articles.as_of import articles_as_of
from pipeline.store.lineage import read_merges
from pipeline.store.snapshot import Snapshot
from pipeline.stories.state import (
    ARTICLE_COLUMNS,
    PLACEMENT_COLUMNS,
    StoryState,
    follow_merges,
    keep_remembered,
)
from pipeline.tables.rows import rows_without

_PLACED = [*PLACEMENT_COLUMNS, "recorded_at"]


def read_state(snapshot: Snapshot, day: date, memory_days: int) -> StoryState:
    """Read the stories at a day's start that had articles within the memory: rows of earlier days only.

    Args:
        memory_days: How many days the memory goes back.
    """
    since = day - timedelta(days=memory_days)
    within = [since + timedelta(days=n) for n in range(memory_days)]
    recent = snapshot.read("story_articles", columns=["article_id"], days=within)
    placed = _placings(snapshot, day, recent["article_id"])
    lineage = read_merges(snapshot, day, pc.unique(placed["story_id"]).to_pylist())
    alive = pc.unique(keep_remembered(_latest(placed), lineage, since)["story_id"]).to_pylist()
    stories = pa.array(sorted(_one_story_with(alive, lineage)), pa.string())
    told = snapshot.read("story_articles", columns=["article_id"], where=_before(day), having=("story_id", stories))
    others = rows_without(told, "article_id", placed["article_id"])["article_id"]
    both = pa.concat_tables([placed, _placings(snapshot, day, others)])
    placements = keep_remembered(_latest(both), lineage, since)
    return StoryState(
        placements=placements,
        terms=snapshot.read("article_terms", days=within),
        articles=articles_as_of(snapshot, placements["article_id"], ARTICLE_COLUMNS, day),
        lineage=lineage,
    )


def _one_story_with(story_ids: Iterable[str], lineage: pa.Table) -> set[str]:
    """Some stories, and all that stand where they stand, merges resolved."""
    merged = follow_merges(lineage)
    standing = {merged.get(story_id, story_id) for story_id in story_ids}
    return standing | {story_id for story_id, into in merged.items() if into in standing} | set(story_ids)


def _placings(snapshot: Snapshot, day: date, article_ids: pa.ChunkedArray) -> pa.Table:
    """All placings of some articles before a day."""
    return snapshot.read("story_articles", columns=_PLACED, where=_before(day), having=("article_id", article_ids))


def _latest(placed: pa.Table) -> pa.Table:
    """Of each article's placings the latest one."""
    newest_first = placed.take(
        pc.sort_indices(placed, sort_keys=[("recorded_at", "descending"), ("day", "descending")])
    )
    codes = newest_first["article_id"].combine_chunks().dictionary_encode().indices
    _, first = np.unique(codes, return_index=True)
    return newest_first.take(first).select(list(PLACEMENT_COLUMNS))


def _before(day: date) -> pc.Expression:
    return pc.field("day") < pa.scalar(day)
