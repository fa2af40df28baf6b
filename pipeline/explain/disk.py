"""Disk: what the warehouse takes of it, and what a day adds."""

from __future__ import annotations

import os
from collections.abc import Container
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pipeline.store.snapshot import Snapshot

_DAYS_OF_GROWTH = 7
_FOLDERS = ("files", "digests", "_staging", "versions", "snapshots")


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """What a warehouse takes of the disk.

    Attributes:
        bytes: Of the files below each of its folders, and `total`; a file with several names counts in the first folder that has it.
        used: How many files, folders and links it has.
        free: How many more of them the file system can take; 0 where it does not count.
    """

    bytes: dict[str, int]
    used: int
    free: int


def measure_disk(root: Path) -> Disk:
    """Look at every file, folder and link of the warehouse, once; links are not followed."""
    seen: set[tuple[int, int]] = set()
    sizes = dict.fromkeys(_FOLDERS, 0)
    for name in sizes:
        sizes[name] = _bytes_below(root / name, seen)
    _bytes_below(root, seen, passing_over=_FOLDERS)
    total = sum(sizes.values())
    sizes["snapshots"] += sizes.pop("versions")  # versions of tables are what snapshots are put together from
    told = {name.lstrip("_"): size for name, size in sizes.items()}
    return Disk(bytes={**told, "total": total}, used=len(seen), free=os.statvfs(root).f_favail)


def bytes_a_day(snapshot: Snapshot) -> int:
    """What the rows of a day take on average, over the last seven days that have any."""
    sizes = row_bytes(snapshot)
    last = sorted(day for day in sizes if day)[-_DAYS_OF_GROWTH:]
    return sum(sizes[day] for day in last) // max(1, len(last))


def row_bytes(snapshot: Snapshot) -> dict[date | None, int]:
    """What the rows of each day take, of which nothing but the manifest is read; under None those of tables without days."""
    sizes: dict[date | None, int] = {}
    for table in snapshot.manifest.tables.values():
        for file in table.files:
            sizes[file.day] = sizes.get(file.day, 0) + file.bytes
    return sizes


def _bytes_below(folder: Path, seen: set[tuple[int, int]], *, passing_over: Container[str] = ()) -> int:
    """Bytes of the files below a folder that were not seen yet; what was seen is noted.

    Args:
        passing_over: Names in the folder itself whose insides were looked at already.
    """
    total, ahead = 0, [(os.fspath(folder), passing_over)]
    while ahead:
        path, passed = ahead.pop()
        with suppress(FileNotFoundError), os.scandir(path) as entries:  # a hundred thousand names; collected meanwhile
            for entry in entries:
                with suppress(FileNotFoundError):
                    found = entry.stat(follow_symlinks=False)
                    if entry.is_dir(follow_symlinks=False) and entry.name not in passed:
                        ahead.append((entry.path, ()))
                    if (key := (found.st_dev, found.st_ino)) not in seen:
                        seen.add(key)
                        total += found.st_size if entry.is_file(follow_symlinks=False) else 0
    return total
