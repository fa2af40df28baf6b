"""Opening the analysts' file: only where its views were made, and for strangers' statements with everything else shut."""

from __future__ import annotations

from pathlib import Path

import duckdb

from pipeline.errors import WarehouseCorrupt, WarehouseError
from pipeline.store.commit import WAREHOUSE_FILE
from pipeline.store.place import SAME_PLACE, confine, is_same_folder, made_in
from pipeline.store.seal import VIEWS_FILE
from pipeline.store.snapshot import Snapshot
from pipeline.store.table_sources import duckdb_config
from pipeline.store.trouble import warehouse_errors


def open_views(root: Path, latest: Snapshot, *, locked: bool = False) -> duckdb.DuckDBPyConnection:
    """Open the views of a warehouse's latest snapshot read-only, in UTC; see Warehouse.open_readonly.

    Raises:
        WarehouseError: there is none yet, or it cannot be opened.
    """
    path = latest.path / VIEWS_FILE  # resolved: a session sees one snapshot, and DuckDB caches by name
    if latest.number and not path.is_file():
        raise WarehouseCorrupt(f"{path} is gone; run `daybook warehouse rebuild`, which makes it anew")
    if not path.is_file():
        raise WarehouseError(
            f"there is no {root / WAREHOUSE_FILE} yet; `make run` or `daybook run` makes the first one,"
            " or set DAYBOOK_WAREHOUSE to where it is"
        )
    with warehouse_errors("open", path):
        connection = duckdb.connect(str(path), read_only=True, config=duckdb_config())
        connection.execute("SET TimeZone = 'UTC'")
        made = made_in(connection)
        if made != path.parent and is_same_folder(made, path.parent):  # by another name, a link or a mount
            connection.execute(f"SET VARIABLE {SAME_PLACE} = true")
        elif made != path.parent:
            connection.close()
            raise WarehouseCorrupt(f"{path} has the views of {made}: run `daybook warehouse rebuild`")
        for statement in confine(root, path.parent, made.parent.parent) if locked else ():
            connection.execute(statement)
    return connection
