"""The place of a views file: its paths are absolute, so a copy of it elsewhere would answer from where it was made.

A view cannot name a path beside the file that it stands in. But DuckDB tells by what path each file was opened, and an empty schema named
for the warehouse's folder tells which of these files have the views of that folder. So every view asks whether all of them lie where
they were made; otherwise the query is an error, and no row of another warehouse is shown.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import duckdb

from pipeline.errors import WarehouseError
from pipeline.store.file_lists import glob_literal, quoted

SAME_PLACE = "same_place"
PLACE_VIEW = "_place"
PLACE_CONDITION = f"(SELECT p.is_here FROM {PLACE_VIEW} p)"
PLACE_ABOUT = (
    "True where this file was opened in the folder that it was made in, or by another name of it after `SET VARIABLE"
    f" {SAME_PLACE} = true`; an error elsewhere. All tables ask it."
)


def check_place(root: Path) -> Path:
    """The folder, if readers can be right there.

    DuckDB takes every folder `name=value` on the way to a file for a partition, above the warehouse too, and what follows a `?` for
    no part of a file's name.

    Raises:
        WarehouseError: a folder on the way is named so.
    """
    for part in dict.fromkeys((*root.parts, *root.resolve().parts)):
        if "?" in part or re.fullmatch(r"[^=]+=.*", part):
            raise WarehouseError(
                f"no warehouse can be in {root}: readers would take the folder {part!r} for"
                f" {'the end of a name' if '?' in part else 'a partition'}; choose one without '=' and '?' in its path"
            )
    return root


def place_schema(root: Path) -> str:
    """The name of the empty schema in the views file of a warehouse at a folder."""
    return f"_place_{hashlib.sha256(str(root).encode()).hexdigest()[:12]}"


def place_query(root: Path) -> str:
    """The query of the view `_place`, which costs some 2 ms for each table of a query."""
    roots = "|".join(dict.fromkeys(re.escape(str(folder)) for folder in (root, root.resolve())))
    pattern = f"({roots})/(warehouse|(current|snapshots/[0-9]+)/_warehouse)\\.duckdb"
    advice = (
        f"these are the views of the warehouse in {root}, opened elsewhere: for a copy of it, or one that was moved, run"
        f" `daybook warehouse rebuild`; if it is that folder by another name, SET VARIABLE {SAME_PLACE} = true"
    )
    return (
        f"SELECT CASE WHEN bool_and(coalesce(regexp_full_match(d.path, {quoted(pattern)}), false))"
        f" OR coalesce(getvariable('{SAME_PLACE}')::BOOLEAN, false) THEN true ELSE error({quoted(advice)}) END AS is_here"
        f" FROM duckdb_databases() d JOIN duckdb_schemas() s USING (database_oid)"
        f" WHERE s.schema_name = '{place_schema(root)}'"
    )


def made_in(connection: duckdb.DuckDBPyConnection) -> Path:
    """The folder of the snapshot that an open views file was made for."""
    [(path,)] = connection.execute("SELECT path FROM _meta").fetchall()
    return Path(path)


def is_same_folder(one: Path, other: Path) -> bool:
    """Whether two paths lead to one folder."""
    try:
        return one.samefile(other)
    except OSError:
        return False


def confine(root: Path, snapshot: Path, made: Path) -> tuple[str, ...]:
    """What confines a connection to a snapshot, in this order; its folder holds links into `versions` and `days`.

    Args:
        root: The warehouse's folder.
        snapshot: The snapshot's.
        made: The root by the name that the views were made with.
    """
    folders = dict.fromkeys(
        named
        for place in (root, root.resolve(), made)
        for named in (place / "snapshots" / snapshot.name, place / "versions", place / "days")
    )
    # A path is checked as it is written in the views, too: there a pattern, with its folder's own signs taken as they are.
    allowed = dict.fromkeys(
        literal for folder in folders for literal in (quoted(f"{folder}/"), glob_literal(folder, ""))
    )
    return (
        f"SET allowed_directories = [{', '.join(allowed)}]",
        "SET python_enable_replacements = false",
        "SET enable_external_access = false",
        "SET lock_configuration = true",
    )
