"""How the newsroom does: today's state with its causes, and the figures of the last weeks behind it.

Of a year of news only the last weeks are opened, by their days; no text and no page body is read.
"""

from __future__ import annotations

import shutil
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

import duckdb
import pyarrow as pa

from pipeline.explain.disk import bytes_a_day, row_bytes
from pipeline.explain.freshness import measure_freshness
from pipeline.explain.recent_runs import recent_runs
from pipeline.explain.rows import Facts, records
from pipeline.explain.state import judge_state
from pipeline.runs.gaps import missed_hours
from pipeline.settings import Settings
from pipeline.store.snapshot import Snapshot
from pipeline.store.upkeep_notes import read_upkeep, read_waits
from pipeline.store.warehouse import Warehouse

DAYS = 28
_WEEKS = 8  # whose weekdays make a band
_LEAST_DAYS = 3  # of a weekday; else the days of the last week make it
_REASONS_SHOWN = 20

_VOLUMES = "SELECT source_id, day, count(*) AS articles FROM articles GROUP BY source_id, day"
_REFUSED = """
SELECT stage, reason, source_id, day, count(*) AS pages, count(*) FILTER (status = 'held') AS held
FROM quarantine WHERE day > $last::DATE - $days GROUP BY stage, reason, source_id, day
"""
_SOURCES = """
SELECT source_id, kind, publisher, enabled, last_success_at, last_new_item_at, coalesce(failure_streak, 0) AS failure_streak,
       last_outcome, next_fetch_at, silent_days, put_off_count
FROM source_health ORDER BY source_id
"""


def newsroom_health(warehouse: Warehouse, settings: Settings, now: datetime | None = None) -> Facts:
    """Tell how the newsroom does.

    Args:
        now: The time, where runs follow the clock; None on invented days, where nothing can be late.
    Returns:
        `state` and `why` (see `judge_state`); `last_day`; `runs` with their books, `earlier_failures`, `missed`; `sources` and
        `refusals`, each with a number a day of `days` (ISO, the last 28); `freshness`, `closed_days`, and what stands on the disk.
    """
    snapshot = warehouse.latest()
    last = last_day(snapshot)
    runs, older = recent_runs(snapshot)
    facts: Facts = {
        **judge_state(warehouse, snapshot, settings, now),
        "snapshot": snapshot.number,
        "recorded_at": snapshot.recorded_at,
        "last_day": last,
        "days": [],
        "runs": runs,
        "earlier_failures": older,
        "missed": [],
        "sources": [],
        "refusals": [],
        "freshness": None,
        "closed_days": sorted(snapshot.closed_days)[-DAYS:],
        "row_bytes": sum(row_bytes(snapshot).values()),
        "bytes_a_day": bytes_a_day(snapshot),
        "free_bytes": shutil.disk_usage(warehouse.root).free if snapshot.number else None,
        "past_snapshots": len(warehouse.kept()) - 1,
        "upkeep": read_upkeep(warehouse.root),
        "lock_waits": read_waits(warehouse.root),
    }
    if last is None:
        return facts
    reach = [last - timedelta(n) for n in range(7 * _WEEKS + 1)]
    shown = reach[DAYS - 1 :: -1]
    rows = _read_once(snapshot, reach, shown)
    with snapshot.connect(tables=tuple(rows), views=["source_health"], rows=rows) as connection:
        facts |= {
            "days": [day.isoformat() for day in shown],
            "sources": _sources(connection, snapshot, last, shown),
            "refusals": _refusals(connection, last, shown),
            "freshness": measure_freshness(snapshot),
        }
    return facts | {"missed": missed_hours(snapshot, days=shown)}


def _read_once(snapshot: Snapshot, reach: Sequence[date], shown: Sequence[date]) -> dict[str, pa.Table]:
    """The columns that are needed here and by the view of the sources: files are opened once, whatever is asked of them.

    The view looks at the requests of the newest seven days alone, but a query learns which these are only from the rows.
    """
    newest = max(
        (file.day for name in ("articles", "fetches") for file in snapshot.manifest.files(name) if file.day),
        default=reach[0],
    )
    of_view = {
        "articles": (["source_id", "published_at"], reach),
        "fetches": (
            ["source_id", "outcome", "requested_at", "fetch_id", "purpose", "ms"],
            [newest - timedelta(n) for n in range(7)],
        ),
        "quarantine": (["source_id", "stage", "reason", "status"], shown),
    }
    return {name: snapshot.read(name, columns=columns, days=days) for name, (columns, days) in of_view.items()}


def last_day(snapshot: Snapshot) -> date | None:
    """The latest day that a run was for; None where nothing ran."""
    return max((file.day for file in snapshot.manifest.files("runs") if file.day), default=None)


def usual_band(volumes: Mapping[date, int], day: date) -> tuple[int, int] | None:
    """The least and the most that a source brought on this weekday in the eight weeks before, or in the week before.

    Args:
        volumes: Articles a day; a day without any may be missing. Days before the first of them do not count.
    Returns:
        None where fewer than three days are known.
    Example:
        >>> friday = date(2026, 11, 20)
        >>> usual_band({friday - timedelta(7 * n): 10 + n for n in range(1, 5)}, friday)
        (11, 14)
        >>> usual_band({friday - timedelta(n): n for n in range(1, 4)}, friday)
        (1, 3)
    """
    first = min(volumes, default=day)
    for step, count in ((7, _WEEKS), (1, 7)):
        before = [day - timedelta(step * n) for n in range(1, count + 1)]
        known = [volumes.get(one, 0) for one in before if one >= first]
        if len(known) >= _LEAST_DAYS:
            return min(known), max(known)
    return None


def _sources(
    connection: duckdb.DuckDBPyConnection, snapshot: Snapshot, last: date, shown: Sequence[date]
) -> list[Facts]:
    """Each source with what it brought day by day, the doubtful first."""
    brought: dict[str, dict[date, int]] = defaultdict(dict)
    for row in records(connection, _VOLUMES):
        brought[row["source_id"]][row["day"]] = row["articles"]
    whole = max((day for day in snapshot.closed_days if day <= last), default=last)
    rows = records(connection, _SOURCES)
    for row in rows:
        volumes = brought[row["source_id"]]
        row["volumes"] = [volumes.get(day, 0) for day in shown]
        row["whole_day"] = whole
        row["whole_day_volume"] = volumes.get(whole, 0)
        row["usual"] = usual_band(volumes, whole)
    return sorted(rows, key=lambda row: (row["enabled"] is False, -min(1, row["failure_streak"]), row["source_id"]))


def _refusals(connection: duckdb.DuckDBPyConnection, last: date, shown: Sequence[date]) -> list[Facts]:
    """What was refused in the days shown, by reason: of which sources, and its trend."""
    found: dict[tuple[str, str], list[Facts]] = defaultdict(list)
    for row in records(connection, _REFUSED, last=last, days=len(shown)):
        found[row["stage"], row["reason"]].append(row)
    told = []
    for (stage, reason), rows in found.items():
        by_day: Counter[date] = Counter()
        by_source: Counter[str] = Counter()
        for row in rows:
            by_day[row["day"]] += row["pages"]
            by_source[row["source_id"] or "no source"] += row["pages"]
        told.append(
            {
                "stage": stage,
                "reason": reason,
                "pages": by_day.total(),
                "held": sum(row["held"] for row in rows),
                "trend": [by_day[day] for day in shown],
                "sources": dict(sorted(by_source.items(), key=lambda item: (-item[1], item[0]))),
            }
        )
    return sorted(told, key=lambda row: (-row["pages"], row["stage"], row["reason"]))[:_REASONS_SHOWN]
