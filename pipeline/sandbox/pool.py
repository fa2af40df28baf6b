"""A pool of reading processes: a task that hangs or crashes ends its own process, and none of its neighbours."""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pipeline.sandbox.guards import clean_environment
from pipeline.sandbox.worker import read_frame, write_frame

logger = logging.getLogger(__name__)

_PROJECT = Path(__file__).resolve().parents[2]
_TASKS_A_PROCESS = 1_000  # then a fresh one: what libraries keep between tasks stays bounded
_TASKS_WORTH_A_PROCESS = 8  # a process takes a second to start, a page some forty milliseconds
# The clock's limit is the last net, for a process that waits and does not work: a loaded machine must not end sound pages.
_WALL_SECONDS_PER_CPU_SECOND = 6
_LEAST_WALL_SECONDS = 60.0
# So many tasks of a group may use up all their time, twice; so many more a tenth of it.
MOST_TIMEOUTS = 5
MOST_SLOW = 50
_SHORTER = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What a reader is given: JSON-ready facts, and bytes. Tasks of one `group` share a budget of time-outs."""

    facts: dict[str, Any] = field(default_factory=dict)
    body: bytes
    group: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Death:
    """How the process of a task ended, instead of an answer.

    Attributes:
        kind: timeout (it used up its processor time, twice), stalled (the clock ran out twice while it did not work),
            put-off (its group had used up its budget of time), memory (it met its limit), recursion
            (nested too deep, and it lives on), or crash.
    """

    kind: Literal["timeout", "stalled", "put-off", "memory", "recursion", "crash"]
    detail: str


Answer = dict[str, Any] | Death


def read_each(
    reader: str, tasks: Sequence[Task], *, workers: int, timeout_seconds: float, tries: int = 2
) -> list[Answer]:
    """Have each task read in a process of the reader's, and return the answers, in order.

    Each thread drives one process, hands it one task at a time, and starts another when it dies. The limit counts
    processor time: what a task may take hangs neither on the machine's load nor on its neighbours. What runs into it is
    tried once more, unless there is one try only.

    A group that ran into it five times has used up its budget. The rest of it (the smaller bodies, for the larger ones come
    first) has a tenth of the time for each task, in which sound pages are read; what takes longer is put off, and after
    fifty of those all the rest. The order alone settles which tasks that are, whichever process was faster.

    Args:
        reader: A module's name: its `warm_up()` is called once a process, its `answer(facts, body)` for each task, and
            gives what JSON can say.
        workers: Processes at most; 0 takes one for each core that this process may use.
        timeout_seconds: Most seconds of processor time for one task; above zero.
        tries: How often a task may run into that limit.
    """
    batch = _Batch(reader=reader, tasks=tasks, workers=workers or core_count())
    # Large ones first: a slow one at the end would leave the other processes idle.
    order = sorted(range(len(tasks)), key=lambda i: -len(tasks[i].body))
    late, rest = batch.read(order, timeout_seconds, MOST_TIMEOUTS)
    for _ in range(1, tries):
        late, _ = batch.read(late, timeout_seconds)
    if rest:
        seconds = timeout_seconds / _SHORTER
        slow, unread = batch.read(rest[::-1], seconds, MOST_SLOW)
        batch.put_off(
            slow, f"took more than {seconds:g} s, after {MOST_TIMEOUTS} tasks of its source took longer than they may"
        )
        batch.put_off(unread, f"{MOST_TIMEOUTS + MOST_SLOW} tasks of its source took longer than they may")
    return [batch.answers[i] for i in range(len(tasks))]


@dataclass(slots=True, kw_only=True)
class _Batch:
    """Tasks on their way, and what became of them."""

    reader: str
    tasks: Sequence[Task]
    workers: int
    answers: dict[int, Answer] = field(default_factory=dict)
    _late_count: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def read(self, places: Sequence[int], seconds: float, most_late: int | None = None) -> tuple[list[int], list[int]]:
        """Read some tasks, in their order, until their group has so many that are late.

        Returns:
            The tasks that were late, and those that come behind their group's last one that may be.
        """
        for i in places:
            self.answers.pop(i, None)
        self._late_count = 0
        count = min(self.workers, -(-len(places) // _TASKS_WORTH_A_PROCESS))
        todo = iter(places)

        def drive() -> None:
            process = _borrow(self.reader)
            while (i := self._next(todo, places, most_late)) is not None:
                self.answers[i] = process.ask(self.tasks[i], seconds)
                self._late_count += _is_late(self.answers[i])
            _IDLE.append(process)  # a process that met an error is not given back: it ends with its last reference

        with ThreadPoolExecutor(max_workers=max(1, count), thread_name_prefix="read") as threads:
            for drives in [threads.submit(drive) for _ in range(count)]:
                drives.result()
        return self._late(places, most_late)

    def put_off(self, places: Sequence[int], detail: str) -> None:
        """Say of some tasks that they were not read."""
        self.answers.update(dict.fromkeys(places, Death(kind="put-off", detail=detail)))

    def _next(self, todo: Iterator[int], places: Sequence[int], most_late: int | None) -> int | None:
        """The next task, those left out that come behind their group's last late one."""
        with self._lock:
            is_any = most_late is not None and self._late_count >= most_late
            behind = frozenset(self._late(places, most_late)[1] if is_any else ())
            return next((i for i in todo if i not in behind), None)

    def _late(self, places: Sequence[int], most_late: int | None) -> tuple[list[int], list[int]]:
        """The late ones among these tasks as far as it is known, and what comes behind too many of them in one group."""
        late: list[int] = []
        behind: list[int] = []
        counts: Counter[str] = Counter()
        for i in places:
            group = self.tasks[i].group
            if most_late is not None and group and counts[group] >= most_late:
                behind.append(i)
            elif _is_late(self.answers.get(i)):
                counts[group] += 1
                late.append(i)
        return late, behind


