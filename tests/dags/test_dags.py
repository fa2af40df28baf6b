"""The DAGs as Airflow reads them: in a process of its own, since Airflow takes its home when it is imported."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline.runs.order import BY_HAND, STAGES

READ = """
import json, os, sys
from pathlib import Path
from airflow_local.setup import airflow_environment, apply_environment
from pipeline.settings import PROJECT

apply_environment(os.environ, airflow_environment(PROJECT, Path(sys.argv[1])))
from airflow.dag_processing.dagbag import DagBag
from airflow.serialization.serialized_objects import DagSerialization

bag = DagBag(PROJECT / "dags")
heavy = [name for name in ("pandas", "great_expectations", "trafilatura", "pyarrow", "duckdb", "aiohttp") if name in sys.modules]

def names(callbacks):
    return [each.__name__ for each in (callbacks if isinstance(callbacks, (list, tuple)) else [callbacks] if callbacks else [])]

def asked(task):
    if not hasattr(task, "response_timeout"):
        return None
    hours = task.response_timeout.total_seconds() / 3600
    return {"options": task.options, "defaults": task.defaults, "hours": hours, "fields": sorted(task.params)}

def told(dag):
    stored = DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag))
    return {
        "doc": dag.doc_md,
        "display": dag.dag_display_name,
        "tags": sorted(dag.tags),
        "catchup": dag.catchup,
        "max_active_runs": dag.max_active_runs,
        "start": dag.start_date.isoformat(),
        "params": sorted(dag.params),
        "owner_links": dag.owner_links,
        "deadline": [alert.interval.total_seconds() / 3600 for alert in dag.deadline or []],
        "timetable": type(dag.timetable).__name__,
        "schedule": stored.timetable.serialize() if dag.dag_id != "news_stories" else str(stored.timetable.asset_condition),
        "tasks": {
            task.task_id: {
                "next": sorted(task.downstream_task_ids),
                "owner": task.owner,
                "retries": task.retries,
                "pool": task.pool,
                "timeout": task.execution_timeout.total_seconds(),
                "policy": type(task.retry_policy).__name__,
                "outlets": [outlet.name for outlet in task.outlets],
                "mapped": task.is_mapped,
                "weight": type(stored.get_task(task.task_id).weight_rule).__name__,
                "on_failure": names(task.on_failure_callback),
                "on_success": names(task.on_success_callback),
                "named": getattr(task, "map_index_template", None),
                "rule": str(task.trigger_rule.value),
                "asked": asked(task),
                "links": [link.name for link in stored.get_task(task.task_id).operator_extra_links],
            }
            for task in dag.tasks
        },
    }

json.dump({"errors": bag.import_errors, "heavy": heavy, "dags": {d.dag_id: told(d) for d in bag.dags.values()}}, open(sys.argv[2], "w"))
"""

LOADS_ALONE = """
import os, runpy, sys
from pathlib import Path
from airflow_local.setup import airflow_environment, apply_environment
from pipeline.settings import PROJECT

apply_environment(os.environ, airflow_environment(PROJECT, Path(sys.argv[1])))
runpy.run_path(sys.argv[2])
print(sorted({"pandas", "great_expectations", "trafilatura"} & set(sys.modules)))
"""


WEIGHTS = """
import os, sys
from pathlib import Path
from types import SimpleNamespace
from airflow_local.setup import airflow_environment, apply_environment
from pipeline.settings import PROJECT

apply_environment(os.environ, airflow_environment(PROJECT, Path(sys.argv[1])))
from airflow.task.priority_strategy import validate_and_load_priority_weight_strategy
from daybook_airflow.priority import FreshFirst

rule = validate_and_load_priority_weight_strategy("daybook_airflow.priority.FreshFirst")
assert rule == FreshFirst(), "a scheduler finds it by its name"
for kind in ("scheduled__2026-03-02", "manual__2026-03-02", "backfill__2026-03-02"):
    print(rule.get_weight(SimpleNamespace(run_id=kind)))
