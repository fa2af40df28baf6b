"""The manifest: the truth about one snapshot, as JSON that any language can read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from pipeline.errors import WarehouseCorrupt
from pipeline.tables import SCHEMA_VERSION

MANIFEST = "_manifest.json"
FORMAT = 1

Bound = str | int
Ranges = Mapping[str, tuple[Bound, Bound]]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """One immutable Parquet file.

    Attributes:
        path: Below `files/<table>/` and below `<snapshot>/<table>/` alike, e.g. `day=2026-03-02/articles-….parquet`.
        day: Its partition; None where the table is not partitioned.
        schema: Id of the columns it was written with (parquet.schema_id).
        ranges: Least and greatest value of the key columns and of a few others; instants as ISO text in microseconds.
    """

    path: str
    day: date | None
    rows: int
    bytes: int
    sha256: str
    schema: str
    ranges: Ranges


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTable:
    """A table's files in one snapshot; `version` is the number of the snapshot that last changed them."""

    version: int
    files: tuple[StoredFile, ...]

    @property
    def rows(self) -> int:
        """Rows in all files."""
        return sum(file.rows for file in self.files)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a snapshot holds. Number 0 is the empty warehouse before the first commit."""

    snapshot: int
    recorded_at: datetime
    parent: int | None = None
    closed_days: frozenset[date] = frozenset()
    tables: Mapping[str, StoredTable] = field(default_factory=dict)
    added: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    removed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    schema_version: int = SCHEMA_VERSION

    def files(self, table: str) -> tuple[StoredFile, ...]:
        """A table's files; none where nothing was ever written."""
        stored = self.tables.get(table)
        return stored.files if stored else ()

    def to_json(self) -> str:
        """The manifest as it is written."""
        document = {
            "format": FORMAT,
            "snapshot": self.snapshot,
            "parent": self.parent,
            "recorded_at": self.recorded_at.astimezone(UTC).isoformat(),
            "schema_version": self.schema_version,
            "closed_days": sorted(day.isoformat() for day in self.closed_days),
            "tables": {
                name: {"version": table.version, "rows": table.rows, "files": [_file_record(f) for f in table.files]}
                for name, table in sorted(self.tables.items())
            },
            "added": {name: list(paths) for name, paths in sorted(self.added.items())},
            "removed": {name: list(paths) for name, paths in sorted(self.removed.items())},
        }
        return json.dumps(document) + "\n"  # without indent: ten times as fast, and thousands of files stand in it


EMPTY = Manifest(snapshot=0, recorded_at=datetime(1970, 1, 1, tzinfo=UTC))


def _file_record(file: StoredFile) -> dict[str, object]:
    return {
        "path": file.path,
        "day": file.day.isoformat() if file.day else None,
        "rows": file.rows,
        "bytes": file.bytes,
        "sha256": file.sha256,
        "schema": file.schema,
        "ranges": {name: list(bounds) for name, bounds in file.ranges.items()},
    }


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a snapshot's folder.

    Raises:
        WarehouseCorrupt: the file is no manifest, or one of a newer format.
        OSError: it cannot be read.
    """
    path = folder / MANIFEST
    about = path.stat()
    return _read(path, about.st_mtime_ns, about.st_size)


@lru_cache(maxsize=8)
def _read(path: Path, _written_ns: int, _size: int) -> Manifest:
    """A manifest never changes; its time and size are asked all the same, in case that somebody's hand did."""
    try:
        return _parse(json.loads(path.read_bytes()))
    except (ValueError, KeyError, TypeError) as error:
        raise WarehouseCorrupt(f"{path} is no manifest of format {FORMAT} ({error}); use an older snapshot") from error


def _parse(document: Mapping[str, Any]) -> Manifest:
    if document["format"] != FORMAT:
        raise ValueError(f"it has format {document['format']}")
    return Manifest(
        snapshot=document["snapshot"],
        parent=document["parent"],
        recorded_at=datetime.fromisoformat(document["recorded_at"]),
        schema_version=document["schema_version"],
        closed_days=frozenset(date.fromisoformat(day) for day in document["closed_days"]),
        tables={
            name: StoredTable(version=table["version"], files=tuple(_parse_file(f) for f in table["files"]))
            for name, table in document["tables"].items()
        },
        added={name: tuple(paths) for name, paths in document["added"].items()},
        removed={name: tuple(paths) for name, paths in document["removed"].items()},
    )


def _parse_file(record: Mapping[str, Any]) -> StoredFile:
    return StoredFile(
        path=record["path"],
        day=date.fromisoformat(record["day"]) if record["day"] else None,
        rows=record["rows"],
        bytes=record["bytes"],
        sha256=record["sha256"],
        schema=record["schema"],
        ranges={name: (low, high) for name, (low, high) in record["ranges"].items()},
    )
