"""Which stored rows carry given keys, by their key columns alone; and whether they differ, by a join in DuckDB."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.store.key_index import files_that_may_hold
from pipeline.store.manifest import StoredFile
from pipeline.store.parquet import ranges, read_rows, schema_id
from pipeline.tables import DATE, Table

_FEW = 2  # files that are read sooner than an index
_INCOMING = "incoming_row"
_FILE = "stored_file"
_ROW = "stored_row"


def find_stored(folder: Path, table: Table, files: Sequence[StoredFile], keys: pa.Table) -> pa.Table:
    """Find the stored rows that carry the given keys; reads key columns of files whose ranges, and the index, allow a match.

    Most of a run's keys stand in a file or two, for which a query takes three times as long.

    Args:
        keys: Distinct keys, as columns of the table's key.
    Returns:
        One row a match, as they are stored: `incoming_row` (index in `keys`), `stored_file` (index in `files`), `stored_row`
        (index in it).
    """
    schema = pa.schema([(_INCOMING, pa.int64()), (_FILE, pa.int64()), (_ROW, pa.int64())])
    wanted = ranges(table, keys)
    chosen = [n for n, file in enumerate(files) if _may_hold(file, wanted)]
    if len(chosen) > _FEW and table.key[0] in table.sought:
        within = [files[n] for n in chosen]
        found_by = files_that_may_hold(folder.parent.parent, table.name, table.key[0], within, keys[table.key[0]])
        paths = {file.path for file in found_by}
        chosen = [n for n in chosen if files[n].path in paths]
    if not chosen or not keys.num_rows:
        return schema.empty_table()
    names, first = list(table.key), keys[table.key[0]].combine_chunks()
    stored = pa.concat_tables([_numbered(folder, table, n, files[n]) for n in chosen])
    stored = stored.filter(pc.is_in(stored[names[0]], value_set=first))
    if not stored.num_rows:
        return schema.empty_table()
    incoming = keys.select(names).append_column(_INCOMING, pa.array(range(keys.num_rows), pa.int64()))
    found = stored.join(incoming, keys=names, join_type="inner").select(schema.names).cast(schema)
    return found.sort_by([(_FILE, "ascending"), (_ROW, "ascending")])


def _numbered(folder: Path, table: Table, number: int, file: StoredFile) -> pa.Table:
    """The keys of a file's rows, with the file's number and theirs."""
    keys = read_rows(folder, table, file, table.key)
    of_file = pa.repeat(pa.scalar(number, pa.int64()), keys.num_rows)
    return keys.append_column(_FILE, of_file).append_column(_ROW, pa.array(range(keys.num_rows), pa.int64()))


def find_equal(
    session: duckdb.DuckDBPyConnection,
    folder: Path,
    table: Table,
    files: Sequence[StoredFile],
    rows: pa.Table,
    found: pa.Table,
) -> pa.Table:
    """Of the matches of `find_stored`, those whose stored row equals the given one in day and content columns.

    Rows of a file with an older declaration count as different: rewriting brings them up to date.
    """
    chosen = [n for n in found.column(_FILE).unique().to_pylist() if files[n].schema == schema_id(table)]
    if not chosen:
        return found.slice(0, 0)
    _register(session, folder, files, chosen, table, rows)
    session.register("found", found)
    names = [*table.content_columns, *(["day"] if table.day_rule else [])]
    equal = " AND ".join(f'i."{name}" IS NOT DISTINCT FROM s."{name}"' for name in names)
    return (
        session.sql(
            f"SELECT f.* FROM found f JOIN incoming i USING ({_INCOMING})"
            f" JOIN stored s ON s.{_FILE} = f.{_FILE} AND s.file_row_number = f.{_ROW} WHERE {equal}"
        )
        .to_arrow_table()
        .cast(found.schema)
    )


def has_same_content(
    session: duckdb.DuckDBPyConnection, folder: Path, table: Table, files: Sequence[StoredFile], rows: pa.Table
) -> bool:
    """Whether the files hold the same rows as given, order and processing columns aside."""
    if sum(file.rows for file in files) != rows.num_rows or any(f.schema != schema_id(table) for f in files):
        return False
    if not rows.num_rows:
        return True
    _register(session, folder, files, list(range(len(files))), table, rows)
    names = ", ".join(f'"{name}"' for name in (*table.content_columns, *(["day"] if table.day_rule else [])))
    [(others,)] = session.execute(
        f"SELECT count(*) FROM (SELECT {names} FROM incoming EXCEPT ALL SELECT {names} FROM stored)"
    ).fetchall()
    return bool(others == 0)


def _register(
    session: duckdb.DuckDBPyConnection,
    folder: Path,
    files: Sequence[StoredFile],
    chosen: Sequence[int],
    table: Table,
    rows: pa.Table,
) -> None:
    """Make `incoming` (the rows, numbered) and `stored` (the chosen files' rows, with day, file and row number)."""
    session.register("incoming", rows.append_column(_INCOMING, pa.array(range(rows.num_rows), pa.int64())))
    paths = [str(folder / files[n].path) for n in chosen]
    listed = pa.table(
        {"filename": paths, _FILE: pa.array(chosen, pa.int64()), "day": pa.array([files[n].day for n in chosen], DATE)}
    )
    session.register("listed", listed if table.day_rule else listed.drop_columns(["day"]))
    session.execute("SET VARIABLE paths = ?", [paths])
    session.execute(
        "CREATE OR REPLACE TEMP VIEW stored AS SELECT * FROM read_parquet(getvariable('paths'), filename = true,"
        " file_row_number = true, hive_partitioning = false) JOIN listed USING (filename)"
    )


def _may_hold(file: StoredFile, wanted: dict[str, tuple[str | int, str | int]]) -> bool:
    """Whether the file's ranges overlap the wanted keys' ranges in every column that both know."""
    for name, (low, high) in wanted.items():
        have = file.ranges.get(name)
        if have is None:
            continue
        if type(have[0]) is not type(low):
            continue
        if have[1] < low or high < have[0]:  # type: ignore[operator]  # of one type, seen above
            return False
    return True


def without(rows: pa.Table, indices: pa.ChunkedArray) -> pa.Table:
    """The rows whose index is not among the given ones, in order."""
    every = pa.array(range(rows.num_rows), pa.int64())
    return rows.filter(pc.invert(pc.is_in(every, value_set=indices.combine_chunks())))
