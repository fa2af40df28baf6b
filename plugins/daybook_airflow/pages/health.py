"""How the newsroom does, on a page of its own and in a panel on Airflow's home page."""

from __future__ import annotations

from datetime import UTC, datetime

from airflow.models.pool import Pool
from airflow.utils.session import create_session
from fastapi.responses import HTMLResponse

from daybook_airflow.constants import POOL
from daybook_airflow.pages.setting import opened, page
from pipeline.errors import WarehouseError
from pipeline.explain.conditions import unreadable
from pipeline.explain.freshness import lag_text
from pipeline.explain.health import newsroom_health
from pipeline.explain.rows import Facts
from pipeline.explain.state import BROKEN, clock_time, judge_state
from pipeline.reports import OUTCOMES

# What is said of each state beside its word: colors alone say nothing to some.
MARKS = {"well": "●", "degraded": "▲", "broken": "■", "untried": "○"}
_NO_POOL = (
    f"Airflow has no pool {POOL}, so no task that commits is started: "
    f"airflow pools set {POOL} 1 daybook makes it again, and what waits goes on"
)


def show_health() -> HTMLResponse:
    """The page; of a warehouse that cannot be read, the state alone."""
    settings, warehouse = opened()
    now = datetime.now(UTC)
    try:
        facts = _with_the_pool(newsroom_health(warehouse, settings, clock_time(settings, now)))
    except WarehouseError as error:
        return _unreadable("health", error)
    return page(
        "health.html.j2", title="Newsroom health", here="health", facts=facts, mark=MARKS[facts["state"]], lag=lag_text,
        outcomes=OUTCOMES, now=now,
    )  # fmt: skip


def show_panel() -> HTMLResponse:
    """The state alone, and where to read on."""
    settings, warehouse = opened()
    try:
        snapshot = warehouse.latest()
        facts = _with_the_pool(judge_state(warehouse, snapshot, settings, clock_time(settings, datetime.now(UTC))))
    except WarehouseError as error:
        return _unreadable("panel", error)
    closed = max(snapshot.closed_days, default=None)
    return page(
        "panel.html.j2", title="Newsroom today", here="panel", facts=facts, mark=MARKS[facts["state"]],
        snapshot=snapshot, closed=closed,
    )  # fmt: skip


def _with_the_pool(facts: Facts) -> Facts:
    """The state as the warehouse tells it, and what it cannot know: that Airflow lacks the pool of the tasks that commit.

    Airflow (3.3.2) starts no task of a pool that is missing, and says so only in the scheduler's log.
    """
    with create_session() as session:
        if Pool.get_pool(POOL, session=session) is not None:
            return facts
    return {**facts, "state": BROKEN, "why": [_NO_POOL, *facts["why"]]}


def _unreadable(here: str, error: WarehouseError) -> HTMLResponse:
    """The state of a newsroom whose warehouse cannot be read: broken, and why."""
    facts = {"state": "broken", "why": [unreadable(error).what]}
    return page(
        "panel.html.j2", title="Newsroom health", here=here, status=503, facts=facts, mark=MARKS["broken"], closed=None
    )
