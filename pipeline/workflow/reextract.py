"""Stored pages of an interval read anew, a day after the other: what `daybook reextract` and news_reextract do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from pipeline.errors import UsageError
from pipeline.runs.run import Run
from pipeline.settings import Settings
from pipeline.stages.reextract import list_days, load_anew, read_anew, run_of_day
from pipeline.store.snapshot import Snapshot
from pipeline.store.warehouse import Warehouse
from pipeline.workflow.release import cluster_anew, decision_time

Told = dict[str, Any]
_LATER = timedelta(microseconds=1)


def reextract(
    settings: Settings,
    warehouse: Warehouse,
    first: date,
    last: date,
    *,
    started_at: datetime,
    only_say: bool = False,
    say: Callable[[str], None] = lambda text: None,
) -> list[Told]:
    """Read the stored pages of some days anew with today's rules; memory holds the readings of a day, and no body of another.

    A day that was read by this extractor already costs a look, so that the same call goes on where an earlier one stopped;
    what was only said is read from where it was sealed.

    Args:
        first, last: The days, both ends in it.
        started_at: Wall time.
        only_say: Commit nothing.
        say: Told the day and what is being done.
    Returns:
        For each day with readings what `load_anew` returns.
    Raises:
        UsageError: the last day lies before the first, or no reading is stored of any of them.
    """
    told = []
    for day in days_between(warehouse, first, last):
        run = run_for(settings, warehouse, day, started_at=started_at)
        say(f"{day} read_anew")
        anew = read_anew(run)
        say(f"{day} load_anew")
        told.append(load_anew(run, anew, only_say=only_say))
    if not only_say:
        cluster_open_days(settings, warehouse, told, started_at=started_at)
    return told


def days_between(warehouse: Warehouse, first: date, last: date) -> list[date]:
    """The days to read, in order.

    Raises:
        UsageError: the last day lies before the first, or no reading is stored of any of them.
    """
    if last < first:
        raise UsageError(f"{last} lies before {first}; the first day comes first")
    days = list_days(warehouse, first, last)
    if not days:
        raise UsageError(f"no page of {first} to {last} was ever read; `daybook status` names the days that there are")
    return days


def run_for(settings: Settings, warehouse: Warehouse, day: date, *, started_at: datetime) -> Run:
    """The run of one day."""
    now = _moment(settings, warehouse.latest(), started_at)
    return run_of_day(settings, warehouse, day, started_at=started_at, now=now)


def cluster_open_days(
    settings: Settings, warehouse: Warehouse, told: Iterable[Mapping[str, Any]], *, started_at: datetime
) -> list[date]:
    """Cluster the open days that changed anew, and write their provisional digests; gives these days."""
    days = [date.fromisoformat(day["day"]) for day in told if not day["closed"] and day["pages"] > day["same"]]
    now = _moment(settings, warehouse.latest(), started_at)
    cluster_anew(settings, warehouse, days, now, started_at, by="reextract")
    return days


def _moment(settings: Settings, snapshot: Snapshot, started_at: datetime) -> datetime:
    """What is recorded as now: on invented days a moment after all that is known, so that no build of theirs knows it."""
    moment = decision_time(settings, snapshot, started_at)
    return moment if moment == started_at else moment + _LATER
