"""What goes wrong with the warehouse's files, in one line each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from pipeline.errors import WarehouseError
from pipeline.files import file_errors
from pipeline.store.seal import VIEWS_FILE


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
        if holder := re.search(r"onflicting lock is held in .{0,999}PID (\d+)", first_line):
            raise WarehouseError(
                f"cannot {doing} {path}: process {holder[1]} has it open for writing, so that nobody else can read it; end that"
                " session, open it with -readonly, or run `daybook warehouse rebuild`: this and every commit put another in its place"
            ) from error
        remedy = "; `daybook warehouse rebuild` writes it anew" if path.name == VIEWS_FILE else ""
        raise WarehouseError(f"cannot {doing} {path}: {first_line}{remedy}") from error
