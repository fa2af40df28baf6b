"""Read from a snapshot what one day's digest is made of, as it was recorded at an instant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa

from pipeline.builds.errata import errata_of
from pipeline.builds.reach import read_reach
from pipeline.builds.unheard import read_unheard
from pipeline.digest.draft import DigestDraft
from pipeline.digest.inputs import (
    COPIES,
    DIGEST_VERSION,
    EARLIER_CITATIONS,
    EARLIER_HEADINGS,
    EARLIER_LINES,
    PLACINGS,
    STORIES,
    THRESHOLDS,
    VERSIONS,
    WITHHELD,
    DigestInputs,
)
from pipeline.publish.document import DigestRows
from pipeline.store.file_lists import quoted
from pipeline.store.snapshot import Snapshot
from pipeline.store.sql_files import SQL_FOLDER, load_relations

_VIEWS = ("article_versions", "current_builds", "story_merges")

# Of these there are only the rows of days up to the digest's, recorded by then, whatever view reads them.
_CUT = ("duplicates", "story_articles", "story_days", "story_lineage")

_CITED = (
    "article_id",
    "version",
    "title",
    "publisher",
    "url",
    "published_at",
    "published_at_precision",
    "language",
    "text",
)


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
    by_then = f"TIMESTAMPTZ {quoted(as_of.isoformat())}"
    known = dict.fromkeys(_CUT, f"day <= DATE {quoted(day)} AND recorded_at <= {by_then}")
    known["digest_builds"] = f"built_at <= {by_then}"
    rows = read_reach(snapshot, day, as_of)
    with snapshot.connect(tables=rows, views=_VIEWS, where=known, rows=rows) as connection:
        for relation in load_relations(SQL_FOLDER / "inputs"):
            used = {name: bound[name] for name in relation.parameters}
            connection.execute(f"CREATE TEMP TABLE {relation.name} AS {relation.body}", used)

        def table(schema: pa.Schema, query: str) -> pa.Table:
            rows = connection.sql(query).to_arrow_table()
            return rows.select(schema.names).cast(schema)

        return DigestInputs(
            digest_date=day,
            status=status,
            stories=table(STORIES, "FROM stories"),
            placings=table(PLACINGS, "FROM members"),
            versions=_with_texts(
                snapshot,
                connection.sql(
                    """FROM versions WHERE article_id IN (SELECT article_id FROM members)
                       OR article_id IN (SELECT article_id FROM copied)"""
                ).to_arrow_table(),
            ),
            copies=table(COPIES, "FROM copied"),
            earlier_lines=table(EARLIER_LINES, "FROM earlier_lines SEMI JOIN story_ids USING (story_id)"),
            earlier_citations=table(EARLIER_CITATIONS, "FROM earlier_citations"),
            coverage=connection.sql("FROM coverage").to_arrow_table().to_pylist()[0],
            missing_windows=tuple(missing_windows),
            withheld=table(WITHHELD, "FROM withheld"),
            earlier_headings=table(EARLIER_HEADINGS, "FROM earlier_headings SEMI JOIN story_ids USING (story_id)"),
            unheard=read_unheard(snapshot, day, as_of, is_over=status == "final"),
        )


def read_sources(snapshot: Snapshot, wanted: pa.Table) -> pa.Table:
    """Read cited article versions from the warehouse's files.

    Args:
        wanted: A table with article_id and version; rows may repeat.
    Returns:
        One row for each version that exists, with its text and what a reader is told of it.
    """
    return _versions(snapshot, wanted, _CITED)


def _with_texts(snapshot: Snapshot, versions: pa.Table) -> pa.Table:
    """VERSIONS rows: their texts are read last, when it is known which are wanted."""
    texts = texts_of(_versions(snapshot, versions, ("article_id", "version", "text")))
    keys = zip(versions["article_id"].to_pylist(), versions["version"].to_pylist(), strict=True)
    rows = versions.append_column("text", pa.array([texts[key] for key in keys], pa.string()))
    return rows.select(VERSIONS.names).cast(VERSIONS)


def _versions(snapshot: Snapshot, wanted: pa.Table, columns: Sequence[str]) -> pa.Table:
    """Some columns of article versions, current or superseded.

    Args:
        wanted: Rows with article_id and version, which may repeat.
    """
    keys = set(zip(wanted["article_id"].to_pylist(), wanted["version"].to_pylist(), strict=True))
    of_articles = ("article_id", wanted["article_id"])
    parts = [snapshot.read("articles", columns=columns, having=of_articles)]
    if keys - set(_keys(parts[0])):
        parts.append(snapshot.read("article_history", columns=columns, having=of_articles))
    rows = pa.concat_tables(parts).select(list(columns))
    return rows.filter(pa.array([key in keys for key in _keys(rows)], pa.bool_()))


def _keys(rows: pa.Table) -> list[tuple[str, int]]:
    return list(zip(rows["article_id"].to_pylist(), rows["version"].to_pylist(), strict=True))


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
        "withheld": [
            {**row, "published_at": row["published_at"].isoformat() if row["published_at"] else None}
            for row in inputs.withheld.to_pylist()
        ],
        "unheard": inputs.unheard.to_pylist(),
        "coverage": dict(inputs.coverage),
        "omitted_count": draft.omitted_count,
    }


def publishable(
    facts: Mapping[str, Any], tables: Mapping[str, pa.Table], extras: Mapping[str, Any], snapshot: Snapshot
) -> DigestRows:
    """Bring together what is rendered of a build: its rows, its extras, and the sources it cites.

    Args:
        facts: build_id, day (ISO), status, built_at (or its ISO form) and missing_windows.
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
        withheld=extras["withheld"],
        unheard=extras["unheard"],
        coverage=extras["coverage"],
        missing_windows=facts["missing_windows"],
        omitted_story_count=extras["omitted_count"],
        errata=errata_of(snapshot, date.fromisoformat(facts["day"]), _instant(facts["built_at"])),
    )


def _instant(told: datetime | str) -> datetime:
    return told if isinstance(told, datetime) else datetime.fromisoformat(told)


def _pairs(table: pa.Table, version: str) -> list[tuple[str, int]]:
    """The article versions that rows speak of."""
    return list(zip(table["article_id"].to_pylist(), table[version].to_pylist(), strict=True))
