"""The manifest: the truth about one snapshot, as JSON that any language can read.

Of a table's files, those of its newest month stand in `_manifest.json` itself. Each month before it is a part, a file
`manifests/<sha256>.json` that is written once, for closed months hardly ever change: a commit writes what it touches.
A manifest without parts is of format 1, one with parts of format 2.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from pipeline.errors import WarehouseCorrupt
from pipeline.files import appearing, write_bytes
from pipeline.tables import SCHEMA_VERSION

MANIFEST = "_manifest.json"
PARTS = "manifests"
FORMAT = 1
FORMAT_IN_PARTS = 2
_HEAD_BYTES = 512
_RECORDED_AT = re.compile(rb'"recorded_at": "(?P<instant>[0-9T:.+-]{19,40})"')

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
    """A table's files in one snapshot.

    Attributes:
        version: The number of the snapshot that last changed them.
        files: All of them, by path.
        parts: Of a table that was read: where its earlier months are written, as the manifest has it.
    """

    version: int
    files: tuple[StoredFile, ...]
    parts: tuple[Mapping[str, Any], ...] | None = field(default=None, compare=False, repr=False)

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
        """The whole manifest in one document."""
        tables = {name: _table_record(table, table.files) for name, table in sorted(self.tables.items())}
        return self._document(FORMAT, tables)

    def _document(self, form: int, tables: Mapping[str, object]) -> str:
        document = {
            "format": form,
            "snapshot": self.snapshot,
            "parent": self.parent,
            "recorded_at": self.recorded_at.astimezone(UTC).isoformat(),
            "schema_version": self.schema_version,
            "closed_days": sorted(day.isoformat() for day in self.closed_days),
            "tables": tables,
            "added": {name: list(paths) for name, paths in sorted(self.added.items())},
            "removed": {name: list(paths) for name, paths in sorted(self.removed.items())},
        }
        return json.dumps(document) + "\n"  # without indent: ten times as fast, and thousands of files stand in it


EMPTY = Manifest(snapshot=0, recorded_at=datetime(1970, 1, 1, tzinfo=UTC))


def write_manifest(root: Path, folder: Path, manifest: Manifest) -> Iterator[Path]:
    """Write a manifest into a snapshot's folder, and those of its parts that are not there yet.

    Yields:
        Each part that was written: it goes again if the snapshot is not published.
    Raises:
        OSError: it cannot be written.
    """
    tables = {}
    for name, table in sorted(manifest.tables.items()):
        inline, months = _by_month(table)
        # A manifest that was read knows its parts; they stand where it was read, which a copy's folder is not.
        parts = list(table.parts or ())
        if not all(part_path(root, part["sha256"]).is_file() for part in parts):
            parts = []
        for month, files in () if parts else sorted(months.items()):
            data = _part_bytes(name, month, files)
            sha256 = hashlib.sha256(data).hexdigest()
            path = part_path(root, sha256)
            if not path.is_file():
                with appearing(path) as unfinished:
                    unfinished.write_bytes(data)
                yield path
            parts.append({"month": month, "sha256": sha256, "files": len(files), "rows": sum(f.rows for f in files)})
        tables[name] = _table_record(table, inline) | ({"parts": parts} if parts else {})
    is_whole = not any("parts" in record for record in tables.values())
    text = manifest._document(FORMAT if is_whole else FORMAT_IN_PARTS, tables)
    write_bytes(folder / MANIFEST, text.encode())


def part_path(root: Path, sha256: str) -> Path:
    """Where a part of a manifest lies."""
    return root / PARTS / f"{sha256}.json"


def parts_of(manifest: Manifest) -> frozenset[str]:
    """The SHA-256 of every part of a manifest that was read."""
    return frozenset(part["sha256"] for table in manifest.tables.values() for part in table.parts or ())


def _by_month(table: StoredTable) -> tuple[list[StoredFile], dict[str, list[StoredFile]]]:
    """A table's files of its newest month, and those of each month before it."""
    months: dict[str, list[StoredFile]] = {}
    for file in table.files:
        months.setdefault(month_of(file), []).append(file)
    newest = months.pop(max(months, default=""), [])
    return newest, months


