"""Children that never outlive their parent: every process carries a mark, and a guard ends the marked ones.

A process tree is no safe handle here: Airflow's task processes lead sessions of their own and lose their parent when the
scheduler dies. An environment variable is inherited by all of them. The guard is a child that waits for the end of a pipe,
which the operating system closes however the parent died, `kill -9` included.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

MARK = "_DAYBOOK_FAMILY"
NAME = "_DAYBOOK_CHILD"
GRACE_SECONDS = 7.0  # the scheduler takes up to 3 s to end its workers
_LONGEST_PAUSE_SECONDS = 60.0
_SETTLED_SECONDS = 60.0  # a child that lived so long starts again at once


@dataclass(slots=True, kw_only=True)
class ChildProcess:
    """One supervised process: how to start it, and how often it died lately."""

    name: str
    command: list[str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    deaths: int = 0
    due_at: float = 0.0


@dataclass(slots=True)
class ProcessGroup:
    """All children of this process, marked with one token; `environment` is what they see."""

    environment: Mapping[str, str]
    children: list[ChildProcess] = field(default_factory=list)
    token: str = field(default_factory=lambda: secrets.token_hex(8))
    _watchdog: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the guard, then every child."""
        command = [sys.executable, "-m", "airflow_local.processes", self.token]
        environment = {k: v for k, v in self.environment.items() if k != MARK}
        self._watchdog = subprocess.Popen(command, stdin=subprocess.PIPE, env=environment, start_new_session=True)
        for child in self.children:
            self._launch(child)

    def tend(self) -> Iterator[str]:
        """Start children again that died, after a pause that doubles with each death; yields a sentence for each event."""
        now = time.monotonic()
        for child in self.children:
            if child.process is None:
                if now >= child.due_at:
                    self._launch(child)
                continue
            code = child.process.poll()
            if code is None:
                continue
            child.process = None
            # What it started would go on without it: hold its port, or work on what its successor starts again.
            kill_marked(self.token, child.name)
            child.deaths = 1 if now - child.started_at > _SETTLED_SECONDS else child.deaths + 1
            pause = min(2.0 ** (child.deaths - 1), _LONGEST_PAUSE_SECONDS)
            child.due_at = now + pause
            yield f"{child.name} ended with code {code}; it starts again in {pause:.0f} s, {child.log} says why"

    def end(self) -> None:
        """Ask every child to end, then kill whatever carries the mark; takes at most about 10 s."""
        for child in self.children:
            if child.process is not None and child.process.poll() is None:
                child.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + GRACE_SECONDS
        for child in self.children:
            if child.process is not None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.process.wait(max(0.0, deadline - time.monotonic()))
        kill_marked(self.token)
        for child in self.children:
            if child.process is not None:
                child.process.wait()
        if self._watchdog is not None and self._watchdog.stdin is not None:
            self._watchdog.stdin.close()
            self._watchdog.wait()

    def _launch(self, child: ChildProcess) -> None:
        """Start one child in a session of its own, so that Ctrl-C in the terminal reaches only its supervisor."""
        with child.log.open("ab") as log:
            child.process = subprocess.Popen(
                child.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Airflow names its processes; without SPT_NOENV the name is written over the environment, mark included.
                env={**self.environment, MARK: self.token, NAME: child.name, "SPT_NOENV": "1"},
                start_new_session=True,
            )
        child.started_at = time.monotonic()


def marked(token: str, name: str | None = None) -> list[psutil.Process]:
    """Every process of this user that carries the mark; with a name, only that child and what descends from it."""
    found = []
    for process in psutil.process_iter():
        try:
            environment = process.environ()
            if environment.get(MARK) == token and name in (None, environment.get(NAME)):
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


def kill_marked(token: str, name: str | None = None) -> None:
    """Kill the marked processes, and those that they start meanwhile; with a name, only those of that child."""
    for _ in range(20):
        processes = [p for p in marked(token, name) if p.pid != os.getpid() and p.status() != psutil.STATUS_ZOMBIE]
        if not processes:
            return
        for process in processes:
            try:
                process.kill()
            except psutil.Error:
                continue
        psutil.wait_procs(processes, timeout=1.0)


def watchdog(token: str) -> None:
    """Wait until the parent is gone, then end its children: first politely, then not."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sys.stdin.buffer.read()
    processes = marked(token)
    for process in processes:
        try:
            process.terminate()
        except psutil.Error:
            continue
    psutil.wait_procs(processes, timeout=GRACE_SECONDS)
    kill_marked(token)


if __name__ == "__main__":
    watchdog(sys.argv[1])
