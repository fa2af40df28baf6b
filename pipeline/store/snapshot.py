"""A snapshot: one whole state of the warehouse, which never changes under its reader."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import UsageError, WarehouseCorrupt, WarehouseError
from pipeline.store.key_index import Values, files_that_may_hold
from pipeline.store.manifest import Manifest, StoredFile
from pipeline.store.parquet import bound, dataset, raw_bytes
from pipeline.store.sessions import open_session
from pipeline.store.sql_files import with_what_they_read
from pipeline.store.table_sources import table_relation
from pipeline.store.trouble import warehouse_errors
from pipeline.tables import TABLES, Table
from pipeline.tables.rows import as_instant
from pipeline.windows import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One committed state. `path` is its resolved folder: below it `<table>/day=*/*.parquet` is the contract."""

    path: Path
    manifest: Manifest

    @property
    def number(self) -> int:
        """Counts up by one with each commit; 0 is the empty warehouse before the first."""
        return self.manifest.snapshot

    @property
    def recorded_at(self) -> datetime:
        """The `now` of the commit."""
        return self.manifest.recorded_at

    @property
    def closed_days(self) -> frozenset[date]:
        """Days whose digest is made: no more is clustered into them."""
        return self.manifest.closed_days

    def read(
        self,
        table: str,
        *,
        columns: Sequence[str] | None = None,
        days: Iterable[date] | None = None,
        where: pc.Expression | None = None,
        having: tuple[str, Values] | None = None,
        since: tuple[str, datetime] | None = None,
        files: Collection[str] | None = None,
    ) -> pa.Table:
        """Read rows of one table; only the files of the wanted days are opened, and only the columns asked for.

        Args:
            columns: Names, in the order wanted; `day` is added last if it is not among them. None takes all.
            days: The days wanted; None takes all. Not for a table without days.
            where: A filter on any columns of the table.
            having: A column and values: only rows with one of them. Of a column by which rows are sought (Table.sought),
                only the files of days where they may stand are opened.
            since: A column of instants and the first one wanted; files whose range ends before it are not opened.
            files: Only these, by the manifest's path, where all of them stand still; else it is no restriction.
        Returns:
            Rows in no particular order, with the declared types; empty where nothing was ever written.
        Raises:
            UsageError: no such table or column, or days of a table that has none.
            WarehouseError: a file is gone (an expired snapshot) or cannot be read.
            WarehouseCorrupt: a file is no Parquet any more.
        """
        declared = declared_table(table)
        schema = _schema_of(declared, columns)
        stored = self._files(declared, days)
        if files is not None and set(files) <= {file.path for file in stored}:
            stored = [file for file in stored if file.path in files]
        folder = self.path / table
        if since is not None:
            name, first = since
            stored = [
                file for file in stored if name not in file.ranges or str(file.ranges[name][1]) >= str(bound(first))
            ]
            where = _both(where, pc.field(name) >= as_instant(first))
        if having is not None:
            name, values = having
            stored = self._holding(declared, stored, name, values)
            where = _both(where, pc.field(name).isin(_array(values)))
        if not stored:
            return schema.empty_table()
        with warehouse_errors(f"read {table} of snapshot {self.number} in", folder):
            try:
                rows = dataset(folder, declared, stored).to_table(columns=schema.names, filter=where)
            except pa.ArrowInvalid as error:
                raise WarehouseCorrupt(
                    f"cannot read {table} of snapshot {self.number}: {error}; run `daybook warehouse verify`"
                ) from error
        return rows.cast(schema)

    def _files(self, table: Table, days: Iterable[date] | None) -> list[StoredFile]:
        if days is None:
            return list(self.manifest.files(table.name))
        if not table.day_rule:
            raise UsageError(f"table {table.name} has no days; read it without `days`")
        wanted = frozenset(days)
        return [file for file in self.manifest.files(table.name) if file.day in wanted]

    def _holding(self, table: Table, files: list[StoredFile], column: str, values: Values) -> list[StoredFile]:
        """Those of a table's files that may hold one of some values."""
        if column not in table.sought:
            return files if len(values) else []
        root = self.path.parent.parent
        with warehouse_errors(f"seek rows of {table.name} by {column} in", root / "files" / table.name):
            return files_that_may_hold(root, table.name, column, files, values)

    def days_having(self, table: str, column: str, values: Values) -> frozenset[date]:
        """The days in which rows of a table may stand that have one of some values in a column of `Table.sought`."""
        declared = declared_table(table)
        files = self._holding(declared, list(self.manifest.files(table)), column, values)
        return frozenset(file.day for file in files if file.day)

    def days_since(self, first: date) -> frozenset[date]:
        """The days, from a first one on, of which any table has rows: what `read` and `connect` take as `days`."""
        days = {file.day for table in self.manifest.tables.values() for file in table.files if file.day}
        return frozenset(day for day in days if day >= first)

    def files_of(self, table: str, days: Iterable[date], window: Window) -> list[StoredFile]:
        """The files of some days that may hold rows of a window, by what the manifest says of their `window_start`."""
        low, high = bound(window.start), bound(window.end)
        return [
            file
            for file in self._files(declared_table(table), days)
            if "window_start" not in file.ranges
            or (str(file.ranges["window_start"][0]) < str(high) and str(low) <= str(file.ranges["window_start"][1]))
        ]

    def raw_bytes(self, table: str, file: StoredFile) -> int:
        """How many bytes a file's rows take once decompressed.

        Raises:
            WarehouseError: the file is gone or cannot be read.
        """
        path = self.path / table / file.path
        with warehouse_errors("read", path):
            return raw_bytes(path)

    def table_path(self, table: str) -> Path:
        """The folder to hand to another Parquet reader: resolved, and readable for as long as the snapshot is kept.

        Raises:
            UsageError: no such table.
            WarehouseError: nothing was ever committed.
        """
        declared_table(table)
        if not self.number:
            raise WarehouseError(f"table {table} is empty: nothing was ever committed, there are no files to read yet")
        return self.path / table

    def connect(
        self,
        *,
        tables: Iterable[str] = tuple(TABLES),
        views: Iterable[str] = (),
        days: Collection[date] | None = None,
        where: Mapping[str, str] | None = None,
        rows: Mapping[str, pa.Table] | None = None,
    ) -> duckdb.DuckDBPyConnection:
        """A DuckDB session of its own, in memory, with the wanted tables and views, pinned to this snapshot's files.

        It installs and loads nothing, and is in UTC. Close it when done. What is made in it should be temporary, for the
        sessions of a process share one database. Each table costs a millisecond or two.

        Args:
            tables: The tables wanted; those that a view reads come with it.
            views: The views wanted, of warehouse/views; those that they read come with them.
            days: Of tables that have days, only these are there, and no file of another one is looked at. None takes all.
            where: For a table, which of its rows there are: an SQL condition on its columns. Views see no others.
            rows: For a table, rows that were read already, with those of its columns that are needed: no file is opened.
        Raises:
            UsageError: no such table.
            WarehouseError: no such view.
        """
        wanted = with_what_they_read(views)
        read = {name for view in wanted for name in view.reads} & TABLES.keys()
        connection = open_session()
        with warehouse_errors(f"open snapshot {self.number} in", self.path):
            for name in dict.fromkeys((*tables, *sorted(read))):
                if rows is not None and name in rows:
                    connection.register(f"rows_of_{name}", rows[name])
                    relation = f"SELECT * FROM rows_of_{name}"
                else:
                    declared = declared_table(name)
                    files = self._files(declared, days if declared.day_rule else None)
                    relation = table_relation(self.path / name, declared, files)
                condition = (where or {}).get(name)
                cut = f"SELECT * FROM ({relation}) WHERE {condition}" if condition else relation
                connection.execute(f"CREATE TEMP VIEW {name} AS {cut}")
            for view in wanted:
                connection.execute(f"CREATE TEMP VIEW {view.name} AS {view.body}")
        return connection


def _both(one: pc.Expression | None, other: pc.Expression) -> pc.Expression:
    return other if one is None else one & other


def _array(values: Values) -> pa.Array:
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values


def declared_table(name: str) -> Table:
    """The declaration of a table.

    Raises:
        UsageError: there is no such table.
    """
    try:
        return TABLES[name]
    except KeyError:
        raise UsageError(f"there is no table {name!r}; the tables are {', '.join(TABLES)}") from None


def _schema_of(table: Table, columns: Sequence[str] | None) -> pa.Schema:
    """The row schema cut to the wanted columns, `day` always in it where the table has days."""
    schema = table.row_schema
    if columns is None:
        return schema
    unknown = [name for name in columns if name not in schema.names]
    if unknown:
        raise UsageError(f"table {table.name} has no column {', '.join(unknown)}; it has {', '.join(schema.names)}")
    names = [*columns, *(["day"] if table.day_rule and "day" not in columns else [])]
    return pa.schema([schema.field(name) for name in names])
