"""Time in the sandbox is processor time; what takes too much of it is tried twice, and costs its neighbours nothing."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import psutil
import pytest

from pipeline.sandbox import pool
from pipeline.sandbox.pool import Death, Task, close_idle, read_each

READER = "tests.sandbox.odd_reader"


@pytest.fixture(autouse=True)
def _fresh_processes() -> Iterator[None]:
    close_idle()
    yield
    close_idle()


def task(what: str, size: int = 0, group: str = "", **facts: Any) -> Task:
    return Task(facts={"do": what, **facts}, body=bytes(size), group=group)


def kinds(answers: list[Any]) -> list[str]:
    return [answer.kind if isinstance(answer, Death) else "read" for answer in answers]


def test_waiting_costs_nothing() -> None:
    """As on a loaded machine: the clock goes on, the task does not."""
    assert kinds(read_each(READER, [task("wait", seconds=1.5)], workers=1, timeout_seconds=0.5)) == ["read"]


def test_working_does() -> None:
    (answer,) = read_each(READER, [task("burn", seconds=30)], workers=1, timeout_seconds=0.3)
    assert answer == Death(kind="timeout", detail="took more than 0.3 s of processor time")


def test_the_clock_is_the_last_net(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "_LEAST_WALL_SECONDS", 0.0)
    started = time.monotonic()
    (answer,) = read_each(READER, [task("wait", seconds=60)], workers=1, timeout_seconds=0.2, tries=1)
    assert answer == Death(kind="stalled", detail="not done after 1.2 s, and hardly at work")
    assert time.monotonic() - started < 20


@pytest.mark.drill
def test_a_process_that_is_stopped_and_goes_on_reads_its_task() -> None:
    answers: list[Any] = []
    thread = threading.Thread(
        target=lambda: answers.extend(read_each(READER, [task("burn", seconds=1)], workers=1, timeout_seconds=3))
    )
    thread.start()
    try:
        worker = None
        while thread.is_alive() and worker is None:
            found = [c for c in psutil.Process().children() if READER in c.cmdline() and sum(c.cpu_times()[:2]) > 0.3]
            worker = found[0].pid if found else None
            time.sleep(0.01)
        assert worker is not None
        os.kill(worker, signal.SIGSTOP)
        time.sleep(4)
        os.kill(worker, signal.SIGCONT)
    finally:
        thread.join(60)
    assert kinds(answers) == ["read"]


def test_a_late_task_is_tried_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    ask = pool._Process.ask

    def count(self, one: Task, seconds: float) -> Any:
        asked.append(len(one.body))
        if len(one.body) == 2 and asked.count(2) == 1:
            return Death(kind="timeout", detail="the machine was busy")
        return ask(self, one, seconds)

    monkeypatch.setattr(pool._Process, "ask", count)
    assert (
        kinds(read_each(READER, [task("nothing", size) for size in (1, 2, 3)], workers=1, timeout_seconds=5))
        == ["read"] * 3
    )
    assert asked == [3, 2, 1, 2]


@pytest.mark.drill
def test_one_source_of_slow_pages_has_a_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twelve slow ones and sound ones of one source, and sound ones of another: every sound one is read."""
    monkeypatch.setattr(pool, "MOST_SLOW", 3)
    slow = [task("burn", 100 + n, "evil", seconds=30) for n in range(12)]
    sound = [task("nothing", n, "evil") for n in range(4)] + [task("nothing", 50 + n, "good") for n in range(20)]
    expected = ["put-off"] * 7 + ["timeout"] * 5 + ["read"] * 24
    for workers in (1, 2):
        found = kinds(read_each(READER, [*slow, *sound], workers=workers, timeout_seconds=0.5))
        assert found == expected, "the same whoever is faster"


def test_tasks_without_a_source_have_no_budget() -> None:
    slow = [task("burn", 100 + n, seconds=30) for n in range(7)]
    assert kinds(read_each(READER, slow, workers=1, timeout_seconds=0.1)) == ["timeout"] * 7
