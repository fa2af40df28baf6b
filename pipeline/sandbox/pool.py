"""A pool of reading processes: a task that hangs or crashes ends its own process, and none of its neighbours."""

from __future__ import annotations

import atexit
import contextlib
import os
import queue
import signal
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pipeline.sandbox.worker import read_frame, write_frame

_PROJECT = Path(__file__).resolve().parents[2]
_TASKS_A_PROCESS = 1_000  # then a fresh one: what libraries keep between tasks stays bounded
_TASKS_WORTH_A_PROCESS = 8  # a process takes a second to start, a page some forty milliseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What a reader is given: JSON-ready facts, and bytes."""

    facts: dict[str, Any] = field(default_factory=dict)
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Death:
    """How the process of a task ended, instead of an answer.

    Attributes:
        kind: timeout, memory (it met its limit), recursion (nested too deep, and it lives on), or crash.
    """

    kind: Literal["timeout", "memory", "recursion", "crash"]
    detail: str


Answer = dict[str, Any] | Death


def read_each(reader: str, tasks: Sequence[Task], *, workers: int, timeout_seconds: float) -> list[Answer]:
    """Have each task read in a process of the reader's, and return the answers, in order.

    Each thread drives one process, hands it one task at a time, and starts another when it dies. The deadline is an
    alarm that the process sets for itself, so it holds within C code, and though the parent be gone.

    Args:
        reader: A module's name: its `warm_up()` is called once a process, its `answer(facts, body)` for each task, and
            gives what JSON can say.
        workers: Processes at most; 0 takes one for each core that this process may use.
        timeout_seconds: Most seconds for one task; above zero.
    """
    if not tasks:
        return []
    wanted = workers or _core_count()
    count = max(1, min(wanted, -(-len(tasks) // _TASKS_WORTH_A_PROCESS)))
    # Large ones first: a slow one at the end would leave the other processes idle.
    todo: queue.SimpleQueue[int] = queue.SimpleQueue()
    for i in sorted(range(len(tasks)), key=lambda i: -len(tasks[i].body)):
        todo.put(i)
    answers: dict[int, Answer] = {}

    def drive() -> None:
        process = _borrow(reader)
        with contextlib.suppress(queue.Empty):
            while True:
                i = todo.get_nowait()
                answers[i] = process.ask(tasks[i], timeout_seconds)
        _IDLE.append(process)  # a process that met an error is not given back: it ends with its last reference

    with ThreadPoolExecutor(max_workers=count, thread_name_prefix="read") as threads:
        for drives in [threads.submit(drive) for _ in range(count)]:
            drives.result()
    return [answers[i] for i in range(len(tasks))]


def _borrow(reader: str) -> _Process:
    """A process that an earlier batch of this very process left, or a new one: starting one takes a second."""
    for process in list(_IDLE):
        if process.reader == reader and process.owner == os.getpid():  # after a fork the pipes are the parent's
            with contextlib.suppress(ValueError):  # another thread was first
                _IDLE.remove(process)
                return process
    return _Process(reader)


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
    """One reading process and its pipes, started when first asked and again after each death."""

    def __init__(self, reader: str) -> None:
        self.reader = reader
        self.owner = os.getpid()
        self._process: subprocess.Popen[bytes] | None = None
        self._asked = 0

    def close(self) -> None:
        """End the process."""
        self._end()

    def ask(self, task: Task, timeout_seconds: float) -> Answer:
        """Have one task read; a death is an answer too."""
        if self._process is None or self._asked >= _TASKS_A_PROCESS:
            self._end()
            self._start()
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        self._asked += 1
        frame = None
        with contextlib.suppress(BrokenPipeError):  # it died before it had read the task
            write_frame(process.stdin, {"task": task.facts, "timeout_seconds": timeout_seconds}, task.body)
            frame = read_frame(process.stdout)
        if frame is not None:
            answer: dict[str, Any] = frame[0]
            return answer["answer"] if "answer" in answer else self._survived(answer["death"])
        code = self._end()
        if code == -signal.SIGALRM:
            return Death(kind="timeout", detail=f"took longer than {timeout_seconds:g} s")
        return Death(kind="crash", detail=f"the page's process ended with {_name_exit(code)}")

    def _survived(self, kind: Literal["memory", "recursion"]) -> Death:
        """What the process itself told of its end: after want of memory, what is left of it is not to be trusted."""
        if kind == "recursion":
            return Death(kind=kind, detail="nested too deep")
        self._end()
        return Death(kind=kind, detail="out of memory")

    def _start(self) -> None:
        """Start a process that finds this project as this one does."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "pipeline.sandbox.worker", self.reader],
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
