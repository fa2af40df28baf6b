"""The one writer's lock: a `flock` that dies with its holder, so a killed run never has to be cleaned up after."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from pipeline.errors import WarehouseLocked

_POLL_SECONDS = 0.02
_open: set[int] = set()


def _forget_in_child() -> None:
    """Close inherited descriptors in a forked child, or the lock would live on in it after its holder's death."""
    for fd in _open:
        os.close(fd)
    _open.clear()


os.register_at_fork(after_in_child=_forget_in_child)


@contextmanager
def hold(path: Path, *, timeout_seconds: float) -> Iterator[None]:
    """Hold the lock while the block runs, waiting for another holder if there is one.

    Every entry opens the file anew, and `flock` belongs to that opening: threads of one process exclude each other
    just as processes do. A thread that asks again while it holds the lock waits for itself, in vain.

    Args:
        path: The lock file; made when missing, never removed.
        timeout_seconds: How long to wait; 0 tries once.
    Raises:
        WarehouseLocked: another holder did not let go in time; the message names its process and since when.
        OSError: the file cannot be opened for writing.
    """
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    _open.add(fd)
    try:
        _wait(fd, path, timeout_seconds)
        os.ftruncate(fd, 0)
        os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        if fd in _open:  # not so in a forked child
            _open.discard(fd)
            os.close(fd)


def _wait(fd: int, path: Path, timeout_seconds: float) -> None:
    """Take the lock, asking again until the deadline."""
    deadline = time.monotonic() + timeout_seconds
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise WarehouseLocked(_describe(fd, path, timeout_seconds)) from None
            time.sleep(min(_POLL_SECONDS, max(0.0, deadline - time.monotonic())))
        else:
            return


def _describe(fd: int, path: Path, timeout_seconds: float) -> str:
    """Who holds the lock and since when: the holder wrote its pid, and the file's mtime says when."""
    pid = os.pread(fd, 32, 0).decode("ascii", "replace").strip() or "unknown"
    since = datetime.fromtimestamp(os.fstat(fd).st_mtime, UTC)
    own = " (this very process)" if pid == str(os.getpid()) else ""
    return (
        f"the warehouse {path.parent} is being written by process {pid}{own} since {since:%Y-%m-%d %H:%M:%S}Z;"
        f" waited {timeout_seconds:g} s, nothing was changed: try again when it is done"
    )
