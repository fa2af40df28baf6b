"""A list of columns on paper: what `hash_tables` looked at once, to look at the same again after a column was added.

The file is JSON: table name to the names of its columns, in the order in which they are hashed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.errors import InputError, UsageError
from pipeline.store.content_hash import Columns
from pipeline.tables import TABLES


def record_columns(path: Path, columns: Columns) -> None:
    """Write the list; a file that is there already is left alone.

    Raises:
        InputError: it cannot be written.
    """
    lines = ",\n".join(f"  {json.dumps(table)}: {json.dumps(list(names))}" for table, names in columns.items())
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(f"{{\n{lines}\n}}\n")
    except OSError as error:
        raise InputError(f"cannot record the columns in {path}: {error.strerror}; name another place") from error


def read_columns(path: Path) -> dict[str, list[str]]:
    """The list of a file, each table and column of which is still declared.

    Raises:
        InputError: the file cannot be read, or is no such list.
        UsageError: a table or column of it is gone.
    """
    try:
        columns = _parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot read the columns in {path}: {error.strerror}; name another file") from error
    except ValueError as error:
        raise InputError(
            f"{path} is no list of columns: {error}; name another file, or one that is not there"
        ) from error
    gone = list(_gone(columns))
    if gone:
        raise UsageError(
            f"{path} lists what is not declared any more: {', '.join(gone)}; take it out to compare the rest"
        )
    return columns


def _parse(text: str) -> dict[str, list[str]]:
    """The tables and their columns; a ValueError says what is wrong with them."""
    columns = json.loads(text, object_pairs_hook=_unrepeated)
    if not isinstance(columns, dict) or not columns:
        raise ValueError('it is not {"table": ["column", …], …}')
    for table, names in columns.items():
        if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
            raise ValueError(f"{table} has no list of column names")
        _unrepeated([(name, None) for name in names])
    return columns


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """What JSON calls an object, each name of which stands there once."""
    seen: dict[str, Any] = {}
    for name, value in pairs:
        if name in seen:
            raise ValueError(f"{name} stands in it twice")
        seen[name] = value
    return seen


def _gone(columns: Columns) -> Iterator[str]:
    for table, names in columns.items():
        if table not in TABLES:
            yield f"table {table}"
        else:
            yield from (f"{table}.{name}" for name in names if name not in TABLES[table].row_schema.names)
