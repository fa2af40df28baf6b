"""Disk: what the warehouse takes of it, and what a day adds."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path

from pipeline.store.snapshot import Snapshot

_DAYS_OF_GROWTH = 7
_FOLDERS = ("files", "digests", "_staging", "versions", "snapshots")


def measure_disk(root: Path) -> dict[str, int]:
    """Bytes below each folder of the warehouse; a file with several names counts in the first folder that has it."""
    seen: set[tuple[int, int]] = set()
    sizes = {name.lstrip("_"): _bytes_below(root / name, seen) for name in _FOLDERS}
    sizes["snapshots"] += sizes.pop("versions")  # versions of tables are what snapshots are put together from
    return {**sizes, "total": sum(sizes.values())}


def measure_inodes(root: Path) -> dict[str, int]:
    """How many files, folders and links the warehouse has, and how many more the file system can take (0 where it does not count)."""
    seen = {
        (found.st_dev, found.st_ino)
        for parent, folders, names in os.walk(root)
        for name in (*folders, *names)
        for found in _about(parent, name)
    }
    return {"used": len(seen), "free": os.statvfs(root).f_favail}


def _about(parent: str, name: str) -> Iterator[os.stat_result]:
    with suppress(FileNotFoundError):  # collected meanwhile
        yield os.lstat(os.path.join(parent, name))  # noqa: PTH118 (a hundred thousand names)


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


def _bytes_below(folder: Path, seen: set[tuple[int, int]]) -> int:
    """Bytes of the files below a folder that were not counted yet; links to folders are not followed."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                found = os.lstat(os.path.join(parent, name))  # noqa: PTH118 (a hundred thousand names)
            except FileNotFoundError:  # collected meanwhile
                continue
            if (key := (found.st_dev, found.st_ino)) not in seen:
                seen.add(key)
                total += found.st_size
    return total
