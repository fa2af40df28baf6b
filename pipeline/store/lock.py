"""The one writer's lock: a `flock` that dies with its holder, so a killed run never has to be cleaned up after."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from pipeline.errors import WarehouseLocked

_open: set[int] = set()


def _forget_in_child() -> None:
    """Close inherited descriptors in a forked child, or the lock would live on in it after its holder's death."""
    for fd in _open:
        os.close(fd)
    _open.clear()


os.register_at_fork(after_in_child=_forget_in_child)


@contextmanager
def hold(path: Path, *, timeout_seconds: float) -> Iterator[None]:
    """Hold the lock while the block runs, waiting for another holder if there is one, in turn with others who wait.

    Every entry opens the file anew, and `flock` belongs to that opening: threads of one process exclude each other
    just as processes do. A thread that asks again while it holds the lock waits for itself, in vain.

    Args:
        path: The lock file; made when missing, never removed. `.next` beside it is the place at the head of the queue.
        timeout_seconds: How long to wait; 0 tries once.
    Raises:
        WarehouseLocked: another holder did not let go in time; the message names its process and since when.
        OSError: the file cannot be opened for writing.
    """
    wait = _Wait(path)
    try:
        if not wait.has_it_now() and not (timeout_seconds > 0 and wait.has_it_within(timeout_seconds)):
            raise WarehouseLocked(_describe(wait.fd, path, timeout_seconds))
        with suppress(OSError):  # a full disk: upkeep needs the lock all the same, and no room
            os.ftruncate(wait.fd, 0)
            os.pwrite(wait.fd, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        wait.end()


class _Wait:
    """One entry: first the place at the head of the queue, then the lock, then the place is given up.

    Whoever lets the lock go and asks at once again finds the head of the queue taken. Waiting is left to the kernel, which wakes in
    turn: asking again every few milliseconds gave one writer all turns and another none. As a call of the kernel has no
    deadline, a thread makes it; when the time is over the thread is left behind, and lets go at once what it gets.
    """

    def __init__(self, path: Path) -> None:
        self.fd = _opened(path)
        self._next = _opened(path.with_name(f"{path.name}.next"))
        self._done = threading.Event()
        self._guard = threading.Lock()
        self._is_waiting = False
        self._is_over = False

    def has_it_now(self) -> bool:
        """Whether nobody holds the lock or waits for it; then it is held."""
        if not _taken(self._next):
            return False
        held = _taken(self.fd)
        fcntl.flock(self._next, fcntl.LOCK_UN)
        return held

    def has_it_within(self, seconds: float) -> bool:
        """Whether the lock came in time; then it is held."""
        self._is_waiting = True
        threading.Thread(target=self._queue, name="warehouse lock", daemon=True).start()
        return self._done.wait(seconds)

    def end(self) -> None:
        """Let go of all, now or, where the kernel still waits on our behalf, as soon as it has come."""
        with self._guard:
            self._is_over = True
            if self._is_waiting:
                return
        self._close()

    def _queue(self) -> None:
        with suppress(OSError):  # closed in a forked child
            fcntl.flock(self._next, fcntl.LOCK_EX)
            if not self._is_over:
                fcntl.flock(self.fd, fcntl.LOCK_EX)
            fcntl.flock(self._next, fcntl.LOCK_UN)
        with self._guard:
            self._is_waiting = False
            if not self._is_over:
                self._done.set()
                return
        self._close()

    def _close(self) -> None:
        for fd in (self.fd, self._next):
            if fd in _open:  # not so in a forked child
                _open.discard(fd)
                os.close(fd)


def _opened(path: Path) -> int:
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    _open.add(fd)
    return fd


def _taken(fd: int) -> bool:
    """Take a lock that nobody has."""
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _describe(fd: int, path: Path, timeout_seconds: float) -> str:
    """Who holds the lock and since when: the holder wrote its pid, and the file's mtime says when."""
    pid = os.pread(fd, 32, 0).decode("ascii", "replace").strip() or "unknown"
    since = datetime.fromtimestamp(os.fstat(fd).st_mtime, UTC)
    own = " (this very process)" if pid == str(os.getpid()) else ""
    return (
        f"the warehouse {path.parent} is being written by process {pid}{own} since {since:%Y-%m-%d %H:%M:%S}Z;"
        f" waited {timeout_seconds:g} s, nothing was changed: try again when it is done"
    )
