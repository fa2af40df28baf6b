"""One day of one warehouse: every new article gets an event and a story."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.stories.counting import count_articles
from pipeline.stories.coverage import Row, describe_stories
from pipeline.stories.languages import cluster_language
from pipeline.stories.settings import StorySettings
from pipeline.stories.state import DayClusters, Member, Merge, Placement, StoryState, follow_merges, mint_id
from pipeline.tables import STORY_ARTICLES, STORY_DAYS, STORY_LINEAGE
from pipeline.tables.rows import rows_with

_DAY_SECONDS = 86_400.0


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
    members = standing | {row["article_id"]: _member(row, day) for row in articles.to_pylist()}
    memory = pa.concat_tables([_remembered(state.terms, standing, day, settings), terms])
    parts = {
        language: cluster_language(day, _of_language(memory, language), members, settings, minted)
        for language in sorted(pc.unique(memory["language"]).to_pylist(), key=str)
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
    """The placed articles, merges resolved."""
    merged = follow_merges(state.lineage)
    facts = {row["article_id"]: row for row in state.articles.to_pylist()}
    members = {}
    for row in state.placements.to_pylist():
        if row["article_id"] not in facts:  # withdrawn since
            continue
        story_id = merged.get(row["story_id"], row["story_id"])
        member = _member(facts[row["article_id"]], row["day"], event_id=row["event_id"], story_id=story_id)
        members[member.article_id] = member
    return members


def _member(
    row: Mapping[str, object], placed_on: date, *, event_id: str | None = None, story_id: str | None = None
) -> Member:
    """An article, with where it stands if it does. A date after its day is a lie and counts as none."""
    own_day = row["day"]
    published_at = row["published_at"]
    seen_at = row["first_seen_at"]
    assert isinstance(own_day, date)
    assert isinstance(seen_at, datetime)
    noon = datetime(own_day.year, own_day.month, own_day.day, 12, tzinfo=UTC)
    is_told = isinstance(published_at, datetime) and published_at < noon + timedelta(days=0.5)
    time = published_at if is_told and isinstance(published_at, datetime) else noon
    return Member(
        article_id=str(row["article_id"]),
        event_id=event_id,
        story_id=story_id,
        day=placed_on,
        time=time.timestamp() / _DAY_SECONDS,
        title=None if row["title"] is None else str(row["title"]),
        publisher=None if row["publisher"] is None else str(row["publisher"]),
        seen_at=seen_at,
    )


def _remembered(terms: pa.Table, standing: Mapping[str, Member], day: date, settings: StorySettings) -> pa.Table:
    """The term counts of placed articles within the memory."""
    since = pa.scalar(day - timedelta(days=settings.memory_days), pa.date32())
    return rows_with(terms.filter(pc.greater_equal(terms["day"], since)), "article_id", standing)


def _of_language(terms: pa.Table, language: str | None) -> pa.Table:
    """The rows of one language, or of none, by article_id."""
    of_it = pc.is_null(terms["language"]) if language is None else pc.equal(terms["language"], language)
    return terms.filter(of_it).sort_by("article_id")


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
