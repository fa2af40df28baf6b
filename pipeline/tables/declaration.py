"""How a table is declared: grain, key, day rule, and each column's type, unit and meaning.

`processing` marks columns that say how a fact came to be known rather than what it is; the content hash leaves them out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import pyarrow as pa

STRING = pa.string()
INT = pa.int64()
FLOAT = pa.float64()
BOOL = pa.bool_()
BYTES = pa.binary()
DATE = pa.date32()
INSTANT = pa.timestamp("us", tz="UTC")
STRINGS = pa.list_(pa.string())


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: `null` says what a missing value means, or is empty where none is allowed."""

    name: str
    type: pa.DataType
    description: str
    null: str = ""
    unit: str = ""
    processing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table.

    Attributes:
        day_rule: Which day a row stands in, in words; tables without one are not partitioned.
        day_column: The column whose date that day is; None where no column of the row has it.
        sought: Columns by whose values rows are sought while their day is not known: texts; the store keeps an index of each.
        hashed: Whether the content hash looks at it.
        internal: Whether it may change without notice.
    """

    name: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    day_rule: str = ""
    day_column: str | None = None
    sought: tuple[str, ...] = ()
    hashed: bool = False
    internal: bool = False

    @property
    def schema(self) -> pa.Schema:
        """The columns as they stand in a file (without the partition column)."""
        return pa.schema([pa.field(c.name, c.type, nullable=bool(c.null)) for c in self.columns])

    @property
    def row_schema(self) -> pa.Schema:
        """The columns as rooms and readers see them: with `day` last, where the table is partitioned."""
        return self.schema.append(pa.field("day", DATE, nullable=False)) if self.day_rule else self.schema

    @property
    def content_columns(self) -> tuple[str, ...]:
        """The columns that say what is known, in declared order, without the processing ones."""
        return tuple(c.name for c in self.columns if not c.processing)

    def empty(self) -> pa.Table:
        """A table without rows, with the row schema; made once, for there is one for each of thousands of sources."""
        return _empty(self)

    def rows(self, records: Sequence[Mapping[str, Any]]) -> pa.Table:
        """Rows from mappings, checked against the declaration; absent columns are null.

        Raises:
            pyarrow.ArrowInvalid, pyarrow.ArrowTypeError: a value does not fit its column.
        """
        return pa.Table.from_pylist(list(records), schema=self.row_schema) if records else self.empty()


@cache
def _empty(table: Table) -> pa.Table:
    """A table without rows."""
    return table.row_schema.empty_table()


def column(
    name: str, type_: pa.DataType, description: str, *, null: str = "", unit: str = "", processing: bool = False
) -> Column:
    """A column, in one line."""
    return Column(name=name, type=type_, description=description, null=null, unit=unit, processing=processing)


# Columns that many tables have.
RUN_ID = column("run_id", STRING, "Run that wrote the row (runs.run_id).", processing=True)
RECORDED_AT = column("recorded_at", INSTANT, "When the warehouse learned it: the run's `now`.", processing=True)
WINDOW_START = column(
    "window_start",
    INSTANT,
    "Start of the window of the run that asked for the page; its date is `day`.",
    processing=True,
)
