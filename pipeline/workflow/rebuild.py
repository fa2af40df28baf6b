"""The stories of closed days told anew, from one day on: with what is known and set today."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

import pyarrow.compute as pc

from pipeline.builds.current import builds_of, current_build
from pipeline.errors import UsageError
from pipeline.runs.gaps import REOPENING
from pipeline.runs.run import Run
from pipeline.settings import Settings
from pipeline.stages.reopen import open_again
from pipeline.store.snapshot import Snapshot
from pipeline.store.transaction import Transaction
from pipeline.store.warehouse import Warehouse
from pipeline.tables import TABLES
from pipeline.windows import Window
from pipeline.workflow.chains import close_day
from pipeline.workflow.release import cluster_anew, decision_time

_BY = "rebuild"
_OF_STORIES = ("story_articles", "story_days", "story_lineage", "article_terms")


def rebuild_stories(
    settings: Settings,
    warehouse: Warehouse,
    first: date,
    *,
    by: str,
    why: str,
    started_at: datetime,
    say: Callable[[str], None] = lambda text: None,
) -> list[dict[str, Any]]:
    """Cluster the closed days from one on anew, in order, and publish their digests anew.

    What came too late for its day is told on its own day then. Ids that were public stay. A rebuild that was killed leaves
    days open, and the same call goes on with them. A last day that a person opened again stays open: they close it.

    Args:
        first: The first day.
        by, why: Who decides, and the reason in words; kept in `runs`.
        started_at: Wall time.
        say: Told each day as it begins.
    Returns:
        Of each day `day`, `superseded` (the build that was final before) and `build_id` (the one that is now).
    Raises:
        UsageError: no day from then on was ever closed.
    """
    now = decision_time(settings, warehouse.latest(), started_at)

    def run_of(dag_id: str, day: date) -> Run:
        window = Window.of_day(day)
        return Run.of(settings, dag_id, window, started_at=started_at, warehouse=warehouse, by=_BY, now=now)

    with warehouse.writing(now) as tx:
        before = _ended_days(tx.snapshot, first)
        if not before:
            raise UsageError(f"no day from {first} on is closed; `daybook status` names the closed days")
        closed = [day for day in before if day in tx.snapshot.closed_days]
        for day in closed:
            open_again(tx, run_of(REOPENING, day), by=by, why=why)
        _forget_stories_after(tx, closed)
        tx.commit()
    told = []
    for day, superseded in before.items():
        say(str(day))
        build_id = close_day(run_of("news_digest", day))["build_id"]
        told.append({"day": day.isoformat(), "superseded": superseded, "build_id": build_id})
    articles = {file.day for file in warehouse.latest().manifest.files("articles") if file.day}
    later = {day for day in articles if day > max(before)}
    cluster_anew(settings, warehouse, later, now, started_at, by=_BY)
    return told


def _ended_days(snapshot: Snapshot, first: date) -> dict[date, str | None]:
    """The days from one on that are closed or were before a rebuild opened them, with those between; each with its last final build."""
    built = {file.day for file in snapshot.manifest.files("digest_builds") if file.day}
    days = sorted(day for day in built | snapshot.closed_days if day >= first)
    ended = [day for day in days if day in snapshot.closed_days or _was_opened_by_rebuild(snapshot, day)]
    last = {day: _last_final(snapshot, day) for day in days if ended and day <= ended[-1]}
    return {day: build_id for day, build_id in last.items() if build_id or day in snapshot.closed_days}


def _was_opened_by_rebuild(snapshot: Snapshot, day: date) -> bool:
    """Whether a rebuild, and no person since, opened a day again."""
    is_opening = pc.field("dag_id") == REOPENING
    rows = snapshot.read("runs", columns=["run_id", "started_at"], days=[day], where=is_opening).to_pylist()
    last = max(rows, key=lambda row: row["started_at"], default=None)
    return last is not None and str(last["run_id"]).startswith(f"{REOPENING}/{_BY}__")


def _last_final(snapshot: Snapshot, day: date) -> str | None:
    """The last build of a day that is final, or was."""
    build = current_build([row for row in builds_of(snapshot, day) if row["status"] != "provisional"])
    return build["build_id"] if build else None


def _forget_stories_after(tx: Transaction, opened: Sequence[date]) -> None:
    """Take away what rests on the first of some opened days: a later day may have placed what belongs to an earlier one."""
    for name in _OF_STORIES if opened else ():
        later = {file.day for file in tx.snapshot.manifest.files(name) if file.day and file.day > min(opened)}
        for day in sorted(later):
            tx.replace_day(name, day, TABLES[name].empty())
