"""The proof that the warehouse is whole: every file is what the manifest says, every link and view leads to it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import WarehouseError
from pipeline.files import sha256_of
from pipeline.store.commit import CURRENT, WAREHOUSE_FILE, set_back_from, snapshot_path, whole_snapshots
from pipeline.store.manifest import MANIFEST, StoredFile, read_manifest
from pipeline.store.parquet import schema_id
from pipeline.store.place import SAME_PLACE, is_same_folder, made_in
from pipeline.store.relations import verify_relations
from pipeline.store.seal import SUCCESS, VIEWS_FILE, sealed_hashes
from pipeline.store.snapshot import Snapshot
from pipeline.store.table_sources import duckdb_config
from pipeline.store.versions import shows_columns
from pipeline.tables import TABLES

_REPAIR = "run `daybook warehouse repair`"
_CLOCKS_DIFFER = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is not as it should be."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


def verify_warehouse(root: Path, snapshot: Snapshot, *, relations: bool = True) -> list[Problem]:
    """Check one snapshot against its manifest, and the entry points against the snapshot.

    Reads every byte of the snapshot once. Files that no manifest names are no problem: garbage collection takes them.
    """
    if snapshot.number == 0:
        return []
    found: list[Problem] = []
    for name, stored in snapshot.manifest.tables.items():
        for file in stored.files:
            found += _verify_file(root / "files" / name / file.path, name, file)
            found += _verify_link(root / "files" / name / file.path, snapshot.path / name / file.path)
        if stored.files:
            found += _verify_no_more(snapshot.path / name, {file.path for file in stored.files})
    for name in TABLES.keys() - {name for name, stored in snapshot.manifest.tables.items() if stored.files}:
        found += _verify_empty(snapshot.path / name)
    found += _verify_entry_points(root, snapshot)
    found += _verify_history(root, snapshot)
    if (snapshot.path / VIEWS_FILE).is_file():
        found += _verify_place(root, snapshot)
    if not found:  # otherwise reading would only say the same again
        found += _verify_views(snapshot, relations=relations)
    return found


def _verify_file(path: Path, table: str, file: StoredFile) -> Iterator[Problem]:
    try:
        size = path.stat().st_size
        digest = sha256_of(path)
    except OSError as error:
        yield Problem(path=str(path), message=f"cannot be read: {error.strerror}; {_REPAIR}")
        return
    if size != file.bytes:
        yield Problem(path=str(path), message=f"has {size} bytes, the manifest says {file.bytes}; {_REPAIR}")
    if digest != file.sha256:
        yield Problem(path=str(path), message=f"has SHA-256 {digest}, the manifest says {file.sha256}; {_REPAIR}")
        return
    try:
        with pq.ParquetFile(path) as parquet:
            rows, schema = parquet.metadata.num_rows, parquet.schema_arrow
    except (OSError, pa.ArrowInvalid) as error:
        yield Problem(path=str(path), message=f"is no Parquet file: {error}")
        return
    if rows != file.rows:
        yield Problem(path=str(path), message=f"has {rows} rows, the manifest says {file.rows}")
    declared = TABLES.get(table)
    if declared is not None and file.schema == schema_id(declared) and not schema.equals(declared.schema):
        yield Problem(path=str(path), message="has other columns than pipeline/tables declares")


def _verify_link(file: Path, link: Path) -> Iterator[Problem]:
    try:
        if file.samefile(link):
            return
        same = sha256_of(file) == sha256_of(link)
    except FileNotFoundError:
        if file.exists():
            yield Problem(path=str(link), message=f"is missing from the snapshot; {_REPAIR}")
        return
    except OSError as error:
        yield Problem(path=str(link), message=f"cannot be read: {error.strerror}")
        return
    if not same:
        yield Problem(path=str(link), message=f"is not the file {file}; {_REPAIR}")


def _verify_no_more(folder: Path, expected: set[str]) -> Iterator[Problem]:
    """A file too many below a snapshot would be read by everyone who globs it."""
    if not folder.is_dir():
        return
    for place, _, names in sorted(os.walk(folder, followlinks=True)):
        for name in sorted(names):
            path = Path(place, name).relative_to(folder).as_posix()
            if not name.startswith((".", "_")) and path not in expected:
                yield Problem(path=str(folder / path), message=f"is not in the manifest; {_REPAIR}")


def _verify_empty(folder: Path) -> Iterator[Problem]:
    """Where the manifest has no rows of a table, readers find its columns and none. A snapshot of before had no folder there."""
    if os.path.lexists(folder) and not shows_columns(folder):
        yield Problem(path=str(folder), message=f"has no file with the columns of its table; {_REPAIR}")
    for path in sorted(folder.glob("**/*.parquet")):
        try:
            rows = pq.read_metadata(path).num_rows
        except (OSError, pa.ArrowInvalid) as error:
            yield Problem(path=str(path), message=f"is no Parquet file: {error}")
            continue
        if rows:
            yield Problem(path=str(path), message=f"has {rows} rows, the manifest has none; remove it")


def _verify_entry_points(root: Path, snapshot: Snapshot) -> Iterator[Problem]:
    if not (snapshot.path / SUCCESS).is_file():
        yield Problem(path=str(snapshot.path / SUCCESS), message=f"is missing; {_REPAIR}")
    for name, sha256 in sealed_hashes(snapshot.path).items():
        path = snapshot.path / name
        if path.is_file() and sha256_of(path) != sha256:
            yield Problem(path=str(path), message=f"is not as it was written: its SHA-256 is not {sha256}; {_REPAIR}")
    if (root / CURRENT).resolve() != snapshot.path.resolve():
        yield Problem(path=str(root / CURRENT), message=f"does not lead to {snapshot.path}")
    views = root / WAREHOUSE_FILE
    if not views.is_file():
        yield Problem(path=str(views), message="is missing; run `daybook warehouse rebuild`")
    elif views.resolve() != (snapshot.path / VIEWS_FILE).resolve():
        yield Problem(path=str(views), message="is not of the current snapshot; run `daybook warehouse rebuild`")


def _verify_history(root: Path, snapshot: Snapshot) -> Iterator[Problem]:
    """No snapshot was published after the current one; none is recorded or written before its parent, or after this clock."""
    if last := set_back_from(root, snapshot.number):
        yield Problem(
            path=str(root / CURRENT),
            message=f"leads to snapshot {snapshot.number}, but {last} was published: it was set back; {_REPAIR}, with"
            " `--keep-current` to go on from here",
        )
    recorded, written, parents = {}, {}, {}
    for number in whole_snapshots(root):
        with suppress(OSError, WarehouseError):
            path = snapshot_path(root, number)
            manifest = read_manifest(path)
            parents[number] = manifest.parent
            recorded[number] = manifest.recorded_at
            written[number] = datetime.fromtimestamp((path / MANIFEST).stat().st_mtime, UTC)
    for number, parent in parents.items():
        for what, at, play in (("recorded", recorded, timedelta()), ("written", written, _CLOCKS_DIFFER)):
            if parent in at and at[number] < at[parent] - play:
                message = f"is {what} at {at[number].isoformat()}, before its parent, snapshot {parent}: a clock ran backwards"
                yield Problem(path=str(snapshot_path(root, number)), message=message)
    if snapshot.recorded_at > datetime.now(UTC) + _CLOCKS_DIFFER:
        message = (
            f"is recorded at {snapshot.recorded_at.isoformat()}, which is not yet: a clock was wrong, here or there"
        )
        yield Problem(path=str(snapshot.path), message=message)


def _verify_place(root: Path, snapshot: Snapshot) -> Iterator[Problem]:
    """The views read this folder's files and not those of another."""
    path = snapshot.path / VIEWS_FILE
    try:
        with duckdb.connect(str(path), read_only=True, config=duckdb_config()) as connection:
            made = made_in(connection)
    except (duckdb.Error, OSError) as error:
        yield Problem(path=str(path), message=f"cannot be queried: {str(error).splitlines()[0]}; {_REPAIR}")
        return
    if not is_same_folder(made, snapshot.path):
        message = f"has the views of {made}, so that SQL would answer from there; run `daybook warehouse rebuild`"
        yield Problem(path=str(path), message=message)


