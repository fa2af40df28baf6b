"""
### Work through days

By hand: takes some days through all rooms, one after the other: pages, articles, stories, and of each day that is over the
final digest. It is a backfill for whoever thinks in days.

| task | what it does | when it is red |
|---|---|---|
| work_through | the days from *First day* to *Last day*, both included, in order | a set gate holds a source; the warehouse is locked |

**What it changes:** a day that was worked on already comes out the same. Hours that were missing are made good. A day that is closed
stays closed with its published digest: what comes late joins the next open day. To open the **last closed day** again, trigger
`news_digest` with the day as *Window* and *Reopen the day* filled in.
**Nobody is asked again** for past hours that were asked: they are worked on from their stored pages.
**A day that is not over** gets a provisional digest.

**When a task is red:** *set gate*: answer in *Review*, or trigger the days again with *Pass the set gate* filled in; *locked*, *no space*:
as in the manual of `news_ingest`; then clear the task: days that are done cost a look.
**Many days by the hour,** beside the clock's own runs: a backfill of `news_ingest`, and then of `news_digest`.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import Param, dag, get_current_context, task

from daybook_airflow.defaults import ACCEPT_GATE_PARAM, OWNER_LINKS, START, TAGS, TASK_DEFAULTS
from daybook_airflow.notices import tell_success
from daybook_airflow.run_notes import tell
from daybook_airflow.runs import open_by_hand
from pipeline.errors import SetGateFailed

_LONG = timedelta(hours=12)  # weeks of a large newsroom


@dag(
    dag_id="news_days",
    dag_display_name="7 · Work through days",
    schedule=None,
    start_date=START,
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    default_args=TASK_DEFAULTS,
    owner_links=OWNER_LINKS,
    params={
        "first_day": Param("2026-03-02", type="string", format="date", title="First day"),
        "last_day": Param("2026-03-04", type="string", format="date", title="Last day", description="Included."),
        "accept_gate": ACCEPT_GATE_PARAM,
    },
    tags=[*TAGS, "ingest"],
    doc_md=__doc__,
)
def news_days() -> None:
    @task(execution_timeout=_LONG, on_success_callback=tell_success)
    def work_through() -> list[dict]:
        from pipeline.windows import parse_day
        from pipeline.workflow.local_run import run_days

        context = get_current_context()
        params = context["params"]
        settings, warehouse, started_at = open_by_hand(context)
        days = run_days(
            settings,
            warehouse,
            parse_day(params["first_day"]),
            parse_day(params["last_day"]),
            started_at=started_at,
            accept_gate=str(params.get("accept_gate") or "").strip() or None,
        )
        done = [summary.to_dict() for summary in days]
        tell(context, *(f"{day['day']}: {day['counts']['new']} new" for day in done))
        if held := sorted({found for day in done for found in day["held"].values()}):
            raise SetGateFailed("; ".join(held))
        return done

    work_through()


news_days()
