"""In which days a key may stand: an index of the columns by whose values rows are sought (Table.sought).

    index/<table>.<column>        what was gathered so far, rewritten when the next has grown to a share of it
    index/<table>.<column>.new    what came since, rewritten by every commit that changes the table

Keys are hashes, so a file's range of them excludes nothing: without an index, whoever seeks a row by its key reads the key
column of every day. An entry is 32 bits of a checksum of the value and 16 bits of the day. One promise is kept: a value of
a covered file is found with that file's day. It may be found with other days too (a checksum that two values share, a
row that moved or went), for entries are only ever added; who asks reads the rows and compares them anyway. Files that are not
covered are read, one column each. So an index that is lost, torn, or of another snapshot is slower, and never wrong.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.files import make_folders
from pipeline.store.manifest import StoredFile
from pipeline.tables import Table

_MAGIC = b"daybook-index-1\n"
_FIRST_DAY = date(1900, 1, 1).toordinal()  # 16 bits reach to 2079; files of other days are never covered
_LEAST_MERGED = 4096  # entries of the newer part; beyond, it may take a sixteenth of the older one

Sums: TypeAlias = npt.NDArray[np.uint32]
Days: TypeAlias = npt.NDArray[np.uint16]
Values: TypeAlias = pa.Array | pa.ChunkedArray


@dataclass(frozen=True, slots=True)
class KeyDays:
    """Checksums, ascending, beside the day of each; and the files whose values are all among them."""

    sums: Sums = field(default_factory=lambda: np.empty(0, np.uint32))
    days: Days = field(default_factory=lambda: np.empty(0, np.uint16))
    files: frozenset[str] = frozenset()

    def days_of(self, wanted: Sums) -> set[date]:
        """The days in which one of these may stand."""
        low = np.searchsorted(self.sums, wanted, "left")
        times = np.searchsorted(self.sums, wanted, "right") - low
        places = np.repeat(low - np.cumsum(times) + times, times) + np.arange(times.sum())
        return {date.fromordinal(_FIRST_DAY + day) for day in np.unique(self.days[places]).tolist()}

    def with_(self, sums: Sums, days: Days, files: Iterable[str]) -> KeyDays:
        """With more entries, each once."""
        both = np.concatenate([_pairs(self.sums, self.days), _pairs(sums, days)])
        pairs = np.unique(both)
        return KeyDays((pairs >> 16).astype(np.uint32), (pairs & 0xFFFF).astype(np.uint16), self.files.union(files))


def files_that_may_hold(
    root: Path, table: str, column: str, files: Sequence[StoredFile], values: Values
) -> list[StoredFile]:
    """Those of a table's files in which one of the values may stand in a column."""
    wanted = checksums(values)
    if not len(wanted):
        return []
    older, newer = _parts(root, table, column)
    days = older.days_of(wanted) | newer.days_of(wanted)
    return [
        file
        for file in files
        if (
            file.day in days
            if file.path in older.files or file.path in newer.files
            else np.isin(_sums_of(root / "files" / table / file.path, column), wanted).any()
        )
    ]


def cover_table(root: Path, table: Table, files: Sequence[StoredFile]) -> None:
    """Bring the indexes of a table up to its files; the caller holds the lock.

    What cannot be written is made up for by whoever asks.
    """
    for column in table.sought:
        with suppress(OSError):
            _cover(root, table.name, column, files)


def _cover(root: Path, table: str, column: str, files: Sequence[StoredFile]) -> None:
    """Bring one index up to a table's files."""
    older, newer = _parts(root, table, column)
    missing = [file for file in files if file.path not in older.files and file.path not in newer.files]
    missing = [file for file in missing if _is_kept(file.day)]
    if not missing:
        return
    sums = [_sums_of(root / "files" / table / file.path, column) for file in missing]
    days = [np.full(len(of), _number(file.day), np.uint16) for file, of in zip(missing, sums, strict=True)]
    newer = newer.with_(np.concatenate(sums), np.concatenate(days), (file.path for file in missing))
    path = _path(root, table, column)
    if len(newer.sums) > max(_LEAST_MERGED, len(older.sums) // 16):
        live = {file.path for file in files}
        merged = older.with_(newer.sums, newer.days, newer.files)
        _write(path, KeyDays(merged.sums, merged.days, merged.files & live))
        newer = KeyDays()
    _write(path.with_name(f"{path.name}.new"), newer)


def checksums(values: Values) -> Sums:
    """The distinct checksums of some texts, ascending; nulls have none."""
    texts = pc.unique(values.drop_null()).to_pylist()
    return np.unique(np.array([zlib.crc32(text.encode("utf-8", "surrogatepass")) for text in texts], np.uint32))


def _pairs(sums: Sums, days: Days) -> npt.NDArray[np.uint64]:
    return (sums.astype(np.uint64) << np.uint64(16)) | days.astype(np.uint64)


def _number(day: date | None) -> int:
    return day.toordinal() - _FIRST_DAY if day else 0


def _is_kept(day: date | None) -> bool:
    return day is not None and 0 <= _number(day) <= 0xFFFF


@lru_cache(maxsize=2048)
def _sums_of(path: Path, column: str) -> Sums:
    """The checksums of one file's column; the file never changes."""
    return checksums(pq.read_table(path, columns=[column], partitioning=None)[column])


def _path(root: Path, table: str, column: str) -> Path:
    return root / "index" / f"{table}.{column}"


def _parts(root: Path, table: str, column: str) -> tuple[KeyDays, KeyDays]:
    """The older and the newer part, in this order: what a writer moves from one to the other meanwhile is uncovered."""
    path = _path(root, table, column)
    return _stored(path), _stored(path.with_name(f"{path.name}.new"))


def _stored(path: Path) -> KeyDays:
    """What a file holds; nothing where it is missing or damaged."""
    with suppress(OSError, ValueError, KeyError):
        about = path.stat()
        return _read(path, about.st_ino, about.st_mtime_ns, about.st_size)
    return KeyDays()


@lru_cache(maxsize=64)
def _read(path: Path, _inode: int, _written_ns: int, _size: int) -> KeyDays:
    """One file: a line of magic, its checksum, then the length of the head, the head as JSON, the entries."""
    data = path.read_bytes()
    magic, rest = data[: len(_MAGIC)], data[len(_MAGIC) + 4 :]
    if magic != _MAGIC or int.from_bytes(data[len(_MAGIC) : len(_MAGIC) + 4], "little") != zlib.crc32(rest):
        raise ValueError(f"{path} is no whole index")
    size = int.from_bytes(rest[:4], "little")
    head = json.loads(rest[4 : 4 + size])
    count, body = head["count"], rest[4 + size :]
    return KeyDays(
        np.frombuffer(body, np.uint32, count),
        np.frombuffer(body, np.uint16, count, 4 * count),
        frozenset(head["files"]),
    )


def _write(path: Path, entries: KeyDays) -> None:
    """Write one file, which appears whole; what a loss of power tears its checksum tells."""
    head = json.dumps({"count": len(entries.sums), "files": sorted(entries.files)}).encode()
    rest = len(head).to_bytes(4, "little") + head + entries.sums.tobytes() + entries.days.tobytes()
    make_folders(path.parent)
    unfinished = path.with_name(f".{path.name}")  # one name suffices under the lock
    unfinished.write_bytes(_MAGIC + zlib.crc32(rest).to_bytes(4, "little") + rest)
    unfinished.replace(path)
