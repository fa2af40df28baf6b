"""Hours that no run came for: the first run after them closes them as late or empty, and says so.

A listing shows what its source still lists, whenever it is asked: after an outage the next run brings the pages of the
hours in between. Those hours are done with; asking for them again would ask the same listing.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import pyarrow.compute as pc

from pipeline.runs.handover import TaskOutput, read_output
from pipeline.runs.run import Run, code_version
from pipeline.store.snapshot import Snapshot
from pipeline.store.transaction import Transaction
from pipeline.tables import RUNS
from pipeline.tables.rows import as_instant
from pipeline.windows import HOUR, Window

logger = logging.getLogger(__name__)

DAG_ID = "news_ingest"
REOPENING = "news_reopen"  # under which a day that was opened again stands in `runs`
ANSWER = "news_answer"  # under which a person's answer to a review stands there
SUCCESS, LATE, EMPTY = "success", "late", "empty"
# Statuses of `runs` after which nobody waits for an hour any more.
DONE = (SUCCESS, LATE, EMPTY)
# A feed rarely lists what is older; beyond it an outage is told as a whole and not hour by hour.
MOST_MISSED = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """The time before a run that no run came for.

    Attributes:
        hours: Clock hours that no real run has a row for, in order; those of the last seven days alone.
        given_up: What lies between the last earlier run and those seven days; None for a shorter outage.
        found_late: Rows of `runs`, by run_id, that earlier runs closed hours with.
    """

    hours: tuple[Window, ...] = ()
    given_up: Window | None = None
    found_late: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def close_missed(tx: Transaction, run: Run, source_ids: Sequence[str], came_at: Iterable[datetime]) -> list[TaskOutput]:
    """Close the hours between the last earlier run and this one: late where pages of this run belong to them, else empty.

    Only a run of one clock hour that asked registered sources does so, and only after an earlier run of one of them.
    An hour that another run found late stays as that one told it.

    Args:
        source_ids: The sources that this run asked.
        came_at: When the pages of this run were published, as far as their listings or the pages say so.
    Returns:
        `window`, `status` and `detail` of each hour that was closed, in order.
    """
    if run.inbox is not None or run.archives or run.window != Window.of_hour(run.window.start):
        return []
    gap = find_gap(tx.snapshot, run.window, source_ids)
    if gap.given_up is not None:
        logger.warning("window=%s no run for %s: more than seven days ago, given up", run.window, gap.given_up)
    counts: dict[Window, int] = {}
    for instant in came_at:
        counts[Window.of_hour(instant)] = counts.get(Window.of_hour(instant), 0) + 1
    found = {missed_run_id(hour): _row(run, hour, counts.get(hour, 0), source_ids) for hour in gap.hours}
    tx.upsert("runs", RUNS.rows([row for run_id, row in found.items() if run_id not in gap.found_late]))
    missed = [_told(gap.found_late.get(run_id, row)) for run_id, row in found.items()]
    if missed:
        late = sum(row["status"] == LATE for row in missed)
        logger.warning(
            "window=%s no run came for %d hours from %s on: %d late, %d empty",
            run.window, len(missed), gap.hours[0].start.isoformat(timespec="minutes"), late, len(missed) - late,
        )  # fmt: skip
    return missed


def find_gap(snapshot: Snapshot, window: Window, source_ids: Sequence[str]) -> Gap:
    """Find the hours before a window that no run has a row for, back to the last earlier run of one of the sources."""
    reach = window.start - MOST_MISSED
    rows = _runs_before(snapshot, window, reach)
    ends = _ends(rows, window, source_ids)
    if not ends:  # a longer outage, or a source that was never asked: then all runs are read
        ends = _ends(_runs_before(snapshot, window, None), window, source_ids)
    if not ends:
        return Gap()
    real = [row for row in rows if row["status"] not in (LATE, EMPTY)]
    begin = max(ends)
    given_up = Window(begin, reach) if begin < reach else None
    hours = tuple(
        hour
        for hour in _whole_hours(max(begin, reach), window.start)
        if not any(row["window_start"] <= hour.start and hour.end <= row["window_end"] for row in real)
    )
    found_late = {row["run_id"]: row for row in rows if row["status"] == LATE}
    return Gap(hours=hours, given_up=given_up, found_late=found_late)


def _runs_before(snapshot: Snapshot, window: Window, since: datetime | None) -> list[dict[str, Any]]:
    """The runs whose windows began before this one, and ended no earlier than an instant."""
    rows: list[dict[str, Any]] = snapshot.read(
        "runs",
        columns=["run_id", "window_start", "window_end", "status", "detail", "source_ids"],
        where=(pc.field("dag_id") == DAG_ID) & (pc.field("window_start") < as_instant(window.start)),
        since=("window_end", since) if since else None,
    ).to_pylist()
    return rows


def _ends(rows: Iterable[Mapping[str, Any]], window: Window, source_ids: Sequence[str]) -> list[datetime]:
    """When the windows of earlier successful runs of one of the sources ended."""
    wanted = set(source_ids)
    return [
        row["window_end"]
        for row in rows
        if row["status"] == SUCCESS and row["window_end"] <= window.start and wanted & set(row["source_ids"])
    ]


def make_way(tx: Transaction, window: Window) -> None:
    """Take back what was said of hours without a run: a run has come for them."""
    rows = tx.snapshot.read(
        "runs",
        columns=["run_id"],
        days=window.days(),
        where=pc.field("status").isin([LATE, EMPTY])
        & (pc.field("window_start") >= as_instant(window.start))
        & (pc.field("window_end") <= as_instant(window.end)),
    )
    if rows.num_rows:
        tx.delete("runs", rows)


def missed_hours(snapshot: Snapshot, *, days: Iterable[date] | None = None, limit: int = 24) -> list[TaskOutput]:
    """The latest hours that were closed without a run of their own, in order.

    Args:
        days: Only hours of these; None takes all.
    """
    columns = ["window_start", "window_end", "status", "detail"]
    found = snapshot.read("runs", columns=columns, days=days, where=pc.field("status").isin([LATE, EMPTY]))
    rows = found.sort_by("window_start").to_pylist()
    return [_told(row) for row in rows[-limit:]]


def missing_windows(run: Run) -> list[str]:
    """Name the hours of the run's day that no news_ingest run covered with success or closed as late or empty, in order."""
    day = Window.of_day(run.window.day)
    rows = run.warehouse.latest().read(
        "runs",
        columns=["window_start", "window_end"],
        where=(pc.field("dag_id") == "news_ingest")
        & pc.field("status").isin(DONE)
        & (pc.field("recorded_at") <= run.now)
        & (pc.field("window_start") < day.end)
        & (pc.field("window_end") > day.start),
        since=("window_end", day.start),
    )
    done = list(zip(rows["window_start"].to_pylist(), rows["window_end"].to_pylist(), strict=True))
    hours = [Window(day.start + n * HOUR, day.start + (n + 1) * HOUR) for n in range(24)]
    return [str(hour) for hour in hours if not any(start <= hour.start and hour.end <= end for start, end in done)]


