"""A manifest that is lost or cut, read back: files from the snapshot's links, the rest from what its views file says of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from pipeline.errors import WarehouseCorrupt
from pipeline.files import sha256_of
from pipeline.store.manifest import Manifest, StoredFile, StoredTable
from pipeline.store.parquet import ranges, schema_id_of
from pipeline.store.seal import VIEWS_FILE
from pipeline.store.table_sources import duckdb_config
from pipeline.tables import TABLES, Table


def derive_manifest(root: Path, snapshot: Path) -> Manifest:
    """Derive a snapshot's manifest anew.

    What was added and removed against the parent is not told any more.

    Raises:
        WarehouseCorrupt: the views file is gone too, or the rows are not as many as it says: a link or a file is missing.
    """
    try:
        about = _meta(snapshot)
    except (duckdb.Error, OSError) as error:
        raise WarehouseCorrupt(
            f"the manifest of {snapshot} is lost, and so are its views; restore both from a backup"
        ) from error
    tables = {}
    for name, rows in about["row_counts"].items():
        folder = (snapshot / name).resolve()
        table = StoredTable(
            version=int(folder.name), files=tuple(sorted(_files(TABLES[name], folder), key=lambda f: f.path))
        )
        if table.rows != rows:
            raise WarehouseCorrupt(
                f"{folder} has {table.rows} rows and should have {rows}; the manifest of {snapshot} is lost"
            )
        tables[name] = table
    return Manifest(
        snapshot=about["snapshot"],
        parent=about["parent"],
        recorded_at=about["recorded_at"],
        closed_days=frozenset(about["closed_days"]),
        tables=tables,
        schema_version=about["schema_version"],
    )


def _meta(snapshot: Path) -> dict[str, Any]:
    with duckdb.connect(str(snapshot / VIEWS_FILE), read_only=True, config=duckdb_config()) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        row: dict[str, Any] = connection.sql("SELECT * FROM _meta").to_arrow_table().to_pylist()[0]
    return {**row, "row_counts": dict(row["row_counts"])}


def _files(table: Table, folder: Path) -> Iterator[StoredFile]:
    pattern = "day=*/*.parquet" if table.day_rule else "*.parquet"
    for path in folder.glob(pattern):
        day = date.fromisoformat(path.parent.name.removeprefix("day=")) if table.day_rule else None
        schema = pq.read_schema(path)
        rows = pq.read_table(
            path, columns=[name for name in table.schema.names if name in schema.names], partitioning=None
        )
        yield StoredFile(
            path=path.relative_to(folder).as_posix(),
            day=day,
            rows=rows.num_rows,
            bytes=path.stat().st_size,
            sha256=sha256_of(path),
            schema=schema_id_of(schema),
            ranges=ranges(table, rows),
        )
