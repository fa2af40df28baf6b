"""Upkeep of what the store leaves behind: expired snapshots, unreferenced files, small files of closed days.

Ages are those of the files on disk: the promise that a resolved path stays readable is made to readers, who live in real
time. Which snapshot is the last of an hour or a day goes by `recorded_at`, by which the past is asked. A day of snapshots
ends after the night's upkeep: its last one has the day before closed, with its digest, and folded, so that the small files
need not stay beside the large ones.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipeline.errors import WarehouseError
from pipeline.files import remove
from pipeline.settings import Settings
from pipeline.store.commit import snapshot_path
from pipeline.store.manifest import PARTS, Manifest, part_path, parts_of, read_recorded_at
from pipeline.store.pins import read_pins, write_pins
from pipeline.store.seal import SUCCESS
from pipeline.store.versions import linked_days, version_path

SET_ASIDE = "set-aside"  # where repair moves what is in its way
GRACE = timedelta(hours=2)  # so long every snapshot stays after the next one came: somebody may just have resolved it

NIGHT = timedelta(hours=4)  # how long after midnight (UTC) a day of snapshots ends


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
        hourly: How long the last one recorded in each hour is kept.
        daily: How long the last one recorded on each day is kept, which ends at 04:00 UTC.
        cap_bytes: Most bytes that files may take which only past snapshots need; the oldest go first, up to the grace. None
            sets no cap.
    """

    hourly: timedelta = timedelta(hours=48)
    daily: timedelta = timedelta(days=30)
    cap_bytes: int | None = None

    @classmethod
    def of(cls, settings: Settings) -> Retention:
        """What the settings say."""
        return cls(
            hourly=timedelta(hours=settings.past_hours),
            daily=timedelta(days=settings.past_days),
            cap_bytes=settings.past_max_mb * 1_000_000 or None,
        )


def choose_expired(
    root: Path,
    numbers: Sequence[int],
    now: datetime,
    retention: Retention,
    *,
    read: Callable[[int], Manifest],
    pinned: Collection[int] = (),
    force: bool = False,
) -> list[int]:
    """Choose the snapshots to drop: never the current one or a pinned one, and none before the grace is over unless by force.

    Args:
        numbers: All snapshots that can be read, ascending; the last is the current one.
        now: Wall time.
        retention: Which past ones stay beyond the grace.
        read: Gives a manifest; it is asked only for a cap in bytes, and one at a time.
        pinned: Numbers of those that stay whatever their age.
        force: Whether all others go, younger ones too: the way out of a full disk.
    """
    *past, current = numbers
    free = [number for number in past if number not in pinned]
    if force:
        return free
    made = {number: _made_at(root, number) for number in numbers}
    left = dict(zip(numbers, [made[number] for number in numbers[1:]], strict=False))  # when each was current no more
    moment = {number: _moment(root, number, made[number]) for number in numbers}
    last_of_hour = {moment[n].replace(minute=0, second=0, microsecond=0): n for n in numbers}
    last_of_day = {(moment[n] - NIGHT).date(): n for n in numbers}
    lasts = ((frozenset(last_of_hour.values()), retention.hourly), (frozenset(last_of_day.values()), retention.daily))
    young = {number for number in free if now - left[number] < GRACE}
    kept = {n for n in free if n in young or any(n in last and now - made[n] < keep for last, keep in lasts)}
    if retention.cap_bytes is not None:
        kept = _within(retention.cap_bytes, kept, read, always=[current, *(set(past) & set(pinned)), *young])
    return [number for number in free if number not in kept]


def _moment(root: Path, number: int, made: datetime) -> datetime:
    """The instant that a snapshot stands for: when it was recorded, but never later than when it was made."""
    with suppress(WarehouseError, OSError):
        return min(read_recorded_at(snapshot_path(root, number)).astimezone(UTC), made)
    return made


