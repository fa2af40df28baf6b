"""The state of the newsroom in a word, and its causes in a sentence each: well, degraded or broken."""

from __future__ import annotations

from datetime import datetime, timedelta

from pipeline.errors import SettingsError
from pipeline.explain.conditions import judge, judge_runs
from pipeline.explain.rows import Facts
from pipeline.explain.standing import asked_by, read_standing
from pipeline.fetch.sources import load_registry
from pipeline.settings import Settings
from pipeline.store.snapshot import Snapshot
from pipeline.store.warehouse import Warehouse

WELL, DEGRADED, BROKEN, UNTRIED = "well", "degraded", "broken", "untried"

_LOOKED_AT = timedelta(days=7)
_RUNS = ["run_id", "dag_id", "window_start", "window_end", "status", "detail", "recorded_at"]


def judge_state(warehouse: Warehouse, snapshot: Snapshot, settings: Settings, now: datetime | None) -> Facts:
    """Judge whether today is well, from what the last days recorded; broken by what is critical, degraded by anything else.

    Args:
        now: The time, where runs follow the clock; None on invented days, where nothing can be late.
    Returns:
        `state`: well, degraded, broken, or untried where nothing ever ran; `why`: a sentence for each cause, the worst first.
    """
    last = max((file.day for file in snapshot.manifest.files("runs") if file.day), default=None)
    if last is None:
        return {"state": UNTRIED, "why": ["nothing ran yet"]}
    days = [last - timedelta(n) for n in range(_LOOKED_AT.days)]
    found = judge_runs(snapshot.read("runs", columns=_RUNS, days=days).to_pylist())
    try:
        registry = load_registry(settings.sources)
    except SettingsError as error:
        return {"state": BROKEN, "why": [*(one.what for one in found), str(error)]}
    standing = read_standing(
        warehouse,
        asked_by(registry) or _asked_before(snapshot),
        now or snapshot.recorded_at,
        stale_hours=settings.stale_hours,
        by_clock=now is not None,
    )
    found = sorted([*found, *judge(standing, settings)], key=lambda one: one.severity != "critical")
    is_broken = any(one.severity == "critical" for one in found)
    return {"state": BROKEN if is_broken else DEGRADED if found else WELL, "why": [one.what for one in found]}


def _asked_before(snapshot: Snapshot) -> tuple[str, ...]:
    """Ids of the feeds and sitemaps that were asked, for a sources file that enables none: after the sample newsroom was played."""
    sources = snapshot.read("sources", columns=["source_id", "kind", "enabled"]).to_pylist()
    return tuple(
        row["source_id"] for row in sources if row["enabled"] is not False and row["kind"] in ("feed", "sitemap")
    )


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
        >>> state_line({"state": "degraded", "why": ["1 of 4 sources fails: wire (timeout)", "upkeep was never done"]})
        'degraded: 1 of 4 sources fails: wire (timeout); upkeep was never done'
    """
    return f"{facts['state']}: {'; '.join(facts['why'])}" if facts["why"] else str(facts["state"])
