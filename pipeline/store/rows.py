"""The check on write: rows have the declared columns, a key, and stand in the day that their rule says."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import WarehouseError
from pipeline.tables import DATE, Table


def check_rows(table: Table, rows: pa.Table) -> pa.Table:
    """The rows with exactly the declared columns, types and order.

    Raises:
        WarehouseError: a column is missing, unknown or of another type, a value is missing where none may be, a key
            stands twice, or a row stands in the wrong day.
    """
    rows = _with_schema(table, rows, table.row_schema, "rows")
    for field in rows.schema:
        if not field.nullable and rows.column(field.name).null_count:
            raise WarehouseError(f"cannot write {table.name}: column {field.name} must not be null")
    _check_keys(table, rows)
    _check_day(table, rows)
    return rows


def check_keys(table: Table, keys: pa.Table) -> pa.Table:
    """The key columns of the given table, with the declared types, each key once.

    Raises:
        WarehouseError: a key column is missing or of another type.
    """
    schema = pa.schema([table.row_schema.field(name) for name in table.key])
    missing = [name for name in schema.names if name not in keys.column_names]
    if missing:
        raise WarehouseError(f"cannot find rows of {table.name}: the keys lack column {', '.join(missing)}")
    keys = _with_schema(table, keys.select(schema.names), schema, "keys")
    return keys.group_by(schema.names).aggregate([]).select(schema.names)


def check_replaced_day(table: Table, day: date, rows: pa.Table) -> None:
    """See that every row belongs to the day that is replaced.

    Raises:
        WarehouseError: the table has no days, or a row stands in another one.
    """
    if not table.day_rule:
        raise WarehouseError(f"cannot replace a day of {table.name}: the table has no days; use upsert and delete")
    if rows.num_rows and not pc.all(pc.equal(rows.column("day"), pa.scalar(day, DATE))).as_py():
        others = sorted(str(d) for d in rows.column("day").unique().to_pylist() if d != day)
        raise WarehouseError(f"cannot replace {day} of {table.name}: some rows are of {', '.join(others[:3])}")


def _with_schema(table: Table, rows: pa.Table, schema: pa.Schema, what: str) -> pa.Table:
    """Select and cast to the schema; casts that would lose something are refused."""
    missing = [name for name in schema.names if name not in rows.column_names]
    unknown = [name for name in rows.column_names if name not in schema.names]
    if missing or unknown:
        told = [*(f"lack {name}" for name in missing), *(f"have the undeclared {name}" for name in unknown)]
        raise WarehouseError(f"cannot write {table.name}: the {what} {', '.join(told)}; see pipeline/tables")
    rows = rows.select(schema.names)
    if rows.schema.equals(schema):
        return rows
    columns = []
    for field, column in zip(schema, rows.columns, strict=True):
        try:
            columns.append(column if column.type == field.type else column.cast(field.type))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise WarehouseError(
                f"cannot write {table.name}: column {field.name} is {column.type}, not {field.type} ({error})"
            ) from error
    return pa.table(columns, schema=schema)


def _check_keys(table: Table, rows: pa.Table) -> None:
    keys = rows.select(list(table.key))
    for name in table.key:
        if keys.column(name).null_count:
            raise WarehouseError(f"cannot write {table.name}: key column {name} is null in some rows")
    counts = keys.group_by(list(table.key)).aggregate([([], "count_all")])
    if counts.num_rows < keys.num_rows:
        repeated = counts.filter(pc.greater(counts.column("count_all"), 1))
        double = repeated.select(list(table.key)).slice(0, 3).to_pylist()
        raise WarehouseError(
            f"cannot write {table.name}: {keys.num_rows - counts.num_rows} rows repeat a key that stands among them"
            f" already, such as {double}"
        )


def _check_day(table: Table, rows: pa.Table) -> None:
    """Where a column has the day, it must be that column's date."""
    name = table.day_column
    if name is None:
        return
    expected = rows.column(name)
    if pa.types.is_timestamp(expected.type):
        expected = pc.cast(pc.floor_temporal(expected, unit="day"), DATE)
    wrong = rows.filter(pc.not_equal(rows.column("day"), expected)).slice(0, 1)
    if wrong.num_rows:
        row = wrong.select([*table.key, name, *([] if "day" in table.key else ["day"])]).to_pylist()[0]
        raise WarehouseError(f"cannot write {table.name}: a row is in the wrong day (rule: {table.day_rule}): {row}")
