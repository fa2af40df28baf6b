"""What holds between rows: every reference leads to a row, every row stands on its day, the books balance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import duckdb

from pipeline.tables import DATE, TABLES


@dataclass(frozen=True, slots=True)
class Reference:
    """Columns of a table whose values, where they are not null, stand in columns of another table or view."""

    table: str
    columns: tuple[str, ...]
    target: str
    target_columns: tuple[str, ...]


def _to(table: str, column: str, target: str, target_column: str | None = None) -> Reference:
    return Reference(table, (column,), target, (target_column or column,))


REFERENCES = (
    _to("articles", "page_id", "pages"),
    _to("articles", "duplicate_of", "articles", "article_id"),
    _to("article_history", "page_id", "pages"),
    _to("article_history", "article_id", "articles"),
    _to("extractions", "page_id", "pages"),
    _to("quarantine", "page_id", "pages"),
    _to("duplicates", "article_id", "articles"),
    _to("duplicates", "canonical_id", "articles", "article_id"),
    _to("fingerprints", "article_id", "articles"),
    _to("article_terms", "article_id", "articles"),
    _to("story_articles", "article_id", "articles"),
    _to("story_articles", "story_id", "story_days"),
    _to("digests", "build_id", "digest_builds"),
    Reference("developments", ("build_id", "story_id"), "digests", ("build_id", "story_id")),
    Reference("citations", ("build_id", "development_id"), "developments", ("build_id", "development_id")),
    Reference("citations", ("article_id", "version"), "article_versions", ("article_id", "version")),
    _to("corrections", "article_id", "articles"),
    Reference("corrections", ("build_id", "development_id"), "developments", ("build_id", "development_id")),
    _to("stage_counts", "run_id", "runs"),
    _to("quality_metrics", "run_id", "runs"),
)

# The day of these is that of the row they refer to.
_DAY_OF = (
    ("article_history", "article_id", "articles"),
    ("duplicates", "article_id", "articles"),
    ("fingerprints", "article_id", "articles"),
    ("citations", "build_id", "digest_builds"),
)

_BALANCE = "received <> new + updated + unchanged + duplicates + quarantined + failed"


def verify_relations(connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, str]]:
    """Find rows that do not fit together, on an open views file.

    Yields:
        The table, and what is wrong with how many of its rows, with one of them as an example.
    """
    for one in REFERENCES:
        names = ", ".join(one.columns)
        present = " AND ".join(f"t.{name} IS NOT NULL" for name in one.columns)
        same = " AND ".join(f"t.{a} = o.{b}" for a, b in zip(one.columns, one.target_columns, strict=True))
        lost = f"FROM {one.table} t ANTI JOIN {one.target} o ON {same} WHERE {present}"
        count, example = _ask(connection, f"SELECT count(*), min({_as_text('t', one.columns)}) {lost}")
        if count:
            yield one.table, f"{count} rows have a {names} that {one.target} has not, e.g. {example}"
    for name, table in TABLES.items():
        if table.day_column:
            column = f'"{table.day_column}"'
            day = (
                column if table.schema.field(table.day_column).type == DATE else f"({column} AT TIME ZONE 'UTC')::DATE"
            )
            wrong = f"FROM {name} t WHERE t.day IS DISTINCT FROM {day}"
            count, example = _ask(connection, f"SELECT count(*), min({_as_text('t', table.key)}) {wrong}")
            if count:
                yield name, f"{count} rows stand on another day than their {table.day_column}, e.g. {example}"
    for name, column, target in _DAY_OF:
        wrong = f"FROM {name} t JOIN {target} o USING ({column}) WHERE t.day <> o.day"
        count, example = _ask(connection, f"SELECT count(*), min({_as_text('t', TABLES[name].key)}) {wrong}")
        if count:
            yield name, f"{count} rows stand on another day than the {target} they belong to, e.g. {example}"
    count, example = _ask(
        connection, f"SELECT count(*), min({_as_text('t', ('run_id', 'stage'))}) FROM stage_counts t WHERE {_BALANCE}"
    )
    if count:
        yield (
            "stage_counts",
            f"{count} rows do not balance: received is not the sum of what became of it, e.g. {example}",
        )


def _as_text(alias: str, columns: tuple[str, ...]) -> str:
    return f"concat_ws(' ', {', '.join(f'{alias}.{name}' for name in columns)})"


def _ask(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[int, str]:
    [(count, example)] = connection.execute(query).fetchall()
    return int(count), str(example)
