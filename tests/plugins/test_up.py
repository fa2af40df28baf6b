"""What `make up` starts, as a scheduler works on it: hours, a killed scheduler, an outage, backfills, and a clean end.

Starting Airflow takes most of the time, so one start serves the whole story, which is a drill. The quick test starts it
on what `make run` left.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline.fetch.sources import load_registry
from pipeline.windows import HOUR, Window
from tests.plugins.conftest import TwoPlays
from tests.plugins.running_airflow import Up, is_alive, listening_on, started, until

DAY = "2026-03-02"
FIRST, SECOND, KILLED, LATER = (f"{DAY}T{hour}:00:00" for hour in ("08", "09", "10", "14"))
FEW = {"sources": ["courier", "ledger"]}  # each source is a task: two of them take less time than all


@pytest.mark.timeout(400)
def test_it_shows_what_was_played_listens_here_alone_and_ends_clean(
    two_plays: TwoPlays, project: Path, tmp_path: Path
) -> None:
    shutil.copytree(two_plays.home, tmp_path / "home")
    shutil.copytree(two_plays.root, tmp_path / "warehouse", symlinks=True)
    with started(tmp_path, project) as up:
        up.log_in()
        for dag_id in ("news_ingest", "news_stories", "news_digest"):
            (run,) = up.runs(dag_id)
            assert run["state"] == "success"
            assert run["note"].startswith("The sample newsroom · ") and str(DAY) in run["note"]
        run_id = up.runs("news_stories")[0]["dag_run_id"]
        log = up.ask(f"/api/v2/dags/news_stories/dagRuns/{run_id}/taskInstances/load_stories/logs/1")
        assert "stage=load_stories" in json.dumps(log)
        assert "<h1" in up.ask(f"/daybook/digests/{DAY}")
        until("the triggerer is there", lambda: up.ask("/api/v2/monitor/health")["triggerer"]["status"] == "healthy")
        told = up.output.read_text()
        assert "news_ingest,\nnews_digest, news_upkeep and news_review are paused" in told
        assert 'make airflow ARGS="dags unpause news_ingest"' in told
        paused = {dag["dag_id"]: dag["is_paused"] for dag in the_command_line(up, project, "dags", "list")}
        assert paused == {
            "news_ingest": "True", "news_digest": "True", "news_stories": "False", "news_upkeep": "True",
            "news_review": "True", "news_reextract": "False", "news_days": "False",
        }  # fmt: skip
        it_listens_here_alone_and_ends_clean(up)


def the_command_line(up: Up, project: Path, *words: str) -> Any:
    """What `make airflow` answers, as JSON, with the environment of somebody who has another Airflow."""
    done = subprocess.run(
        [sys.executable, "-m", "airflow_local.command", "--home", str(up.home), *words, "--output", "json"],
        cwd=project,
        env={
            **{k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW_", "DAYBOOK_"))},
            "PYTHONPATH": f"{project}:{project / 'plugins'}",
            "AIRFLOW_HOME": str(up.home.parent / "elsewhere"),
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert not (up.home.parent / "elsewhere").exists()
    return json.loads(done.stdout[done.stdout.index("[{") :])


@pytest.fixture
def up(tmp_path: Path, project: Path) -> Iterator[Up]:
    with started(tmp_path, project) as running:
        yield running


@pytest.mark.drill
@pytest.mark.timeout(1200)
def test_hours_a_killed_scheduler_an_outage_and_backfills(up: Up, project: Path) -> None:
    up.log_in()
    until("DAGs are read", lambda: up.ask("/api/v2/dags")["total_entries"] >= 3)
    paused = {dag["dag_id"]: dag["is_paused"] for dag in up.ask("/api/v2/dags")["dags"]}
    assert (paused["news_ingest"], paused["news_stories"], paused["news_digest"]) == (True, False, True)
    for dag_id in ("news_ingest", "news_digest"):
        up.ask(f"/api/v2/dags/{dag_id}", {"is_paused": False}, "PATCH")

    failed = an_hour_wakes_the_stories(up)
    a_killed_scheduler_comes_back(up)
    the_next_hour_closes_the_gap(up)
    a_backfilled_hour_asks_nobody_and_wakes_the_stories(up, failed, project)
    the_day_is_closed_by_backfill(up)
    a_closed_day_is_left_alone(up)

    # What the clock starts meanwhile finds no live source, and takes nothing from the newsroom under today's date.
    days = up.warehouse.latest().read("pages", columns=["page_id", "day"])["day"].unique().to_pylist()
    assert days == [date.fromisoformat(DAY)]
    assert up.warehouse.verify() == []
    it_listens_here_alone_and_ends_clean(up)


def an_hour_wakes_the_stories(up: Up) -> list[str]:
    """An hour of all sources, as an operator starts it; gives the sources that failed."""
    run_id = up.trigger("news_ingest", FIRST)
    up.finished("news_ingest", FIRST)
    told = up.returned("news_ingest", run_id, "report")
    failed = sorted(told["errors"])
    assert failed, "the newsroom has a broken feed on purpose"
    names = {task["rendered_map_index"] for task in up.tasks("news_ingest", run_id) if task["task_id"] == "fetch"}
    assert len(names) == 1, "all hosts are asked in one stream"
    trouble = ", ".join(f"{source} failed ({told['errors'][source].split(':')[0]})" for source in failed)
    assert names.pop().startswith(f"{trouble}, ")
    assert set(up.states("news_ingest", run_id).values()) == {"success"}, "a failing source fails no task"

    up.finished("news_stories", FIRST)
    assert list(_builds(up).values()) == ["provisional"]
    assert "<h1" in up.ask(f"/daybook/digests/{DAY}")
    events = [event for event in up.ask("/api/v2/assets/events")["asset_events"] if event["partition_key"] == FIRST]
    extra = next(event["extra"] for event in events if event["source_task_id"] == "load_articles")
    assert extra["received"] == extra["new"] + extra.get("duplicates", 0) > 0
    assert extra["sources_failed"] == told["errors"]
    assert extra["sources_resting"] == told["resting"]
    return failed


def a_killed_scheduler_comes_back(up: Up) -> None:
    """Two more hours; while the second is worked on, the scheduler dies, and nobody does anything about it."""
    up.trigger("news_ingest", SECOND, **FEW)
    run_id = up.trigger("news_ingest", KILLED, **FEW)
    up.finished("news_ingest", SECOND)
    until("the hour is worked on", lambda: "running" in up.states("news_ingest", run_id).values())
    scheduler = up.child("scheduler")
    scheduler.kill()
    up.finished("news_ingest", KILLED)
    assert "scheduler ended with code -9; it starts again" in up.output.read_text()
    assert up.child("scheduler").pid != scheduler.pid
    assert _statuses(up)[KILLED] == ["success"]


def the_next_hour_closes_the_gap(up: Up) -> None:
    """Nothing ran for three hours; the next run says what became of them."""
    run_id = up.trigger("news_ingest", LATER, **FEW)
    up.finished("news_ingest", LATER)
    gap = [Window.of_hour(datetime(2026, 3, 2, hour, tzinfo=UTC)) for hour in (11, 12, 13)]
    pages = up.warehouse.latest().read("pages", columns=["window_start", "listed_at"]).to_pylist()
    came = {Window.of_hour(page["listed_at"]) for page in pages if page["window_start"] == gap[-1].start + HOUR}
    expected = [(str(hour), "late" if hour in came else "empty") for hour in gap]
    missed = up.returned("news_ingest", run_id, "report")["missed"]
    assert [(one["window"], one["status"]) for one in missed] == expected
    assert [_statuses(up)[f"{hour.start:%Y-%m-%dT%H:%M:%S}"] for hour in gap] == [[status] for _, status in expected]


def a_backfilled_hour_asks_nobody_and_wakes_the_stories(up: Up, failed: list[str], project: Path) -> None:
    """The first hour again: from its stored pages; only a listing that was never read is asked for once more."""
    for key in (SECOND, KILLED, LATER):
        up.finished("news_stories", key)
    content, before = up.warehouse.content_hash(), len(up.requests())
    up.backfill("news_ingest", f"{DAY}T08:00:00Z", f"{DAY}T08:59:59Z")
    again = up.finished("news_ingest", FIRST, run_type="backfill")
    sources = load_registry(project / "newsroom" / "sources.toml").by_id
    assert set(up.requests()[before:]) <= {sources[source_id].host for source_id in failed}
    counts = up.returned("news_ingest", again["dag_run_id"], "report")["counts"]
    assert counts["received"] == counts["unchanged"] + counts["duplicates"] > 0
    up.finished("news_stories", FIRST, count=2)
    assert up.warehouse.content_hash() == content


def the_day_is_closed_by_backfill(up: Up) -> None:
    """The day's digest, although only some of its hours were loaded."""
    up.backfill("news_digest", f"{DAY}T00:00:00Z", f"{DAY}T23:59:59Z")
    closed = up.finished("news_digest", DAY)
    assert list(_builds(up).values()) == ["final"]
    missing = up.returned("news_digest", closed["dag_run_id"], "close_day")["missing_windows"]
    assert len(missing) == 24 - 7, "three hours were closed without a run of their own"
    links = up.ask(f"/api/v2/dags/news_digest/dagRuns/{closed['dag_run_id']}/taskInstances/publish/links")
    assert links["extra_links"]["Open the digest"] == f"daybook/digests/{DAY}", "no host, no port, no path before it"


