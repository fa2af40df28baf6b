"""Repair: what was lost or changed by other hands is made good from what is whole; nothing that may be the only one is removed.

    lost                                    made good from
    `current`                               the highest whole snapshot
    `current` set back                      the same
    links that a copy turned into files     the files themselves; a copy of `current`, or of a digest, is set aside
    a link                                  the file
    a file                                  a link to it that still stands, or a copy in another snapshot; of readings and
                                            articles also pages and readings, read again (made_again)
    a manifest                              the links, the files and what the views file says of the snapshot
    a views file                            the manifest

A foreign file is set aside below `set-aside/`. A file whose every link holds other bytes than were written, and that cannot be made
again to the byte, is told with its table and day.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from pipeline.errors import WarehouseCorrupt, WarehouseError
from pipeline.files import fsync, link_or_copy, make_folders, remove, sha256_of, switch_link
from pipeline.store.commit import (
    CURRENT,
    current_number,
    highest_number,
    link_tables,
    link_warehouse_file,
    note_number,
    set_back_from,
    snapshot_path,
    whole_snapshots,
)
from pipeline.store.lost_manifest import derive_manifest
from pipeline.store.made_again import DERIVED, Derive, make_again, put_back
from pipeline.store.manifest import EMPTY, MANIFEST, PARTS, Manifest, StoredFile, read_manifest, write_manifest
from pipeline.store.seal import SUCCESS, VIEWS_FILE, renew_seal, sealed_hashes
from pipeline.store.snapshot import Snapshot
from pipeline.store.upkeep import SET_ASIDE
from pipeline.store.versions import by_folder, day_path, empty_version, make_version, shows_columns, version_path
from pipeline.store.views import build_views
from pipeline.tables import TABLES


def derive_nothing(_snapshot: Snapshot, _table: str, _file: StoredFile) -> tuple[()]:
    """Who knows of no way to derive rows."""
    return ()


def repair_warehouse(root: Path, *, keep_current: bool = False, derive: Derive = derive_nothing) -> Iterator[str]:
    """Make the current snapshot whole again, as far as that can be; the caller holds the lock.

    Args:
        keep_current: Whether `current` stays where it leads, though later snapshots were published.
        derive: Gives the rows that a lost file may have held.
    Yields:
        A sentence for each thing that was done, and for each that cannot be made good.
    Raises:
        WarehouseCorrupt: there is no whole snapshot to go on from.
        WarehouseError: something could not be written.
    """
    yield from _repair_copied_links(root)
    yield from _repair_copied_digests(root)
    yield from _repair_current(root, keep_current=keep_current)
    number = current_number(root)
    if not number:
        return
    path = snapshot_path(root, number)
    manifest = _as_sealed(path)
    if manifest is None:
        for part in sorted((root / PARTS).glob("*.json")):
            if sha256_of(part) != part.stem:
                _set_aside(root, part)
        manifest = derive_manifest(root, path)
        _set_aside(root, path / "_manifest.json")
        list(write_manifest(root, path, manifest))
        yield f"{path / '_manifest.json'} was written anew from the snapshot's links and files"
    lost: dict[str, list[StoredFile]] = {}
    for name, table in manifest.tables.items():
        for file in table.files:
            if (done := _repair_file(root, name, file)) is None:
                lost.setdefault(name, []).append(file)
            elif done:
                yield done
        if name not in lost:
            yield from _repair_links(root, path, name, manifest)
    yield from _derive_lost(root, manifest, lost, derive)
    for name, files in lost.items():
        if not files:
            yield from _repair_links(root, path, name, manifest)
        yield from (_told_as_lost(root, manifest, name, file) for file in files)
    if any(lost.values()):
        return
    for name in TABLES:
        if not manifest.files(name) and os.path.lexists(path / name) and not shows_columns(path / name):
            _set_aside(root, path / name)
            (path / name).symlink_to(Path("..", "..", *empty_version(root, TABLES[name]).relative_to(root).parts))
            yield f"{path / name} leads to a file with the columns of its table again"
    if not all(os.path.lexists(path / name) for name in manifest.tables):
        link_tables(root, manifest, Snapshot(path=snapshot_path(root, 0), manifest=EMPTY))
        yield f"{path}: its links to tables were made anew"
    yield from _repair_views(root, path, manifest)


def _as_sealed(snapshot: Path) -> Manifest | None:
    """A snapshot's manifest; None where it cannot be read or is not the one that was sealed."""
    try:
        sealed = sealed_hashes(snapshot).get(MANIFEST)
        if sealed is not None and sha256_of(snapshot / MANIFEST) != sealed:
            return None
        return read_manifest(snapshot)
    except (WarehouseCorrupt, OSError):
        return None


