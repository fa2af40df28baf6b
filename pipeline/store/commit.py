"""Publishing: a snapshot's folder is built where nobody looks, then one rename makes it the current one.

    snapshots/<n>/<table> -> ../../versions/<table>/<m>     m <= n is the last snapshot that changed the table
    snapshots/<n>/_manifest.json                 and `manifests/`: see manifest
    snapshots/<n>/_warehouse.duckdb              views pinned to the versions
    current -> snapshots/<n>
    warehouse.duckdb -> current/_warehouse.duckdb

A table that did not change costs one symbolic link, one that changed a link for each of its days (see versions). Any
snapshot's folder can be removed without touching another: a version goes when no kept manifest names it, a day's folder when no
version links to it, a file when no kept manifest names it. As the views file lies in the snapshot, the rename of `current`
publishes it too, and no moment exists in which the two disagree.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from pipeline.errors import WarehouseCorrupt, WarehouseError
from pipeline.files import fsync, make_folders, remove, switch_link
from pipeline.store.manifest import Manifest, write_manifest
from pipeline.store.seal import SUCCESS, VIEWS_FILE, write_seal
from pipeline.store.snapshot import Snapshot
from pipeline.store.trouble import warehouse_errors
from pipeline.store.versions import empty_version, give_link, make_version, version_path
from pipeline.store.views import build_views
from pipeline.tables import TABLES

CURRENT = "current"
WAREHOUSE_FILE = "warehouse.duckdb"
_HIGHEST = "highest-snapshot"


def publish(root: Path, before: Snapshot, manifest: Manifest) -> Snapshot:
    """Make the manifest's snapshot and switch `current` to it; the caller holds the lock.

    Raises:
        WarehouseError: something could not be written; `current` still stands on `before`, what was built is removed.
    """
    path = snapshot_path(root, manifest.snapshot)
    versions = [version_path(root, name, manifest.snapshot) for name in (*manifest.added, *manifest.removed)]
    made: list[Path] = []
    switched = False
    try:
        with warehouse_errors(f"publish snapshot {manifest.snapshot} in", path):
            for leftover in (path, *versions):  # of a run that was killed before it switched
                remove(leftover)
            changed = [name for name, table in manifest.tables.items() if table.version == manifest.snapshot]
            for name in changed:
                made += make_version(root, name, manifest.tables[name], before.manifest.tables.get(name))
            link_tables(root, manifest, before)
            made += write_manifest(root, path, manifest)
            build_views(path, manifest, before=before.path if before.number else None)
            write_seal(path)
            fsync(path)
            fsync(path.parent)
            link_warehouse_file(root)
            _switch(root, manifest)
            switched = True
            note_number(root, manifest.snapshot)
    finally:
        if not switched and _current_number(root) != manifest.snapshot:
            for half_made in (path, *versions, *made):
                remove(half_made)
    return Snapshot(path=path, manifest=manifest)


def link_tables(root: Path, manifest: Manifest, before: Snapshot) -> None:
    """Make a snapshot's folder with a link for every declared table, those without rows among them; links that are there stay."""
    path = snapshot_path(root, manifest.snapshot)
    make_folders(path)
    for name in dict.fromkeys((*TABLES, *manifest.tables)):
        if os.path.lexists(path / name):
            continue
        has_files = manifest.files(name)
        folder = (
            version_path(root, name, manifest.tables[name].version) if has_files else empty_version(root, TABLES[name])
        )
        target = Path("..", "..", *folder.relative_to(root).parts)
        link = before.path / name
        if before.number and link.is_symlink() and link.readlink() == target:
            give_link(str(link), str(path / name))
        else:
            (path / name).symlink_to(target)


def link_warehouse_file(root: Path) -> None:
    """See that `warehouse.duckdb` leads to the views of whatever snapshot is the current one."""
    link = root / WAREHOUSE_FILE
    target = f"{CURRENT}/{VIEWS_FILE}"
    if not link.is_symlink() or str(link.readlink()) != target:
        switch_link(link, target)


def next_number(root: Path) -> int:
    """One above every number that a published snapshot ever had, also where `current` was set back since: no resolved path changes."""
    return max(current_number(root), highest_number(root)) + 1


