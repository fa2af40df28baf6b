"""A transaction: what one writer changes, made beside the current snapshot and published by one rename."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import WarehouseError
from pipeline.files import remove
from pipeline.store.commit import current_number, next_number, publish
from pipeline.store.key_index import cover_table
from pipeline.store.keys import find_equal, find_stored, has_same_content, without
from pipeline.store.manifest import Manifest, StoredFile, StoredTable, month_of
from pipeline.store.parquet import COMPACT_LEVEL, COMPRESSION_LEVEL, by_day, raw_bytes, read_rows, schema_id, write_file
from pipeline.store.rows import check_keys, check_replaced_day, check_rows
from pipeline.store.sessions import open_session
from pipeline.store.snapshot import Snapshot, declared_table
from pipeline.store.trouble import warehouse_errors
from pipeline.tables import DATE, Table
from pipeline.tables.rows import rows_without

_PART_BYTES = 128 * 1024 * 1024  # sorting copies a part; Arrow's 32-bit offsets end at 2 GiB
_COMPACT_BYTES = 32 * 1024 * 1024
# Pages of one layout shrink to a hundredth, of one letter to a thousandth: what is small as a file may be gigabytes of rows.
_MERGED_RAW_BYTES = 64 * 1024 * 1024
# A day of hourly commits leaves its rows in so many small files at most: every commit binds its views to all files, so
# that hundreds of them would make each one slower than the one before.
_MOST_SMALL_FILES = 8
_SMALL_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Upserted:
    """What an upsert did, in rows."""

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0


class Transaction:
    """Changes to come. Made by `Warehouse.writing`, which holds the lock for as long as it lives.

    Each method writes new files at once, where no reader looks, and later methods see what earlier ones did;
    `snapshot` stays the state before all of them, until `commit` makes it the new one.
    """

    def __init__(self, root: Path, snapshot: Snapshot, now: datetime) -> None:
        self.snapshot = snapshot
        self._root = root
        self._now = now
        self._files: dict[str, list[StoredFile]] = {}
        self._closed_days = set(snapshot.closed_days)
        self._created: set[Path] = set()
        self._is_open = True
        self._opened_session: duckdb.DuckDBPyConnection | None = None

    def upsert(self, table: str, rows: pa.Table) -> Upserted:
        """Insert rows, or replace those that carry the same key, wherever they stand.

        A row that equals the stored one in day and content columns is left alone, so that its older processing columns
        stay. Only files that hold a changed key are rewritten; new rows get one new file a day.

        Raises:
            WarehouseError: the rows break the table's declaration, or a file cannot be written.
        """
        declared = self._table(table)
        rows = check_rows(declared, rows)
        if not rows.num_rows:
            return Upserted()
        files = list(self._files[table])
        folder = self._folder(declared)
        with warehouse_errors(f"upsert into {table} in", folder):
            found = find_stored(folder, declared, files, rows.select(list(declared.key)))
            equal = find_equal(self._session, folder, declared, files, rows, found)
            changed = rows_without(found, "incoming_row", equal.column("incoming_row"))
            fresh = without(rows, found.column("incoming_row")) if found.num_rows else rows
            moved = self._rewrite(declared, files, changed, rows)
            self._append(declared, pa.concat_tables([fresh, *moved]))
        return Upserted(inserted=fresh.num_rows, updated=changed.num_rows, unchanged=equal.num_rows)

    def delete(self, table: str, keys: pa.Table) -> int:
        """Delete the rows that carry the given keys; keys that nothing carries are passed over.

        Args:
            keys: A table with at least the key columns.
        Returns:
            How many rows went.
        """
        declared = self._table(table)
        keys = check_keys(declared, keys)
        files = list(self._files[table])
        with warehouse_errors(f"delete from {table} in", self._folder(declared)):
            found = find_stored(self._folder(declared), declared, files, keys)
            self._rewrite(declared, files, found, None)
        return int(found.num_rows)

    def replace_day(self, table: str, day: date, rows: pa.Table) -> bool:
        """Make the given rows all that the table holds of a day; none empties it.

        Returns:
            False where the day held the same rows already, processing columns aside: then it stays as it is.
        Raises:
            WarehouseError: a row belongs to another day, or its key stands in one.
        """
        declared = self._table(table)
        rows = check_rows(declared, rows)
        check_replaced_day(declared, day, rows)
        files = list(self._files[table])
        old = [file for file in files if file.day == day]
        others = [file for file in files if file.day != day]
        folder = self._folder(declared)
        with warehouse_errors(f"replace {day} of {table} in", folder):
            if has_same_content(self._session, folder, declared, old, rows):
                return False
            elsewhere = find_stored(folder, declared, others, rows.select(list(declared.key)))
            if elsewhere.num_rows:
                first = rows.select(list(declared.key)).take(elsewhere.column("incoming_row")[:1]).to_pylist()[0]
                standing = others[elsewhere.column("stored_file")[0].as_py()].day
                raise WarehouseError(f"cannot replace {day} of {table}: the key {first} stands in {standing} already")
            self._drop(declared, old)
            self._append(declared, rows)
        return True

    def compact(self, table: str, day: date | None) -> bool:
        """Rewrite a day's files as fewer, better compressed ones of at most 32 MB; the rows stay as they are.

        Returns:
            False where there was nothing to gain.
        """
        declared = self._table(table)
        old = [file for file in self._files[table] if file.day == day]
        groups = self._groups(declared, old, _COMPACT_BYTES)
        for group in groups:
            self._merge(declared, group, level=COMPACT_LEVEL)
        return bool(groups)

    def renew(self, table: str, month: str) -> int:
        """Write files of an older declaration anew, with null in the columns they lack; the rows stay as they are.

        Args:
            month: Of the files' days, e.g. `2026-03`; empty for those without a day.
        Returns:
            How many files.
        """
        declared = self._table(table)
        old = [file for file in self._files[table] if file.schema != schema_id(declared) and month_of(file) == month]
        for file in old:
            self._merge(declared, [file], level=COMPACT_LEVEL)
        return len(old)

    def close_day(self, day: date) -> None:
        """Note that a day is closed; closing it again changes nothing."""
        self._check_open()
        self._closed_days.add(day)

    def reopen_day(self, day: date) -> None:
        """Take a day from the closed ones; its rows stay."""
        self._check_open()
        self._closed_days.discard(day)

    def commit(self) -> Snapshot:
        """Publish all changes together; the transaction is then done.

        Returns:
            The new snapshot, or the old one if nothing changed.
        Raises:
            WarehouseError: it could not be published; the current snapshot is whole and unchanged.
        """
        self._check_open()
        self._fold_small_files()
        manifest = self._manifest()
        self._is_open = False
        if manifest is None:
            return self.snapshot
        try:
            self.snapshot = publish(self._root, self.snapshot, manifest)
        except BaseException:
            if current_number(self._root) != manifest.snapshot:
                self._clean_up()
            raise
        for name in self._files:
            cover_table(self._root, declared_table(name), self.snapshot.manifest.files(name))
        return self.snapshot

    def close(self) -> None:
        """End the transaction: what was not committed is forgotten, and the files made for it are removed."""
        if self._opened_session:
            self._opened_session.close()
        if self._is_open:
            self._is_open = False
            self._clean_up()

    def _fold_small_files(self) -> None:
        """Merge the small files of days that got new ones, where they have become many."""
        for name, files in list(self._files.items()):
            table, before = declared_table(name), {file.path for file in self.snapshot.manifest.files(name)}
            for day in {file.day for file in files if file.path not in before}:
                small = [file for file in files if file.day == day and file.bytes < _SMALL_BYTES]
                if len(small) > _MOST_SMALL_FILES:
                    for group in self._groups(table, small, _COMPACT_BYTES):
                        self._merge(table, group, level=COMPRESSION_LEVEL)

    def _groups(self, table: Table, files: Sequence[StoredFile], limit: int) -> list[list[StoredFile]]:
        """Files to merge, in order of size: each group has at most `limit` bytes, and rows that memory holds."""
        groups: list[list[StoredFile]] = []
        size = raw = 0
        for file in sorted(files, key=lambda f: (f.bytes, f.path)):
            unpacked = raw_bytes(self._folder(table) / file.path)
            if not groups or size + file.bytes > limit or raw + unpacked > _MERGED_RAW_BYTES:
                groups.append([])
                size = raw = 0
            groups[-1].append(file)
            size, raw = size + file.bytes, raw + unpacked
        return [group for group in groups if len(group) > 1]

    def _merge(self, table: Table, files: Sequence[StoredFile], *, level: int) -> None:
        """Write the rows of some files of one day into one; the rows stay as they are."""
        with warehouse_errors(f"merge files of {table.name} in", self._folder(table)):
            rows = pa.concat_tables([read_rows(self._folder(table), table, file) for file in files])
            self._drop(table, files)
            self._append(table, rows, level=level)

    def _manifest(self) -> Manifest | None:
        """What the new snapshot will hold; None if that is what the old one holds."""
        base = self.snapshot.manifest
        number = next_number(self._root)
        tables: dict[str, StoredTable] = dict(base.tables)
        added: dict[str, tuple[str, ...]] = {}
        removed: dict[str, tuple[str, ...]] = {}
        for name, files in self._files.items():
            before = {file.path for file in base.files(name)}
            after = {file.path for file in files}
            if before == after:
                continue
            tables[name] = StoredTable(version=number, files=tuple(sorted(files, key=lambda f: f.path)))
            added[name] = tuple(sorted(after - before))
            removed[name] = tuple(sorted(before - after))
        closed_days = frozenset(self._closed_days)
        if not added and closed_days == base.closed_days:
            return None
        return Manifest(
            snapshot=number,
            parent=base.snapshot or None,
            recorded_at=max(self._now, base.recorded_at),
            closed_days=closed_days,
            tables=tables,
            added=added,
            removed=removed,
        )

    def _rewrite(
        self, table: Table, files: Sequence[StoredFile], changed: pa.Table, rows: pa.Table | None
    ) -> list[pa.Table]:
        """Rewrite the files of the changed rows, with the incoming rows in their place, or with none.

        Returns the incoming rows that belong to another day than the row they replace.
        """
        moved = []
        for n in changed.column("stored_file").unique().to_pylist():
            file = files[n]
            of_file = changed.filter(pc.equal(changed.column("stored_file"), n))
            parts = [without(read_rows(self._folder(table), table, file), of_file.column("stored_row"))]
            if rows is not None:
                new = rows.take(of_file.column("incoming_row"))
                stays = pc.equal(new.column("day"), pa.scalar(file.day, DATE)) if file.day else None
                parts.append(new.filter(stays) if file.day else new)
                moved += [new.filter(pc.invert(stays))] if file.day else []
            self._drop(table, [file])
            self._append(table, pa.concat_tables(parts))
        return moved

    def _append(self, table: Table, rows: pa.Table, *, level: int = COMPRESSION_LEVEL) -> None:
        """Write rows to new files, one a day unless they are very many bytes."""
        for day, of_day in by_day(table, rows):
            per_part = max(1, _PART_BYTES * of_day.num_rows // max(1, of_day.nbytes))
            for start in range(0, of_day.num_rows, per_part):
                part = of_day.slice(start, per_part)
                stored, is_new = write_file(self._folder(table), table, day, part, level=level)
                if is_new:
                    self._created.add(self._folder(table) / stored.path)
                self._files[table.name].append(stored)

    def _drop(self, table: Table, files: Sequence[StoredFile]) -> None:
        """Leave files out of what is to come; those that this transaction made are removed at once."""
        gone = {file.path for file in files}
        self._files[table.name] = [file for file in self._files[table.name] if file.path not in gone]
        for path in {self._folder(table) / name for name in gone} & self._created:
            self._created.discard(path)
            remove(path)

    @property
    def _session(self) -> duckdb.DuckDBPyConnection:
        if self._opened_session is None:
            self._opened_session = open_session()
        return self._opened_session

    def _table(self, name: str) -> Table:
        self._check_open()
        table = declared_table(name)
        self._files.setdefault(name, list(self.snapshot.manifest.files(name)))
        return table

    def _folder(self, table: Table) -> Path:
        return self._root / "files" / table.name

    def _clean_up(self) -> None:
        for path in self._created:
            remove(path)
        self._created.clear()

    def _check_open(self) -> None:
        if not self._is_open:
            raise WarehouseError("this transaction is over; open another with Warehouse.writing")