def _is_late(answer: Answer | None) -> bool:
    """Whether a task ran out of time."""
    return isinstance(answer, Death) and answer.kind in ("timeout", "stalled")


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


def core_count() -> int:
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
        wall_seconds = max(_LEAST_WALL_SECONDS, timeout_seconds * _WALL_SECONDS_PER_CPU_SECOND)
        with contextlib.suppress(BrokenPipeError):  # it died before it had read the task
            limits = {"cpu_seconds": timeout_seconds, "wall_seconds": wall_seconds}
            write_frame(process.stdin, {"task": task.facts, **limits}, task.body)
            frame = read_frame(process.stdout)
        if frame is not None:
            answer: dict[str, Any] = frame[0]
            return answer["answer"] if "answer" in answer else self._survived(answer["death"])
        code = self._end()
        if code == -signal.SIGPROF:
            return Death(kind="timeout", detail=f"took more than {timeout_seconds:g} s of processor time")
        if code == -signal.SIGALRM:
            return Death(kind="stalled", detail=f"not done after {wall_seconds:g} s, and hardly at work")
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
            env=clean_environment(os.environ),
        )
        self._asked = 0
        assert self._process.stdout is not None
        frame = read_frame(self._process.stdout)
        if frame is not None:
            _tell_guards(self.reader, frame[0]["guards"])

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


@cache
def _tell_once(text: str) -> None:
    """Write a line to the log, once a process."""
    logger.info("%s", text)


def _tell_guards(reader: str, guards: Mapping[str, str]) -> None:
    """Write down which guards hold."""
    _tell_once(f"sandbox of {reader}: " + " ".join(f"{name}={state}" for name, state in guards.items()))


def _name_exit(code: int) -> str:
    """A signal's name, or the exit code."""
    try:
        return signal.Signals(-code).name if code < 0 else f"exit code {code}"
    except ValueError:
        return f"signal {-code}"