def precedes_everything(run: Run) -> bool:
    """Whether nothing was ever asked or read for the run's day or one before it: Daybook did not exist yet."""
    snapshot, day = run.warehouse.latest(), run.window.day
    if any(file.day is not None and file.day <= day for file in snapshot.manifest.files("pages")):
        return False
    asked = (pc.field("dag_id") == "news_ingest") & (pc.field("window_start") < Window.of_day(day).end)
    return not snapshot.read("runs", columns=["run_id"], where=asked).num_rows


def publication_times(landed: Mapping[str, Any], extracted: Sequence[Mapping[str, Any] | None]) -> list[datetime]:
    """When each page of a run was published: its listing's time, else the article's own; pages without either are left out.

    A date without a time of day names no hour and is left out as well.
    """
    times: dict[str, datetime] = {}
    for note in extracted:
        if note is not None:
            told = ["page_id", "published_at", "published_at_precision"]
            articles = read_output(note, columns=told).to_pylist()
            times |= {
                row["page_id"]: row["published_at"]
                for row in articles
                if row["published_at"] is not None and row["published_at_precision"] != "day"
            }
    for batch in landed["batches"]:
        pages = read_output(batch, columns=["page_id", "listed_at"]).to_pylist()
        times |= {row["page_id"]: row["listed_at"] for row in pages if row["listed_at"] is not None}
    return list(times.values())


def missed_run_id(hour: Window) -> str:
    """The run id under which an hour without a run stands in `runs`."""
    return f"{DAG_ID}/missed__{hour.label}"


def _row(run: Run, hour: Window, page_count: int, source_ids: Sequence[str]) -> dict[str, Any]:
    """An hour without a run of its own, as a row of `runs`."""
    came = f"{page_count or 'none'} of its pages came with {run.window}"
    return {
        "run_id": missed_run_id(hour),
        "dag_id": DAG_ID,
        "window_start": hour.start,
        "window_end": hour.end,
        "started_at": run.started_at,
        "source_ids": sorted(source_ids),
        "status": LATE if page_count else EMPTY,
        "detail": f"no run in its time; {came}",
        "code_version": code_version(),
        "settings_sha256": run.settings.results_sha256,
        "recorded_at": run.now,
        "day": hour.day,
    }


def _told(row: Mapping[str, Any]) -> TaskOutput:
    """A closed hour as people and JSON are told."""
    return {
        "window": str(Window(row["window_start"], row["window_end"])),
        "status": row["status"],
        "detail": row["detail"],
    }


def _whole_hours(start: datetime, end: datetime) -> list[Window]:
    """The clock hours that lie whole between two instants."""
    first = Window.of_hour(start + HOUR - timedelta.resolution).start
    return [Window(first + n * HOUR, first + (n + 1) * HOUR) for n in range(max(0, (end - first) // HOUR))]
