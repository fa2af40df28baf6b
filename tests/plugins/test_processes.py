"""Supervised processes: started again when they die, and never left behind, however their parent ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from airflow_local.processes import MARK, ChildProcess, ProcessGroup, kill_marked, marked


@pytest.fixture
def stubborn(tmp_path: Path) -> Path:
    """A program that starts a second one in a session of its own, as Airflow does; both ignore a polite end."""
    script = tmp_path / "stubborn.py"
    script.write_text(
        "import signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "if len(sys.argv) == 1:\n"
        "    subprocess.Popen([sys.executable, __file__, 'grandchild'], start_new_session=True)\n"
        "time.sleep(300)\n"
    )
    return script


@pytest.fixture
def group(tmp_path: Path, project: Path) -> Iterator[ProcessGroup]:
    made = ProcessGroup({**os.environ, "PYTHONPATH": f"{project}:{project / 'plugins'}"})
    yield made
    kill_marked(made.token)
    made.end()


def _until(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.05)


def _alive(token: str) -> list[psutil.Process]:
    return [p for p in marked(token) if p.status() != psutil.STATUS_ZOMBIE]


def test_ending_leaves_nobody_not_even_who_refuses(
    group: ProcessGroup, stubborn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("airflow_local.processes.GRACE_SECONDS", 0.5)
    group.children.append(ChildProcess(name="stubborn", command=[sys.executable, str(stubborn)], log=tmp_path / "log"))
    group.start()
    _until(lambda: len(_alive(group.token)) == 2)
    before = time.monotonic()
    group.end()
    assert _alive(group.token) == []
    assert time.monotonic() - before < 10


@pytest.mark.drill
def test_a_killed_parent_leaves_nobody(stubborn: Path, tmp_path: Path, project: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(
        "import os, sys, time\n"
        "from pathlib import Path\n"
        "import airflow_local.processes as children\n"
        f"child = children.ChildProcess(name='c', command=[sys.executable, {str(stubborn)!r}], log=Path({str(tmp_path / 'log')!r}))\n"
        "family = children.ProcessGroup(dict(os.environ), [child])\n"
        "family.start()\n"
        "print(family.token, flush=True)\n"
        "time.sleep(300)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, str(script)],
        env={**os.environ, "PYTHONPATH": f"{project}:{project / 'plugins'}"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    token = parent.stdout.readline().strip()
    try:
        _until(lambda: len(_alive(token)) == 2)
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        _until(lambda: not _alive(token))
    finally:
        kill_marked(token)


def test_a_child_that_dies_starts_again_after_growing_pauses(group: ProcessGroup, tmp_path: Path) -> None:
    group.children.append(
        ChildProcess(name="brief", command=[sys.executable, "-c", "raise SystemExit(3)"], log=tmp_path / "log")
    )
    group.start()
    (brief,) = group.children
    pauses = []
    for _ in range(3):
        assert brief.process is not None
        brief.process.wait()
        (said,) = group.tend()
        assert "brief ended with code 3" in said
        pauses.append(brief.due_at - time.monotonic())
        assert list(group.tend()) == []
        assert brief.process is None, "it must not start again before its pause is over"
        brief.due_at = 0.0
        assert list(group.tend()) == []
    assert [round(pause) for pause in pauses] == [1, 2, 4]


def test_a_child_that_lived_long_starts_again_soon(group: ProcessGroup, tmp_path: Path) -> None:
    child = ChildProcess(name="old", command=[sys.executable, "-c", ""], log=tmp_path / "log")
    group.children.append(child)
    group.start()
    assert child.process is not None
    child.process.wait()
    child.deaths, child.started_at = 9, time.monotonic() - 3600
    assert len(list(group.tend())) == 1
    assert child.deaths == 1


def test_children_are_marked_and_others_are_not(group: ProcessGroup, tmp_path: Path) -> None:
    group.children.append(
        ChildProcess(name="c", command=[sys.executable, "-c", "import time; time.sleep(60)"], log=tmp_path / "log")
    )
    group.start()
    _until(lambda: len(_alive(group.token)) == 1)
    (process,) = _alive(group.token)
    assert process.pid == group.children[0].process.pid  # type: ignore[union-attr]
    assert process.environ()[MARK] == group.token


def test_what_a_dead_child_started_ends_with_it_and_its_siblings_stay(
    group: ProcessGroup, stubborn: Path, tmp_path: Path
) -> None:
    for name in ("first", "second"):
        group.children.append(ChildProcess(name=name, command=[sys.executable, str(stubborn)], log=tmp_path / name))
    group.start()
    _until(lambda: len(_alive(group.token)) == 4)
    first, second = group.children
    assert first.process is not None
    first.process.kill()
    first.process.wait()
    assert len(list(group.tend())) == 1
    left = {p.pid for p in _alive(group.token)}
    assert left == {p.pid for p in marked(group.token, "second")}
    assert second.process is not None
    assert second.process.pid in left
    assert len(left) == 2
