"""Backup and restore: one snapshot copied whole to another folder, which is then a warehouse of its own, in its own place."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import WarehouseCorrupt, WarehouseError
from pipeline.files import appearing, fsync, remove, switch_link
from pipeline.store.commit import (
    CURRENT,
    WAREHOUSE_FILE,
    current_number,
    highest_number,
    link_tables,
    link_warehouse_file,
    note_number,
    snapshot_path,
    whole_snapshots,
)
from pipeline.store.manifest import EMPTY, StoredFile, read_manifest, write_manifest
from pipeline.store.seal import write_seal
from pipeline.store.snapshot import Snapshot
from pipeline.store.versions import make_version
from pipeline.store.views import build_views

_CHUNK = 1024 * 1024
_DIGESTS = "digests"
_OWN = frozenset(
    {
        "files", "days", "versions", "empty", "snapshots", "manifests", "index", "set-aside", "_staging", _DIGESTS, CURRENT,
        WAREHOUSE_FILE, "highest-snapshot", "pins.json", "upkeep.json", "lock-waits.json",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """What a copy took.

    Attributes:
        snapshot: The number of the snapshot, which it keeps.
        files: Parquet files copied; those that the target had are left as they are.
        bytes: In them.
    """

    snapshot: int
    files: int
    bytes: int


def copy_snapshot(snapshot: Snapshot, source: Path, target: Path) -> Copied:
    """Copy a snapshot and the published digests to another root, and make it the current one there; both locks are held.

    Files that are there are not copied again: their names are hashes of their bytes. What was copied stays when it is stopped in the
    middle, and the next try goes on from there.

    Raises:
        WarehouseCorrupt: a file is not what the manifest says; the target's current snapshot stays what it was.
        WarehouseError: the target has another history: a snapshot with this number that is not this one.
        OSError: a file cannot be read or written.
    """
    manifest = snapshot.manifest
    path = snapshot_path(target, snapshot.number)
    if snapshot.number in whole_snapshots(target):
        there = read_manifest(path)
        if there.to_json() != manifest.to_json():
            raise WarehouseError(_went_on(target, snapshot.number))
        if current_number(target) == snapshot.number:
            list(_copy_digests(source, target))
            return Copied(snapshot=snapshot.number, files=0, bytes=0)
    if highest_number(target) > snapshot.number:
        raise WarehouseError(_went_on(target, highest_number(target)))
    sizes = [
        file.bytes
        for name, table in manifest.tables.items()
        for file in table.files
        if _copy_file(snapshot.path / name / file.path, target / "files" / name / file.path, file)
    ]
    remove(path)
    before = Snapshot(path=snapshot_path(target, 0), manifest=EMPTY)
    for name, table in manifest.tables.items():
        list(make_version(target, name, table, None))
    link_tables(target, manifest, before)
    list(write_manifest(target, path, manifest))
    build_views(path, manifest)
    write_seal(path)
    fsync(path)
    list(_copy_digests(source, target))
    switch_link(target / CURRENT, f"snapshots/{snapshot.number}")
    link_warehouse_file(target)
    note_number(target, snapshot.number)
    return Copied(snapshot=snapshot.number, files=len(sizes), bytes=sum(sizes))


def check_target(target: Path) -> None:
    """See that a folder is empty, or has what a warehouse has and a killed copy leaves.

    Raises:
        WarehouseError: it holds other things.
    """
    others = [] if not target.is_dir() else sorted({path.name for path in target.iterdir()} - _OWN)
    others = [name for name in others if not name.startswith(".")]
    if others and not whole_snapshots(target):
        raise WarehouseError(
            f"{target} is no warehouse and holds other things ({', '.join(others[:3])}); choose an empty folder, or a new one"
        )


def _went_on(target: Path, number: int) -> str:
    """Why a folder is not written: its own snapshots would be taken for later ones than the copy."""
    return (
        f"{target} has a snapshot {number} of its own: it is of another warehouse, or was written to since it was made; back up"
        " to a new folder"
    )


def _copy_file(source: Path, target: Path, file: StoredFile) -> bool:
    """Copy a Parquet file and prove its bytes on the way; whether it was not there yet."""
    if target.is_file() and target.stat().st_size == file.bytes:
        return False
    digest = hashlib.sha256()
    with source.open("rb") as reading, appearing(target) as unfinished:
        with unfinished.open("wb") as writing:
            while chunk := reading.read(_CHUNK):
                digest.update(chunk)
                writing.write(chunk)
        if digest.hexdigest() != file.sha256:
            raise WarehouseCorrupt(
                f"{source} is not what the manifest says; run `daybook warehouse repair`, then back up again"
            )
    return True


def _copy_digests(source: Path, target: Path) -> Iterator[Path]:
    """Copy the published digests, then point each day at its own; what is there with the same size and time is left."""
    days = [path for path in sorted((source / _DIGESTS).glob("*")) if path.is_symlink()]
    targets = [str(path.readlink()) for path in days]  # read first: what they lead to is there already
    for place, _, names in os.walk(source / _DIGESTS):
        for name in sorted(names):
            path = Path(place, name)
            other = target / path.relative_to(source)
            about = path.stat()
            if other.is_file() and (other.stat().st_size, other.stat().st_mtime_ns) == (
                about.st_size,
                about.st_mtime_ns,
            ):
                continue
            with appearing(other) as unfinished:
                shutil.copy2(path, unfinished)
            yield other
    for day, leads_to in zip(days, targets, strict=True):
        other = target / day.relative_to(source)
        if not other.is_symlink() or str(other.readlink()) != leads_to:
            switch_link(other, leads_to)
            yield other
