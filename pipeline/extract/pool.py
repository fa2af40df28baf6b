"""A pool of page processes: a page that hangs or crashes ends its own process, and none of its neighbours."""

from __future__ import annotations

import atexit
import contextlib
import os
import pickle
import queue
import signal
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pipeline.extract.page import Extraction, Page, refuse
from pipeline.extract.worker import read_frame, write_frame
from pipeline.reasons import Reason

_PROJECT = Path(__file__).resolve().parents[2]
_PAGES_A_PROCESS = 1_000  # then a fresh one: what libraries keep between pages stays bounded
_PAGES_WORTH_A_PROCESS = 8  # a process takes a second to start, a page some forty milliseconds


def extract_each(pages: Sequence[Page], *, workers: int, timeout_seconds: float) -> list[Extraction]:
    """Read pages in processes of their own kind, and return what they hold, in order.

    Each thread drives one process, hands it one page at a time, and starts another when it dies. The deadline is an
    alarm that the process sets for itself, so it holds within C code, and though the parent be gone.

    Args:
        pages: Any number of pages.
        workers: Processes at most; 0 takes one for each core that this process may use.
        timeout_seconds: Most seconds for one page; above zero.
    Refuses:
        extract-timeout, extract-crash, and all that `extract_page` refuses
    """
    if not pages:
        return []
    wanted = workers or _core_count()
    count = max(1, min(wanted, -(-len(pages) // _PAGES_WORTH_A_PROCESS)))
    # Large pages first: a slow one at the end would leave the other processes idle.
    order = sorted(range(len(pages)), key=lambda i: -len(pages[i].body))
    todo: queue.SimpleQueue[int] = queue.SimpleQueue()
    for i in order:
        todo.put(i)
    found: dict[int, Extraction] = {}

    def drive() -> None:
        process = _borrow()
        with contextlib.suppress(queue.Empty):
            while True:
                i = todo.get_nowait()
                found[i] = process.ask(pages[i], timeout_seconds)
        _IDLE.append(process)  # a process that met an error is not given back: it ends with its last reference

    with ThreadPoolExecutor(max_workers=count, thread_name_prefix="extract") as threads:
        for drives in [threads.submit(drive) for _ in range(count)]:
            drives.result()
    return [found[i] for i in range(len(pages))]


def _borrow() -> _Process:
    """A process that an earlier batch of this very process left, or a new one: starting one takes a second."""
    while _IDLE:
        with contextlib.suppress(IndexError):
            process = _IDLE.pop()
            if process.owner == os.getpid():  # after a fork the pipes are the parent's
                return process
    return _Process()


@atexit.register
def close_idle() -> None:
    """End what is idle when this process ends; should it be killed, they end with their input."""
    while _IDLE:
        process = _IDLE.pop()
        if process.owner == os.getpid():
            process.close()


def _core_count() -> int:
    """Cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


_IDLE: list[_Process] = []


class _Process:
    """One page process and its pipes, started when first asked and again after each death."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._asked = 0
        self.owner = os.getpid()

    def close(self) -> None:
        """End the process."""
        self._end()

    def ask(self, page: Page, timeout_seconds: float) -> Extraction:
        """Have one page read; a death is an answer too."""
        if self._process is None or self._asked >= _PAGES_A_PROCESS:
            self._end()
            self._start()
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        self._asked += 1
        answer = None
        with contextlib.suppress(BrokenPipeError):  # it died before it had read the page
            write_frame(process.stdin, pickle.dumps((page, timeout_seconds)))
            answer = read_frame(process.stdout)
        if answer is not None:
            extraction: Extraction = pickle.loads(answer)
            if extraction.reason == Reason.EXTRACT_CRASH:
                self._end()  # out of memory: what is left of it is not to be trusted
            return extraction
        code = self._end()
        if code == -signal.SIGALRM:
            return refuse(Reason.EXTRACT_TIMEOUT, f"took longer than {timeout_seconds:g} s")
        return refuse(Reason.EXTRACT_CRASH, f"the page's process ended with {_name_exit(code)}")

    def _start(self) -> None:
        """Start a process that finds this project as this one does."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "pipeline.extract.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=_PROJECT,
        )
        self._asked = 0

    def _end(self) -> int:
        """End the process, if there is one, and return its exit code."""
        process, self._process = self._process, None
        if process is None:
            return 0
        with contextlib.suppress(BrokenPipeError):
            if process.stdin:
                process.stdin.close()
        if process.stdout:
            process.stdout.close()
        try:
            return process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()


def _name_exit(code: int) -> str:
    """A signal's name, or the exit code."""
    try:
        return signal.Signals(-code).name if code < 0 else f"exit code {code}"
    except ValueError:
        return f"signal {-code}"
