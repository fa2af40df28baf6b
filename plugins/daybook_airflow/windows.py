"""The one place that turns a DAG run into the window it is for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Protocol

from pipeline.windows import DAY, Window, parse_day, parse_instant

_DATE_CHARS = len("2026-03-02")


class DagRun(Protocol):
    """What is read of Airflow's DAG run."""

    partition_key: str | None
    data_interval_start: datetime | None
    data_interval_end: datetime | None
    run_after: datetime


def run_window(dag_run: DagRun, params: Mapping[str, object], grain: timedelta) -> Window:
    """Find the window of a run: its partition key, else `params["window"]`, else its data interval, else `run_after`.

    `logical_date` is never asked: it is null on partitioned, asset and most manual runs.

    Args:
        dag_run: Airflow's run.
        params: The run's form fields; `window` is `START/END`, a day, an hour, or null.
        grain: An hour or a day: what a run without any hint is for, namely the last whole one before `run_after`.
    Raises:
        UsageError: a key or window that cannot be read, naming it.
    """
    if dag_run.partition_key:
        return key_window(dag_run.partition_key)
    asked = params.get("window")
    if asked:
        return Window.parse(str(asked)) if "/" in str(asked) else key_window(str(asked))
    start, end = dag_run.data_interval_start, dag_run.data_interval_end
    if start is not None and end is not None and start < end:
        return Window(start.astimezone(UTC), end.astimezone(UTC))
    end = _floor(dag_run.run_after, grain)
    return Window(end - grain, end)


def key_window(key: str) -> Window:
    """Read a partition key: a date stands for its day, an instant for the hour that holds it.

    Raises:
        UsageError: the key is neither.
    Example:
        >>> str(key_window("2026-03-02"))
        '2026-03-02T00:00Z/2026-03-03T00:00Z'
        >>> str(key_window("2026-03-02T09:00:00"))
        '2026-03-02T09:00Z/2026-03-02T10:00Z'
    """
    key = key.strip()
    return Window.of_day(parse_day(key)) if len(key) <= _DATE_CHARS else Window.of_hour(parse_instant(key))


def hour_key(window: Window) -> str | None:
    """The partition key of a window that is exactly one clock hour, in the scheduler's own spelling; else None."""
    return f"{window.start:%Y-%m-%dT%H:%M:%S}" if window == Window.of_hour(window.start) else None


def _floor(instant: datetime, grain: timedelta) -> datetime:
    """The start of the UTC hour or day that holds the instant."""
    instant = instant.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return instant.replace(hour=0) if grain == DAY else instant
