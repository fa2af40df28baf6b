"""One day of one warehouse: every new article gets an event and a story."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.stories.counting import count_articles
from pipeline.stories.coverage import Row, describe_stories
from pipeline.stories.languages import cluster_language
from pipeline.stories.settings import StorySettings
from pipeline.stories.state import DayClusters, Member, Merge, Placement, StoryState, follow_merges, mint_id
from pipeline.tables import STORY_ARTICLES, STORY_DAYS, STORY_LINEAGE
from pipeline.tables.declaration import INSTANT
from pipeline.tables.rows import in_microseconds, is_among, rows_with

_DAY_SECONDS = 86_400.0
_DAY_US = 86_400_000_000


def cluster_day(
    day: date,
    articles: pa.Table,
    state: StoryState,
    copies: pa.Table,
    settings: StorySettings,
    *,
    recorded_at: datetime,
    counted: pa.Table | None = None,
    minted: frozenset[str] = frozenset(),
) -> DayClusters:
    """Place a day's articles in events and stories. Pure: the same rows in any order give the same rows.

    Args:
        day: The day, UTC.
        articles: Canonical articles to place (NEW_ARTICLE_COLUMNS), none of which stands in the state.
        state: The stories at the day's start.
        copies: Copies of any articles by the day's end (COPY_COLUMNS): they follow their canonical and only count.
        settings: Thresholds and spans.
        recorded_at: What the rows are recorded as.
        counted: ARTICLE_TERMS rows of the day from earlier in it; they change nothing but the work.
        minted: Of a day that was reopened: ids of its events and stories that were public. They stay with the articles that they
            were minted from; a story whose article stands elsewhere now is told as merged.
    Returns:
        All rows of the day: placings, stories with articles and quiet ones, merges and reopenings, term counts.
    """
    terms = count_articles(articles, day, recorded_at, counted)
    standing = _standing(state)
    nowhere = [None] * articles.num_rows
    members = standing | _members(articles, days=[day] * len(nowhere), event_ids=nowhere, story_ids=nowhere)
    memory = _remembered(state, standing, terms, day, settings)
    parts = {
        language: cluster_language(day, rows, members, settings, minted)
        for language, rows in _by_language(memory).items()
    }
    placements = sorted(
        (p for part in parts.values() for p in part.placements), key=lambda placement: placement.article_id
    )
    merges = sorted((m for part in parts.values() for m in part.merges), key=lambda merge: merge.from_story_id)
    descriptions = describe_stories(
        day,
        _settled(members, placements, merges),
        {merge.from_story_id: _of_story(standing, merge.from_story_id) for merge in merges},
        copies,
        dict(zip(memory["article_id"].to_pylist(), memory["language"].to_pylist(), strict=True)),
        {article_id: value for part in parts.values() for article_id, value in part.centrality.items()},
        settings.quiet_days,
    )
    lineage = [_merge_row(merge) for merge in merges] + _reopenings(day, placements, standing, settings)
    lineage += _moved(placements, minted)
    about: Row = {"recorded_at": recorded_at, "day": day}
    return DayClusters(
        story_articles=STORY_ARTICLES.rows([_placing_row(placement, settings) | about for placement in placements]),
        story_days=STORY_DAYS.rows([row | about for row in descriptions]),
        story_lineage=STORY_LINEAGE.rows([row | about for row in lineage]),
        article_terms=terms,
    )


def _standing(state: StoryState) -> dict[str, Member]:
    """The placed articles, merges resolved; one that is no longer stored is left out."""
    merged = follow_merges(state.lineage)
    placed = rows_with(state.placements, "article_id", state.articles["article_id"])
    places = pc.index_in(placed["article_id"], value_set=state.articles["article_id"].combine_chunks())
    story_ids = placed["story_id"].to_pylist()
    return _members(
        state.articles.take(places),
        days=placed["day"].to_pylist(),
        event_ids=placed["event_id"].to_pylist(),
        story_ids=[merged.get(story_id, story_id) for story_id in story_ids],
    )


def _members(
    articles: pa.Table, *, days: Sequence[date], event_ids: Sequence[str | None], story_ids: Sequence[str | None]
) -> dict[str, Member]:
    """Articles (ARTICLE_COLUMNS), each with where it stands. A date after its day is a lie and counts as none."""
    midnight = in_microseconds(articles["day"].cast(INSTANT))
    published = in_microseconds(articles["published_at"])  # 0 where it is null
    is_told = articles["published_at"].is_valid().to_numpy() & (published < midnight + _DAY_US)
    times = np.where(is_told, published, midnight + _DAY_US // 2) / 1e6 / _DAY_SECONDS
    columns = (
        articles["article_id"].to_pylist(),
        event_ids,
        story_ids,
        days,
        times.tolist(),
        articles["title"].to_pylist(),
        articles["publisher"].to_pylist(),
        in_microseconds(articles["first_seen_at"]).tolist(),
    )
    return {values[0]: Member(*values) for values in zip(*columns, strict=True)}


def _remembered(
    state: StoryState, standing: Mapping[str, Member], terms: pa.Table, day: date, settings: StorySettings
) -> pa.Table:
    """The term counts of placed articles within the memory and of the day, by language and article_id."""
    since = pa.scalar(day - timedelta(days=settings.memory_days), pa.date32())
    both = pa.concat_tables([state.terms.filter(pc.greater_equal(state.terms["day"], since)), terms])
    is_of_day = pa.chunked_array([pa.repeat(False, both.num_rows - terms.num_rows), pa.repeat(True, terms.num_rows)])
    kept = pc.or_(is_among(both["article_id"], standing), is_of_day)
    order = pc.sort_indices(both, sort_keys=[("language", "ascending"), ("article_id", "ascending")])
    return both.take(order.filter(kept.take(order)))


def _by_language(terms: pa.Table) -> dict[str | None, pa.Table]:
    """Rows that stand in order of language, cut into languages; those of none come last."""
    parts: dict[str | None, pa.Table] = {}
    start = 0
    for found in pc.value_counts(terms["language"]).to_pylist():
        parts[found["values"]] = terms.slice(start, found["counts"])
        start += found["counts"]
    return parts


def _settled(members: Mapping[str, Member], placements: Iterable[Placement], merges: Iterable[Merge]) -> list[Member]:
    """All articles where they stand at the day's end."""
    moved = {merge.from_story_id: merge.to_story_id for merge in merges}
    settled = dict(members)
    for placement in placements:
        new = members[placement.article_id]
        settled[placement.article_id] = replace(new, event_id=placement.event_id, story_id=placement.story_id)
    return [
        replace(member, story_id=moved[member.story_id]) if member.story_id in moved else member
        for member in settled.values()
    ]


