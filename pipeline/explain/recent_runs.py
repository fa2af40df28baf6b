"""The runs that began last, those that failed before them, and the books of each."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import pyarrow as pa

from pipeline.explain.rows import Facts, records
from pipeline.reports import OUTCOMES
from pipeline.runs.order import COUNTED
from pipeline.store.snapshot import Snapshot

_SHOWN = 6
_TROUBLE_SHOWN = 10
_REACH = timedelta(days=28)

_RUNS = """
SELECT run_id, dag_id, window_start, window_end, status, detail, started_at, recorded_at
FROM runs WHERE status NOT IN ('late', 'empty')
ORDER BY started_at DESC, window_start DESC, recorded_at DESC, run_id DESC LIMIT $limit
"""
_TROUBLE = """
SELECT run_id, dag_id, window_start, window_end, status, detail, started_at, recorded_at
FROM runs WHERE status = 'failed' AND day > (SELECT max(day) FROM runs) - 7
ORDER BY window_start DESC, recorded_at DESC, started_at DESC, run_id DESC LIMIT $limit
"""
_BOOKS = f"""
SELECT run_id, stage, any_value(unit) AS unit, {", ".join(f'sum("{name}")::BIGINT AS "{name}"' for name in ("received", *OUTCOMES))}
FROM stage_counts GROUP BY run_id, stage
"""


def recent_runs(snapshot: Snapshot) -> tuple[list[Facts], list[Facts]]:
    """The last runs, and those that failed in the last seven days before them, each with its books as `stages`.

    What a year of runs left is not opened: runs are sought by when they were recorded, their books by their ids.
    """
    since = snapshot.recorded_at - _REACH if snapshot.number else None
    recorded = snapshot.read("runs", since=("recorded_at", since) if since else None)
    if recorded.num_rows < _SHOWN:  # a newsroom that was quiet for long
        recorded = snapshot.read("runs")
    with snapshot.connect(tables=["runs"], rows={"runs": recorded}) as connection:
        runs = records(connection, _RUNS, limit=_SHOWN)
        shown = {run["run_id"] for run in runs}
        older = [run for run in records(connection, _TROUBLE, limit=_TROUBLE_SHOWN) if run["run_id"] not in shown]
    add_books(snapshot, [*runs, *older])
    return runs, older


def run_of_id(snapshot: Snapshot, run_id: str) -> Facts | None:
    """One run with its books, sought by its id; None where nothing was recorded of it."""
    found = snapshot.read("runs", having=("run_id", pa.array([run_id], pa.string()))).to_pylist()
    add_books(snapshot, found)
    return found[0] if found else None


def add_books(snapshot: Snapshot, runs: Iterable[Facts]) -> None:
    """Give each run the sums of its stages as `stages`, in the order of the stages."""
    by_run = {run["run_id"]: run for run in runs}
    for run in by_run.values():
        run["stages"] = []
    counts = snapshot.read("stage_counts", having=("run_id", pa.array(by_run, pa.string())))
    with snapshot.connect(tables=["stage_counts"], rows={"stage_counts": counts}) as connection:
        for row in records(connection, _BOOKS):
            by_run[row.pop("run_id")]["stages"].append(row)
    for run in by_run.values():
        run["stages"].sort(key=lambda row: COUNTED.index(row["stage"]) if row["stage"] in COUNTED else len(COUNTED))
