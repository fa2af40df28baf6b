"""Read from a snapshot what one day's digest is made of, as it was recorded at an instant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import pyarrow as pa

from pipeline.digest.draft import DigestDraft
from pipeline.digest.inputs import (
    COPIES,
    DIGEST_VERSION,
    EARLIER_CITATIONS,
    EARLIER_LINES,
    PLACINGS,
    STORIES,
    THRESHOLDS,
    VERSIONS,
    DigestInputs,
)
from pipeline.publish.document import DigestRows
from pipeline.store.snapshot import Snapshot

# Everything below sees only rows recorded by $as_of, and days up to $day. A version that came after a citation is looked at
# by the first final digest of a later day that knows it, and by no other: so an edit under which the quote still stands is
# done with, and its story is not listed day after day.
_STATE = """
CREATE TEMP TABLE versions AS
    SELECT article_id, version, cause, title, publisher, url, published_at, published_at_precision, language, text,
           text_sha256, content_kind, day, CAST(version_window_start AS DATE) AS version_day, recorded_at
    FROM (SELECT * FROM articles UNION ALL BY NAME SELECT * FROM article_history)
    WHERE recorded_at <= $as_of AND CAST(version_window_start AS DATE) <= $day;

CREATE TEMP TABLE latest AS
    SELECT article_id, max(version) AS version, max(version) FILTER (version_day = $day AND cause = 'edit') AS edited,
           max(version) FILTER (cause = 'edit') AS last_edit
    FROM versions GROUP BY article_id;

CREATE TEMP TABLE merges AS
    WITH RECURSIVE merged(origin, story_id) AS (
        SELECT from_story_id, to_story_id FROM story_lineage
        WHERE kind = 'merge' AND day <= $day AND recorded_at <= $as_of
        UNION
        SELECT merged.origin, onward.to_story_id
        FROM merged JOIN story_lineage AS onward ON onward.from_story_id = merged.story_id
        WHERE onward.kind = 'merge' AND onward.day <= $day AND onward.recorded_at <= $as_of
    )
    SELECT origin, min(story_id) AS story_id FROM merged
    WHERE story_id NOT IN (SELECT origin FROM merged) GROUP BY origin;

CREATE TEMP TABLE placings AS
    SELECT placed.article_id, coalesce(merges.story_id, placed.story_id) AS story_id, placed.event_id, placed.day
    FROM (
        SELECT article_id, arg_max(story_id, (recorded_at, day)) AS story_id,
               arg_max(event_id, (recorded_at, day)) AS event_id, min(day) AS day
        FROM story_articles WHERE day <= $day AND recorded_at <= $as_of GROUP BY article_id
    ) AS placed LEFT JOIN merges ON merges.origin = placed.story_id;

CREATE TEMP TABLE told AS
    SELECT arg_max(build_id, (built_at, status = 'final')) AS build_id, digest_date AS told_day, max(built_at) AS told_at
    FROM digest_builds
    WHERE status <> 'provisional' AND digest_date < $day AND built_at <= $as_of GROUP BY digest_date;

CREATE TEMP TABLE earlier_lines AS
    SELECT build_id, development_id, digest_date, coalesce(merges.story_id, developments.story_id) AS story_id,
           event_id, text
    FROM developments JOIN told USING (build_id) LEFT JOIN merges ON merges.origin = developments.story_id;

CREATE TEMP TABLE earlier_citations AS
    SELECT DISTINCT build_id, development_id, line.digest_date, placings.story_id, placings.event_id, n, article_id,
           citations.version, quote
    FROM citations
    JOIN told USING (build_id)
    JOIN earlier_lines AS line USING (build_id, development_id)
    JOIN latest USING (article_id)
    JOIN placings USING (article_id)
    JOIN versions AS later USING (article_id)
    WHERE later.version > citations.version AND latest.last_edit > citations.version
      AND NOT EXISTS (
          SELECT 1 FROM told AS looked
          WHERE looked.told_day > line.digest_date
            AND looked.told_day >= later.version_day AND looked.told_at >= later.recorded_at
      )
      AND NOT EXISTS (
          SELECT 1 FROM corrections AS noticed
          WHERE noticed.build_id = citations.build_id AND noticed.development_id = citations.development_id
            AND noticed.article_id = citations.article_id AND noticed.day < $day AND noticed.recorded_at <= $as_of
      );

