"""A lost or damaged file made again from rows that somebody derives: it is taken only if it has the very bytes that were written.

The manifest knows each file's SHA-256, and equal rows written by equal code are equal bytes. So nothing has to be believed of
how the rows were had: a single one too many, or one letter that differs, and the file stays lost. What another version of
Parquet's writer wrote is made again by the Daybook that wrote it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import product
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.files import fsync, make_folders, remove
from pipeline.store.manifest import StoredFile
from pipeline.store.parquet import COMPACT_LEVEL, COMPRESSION_LEVEL, bound, schema_of_read, write_file
from pipeline.store.snapshot import Snapshot
from pipeline.tables import Table
from pipeline.tables.rows import rows_with

# Gives rows that a table's file may have held, several guesses where it is not known; its snapshot names no lost file.
Derive = Callable[[Snapshot, str, StoredFile], Iterable[pa.Table]]

# What can be derived, each from whole files of those before it.
DERIVED = ("extractions", "articles", "article_history")

_SCRATCH = "_staging/repair"


def make_again(root: Path, table: Table, file: StoredFile, guesses: Iterable[pa.Table]) -> Path | None:
    """Write what a file may have held until it is the file.

    Args:
        guesses: Rows with the row schema; of those the ones within the file's ranges are taken.
    Returns:
        The file under another name, its bytes proven; None where none of the guesses gives it.
    """
    scratch = root / _SCRATCH
    damaged = root / "files" / table.name / file.path
    for guess in guesses:
        for rows in _variants(table, file, guess, damaged):
            for level, schema in product((COMPRESSION_LEVEL, COMPACT_LEVEL), (table.schema, schema_of_read(table))):
                make_folders(scratch)
                stored, _ = write_file(scratch, table, file.day, rows, level=level, schema=schema)
                if (stored.sha256, stored.path) == (file.sha256, file.path):
                    return scratch / stored.path
                remove(scratch)
    return None


def put_back(root: Path, made: Path, place: Path) -> None:
    """Move a file that was made again to where it belongs."""
    make_folders(place.parent)
    made.replace(place)
    fsync(place.parent)
    remove(root / _SCRATCH)


def _variants(table: Table, file: StoredFile, derived: pa.Table, damaged: Path) -> Iterator[pa.Table]:
    """The derived rows; then the damaged file's own, as derived in one column after another: it is seldom more that is damaged."""
    derived = within(table, file, derived)
    if derived.num_rows == file.rows:
        yield derived
    kept = _decodable(table, damaged)
    if not kept or any(column.length() != file.rows for column in kept.values()):
        return
    derived = _in_order_of(table, kept, derived)
    if derived.num_rows != file.rows:
        return
    lost = [name for name in table.schema.names if name not in kept]
    for name in table.schema.names if not lost else [lost[0]]:
        replaced = {*lost, name}
        columns = [derived[n] if n in replaced else kept[n] for n in table.schema.names]
        whole = pa.table(columns, schema=table.schema)
        yield whole.append_column(table.row_schema.field("day"), derived["day"]) if table.day_rule else whole


def _decodable(table: Table, path: Path) -> dict[str, pa.ChunkedArray]:
    """The columns of a damaged file that can be read still, right or wrong; none where it is gone."""
    kept = {}
    for field in table.schema:
        try:
            with pq.ParquetFile(path) as parquet:
                column = parquet.read(columns=[field.name])[field.name]
            column.validate(full=True)
            kept[field.name] = column.cast(field.type)
        except (OSError, KeyError, ValueError, pa.ArrowException):
            continue
    return kept


def _in_order_of(table: Table, kept: dict[str, pa.ChunkedArray], derived: pa.Table) -> pa.Table:
    """The derived rows whose keys a damaged file holds, in its order, which is that of the keys."""
    for name in table.key:
        if name in kept:
            derived = rows_with(derived, name, kept[name])
    return derived.sort_by([(name, "ascending") for name in table.key])


def within(table: Table, file: StoredFile, rows: pa.Table) -> pa.Table:
    """The rows that lie between the least and the greatest values which the manifest knows of a file."""
    for name, (low, high) in file.ranges.items():
        if name not in rows.schema.names or not rows.num_rows:
            continue
        values = [None if value is None else bound(value) for value in rows[name].to_pylist()]
        fits = [value is None or low <= value <= high for value in values]  # type: ignore[operator]
        rows = rows.filter(pa.array(fits, pa.bool_()))
    return rows