def highest_number(root: Path) -> int:
    """The highest number that a snapshot was published with, as far as that was noted or can be seen."""
    noted, _ = _noted(root)
    return max(whole_snapshots(root), default=0) if noted is None else noted


def set_back_from(root: Path, current: int) -> int | None:
    """The last snapshot that was published, where `current` leads to an earlier one and nobody said that this is meant."""
    _, meant = _noted(root)
    highest = highest_number(root)
    return highest if highest > current != meant else None


def refuse_set_back(root: Path, current: int) -> None:
    """See that `current` leads to the last snapshot that was published: what is built on an earlier one lacks the rows between.

    Raises:
        WarehouseCorrupt: it was set back.
    """
    noted, meant = _noted(root)  # a snapshot of nobody's note may be one of a run that was killed before it switched
    if noted is not None and noted > current != meant:
        raise WarehouseCorrupt(
            f"{root / CURRENT} leads to snapshot {current}, but {noted} was published: run `daybook warehouse repair`, or with"
            " `--keep-current` if what came in between is to be left out"
        )


def note_number(root: Path, number: int, *, meant: int | None = None) -> None:
    """Note the number of a snapshot that was just published, if it is the highest; where it cannot be noted, `current` tells it.

    Args:
        meant: The earlier snapshot from which somebody wants to go on.
    """
    with suppress(OSError):
        beside = root / f".{_HIGHEST}"
        beside.write_bytes(f"{number}\n".encode() if meant is None else f"{number} but {meant}\n".encode())
        beside.replace(root / _HIGHEST)


def _noted(root: Path) -> tuple[int | None, int | None]:
    """The highest number as it was noted, and the one that is meant instead."""
    try:
        number, _, meant = (root / _HIGHEST).read_text("ascii").partition(" but ")
        return int(number), int(meant) if meant else None
    except (OSError, ValueError):
        return None, None


def whole_snapshots(root: Path) -> list[int]:
    """The numbers of all snapshots that were made to their end, ascending, those after the current one among them."""
    folder = root / "snapshots"
    numbers = (path.name for path in folder.iterdir()) if folder.is_dir() else ()
    return sorted(int(name) for name in numbers if name.isdecimal() and (folder / name / SUCCESS).is_file())


def snapshot_path(root: Path, number: int) -> Path:
    """The folder of a snapshot."""
    return root / "snapshots" / str(number)


def current_number(root: Path) -> int:
    """The number of the current snapshot; 0 before the first commit.

    Raises:
        WarehouseError: `current` leads somewhere strange.
    """
    try:
        target = (root / CURRENT).readlink()
    except FileNotFoundError:
        _refuse_lost_link(root)
        return 0
    except OSError as error:
        if (root / CURRENT / SUCCESS).is_file():
            raise WarehouseCorrupt(
                f"{root / CURRENT} is no link: this is a copy that was made without links; run `daybook warehouse repair`"
            ) from error
        raise WarehouseError(f"cannot read {root / CURRENT}: {error.strerror}; is this a warehouse's root?") from error
    name = target.name
    if target.is_absolute() or target.parent != Path("snapshots"):
        inside = (root / CURRENT).parent / "snapshots"
        if (root / target).parent.resolve() != inside.resolve():
            raise WarehouseCorrupt(
                f"{root / CURRENT} leads to {target}, which is not in this warehouse; run `daybook warehouse repair`, which points it"
                " at the last snapshot here"
            )
    if not name.isdecimal():
        raise WarehouseError(f"{root / CURRENT} leads to {target}, which is no snapshot; point it at snapshots/<n>")
    return int(name)


def _refuse_lost_link(root: Path) -> None:
    """A second snapshot is made only after the first was published: without `current` something took it away."""
    highest = max(whole_snapshots(root), default=0)
    if highest > 1:
        raise WarehouseCorrupt(
            f"{root / CURRENT} is gone, but snapshots up to {highest} are there; run `daybook warehouse repair`, which makes it"
            f" a link to snapshots/{highest}"
        )


def _current_number(root: Path) -> int | None:
    try:
        return current_number(root)
    except WarehouseError:
        return None


def _switch(root: Path, manifest: Manifest) -> None:
    """The commit itself."""
    switch_link(root / CURRENT, f"snapshots/{manifest.snapshot}")
