"""Articles placed in events and stories."""

from __future__ import annotations

import pyarrow as pa

from pipeline.tables.declaration import (
    FLOAT,
    INSTANT,
    INT,
    RECORDED_AT,
    STRING,
    STRINGS,
    Table,
    column,
)

STORY_ARTICLES = Table(
    name="story_articles",
    grain="one placing of an article in an event and a story",
    key=("article_id", "recorded_at"),
    sought=("article_id", "story_id"),
    day_rule="the day in whose clustering it stands",
    hashed=True,
    columns=(
        column("article_id", STRING, "The placed article (never a duplicate)."),
        column("story_id", STRING, "Story it stands in, minted from the story's first article."),
        column("event_id", STRING, "Event it stands in, minted from the event's first article."),
        column(
            "similarity", FLOAT, "Similarity to its event when placed; 1 for the event's first article.", unit="cosine"
        ),
        column("runner_up_story_id", STRING, "The next best story.", null="no other story was near"),
        column(
            "runner_up_similarity", FLOAT, "Similarity to the next best story.", null="no other story", unit="cosine"
        ),
        column("settings_version", STRING, "Hash of the clustering settings."),
        RECORDED_AT,
    ),
)

STORY_DAYS = Table(
    name="story_days",
    grain="one story on one clustered day",
    key=("story_id", "day"),
    sought=("story_id",),
    day_rule="the clustered day",
    hashed=True,
    columns=(
        column("story_id", STRING, "The story."),
        column(
            "headline", STRING, "Title of the article nearest to the story's centre.", null="no article has a title"
        ),
        column("status", STRING, "active (articles this day), quiet (none) or merged."),
        column("event_count", INT, "Events so far.", unit="events"),
        column("article_count", INT, "Articles so far, duplicates included.", unit="articles"),
        column("publisher_count", INT, "Publishers so far; an unknown one counts as its own.", unit="publishers"),
        column("origin_count", INT, "Independent origins so far, copies collapsed.", unit="origins"),
        column("language", STRING, "Language of the story's articles.", null="unknown"),
        column("first_seen_at", INSTANT, "Capture of its first article.", processing=True),
        column("last_seen_at", INSTANT, "Capture of its last article.", processing=True),
        RECORDED_AT,
    ),
)

STORY_LINEAGE = Table(
    name="story_lineage",
    grain="one link between two stories",
    key=("from_story_id", "to_story_id", "kind", "recorded_at"),
    sought=("from_story_id", "to_story_id"),
    day_rule="the day whose clustering noticed it",
    hashed=True,
    columns=(
        column("from_story_id", STRING, "The story that was."),
        column("to_story_id", STRING, "The story that it became, or is tied to."),
        column("kind", STRING, "merge, split, link or reopen."),
        column("score", FLOAT, "Similarity that led to it.", null="not by similarity", unit="cosine"),
        RECORDED_AT,
    ),
)

ARTICLE_TERMS = Table(
    name="article_terms",
    grain="one article's weighted term counts, as the clustering used them",
    key=("article_id",),
    sought=("article_id",),
    day_rule="the day in whose clustering it stands",
    internal=True,
    columns=(
        column("article_id", STRING, "The article."),
        column("version", INT, "The version they were counted in."),
        column("language", STRING, "Language.", null="unknown"),
        column("terms", STRINGS, "Terms, sorted."),
        column("counts", pa.list_(pa.float64()), "Weighted count of each term."),
        RECORDED_AT,
    ),
)