CREATE TEMP TABLE story_ids AS
    SELECT story_id FROM placings WHERE day = $day
    UNION SELECT story_id FROM placings JOIN latest USING (article_id) WHERE edited = version
    UNION SELECT story_id FROM earlier_citations;

CREATE TEMP TABLE facts AS
    SELECT story_id, arg_max(headline, day) AS headline, arg_max(language, day) AS language,
           arg_max(article_count, day) AS article_count, arg_max(publisher_count, day) AS publisher_count,
           arg_max(origin_count, day) AS origin_count
    FROM story_days WHERE day <= $day AND recorded_at <= $as_of AND status <> 'merged' GROUP BY story_id;

CREATE TEMP TABLE members AS
    SELECT placings.article_id, placings.story_id, placings.event_id, placings.day
    FROM placings JOIN story_ids USING (story_id) JOIN latest USING (article_id)
    QUALIFY placings.day >= $oldest OR latest.edited IS NOT NULL
        OR placings.article_id IN (SELECT article_id FROM earlier_citations)
        OR row_number() OVER (PARTITION BY story_id, placings.day = $day ORDER BY placings.day DESC, article_id) <= $most;

CREATE TEMP TABLE copied AS
    SELECT DISTINCT duplicates.article_id, canonical_id
    FROM duplicates JOIN members ON members.article_id = duplicates.canonical_id
    WHERE duplicates.day <= $day AND duplicates.recorded_at <= $as_of AND canonical_id <> duplicates.article_id;
"""

# Pages are not counted: how often one was asked again, and under which tracker, says nothing of the day, and hours and
# days would differ.
_COVERAGE = """
SELECT
    (SELECT count(DISTINCT article_id) FROM versions WHERE day = $day) AS articles,
    (SELECT count(DISTINCT article_id) FROM duplicates WHERE day = $day AND recorded_at <= $as_of) AS copies,
    (SELECT count(*) FROM latest WHERE edited IS NOT NULL) AS edits,
    (SELECT count(DISTINCT coalesce(json_extract_string(record_json, '$.url'), body_sha256))
     FROM quarantine
     WHERE page_id IS NOT NULL AND day = $day AND (recorded_at <= $as_of OR status <> 'held')) AS quarantined
