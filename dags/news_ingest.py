"""
### Ingest articles

Every hour: asks the sources of `sources.toml` for what they list, keeps every page that came, takes the articles out,
checks them, finds the copies and commits what is left to the warehouse.

| task | what it does | when it is red |
|---|---|---|
| list_sources | reads the sources | `sources.toml` cannot be read: the message names file, source and field |
| fetch | all hosts in one stream, folders in a second task; named after sources, failed ones first | a bug or a full disk |
| land | commits the pages before anyone judges them | the warehouse cannot be written, or is locked for too long |
| extract | one task a batch of pages, to articles | a bug; a page that cannot be read is quarantined |
| validate | holds rows and the set against the expectations | a bug; refused rows are quarantined with a reason |
| load_articles | finds duplicates, decides, commits, announces `articles` | as land; or the set gate holds every source (below) |
| report | closes books and missed hours; named after failed sources | a task failed, all sources failed, one is held, wrong books |

**When a task is red**

| task | what to do |
|---|---|
| list_sources | mend the line that the message names, or `daybook sources check`; clear the task |
| fetch | its log begins with the reason. A killed worker is tried again by itself; a full disk wants room first; then clear it |
| land, load_articles | *locked*: wait for the process that the message names, or end it; *no space*: make room. Clear it: pages are kept |
| extract | a bug, for a page that cannot be read is quarantined: keep the log, clear it once |
| validate | *do not balance*: a bug, nothing was committed; keep the log and report it |
| report | *every source failed*: is this machine's network up? *Set gate*: below. A task before it is red: mend that one |

Red or late is told once, where notices are set up (`DAYBOOK_NOTICES_…`), and so is a run that is not done two hours after it was queued.

**A source that failed** does not stop the others. It is told in the name of its fetch task, in the run's note, in what
`report` returns (`errors`) and logs, and on the asset's event (`sources_failed`). A source **rests** when its host asked for patience
(`Retry-After`): it is asked again when that time is over, and counts as no failure.
**The set gate** holds all of a source of which much more was refused than is usual, in whichever task; what other sources
brought goes on, and `report` is red to say so. Pages, quarantine and books are kept: look at the quarantine
(`daybook quarantine list`) and mend the cause, then clear the tasks from extract on. Is it sound all the same, trigger the
window again and fill in *Pass the set gate* with the reason: it is kept in the books and in quarantine, and the source's
share of refusals counts as usual from then on. Rows with an objection of their own stay in quarantine.
**After an outage** the first run closes the hours that no run came for, at most seven days of them: *late* when its own pages
were published in that hour, else *empty*. `report` returns them (`missed`), `daybook status` shows them, the digest does not
wait for them. A run of such an hour, by hand or by backfill, takes its place.

**Run it again** whenever you like: a window that was loaded already changes nothing.
**One hour by hand:** trigger it with the partition key `2026-03-02T09:00:00` (*Advanced Options*); stories and the day's digest follow.
**Any window by hand:** fill in *Window* (`START/END`, UTC). Only a window of one clock hour wakes `news_stories`.
**Many hours:** a backfill; each hour wakes `news_stories` by itself. Hours that ran before are left out unless *Reprocess
Behavior* is *All Runs*. Past hours are worked on from their stored pages: nobody is asked again, except, on the newsroom's
clock, a listing that could not be read. The published digest of a closed day stays as it is.
**Paused:** a run that is started by REST or on the command line waits until the DAG is switched on; the form does so by itself.
**A killed task**, or a killed scheduler: the tasks start again and take up the files that were finished.
"""

from __future__ import annotations

from airflow.sdk import CronPartitionTimetable, TriggerRule, dag, get_current_context, task

from daybook_airflow.assets import ARTICLES
from daybook_airflow.constants import POOL
from daybook_airflow.defaults import (
    ACCEPT_GATE_PARAM,
    OWNER_LINKS,
    SOURCES_PARAM,
    START,
    TAGS,
    TASK_DEFAULTS,
    WINDOW_PARAM,
)
from daybook_airflow.notices import done_within, tell_success
from daybook_airflow.reporting import announce
from daybook_airflow.run_notes import ingest_parts, outcome_name, tell
from daybook_airflow.runs import open_run
from daybook_airflow.windows import hour_key
from pipeline.errors import DaybookError, SetGateFailed
from pipeline.windows import HOUR


