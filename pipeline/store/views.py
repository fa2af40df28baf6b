"""The file that analysts open: views pinned to one snapshot, macros, comments, and no rows.

The SQL stands in warehouse/views/*.sql and warehouse/macros/*.sql (in an installed package: beside this module, in sql/),
one relation a file, each a plain SELECT below a header of comments:

    -- First line: what it gives (becomes the comment).
    -- reads: articles, story_members        the tables and views it stands on
    -- arguments: id                         macros, and what stands in warehouse/inputs
    -- returns: a value                      scalar macros only

Everything a macro reads is put into it as named subqueries, so that it works without `USE` in an attached database
(names in a macro's body are looked up in the caller's search path, not where the macro stands).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb

from pipeline.errors import WarehouseError
from pipeline.files import fsync, remove
from pipeline.settings import PROJECT
from pipeline.store.manifest import Manifest
from pipeline.store.table_sources import duckdb_config, quoted, table_relation
from pipeline.tables import TABLES, Column, Table

VIEWS_FILE = "_warehouse.duckdb"
_PACKED = Path(__file__).with_name("sql")  # where the wheel puts them: pyproject.toml, sources
SQL_FOLDER = _PACKED if _PACKED.is_dir() else PROJECT / "warehouse"
_STORAGE_VERSION = "v1.0.0"  # readable by every DuckDB from 1.0 on, 2.x included
_META = "_meta"


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """One view, macro or named query from its .sql file."""

    name: str
    about: str
    body: str
    reads: tuple[str, ...] = ()
    arguments: str | None = None
    is_scalar: bool = False

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of its arguments."""
        return tuple(name.strip() for name in (self.arguments or "").split(",") if name.strip())


@cache
def load_relations(folder: Path) -> tuple[Relation, ...]:
    """Read the .sql files of a folder, each after what it reads.

    Raises:
        WarehouseError: there are none, a header is missing, or it names what is not there.
    """
    relations = {path.stem: _parse(path) for path in sorted(folder.glob("*.sql"))}
    if not relations:
        raise WarehouseError(f"there is no .sql file in {folder}; check the project out whole, or install Daybook anew")
    ordered: dict[str, Relation] = {}

    def add(relation: Relation, above: tuple[str, ...]) -> None:
        if relation.name in above:
            raise WarehouseError(f"{folder / relation.name}.sql reads itself: {' -> '.join((*above, relation.name))}")
        for name in relation.reads:
            if name in relations:
                add(relations[name], (*above, relation.name))
        ordered.setdefault(relation.name, relation)

    for relation in relations.values():
        add(relation, ())
    return tuple(ordered.values())


def with_what_they_read(names: Iterable[str]) -> tuple[Relation, ...]:
    """Some of the warehouse's views and the views that these stand on, each after what it reads.

    Raises:
        WarehouseError: there is no such view.
    """
    views = load_relations(SQL_FOLDER / "views")
    by_name = {view.name: view for view in views}
    needed = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in by_name:
            raise WarehouseError(f"there is no view {name!r}; the views are {', '.join(by_name)}")
        needed.add(name)
        waiting += [below for below in by_name[name].reads if below in by_name]
    return tuple(view for view in views if view.name in needed)


def _parse(path: Path) -> Relation:
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    head = [line.removeprefix("--").strip() for line in lines if line.startswith("--")]
    fields = {m[1]: m[2] for m in (re.match(r"(reads|arguments|returns): (.*)", line) for line in head) if m}
    about = " ".join(line for line in head if not re.match(r"(reads|arguments|returns): ", line))
    if not about or "reads" not in fields:
        raise WarehouseError(f"{path} needs a first comment line and a line `-- reads: …`")
    body = "\n".join(line for line in lines if not line.startswith("--")).strip().rstrip(";")
    return Relation(
        name=path.stem,
        about=about,
        body=body,
        reads=tuple(name.strip() for name in fields["reads"].split(",") if name.strip()),
        arguments=fields.get("arguments"),
        is_scalar="returns" in fields,
    )


def build_views(snapshot: Path, manifest: Manifest) -> None:
    """Write the views file of a snapshot beside its place and rename it there; the snapshot's folder must exist.

    The file is made read-only: there is nothing to write in it, and a reader who opened it for writing would lock
    the others out.

    Raises:
        duckdb.Error: an .sql file does not fit the tables.
        OSError: the file cannot be written.
    """
    unfinished = snapshot / f".{VIEWS_FILE}"
    log = unfinished.with_name(unfinished.name + ".wal")
    remove(unfinished)
    remove(log)
    try:
        config = duckdb_config() | {"storage_compatibility_version": _STORAGE_VERSION}
        with duckdb.connect(str(unfinished), config=config) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            connection.execute(";\n".join(["BEGIN", *view_statements(snapshot, manifest), "COMMIT", "CHECKPOINT"]))
        unfinished.chmod(0o444)
        fsync(unfinished)
        unfinished.replace(snapshot / VIEWS_FILE)
    finally:
        remove(unfinished)
        remove(log)