"""


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory, project: Path) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("dags")
    out = folder / "facts.json"
    done = _python(project, READ, folder / "home", out)
    assert done.returncode == 0, done.stderr[-2000:]
    facts: dict[str, Any] = json.loads(out.read_text())
    return facts


def _python(project: Path, code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    environment = {
        "PYTHONPATH": f"{project}:{project / 'plugins'}",
        "PATH": "/usr/bin:/bin",
        "DAYBOOK_OWNER_LINK": "mailto:desk@paper.example",
    }
    return subprocess.run(
        command, cwd=project, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def test_all_files_can_be_read_and_load_nothing_heavy(read: dict[str, Any]) -> None:
    assert read["errors"] == {}
    assert {"news_ingest", "news_stories", "news_digest"} <= set(read["dags"])
    assert read["heavy"] == []


@pytest.mark.parametrize(
    "name", ["dags/news_ingest.py", "dags/news_stories.py", "dags/news_digest.py", "plugins/daybook_plugin.py"]
)
def test_no_file_loads_a_heavy_library_by_itself(name: str, project: Path, tmp_path: Path) -> None:
    done = _python(project, LOADS_ALONE, tmp_path, project / name)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip().splitlines()[-1] == "[]"


GRAPHS = {
    "news_ingest": {
        "list_sources": ["fetch", "report"],
        "fetch": ["land", "report"],
        "land": ["extract", "load_articles", "report", "validate"],
        "extract": ["report", "validate"],
        "validate": ["load_articles", "report"],
        "load_articles": ["report"],
        "report": [],
    },
    "news_stories": {"load_stories": ["preview"], "preview": []},
    "news_digest": {
        "close_day": ["build"],
        "build": ["publish", "verify"],
        "verify": ["publish"],
        "publish": ["notify"],
        "notify": [],
    },
}


@pytest.mark.parametrize("dag_id", GRAPHS)
def test_tasks_stand_in_their_order(dag_id: str, read: dict[str, Any]) -> None:
    assert {name: task["next"] for name, task in read["dags"][dag_id]["tasks"].items()} == GRAPHS[dag_id]


def test_the_order_of_stages_is_said_once() -> None:
    """Wiring and list agree: what a task hands to comes after it."""
    for dag_id, graph in GRAPHS.items():
        order = STAGES[dag_id]
        assert set(order) == set(graph)
        assert all(order.index(task) < order.index(later) for task, after in graph.items() for later in after)


def test_every_dag_is_documented_owned_and_tried_again(read: dict[str, Any]) -> None:
    for dag_id, dag in read["dags"].items():
        assert len(dag["doc"]) > 400, dag_id
        assert all(task_id in dag["doc"] for task_id in dag["tasks"]), f"the manual of {dag_id} leaves a task out"
        assert dag["display"] != dag_id
        assert "daybook" in dag["tags"]
        assert dag["catchup"] is False
        assert dag["start"] < "2021"
        for task_id, task in dag["tasks"].items():
            assert task["owner"] == "newsroom", task_id
            assert task["retries"] >= 1, task_id
            assert task["timeout"] > 0, task_id
            assert task["policy"] == "RetryWhatMayPass", task_id


def test_schedules_and_assets_are_the_published_ones(read: dict[str, Any]) -> None:
    dags = read["dags"]
    ingest, digest = dags["news_ingest"]["schedule"], dags["news_digest"]["schedule"]
    assert (ingest["expression"], ingest["run_offset"]) == ("0 * * * *", -1)
    assert (digest["expression"], digest["run_offset"], digest["key_format"]) == ("30 1 * * *", -1, "%Y-%m-%d")
    assert dags["news_stories"]["timetable"] == "PartitionedAssetTimetable"
    assert "articles" in dags["news_stories"]["schedule"]
    outlets = {
        (d, t): task["outlets"] for d, dag in dags.items() for t, task in dag["tasks"].items() if task["outlets"]
    }
    assert {
        ("news_ingest", "load_articles"): ["articles"],
        ("news_stories", "load_stories"): ["stories"],
        ("news_digest", "publish"): ["digest"],
    }.items() <= outlets.items()
    assert all(dags[dag_id]["max_active_runs"] == 1 for dag_id in GRAPHS)
    assert all("window" in dags[dag_id]["params"] for dag_id in GRAPHS)


def test_upkeep_makes_room_before_it_needs_any_and_fails_as_a_whole(read: dict[str, Any]) -> None:
    dag = read["dags"]["news_upkeep"]
    assert dag["schedule"]["expression"] == "40 3 * * *"
    assert {name: task["next"] for name, task in dag["tasks"].items()} == {
        "expire": ["collect"],
        "collect": ["drop_pages"],
        "drop_pages": ["compact"],
        "compact": [],
    }
    assert {task["pool"] for task in dag["tasks"].values()} == {"warehouse"}
    assert {task["rule"] for task in dag["tasks"].values()} == {"all_success"}


def test_every_failure_is_told_and_the_end_of_every_run(read: dict[str, Any]) -> None:
    for dag_id, dag in read["dags"].items():
        last = {task_id for task_id, task in dag["tasks"].items() if not task["next"]}
        for task_id, task in dag["tasks"].items():
            assert task["on_failure"] == ["tell_failure"], (dag_id, task_id)
            assert task["on_success"] == (["tell_success"] if task_id in last else []), (dag_id, task_id)


def test_runs_have_deadlines_and_owners_a_link(read: dict[str, Any]) -> None:
    deadlines = {dag_id: dag["deadline"] for dag_id, dag in read["dags"].items() if dag["deadline"]}
    assert deadlines == {"news_ingest": [2], "news_stories": [2], "news_digest": [4], "news_upkeep": [2]}
    assert {tuple(dag["owner_links"].items()) for dag in read["dags"].values()} == {
        (("newsroom", "mailto:desk@paper.example"),)
    }


def test_each_manual_says_what_to_do_about_a_red_task(read: dict[str, Any]) -> None:
    for dag_id in ("news_ingest", "news_stories", "news_digest", "news_upkeep", "news_review", "news_days"):
        _, found, runbook = read["dags"][dag_id]["doc"].partition("**When a task is red")
        assert found, dag_id
        assert "clear" in runbook


@pytest.mark.drill
def test_fresh_hours_go_before_a_backfill(read: dict[str, Any], project: Path, tmp_path: Path) -> None:
    assert {task["weight"] for dag in read["dags"].values() for task in dag["tasks"].values()} == {"FreshFirst"}
    done = _python(project, WEIGHTS, tmp_path)
    assert done.returncode == 0, done.stderr[-2000:]
    fresh, by_hand, backfill = map(int, done.stdout.split()[-3:])
    assert fresh == by_hand > backfill


def test_reading_anew_goes_day_by_day_and_holds_the_warehouse_only_to_commit(read: dict[str, Any]) -> None:
    dag = read["dags"]["news_reextract"]
    assert dag["params"] == ["first_day", "last_day", "only_say"]
    tasks = dag["tasks"]
    assert {name: task["next"] for name, task in tasks.items()} == {
        "list_days": ["read_anew"],
        "read_anew": ["load_anew"],
        "load_anew": ["cluster_open_days"],
        "cluster_open_days": [],
    }
    assert BY_HAND["news_reextract"] == tuple(tasks)
    assert {name: task["pool"] for name, task in tasks.items()} == {
        "list_days": "default_pool",
        "read_anew": "default_pool",
        "load_anew": "warehouse",
        "cluster_open_days": "warehouse",
    }
    assert all(tasks[name]["mapped"] and tasks[name]["named"] == "{{ day }}" for name in ("read_anew", "load_anew"))


def test_a_review_waits_for_a_person_and_decides_nothing_by_itself(read: dict[str, Any]) -> None:
    """One question is open at a time: there is one run; nobody's answer is to keep; the next day's question comes after its end."""
    dag = read["dags"]["news_review"]
    assert (dag["max_active_runs"], dag["deadline"]) == (1, [])
    assert {name: task["next"] for name, task in dag["tasks"].items()} == {
        "list_held": ["carry_out", "decide"],
        "decide": ["carry_out"],
        "carry_out": [],
    }
    asked = dag["tasks"]["decide"]["asked"]
    assert asked == {
        "options": ["Release", "Drop", "Keep"],
        "defaults": ["Keep"],
        "hours": 22,
        "fields": ["groups", "pages", "why"],
    }
    assert dag["tasks"]["carry_out"]["pool"] == "warehouse"
    assert BY_HAND["news_review"] == tuple(dag["tasks"])


def test_days_are_worked_through_in_one_task_in_order(read: dict[str, Any]) -> None:
    dag = read["dags"]["news_days"]
    assert dag["params"] == ["accept_gate", "first_day", "last_day"]
    assert BY_HAND["news_days"] == tuple(dag["tasks"])


def test_mapped_tasks_show_what_they_work_on(read: dict[str, Any]) -> None:
    tasks = read["dags"]["news_ingest"]["tasks"]
    assert [name for name, task in tasks.items() if task["mapped"]] == ["fetch", "extract"]
    assert tasks["fetch"]["named"] == "{{ source }}"
    assert tasks["extract"]["named"] == "{{ batch }}"
    assert tasks["report"]["named"] == "{{ outcome }}"


def test_tasks_that_commit_queue_for_the_warehouse(read: dict[str, Any]) -> None:
    queued = {
        (d, t) for d, dag in read["dags"].items() for t, task in dag["tasks"].items() if task["pool"] == "warehouse"
    }
    assert {
        ("news_ingest", "land"),
        ("news_ingest", "load_articles"),
        ("news_ingest", "report"),
        ("news_stories", "load_stories"),
        ("news_stories", "preview"),
        ("news_digest", "close_day"),
        ("news_digest", "publish"),
    } <= queued


def test_one_failed_source_lets_the_others_through(read: dict[str, Any]) -> None:
    tasks = read["dags"]["news_ingest"]["tasks"]
    assert tasks["land"]["rule"] == "all_done_min_one_success"
    assert tasks["report"]["rule"] == "all_done"


def test_a_published_digest_is_one_click_away(read: dict[str, Any]) -> None:
    assert read["dags"]["news_digest"]["tasks"]["publish"]["links"] == ["Open the digest"]
