"""`make run`: the sample newsroom, day by day, through the same DAGs that the scheduler runs, in one process."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from airflow_local.demo_report import day_line, show, shown
from airflow_local.redirect import redirected_output
from airflow_local.setup import airflow_environment, apply_environment, newsroom_settings, prepare
from pipeline.errors import DaybookError
from pipeline.runs.order import STAGES
from pipeline.settings import PROJECT, Settings
from pipeline.text.controls import one_line
from pipeline.windows import Window

DAG_IDS = tuple(STAGES)
_DONE = frozenset({"success", "skipped"})


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoSetup:
    """Where the demo runs: Airflow's home, the log of it all, and the terminal."""

    home: Path
    log: Path
    console: Console


def main(arguments: list[str] | None = None) -> int:
    """Play all days of the newsroom; 0 when every run succeeded."""
    parser = argparse.ArgumentParser(prog="make run", description="The sample newsroom through the Airflow DAGs.")
    parser.add_argument("--home", type=Path, default=PROJECT / ".airflow", help="Airflow's home (default: .airflow)")
    parser.add_argument("--days", type=int, help="play only the first so many days (default: all)")
    options = parser.parse_args(arguments)
    home = options.home.resolve()
    log = home / "logs" / "run.log"
    with redirected_output(log) as terminal:
        setup = DemoSetup(
            home=home, log=log, console=Console(file=terminal, highlight=False, soft_wrap=not terminal.isatty())
        )
        try:
            run_demo(setup, options.days)
        except DaybookError as error:
            setup.console.print(f"daybook: {one_line(str(error))}", markup=False)
            return error.exit_code
        except KeyboardInterrupt:
            setup.console.print("daybook: stopped; `make run` goes on from here")
            return 130
    return 0


def run_demo(setup: DemoSetup, day_count: int | None = None) -> None:
    """Run the three DAGs for each day of the newsroom and show what came of it.

    Args:
        day_count: How many days to play, from the first on; None plays all.
    Raises:
        DaybookError: a DAG run did not succeed.
        SettingsError: an unknown or malformed DAYBOOK_* setting.
    """
    started = time.monotonic()
    with newsroom_served() as (all_days, environment):
        days = all_days[:day_count]
        apply_environment(os.environ, {**airflow_environment(PROJECT, setup.home), **environment})
        settings = Settings.from_env(os.environ)
        with setup.console.status("Preparing Airflow"):
            prepare(setup.home)
            from airflow_local.task_logs import write_task_logs

            write_task_logs(setup.log)
            dags = load_dags()
        setup.console.print(f"The sample newsroom, {days[0]} to {days[-1]}, through {', '.join(DAG_IDS)}\n")
        from pipeline.store.warehouse import Warehouse

        warehouse = Warehouse(settings.warehouse)
        run_ids = []
        for day in days:
            began = time.monotonic()
            for dag_id in DAG_IDS:
                with setup.console.status(f"{day}  {dag_id}"):
                    run_ids.append(run_day(dags[dag_id], day, setup.log))
            line = day_line(warehouse, day, run_ids[-len(DAG_IDS) :])
            setup.console.print(f"{day}  {line}  {time.monotonic() - began:5.1f} s")
    show(setup.console, warehouse, days, run_ids)
    setup.console.print(
        f"\nAll {len(days)} days took {time.monotonic() - started:.0f} s. Airflow's log: {shown(setup.log)}"
    )
    setup.console.print("`make up` opens the Airflow UI on these runs.")


@contextmanager
def newsroom_served() -> Iterator[tuple[tuple[date, ...], dict[str, str]]]:
    """Serve the sample newsroom on a free port; gives its days and the settings that lead to it."""
    from newsroom import load_newsroom, serve

    newsroom = load_newsroom()
    with serve(newsroom=newsroom) as handle:
        yield newsroom.days, newsroom_settings(handle.port)


def load_dags() -> dict[str, Any]:
    """Read the DAG files as the scheduler does, without deadlines: a test run (Airflow 3.3) breaks on them, and waits in no queue.

    Raises:
        DaybookError: a file cannot be imported, or one of the three DAGs is missing.
    """
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(PROJECT / "dags")
    missing = sorted(set(DAG_IDS) - set(bag.dags))
    if bag.import_errors or missing:
        raise DaybookError(f"DAG files cannot be read: {bag.import_errors or missing}")
    for dag in bag.dags.values():
        dag.deadline = None
    return dict(bag.dags)


def run_day(dag: Any, day: date, log: Path) -> str:
    """Run one DAG for one day; in Airflow's database the run replaces an earlier one of that day.

    Returns:
        The run's id in the warehouse's books, where every run is kept.
    Raises:
        DaybookError: naming the tasks that did not succeed.
    """
    window = Window.of_day(day)
    conf = {"window": f"{window.start:%Y-%m-%dT%H:%M}/{window.end:%Y-%m-%dT%H:%M}"}
    run = dag.test(logical_date=window.start, run_conf=conf)
    tasks = run.get_task_instances()
    failed = sorted({ti.task_id for ti in tasks if ti.state not in _DONE})
    if run.state != "success" or failed or not tasks:
        raise DaybookError(f"{dag.dag_id} of {day}: {', '.join(failed) or run.state}; {shown(log)} says why")
    _label(run, window, min(ti.start_date for ti in tasks))
    return f"{dag.dag_id}/{run.run_id}"


def _label(run: Any, window: Window, started_at: datetime) -> None:
    """Let Airflow's lists show of what a run is, and how long it took.

    A test run's id and `run_after` are the moment of the play, and it counts from its logical date, months back.
    """
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session

    with create_session() as session:
        kept = session.get(DagRun, run.id)
        kept.start_date = started_at
        kept.run_after = window.end
        kept.note = f"The sample newsroom · {kept.note or window}"


if __name__ == "__main__":
    sys.exit(main())
