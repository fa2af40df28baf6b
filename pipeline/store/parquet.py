"""Parquet files: how they are written (immutable, named by their content) and read back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from pipeline.errors import WarehouseCorrupt
from pipeline.files import fsync, make_folders, remove, sha256_of
from pipeline.store.manifest import Bound, StoredFile
from pipeline.tables import DATE, Table

COMPRESSION_LEVEL = 3  # 33.4 MB and 1.2 s for a day of 33k articles; 9 saves a sixth and takes three times as long
COMPACT_LEVEL = 9
_GROUP_ROWS = 32_768
_GROUP_BYTES = 64 * 1024 * 1024  # rows with bodies are large: a reader must not need gigabytes for one row group
_RANGED = (
    "day", "window_start", "window_end", "version_window_start", "published_at", "recorded_at", "digest_date",
)  # fmt: skip


def schema_id(table: Table) -> str:
    """A short name for the columns a table's files are written with: names, types and nullability, in order."""
    return schema_id_of(table.schema)


def schema_id_of(schema: pa.Schema) -> str:
    """The same of the columns that a file has."""
    lines = "\n".join(f"{f.name} {f.type} {f.nullable}" for f in schema)
    return hashlib.sha256(lines.encode()).hexdigest()[:12]


def schema_of_read(table: Table) -> pa.Schema:
    """The columns of a table as they come out of a Parquet file, where the items of lists have another name.

    Equal to Arrow, but not the same bytes: files of before were written with whichever the rows had.
    """
    return pa.schema(
        [
            f.with_type(pa.list_(pa.field("element", f.type.value_type))) if pa.types.is_list(f.type) else f
            for f in table.schema
        ]
    )


def write_file(
    folder: Path,
    table: Table,
    day: date | None,
    rows: pa.Table,
    *,
    level: int = COMPRESSION_LEVEL,
    schema: pa.Schema | None = None,
) -> tuple[StoredFile, bool]:
    """Write rows, sorted by key, to a new file that gets its name only when it is whole and on the disk.

    The name carries the hash of the bytes: the same rows give the same file, and no name ever stands for two contents.

    Args:
        folder: `files/<table>`.
        day: The partition, or None.
        rows: Rows of that day; a `day` column is left out of the file.
        level: zstd level.
        schema: The table's, or `schema_of_read`; None takes the table's.
    Returns:
        The file, and whether it is new (False: it was there already, left by an earlier snapshot or a killed run).
    Raises:
        OSError: it could not be written; the temporary file is removed where possible.
    """
    rows = rows.sort_by([(name, "ascending") for name in table.key if name in table.schema.names])
    place = folder / f"day={day.isoformat()}" if day else folder
    make_folders(place)
    unfinished = place / ".unfinished"  # one name suffices under the lock, and what a killed run left is overwritten
    try:
        _write(unfinished, rows.select(table.schema.names).cast(schema or table.schema), level)
        fsync(unfinished)
        digest = sha256_of(unfinished)
        stem = f"{table.name}-{day.isoformat()}" if day else table.name
        final = place / f"{stem}-{digest[:20]}.parquet"
        size = unfinished.stat().st_size
        is_new = not (final.is_file() and final.stat().st_size == size)
        if is_new:
            unfinished.replace(final)
            fsync(place)
    finally:
        remove(unfinished)
    stored = StoredFile(
        path=final.relative_to(folder).as_posix(),
        day=day,
        rows=rows.num_rows,
        bytes=size,
        sha256=digest,
        schema=schema_id(table),
        ranges=ranges(table, rows),
    )
    return stored, is_new


def _write(path: Path, rows: pa.Table, level: int) -> None:
    """Write one file in row groups bounded by rows and by bytes."""
    per_row = max(1, rows.nbytes // max(1, rows.num_rows))
    group = max(1, min(_GROUP_ROWS, _GROUP_BYTES // per_row))
    pq.write_table(rows, path, compression="zstd", compression_level=level, row_group_size=group)


def ranges(table: Table, rows: pa.Table) -> dict[str, tuple[Bound, Bound]]:
    """Least and greatest value of the key columns and the usual dates, where there is one."""
    found: dict[str, tuple[Bound, Bound]] = {}
    for name in dict.fromkeys((*table.key, *_RANGED)):
        if name not in rows.column_names:
            continue
        bounds = pc.min_max(rows.column(name)).as_py()
        if bounds["min"] is not None:
            found[name] = (bound(bounds["min"]), bound(bounds["max"]))
    return found


def bound(value: object) -> Bound:
    """A value as the manifest keeps it: of one order with the values themselves."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    return value if isinstance(value, int) else str(value)


def raw_bytes(path: Path) -> int:
    """How many bytes a file's rows take once decompressed.

    Raises:
        OSError: the file is gone or cannot be read.
    """
    about = pq.read_metadata(path)
    return sum(about.row_group(n).total_byte_size for n in range(about.num_row_groups))


def dataset(folder: Path, table: Table, files: Iterable[StoredFile]) -> ds.Dataset:
    """Files of one table as a dataset with the row schema; a column that old files lack is null."""
    form = ds.ParquetFileFormat()
    system = pa.fs.LocalFileSystem()
    fragments = [
        form.make_fragment(
            str(folder / file.path),
            filesystem=system,
            partition_expression=(pc.field("day") == pa.scalar(file.day, DATE)) if file.day else None,
        )
        for file in files
    ]
    return ds.FileSystemDataset(fragments, table.row_schema, form, system)


def read_rows(folder: Path, table: Table, file: StoredFile, columns: Sequence[str] | None = None) -> pa.Table:
    """All rows of one file, in the file's order, with the row schema, or those columns of it.

    Raises:
        WarehouseCorrupt: the file is no Parquet any more.
    """
    names = table.row_schema.names if columns is None else list(columns)
    try:
        rows = dataset(folder, table, [file]).to_table(columns=names)
    except pa.ArrowInvalid as error:
        raise WarehouseCorrupt(
            f"cannot read {folder / file.path}: {str(error).splitlines()[0]}; run `daybook warehouse verify`"
        ) from error
    return rows.cast(pa.schema([table.row_schema.field(name) for name in names]))


def by_day(table: Table, rows: pa.Table) -> Iterator[tuple[date | None, pa.Table]]:
    """The rows split by day, in order of day; one part without a day for a table that has none."""
    if not table.day_rule:
        if rows.num_rows:
            yield None, rows
        return
    days = sorted(rows.column("day").unique().to_pylist())
    if len(days) == 1:  # the usual case, and rows with bodies are not copied for nothing
        yield days[0], rows
        return
    for day in days:
        yield day, rows.filter(pc.equal(rows.column("day"), pa.scalar(day, DATE)))