"""

_CITED = """
SELECT article_id, version, title, publisher, url, published_at, published_at_precision, language, text
FROM (SELECT * FROM articles UNION ALL BY NAME SELECT * FROM article_history)
SEMI JOIN wanted USING (article_id, version)
"""


def read_inputs(
    snapshot: Snapshot, day: date, *, status: str, as_of: datetime, missing_windows: Sequence[str] = ()
) -> DigestInputs:
    """Read a day's inputs as they were recorded by `as_of`.

    Only what arrived on the day or before counts, so that a digest built late is the one that would have been built
    on time. An article's day in its story is the first day it was placed on: a later merge makes no old news fresh.
    """
    bound = {
        "day": day,
        "as_of": as_of,
        "oldest": day - timedelta(THRESHOLDS.lookback_days),
        "most": THRESHOLDS.lookback_articles,
    }
    with snapshot.connect() as connection:
        for statement in filter(str.strip, _STATE.split(";\n")):
            _run(connection, statement, bound)
        coverage = _run(connection, _COVERAGE, bound).to_arrow_table().to_pylist()[0]

        def table(schema: pa.Schema, query: str) -> pa.Table:
            rows = connection.execute(query).to_arrow_table()
            return rows.select(schema.names).cast(schema)

        return DigestInputs(
            digest_date=day,
            status=status,
            stories=table(
                STORIES,
                """SELECT story_id, headline, language, coalesce(article_count, 0) AS article_count,
                   coalesce(publisher_count, 0) AS publisher_count, coalesce(origin_count, 0) AS origin_count
                   FROM story_ids LEFT JOIN facts USING (story_id)""",
            ),
            placings=table(PLACINGS, "FROM members"),
            versions=table(
                VERSIONS,
                """FROM versions WHERE article_id IN (SELECT article_id FROM members)
                   OR article_id IN (SELECT article_id FROM copied)""",
            ),
            copies=table(COPIES, "FROM copied"),
            earlier_lines=table(EARLIER_LINES, "FROM earlier_lines SEMI JOIN story_ids USING (story_id)"),
            earlier_citations=table(EARLIER_CITATIONS, "FROM earlier_citations"),
            coverage=coverage,
            missing_windows=tuple(missing_windows),
        )


def read_sources(snapshot: Snapshot, wanted: pa.Table) -> pa.Table:
    """Read cited article versions from the warehouse's files.

    Args:
        wanted: A table with article_id and version; rows may repeat.
    Returns:
        One row for each version that exists, with its text and what a reader is told of it.
    """
    with snapshot.connect() as connection:
        connection.register(
            "wanted", wanted.select(["article_id", "version"]).group_by(["article_id", "version"]).aggregate([])
        )
        return connection.execute(_CITED).to_arrow_table()


def texts_of(sources: pa.Table) -> dict[tuple[str, int], str]:
    """The texts of article versions, by article id and version."""
    columns = (sources[name].to_pylist() for name in ("article_id", "version", "text"))
    return {(article_id, version): text for article_id, version, text in zip(*columns, strict=True)}


def extras_of(inputs: DigestInputs, draft: DigestDraft) -> dict[str, Any]:
    """What is published of a build beside its rows, JSON-ready."""
    return {
        "stories": {story["story_id"]: story for story in inputs.stories.drop_columns(["headline"]).to_pylist()},
        "copies": [
            {"development_id": c.development_id, "article_id": c.article_id, "version": c.version} for c in draft.copies
        ],
        "coverage": dict(inputs.coverage),
        "omitted_count": draft.omitted_count,
    }


def publishable(
    facts: Mapping[str, Any], tables: Mapping[str, pa.Table], extras: Mapping[str, Any], snapshot: Snapshot
) -> DigestRows:
    """Bring together what is rendered of a build: its rows, its extras, and the sources it cites.

    Args:
        facts: build_id, day (ISO), status and missing_windows.
        tables: Rows of digests, developments, citations and corrections.
        extras: What `extras_of` gave.
        snapshot: Where the cited versions are read.
    """
    cited = [(c["article_id"], c["version"]) for c in extras["copies"]]
    cited += _pairs(tables["citations"], "version") + _pairs(tables["corrections"], "to_version")
    wanted = pa.table(
        [pa.array([article_id for article_id, _ in cited], pa.string()), pa.array([n for _, n in cited], pa.int64())],
        names=["article_id", "version"],
    )
    return DigestRows(
        build_id=facts["build_id"],
        digest_date=date.fromisoformat(facts["day"]),
        status="provisional" if facts["status"] == "provisional" else "final",
        code_version=DIGEST_VERSION,
        digests=tables["digests"],
        developments=tables["developments"],
        citations=tables["citations"],
        corrections=tables["corrections"],
        sources=read_sources(snapshot, wanted),
        stories=extras["stories"],
        copies=extras["copies"],
        coverage=extras["coverage"],
        missing_windows=facts["missing_windows"],
        omitted_story_count=extras["omitted_count"],
    )


def _pairs(table: pa.Table, version: str) -> list[tuple[str, int]]:
    """The article versions that rows speak of."""
    return list(zip(table["article_id"].to_pylist(), table[version].to_pylist(), strict=True))


def _run(connection: duckdb.DuckDBPyConnection, statement: str, bound: Mapping[str, Any]) -> duckdb.DuckDBPyConnection:
    """Run one statement with those of the parameters that it names."""
    used = {name: value for name, value in bound.items() if f"${name}" in statement}
    return connection.execute(statement, used)
