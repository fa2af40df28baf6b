"""Versions: a table as one snapshot left it, a folder of links to its days.

    files/<table>/day=D/…parquet                the rows, each file written once
    days/<table>/day=D/<name>/…parquet          hard links: one day's files; the name is a hash of theirs
    versions/<table>/<n>/day=D -> ../../../days/<table>/day=D/<name>
    empty/<table>-<schema>/day=1970-01-01/…     a file with the table's columns and no row

A day that did not change keeps its link: the new version has it as a further name of the same link, which costs no inode and
forces nothing to the disk. A table without days has its files in the version itself.
"""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pyarrow.parquet as pq

from pipeline.files import fsync, link_or_copy, make_folders, remove
from pipeline.store.manifest import StoredFile, StoredTable
from pipeline.store.parquet import schema_id
from pipeline.tables import Table

_NO_DAY = "day=1970-01-01"


def version_path(root: Path, table: str, number: int) -> Path:
    """The folder of a table as one snapshot left it."""
    return root / "versions" / table / str(number)


def make_version(root: Path, name: str, table: StoredTable, before: StoredTable | None) -> Iterator[Path]:
    """Link a table's days, those that did not change as they are linked in the version before; what stood there is removed.

    Yields:
        Each folder of a day that was made for it: it goes again if the version is not published.
    """
    version = version_path(root, name, table.version)
    remove(version)
    make_folders(version)
    days = by_folder(table.files)
    wanted = set(days)
    if before is not None:
        then = by_folder(before.files)
        kept = {folder for folder in days if then.get(folder) == days[folder]}
        wanted -= _carry_over(version_path(root, name, before.version), version, kept)
    for folder in sorted(wanted):
        yield from _link_day(root, name, version, folder, days[folder])
    fsync(version)
    fsync(version.parent)


def empty_version(root: Path, table: Table) -> Path:
    """The folder of a table without rows: readers find its columns there. It is made when it or its file is missing."""
    folder = root / "empty" / f"{table.name}-{schema_id(table)}"
    if not shows_columns(folder):
        remove(folder)
        unfinished = folder.with_name(f".{folder.name}")
        remove(unfinished)
        place = unfinished / _NO_DAY if table.day_rule else unfinished
        make_folders(place)
        path = place / f"{table.name}-empty.parquet"
        pq.write_table(table.schema.empty_table(), path)
        for made in dict.fromkeys((path, place, unfinished)):
            fsync(made)
        unfinished.rename(folder)
        fsync(folder.parent)
    return folder


def shows_columns(folder: Path) -> bool:
    """Whether a reader of a table's folder finds a Parquet file there, as in that of a table without rows."""
    return any(folder.glob("**/*.parquet"))


def linked_days(versions: Iterable[Path]) -> set[Path]:
    """The folders of days that some versions link to."""
    found: set[Path] = set()
    seen: set[int] = set()
    for version in versions:
        for entry in os.scandir(version):
            if entry.is_symlink() and entry.inode() not in seen:
                seen.add(entry.inode())
                found.add(Path(os.path.normpath(version / Path(entry.path).readlink())))
    return found


def give_link(link: str, name: str) -> None:
    """Give a symbolic link a second name, or make its like where that cannot be: too many names, or somebody else's link."""
    try:
        os.link(link, name, follow_symlinks=False)
    except (OSError, NotImplementedError):
        Path(name).symlink_to(Path(link).readlink())


def day_path(root: Path, table: str, folder: str, names: Sequence[str]) -> Path:
    """The folder of links to one day's files, by their sorted names."""
    return root / "days" / table / folder / hashlib.sha256("\n".join(names).encode()).hexdigest()[:16]


def by_folder(files: Iterable[StoredFile]) -> dict[str, list[str]]:
    """The names of a table's files by the folder of their day, sorted; the empty folder where there are no days."""
    found: dict[str, list[str]] = defaultdict(list)
    for file in files:
        folder, _, name = file.path.rpartition("/")
        found[folder].append(name)
    for names in found.values():
        names.sort()
    return found


def _link_day(root: Path, table: str, version: Path, folder: str, names: Sequence[str]) -> Iterator[Path]:
    """Link one day into a version, by way of a folder that is whole and on the disk before it has its name; gives a new one."""
    files = root / "files" / table / folder
    if not folder:
        for name in names:
            if not (version / name).exists():
                link_or_copy(files / name, version / name)
        return
    day = day_path(root, table, folder, names)
    if not day.is_dir():
        unfinished = day.with_name(f".{day.name}")
        remove(unfinished)
        make_folders(unfinished)
        for name in names:
            link_or_copy(files / name, unfinished / name)
        fsync(unfinished)
        unfinished.rename(day)
        yield day
        fsync(day.parent)
    (version / folder).symlink_to(Path("..", "..", "..", *day.relative_to(root).parts))


def _carry_over(before: Path, version: Path, folders: Collection[str]) -> set[str]:
    """Give links of a version before to this one; returns those that could be given, which a version of real folders has not."""
    carried: set[str] = set()
    with suppress(FileNotFoundError):
        for entry in os.scandir(before):
            if entry.name in folders and entry.is_symlink() and entry.is_dir():  # one that leads nowhere is made anew
                give_link(entry.path, f"{version}/{entry.name}")
                carried.add(entry.name)
    return carried
