"""Several writers, readers beside them, and processes that die at the worst moment."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pyarrow.dataset as ds
import pytest

from pipeline.errors import WarehouseError, WarehouseLocked
from pipeline.store.warehouse import Warehouse
from tests.store import writers
from tests.store.sample import NOW, rows

DEATHS = 15


def wait_for(path: Path) -> str:
    """The text of a file that a child writes."""
    deadline = time.monotonic() + 60
    while not (path.is_file() and path.read_text()):
        assert time.monotonic() < deadline, f"{path} never came"
        time.sleep(0.01)
    return path.read_text()


def test_two_processes_lose_nothing(tmp_path: Path) -> None:
    count = 4
    processes = [writers.start(writers.commit_own_rows, tmp_path, name, count) for name in ("hour-1", "hour-2")]
    for process in processes:
        process.join()
        assert process.exitcode == 0
    snapshot = Warehouse(tmp_path).latest()
    assert snapshot.number == 2 * count
    assert snapshot.read("runs").num_rows == 2 * count
    assert snapshot.read("feed_state")["failure_streak"].to_pylist() == [2 * count]
    assert snapshot.read("sources").num_rows == 1
    assert Warehouse(tmp_path).verify() == []


def test_threads_of_one_process_lose_nothing(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)

    def work() -> None:
        for _ in range(3):
            with warehouse.writing(NOW) as tx:
                writers.count_up(tx)
                tx.commit()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert warehouse.latest().read("feed_state")["failure_streak"].to_pylist() == [9]


def test_readers_always_see_one_commit_in_all_tables(tmp_path: Path) -> None:
    commits = 20
    writers.commit_batches(tmp_path, 1)
    process = writers.start(writers.commit_batches, tmp_path, commits)
    seen: set[int] = set()
    rounds = 0
    while process.is_alive() or not rounds:
        for read in (_read_with_duckdb, _read_with_arrow, _read_with_the_snapshot):
            details, urls, run_count = read(tmp_path)
            assert details == urls == {str(run_count)}, read.__name__
            seen.add(run_count)
        rounds += 1
    process.join()
    assert process.exitcode == 0
    assert Warehouse(tmp_path).latest().number == commits + 1
    assert len(seen) > 2, "the readers saw no change: the test did not test"


def _read_with_duckdb(root: Path) -> tuple[set[str], set[str], int]:
    with duckdb.connect() as session:
        session.execute(f"ATTACH '{root}/warehouse.duckdb' AS wh (READ_ONLY); USE wh")
        texts = [
            session.sql(f"SELECT {column} FROM {table}").to_arrow_table().column(0)
            for table, column in (("quarantine", "detail"), ("sources", "url"), ("runs", "run_id"))
        ]
    return writers.batch_numbers(*texts)


def _read_with_arrow(root: Path) -> tuple[set[str], set[str], int]:
    snapshot = (root / "current").resolve()
    texts = [
        ds.dataset(snapshot / table, partitioning=partitioning).to_table(columns=[column]).column(0)
        for table, column, partitioning in (
            ("quarantine", "detail", "hive"),
            ("sources", "url", None),
            ("runs", "run_id", "hive"),
        )
    ]
    return writers.batch_numbers(*texts)


def _read_with_the_snapshot(root: Path) -> tuple[set[str], set[str], int]:
    snapshot = Warehouse(root).latest()
    with snapshot.connect() as session:
        runs = session.sql("SELECT run_id FROM runs").to_arrow_table().column(0)
    return writers.batch_numbers(snapshot.read("quarantine")["detail"], snapshot.read("sources")["url"], runs)


def test_all_readers_agree_on_a_resolved_snapshot(tmp_path: Path) -> None:
    writers.commit_batches(tmp_path, 2)
    folder = (tmp_path / "current").resolve() / "quarantine"
    expected = [f"q{n}" for n in range(50)]
    frames = {
        "pandas": pd.read_parquet(folder)["quarantine_id"].tolist(),
        "polars": pl.read_parquet(f"{folder}/day=*/*.parquet", hive_partitioning=True)["quarantine_id"].to_list(),
        "pyarrow": ds.dataset(folder, partitioning="hive").to_table()["quarantine_id"].to_pylist(),
        "duckdb": [r[0] for r in duckdb.sql(f"SELECT quarantine_id FROM '{folder}/day=*/*.parquet'").fetchall()],
    }
    for name, ids in frames.items():
        assert sorted(ids) == sorted(expected), name


def test_killed_at_any_file_operation_the_warehouse_stays_whole(tmp_path: Path) -> None:
    root, report = tmp_path / "wh", tmp_path / "report"
    writers.commit_batches(root, 1)
    warehouse = Warehouse(root)
    writers.start(writers.die_at_file_event, root, 0, report).join()
    total = int(report.read_text())
    assert total > 30
    moments = random.Random(20260302).sample(range(1, total - 6), DEATHS - 6) + list(range(total - 5, total + 1))
    outcomes = set()
    for moment in sorted(moments):
        before = warehouse.latest().number
        process = writers.start(writers.die_at_file_event, root, moment)
        process.join()
        after = warehouse.latest().number
        assert after in (before, before + 1)
        outcomes.add((process.exitcode, after - before))
        assert writers.is_whole(warehouse), f"killed at file event {moment} of {total}"
        assert warehouse.verify() == [], f"killed at file event {moment} of {total}"
    assert (-signal.SIGKILL, 0) in outcomes
    writers.commit_batches(root, 1)  # the next writer clears up what is in its way
    assert writers.is_whole(warehouse)
    assert warehouse.verify() == []


def test_killed_at_random_times_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    root, acknowledged = tmp_path / "wh", tmp_path / "acknowledged"
    moments = random.Random(7)
    for _ in range(DEATHS // 3):
        process = writers.start(writers.commit_batches, root, 1000, acknowledged)
        wait_for(acknowledged)
        time.sleep(moments.uniform(0.0, 0.4))
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        warehouse = Warehouse(root)
        assert warehouse.latest().number >= int(acknowledged.read_text() or 0)
        assert writers.is_whole(warehouse)
        assert warehouse.verify() == []


def test_the_lock_names_its_holder_and_gives_up_in_time(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    process = writers.start(writers.hold_lock, tmp_path / "wh", ready, 60)
    pid = wait_for(ready)
    waiting = Warehouse(tmp_path / "wh", lock_timeout_seconds=0.05)
    with (
        pytest.raises(WarehouseLocked, match=rf"process {pid} since \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\dZ"),
        waiting.writing(NOW),
    ):
        pytest.fail("two writers at once")
    assert waiting.latest().number == 0  # readers never wait
    process.kill()
    process.join()
    with waiting.writing(NOW) as tx:  # the lock died with its holder
        tx.upsert("runs", rows("runs", {}))
        tx.commit()


def test_a_child_left_behind_does_not_keep_the_lock(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    process = writers.start(writers.hold_lock_and_fork, tmp_path / "wh", ready, 60)
    orphan = int(wait_for(ready))
    process.join()
    try:
        with Warehouse(tmp_path / "wh", lock_timeout_seconds=5).writing(NOW):
            pass
    finally:
        os.kill(orphan, signal.SIGKILL)


def test_asking_for_the_lock_while_holding_it_says_so(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path, lock_timeout_seconds=0)
    with warehouse.writing(NOW), pytest.raises(WarehouseLocked, match="this very process"), warehouse.writing(NOW):
        pytest.fail("the lock was given twice")


@pytest.mark.drill
def test_writers_take_turns(tmp_path: Path) -> None:
    turns = [tmp_path / f"turns-{n}" for n in range(4)]
    processes = [writers.start(writers.take_turns, tmp_path / "lock", report, 4.0) for report in turns]
    for process in processes:
        process.join()
    counts = [int(report.read_text()) for report in turns]
    assert min(counts) * 3 >= max(counts), counts  # asking again every 20 ms gave one all and another none
    assert sum(counts) > 4 * 5


def test_who_gave_up_waiting_leaves_the_lock_to_others(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path / "wh", lock_timeout_seconds=0.2)
    with warehouse.writing(NOW):
        for _ in range(3):
            with pytest.raises(WarehouseLocked), warehouse.writing(NOW):
                pytest.fail("two writers at once")
    with Warehouse(tmp_path / "wh", lock_timeout_seconds=5).writing(NOW):
        pass


def test_a_session_that_locks_the_views_is_named_and_a_commit_gets_round_it(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path / "wh")
    writers.commit_batches(warehouse.root, 1)
    ready = tmp_path / "ready"
    process = writers.start(writers.open_for_writing, warehouse.root / "warehouse.duckdb", ready, 60)
    pid = wait_for(ready)
    try:
        with pytest.raises(WarehouseError, match=f"process {pid} has it open for writing"):
            warehouse.sql("FROM runs")
        writers.commit_batches(warehouse.root, 1)
        assert warehouse.sql("FROM runs").num_rows == 2
        assert "of_theirs" not in str(warehouse.sql("SHOW TABLES").to_pylist())
    finally:
        process.kill()
        process.join()