def _repair_copied_links(root: Path) -> Iterator[str]:
    """Undo what copying without links made of them: `current` as a folder, tables of snapshots as folders."""
    current = root / CURRENT
    if current.is_dir() and not current.is_symlink():
        try:
            number = read_manifest(current).snapshot
        except (WarehouseError, OSError):
            number = max(whole_snapshots(root), default=0)
        if not (snapshot_path(root, number) / VIEWS_FILE).is_file():
            raise WarehouseCorrupt(
                f"{current} is a folder, and there is no snapshot {number} to link it to; copy the warehouse anew"
            )
        _set_aside(root, current)
        switch_link(current, f"snapshots/{number}")
        yield f"{current} was a folder and is a link to snapshots/{number} again"
    for number in whole_snapshots(root):
        path = snapshot_path(root, number)
        try:
            tables = read_manifest(path).tables
        except (WarehouseError, OSError):
            continue
        for name, table in tables.items():
            version = version_path(root, name, table.version)
            if (path / name).is_dir() and not (path / name).is_symlink() and version.is_dir():
                _set_aside(root, path / name)
                (path / name).symlink_to(Path("..", "..", *version.relative_to(root).parts))
                yield f"{path / name} was a folder and is a link to its version again"
    link = root / "warehouse.duckdb"
    if link.exists() and not link.is_symlink():
        _set_aside(root, link)
        yield f"{link} was a file and is a link again"
    if (root / CURRENT).is_symlink() and not link.is_symlink():
        link_warehouse_file(root)
        yield f"{link} leads to the current views again"


def _repair_copied_digests(root: Path) -> Iterator[str]:
    """Undo what copying without links made of a day's digest: a folder beside the build that it was."""
    digests = root / "digests"
    copies = [day for day in sorted(digests.glob("????-??-??")) if day.is_dir() and not day.is_symlink()]
    builds = {_hashes_in(build): build.name for build in sorted(digests.glob("builds/*"))} if copies else {}
    for day in copies:
        build = builds.get(_hashes_in(day))
        _set_aside(root, day)
        if build is None:
            yield f"{day} was a folder and was set aside; no build is the same"
        else:
            switch_link(day, f"builds/{build}")
            yield f"{day} was a folder and is a link to its build again"


def _hashes_in(folder: Path) -> frozenset[tuple[str, str]]:
    return frozenset((path.name, sha256_of(path)) for path in folder.iterdir() if path.is_file())


def _repair_current(root: Path, *, keep_current: bool) -> Iterator[str]:
    whole = whole_snapshots(root)
    current = root / CURRENT
    if not os.path.lexists(current):
        if whole:
            switch_link(current, f"snapshots/{whole[-1]}")
            link_warehouse_file(root)
            yield f"{current} was gone and leads to snapshot {whole[-1]}, the last whole one"
        return
    if (elsewhere := Path(os.path.normpath(root / current.readlink()))).parent.resolve() != (
        root / "snapshots"
    ).resolve():
        if whole:
            switch_link(current, f"snapshots/{whole[-1]}")
            link_warehouse_file(root)
            yield f"{current} led out of the warehouse to {elsewhere} and leads to snapshot {whole[-1]}, the last whole one"
        return
    number, highest = current_number(root), highest_number(root)
    last = max((n for n in whole if n <= highest), default=0)
    if number < highest and keep_current:
        note_number(root, highest, meant=number)
    elif number < last or not snapshot_path(root, number).is_dir():
        switch_link(current, f"snapshots/{last}")
        yield f"{current} led to snapshot {number} and leads to {last}, the last that was published"
    elif set_back_from(root, number):
        yield (
            f"lost: snapshot {highest} was published and is not here; `daybook warehouse repair --keep-current` goes on from"
            f" {number}, without what came in between"
        )


def _repair_file(root: Path, name: str, file: StoredFile) -> str | None:
    """Make one file of `files/` whole from any of its links; what was done, empty for nothing. None where no link is whole."""
    path = root / "files" / name / file.path
    if _is_whole(path, file):
        return ""
    for other in _other_names(root, name, file):
        if _is_whole(other, file):
            if path.exists():
                _set_aside(root, path)
            link_or_copy(other, path)
            fsync(path.parent)
            return f"{path} was made good from {other}"
    return None


