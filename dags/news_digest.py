"""
### Daily digest

Every day at 01:30 UTC, for the day before: closes the day, writes its digest from what is new on each story, proves every
line against the article it cites, and publishes it.

| task | what it does | when it is red |
|---|---|---|
| close_day | waits for the day's hours (below), clusters and closes it | the day is not over; the warehouse cannot be written |
| build | chooses the developments and their quotes | a bug |
| verify | compares every quote with the stored article, character by character | a line is not what its source says: nothing is published |
| publish | writes HTML, Markdown, JSON and the Atom feed; announces the asset `digest` | the warehouse cannot be written |
| notify | says in the log where the digest is | |

**When a task is red**

| task | what to do |
|---|---|
| close_day | *is not over*: run it from the time that the message names. *Locked*, *no space*: wait or make room, clear it |
| build | a bug: keep the log and report it; the day is closed already, so clearing it is safe |
| verify | nothing was published; the message names the line. Clear from `build` on; if it stays so, `daybook warehouse verify` |
| publish | *locked*, *no space*: as above. What was written without being committed is removed by upkeep |
| notify | the digest is published; clear it |

A digest that is not there by `DAYBOOK_DIGEST_DUE_HOUR`, and a run that is not done four hours after it was queued, are told once
where notices are set up.
**Closed too early**, or with hours missing? Load the hours, then trigger the day once more with *Reopen the day* filled in: while it
is the last closed day it is opened, closed again with all that is there, and its digest superseded by the next.

**Waiting:** hours that were not loaded yet are waited for until two hours after the day's end; then the day is closed
without them, and the digest names them. Hours that a later run closed as late or empty are not waited for.
**Read it:** *Digests* in the navigation, or the link on the task `publish`.
**Many days:** a backfill; give an end after the last day's 01:30, for a day's run is dated so: `2026-03-02` to `2026-03-04T12:00`
is three days. **One day by hand:** trigger it with the partition key `2026-03-02`. A day that is not over is refused, with the time from
which it can be closed. By the clock no day is closed that lies before the first run of `news_ingest`: the run is skipped.
**Paused:** a run that is started by REST or on the command line waits until the DAG is switched on; the form does so by itself.
**Run it again** whenever you like: equal inputs give an equal digest, and a published digest is never overwritten.
Articles that come in after the close stand in the next day's digest.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import CronPartitionTimetable, PokeReturnValue, dag, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException

from daybook_airflow.assets import DIGEST
from daybook_airflow.constants import POOL
from daybook_airflow.defaults import OWNER_LINKS, REOPEN_PARAM, START, TAGS, TASK_DEFAULTS, WINDOW_PARAM
from daybook_airflow.links import DigestLink
from daybook_airflow.notices import done_within, tell_success
from daybook_airflow.reporting import announce
from daybook_airflow.run_notes import tell
from daybook_airflow.runs import open_run
from pipeline.windows import DAY

PATIENCE = timedelta(hours=2)  # how long after its end a day is waited for


@dag(
    dag_id="news_digest",
    dag_display_name="3 · Daily digest",
    schedule=CronPartitionTimetable("30 1 * * *", timezone="UTC", run_offset=-1, key_format="%Y-%m-%d"),
    start_date=START,
    catchup=False,
    max_active_runs=1,
    default_args=TASK_DEFAULTS,
    owner_links=OWNER_LINKS,
    deadline=done_within(hours=4),
    params={"window": WINDOW_PARAM, "reopen": REOPEN_PARAM},
    tags=[*TAGS, "digest"],
    doc_md=__doc__,
)
def news_digest() -> None:
    @task.sensor(pool=POOL, mode="reschedule", poke_interval=300, timeout=3 * PATIENCE.total_seconds())
    def close_day() -> PokeReturnValue:
        from pipeline.runs import gaps
        from pipeline.stages import digest, reopen

        context = get_current_context()
        run = open_run(context, DAY)
        if context["dag_run"].run_type == "scheduled" and gaps.precedes_everything(run):
            raise AirflowSkipException(f"nothing was asked on {run.window.day} or before it: there is no day to close")
        # The newsroom's clock stands at the window's end and past days lie further back: neither is waited for.
        if run.window.end < run.now < run.window.end + PATIENCE and gaps.missing_windows(run):
            return PokeReturnValue(is_done=False)
        if why := str(context["params"].get("reopen") or "").strip():
            by = getattr(context["dag_run"], "triggering_user_name", None) or "a person, by the form"
            reopen.reopen_day(run, by=by, why=why)
            tell(context, f"reopened: {why}")
        return PokeReturnValue(is_done=True, xcom_value=digest.close_day(run))

    @task
    def build(closed: dict) -> dict:
        from pipeline.stages import digest

        context = get_current_context()
        built = digest.build(open_run(context, DAY), closed)
        missing = closed["missing_windows"]
        tell(context, closed["day"], f"{len(missing)} hours missing" if missing else None)
        return built

    @task
    def verify(built: dict) -> dict:
        from pipeline.stages import digest

        context = get_current_context()
        verified = digest.verify(open_run(context, DAY), built)
        tell(context, f"{verified['citation_count']} quotes proved")
        return verified

    @task(pool=POOL, outlets=[DIGEST])
    def publish(built: dict) -> dict:
        from pipeline.stages import digest

        context = get_current_context()
        run = open_run(context, DAY)
        published = digest.publish(run, built)
        announce(context, DIGEST, run.window, published)
        tell(
            context,
            f"{published['status']} digest {published['build_id'][:8]}",
            f"{built['development_count']} lines" if published["build_id"] == built["build_id"] else None,
            None if published["is_new"] else "as before",
        )
        return published

    @task(on_success_callback=tell_success)
    def notify(published: dict) -> dict:
        from pipeline.stages import digest

        return digest.notify(open_run(get_current_context(), DAY), published)

    built = build(close_day())
    published = publish(built)
    verify(built) >> published
    published.operator.operator_extra_links = (DigestLink(),)
    notify(published)


news_digest()
