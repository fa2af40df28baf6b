"""How a table of a snapshot reads in DuckDB: a SELECT over its files, by absolute path."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

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


def quoted(text: object) -> str:
    """A text as an SQL literal."""
    escaped = str(text).replace("'", "''")
    return f"'{escaped}'"


def glob_literal(folder: Path, pattern: str) -> str:
    """A pattern below a folder as an SQL literal; what looks like a pattern in the folder's own name is taken as is."""
    plain = "".join(f"[{c}]" if c in "*?[" else c for c in str(folder))
    return quoted(f"{plain}/{pattern}")


def table_relation(folder: Path, table: Table, files: Sequence[StoredFile], *, listed: bool = False) -> str:
    """A SELECT that gives the table's row schema from its files in a version or a snapshot.

    Column names stand nowhere in it as references, so it can be put into a macro whose parameter has a column's name.

    Args:
        folder: Where the files lie, resolved.
        files: The table's files in it; without any, the relation has the columns and no rows.
        listed: Whether only these files are read, each by its name; else all that the folder has.
    """
    nothing = ", ".join(f'NULL::{duckdb_type(f.type)} AS "{f.name}"' for f in table.row_schema)
    empty = f"SELECT {nothing} WHERE false"
    if not files:
        return empty
    options = (
        "hive_partitioning = true, hive_types = {'day': 'DATE'}" if table.day_rule else "hive_partitioning = false"
    )
    if listed:
        source = f"[{', '.join(glob_literal(folder, file.path) for file in files)}]"
    else:
        source = glob_literal(folder, "day=*/*.parquet" if table.day_rule else "*.parquet")
    if {file.schema for file in files} == {schema_id(table)}:
        return f"SELECT * FROM read_parquet({source}, {options})"
    # Files of an older declaration lack columns: the empty relation first gives all of them, in order.
    return f"{empty} UNION ALL BY NAME SELECT * FROM read_parquet({source}, {options}, union_by_name = true)"