def _part_bytes(table: str, month: str, files: Iterable[StoredFile]) -> bytes:
    """A part as it is written."""
    records = ", ".join(_file_text(file) for file in files)
    return f'{{"format": {FORMAT_IN_PARTS}, "table": "{table}", "month": "{month}", "files": [{records}]}}\n'.encode()


def month_of(file: StoredFile) -> str:
    """The month of a file's day, e.g. `2026-03`; empty without a day. Thousands are asked in each commit."""
    return file.path[4:11] if file.day else ""


def _table_record(table: StoredTable, files: Iterable[StoredFile]) -> dict[str, Any]:
    return {"version": table.version, "rows": table.rows, "files": [_file_record(file) for file in files]}


_TEXTS: dict[str, str] = {}
_MOST_TEXTS = 50_000


def _file_text(file: StoredFile) -> str:
    """A file's record as JSON, made once: its path holds the hash of its bytes, so that nothing of it ever changes."""
    if file.path not in _TEXTS:
        if len(_TEXTS) >= _MOST_TEXTS:
            _TEXTS.clear()
        _TEXTS[file.path] = json.dumps(_file_record(file))
    return _TEXTS[file.path]


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


def read_recorded_at(folder: Path) -> datetime:
    """When a snapshot was recorded, from the first lines of its manifest: of hundreds of snapshots only that is asked.

    Raises:
        WarehouseCorrupt: the file is no manifest.
        OSError: it cannot be read.
    """
    with (folder / MANIFEST).open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if told := _RECORDED_AT.search(head):
        return datetime.fromisoformat(told["instant"].decode())
    return read_manifest(folder).recorded_at


@lru_cache(maxsize=8)
def _read(path: Path, _written_ns: int, _size: int) -> Manifest:
    """A manifest never changes; its time and size are asked all the same, in case that somebody's hand did."""
    try:
        return _parse(json.loads(path.read_bytes()), path.parent.parent.parent)
    except (ValueError, KeyError, TypeError) as error:
        raise WarehouseCorrupt(
            f"{path} is no manifest of format {FORMAT} or {FORMAT_IN_PARTS} ({error}); run `daybook warehouse repair`, which"
            " writes it anew where it can"
        ) from error


def _parse(document: Mapping[str, Any], root: Path) -> Manifest:
    if document["format"] not in (FORMAT, FORMAT_IN_PARTS):
        raise ValueError(f"it has format {document['format']}")
    return Manifest(
        snapshot=document["snapshot"],
        parent=document["parent"],
        recorded_at=datetime.fromisoformat(document["recorded_at"]),
        schema_version=document["schema_version"],
        closed_days=frozenset(date.fromisoformat(day) for day in document["closed_days"]),
        tables={name: _parse_table(table, root) for name, table in document["tables"].items()},
        added={name: tuple(paths) for name, paths in document["added"].items()},
        removed={name: tuple(paths) for name, paths in document["removed"].items()},
    )


def _parse_table(record: Mapping[str, Any], root: Path) -> StoredTable:
    parts = tuple(record.get("parts", ()))
    files = [file for part in parts for file in _read_part(part_path(root, part["sha256"]), part["sha256"])]
    files += [_parse_file(file) for file in record["files"]]
    return StoredTable(version=record["version"], files=tuple(sorted(files, key=lambda f: f.path)), parts=parts or None)


@lru_cache(maxsize=4096)
def _read_part(path: Path, sha256: str) -> tuple[StoredFile, ...]:
    """The files of a part, whose name proves its bytes."""
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ValueError(f"{path} is not the part that it is named for")
    return tuple(_parse_file(file) for file in json.loads(data)["files"])


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
