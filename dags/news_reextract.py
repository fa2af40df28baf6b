"""
### Read stored pages anew

By hand, after rules of extraction changed (a newer *extractor version*): reads the stored pages of some days anew, a task
a day. Asks nobody.

| task | what it does | when it is red |
|---|---|---|
| list_days | lists the days from *First day* to *Last day* of which pages were read | no page of these days was ever read |
| read_anew | reads and validates the pages of one day that another extractor read; commits nothing | memory or time ran out |
| load_anew | stores what is read otherwise now, or with *Only say* says so | the warehouse cannot be written, or is locked |
| cluster_open_days | clusters the open days that changed, and writes their provisional digests | as load_anew |

**Closed days:** an article that is read otherwise gets a version with the cause `reextraction`; no correction comes of it, and published
digests, stories and copies stay as they are. A page that was refused and would pass now stays held: *Review*, or `daybook quarantine
release`, lets it in.
**What is refused now** and stood before keeps its stored version.
**First look:** *Only say* names for each day the texts, kinds and refusals that would change, in the note on the run and in
what `load_anew` returns. What it read is kept two days, so that the run that stores it reads nothing twice.
**Again:** a day that is done costs a look. After a kill, clear the task, or start anew with the same days.
**By hand without Airflow:** `daybook reextract --from 2026-03-02 --to 2026-03-04 --dry-run`.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import Param, dag, get_current_context, task

from daybook_airflow.constants import POOL
from daybook_airflow.defaults import OWNER_LINKS, START, TAGS, TASK_DEFAULTS
from daybook_airflow.notices import tell_success
from daybook_airflow.run_notes import reextraction_parts, tell
from daybook_airflow.runs import open_by_hand

_LONG = timedelta(hours=6)  # a day of a hundred thousand pages


@dag(
    dag_id="news_reextract",
    dag_display_name="6 · Read anew",
    schedule=None,
    start_date=START,
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    default_args=TASK_DEFAULTS,
    owner_links=OWNER_LINKS,
    params={
        "first_day": Param("2026-03-02", type="string", format="date", title="First day"),
        "last_day": Param("2026-03-02", type="string", format="date", title="Last day"),
        "only_say": Param(
            True, type="boolean", title="Only say", description="Say what would change, and change nothing."
        ),
    },
    tags=[*TAGS, "upkeep"],
    doc_md=__doc__,
)
def news_reextract() -> None:
    @task
    def list_days() -> list[str]:
        from pipeline.windows import parse_day
        from pipeline.workflow.reextract import days_between

        params = get_current_context()["params"]
        _, warehouse, _ = open_by_hand(get_current_context())
        days = days_between(warehouse, parse_day(params["first_day"]), parse_day(params["last_day"]))
        return [day.isoformat() for day in days]

    @task(map_index_template="{{ day }}", max_active_tis_per_dagrun=1, execution_timeout=_LONG)
    def read_anew(day: str) -> dict:
        from pipeline.stages import reextract
        from pipeline.windows import parse_day
        from pipeline.workflow.reextract import run_for

        context = get_current_context()
        context["day"] = day
        settings, warehouse, started_at = open_by_hand(context)
        return reextract.read_anew(run_for(settings, warehouse, parse_day(day), started_at=started_at))

    @task(map_index_template="{{ day }}", max_active_tis_per_dagrun=1, pool=POOL)
    def load_anew(anew: dict) -> dict:
        from pipeline.stages import reextract
        from pipeline.windows import parse_day
        from pipeline.workflow.reextract import run_for

        context = get_current_context()
        context["day"] = anew["day"]
        settings, warehouse, started_at = open_by_hand(context)
        run = run_for(settings, warehouse, parse_day(anew["day"]), started_at=started_at)
        return reextract.load_anew(run, anew, only_say=context["params"]["only_say"])

    @task(pool=POOL, on_success_callback=tell_success)
    def cluster_open_days(told: list[dict]) -> list[str]:
        from pipeline.workflow import reextract

        context = get_current_context()
        days, only_say = list(told), context["params"]["only_say"]
        tell(context, *reextraction_parts(days, only_say=only_say))
        settings, warehouse, started_at = open_by_hand(context)
        if only_say:
            return []
        return [str(day) for day in reextract.cluster_open_days(settings, warehouse, days, started_at=started_at)]

    cluster_open_days(load_anew.expand(anew=read_anew.expand(day=list_days())))


news_reextract()
