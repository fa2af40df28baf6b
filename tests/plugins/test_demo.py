"""What `make run` does, for one day and twice: in Airflow's database one run a DAG, in the warehouse the same content."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from pipeline.reports import OUTCOMES
from pipeline.store.warehouse import Warehouse
from tests.plugins.conftest import TwoPlays

RunPython = Callable[..., subprocess.CompletedProcess[str]]

TASKS = {
    "news_ingest": {"list_sources", "fetch", "land", "extract", "validate", "load_articles", "report"},
    "news_stories": {"load_stories", "preview"},
    "news_digest": {"close_day", "build", "verify", "publish", "notify"},
}
STAGES = {"fetch", "land", "extract", "validate", "load_articles", "load_stories", "verify", "publish", "notify"}


@pytest.mark.timeout(400)
def test_a_day_played_twice_is_one_run_and_the_same_warehouse(two_plays: TwoPlays) -> None:
    home, root, printed = two_plays.home, two_plays.root, two_plays.printed
    assert printed.count("Airflow's log") == 2
    assert "load_articles" in printed
    assert "[info" not in printed, "Airflow's log belongs in its file"
    first, second = (line for line in printed.splitlines() if line.startswith("HASH "))
    assert first == second

    first_play = printed.partition("HASH")[0].splitlines()
    books = {line.split()[0]: line.split()[1:] for line in first_play if line.startswith(("stage ", "load_"))}
    assert books["stage"] == ["received", *OUTCOMES], "no heading is cut"
    assert books["load_stories"][0] == books["load_articles"][1], "each new article is placed, and counted once"

    with closing(sqlite3.connect(home / "airflow.db")) as connection:
        runs = connection.execute("SELECT dag_id, state, count(*) FROM dag_run GROUP BY dag_id, state").fetchall()
        tasks = connection.execute("SELECT DISTINCT dag_id, task_id, state FROM task_instance").fetchall()
        instances = connection.execute("SELECT dag_id, run_id, task_id, map_index FROM task_instance").fetchall()
        labels = connection.execute(
            "SELECT dag_id, date(run_after, '-1 day'), content FROM dag_run JOIN dag_run_note ON dag_run_id = id"
        ).fetchall()
        names = connection.execute("SELECT rendered_map_index FROM task_instance WHERE task_id = 'report'").fetchall()
    assert sorted(runs) == [(dag_id, "success", 1) for dag_id in sorted(TASKS)]
    assert {(dag_id, task_id, "success") for dag_id, names in TASKS.items() for task_id in names} == set(tasks)

    for dag_id, run_id, task_id, map_index in instances:
        messages = task_log(home / "logs", dag_id, run_id, task_id, map_index)
        told = {word for message in messages for word in message["event"].split() if word.startswith("stage=")}
        assert task_id not in STAGES or f"stage={task_id}" in told, (task_id, messages)
        assert {"timestamp", "level", "event"} == set(messages[0])
        assert not any("DAG TEST" in message["event"] for message in messages), "no other task's lines"

    snapshot = Warehouse(root).latest()
    (day,) = snapshot.closed_days
    assert (root / "digests" / day.isoformat() / "digest.html").is_file()
    assert isinstance(day, date)
    notes = {dag_id: note for dag_id, of_day, note in labels if of_day == str(day)}
    assert set(notes) == set(TASKS)
    assert all(note.startswith("The sample newsroom · ") and str(day) in note for note in notes.values()), notes
    assert " pages: " in notes["news_ingest"]
    assert names == [("DEGRADED: gullgazette (not-a-feed), lanternpost (not-a-feed)",)]
    assert " articles in " in notes["news_stories"]
    assert " quotes proved · final digest " in notes["news_digest"]
    assert " lines" in notes["news_digest"]
    (group,) = [
        note for note in messages_of(home, instances, "fetch") if "gullgazette" in note and "not-a-feed" in note
    ][:1]
    assert group.startswith("source=gullgazette not-a-feed: ")
    runs_kept = snapshot.read("runs", columns=["run_id", "dag_id", "status"]).to_pylist()
    assert sum(run["dag_id"] == "news_ingest" for run in runs_kept) == 2, "the books keep every run"
    assert {run["status"] for run in runs_kept} == {"success"}


def messages_of(home: Path, instances: list[tuple[str, str, str, int]], wanted: str) -> list[str]:
    """What the instances of a task logged, line by line."""
    return [
        message["event"]
        for dag_id, run_id, task_id, map_index in instances
        if task_id == wanted
        for message in task_log(home / "logs", dag_id, run_id, task_id, map_index)
    ]


def task_log(logs: Path, dag_id: str, run_id: str, task_id: str, map_index: int) -> list[dict[str, str]]:
    """What the UI shows as the log of one task: the file that Airflow's own template names."""
    folder = logs / f"dag_id={dag_id}" / f"run_id={run_id}" / f"task_id={task_id}"
    if map_index >= 0:
        folder /= f"map_index={map_index}"
    return [json.loads(line) for line in (folder / "attempt=1.log").read_text().splitlines()]


def test_a_wrong_setting_is_one_line(project: Path, run_python: RunPython, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="daybook: unknown setting DAYBOOK_WAREHUOSE"):
        run_python("-m", "airflow_local.demo", "--home", tmp_path, DAYBOOK_WAREHUOSE="x")