@dag(
    dag_id="news_ingest",
    dag_display_name="1 · Ingest articles",
    schedule=CronPartitionTimetable("0 * * * *", timezone="UTC", run_offset=-1),
    start_date=START,
    catchup=False,
    max_active_runs=1,
    default_args=TASK_DEFAULTS,
    owner_links=OWNER_LINKS,
    deadline=done_within(hours=2),
    params={"window": WINDOW_PARAM, "sources": SOURCES_PARAM, "accept_gate": ACCEPT_GATE_PARAM},
    tags=[*TAGS, "ingest"],
    doc_md=__doc__,
)
def news_ingest() -> None:
    @task
    def list_sources() -> list[dict]:
        from pipeline.stages import ingest

        return ingest.list_sources(open_run(get_current_context(), HOUR))

    @task(map_index_template="{{ source }}")
    def fetch(group: dict) -> dict:
        from pipeline.crawl import outcomes
        from pipeline.stages import ingest

        context = get_current_context()
        context["source"] = outcomes.task_name(group)
        fetched = ingest.fetch(open_run(context, HOUR), group)
        context["source"] = outcomes.task_name(group, fetched)
        return fetched

    @task(pool=POOL, trigger_rule=TriggerRule.ALL_DONE_MIN_ONE_SUCCESS)
    def land(fetched: list[dict]) -> list[dict]:
        from pipeline.crawl import outcomes
        from pipeline.stages import ingest

        context = get_current_context()
        notes = list(fetched)
        landed = ingest.land(open_run(context, HOUR), notes)
        failed, resting = outcomes.sources_of_groups(context["ti"].xcom_pull(task_ids="list_sources"), notes)
        landed |= {"sources_failed": failed, "sources_resting": resting}
        context["ti"].xcom_push("landed", landed)  # extract is mapped over what is returned: a list, without a key
        return landed["batches"]

    @task(map_index_template="{{ batch }}")
    def extract(batch: dict) -> dict:
        from pipeline.stages import ingest

        context = get_current_context()
        context["batch"] = batch["key"]
        return ingest.extract(open_run(context, HOUR), batch)

    @task(trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS)  # without pages there is nothing to extract
    def validate(landed: dict, extracted: list[dict]) -> dict:
        from pipeline.stages import ingest

        return ingest.validate(open_run(get_current_context(), HOUR), landed, list(extracted))

    @task(pool=POOL, outlets=[ARTICLES])
    def load_articles(landed: dict, validated: dict) -> dict:
        from pipeline.stages import ingest

        context = get_current_context()
        run = open_run(context, HOUR)
        loaded = ingest.load_articles(run, landed, validated)
        told = {name: landed[name] for name in ("sources_failed", "sources_resting")} | {
            "sources_held": validated["held"]
        }
        announce(context, ARTICLES, run.window, loaded, **told)
        key = hour_key(run.window)
        if key and not context["dag_run"].partition_key:
            context["outlet_events"][ARTICLES].add_partitions([key])
        return loaded

    @task(
        pool=POOL,
        trigger_rule=TriggerRule.ALL_DONE,
        map_index_template="{{ outcome }}",
        on_success_callback=tell_success,
    )
    def report(groups: list[dict], fetched: list[dict], extracted: list[dict], validated: dict, loaded: dict) -> dict:
        from pipeline.stages import ingest

        context = get_current_context()
        run = open_run(context, HOUR)
        notes: list[dict | None] = list(fetched)  # without those of failed tasks
        notes += [None] * (len(groups or ()) - len(notes))
        landed = context["ti"].xcom_pull(task_ids="land", key="landed")  # as an argument it could not be missing
        try:
            told = ingest.report(run, notes, landed, list(extracted), validated, loaded)
        except DaybookError as error:
            tell(context, str(run.window), f"FAILED: {error}")
            raise
        tell(context, *ingest_parts(run.window, told))
        context["outcome"] = outcome_name(told)
        if told["held"]:  # what the other sources brought is loaded and announced; a person has to look at these
            raise SetGateFailed("; ".join(told["held"].values()))
        return told

    groups = list_sources()
    fetched = fetch.expand(group=groups)
    batches = land(fetched)
    landed = batches["landed"]
    extracted = extract.expand(batch=batches)
    validated = validate(landed, extracted)
    batches >> report(groups, fetched, extracted, validated, load_articles(landed, validated))


news_ingest()
