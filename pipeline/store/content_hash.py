"""The content hash: one number for what the warehouse knows, however and whenever it came to know it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.store.snapshot import Snapshot
from pipeline.tables import TABLES, Table

_BATCH_ROWS = 4096


def hash_content(snapshot: Snapshot) -> str:
    """SHA-256 over the rows of the hashed tables, without their processing columns.

    Each row is one line of JSON: its content columns in declared order, then `day`; instants are microseconds since
    1970, dates ISO, bytes hex, floats their shortest exact form. The lines' own hashes are sorted, so neither the order
    of rows nor their spread over files matters, and no library's encoding is part of it.
    """
    total = hashlib.sha256()
    for table in TABLES.values():
        if not table.hashed:
            continue
        names = [*table.content_columns, *(["day"] if table.day_rule else [])]
        lines = sorted(_line_hashes(snapshot, table, names))
        total.update(f"{table.name} {' '.join(names)} {len(lines)}\n".encode())
        for line in lines:
            total.update(line)
    return total.hexdigest()


def _line_hashes(snapshot: Snapshot, table: Table, names: list[str]) -> Iterator[bytes]:
    """One hash a row, day by day so that not all texts are in memory at once."""
    days = sorted({file.day for file in snapshot.manifest.files(table.name) if file.day}) if table.day_rule else [None]
    for day in days:
        rows = snapshot.read(table.name, columns=names, days=[day] if day else None).select(names)
        for batch in rows.to_batches(max_chunksize=_BATCH_ROWS):
            columns = [_plain(column).to_pylist() for column in batch.columns]
            for values in zip(*columns, strict=True):
                line = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
                yield hashlib.sha256(line.encode("utf-8", "surrogatepass")).digest()


def _plain(column: pa.Array) -> pa.Array:
    """A column in types that JSON has one way of writing."""
    if pa.types.is_timestamp(column.type):
        return column.cast(pa.int64())
    if pa.types.is_date(column.type):
        return column.cast(pa.string())
    if pa.types.is_binary(column.type):
        return pa.array([None if value is None else value.hex() for value in column.to_pylist()], pa.string())
    if pa.types.is_floating(column.type):  # -0.0 and 0.0 are one number
        return pc.add(column, 0.0)
    return column
