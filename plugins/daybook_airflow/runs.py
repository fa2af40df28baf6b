"""From a task's context to the `Run` that the stage functions take."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowSkipException

from daybook_airflow.windows import run_window

if TYPE_CHECKING:
    from pipeline.runs.run import Run
    from pipeline.settings import Settings
    from pipeline.store.warehouse import Warehouse


def open_run(context: Mapping[str, Any], grain: timedelta) -> Run:
    """Say what a task is for: its settings, warehouse, window, clock and identity.

    Settings are read from the task's environment each time, so that a change needs no restart of the scheduler.

    Args:
        context: Airflow's task context.
        grain: An hour or a day (see `run_window`).
    Raises:
        AirflowSkipException: the clock started this run, but the sources are the invented newsroom's, whose days are past.
        SettingsError: an unknown setting, or a source file that cannot be read.
        UsageError: a window that cannot be read.
    """
    from pipeline.fetch.sources import load_registry
    from pipeline.runs.run import Run
    from pipeline.settings import Settings

    settings = Settings.from_env(os.environ)
    dag_run, params = context["dag_run"], context["params"]
    window = run_window(dag_run, params, grain)
    clock = load_registry(settings.sources).clock
    skip_where_invented(settings, dag_run.run_type)
    return Run.of(
        settings,
        dag_run.dag_id,
        window,
        name=dag_run.run_id,
        # A test run is given its logical date as start; the later of the two is the wall time in every kind of run.
        started_at=max(filter(None, (dag_run.start_date, dag_run.run_after))).astimezone(UTC),
        clock=clock,
        now=datetime.now(UTC) if clock == "wall" else None,
        source_ids=tuple(params.get("sources") or ()),
        accept_gate=str(params.get("accept_gate") or "").strip() or None,
    )


def skip_where_invented(settings: Settings, run_type: str) -> None:
    """Skip what the clock started on the invented newsroom.

    Raises:
        AirflowSkipException: it did.
    """
    from pipeline.fetch.sources import load_registry

    if run_type == "scheduled" and load_registry(settings.sources).clock == "window-end":
        raise AirflowSkipException(
            "no live source is switched on, and the newsroom has no news of today; see sources.toml"
        )


def open_warehouse() -> Warehouse:
    """The warehouse that the task's environment names.

    Raises:
        SettingsError: an unknown setting.
    """
    from pipeline.settings import Settings
    from pipeline.store.warehouse import Warehouse

    return Warehouse(Settings.from_env(os.environ).warehouse)


def open_by_hand(context: Mapping[str, Any]) -> tuple[Settings, Warehouse, datetime]:
    """Where a run works that no window is given to, and since when: settings, their warehouse, wall time of the run's start.

    Raises:
        SettingsError: an unknown setting.
    """
    from pipeline.settings import Settings
    from pipeline.store.warehouse import Warehouse

    settings, dag_run = Settings.from_env(os.environ), context["dag_run"]
    started_at = max(filter(None, (dag_run.start_date, dag_run.run_after))).astimezone(UTC)
    return settings, Warehouse(settings.warehouse, lock_timeout_seconds=settings.lock_timeout_seconds), started_at
