"""What goes wrong with the warehouse's files, in one line each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from pipeline.errors import WarehouseError
from pipeline.files import file_errors


@contextmanager
def warehouse_errors(doing: str, path: Path) -> Iterator[None]:
    """Turn what the operating system, Arrow or DuckDB report into one line: what, which file, what to do.

    Raises:
        WarehouseError: anything went wrong with a file.
    """
    try:
        with file_errors(doing, path):
            yield
    except duckdb.Error as error:
        first_line = str(error).splitlines()[0]
        raise WarehouseError(f"cannot {doing} {path}: {first_line}") from error
