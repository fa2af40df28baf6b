"""A running Airflow for tests: its REST API and its warehouse; and `make up`, its processes, ended with all that it started."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from airflow_local.processes import MARK, NAME, kill_marked, marked
from pipeline.store.warehouse import Warehouse

DONE = ("success", "failed")


@dataclass(kw_only=True)
class RunningAirflow:
    """An Airflow that answers on a port of this machine, and the warehouse it works on."""

    port: int
    home: Path
    root: Path
    token: str = ""

    @property
    def address(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def warehouse(self) -> Warehouse:
        return Warehouse(self.root)

    def ask(self, path: str, body: object = None, method: str | None = None, tries: int = 5) -> Any:
        """Ask the REST API; JSON in, JSON out. Where SQLite has another writer for too long nothing is done, and asked again."""
        request = urllib.request.Request(
            f"{self.address}{path}",
            data=None if body is None else json.dumps(body).encode(),
            method=method or ("GET" if body is None else "POST"),
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"},
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                text = answer.read().decode()
        except urllib.error.HTTPError as error:
            told = error.read().decode()[:500]
            if error.code != 500 or "Database error" not in told or tries <= 1:
                raise AssertionError(f"{path}: {error.code} {told}") from error
            time.sleep(1.0)
            return self.ask(path, body, method, tries - 1)
        return json.loads(text) if text and answer.headers.get_content_type() == "application/json" else text

    def password(self) -> str:
        """The password of the user `admin`."""
        return str(json.loads((self.home / "password.json").read_text())["admin"])

    def take_token(self) -> None:
        """Log in as `admin`."""
        given = {"username": "admin", "password": self.password()}
        self.token = self.ask("/auth/token", given)["access_token"]

    def trigger(self, dag_id: str, key: str, **conf: object) -> str:
        """Start a run of a partition by hand; its id."""
        body = {"logical_date": None, "partition_key": key, "conf": conf}
        return str(self.ask(f"/api/v2/dags/{dag_id}/dagRuns", body)["dag_run_id"])

    def backfill(self, dag_id: str, start: str, end: str, conf: dict[str, Any] | None = None) -> None:
        """Run all partitions of an interval again; Airflow takes one backfill of a DAG at a time."""
        body = {"dag_id": dag_id, "from_date": start, "to_date": end, "dag_run_conf": conf, "max_active_runs": 1}
        running = f"/api/v2/backfills?dag_id={dag_id}&active=true"
        until(
            "no other backfill",
            lambda: all(one["completed_at"] for one in self.ask(running)["backfills"]),
        )
        self.ask("/api/v2/backfills", {**body, "reprocess_behavior": "completed"})

    def runs(self, dag_id: str, key: str | None = None, run_type: str | None = None) -> list[dict[str, Any]]:
        """The runs of a DAG, of one partition and kind where these are given."""
        return [
            run
            for run in self.ask(f"/api/v2/dags/{dag_id}/dagRuns?limit=100")["dag_runs"]
            if key in (None, run["partition_key"]) and run_type in (None, run["run_type"])
        ]

    def finished(self, dag_id: str, key: str, *, run_type: str | None = None, count: int = 1) -> dict[str, Any]:
        """Wait until so many runs of a partition have ended; the last of them. Fails when one failed."""

        def ended() -> list[dict[str, Any]]:
            found = [run for run in self.runs(dag_id, key, run_type) if run["state"] in DONE]
            for run in found:
                assert run["state"] == "success", self.states(dag_id, run["dag_run_id"])
            return found if len(found) >= count else []

        runs: list[dict[str, Any]] = until(f"{dag_id} of {key} ran {count} times", ended)
        return max(runs, key=lambda run: str(run["end_date"]))

    def states(self, dag_id: str, run_id: str) -> dict[str, str]:
        """The states of a run's tasks, by name."""
        tasks = self.tasks(dag_id, run_id)
        return {f"{task['task_id']} {task['rendered_map_index'] or ''}".strip(): task["state"] for task in tasks}

    def tasks(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """A run's tasks."""
        found: list[dict[str, Any]] = self.ask(f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances")[
            "task_instances"
        ]
        return found

    def returned(self, dag_id: str, run_id: str, task_id: str) -> dict[str, Any]:
        """What a task returned."""
        path = f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/xcomEntries/return_value"
        value: dict[str, Any] = self.ask(f"{path}?deserialize=true")["value"]
        return value

    def requests(self) -> list[str]:
        """The hosts that the newsroom was asked for, request by request."""
        log = self.home / "logs" / "newsroom-requests.jsonl"
        return [str(json.loads(line)["host"]) for line in log.read_text().splitlines()]


@dataclass(kw_only=True)
class Up(RunningAirflow):
    """A running `make up`."""

    process: subprocess.Popen[str]
    output: Path

    def log_in(self) -> None:
        """Wait until the UI answers, and take a token."""
        until("Airflow answers", lambda: "Airflow is at" in self.output.read_text() or self.process.poll() is not None)
        assert self.process.poll() is None, self.output.read_text()
        self.take_token()

    def child(self, name: str) -> psutil.Process:
        """The process of one of the supervisor's children."""
        for process in psutil.Process(self.process.pid).children():
            if environment_of(process).get(NAME) == name:
                return process
        raise AssertionError(f"{name} does not run")

    def group(self) -> list[psutil.Process]:
        """The supervisor, what descends from it, and what carries its mark."""
        own = psutil.Process(self.process.pid)
        found = {own, *own.children(recursive=True)}
        for token in {environment_of(p).get(MARK) for p in found} - {None}:
            found.update(marked(str(token)))
        return sorted(found, key=lambda p: p.pid)


@contextmanager
def started(folder: Path, project: Path, **settings: str) -> Iterator[Up]:
    """Start `make up` in a folder, on the home and the warehouse in it; whatever it started ends with the block.

    Args:
        settings: DAYBOOK_* settings by their names, whole and in capitals.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW_", "DAYBOOK_"))}
    home, root, output = folder / "home", folder / "warehouse", folder / "output"
    with output.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "airflow_local.supervisor", "--home", str(home), "--port", str(port)],
            cwd=project,
            env={
                **inherited,
                "PYTHONPATH": f"{project}:{project / 'plugins'}",
                "DAYBOOK_WAREHOUSE": str(root),
                **settings,
            },
            stdout=file,
            stderr=subprocess.STDOUT,
            text=True,
        )
    try:
        yield Up(process=process, port=port, home=home, root=root, output=output)
    finally:
        if process.poll() is None:
            tokens = {environment_of(p).get(MARK) or "" for p in psutil.Process(process.pid).children()} - {""}
            process.kill()
            process.wait()
            for token in tokens:
                kill_marked(token)


def until(what: str, condition: Callable[[], Any], seconds: float = 240.0) -> Any:
    """Wait for something; what it gave."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"not in time: {what}"
        time.sleep(0.5)
    return found


def environment_of(process: psutil.Process) -> dict[str, str]:
    """A process's environment; empty where it has just ended."""
    try:
        environment: dict[str, str] = process.environ()
        return environment
    except (psutil.Error, OSError):
        return {}


def listening_on(process: psutil.Process) -> set[str]:
    """The addresses that a process listens on; none where it has just ended."""
    try:
        return {c.laddr.ip for c in process.net_connections(kind="inet") if c.status == psutil.CONN_LISTEN}
    except (psutil.Error, OSError):
        return set()


def is_alive(process: psutil.Process) -> bool:
    """Whether a process still runs."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
