"""How a table of a snapshot reads in DuckDB: a SELECT over its files, by absolute path."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from pipeline.store.file_lists import file_list, glob_literal
from pipeline.store.manifest import StoredFile
from pipeline.store.parquet import schema_id
from pipeline.tables import Table

_TYPES = {
    pa.string(): "VARCHAR",
    pa.int64(): "BIGINT",
    pa.uint64(): "UBIGINT",
    pa.float64(): "DOUBLE",
    pa.bool_(): "BOOLEAN",
    pa.binary(): "BLOB",
    pa.date32(): "DATE",
    pa.timestamp("us", tz="UTC"): "TIMESTAMP WITH TIME ZONE",
}


def duckdb_config() -> dict[str, str | bool | int | float | list[str]]:
    """Settings of every connection we open: nothing is installed or loaded behind our back."""
    return {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}


def duckdb_type(type_: pa.DataType) -> str:
    """The DuckDB name of a declared type.

    Raises:
        KeyError: a type that no declaration uses yet; add it above.
    """
    if pa.types.is_map(type_):
        return f"MAP({duckdb_type(type_.key_type)}, {duckdb_type(type_.item_type)})"
    if pa.types.is_list(type_):
        return f"{duckdb_type(type_.value_type)}[]"
    return _TYPES[type_]


def table_relation(folder: Path, table: Table, files: Sequence[StoredFile], *, condition: str = "") -> str:
    """A SELECT that gives the table's row schema from its files in a version or a snapshot: these files, each by its name.

    A file that is missing is thereby an error, whatever part of the table is asked for, and one too many is not read. Column names
    stand nowhere in it as references, so it can be put into a macro whose parameter has a column's name.

    Args:
        folder: Where the files lie, resolved.
        files: The table's files in it; without any, the relation has the columns and no rows.
        condition: What must hold for any row to be given, as SQL that refers to no column.
    """
    nothing = ", ".join(f'NULL::{duckdb_type(f.type)} AS "{f.name}"' for f in table.row_schema)
    empty = f"SELECT {nothing} WHERE false"
    if not files:
        return empty
    options = (
        "hive_partitioning = true, hive_types = {'day': 'DATE'}" if table.day_rule else "hive_partitioning = false"
    )
    where = f" WHERE {condition}" if condition else ""
    parts = [
        f"SELECT * FROM read_parquet(coalesce(getvariable('{variable}'), {file_list(folder, table.name, some)}), {options})"
        f"{where}"
        for variable, some in _by_schema(table, files)
    ]
    if {file.schema for file in files} == {schema_id(table)}:
        return parts[0]
    # Files of an older declaration lack columns: the empty relation first gives all of them, in order.
    return " UNION ALL BY NAME ".join([empty, *parts])


def first_files(folder: Path, table: Table, files: Sequence[StoredFile]) -> Iterator[str]:
    """Statements that bind a table's relation to one file of each declaration, in the session that makes views of it.

    A query is bound to a file's columns, and before that all its files are sought. Of a view that is only written down, one is enough.
    """
    for variable, some in _by_schema(table, files):
        newest = max(some, key=lambda file: file.path)
        yield f"SET VARIABLE {variable} = [{glob_literal(folder, newest.path)}]"


def _by_schema(table: Table, files: Sequence[StoredFile]) -> Iterator[tuple[str, list[StoredFile]]]:
    """Files by their declaration, each with the name of a variable that is set only while views are made."""
    of_schema: dict[str, list[StoredFile]] = {}
    for file in files:
        of_schema.setdefault(file.schema, []).append(file)
    for schema, some in sorted(of_schema.items()):
        yield f"bind_{table.name}_{schema}", some