def _derive_lost(root: Path, manifest: Manifest, lost: dict[str, list[StoredFile]], derive: Derive) -> Iterator[str]:
    """Make lost files again from rows that are derived, and take them from those that are lost.

    What they are derived from is read in `files/` itself: links may be lost too.
    """
    files = root / "_staging" / "whole"
    if not any(name in lost for name in DERIVED):
        return
    make_folders(files.parent)
    switch_link(files, "../files")
    waiting = [(name, file) for name in DERIVED for file in lost.get(name, ())]
    for name, file in waiting:
        whole = {
            other: replace(table, files=tuple(f for f in table.files if f not in lost.get(other, ())))
            for other, table in manifest.tables.items()
        }
        known = Snapshot(path=files, manifest=replace(manifest, tables=whole))
        try:
            made = make_again(root, TABLES[name], file, derive(known, name, file))
        except WarehouseError:  # what it would be derived from is lost too
            made = None
        if made is not None:
            path = root / "files" / name / file.path
            if path.exists():
                _set_aside(root, path)
            put_back(root, made, path)
            lost[name].remove(file)
            rows = f"{file.rows} rows of {name} of {file.day}"
            yield f"{path} was made again, {rows} derived anew: its SHA-256 is the one it had"
    remove(files)


def _told_as_lost(root: Path, manifest: Manifest, name: str, file: StoredFile) -> str:
    """A sentence on a file that cannot be made good."""
    path = root / "files" / name / file.path
    readable = "differs in every copy from what was written" if path.exists() else "is gone, and no copy of it stands"
    derived = ", what is left does not give its bytes again" if name in DERIVED else ""
    return (
        f"lost: {path} {readable}{derived}: {file.rows} rows of {name}"
        f"{f' of {file.day}' if file.day else ''}, as of snapshot {manifest.snapshot}; restore it from a backup"
    )


def _repair_links(root: Path, snapshot: Path, name: str, manifest: Manifest) -> Iterator[str]:
    """See that a version has links to its files and to nothing else."""
    table = manifest.tables[name]
    version = version_path(root, name, table.version)
    wanted = {file.path for file in table.files}
    found = set(_names_below(version))
    for foreign in sorted(found - wanted):
        _set_aside(root, version / foreign)
        yield f"{version / foreign} stands in no manifest and was set aside"
    wrong = [
        file.path for file in table.files if file.path in found and not _is_whole(version / file.path, file, root, name)
    ]
    for path in wrong:
        _set_aside(root, (version / path).resolve())
    again = [*wrong, *(wanted - found)]
    if again:
        names_of = by_folder(table.files)
        for folder in {path.rpartition("/")[0] for path in again} - {""}:
            day = day_path(root, name, folder, names_of[folder])
            for own in names_of[folder] if day.is_dir() else ():
                if not (day / own).exists():  # other versions that share the day are whole again too
                    link_or_copy(root / "files" / name / folder / own, day / own)
        list(make_version(root, name, table, None))
        yield f"{version}: {len(again)} links were made anew"


def _repair_views(root: Path, path: Path, manifest: Manifest) -> Iterator[str]:
    """Write the views file anew: that costs less than to prove it whole."""
    sealed = sealed_hashes(path)
    if not (path / SUCCESS).exists():
        yield f"{path} was sealed again"
    before = sha256_of(path / VIEWS_FILE) if (path / VIEWS_FILE).is_file() else ""
    build_views(path, manifest)
    renew_seal(path)
    link_warehouse_file(root)
    if before != sealed.get(VIEWS_FILE, before) or not before:
        yield f"{path / VIEWS_FILE} was written anew"


def _is_whole(path: Path, file: StoredFile, root: Path | None = None, name: str = "") -> bool:
    """Whether a file has the bytes that were written; one and the same file as the repaired one in `files/` has."""
    try:
        if root is not None and path.samefile(root / "files" / name / file.path):
            return True
        return path.stat().st_size == file.bytes and sha256_of(path) == file.sha256
    except OSError:
        return False


def _other_names(root: Path, name: str, file: StoredFile) -> Iterator[Path]:
    """Where else a file stands: the days, then the versions."""
    folder, _, own = file.path.rpartition("/")
    if folder:
        yield from sorted((root / "days" / name / folder).glob(f"*/{own}"))
    yield from sorted((root / "versions" / name).glob(f"*/{file.path}"))


def _names_below(folder: Path) -> Iterator[str]:
    """The paths of all files below a version that readers would take up."""
    for place, _, names in os.walk(folder, followlinks=True):
        for name in names:
            if not name.startswith((".", "_")):
                yield Path(place, name).relative_to(folder).as_posix()


def _set_aside(root: Path, path: Path) -> None:
    """Move something out of the way, to where no reader looks."""
    target = root / SET_ASIDE / path.absolute().relative_to(root)
    count = 1
    while os.path.lexists(target):
        target = target.with_name(f"{path.name}.{count}")
        count += 1
    make_folders(target.parent)
    if os.path.lexists(path):
        path.rename(target)
