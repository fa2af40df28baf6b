"""The state of the newsroom in a word, and its causes in a sentence each: well, degraded or broken."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow.compute as pc

from pipeline.builds.unheard import read_unheard
from pipeline.errors import SettingsError
from pipeline.explain.disk import bytes_a_day
from pipeline.explain.layout import count, span
from pipeline.explain.rows import Facts
from pipeline.fetch.sources import load_registry
from pipeline.runs.gaps import DAG_ID, DONE, EMPTY, LATE
from pipeline.settings import Settings
from pipeline.store.snapshot import Snapshot
from pipeline.store.upkeep_notes import read_upkeep
from pipeline.store.warehouse import Warehouse
from pipeline.windows import Window

WELL, DEGRADED, BROKEN, UNTRIED = "well", "degraded", "broken", "untried"

_LOOKED_AT = timedelta(days=7)
_LATE_HOUR = timedelta(hours=3)  # after an hour's start plus an hour its run has long ended
_LATE_DIGEST = timedelta(hours=5)  # after its day's end: it waits two hours for hours, then works
_LATE_UPKEEP = timedelta(hours=50)  # two nights
_ROOM_DAYS = 14  # so many days of growth that the disk should still take
_NAMED = 3


def judge_state(warehouse: Warehouse, snapshot: Snapshot, now: datetime | None) -> Facts:
    """Judge whether today is well, from what the last seven days recorded.

    Broken is what keeps news from readers: the last run of a DAG failed, every source fails, no hour was loaded in time, no room.
    Degraded is what makes it less: sources that fail, are held or brought little, windows that failed and were not run again,
    a digest or upkeep that is late, little room.

    Args:
        now: The time, where runs follow the clock; None on invented days, where nothing can be late.
    Returns:
        `state`: well, degraded, broken, or untried where nothing ever ran; `why`: a sentence for each cause, the worst first.
    """
    last = max((file.day for file in snapshot.manifest.files("runs") if file.day), default=None)
    if last is None:
        return {"state": UNTRIED, "why": ["nothing ran yet"]}
    days = [last - timedelta(n) for n in range(_LOOKED_AT.days)]
    runs = snapshot.read(
        "runs", columns=["run_id", "dag_id", "window_start", "window_end", "status", "detail", "recorded_at"], days=days
    ).to_pylist()
    broken, degraded = _of_runs(runs)
    failing, asked_count = _failing(snapshot, last)
    (broken if len(failing) == asked_count else degraded).extend(_told(failing, "fails", "fail"))
    degraded += _unheard(snapshot, last, now, failing)
    if now is not None:
        broken += _late_hours(runs, now)
        degraded += _late_digest(snapshot, last, now)
        degraded += _late_upkeep(warehouse, snapshot, now)
    room = shutil.disk_usage(warehouse.root).free // max(1, bytes_a_day(snapshot))
    if room < _ROOM_DAYS:
        (degraded if room else broken).append(f"the disk has room for {count(room, 'day')} of growth")
    state = BROKEN if broken else DEGRADED if degraded else WELL
    return {"state": state, "why": [*broken, *degraded]}


def clock_time(settings: Settings, now: datetime) -> datetime | None:
    """The time, where runs follow the clock: `now`, or None where no source is switched on or the days are invented."""
    try:
        registry = load_registry(settings.sources)
    except SettingsError:  # list_sources is red and says why
        return now
    return now if registry.clock == "wall" and any(source.enabled for source in registry.sources) else None


def state_line(facts: Facts) -> str:
    """State and causes in one line.

    Example:
        >>> state_line({"state": "degraded", "why": ["1 source fails: wire (timeout)", "upkeep is late"]})
        'degraded: 1 source fails: wire (timeout); upkeep is late'
    """
    return f"{facts['state']}: {'; '.join(facts['why'])}" if facts["why"] else str(facts["state"])


def _of_runs(runs: list[dict[str, Any]]) -> tuple[list[str], list[str]]:
    """The last run of each DAG where it failed, and the other windows that failed and were not run again."""
    ran = sorted(
        (run for run in runs if run["status"] not in (LATE, EMPTY)), key=lambda run: (run["recorded_at"], run["run_id"])
    )
    last = {run["dag_id"]: run for run in ran}
    done = [run for run in ran if run["status"] == "success"]
    failed = {
        (run["dag_id"], run["window_start"], run["window_end"]): run
        for run in ran
        if run["status"] == "failed" and not any(_covers(later, run) for later in done)
    }
    broken = [
        f"{dag_id} failed for {span(run['window_start'], run['window_end'])}: {run['detail'] or 'its log says why'}"
        for dag_id, run in sorted(last.items())
        if run["status"] == "failed" and run in failed.values()
    ]
    others = Counter(run["dag_id"] for run in failed.values() if run is not last[run["dag_id"]])
    degraded = [
        f"{count(number, 'window')} of {dag_id} failed and {'was' if number == 1 else 'were'} not run again"
        for dag_id, number in sorted(others.items())
    ]
    return broken, degraded


def _covers(later: dict[str, Any], failed: dict[str, Any]) -> bool:
    """Whether a run did what another one had failed to do."""
    return bool(
        later["dag_id"] == failed["dag_id"]
        and later["recorded_at"] >= failed["recorded_at"]
        and later["window_start"] <= failed["window_start"]
        and failed["window_end"] <= later["window_end"]
    )


def _failing(snapshot: Snapshot, last: date) -> tuple[dict[str, str], int]:
    """The switched-on sources whose listing failed the last time, each with why; and how many sources are switched on."""
    sources = snapshot.read("sources", columns=["source_id", "enabled"]).to_pylist()
    enabled = {row["source_id"] for row in sources if row["enabled"] is not False}
    states = snapshot.read("feed_state", columns=["source_id", "failure_streak"]).to_pylist()
    failing = {row["source_id"] for row in states if row["failure_streak"]} & enabled
    listings = snapshot.read(
        "fetches",
        columns=["source_id", "outcome", "requested_at"],
        days=[last, last - timedelta(1)],
        where=pc.field("purpose").isin(["feed", "sitemap"]),
    ).sort_by("requested_at")
    outcomes = {row["source_id"]: row["outcome"] for row in listings.to_pylist()} if failing else {}
    return {source_id: outcomes.get(source_id, "no answer") for source_id in sorted(failing)}, len(enabled)


def _unheard(snapshot: Snapshot, last: date, now: datetime | None, failing: dict[str, str]) -> list[str]:
    """Sources that the last day should have heard and did not, but for those that fail, which are told by themselves."""
    is_over = last in snapshot.closed_days or (now is not None and now >= Window.of_day(last).end)
    rows = read_unheard(snapshot, last, snapshot.recorded_at, is_over=is_over).to_pylist()
    held = {row["source_id"]: "set gate" for row in rows if row["why"] == "held"}
    silent = {r["source_id"]: "no answer" for r in rows if r["why"] == "not-heard" and r["source_id"] not in failing}
    quiet = {r["source_id"]: f"{r['brought']}, usually {r['usual']}" for r in rows if r["why"] == "quiet"}
    return [
        *_told(held, "is held", "are held"),
        *_told(silent, f"was silent on {last}", f"were silent on {last}"),
        *_told(quiet, f"brought little on {last}", f"brought little on {last}"),
    ]


def _told(sources: dict[str, str], does: str, do: str) -> list[str]:
    """So many sources, the first of them by name and reason; nothing where there are none."""
    if not sources:
        return []
    named = ", ".join(f"{source_id} ({why})" for source_id, why in list(sources.items())[:_NAMED])
    more = f" and {len(sources) - _NAMED} more" if len(sources) > _NAMED else ""
    return [f"{count(len(sources), 'source')} {does if len(sources) == 1 else do}: {named}{more}"]


def _late_hours(runs: Sequence[dict[str, Any]], now: datetime) -> list[str]:
    """Whether the hours go on being loaded."""
    ends = [run["window_end"] for run in runs if run["dag_id"] == DAG_ID and run["status"] in DONE]
    last = max(ends, default=None)
    if last is not None and now - last < _LATE_HOUR:
        return []
    return [f"no hour was loaded since {last:%Y-%m-%d %H:%M} UTC" if last else "no hour was loaded for a week"]


def _late_digest(snapshot: Snapshot, last: date, now: datetime) -> list[str]:
    """Whether yesterday's digest is there; a newsroom that began today has none."""
    day = (now.astimezone(UTC) - _LATE_DIGEST).date() - timedelta(1)
    began = min((file.day for file in snapshot.manifest.files("runs") if file.day), default=last)
    return [f"the digest of {day} is late"] if began <= day and day not in snapshot.closed_days else []


def _late_upkeep(warehouse: Warehouse, snapshot: Snapshot, now: datetime) -> list[str]:
    """Whether the nights' upkeep goes on, once there was a night."""
    done = [datetime.fromisoformat(step["at"]) for step in read_upkeep(warehouse.root).values()]
    first = min((file.day for file in snapshot.manifest.files("runs") if file.day), default=now.date())
    since = max([*done, Window.of_day(first).start])
    return (
        [f"upkeep was last done {since:%Y-%m-%d %H:%M} UTC" if done else "upkeep was never done"]
        if now - since > _LATE_UPKEEP
        else []
    )
