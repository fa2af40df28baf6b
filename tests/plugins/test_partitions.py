"""A partition that never starts: two of Airflow's records wait for one hour (apache/airflow #71070); here neither can wait.

There each of the two holds the event of another asset, and none ever has all. A DAG that listens to one asset has all with one.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

TICK = """
import json, os, sys
from datetime import UTC, datetime
from pathlib import Path
from airflow_local.setup import airflow_environment, apply_environment
from pipeline.settings import PROJECT

apply_environment(os.environ, airflow_environment(PROJECT, Path(sys.argv[1])))
from sqlalchemy import select
from airflow.assets.manager import asset_manager
from airflow.dag_processing.bundles.manager import DagBundlesManager
from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db
from airflow.jobs.job import Job
from airflow.jobs.scheduler_job_runner import SchedulerJobRunner
from airflow.models.asset import AssetModel, AssetPartitionDagRun, PartitionedAssetKeyLog
from airflow.models.dagrun import DagRun
from airflow.models.serialized_dag import SerializedDagModel
from airflow.utils.session import create_session

KEY, AT = "2026-03-02T09:00:00", datetime(2026, 3, 2, 9, tzinfo=UTC)
DagBundlesManager().sync_bundles_to_db()
bag = DagBag(PROJECT / "dags")
sync_bag_to_db(bag, "dags-folder", None)
with create_session() as session:
    articles = session.scalar(select(AssetModel).where(AssetModel.name == "articles"))
    asset_manager.register_asset_change(asset=articles, session=session, partition_key=KEY, partition_date=AT)
    session.flush()
    (first,) = session.scalars(select(AssetPartitionDagRun)).all()
    (log,) = session.scalars(select(PartitionedAssetKeyLog)).all()
    skip = {"id", "created_at", "updated_at"}
    copy = lambda row, **more: type(row)(**{c.key: getattr(row, c.key) for c in row.__mapper__.column_attrs if c.key not in skip} | more)
    second = copy(first, partition_date=None)
    session.add(second)
    session.flush()
    session.add(copy(log, asset_partition_dag_run_id=second.id))
with create_session() as session:
    SchedulerJobRunner(job=Job())._create_dagruns_for_partitioned_asset_dags(session)
    session.flush()
    runs = session.scalars(select(DagRun).where(DagRun.dag_id == "news_stories")).all()
    waiting = session.scalars(select(AssetPartitionDagRun).where(AssetPartitionDagRun.created_dag_run_id.is_(None))).all()
    listening = {
        dag.dag_id: sorted({key.name for key, _ in dag.timetable.asset_condition.iter_assets()})
        for dag in SerializedDagModel.read_all_dags(session=session).values()
        if type(dag.timetable).__name__ == "PartitionedAssetTimetable"
    }
    print("TICK", json.dumps({"keys": [run.partition_key for run in runs], "waiting": len(waiting), "listening": listening}))
"""

pytestmark = pytest.mark.drill


@pytest.fixture(scope="module")
def tick(
    prepared_home: Path,
    run_python: Callable[..., subprocess.CompletedProcess[str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Any]:
    """What a scheduler makes of an hour that two records wait for."""
    home = tmp_path_factory.mktemp("partitions") / "home"
    shutil.copytree(prepared_home, home)
    done = run_python("-c", TICK, home)
    line = next(line for line in done.stdout.splitlines() if line.startswith("TICK "))
    told: dict[str, Any] = json.loads(line.removeprefix("TICK "))
    return told


def test_an_hour_that_two_records_wait_for_is_begun(tick: dict[str, Any]) -> None:
    assert set(tick["keys"]) == {"2026-03-02T09:00:00"}
    assert tick["waiting"] == 0


def test_no_dag_waits_for_the_events_of_two_assets(tick: dict[str, Any]) -> None:
    assert tick["listening"] == {"news_stories": ["articles"]}
