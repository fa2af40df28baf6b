"""Published builds on disk: `builds/<build_id>/` written once and never changed, a link for each day, a feed."""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

from pipeline.errors import WarehouseCorrupt, WarehouseError
from pipeline.files import appearing, file_errors, fsync, remove, switch_link, write_bytes
from pipeline.publish.document import Document
from pipeline.publish.render import render_atom

FILES = ("digest.html", "digest.json", "digest.md")


def builds_folder(root: Path) -> Path:
    """Where a warehouse keeps its builds."""
    return root / "digests" / "builds"


def hash_files(files: Mapping[str, bytes]) -> str:
    """The `output_sha256` of a build: SHA-256 over its files' names and hashes."""
    lines = (f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(files.items()))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def write_build(root: Path, build_id: str, files: Mapping[str, bytes]) -> Path:
    """Write a build's folder, whole or not at all; the same build again changes nothing.

    Raises:
        WarehouseCorrupt: the build is there with other bytes.
        WarehouseError: it cannot be written.
    """
    folder = builds_folder(root) / build_id
    if folder.is_dir():
        _check_same(folder, files)
        return folder
    unfinished = folder.with_name(f".{build_id}.{os.getpid()}")
    try:
        remove(unfinished)
        unfinished.mkdir(parents=True)
        for name, data in sorted(files.items()):
            write_bytes(unfinished / name, data)
        fsync(unfinished)
        unfinished.rename(folder)
        for parent in (folder.parent, folder.parent.parent, root):
            fsync(parent)
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST) and folder.is_dir():  # another writer was first
            _check_same(folder, files)
            return folder
        raise WarehouseError(f"cannot write build {build_id} in {folder.parent}: {error.strerror}") from error
    finally:
        remove(unfinished)
    return folder


def read_build(root: Path, build_id: str) -> dict[str, bytes]:
    """Read a build's files, by name; empty where there is no such build."""
    folder = builds_folder(root) / build_id
    if not folder.is_dir():
        return {}
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}


def check_build(root: Path, build_id: str, output_sha256: str) -> list[str]:
    """Compare a build's files with the hash recorded for them.

    Returns:
        One sentence a problem; empty when all is well.
    """
    files = read_build(root, build_id)
    where = builds_folder(root) / build_id
    if not files:
        return [f"build {build_id} has no files at {where}"]
    if missing := sorted(set(FILES) - files.keys()):
        return [f"build {build_id} lacks {', '.join(missing)} at {where}"]
    if hash_files(files) != output_sha256:
        return [f"the files of build {build_id} at {where} are not the ones that were published"]
    return []


def day_build(root: Path, day: date) -> str | None:
    """The build that a day's link leads to; None where there is no link."""
    link = root / "digests" / day.isoformat()
    return link.readlink().name if link.is_symlink() else None


def point_day(root: Path, day: date, build_id: str) -> None:
    """Make `digests/<day>` lead to a build, by one rename.

    Raises:
        WarehouseError: the link cannot be written.
    """
    link = root / "digests" / day.isoformat()
    target = f"builds/{build_id}"
    if link.is_symlink() and str(link.readlink()) == target:
        return
    with file_errors(f"point the digest of {day} at build {build_id} by", link):
        switch_link(link, target)


def write_atom(root: Path, build_ids: Iterable[str]) -> None:
    """Write the feed over some builds; it appears whole, and only when it changed.

    Raises:
        WarehouseError: it cannot be written.
    """
    data = render_atom([_document(root, build_id) for build_id in build_ids]).encode()
    path = root / "digests" / "atom.xml"
    if path.is_file() and path.read_bytes() == data:
        return
    with file_errors("write", path), appearing(path) as unfinished:
        unfinished.write_bytes(data)


def _document(root: Path, build_id: str) -> Document:
    """The document of a published build."""
    data = read_build(root, build_id).get("digest.json")
    if data is None:
        raise WarehouseCorrupt(f"build {build_id} lacks its digest.json; run `daybook warehouse verify`")
    document: Document = json.loads(data)
    return document


def _check_same(folder: Path, files: Mapping[str, bytes]) -> None:
    """Refuse other bytes under a name that is taken."""
    present = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    if present != dict(files):
        changed = sorted(name for name in {*present, *files} if present.get(name) != files.get(name))
        raise WarehouseCorrupt(
            f"build {folder.name} is published already with another {', '.join(changed)} at {folder}; "
            "a published build never changes: run `daybook warehouse verify`"
        )
