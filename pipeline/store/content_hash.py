"""The content hash: one number for what the warehouse knows, however and whenever it came to know it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.store.snapshot import Snapshot, declared_table
from pipeline.tables import TABLES, Table

_BATCH_ROWS = 4096

Columns = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableHash:
    """What one table holds.

    Attributes:
        kind: `facts` (a part of the content hash), `derived` (internal: counted or read anew from pages and facts), or
            `record` (what was asked, what came and how runs went; two ways to the same facts may leave different ones).
        sha256: Over the table's line of names and row count and its sorted rows, hex.
    """

    table: str
    kind: str
    rows: int
    sha256: str


def hash_content(snapshot: Snapshot) -> str:
    """SHA-256 over the rows of the hashed tables, without their processing columns.

    Each row is one line of JSON: its content columns in declared order, then `day`; instants are microseconds since
    1970, dates ISO, bytes hex, floats their shortest exact form, maps their pairs by key. The lines' own hashes are
    sorted, so neither the order of rows nor their spread over files matters, and no library's encoding is part of it.
    """
    total = hashlib.sha256()
    for table in TABLES.values():
        if table.hashed:
            for part in _parts(table, _content_of(table), _lines(snapshot, table, _content_of(table))):
                total.update(part)
    return total.hexdigest()


def hash_tables(snapshot: Snapshot, columns: Columns) -> list[TableHash]:
    """What each of some tables holds in some of its columns, in the same encoding; tables in the order given.

    Raises:
        UsageError: no such table or column.
    """
    hashes = []
    for name, names in columns.items():
        table = declared_table(name)
        lines = _lines(snapshot, table, names)
        total = hashlib.sha256()
        for part in _parts(table, names, lines):
            total.update(part)
        hashes.append(TableHash(table=name, kind=_kind(table), rows=len(lines), sha256=total.hexdigest()))
    return hashes


def content_columns() -> dict[str, list[str]]:
    """The columns of every declared table that say what is known, `day` last, as `hash_tables` takes them."""
    return {name: _content_of(table) for name, table in TABLES.items()}


def _content_of(table: Table) -> list[str]:
    return [*table.content_columns, *(["day"] if table.day_rule else [])]


def _kind(table: Table) -> str:
    if table.hashed:
        return "facts"
    return "derived" if table.internal else "record"


def _parts(table: Table, names: Sequence[str], lines: list[bytes]) -> Iterator[bytes]:
    """What goes into the hash of a table."""
    yield f"{table.name} {' '.join(names)} {len(lines)}\n".encode()
    yield from lines


def _lines(snapshot: Snapshot, table: Table, names: Sequence[str]) -> list[bytes]:
    return sorted(_line_hashes(snapshot, table, names))


def _line_hashes(snapshot: Snapshot, table: Table, names: Sequence[str]) -> Iterator[bytes]:
    """One hash a row, day by day so that not all texts are in memory at once."""
    days = sorted({file.day for file in snapshot.manifest.files(table.name) if file.day}) if table.day_rule else [None]
    for day in days:
        rows = snapshot.read(table.name, columns=names, days=[day] if day else None).select(names)
        for batch in rows.to_batches(max_chunksize=_BATCH_ROWS):
            for values in zip(*map(_plain, batch.columns), strict=True):
                line = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
                yield hashlib.sha256(line.encode("utf-8", "surrogatepass")).digest()


def _plain(column: pa.Array) -> list[Any]:
    """A column's values, of types that JSON has one way of writing."""
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.int64())
    elif pa.types.is_date(column.type):
        column = column.cast(pa.string())
    elif pa.types.is_floating(column.type):  # -0.0 and 0.0 are one number
        column = pc.add(column, 0.0)
    values: list[Any] = column.to_pylist()
    if pa.types.is_binary(column.type):
        return [None if value is None else value.hex() for value in values]
    if pa.types.is_map(column.type):  # which has no order of its own
        return [None if pairs is None else sorted(pairs) for pairs in values]
    return values
