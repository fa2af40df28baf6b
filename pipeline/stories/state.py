"""What the room is told of earlier days, and what it gives."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from pipeline.tables import ARTICLE_TERMS, ARTICLES, STORY_ARTICLES, STORY_LINEAGE

PLACEMENT_COLUMNS = ("article_id", "story_id", "event_id", "day")
ARTICLE_COLUMNS = ("article_id", "title", "publisher", "published_at", "first_seen_at", "day")
NEW_ARTICLE_COLUMNS = (*ARTICLE_COLUMNS, "version", "language", "text")
COPY_COLUMNS = ("article_id", "duplicate_of", "publisher")
LINEAGE_COLUMNS = ("from_story_id", "to_story_id", "kind", "day", "recorded_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryState:
    """The stories as they stood at the start of a day: rows of earlier days only.

    Attributes:
        placements: One row for each article placed so far: its latest placing, with the day of it. At least all of the
            stories that had articles within the memory.
        terms: ARTICLE_TERMS rows of the days within the memory.
        articles: Facts of the placed articles.
        lineage: Merges so far.
    """

    placements: pa.Table
    terms: pa.Table
    articles: pa.Table
    lineage: pa.Table

    @classmethod
    def empty(cls) -> StoryState:
        """Before the first day."""
        return cls(
            placements=STORY_ARTICLES.empty().select(list(PLACEMENT_COLUMNS)),
            terms=ARTICLE_TERMS.empty(),
            articles=ARTICLES.empty().select(list(ARTICLE_COLUMNS)),
            lineage=STORY_LINEAGE.empty().select(list(LINEAGE_COLUMNS)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DayClusters:
    """All that is known of one day: rows of four tables, each sorted by its key."""

    story_articles: pa.Table
    story_days: pa.Table
    story_lineage: pa.Table
    article_terms: pa.Table


@dataclass(frozen=True, slots=True)
class Member:
    """One article in the clustering.

    Attributes:
        event_id, story_id: Where it stands, merges resolved; None for an article to place.
        day: The day of its placing.
        time: Its publication in days since 1970; the noon of `day` where that is unknown or lies after the day.
        seen_at: Capture of its first version, in microseconds since 1970.
    """

    article_id: str
    event_id: str | None
    story_id: str | None
    day: date
    time: float
    title: str | None
    publisher: str | None
    seen_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """One article's place, as decided this day."""

    article_id: str
    event_id: str
    story_id: str
    similarity: float
    runner_up_story_id: str | None
    runner_up_similarity: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """A story that became part of an older one."""

    from_story_id: str
    to_story_id: str
    score: float


def empty_copies() -> pa.Table:
    """No copies of any article."""
    return ARTICLES.empty().select(list(COPY_COLUMNS))


def mint_id(kind: str, article_id: str) -> str:
    """The id of an event or a story, from its first article.

    Example:
        >>> mint_id("story", "a1") == mint_id("story", "a1") != mint_id("event", "a1")
        True
    """
    return hashlib.sha256(f"{kind}\n{article_id}".encode()).hexdigest()[:16]


def founder_of(kind: str, members: Sequence[Member], minted: frozenset[str]) -> Member:
    """The article that an event's or a story's id is minted from: the first that minted one before, else the first.

    Args:
        members: Its articles.
        minted: Ids that were public before the day was reopened.
    """
    ordered = sorted(members, key=lambda member: (member.time, member.article_id))
    return next((member for member in ordered if mint_id(kind, member.article_id) in minted), ordered[0])


def follow_merges(lineage: pa.Table) -> dict[str, str]:
    """Where each merged story's articles stand now, however many merges lie between: what the view story_merges says.

    Of each story its latest merge counts, by day, then recorded_at; a circle ends before it closes.

    Args:
        lineage: STORY_LINEAGE rows (LINEAGE_COLUMNS at least); other kinds than merges are passed over.
    """
    merges = [row for row in lineage.to_pylist() if row["kind"] == "merge"]
    merges.sort(key=lambda row: (row["day"], row["recorded_at"], row["to_story_id"]))
    into = {row["from_story_id"]: row["to_story_id"] for row in merges}
    return {story_id: _last(story_id, into) for story_id in into}


def keep_remembered(placements: pa.Table, lineage: pa.Table, since: date) -> pa.Table:
    """Keep the placings of stories that had articles since a day, all of each such story; merges resolved.

    Args:
        placements: One row an article (PLACEMENT_COLUMNS).
        lineage: Merges so far.
        since: The first day of the memory.
    """
    merged = follow_merges(lineage)
    story_ids = [merged.get(story_id, story_id) for story_id in placements["story_id"].to_pylist()]
    days = placements["day"].to_pylist()
    alive = {story_id for story_id, day in zip(story_ids, days, strict=True) if day >= since}
    return placements.filter(pa.array([story_id in alive for story_id in story_ids], pa.bool_()))


def _last(story_id: str, into: dict[str, str]) -> str:
    seen = {story_id}
    while story_id in into and into[story_id] not in seen:
        story_id = into[story_id]
        seen.add(story_id)
    return story_id