def view_statements(snapshot: Path, manifest: Manifest) -> Iterable[str]:
    """Every statement that makes the views file, in order."""
    base = {name: table_relation(snapshot, table, manifest.files(name)) for name, table in TABLES.items()}
    base[_META] = _meta_relation(snapshot, manifest)
    for name, table in TABLES.items():
        yield f"CREATE VIEW {name} AS {base[name]}"
        yield from _comments(name, table)
    yield f"CREATE VIEW {_META} AS {base[_META]}"
    yield f"COMMENT ON VIEW {_META} IS {quoted(META_ABOUT)}"
    views = load_relations(SQL_FOLDER / "views")
    for view in views:
        yield f"CREATE VIEW {view.name} AS {view.body}"
        yield f"COMMENT ON VIEW {view.name} IS {quoted(view.about)}"
    bodies = base | {view.name: view.body for view in views}
    reads = {view.name: view.reads for view in views}
    for macro in load_relations(SQL_FOLDER / "macros"):
        yield _macro_statement(macro, bodies, reads)
        kind = "MACRO" if macro.is_scalar else "MACRO TABLE"
        yield f"COMMENT ON {kind} {macro.name} IS {quoted(macro.about)}"


def _macro_statement(macro: Relation, bodies: Mapping[str, str], reads: Mapping[str, tuple[str, ...]]) -> str:
    """CREATE MACRO with everything it reads, directly or through views, as named subqueries."""
    needed: dict[str, None] = {}

    def need(name: str) -> None:
        if name not in bodies:
            raise WarehouseError(f"macro {macro.name} reads {name}, which is no table or view")
        for below in reads.get(name, ()):
            need(below)
        needed[name] = None

    for name in macro.reads:
        need(name)
    subqueries = ",\n".join(f"{name} AS ({bodies[name]})" for name in needed)
    rest = macro.body.removeprefix("WITH ")
    query = f"WITH {subqueries}{',' if rest != macro.body else ''}\n{rest}"
    body = f"({query})" if macro.is_scalar else f"TABLE {query}"
    return f"CREATE MACRO {macro.name}({macro.arguments or ''}) AS {body}"


def describe_table(table: Table) -> str:
    """A table's comment: grain, key, day rule."""
    parts = [f"One row: {table.grain}.", f"Key: {', '.join(table.key)}."]
    if table.day_rule:
        parts.append(f"day: {table.day_rule}.")
    if table.internal:
        parts.append("Internal: may change without notice.")
    return " ".join(parts)


def describe_column(column: Column) -> str:
    """A column's comment: meaning, unit, what a null means."""
    unit = f" Unit: {column.unit}." if column.unit else ""
    null = f" Null: {column.null}." if column.null else ""
    return f"{column.description}{unit}{null}"


def _comments(name: str, table: Table) -> Iterable[str]:
    yield f"COMMENT ON VIEW {name} IS {quoted(describe_table(table))}"
    for column in table.columns:
        yield f'COMMENT ON COLUMN {name}."{column.name}" IS {quoted(describe_column(column))}'
    if table.day_rule:
        yield f"COMMENT ON COLUMN {name}.day IS {quoted(f'Partition: {table.day_rule}.')}"


META_ABOUT = (
    "One row about this file: the snapshot it shows, when that was recorded, how fresh the articles are, which days are"
    " closed. A session stays on its snapshot until it reconnects."
)


def _meta_relation(snapshot: Path, manifest: Manifest) -> str:
    """The `_meta` row: constants from the manifest, so that asking costs nothing."""
    days = [f"DATE '{day.isoformat()}'" for day in sorted(manifest.closed_days)]
    closed = f"[{', '.join(days)}]::DATE[]"
    counts = ", ".join(f"{quoted(name)}: {table.rows}" for name, table in sorted(manifest.tables.items()))
    newest = _newest(manifest, "articles", "window_start")
    columns = {
        "snapshot": f"{manifest.snapshot}::BIGINT",
        "parent": f"{manifest.parent}::BIGINT" if manifest.parent else "NULL::BIGINT",
        "recorded_at": f"TIMESTAMPTZ {quoted(manifest.recorded_at.isoformat())}",
        "newest_article_window": f"TIMESTAMPTZ {quoted(newest)}" if newest else "NULL::TIMESTAMPTZ",
        "last_closed_day": f"list_max({closed})",
        "closed_days": closed,
        "row_counts": f"MAP {{{counts}}}::MAP(VARCHAR, BIGINT)",
        "schema_version": f"{manifest.schema_version}::BIGINT",
        "path": quoted(snapshot),
    }
    return "SELECT " + ", ".join(f'{value} AS "{name}"' for name, value in columns.items())


def _newest(manifest: Manifest, table: str, column: str) -> str | None:
    highest = [str(file.ranges[column][1]) for file in manifest.files(table) if column in file.ranges]
    return max(highest, default=None)
