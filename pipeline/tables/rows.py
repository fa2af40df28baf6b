"""Rows of Arrow tables by what one of their columns holds, and instants as these columns hold them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.tables.declaration import INSTANT

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Values: TypeAlias = pa.Array | pa.ChunkedArray | Iterable[str]


def rows_with(rows: pa.Table, column: str, values: Values) -> pa.Table:
    """The rows that hold one of the values in a column, in their order.

    Args:
        values: Arrow values of the column's type, or texts.
    """
    return rows.filter(is_among(rows[column], values))


def rows_without(rows: pa.Table, column: str, values: Values) -> pa.Table:
    """The rows that hold none of the values in a column, in their order; a null is none of them.

    Args:
        values: Arrow values of the column's type, or texts.
    Example:
        >>> rows_without(pa.table({"id": ["a", "b", None]}), "id", ["a"])["id"].to_pylist()
        ['b', None]
    """
    return rows.filter(pc.invert(is_among(rows[column], values)))


def rows_with_value(rows: pa.Table, **values: object) -> pa.Table:
    """The rows with one and the same value in all of a column, for each column that is named."""
    for name, value in values.items():
        index, declared = rows.schema.get_field_index(name), rows.schema.field(name)
        rows = rows.set_column(index, declared, pa.array([value] * rows.num_rows, declared.type))
    return rows


def rows_as_declared(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """Rows that another version sealed, in the columns of today: null in those that they lack, without those that are no more."""
    if rows.schema.equals(schema):
        return rows
    columns = [
        rows[field.name] if field.name in rows.schema.names else pa.nulls(rows.num_rows, field.type) for field in schema
    ]
    return pa.table(columns, schema=schema)


def is_among(column: pa.ChunkedArray, values: Values) -> pa.ChunkedArray:
    """For each value of a column whether it is one of the given ones; false for a null."""
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    return pc.is_in(column, value_set=values if isinstance(values, pa.Array) else pa.array([*values], pa.string()))


def release_memory() -> None:
    """Give back to the system what Arrow keeps of buffers that are freed.

    After bodies that is some 300 MB (a batch of 64 MiB, decompressed and copied), which would stay for as long as other
    work takes; giving it back costs milliseconds.
    """
    pa.default_memory_pool().release_unused()


def as_instant(instant: datetime) -> pa.Scalar:
    """An instant as columns hold it, to compare them with."""
    return pa.scalar(instant, INSTANT)


def in_microseconds(instants: pa.ChunkedArray) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Instants as microseconds since 1970; 0 for a null."""
    return np.asarray(pc.fill_null(instants.cast(pa.int64()), 0), dtype=np.int64)


def instant_of(microseconds: int) -> datetime:
    """The instant so many microseconds after 1970 began."""
    return _EPOCH + timedelta(microseconds=microseconds)