def _within(cap: int, numbers: Collection[int], read: Callable[[int], Manifest], *, always: Sequence[int]) -> set[int]:
    """The newest snapshots whose files, with those of some that stay whatever they take, are within a cap in bytes.

    Args:
        always: The current snapshot, whose files count for nothing, then others that stay.
    """
    seen: set[tuple[str, str]] = set()

    def more(number: int) -> int:
        size = 0
        for name, table in read(number).tables.items():
            for file in table.files:
                if (name, file.path) not in seen:
                    seen.add((name, file.path))
                    size += file.bytes
        return size

    current, *others = always
    more(current)
    total = sum(more(number) for number in others)
    kept = set(others)
    for number in sorted(set(numbers) - kept, reverse=True):
        total += more(number)
        if total > cap:
            break
        kept.add(number)
    return kept


def end_snapshots(root: Path, numbers: Collection[int]) -> None:
    """Drop snapshots whatever their age, pinned or not, and what was set aside: what they held is to be nowhere.

    Garbage collection then frees their files. The caller holds the lock.
    """
    pins = read_pins(root)
    if pins.keys() & set(numbers):
        write_pins(root, {number: until for number, until in pins.items() if number not in numbers})
    for number in numbers:
        remove(snapshot_path(root, number))
    remove(root / SET_ASIDE)


def collect_garbage(root: Path, manifests: Iterable[Manifest]) -> Collected:
    """Remove what no kept snapshot needs: half-made and expired snapshots, versions, days, files; the caller holds the lock.

    Args:
        manifests: All snapshots that are kept; none is held longer than it takes to note what it needs.
    """
    snapshots: set[Path] = set()
    versions: set[Path] = set()
    files: set[tuple[str, str]] = (
        set()
    )  # a table and a path below it: a year of snapshots names millions, most of them alike
    parts: set[Path] = set()
    for m in manifests:
        snapshots.add(snapshot_path(root, m.snapshot))
        versions |= {version_path(root, name, table.version) for name, table in m.tables.items()}
        files.update((name, file.path) for name, table in m.tables.items() for file in table.files)
        parts |= {part_path(root, sha256) for sha256 in parts_of(m)}
    garbage = [path for path in _children(root / "snapshots") if path not in snapshots]
    garbage += [path for table in _children(root / "versions") for path in _children(table) if path not in versions]
    for path in garbage:
        remove(path)
    days = linked_days(path for table in _children(root / "versions") for path in _children(table))
    garbage = [path for path in (root / "days").glob("*/*/*") if path not in days]
    garbage += [path for path in _children(root / PARTS) if path not in parts]
    for path in garbage:
        remove(path)
    unnamed = (root / "files" / name / path for name, path in _stored(root) if (name, path) not in files)
    lost = [path for path in unnamed if path.is_file()]
    size = sum(path.stat().st_size for path in lost)
    for path in lost:
        remove(path)
    return Collected(files=len(lost), bytes=size)


def _stored(root: Path) -> Iterator[tuple[str, str]]:
    """Every file below `files/`, as its first folder and its path below that."""
    base = str(root / "files")
    for place, _, names in os.walk(base):
        table, _, below = place[len(base) + 1 :].partition("/")
        for name in names:
            yield table, f"{below}/{name}" if below else name


def collect_staging(root: Path, before: datetime) -> Collected:
    """Remove hand-overs of tasks that were last written before an instant, and the folders they leave empty.

    Tasks hand over without the lock: a folder that is younger may be one that a task is about to write into.
    """
    old = [path for path in (root / "_staging").rglob("*") if _is_older(path, before)]
    folders, files = [path for path in old if path.is_dir()], [path for path in old if path.is_file()]
    size = sum(path.stat().st_size for path in files)
    for path in files:
        remove(path)
    for folder in sorted(folders, reverse=True):
        with suppress(OSError):  # it is not empty
            folder.rmdir()
    return Collected(files=len(files), bytes=size)


def _made_at(root: Path, number: int) -> datetime:
    return _modified_at(snapshot_path(root, number) / SUCCESS)


def _modified_at(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _is_older(path: Path, instant: datetime) -> bool:
    with suppress(OSError):  # whoever made it may remove it at any time
        return _modified_at(path) < instant
    return False


def _children(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from sorted(folder.iterdir())
