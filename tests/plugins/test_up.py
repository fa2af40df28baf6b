"""What `make up` starts: an hour by REST wakes the stories, a backfill closes the day, nothing listens beyond this machine,
and nothing is left when it ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import psutil
import pytest

from daybook_airflow.children import MARK, kill_marked, marked
from pipeline.store.warehouse import Warehouse

DAY = "2026-03-02"
HOUR = f"{DAY}T18:00:00"  # late enough for several articles


@dataclass
class Up:
    """A running `make up`."""

    process: subprocess.Popen[str]
    port: int
    home: Path
    warehouse: Path
    output: Path
    token: str = ""

    def ask(self, path: str, body: object = None, method: str | None = None) -> Any:
        """Ask the REST API; JSON in, JSON out."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            data=None if body is None else json.dumps(body).encode(),
            method=method or ("GET" if body is None else "POST"),
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                text = answer.read().decode()
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{path}: {error.code} {error.read().decode()[:500]}") from error
        return json.loads(text) if answer.headers.get_content_type() == "application/json" else text

    def family(self) -> list[psutil.Process]:
        """The supervisor, what descends from it, and what carries its mark."""
        own = psutil.Process(self.process.pid)
        found = {own, *own.children(recursive=True)}
        tokens = {_mark_of(p) for p in found} - {None}
        for token in tokens:
            found.update(marked(str(token)))
        return sorted(found, key=lambda p: p.pid)


def _listening_on(process: psutil.Process) -> set[str]:
    """The addresses that a process listens on; none where it has just ended."""
    try:
        return {c.laddr.ip for c in process.net_connections(kind="inet") if c.status == psutil.CONN_LISTEN}
    except (psutil.Error, OSError):
        return set()


def _is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _mark_of(process: psutil.Process) -> str | None:
    """The mark that a process carries; None where it has just ended."""
    try:
        return process.environ().get(MARK)
    except (psutil.Error, OSError):
        return None


@pytest.fixture
def up(tmp_path: Path, project: Path) -> Iterator[Up]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW_", "DAYBOOK_"))}
    output = tmp_path / "output"
    with output.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "daybook_airflow.supervisor", "--home", str(tmp_path / "home"), "--port", str(port)],
            cwd=project,
            env={
                **inherited,
                "PYTHONPATH": f"{project}:{project / 'plugins'}",
                "DAYBOOK_WAREHOUSE": str(tmp_path / "warehouse"),
            },
            stdout=file,
            stderr=subprocess.STDOUT,
            text=True,
        )
    started = Up(process=process, port=port, home=tmp_path / "home", warehouse=tmp_path / "warehouse", output=output)
    tokens: set[str] = set()
    try:
        yield started
    finally:
        if process.poll() is None:
            tokens = {_mark_of(p) or "" for p in psutil.Process(process.pid).children()} - {""}
            process.kill()
            process.wait()
        for token in tokens:
            kill_marked(token)


def _until(what: str, condition: Callable[[], Any], seconds: float = 150.0) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"not in time: {what}"
        time.sleep(1.0)
    return found


def _log_in(up: Up) -> None:
    _until("Airflow answers", lambda: "Airflow is at" in up.output.read_text() or up.process.poll() is not None)
    assert up.process.poll() is None, up.output.read_text()
    password = json.loads((up.home / "password.json").read_text())["admin"]
    up.token = up.ask("/auth/token", {"username": "admin", "password": password})["access_token"]


def _run_of(up: Up, dag_id: str, key: str) -> dict[str, Any] | None:
    """The finished run of a partition; fails when it failed."""
    for run in up.ask(f"/api/v2/dags/{dag_id}/dagRuns")["dag_runs"]:
        if run["partition_key"] == key and run["state"] in ("success", "failed"):
            assert run["state"] == "success", _failed_tasks(up, dag_id, run["dag_run_id"])
            found: dict[str, Any] = run
            return found
    return None


