"""Files and folders that survive a crash: every name is given only to what is whole and on the disk. Knows no room."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pipeline.errors import WarehouseError

_ADVICE = {
    errno.ENOSPC: "no space is left on the device; free some and run again",
    errno.EDQUOT: "the disk quota is used up; free some space and run again",
    errno.EFBIG: "a file grew past the limit for this process (ulimit -f); raise it and run again",
    errno.EACCES: "permission denied; give this user the rights that it needs there, or set DAYBOOK_WAREHOUSE elsewhere",
    errno.EPERM: "not permitted; give this user the rights that it needs there, or set DAYBOOK_WAREHOUSE elsewhere",
    errno.EROFS: "the file system is read-only; mount it for writing, or set DAYBOOK_WAREHOUSE elsewhere",
    errno.EXDEV: "hard links cannot cross file systems; keep the whole warehouse on one",
    errno.EMLINK: "the file system allows no more links to the file; expire old snapshots and run again",
    errno.ENOENT: "it does not exist: an expired snapshot cannot be read any more, and what was lost is told by `daybook warehouse repair`",
    errno.EIO: "the disk reports an input/output error; check the disk",
}


_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


def is_disk_full(error: BaseException | None) -> bool:
    """Whether an error, or one that it came from, says that there is no space left: waiting a little makes none.

    DuckDB gives no error number, only the system's words.
    """
    while error is not None:
        if (isinstance(error, OSError) and error.errno in _FULL) or os.strerror(errno.ENOSPC) in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False


@contextmanager
def file_errors(doing: str, path: Path) -> Iterator[None]:
    """Turn what the operating system reports into one line: what, which file, what to do.

    Raises:
        WarehouseError: anything went wrong with a file.
    """
    try:
        yield
    except OSError as error:
        named = Path(os.fsdecode(error.filename)) if isinstance(error.filename, str | bytes) else path
        advice = _ADVICE.get(error.errno or 0) or (str(error).splitlines() or [type(error).__name__])[0]
        raise WarehouseError(f"cannot {doing} {named}: {advice}") from error


def fsync(path: Path) -> None:
    """Force a file's bytes, or a folder's names, to the disk."""
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def make_folders(path: Path) -> None:
    """Make a folder and its missing parents, each name forced to the disk."""
    missing = [folder for folder in (path, *path.parents) if not folder.is_dir()]
    for folder in reversed(missing):
        folder.mkdir(exist_ok=True)
        fsync(folder.parent)


def write_bytes(path: Path, data: bytes) -> None:
    """Write a small file and force it to the disk; the caller forces the folder."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def appearing(path: Path) -> Iterator[Path]:
    """Give a name beside `path` to write under; on leaving the block its bytes are forced and it takes the place of `path`.

    Two processes may do so at once: each has a name of its own, and the last rename stands. After an error nothing
    is left behind.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}")
    make_folders(path.parent)
    try:
        yield beside
        fsync(beside)
        beside.replace(path)
        fsync(path.parent)
    finally:
        remove(beside)


def switch_link(link: Path, target: str) -> None:
    """Point a symbolic link at `target` by one rename: readers see the old one or the new one. One writer at a time."""
    beside = link.with_name(f".{link.name}.new")
    beside.unlink(missing_ok=True)
    beside.symlink_to(target)
    beside.replace(link)
    fsync(link.parent)


def link_or_copy(path: Path, other: Path) -> None:
    """Give a file, which nobody changes, a second name; where the file system knows no hard links, a second life.

    Raises:
        FileNotFoundError: there is no such file.
    """
    make_folders(other.parent)
    try:
        os.link(path, other)
    except FileNotFoundError:
        raise
    except OSError:
        with appearing(other) as unfinished:
            shutil.copyfile(path, unfinished)


def remove(path: Path) -> None:
    """Remove a file, link or whole folder as far as possible; what cannot go is left for garbage collection."""
    with suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
