"""How the newsroom does, on a page of its own and in a panel on Airflow's home page."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi.responses import HTMLResponse

from daybook_airflow.pages.setting import opened, page
from pipeline.explain.freshness import lag_text
from pipeline.explain.health import newsroom_health
from pipeline.explain.state import clock_time, judge_state
from pipeline.reports import OUTCOMES

# What is said of each state beside its word: colors alone say nothing to some.
MARKS = {"well": "●", "degraded": "▲", "broken": "■", "untried": "○"}


def show_health() -> HTMLResponse:
    """The page."""
    settings, warehouse = opened()
    now = datetime.now(UTC)
    facts = newsroom_health(warehouse, settings, clock_time(settings, now))
    return page(
        "health.html.j2", title="Newsroom health", here="health", facts=facts, mark=MARKS[facts["state"]], lag=lag_text,
        outcomes=OUTCOMES, now=now,
    )  # fmt: skip


def show_panel() -> HTMLResponse:
    """The state alone, and where to read on."""
    settings, warehouse = opened()
    snapshot = warehouse.latest()
    facts = judge_state(warehouse, snapshot, settings, clock_time(settings, datetime.now(UTC)))
    closed = max(snapshot.closed_days, default=None)
    return page(
        "panel.html.j2", title="Newsroom today", here="panel", facts=facts, mark=MARKS[facts["state"]],
        snapshot=snapshot, closed=closed,
    )  # fmt: skip
