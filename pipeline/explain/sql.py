"""SQL on the views of the warehouse."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb

from pipeline.errors import UsageError, WarehouseError
from pipeline.explain.layout import plain_table
from pipeline.store.warehouse import Warehouse


def run_sql(warehouse: Warehouse, query: str) -> tuple[list[str], list[tuple[Any, ...]], str]:
    """Run statements on the views of warehouse.duckdb, which is open for reading only.

    Returns:
        Column names and rows of the last statement, and the table as text.
    Raises:
        UsageError: DuckDB refuses the statement; the message is DuckDB's own.
        WarehouseError: nothing was ever committed.
    """
    with warehouse.open_readonly() as connection:
        try:
            result = connection.execute(query)
            if result is None:
                raise UsageError("SQL: there is no statement; write one in quotes")
            columns = _distinct([name for name, *_ in result.description or []])
            rows = result.fetchall()
        except duckdb.IOException as error:
            raise WarehouseError(f"SQL: {str(error).splitlines()[0]}; `daybook warehouse verify` says why") from error
        except duckdb.Error as error:
            raise UsageError(f"SQL: {str(error).splitlines()[0]}") from error
    return columns, rows, plain_table(columns, rows)


def _distinct(names: Sequence[str]) -> list[str]:
    """Column names, those that occur again with their place."""
    return [name if name not in names[:place] else f"{name}_{place + 1}" for place, name in enumerate(names)]
