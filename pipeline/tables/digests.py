"""Builds of digests, their lines and what each line stands on."""

from __future__ import annotations

from pipeline.tables.declaration import (
    BOOL,
    DATE,
    FLOAT,
    INSTANT,
    INT,
    RECORDED_AT,
    RUN_ID,
    STRING,
    STRINGS,
    Table,
    column,
)

DIGEST_BUILDS = Table(
    name="digest_builds",
    grain="one build of one day's digest",
    key=("build_id",),
    sought=("build_id",),
    day_rule="digest_date",
    day_column="digest_date",
    columns=(
        column("build_id", STRING, "Hash of date, status, inputs, settings that change results, and code version."),
        column("digest_date", DATE, "The day whose developments it tells."),
        column("status", STRING, "provisional, final or superseded."),
        column("built_at", INSTANT, "The run's `now`."),
        column("snapshot", INT, "Snapshot that the inputs were read from."),
        column("code_version", STRING, "Version of the code that decides lines."),
        column("settings_sha256", STRING, "Hash of the settings that change results."),
        column("inputs_sha256", STRING, "Hash of the article versions, placings and earlier lines that went in."),
        column("output_sha256", STRING, "Hash over the published files."),
        column("missing_windows", STRINGS, "Hours of the day that no run covered; empty if complete."),
        RUN_ID,
        RECORDED_AT,
    ),
)

DIGESTS = Table(
    name="digests",
    grain="one story in one build",
    key=("build_id", "story_id"),
    sought=("build_id",),
    day_rule="digest_date",
    day_column="digest_date",
    hashed=True,
    columns=(
        column("build_id", STRING, "The build."),
        column("story_id", STRING, "The story."),
        column("digest_date", DATE, "The build's day."),
        column("rank", INT, "Place in the digest, 1 first."),
        column(
            "headline",
            STRING,
            "The story's heading that day: a title of an article of the day.",
            null="no article has a title",
        ),
        column(
            "story_name", STRING, "What the first digest that told the story called it.", null="no article has a title"
        ),
        column("development_count", INT, "Lines under it.", unit="lines"),
        column("is_quiet", BOOL, "True where the story has articles but nothing new."),
        column("writer", STRING, "Who wrote the lines: extractive."),
        column("weight", FLOAT, "Sum of its lines' weights.", null="of a build before weights were kept"),
        RECORDED_AT,
    ),
)

DEVELOPMENTS = Table(
    name="developments",
    grain="one line of one build: a fact of a story first reported that day",
    key=("build_id", "development_id"),
    sought=("build_id", "story_id"),
    day_rule="digest_date",
    day_column="digest_date",
    hashed=True,
    columns=(
        column("build_id", STRING, "The build."),
        column("development_id", STRING, "Hash of story, date and the primary citation."),
        column("digest_date", DATE, "The build's day."),
        column("story_id", STRING, "The story it belongs to."),
        column("event_id", STRING, "The event it belongs to."),
        column("event_date", DATE, "Day on which it happened, where the text says so.", null="not said"),
        column("rank", INT, "Place within its story, 1 first."),
        column("text", STRING, "The line: verbatim the quote of its primary citation.", unit="code points"),
        column("kind", STRING, "new, updated, differs or corrected; withdrawn, without text, where its article was."),
        column("novelty", FLOAT, "1 - highest similarity to what the story said before.", unit="ratio"),
        column("article_count", INT, "Articles that report it.", unit="articles"),
        column("publisher_count", INT, "Publishers that report it.", unit="publishers"),
        column("origin_count", INT, "Independent origins that report it.", unit="origins"),
        column(
            "weight",
            FLOAT,
            "What it weighs by what its build knew: origins, articles, twice those that name its date; less for a later rank.",
            null="of a build before weights were kept",
        ),
        RECORDED_AT,
    ),
)

CITATIONS = Table(
    name="citations",
    grain="one quoted span behind one line",
    key=("build_id", "development_id", "n"),
    sought=("build_id", "article_id"),
    day_rule="digest_date",
    hashed=True,
    columns=(
        column("build_id", STRING, "The build."),
        column("development_id", STRING, "The line."),
        column("n", INT, "Place among the line's citations, 1 = primary."),
        column("article_id", STRING, "The cited article."),
        column("version", INT, "The cited version."),
        column("char_start", INT, "First code point of the span in that version's text, from 0.", unit="code points"),
        column("char_end", INT, "End of the span, exclusive.", unit="code points"),
        column("quote", STRING, "The span's text; empty where the article was withdrawn."),
        column("role", STRING, "primary, corroborates or differs."),
        RECORDED_AT,
    ),
)

CORRECTIONS = Table(
    name="corrections",
    grain="one published line whose source changed",
    key=("article_id", "to_version", "build_id", "development_id"),
    sought=("article_id",),
    day_rule="the day it was noticed",
    hashed=True,
    columns=(
        column("article_id", STRING, "The article that changed."),
        column("to_version", INT, "The version that no longer holds the quote."),
        column("build_id", STRING, "The build with the line."),
        column("development_id", STRING, "The line that lost its ground."),
        column("digest_date", DATE, "The day of the build with the line."),
        column("cause", STRING, "edit or withdrawal."),
        column("old_quote", STRING, "What the line says; empty where the article was withdrawn."),
        column("new_text", STRING, "The nearest passage of the new version.", null="nothing in its place"),
        column("noticed_at", INSTANT, "When the change was noticed: the run's `now`.", processing=True),
        RECORDED_AT,
    ),
)
