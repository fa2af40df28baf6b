"""Upkeep of what the store leaves behind: expired snapshots, unreferenced files, small files of closed days.

Ages are those of the files on disk, not the snapshots' `recorded_at`, which may be an invented day: the promise that a
resolved path stays readable is made to readers, who live in real time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipeline.files import remove
from pipeline.store.commit import snapshot_path
from pipeline.store.manifest import PARTS, Manifest, part_path, parts_of
from pipeline.store.seal import SUCCESS
from pipeline.store.versions import linked_days, version_path

GRACE = timedelta(hours=2)  # younger than this, every snapshot is kept: somebody may just have resolved it


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What garbage collection removed."""

    files: int
    bytes: int


def count_folded(before: int, after: Manifest) -> tuple[int, int]:
    """How many files compaction took, and how many it made of them; nothing where it made no snapshot.

    Args:
        before: The number of the snapshot before.
        after: The current one's manifest.
    """
    if after.snapshot == before:
        return 0, 0
    return sum(map(len, after.removed.values())), sum(map(len, after.added.values()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long past snapshots stay; the current one and pinned ones always do.

    Attributes:
        hourly: How long the last one of each hour is kept.
        daily: How long the last one of each day (UTC) is kept.
        cap_bytes: Most bytes that files may take which only past snapshots need; the oldest go first, up to the grace. None
            sets no cap.
    """

    hourly: timedelta = timedelta(hours=48)
    daily: timedelta = timedelta(days=30)
    cap_bytes: int | None = None


def choose_expired(
    root: Path,
    manifests: Iterable[Manifest],
    now: datetime,
    retention: Retention,
    *,
    pinned: Collection[int] = (),
    force: bool = False,
) -> list[int]:
    """Choose the snapshots to drop: never the current one or a pinned one, and none within the grace unless by force.

    Args:
        manifests: All snapshots that can be read, ascending; the last is the current one.
        now: Wall time.
        retention: Which past ones stay beyond the grace.
        pinned: Numbers of those that stay whatever their age.
        force: Whether all others go, younger ones too: the way out of a full disk.
    """
    *past, current = manifests
    free = [m for m in past if m.snapshot not in pinned]
    if force:
        return [m.snapshot for m in free]
    made = {m.snapshot: _made_at(root, m.snapshot) for m in [*past, current]}
    in_order = [m.snapshot for m in [*past, current]]
    last_of_hour = {made[n].replace(minute=0, second=0, microsecond=0): n for n in in_order}
    last_of_day = {made[n].date(): n for n in in_order}
    lasts = ((frozenset(last_of_hour.values()), retention.hourly), (frozenset(last_of_day.values()), retention.daily))

    def is_kept(manifest: Manifest) -> bool:
        age = now - made[manifest.snapshot]
        return age < GRACE or any(manifest.snapshot in last and age < keep for last, keep in lasts)

    kept = [m for m in free if is_kept(m)]
    while retention.cap_bytes is not None and kept and now - made[kept[0].snapshot] >= GRACE:
        if _bytes_of_past([*kept, *(m for m in past if m.snapshot in pinned)], current) <= retention.cap_bytes:
            break
        kept.pop(0)
    stays = {m.snapshot for m in kept}
    return [m.snapshot for m in free if m.snapshot not in stays]


def collect_garbage(root: Path, manifests: Iterable[Manifest]) -> Collected:
    """Remove what no kept snapshot needs: half-made and expired snapshots, versions, days, files; the caller holds the lock.

    Args:
        manifests: All snapshots that are kept.
    """
    kept = list(manifests)
    snapshots = {snapshot_path(root, m.snapshot) for m in kept}
    versions = {version_path(root, name, table.version) for m in kept for name, table in m.tables.items()}
    files = {root / "files" / name / file.path for m in kept for name, t in m.tables.items() for file in t.files}
    garbage = [path for path in _children(root / "snapshots") if path not in snapshots]
    garbage += [path for table in _children(root / "versions") for path in _children(table) if path not in versions]
    for path in garbage:
        remove(path)
    days = linked_days(path for table in _children(root / "versions") for path in _children(table))
    parts = {part_path(root, sha256) for m in kept for sha256 in parts_of(m)}
    garbage = [path for path in (root / "days").glob("*/*/*") if path not in days]
    garbage += [path for path in _children(root / PARTS) if path not in parts]
    for path in garbage:
        remove(path)
    lost = [path for path in (root / "files").rglob("*") if path.is_file() and path not in files]
    size = sum(path.stat().st_size for path in lost)
    for path in lost:
        remove(path)
    return Collected(files=len(lost), bytes=size)


def collect_staging(root: Path, before: datetime) -> Collected:
    """Remove hand-overs of tasks that were last written before an instant, and the folders they leave empty."""
    staging = root / "_staging"
    old = [p for p in staging.rglob("*") if p.is_file() and _modified_at(p) < before]
    size = sum(path.stat().st_size for path in old)
    for path in old:
        remove(path)
    for folder in sorted((p for p in staging.rglob("*") if p.is_dir()), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()
    return Collected(files=len(old), bytes=size)


def _bytes_of_past(past: Iterable[Manifest], current: Manifest) -> int:
    """Bytes of the files that past snapshots need and the current one does not."""
    needed = {(name, file.path): file.bytes for m in past for name, table in m.tables.items() for file in table.files}
    live = {(name, file.path) for name, table in current.tables.items() for file in table.files}
    return sum(size for key, size in needed.items() if key not in live)


def _made_at(root: Path, number: int) -> datetime:
    return _modified_at(snapshot_path(root, number) / SUCCESS)


def _modified_at(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _children(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from sorted(folder.iterdir())