def _failed_tasks(up: Up, dag_id: str, run_id: str) -> str:
    tasks = up.ask(f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances")["task_instances"]
    return ", ".join(f"{task['task_id']} {task['state']}" for task in tasks)


def _builds(up: Up) -> dict[str, str]:
    rows = (
        Warehouse(up.warehouse)
        .latest()
        .read("digest_builds", columns=["build_id", "status"], days=[date.fromisoformat(DAY)])
    )
    return {row["build_id"]: row["status"] for row in rows.to_pylist()}


@pytest.mark.timeout(600)
def test_an_hour_by_rest_then_the_day_by_backfill_and_a_clean_end(up: Up) -> None:
    _log_in(up)
    _until("DAGs are read", lambda: up.ask("/api/v2/dags")["total_entries"] >= 3)
    paused = {dag["dag_id"]: dag["is_paused"] for dag in up.ask("/api/v2/dags")["dags"]}
    assert (paused["news_ingest"], paused["news_stories"], paused["news_digest"]) == (True, False, True)

    # One hour, as an operator would start it: the stories of that hour follow, and a provisional digest stands.
    up.ask("/api/v2/dags/news_ingest", {"is_paused": False}, "PATCH")
    up.ask("/api/v2/dags/news_ingest/dagRuns", {"logical_date": None, "partition_key": HOUR})
    ingested = _until("news_ingest ran", lambda: _run_of(up, "news_ingest", HOUR))
    named = up.ask(f"/api/v2/dags/news_ingest/dagRuns/{ingested['dag_run_id']}/taskInstances")["task_instances"]
    assert "courier" in {task["rendered_map_index"] for task in named if task["task_id"] == "fetch"}
    _until("news_stories followed", lambda: _run_of(up, "news_stories", HOUR))
    assert list(_builds(up).values()) == ["provisional"]
    assert "<h1" in up.ask(f"/daybook/digests/{DAY}")
    counted = [event for event in up.ask("/api/v2/assets/events")["asset_events"] if event["partition_key"] == HOUR]
    articles = next(event["extra"] for event in counted if event["source_task_id"] == "load_articles")
    assert articles["received"] == articles["new"] + articles.get("duplicates", 0) > 0

    # The day by backfill: closed and final, although only one of its hours was loaded.
    up.ask("/api/v2/dags/news_digest", {"is_paused": False}, "PATCH")
    whole_day = {"from_date": f"{DAY}T00:00:00Z", "to_date": f"{DAY}T23:59:59Z", "max_active_runs": 1}
    up.ask("/api/v2/backfills", {"dag_id": "news_digest", "reprocess_behavior": "none", **whole_day})
    closed = _until("news_digest ran", lambda: _run_of(up, "news_digest", DAY))
    assert list(_builds(up).values()) == ["final"]
    links = up.ask(f"/api/v2/dags/news_digest/dagRuns/{closed['dag_run_id']}/taskInstances/publish/links")
    assert links["extra_links"]["Open the digest"].endswith(f"/daybook/digests/{DAY}")
    assert Warehouse(up.warehouse).verify() == []

    # What the clock starts meanwhile finds no live source, and takes nothing from the newsroom under today's date.
    assert Warehouse(up.warehouse).latest().read("pages", columns=["page_id", "day"])["day"].unique().to_pylist() == [
        date.fromisoformat(DAY)
    ]

    family = up.family()
    assert len(family) >= 6
    listening = {(process.pid, address) for process in family for address in _listening_on(process)}
    assert len(listening) >= 2
    assert {address for _, address in listening} <= {"127.0.0.1", "::1"}

    up.process.send_signal(signal.SIGTERM)
    assert up.process.wait(timeout=60) == 0
    assert [p for p in family if _is_alive(p)] == []


def test_a_taken_port_is_one_clear_line(project: Path, tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "daybook_airflow.supervisor", "--home", str(tmp_path), "--port", str(port)],
            cwd=project,
            env={**os.environ, "PYTHONPATH": f"{project}:{project / 'plugins'}"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr.strip() == f"daybook: port {port} is taken; choose another one: PORT={port + 1} make up"
