"""The file that analysts open: views pinned to one snapshot, macros, comments, and no rows.

What it says stands in .sql files (`sql_files`). A commit copies the file of the snapshot before and makes anew what reads a
table that changed: the views of tables are pinned to their versions, and other views stand on them by name. Everything
a macro reads is put into it as named subqueries, so that it works without `USE` in an attached database (names in a macro's
body are looked up in the caller's search path, not where the macro stands).
"""

from __future__ import annotations

import hashlib
import itertools
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from pipeline.errors import WarehouseError
from pipeline.files import fsync, remove, sha256_of
from pipeline.store.file_lists import quoted
from pipeline.store.manifest import Manifest
from pipeline.store.place import PLACE_ABOUT, PLACE_CONDITION, PLACE_VIEW, place_query, place_schema
from pipeline.store.seal import VIEWS_FILE, sealed_hashes
from pipeline.store.sessions import open_session
from pipeline.store.sql_files import SQL_FOLDER, Relation, load_relations
from pipeline.store.table_sources import first_files, table_relation
from pipeline.store.versions import version_path
from pipeline.tables import TABLES, Column, Table

_STORAGE_VERSION = "v1.0.0"  # readable by every DuckDB from 1.0 on, 2.x included
_NUMBERS = itertools.count()
_FORM = "5"  # of the statements below: raise it when they change
_META = "_meta"
# What is replaced in a copy leaves room behind: a file that has grown to this is made anew.
_MOST_BYTES = 2 * 1024 * 1024


def build_views(snapshot: Path, manifest: Manifest, *, before: Path | None = None) -> None:
    """Write the views file of a snapshot beside its place and rename it there; the snapshot's folder must exist.

    The file is made read-only: there is nothing to write in it, and a reader who opened it for writing would lock
    the others out.

    Args:
        before: The snapshot before, whose file is copied if it was made alike; None makes all anew.
    Raises:
        duckdb.Error: an .sql file does not fit the tables.
        OSError: the file cannot be written.
    """
    unfinished = snapshot / f".{VIEWS_FILE}"
    log = unfinished.with_name(unfinished.name + ".wal")
    remove(unfinished)
    remove(log)
    try:
        if before is None or not _made_from(before, unfinished, snapshot, manifest):
            remove(unfinished)
            remove(log)
            with _opened(unfinished) as connection:
                _execute(connection, view_statements(snapshot, manifest))
                _execute(connection, _view_comments(connection))
        unfinished.chmod(0o444)
        fsync(unfinished)
        unfinished.replace(snapshot / VIEWS_FILE)
    finally:
        remove(unfinished)
        remove(log)


def _made_from(before: Path, unfinished: Path, snapshot: Path, manifest: Manifest) -> bool:
    """Make the file out of the one before, where that is what this code would have made of that snapshot."""
    with suppress(OSError, duckdb.Error):
        shutil.copyfile(before / VIEWS_FILE, unfinished)
        if unfinished.stat().st_size > _MOST_BYTES or sha256_of(unfinished) != sealed_hashes(before).get(VIEWS_FILE):
            return False
        with _opened(unfinished) as connection:
            stamp = connection.execute(
                "SELECT comment FROM duckdb_views() WHERE database_name = current_database() AND view_name = ?", [_META]
            ).fetchall()
            shown = connection.execute(f"SELECT snapshot, path FROM {_META}").fetchall()
            if stamp != [(_meta_comment(),)] or shown != [(manifest.parent, str(before))]:
                return False
            changed = {name for name, table in manifest.tables.items() if table.version == manifest.snapshot}
            _execute(connection, view_statements(snapshot, manifest, only=changed))
            return True
    return False


