"""
### Cluster stories

Wakes when an hour of articles was loaded (the asset `articles`), clusters the whole day so far into events and stories,
and publishes a provisional digest of that day.

| task | what it does | when it is red |
|---|---|---|
| load_stories | clusters the open day, commits, announces `stories` | the warehouse cannot be written, or is locked for too long |
| preview | builds, proves and publishes the provisional digest of the day | a line is not what its source says: nothing is published |

**When a task is red:** *locked* or *no space*: as in the manual of `news_ingest`; then clear the task. `preview` with *is not
published*: the day stays open; clear it, and if it stays so run `daybook warehouse verify`.
**When no run comes** though hours are loaded: is the DAG paused? Trigger it with the hour as partition key; the next hour would do as
well. Both are told where notices are set up.
**A backfill waits:** in the pool its tasks come after those of the clock's own hours.

**Run it again** whenever you like: the day is computed as a whole, so the same articles give the same stories.
**By hand:** trigger it with the partition key `2026-03-02T09:00:00` or a *Window* (`START/END`, UTC); the day is that of
its start. A day that is closed is never clustered anew here: its late articles join the next open day.
"""

from __future__ import annotations

from airflow.sdk import PartitionedAssetTimetable, dag, get_current_context, task

from daybook_airflow.assets import ARTICLES, STORIES
from daybook_airflow.constants import POOL
from daybook_airflow.defaults import OWNER_LINKS, START, TAGS, TASK_DEFAULTS, WINDOW_PARAM
from daybook_airflow.notices import done_within, tell_success
from daybook_airflow.reporting import announce
from daybook_airflow.run_notes import tell
from daybook_airflow.runs import open_run
from pipeline.windows import HOUR


@dag(
    dag_id="news_stories",
    dag_display_name="2 · Cluster stories",
    schedule=PartitionedAssetTimetable(assets=ARTICLES),
    start_date=START,
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    default_args=TASK_DEFAULTS,
    owner_links=OWNER_LINKS,
    deadline=done_within(hours=2),
    params={"window": WINDOW_PARAM},
    tags=[*TAGS, "stories"],
    doc_md=__doc__,
)
def news_stories() -> None:
    @task(pool=POOL, outlets=[STORIES])
    def load_stories() -> dict:
        from pipeline.stages import stories

        context = get_current_context()
        run = open_run(context, HOUR)
        clustered = stories.load_stories(run)
        announce(context, STORIES, run.window, clustered)
        counted = f"{clustered['article_count']} articles in {clustered['story_count']} stories"
        tell(context, str(run.window), counted, "of a closed day" if clustered["closed"] else None)
        return clustered

    @task(pool=POOL, on_success_callback=tell_success)
    def preview() -> dict:
        from pipeline.stages import digest

        context = get_current_context()
        shown = digest.preview(open_run(context, HOUR))
        if "development_count" in shown:
            tell(context, f"{shown['status']} digest: {shown['development_count']} lines")
        return shown

    load_stories() >> preview()


news_stories()
