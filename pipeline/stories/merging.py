"""Stories that have become one: found by their centres, settled so that the older one survives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from pipeline.stories.agglomerate import decay
from pipeline.stories.linking import Stories
from pipeline.stories.settings import StorySettings
from pipeline.stories.state import Merge
from pipeline.stories.vectors import mean_rows, near_rows, unit_rows

# When a story began: the day of its first placing, its first article's time, and its id for want of more.
Age = tuple[int, float, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """Two stories so near that they are one."""

    score: float
    one: str
    other: str


def find_like_stories(
    stories: Stories, touched: set[str], centres: sparse.csr_array, settings: StorySettings
) -> list[Likeness]:
    """Find stories with articles today that have become like another one, most alike first.

    Centres of whole stories are compared, so that one article that speaks of both does not make them one.

    Args:
        stories: All stories within the memory.
        touched: Ids of those with articles today.
        centres: Unit rows of the events.
        settings: Thresholds and spans.
    """
    ids = sorted(stories.by_id)
    middles = unit_rows(mean_rows(centres, [stories.by_id[story_id].events for story_id in ids]))
    rows = np.array([n for n, story_id in enumerate(ids) if story_id in touched], dtype=np.int64)
    near = near_rows(sparse.csr_array(middles[rows]), middles, settings.merge_threshold)
    scores: dict[tuple[str, str], float] = {}
    for row, (columns, values) in zip(rows.tolist(), near, strict=True):
        for column, value in zip(columns.tolist(), values.tolist(), strict=True):
            one, other = sorted((ids[row], ids[column]))
            if one != other:
                gap = stories.by_id[one].span.gap(stories.by_id[other].span)
                scores[one, other] = value * decay(gap, settings.story_sigma_days, settings.story_tail)
    alike = [
        Likeness(score=score, one=one, other=other)
        for (one, other), score in scores.items()
        if score >= settings.merge_threshold
    ]
    return sorted(alike, key=lambda likeness: (-likeness.score, likeness.one, likeness.other))


def merge_stories(
    alike: list[Likeness], ages: Mapping[str, Age], standing: set[str]
) -> tuple[dict[str, str], list[Merge]]:
    """Settle which story becomes part of which.

    Args:
        alike: Pairs, most alike first.
        ages: The age of each story in them.
        standing: Stories of earlier days. One founded today disappears without a trace, for nobody has seen it.
    Returns:
        Where each story that is no more went, and the merges of standing ones, each into its final survivor.
    """
    into: dict[str, str] = {}
    scores: dict[str, float] = {}
    for likeness in alike:
        older, younger = sorted((_survivor(likeness.one, into), _survivor(likeness.other, into)), key=ages.__getitem__)
        if older != younger:
            into[younger] = older
            scores[younger] = likeness.score
    moved = {story_id: _survivor(story_id, into) for story_id in sorted(into)}
    merges = [
        Merge(from_story_id=story_id, to_story_id=survivor, score=scores[story_id])
        for story_id, survivor in moved.items()
        if story_id in standing
    ]
    return moved, merges


def _survivor(story_id: str, into: Mapping[str, str]) -> str:
    """The story that it is part of by now."""
    while story_id in into:
        story_id = into[story_id]
    return story_id