def _of_story(members: Mapping[str, Member], story_id: str) -> list[Member]:
    """The articles of one story."""
    return [member for member in members.values() if member.story_id == story_id]


def _placing_row(placement: Placement, settings: StorySettings) -> Row:
    return {
        "article_id": placement.article_id,
        "story_id": placement.story_id,
        "event_id": placement.event_id,
        "similarity": placement.similarity,
        "runner_up_story_id": placement.runner_up_story_id,
        "runner_up_similarity": placement.runner_up_similarity,
        "settings_version": settings.version,
    }


def _merge_row(merge: Merge) -> Row:
    return {
        "from_story_id": merge.from_story_id,
        "to_story_id": merge.to_story_id,
        "kind": "merge",
        "score": merge.score,
    }


def _moved(placements: Iterable[Placement], minted: frozenset[str]) -> list[Row]:
    """Stories that a reopened day had, and whose articles stand in others now."""
    found = list(placements)
    standing = {placement.story_id for placement in found}
    return [
        {"from_story_id": before, "to_story_id": placement.story_id, "kind": "merge", "score": None}
        for placement in (found if minted else ())
        if (before := mint_id("story", placement.article_id)) in minted and before not in standing
    ]


def _reopenings(
    day: date, placements: Iterable[Placement], standing: Mapping[str, Member], settings: StorySettings
) -> list[Row]:
    """Stories that take articles again after they had been quiet for longer than they are listed."""
    last: dict[str, date] = {}
    for member in standing.values():
        story_id = member.story_id or ""
        last[story_id] = max(last.get(story_id, member.day), member.day)
    before = day - timedelta(days=settings.quiet_days)
    return [
        {"from_story_id": story_id, "to_story_id": story_id, "kind": "reopen", "score": None}
        for story_id in sorted({placement.story_id for placement in placements})
        if story_id in last and last[story_id] < before
    ]