def a_closed_day_is_left_alone(up: Up) -> None:
    """An hour of the closed day by backfill: no other build, and not a byte of the published one changes."""
    builds, files = _builds(up), _files(up)
    up.backfill("news_ingest", f"{DAY}T09:00:00Z", f"{DAY}T09:59:59Z", FEW)
    up.finished("news_ingest", SECOND, run_type="backfill")
    up.finished("news_stories", SECOND, count=2)
    assert _builds(up) == builds
    assert _files(up) == files


def it_listens_here_alone_and_ends_clean(up: Up) -> None:
    """No process listens beyond this machine, and none is left."""
    group = up.group()
    assert len(group) >= 7
    listening = {(process.pid, address) for process in group for address in listening_on(process)}
    assert len(listening) >= 2
    assert {address for _, address in listening} <= {"127.0.0.1", "::1"}
    up.process.send_signal(signal.SIGTERM)
    assert up.process.wait(timeout=60) == 0
    assert [process for process in group if is_alive(process)] == []


def _builds(up: Up) -> dict[str, str]:
    """The builds of the day and their status."""
    rows = up.warehouse.latest().read("digest_builds", columns=["build_id", "status"], days=[date.fromisoformat(DAY)])
    return {row["build_id"]: row["status"] for row in rows.to_pylist()}


def _files(up: Up) -> dict[str, str]:
    """Every file of the published digest, as the day's link leads to it."""
    folder = up.root / "digests" / DAY
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def _statuses(up: Up) -> dict[str, list[str]]:
    """The status of each run of news_ingest, by the hour it was for."""
    rows: list[dict[str, Any]] = up.warehouse.latest().read("runs").to_pylist()
    told: dict[str, list[str]] = {}
    for row in rows:
        if row["dag_id"] == "news_ingest":
            told.setdefault(f"{row['window_start']:%Y-%m-%dT%H:%M:%S}", []).append(row["status"])
    return told


def test_a_taken_port_is_one_clear_line(project: Path, tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "airflow_local.supervisor", "--home", str(tmp_path), "--port", str(port)],
            cwd=project,
            env={**os.environ, "PYTHONPATH": f"{project}:{project / 'plugins'}"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr.strip() == f"daybook: port {port} is taken; choose another one: PORT={port + 1} make up"
