"""What the DAGs tell: a failed task for good, a run that is not done in time; and nothing that goes wrong in telling fails a run."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.notices.conftest import Listener, hook  # noqa: F401
from tests.plugins.running_airflow import started, until

FAILING = """
import json, os, sys
from datetime import UTC, datetime
from pathlib import Path
from airflow_local.setup import airflow_environment, apply_environment
from pipeline.settings import PROJECT

apply_environment(os.environ, airflow_environment(PROJECT, Path(sys.argv[1])))
from airflow.dag_processing.dagbag import DagBag
from airflow_local.demo import load_dags

dag = load_dags()["news_digest"]
run = dag.test(logical_date=datetime(2026, 3, 2, tzinfo=UTC), run_conf={"window": "2099-03-02T00:00/2099-03-03T00:00"})
print("STATE", run.state)
"""

CALLED = """
import json, sys
from types import SimpleNamespace as N
from daybook_airflow import notices
from pipeline.errors import SetGateFailed

def context(dag_id, error=None):
    return {"dag_run": N(dag_id=dag_id, run_id="r1"), "ti": N(task_id="t"), "exception": error}

def run(kind):
    return {"dag_run": {"dag_id": "news_stories", "dag_run_id": "r2", "run_type": kind}}

notices.tell_failure(context("news_upkeep", ValueError("no room")))
notices.tell_failure(context("news_upkeep", ValueError("no room")))
notices.tell_failure(context("news_ingest", SetGateFailed("30 of 40 pages")))
notices.tell_overrun(2.0, context=run("backfill"))
notices.tell_overrun(**{"hours": 2.0, "context": run("scheduled")})
notices.tell_success(context("news_upkeep"))
notices.tell_success(context("news_stories"))
print("DONE")
"""


@pytest.fixture
def environment(tmp_path: Path, hook: Listener) -> dict[str, str]:  # noqa: F811
    sources = tmp_path / "sources.toml"
    sources.write_text('clock = "wall"\n')
    return {
        "DAYBOOK_SOURCES": str(sources),
        "DAYBOOK_WAREHOUSE": str(tmp_path / "warehouse"),
        "DAYBOOK_STATE": str(tmp_path / "state"),
        "DAYBOOK_NOTICES_WEBHOOK": hook.url,
    }


RunPython = Callable[..., subprocess.CompletedProcess[str]]


def keys(notice: dict[str, Any], part: str) -> list[str]:
    return [one["key"] for one in notice[part]]


@pytest.mark.drill
def test_a_failed_task_is_told_with_why(
    run_python: RunPython,
    prepared_home: Path,
    tmp_path: Path,
    environment: dict[str, str],
    hook: Listener,  # noqa: F811
) -> None:
    shutil.copytree(prepared_home, tmp_path / "home")
    done = run_python("-c", FAILING, tmp_path / "home", **environment)
    assert "STATE failed" in done.stdout
    assert [keys(notice, "new") for notice in hook.got] == [["run/news_digest"]]
    assert "close_day" in hook.got[0]["text"]
    assert "2099-03-02 is not over" in hook.got[0]["text"]


CLEARED = """
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from airflow_local.setup import airflow_environment, apply_environment
from pipeline.settings import PROJECT

apply_environment(os.environ, airflow_environment(PROJECT, Path(sys.argv[1])))
from airflow.dag_processing.bundles.manager import DagBundlesManager
from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db
from airflow.models.deadline import Deadline
from airflow.models.serialized_dag import SerializedDagModel
from airflow.models.taskinstance import clear_task_instances
from airflow.utils.session import create_session
from airflow.utils.types import DagRunTriggeredByType, DagRunType
from sqlalchemy import select

bag = DagBag(PROJECT / "dags" / "news_stories.py")
DagBundlesManager().sync_bundles_to_db()
sync_bag_to_db(bag, "dags-folder", None)
with create_session() as session:
    dag = SerializedDagModel.get_dag("news_stories", session=session)
    now = datetime.now(UTC)
    run = dag.create_dagrun(
        run_id="manual__1", run_after=now, run_type=DagRunType.MANUAL, triggered_by=DagRunTriggeredByType.TEST, state="queued",
        session=session,
    )
    session.flush()
    (deadline,) = session.scalars(select(Deadline).where(Deadline.dagrun_id == run.id))
    assert timedelta(hours=1.9) < deadline.deadline_time - now < timedelta(hours=2.1), deadline.deadline_time
    tasks = run.get_task_instances(session=session)
    for task in tasks:
        task.state = "failed"
    run.state = "failed"
    session.flush()
    clear_task_instances(tasks, session)
    assert {task.state for task in run.get_task_instances(session=session)} == {None}
print("CLEARED")
"""


def test_tasks_of_a_run_with_a_deadline_can_be_cleared(
    run_python: RunPython, prepared_home: Path, tmp_path: Path
) -> None:
    shutil.copytree(prepared_home, tmp_path / "home")
    assert "CLEARED" in run_python("-c", CLEARED, tmp_path / "home").stdout


@pytest.mark.drill
@pytest.mark.timeout(400)
def test_a_run_that_nobody_begins_is_told_by_a_running_airflow(
    prepared_home: Path,
    project: Path,
    tmp_path: Path,
    hook: Listener,  # noqa: F811
) -> None:
    """Its DAG is paused; hours are made to pass by setting its deadline back."""
    shutil.copytree(prepared_home, tmp_path / "home")
    settings = {"DAYBOOK_STATE": str(tmp_path / "state"), "DAYBOOK_NOTICES_WEBHOOK": hook.url}
    with started(tmp_path, project, **settings) as up:
        up.log_in()
        run_id = up.trigger("news_digest", "2026-03-02")
        with closing(sqlite3.connect(tmp_path / "home" / "airflow.db", timeout=30)) as database, database:
            of_run = "dagrun_id = (SELECT id FROM dag_run WHERE run_id = ?)"
            past = f"UPDATE deadline SET deadline_time = '2026-01-01 00:00:00.000000' WHERE {of_run}"
            assert database.execute(past, [run_id]).rowcount
        until("it is told", lambda: hook.got, seconds=120)
    assert [keys(notice, "new") for notice in hook.got] == [["run/news_digest"]]
    assert f"{run_id} is not done 4 hours after it was queued" in hook.got[0]["text"]


def test_a_run_is_told_once_until_its_dag_does_well_again(
    run_python: RunPython,
    environment: dict[str, str],
    hook: Listener,  # noqa: F811
    tmp_path: Path,
) -> None:
    run_python("-c", CALLED, AIRFLOW_HOME=str(tmp_path / "home"), **environment)
    new, passed = ([keys(notice, part) for notice in hook.got] for part in ("new", "passed"))
    assert new == [["run/news_upkeep"], ["run/news_stories"], []]
    assert [set(each) for each in passed] == [set(), set(), {"run/news_upkeep", "run/news_stories"}]
    assert "not done 2 hours after it was queued" in hook.got[1]["text"]


def test_whatever_goes_wrong_in_telling_fails_nothing(
    run_python: RunPython, environment: dict[str, str], tmp_path: Path
) -> None:
    broken = [("NOTICES_WEBHOOK", "nonsense"), ("SOURCES", "/nowhere"), ("NO_SUCH", "1")]
    each = "".join(f"os.environ['DAYBOOK_{name}'] = '{value}'\n{CALLED}" for name, value in broken)
    done = run_python("-c", f"import os\n{each}", AIRFLOW_HOME=str(tmp_path / "home"), **environment)
    assert done.stdout.count("DONE") == len(broken)
