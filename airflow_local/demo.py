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
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markdown import Markdown
from rich.table import Table

from airflow_local.redirect import redirected_output
from airflow_local.setup import airflow_environment, apply_environment, newsroom_settings, prepare
from pipeline.errors import DaybookError
from pipeline.reports import OUTCOMES
from pipeline.runs.order import COUNTED, STAGES
from pipeline.settings import PROJECT, Settings
from pipeline.windows import Window

if TYPE_CHECKING:
    from pipeline.store.warehouse import Warehouse

DAG_IDS = tuple(STAGES)
_DONE = frozenset({"success", "skipped"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Display:
    """Where the play happens: Airflow's home, the log of it all, and the terminal."""

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
        display = Display(
            home=home, log=log, console=Console(file=terminal, highlight=False, soft_wrap=not terminal.isatty())
        )
        try:
            run_demo(display, options.days)
        except DaybookError as error:
            display.console.print(f"daybook: {error}", markup=False)
            return error.exit_code
        except KeyboardInterrupt:
            display.console.print("daybook: stopped; `make run` goes on from here")
            return 130
    return 0


def run_demo(display: Display, day_count: int | None = None) -> None:
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
        apply_environment(os.environ, {**airflow_environment(PROJECT, display.home), **environment})
        settings = Settings.from_env(os.environ)
        with display.console.status("Preparing Airflow"):
            prepare(display.home)
            from airflow_local.task_logs import write_task_logs

            write_task_logs(display.log)
            dags = load_dags()
        display.console.print(f"The sample newsroom, {days[0]} to {days[-1]}, through {', '.join(DAG_IDS)}\n")
        from pipeline.store.warehouse import Warehouse

        warehouse = Warehouse(settings.warehouse)
        run_ids = []
        for day in days:
            began = time.monotonic()
            for dag_id in DAG_IDS:
                with display.console.status(f"{day}  {dag_id}"):
                    run_ids.append(run_day(dags[dag_id], day, display.log))
            line = day_line(warehouse, day, run_ids[-len(DAG_IDS) :])
            display.console.print(f"{day}  {line}  {time.monotonic() - began:5.1f} s")
    show(display.console, warehouse, days, run_ids)
    display.console.print(
        f"\nAll {len(days)} days took {time.monotonic() - started:.0f} s. Airflow's log: {shown(display.log)}"
    )
    display.console.print("`make up` opens the Airflow UI on these runs.")


@contextmanager
def newsroom_served() -> Iterator[tuple[tuple[date, ...], dict[str, str]]]:
    """Serve the sample newsroom on a free port; gives its days and the settings that lead to it."""
    from newsroom import load_newsroom, serve

    newsroom = load_newsroom()
    with serve(newsroom=newsroom) as handle:
        yield newsroom.days, newsroom_settings(handle.port)


def load_dags() -> dict[str, Any]:
    """Read the DAG files as the scheduler does.

    Raises:
        DaybookError: a file cannot be imported, or one of the three DAGs is missing.
    """
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(PROJECT / "dags")
    missing = sorted(set(DAG_IDS) - set(bag.dags))
    if bag.import_errors or missing:
        raise DaybookError(f"DAG files cannot be read: {bag.import_errors or missing}")
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
    """Let Airflow's lists show which day a run is of and how long it took.

    A test run's id and `run_after` are the moment of the play, and it counts from its logical date, months back.
    """
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session

    with create_session() as session:
        kept = session.get(DagRun, run.id)
        kept.start_date = started_at
        kept.run_after = window.end
        kept.note = f"{window.start:%Y-%m-%d}, the sample newsroom"


def day_line(warehouse: Warehouse, day: date, run_ids: list[str]) -> str:
    """One day in a line: pages and what became of them, stories, lines of the digest."""
    query = """
        SELECT coalesce(sum(received) FILTER (stage = 'extract'), 0),
               coalesce(sum(new + updated) FILTER (stage = 'load_articles'), 0),
               coalesce(sum(unchanged) FILTER (stage = 'load_articles'), 0),
               coalesce(sum(duplicates) FILTER (stage = 'load_articles'), 0),
               coalesce(sum(quarantined) FILTER (stage <> 'fetch'), 0),
               (SELECT count(*) FROM story_days WHERE day = $day),
               (SELECT count(*) FROM developments JOIN digest_builds USING (build_id)
                WHERE digest_builds.digest_date = $day AND status = 'final')
        FROM stage_counts WHERE run_id IN (SELECT unnest($run_ids))
    """
    with warehouse.latest().connect() as connection:
        ((pages, stored, known, copies, refused, stories, lines),) = connection.execute(
            query, {"day": day, "run_ids": run_ids}
        ).fetchall()
    return (
        f"{pages:3} pages  {stored:3} articles  {known:3} known  {copies:2} copies  {refused:2} refused"
        f"  {stories:2} stories  {lines:3} lines"
    )


def show(console: Console, warehouse: Warehouse, days: tuple[date, ...], run_ids: list[str]) -> None:
    """Print the last day's digest, the books of all days, and where everything lies."""
    from pipeline.stages.digest import read_digest

    console.rule(f"Digest of {days[-1]}")
    text = read_digest(warehouse, days[-1])
    console.print(Markdown(text) if console.is_terminal else text, markup=False)
    console.rule("Books")
    console.print(books(warehouse, run_ids))
    console.print("fetch counts listed URLs, load_stories articles, the other stages pages")
    root = shown(warehouse.root)
    console.print(f"\nWarehouse    {root}  (Parquet below {root}/current, DuckDB views in {root}/warehouse.duckdb)")
    console.print(f"HTML digest  {root}/digests/{days[-1]}/digest.html")
    console.print('SQL          .venv/bin/daybook sql "FROM latest_digest"')


def books(warehouse: Warehouse, run_ids: list[str]) -> Table:
    """What every stage of these runs received and what became of it.

    Stories of an open day are made anew by each run; the last run's count is the day's.
    """
    with warehouse.latest().connect() as connection:
        rows = connection.execute(
            """
            SELECT stage, sum(received), sum(new), sum(updated), sum(unchanged), sum(duplicates),
                   sum(quarantined), sum(failed)
            FROM (
                SELECT * FROM stage_counts WHERE run_id IN (SELECT unnest(?))
                QUALIFY dense_rank() OVER (
                    PARTITION BY stage, window_start ORDER BY list_position(?, run_id) DESC) = 1
            ) GROUP BY stage
            ORDER BY list_position(?, stage), stage
            """,
            [run_ids, run_ids, COUNTED],
        ).fetchall()
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False)  # within 80 columns
    table.add_column("stage", no_wrap=True)
    for name in ("received", *OUTCOMES):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(*(str(cell) for cell in row))
    return table


def shown(path: Path) -> str:
    """A path as one would type it in the current folder."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


if __name__ == "__main__":
    sys.exit(main())
