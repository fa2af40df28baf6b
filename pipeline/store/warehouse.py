"""The warehouse: latest and past snapshots to read, one writer at a time, a proof that all is whole."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa

from pipeline.errors import WarehouseError
from pipeline.files import make_folders, remove
from pipeline.store.backup import Copied, check_target, copy_snapshot
from pipeline.store.commit import (
    current_number,
    link_warehouse_file,
    refuse_set_back,
    snapshot_path,
    whole_snapshots,
)
from pipeline.store.content_hash import Columns, TableHash, content_columns, hash_content, hash_tables
from pipeline.store.lock import hold
from pipeline.store.made_again import Derive
from pipeline.store.manifest import EMPTY, Manifest, month_of, read_manifest
from pipeline.store.opening import open_views
from pipeline.store.parquet import schema_id
from pipeline.store.pins import read_pins, standing, write_pins
from pipeline.store.place import check_place
from pipeline.store.repair import derive_nothing, repair_warehouse
from pipeline.store.seal import renew_seal
from pipeline.store.snapshot import Snapshot
from pipeline.store.staging import staging_path
from pipeline.store.transaction import Transaction
from pipeline.store.trouble import warehouse_errors
from pipeline.store.upkeep import (
    Collected,
    Retention,
    choose_expired,
    collect_garbage,
    collect_staging,
    count_folded,
    end_snapshots,
)
from pipeline.store.upkeep_notes import NOTED_SECONDS, note_upkeep, note_wait
from pipeline.store.verify import Problem, verify_warehouse
from pipeline.store.views import build_views
from pipeline.tables import TABLES

LOCK_FILE = ".lock"
RETENTION = Retention()
STAGED_FOR = timedelta(hours=48)


class Warehouse:
    """A warehouse at a folder, which need not exist yet. Cheap to make; holds nothing open.

    Args:
        root: The folder; a relative path counts from where the process stands now.
        lock_timeout_seconds: How long `writing` waits for another writer.
    Raises:
        WarehouseError: no reader could be right there (place.check_place).
    """

    def __init__(self, root: Path, *, lock_timeout_seconds: float = 600.0) -> None:
        self.root = check_place(Path(root).expanduser().absolute())
        self._lock_timeout_seconds = lock_timeout_seconds

    def latest(self) -> Snapshot:
        """The current snapshot, resolved once; number 0, without rows, when nothing was ever committed."""
        return self._open(current_number(self.root))

    def snapshot(self, number: int) -> Snapshot:
        """A snapshot by number.

        Raises:
            WarehouseError: it was never committed, or it has expired.
        """
        latest = current_number(self.root)
        if not 0 <= number <= latest:
            raise WarehouseError(f"there is no snapshot {number} in {self.root}; the latest is {latest}")
        return self._open(number)

    def snapshot_at(self, instant: datetime) -> Snapshot:
        """The last snapshot recorded at or before an instant; the empty one if that was before the first commit.

        Raises:
            WarehouseError: the snapshot of that time has expired.
        """
        kept = self.kept()
        snapshot = self.latest()
        for number in reversed(kept):
            # one that `current` was set back from is no ancestor: the next one's parent lies before it
            if number == snapshot.number or number <= (snapshot.manifest.parent or 0):
                snapshot = self._open(number)
                if snapshot.recorded_at <= instant:
                    return snapshot
        if kept and kept[0] > 1:
            oldest = self._open(kept[0])
            raise WarehouseError(
                f"no snapshot of {instant.isoformat()} is kept in {self.root}; the oldest, {oldest.number}, is of"
                f" {oldest.recorded_at.isoformat()}; past ones expire, and those that held a withdrawn article ended with it"
            )
        return self._open(0)

    def kept(self) -> list[int]:
        """The numbers of the snapshots that can be read, ascending."""
        latest = current_number(self.root)
        return [number for number in whole_snapshots(self.root) if number <= latest]

    @contextmanager
    def writing(self, now: datetime) -> Iterator[Transaction]:
        """Hold the lock and change things; leaving the block without `commit` discards the changes.

        Decide inside the block, on `transaction.snapshot`: it is read again under the lock.

        Args:
            now: What the new snapshot is recorded as; aware. Where it lies before the parent's, the parent's is taken: passes of
                invented or earlier days record their rows by their own clock, but what a warehouse knew when never runs backwards.
        Raises:
            WarehouseLocked: another writer did not finish in time.
            WarehouseCorrupt: `current` was set back.
            WarehouseError: the folder cannot be written.
        """
        if now.tzinfo is None:
            raise WarehouseError(f"cannot record {now} in the warehouse: the instant has no time zone")
        with self.holding():
            snapshot = self.latest()
            refuse_set_back(self.root, snapshot.number)
            transaction = Transaction(self.root, snapshot, now)
            try:
                yield transaction
            finally:
                transaction.close()

    def staging(self, dag_id: str, window_label: str, stage: str, key: str) -> Path:
        """Where a task seals its hand-over; nothing is made yet."""
        return staging_path(self.root, dag_id, window_label, stage, key)

    def content_hash(self) -> str:
        """SHA-256 over what is known, whatever way it came to be known; see content_hash.hash_content."""
        return hash_content(self.latest())

    def table_hashes(self, columns: Columns | None = None) -> list[TableHash]:
        """What each table holds, of every kind; see content_hash.hash_tables.

        Args:
            columns: Tables and their columns; None takes the content columns of every declared table.
        Raises:
            UsageError: no such table or column.
        """
        return hash_tables(self.latest(), content_columns() if columns is None else columns)

    def verify(self, *, relations: bool = True) -> list[Problem]:
        """Compare every file, link and view of the current snapshot with its manifest; empty when all is well.

        Args:
            relations: Whether rows are also followed to those they refer to, and their days and sums checked.
        """
        return verify_warehouse(self.root, self.latest(), relations=relations)

    def rebuild(self) -> Snapshot:
        """Write the views file of the current snapshot anew, e.g. after the warehouse was moved to another folder."""
        with self.holding():
            snapshot = self.latest()
            if snapshot.number:
                with warehouse_errors("rebuild the views of", snapshot.path):
                    build_views(snapshot.path, snapshot.manifest)
                    renew_seal(snapshot.path)
                    link_warehouse_file(self.root)
        return snapshot

    def repair(self, *, keep_current: bool = False, derive: Derive = derive_nothing) -> list[str]:
        """Make good what can be: see repair.repair_warehouse.

        Args:
            derive: Gives the rows that a lost file may have held (articles.derived).
        Returns:
            What was done, and what cannot be made good; nothing where all was well.
        """
        with self.holding(), warehouse_errors("repair", self.root):
            return list(repair_warehouse(self.root, keep_current=keep_current, derive=derive))

    def back_up(self, target: Path, *, now: datetime) -> Copied:
        """Copy the current snapshot to a folder that is then a warehouse too; runs and upkeep may go on meanwhile.

        Args:
            target: Made when missing; one that holds an earlier backup gets what it lacks.
            now: Wall time; the snapshot is pinned for a day at most.
        Raises:
            WarehouseCorrupt: a file is not what it should be.
            WarehouseError: nothing was ever committed, or the target is of another warehouse or cannot be written.
        """
        snapshot = self.latest()
        if not snapshot.number:
            raise WarehouseError(f"there is nothing in {self.root} to back up")
        if target.resolve().is_relative_to(self.root.resolve()):
            raise WarehouseError(
                f"{target} lies in the warehouse itself; back up to another folder, best on another disk"
            )
        check_target(target.absolute())
        was_pinned = snapshot.number in read_pins(self.root)
        if not was_pinned:
            self.pin(snapshot.number, until=now + timedelta(days=1))
        try:
            other = Warehouse(target, lock_timeout_seconds=self._lock_timeout_seconds)
            with other.holding(), warehouse_errors("back up to", target):
                return copy_snapshot(snapshot, self.root, other.root)
        finally:
            if not was_pinned:
                self.unpin(snapshot.number)

    def restore(self, source: Path) -> Copied:
        """Copy the current snapshot of a backup here, where nothing may be yet.

        Raises:
            WarehouseCorrupt: a file of the backup is not what it should be.
            WarehouseError: there is a warehouse here, or no backup there.
        """
        snapshot = Warehouse(source).latest()
        if not snapshot.number:
            raise WarehouseError(f"there is no warehouse in {source} to restore from")
        if self.root.resolve().is_relative_to(Path(source).resolve()):
            raise WarehouseError(f"{self.root} lies in the backup itself; restore to another folder")
        check_target(self.root)
        with self.holding(), warehouse_errors("restore to", self.root):
            if whole_snapshots(self.root):
                raise WarehouseError(
                    f"there is a warehouse in {self.root}; move it away first, or set DAYBOOK_WAREHOUSE elsewhere"
                )
            return copy_snapshot(snapshot, Path(source).absolute(), self.root)

    def compact(self) -> Snapshot:
        """Rewrite the small files of closed days, and of tables without days, as few large ones; one commit.

        It is recorded when its parent was: nothing more is known by it.
        """
        with self.writing(EMPTY.recorded_at) as transaction:
            base = transaction.snapshot
            for name, stored in base.manifest.tables.items():
                for day, count in Counter(file.day for file in stored.files).items():
                    if count > 1 and (
                        day is None or day in base.closed_days
                    ):  # a day in one file costs nothing each night
                        transaction.compact(name, day)
            after = transaction.commit()
            removed, added = count_folded(base.number, after.manifest)
            note_upkeep(self.root, "compact", datetime.now(UTC), f"{removed} files folded into {added}")
            return after

    def upgrade(self) -> int:
        """Write files of older declarations anew, so that every reader of a folder finds all columns; no row changes.

        One commit for a table and a month: killed in the middle, the next call goes on from there.

        Returns:
            How many files.
        """
        old = {
            (name, month_of(file))
            for name, table in self.latest().manifest.tables.items()
            for file in table.files
            if file.schema != schema_id(TABLES[name])
        }
        count = 0
        for name, month in sorted(old):
            with self.writing(EMPTY.recorded_at) as transaction:
                count += transaction.renew(name, month)
                transaction.commit()
        return count

    def expire(
        self, now: datetime, retention: Retention = RETENTION, *, force: bool = False, only_say: bool = False
    ) -> list[int]:
        """Drop past snapshots: see upkeep.choose_expired. Files go with the next garbage collection. It needs no free space.

        Args:
            now: Wall time, whatever day the data are of.
            retention: Which past ones stay.
            force: Whether all go that are not pinned, those of the last two hours too.
            only_say: Whether nothing is dropped.
        Returns:
            The numbers of those dropped, or that would be.
        """
        with self.holding():
            kept, pinned = self.kept(), standing(read_pins(self.root), now)
            expired = (
                choose_expired(self.root, kept, now, retention, read=self._manifest, pinned=pinned, force=force)
                if kept
                else []
            )
            for number in () if only_say else expired:
                remove(snapshot_path(self.root, number))
            if not only_say:
                note_upkeep(self.root, "expire", now, f"{len(expired)} snapshots dropped{' by force' if force else ''}")
        return expired

    def end_snapshots(self, is_to_go: Callable[[Snapshot], bool]) -> list[int]:
        """End every past snapshot that is to go, at once and for all readers, and free what only they needed.

        Only for who holds the lock, inside `writing` and after `commit`. One that cannot be read goes too.

        Returns:
            The numbers of those ended.
        """
        current, gone = current_number(self.root), []
        for number in whole_snapshots(self.root):
            with suppress(WarehouseError):
                if number == current or not is_to_go(self._open(number)):
                    continue
            gone.append(number)
        end_snapshots(self.root, gone)
        collect_garbage(self.root, map(self._manifest, whole_snapshots(self.root)))
        return gone

    def pin(self, number: int, *, until: datetime | None = None) -> None:
        """Keep a snapshot readable until an instant, or until it is let go.

        Raises:
            WarehouseError: there is no such snapshot.
        """
        with self.holding(), warehouse_errors("pin a snapshot of", self.root):
            if not self.snapshot(number).number:
                raise WarehouseError("snapshot 0 is the empty one before the first commit: there is nothing to keep")
            write_pins(self.root, {**read_pins(self.root), number: until})

    def unpin(self, number: int) -> bool:
        """Let a pinned snapshot go; whether it was pinned."""
        with self.holding(), warehouse_errors("let a snapshot go of", self.root):
            pins = read_pins(self.root)
            was_pinned = number in pins
            write_pins(self.root, {other: until for other, until in pins.items() if other != number})
        return was_pinned

    def collect_garbage(self, now: datetime, *, staged_for: timedelta = STAGED_FOR) -> Collected:
        """Remove files that no kept snapshot needs, and hand-overs of tasks older than `staged_for`.

        Args:
            now: Wall time.
        """
        with self.holding(), warehouse_errors("collect garbage in", self.root):
            # those after the current one too: it may have been set back by mistake
            gone = collect_garbage(self.root, map(self._manifest, whole_snapshots(self.root)))
            staged = collect_staging(self.root, now - staged_for)
            both = Collected(files=gone.files + staged.files, bytes=gone.bytes + staged.bytes)
            note_upkeep(self.root, "gc", now, f"{both.files} files freed, {both.bytes / 1e6:.1f} MB")
        return both

    def open_readonly(self, *, locked: bool = False) -> duckdb.DuckDBPyConnection:
        """Open the analysts' file: views, macros and comments, read-only, in UTC. Close it when done.

        Args:
            locked: Whether it is for statements that somebody else wrote: no file can then be read but the snapshot's, no
                network, no variable of this process, and no setting can be changed.
        Raises:
            WarehouseError: there is none yet, or it cannot be opened.
        """
        return open_views(self.root, self.latest(), locked=locked)

    def sql(self, query: str) -> pa.Table:
        """Run one query on the analysts' file.

        Raises:
            duckdb.Error: the query is wrong; the message is DuckDB's own.
            WarehouseError: there is no file yet.
        """
        with self.open_readonly() as connection:
            return connection.sql(query).to_arrow_table()

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Hold the lock, and write nothing that a snapshot is made of."""
        with ExitStack() as held:
            with warehouse_errors("lock", self.root / LOCK_FILE):
                make_folders(self.root)
                began = time.monotonic()
                held.enter_context(hold(self.root / LOCK_FILE, timeout_seconds=self._lock_timeout_seconds))
                if (waited := time.monotonic() - began) >= NOTED_SECONDS:
                    note_wait(self.root, datetime.now(UTC), waited, os.getpid())
            yield

    def _manifest(self, number: int) -> Manifest:
        return self._open(number).manifest

    def _open(self, number: int) -> Snapshot:
        path = snapshot_path(self.root, number)
        if number == 0:
            return Snapshot(path=path, manifest=EMPTY)
        with warehouse_errors(f"open snapshot {number} in", path):
            return Snapshot(path=path, manifest=read_manifest(path))