@contextmanager
def _opened(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A session in which a views file, made where there is none, is the database: a sixth of the time of one that is opened by itself."""
    name = f"views_{next(_NUMBERS)}"  # no two of a process at once have one name; it gets into nothing that is written
    session = open_session()
    try:
        session.execute(f"ATTACH {quoted(path)} AS {name} (STORAGE_VERSION {quoted(_STORAGE_VERSION)})")
        try:
            session.execute(f"USE {name}")
            yield session
        finally:
            session.execute("USE memory")
            session.execute(f"DETACH {name}")
    finally:
        session.close()


def _execute(connection: duckdb.DuckDBPyConnection, statements: Iterable[str]) -> None:
    """Run statements in an open file as one transaction."""
    connection.execute(";\n".join(["BEGIN", *statements, "COMMIT", "CHECKPOINT"]))


def view_statements(snapshot: Path, manifest: Manifest, *, only: Collection[str] | None = None) -> Iterable[str]:
    """Every statement that makes the views file, in order.

    Args:
        only: Tables that changed: of tables only their views, and of macros those that read them; None makes everything.
    """
    root = snapshot.parent.parent
    changed = {_META, *(TABLES if only is None else only)}
    views = load_relations(SQL_FOLDER / "views")
    reads = {view.name: view.reads for view in views} | dict.fromkeys(TABLES, (PLACE_VIEW,))
    known = {*TABLES, *reads, PLACE_VIEW, _META}
    macros = [(macro, _needed(macro, known, reads)) for macro in load_relations(SQL_FOLDER / "macros")]
    macros = [(macro, needed) for macro, needed in macros if only is None or changed.intersection(needed)]
    read = changed.union(*(needed for _, needed in macros))
    tables = {name: table for name, table in TABLES.items() if name in read}
    base = {name: _relation(snapshot, table, manifest) for name, table in tables.items()}
    base[PLACE_VIEW] = place_query(root)
    base[_META] = _meta_relation(snapshot, manifest)
    for table in tables.values():
        yield from first_files(_folder(snapshot, table, manifest), table, manifest.files(table.name))
    if only is None:
        yield f"CREATE SCHEMA {place_schema(root)}"
        yield f"CREATE VIEW {PLACE_VIEW} AS {base[PLACE_VIEW]}"
        yield f"COMMENT ON VIEW {PLACE_VIEW} IS {quoted(PLACE_ABOUT)}"
        yield from _column_comments(PLACE_VIEW, {"is_here": "True; where it would be false, asking is an error."})
    for name, table in tables.items():
        if name in changed:
            yield f"CREATE OR REPLACE VIEW {name} AS {base[name]}"
            yield from _comments(name, table)
    yield f"CREATE OR REPLACE VIEW {_META} AS {base[_META]}"
    yield f"COMMENT ON VIEW {_META} IS {quoted(_meta_comment())}"
    yield from _column_comments(_META, META_COLUMNS)
    for view in views if only is None else ():
        yield f"CREATE VIEW {view.name} AS {view.body}"
        yield f"COMMENT ON VIEW {view.name} IS {quoted(view.about)}"
    bodies = base | {view.name: view.body for view in views}
    for macro, needed in macros:
        yield _macro_statement(macro, {name: bodies[name] for name in needed})
        kind = "MACRO" if macro.is_scalar else "MACRO TABLE"
        yield f"COMMENT ON {kind} {macro.name} IS {quoted(describe_macro(macro))}"


def _relation(snapshot: Path, table: Table, manifest: Manifest) -> str:
    """A table's relation, pinned to its version: as long as the table stays as it is, so does its view."""
    folder = _folder(snapshot, table, manifest)
    return table_relation(folder, table, manifest.files(table.name), condition=PLACE_CONDITION)


def _folder(snapshot: Path, table: Table, manifest: Manifest) -> Path:
    stored = manifest.tables.get(table.name)
    return version_path(snapshot.parent.parent, table.name, stored.version if stored else 0)


def _needed(macro: Relation, known: Collection[str], reads: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """All that a macro reads, directly or through views, each after what it reads."""
    needed: dict[str, None] = {}

    def need(name: str) -> None:
        if name not in known:
            raise WarehouseError(f"macro {macro.name} reads {name}, which is no table or view")
        for below in reads.get(name, ()):
            need(below)
        needed[name] = None

    for name in macro.reads:
        need(name)
    return tuple(needed)


def _macro_statement(macro: Relation, bodies: Mapping[str, str]) -> str:
    """CREATE MACRO with everything it reads as named subqueries."""
    subqueries = ",\n".join(f"{name} AS ({body})" for name, body in bodies.items())
    rest = macro.body.removeprefix("WITH ")
    query = f"WITH {subqueries}{',' if rest != macro.body else ''}\n{rest}"
    body = f"({query})" if macro.is_scalar else f"TABLE {query}"
    return f"CREATE OR REPLACE MACRO {macro.name}({macro.arguments or ''}) AS {body}"


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
    days = {"day": f"Partition: {table.day_rule}."} if table.day_rule else {}
    yield from _column_comments(name, {column.name: describe_column(column) for column in table.columns} | days)


def column_meanings(relation: Relation) -> dict[str, str]:
    """What the columns of a view or macro mean, by name: as its own file says, else what is nearest below it."""
    views = {view.name: view for view in load_relations(SQL_FOLDER / "views")}
    meanings: dict[str, str] = {}
    for name in reversed(relation.reads):
        if name in views:
            meanings.update(column_meanings(views[name]))
        elif name in TABLES:
            meanings.update({column.name: describe_column(column) for column in TABLES[name].columns})
    meanings.update(relation.columns)
    return meanings


def _view_comments(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """Comments for the columns of all views in an open file."""
    for view in load_relations(SQL_FOLDER / "views"):
        about = column_meanings(view)
        own = connection.execute(
            "SELECT column_name FROM duckdb_columns() WHERE database_name = current_database() AND table_name = ?",
            [view.name],
        ).fetchall()
        yield from _column_comments(view.name, {name: about[name] for (name,) in own if name in about})


def _column_comments(view: str, about: Mapping[str, str]) -> Iterator[str]:
    for name, text in about.items():
        yield f'COMMENT ON COLUMN {view}."{name}" IS {quoted(text)}'


def describe_macro(macro: Relation) -> str:
    """A macro's comment; DuckDB keeps none for the columns of what a macro gives."""
    return " ".join([macro.about, *(f"{name}: {text}" for name, text in macro.columns.items())])


META_ABOUT = (
    "One row about this file: the snapshot it shows, when that was recorded, how fresh the articles are, which days are"
    " closed. A session stays on its snapshot until it reconnects."
)


META_COLUMNS = {
    "snapshot": "Its number.",
    "parent": "The number of the one before. Null: the first.",
    "recorded_at": "When it was committed, by the clock of the run.",
    "newest_article_window": "Start of the newest window with an article. Null: no article.",
    "last_closed_day": "The last day whose digest is made. Null: none.",
    "closed_days": "All of these, sorted.",
    "row_counts": "Rows of each table that has any.",
    "schema_version": "Version of the tables' declarations.",
    "path": "The folder that the views read.",
}


def _meta_comment() -> str:
    """What `_meta` says of itself, with a short name for all in the file that hangs on no snapshot."""
    relations = (r for folder in ("views", "macros") for r in load_relations(SQL_FOLDER / folder))
    parts = [duckdb.__version__, _FORM, META_ABOUT, *map(repr, relations)]
    for name, table in TABLES.items():
        parts += [table_relation(Path(), table, ()), *_comments(name, table)]
    return f"{META_ABOUT} Made by {hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:12]}."


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