def _verify_views(snapshot: Snapshot, *, relations: bool) -> Iterator[Problem]:
    """Every view answers, shows this snapshot, has as many rows as the manifest says, no key twice, and no row that leads nowhere."""
    path = snapshot.path / VIEWS_FILE
    try:
        with duckdb.connect(str(path), read_only=True, config=duckdb_config()) as connection:
            connection.execute(f"SET VARIABLE {SAME_PLACE} = true")  # which was seen before
            [(number,)] = connection.execute("SELECT snapshot FROM _meta").fetchall()
            if number != snapshot.number:
                yield Problem(path=str(path), message=f"says snapshot {number}, not {snapshot.number}")
            for name, stored in snapshot.manifest.tables.items():
                key = ", ".join(f'"{column}"' for column in TABLES[name].key)
                counted = connection.execute(f"SELECT count(*), count(DISTINCT ({key})) FROM {name}").fetchall()
                [(count, distinct)] = counted
                if count != stored.rows:
                    yield Problem(path=name, message=f"its view gives {count} rows, not {stored.rows}")
                elif distinct != count:
                    yield Problem(path=name, message=f"{count - distinct} rows repeat the key ({key})")
            for table, message in verify_relations(connection) if relations else ():
                yield Problem(path=table, message=message)
    except (duckdb.Error, WarehouseError) as error:
        yield Problem(path=str(path), message=f"cannot be queried: {str(error).splitlines()[0]}; {_REPAIR}")
