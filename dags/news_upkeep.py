"""
### Upkeep

Every night at 03:40 UTC: drops past snapshots, frees what nobody needs, folds the small files of closed days. No row changes, and
no reader of a snapshot that is younger than two hours, or pinned, is disturbed.

| task | what it does | when it is red |
|---|---|---|
| expire | drops past snapshots: the last of an hour stays 48 hours, the last of a day 30 days | locked for too long; pins unreadable |
| collect | removes files that no snapshot needs, and hand-overs that are two days old | as expire |
| compact | rewrites the small files of closed days as few large ones | the warehouse cannot be written, or is locked for too long |

**When a task is red:** *locked*: a run has committed for longer than the task waits; clear it, or leave it to the next night. *Pins
unreadable*: mend or remove the file that the message names. *No space* in `compact`: nothing is lost; make room and clear it. One night
without upkeep costs only room; two are told where notices are set up, and so is a run that is not done two hours after it was queued.

**By hand:** trigger it whenever you like; or `daybook warehouse expire`, `gc` and `compact`.
**A full disk:** expire and collect come first and need no free space. `daybook warehouse expire --force` drops every past snapshot at once.
**A long job or a backup:** `daybook warehouse pin N` keeps a snapshot until it is let go.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime

from airflow.sdk import dag, get_current_context, task

from daybook_airflow.constants import POOL
from daybook_airflow.defaults import OWNER_LINKS, START, TAGS, TASK_DEFAULTS
from daybook_airflow.notices import done_within, tell_success
from daybook_airflow.run_notes import tell


@dag(
    dag_id="news_upkeep",
    dag_display_name="4 · Upkeep",
    schedule="40 3 * * *",
    start_date=START,
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    default_args=TASK_DEFAULTS,
    owner_links=OWNER_LINKS,
    deadline=done_within(hours=2),
    tags=[*TAGS, "upkeep"],
    doc_md=__doc__,
)
def news_upkeep() -> None:
    @task(pool=POOL)
    def expire() -> list[int]:
        from daybook_airflow.runs import open_warehouse
        from pipeline.settings import Settings
        from pipeline.store.upkeep import Retention

        gone = open_warehouse().expire(datetime.now(UTC), Retention.of(Settings.from_env(os.environ)))
        tell(get_current_context(), f"{len(gone)} snapshots dropped")
        return gone

    @task(pool=POOL)
    def collect() -> dict:
        from daybook_airflow.runs import open_warehouse

        gone = open_warehouse().collect_garbage(datetime.now(UTC))
        tell(get_current_context(), f"{gone.files} files freed, {gone.bytes / 1e6:.0f} MB")
        return {"files": gone.files, "bytes": gone.bytes}

    @task(pool=POOL, on_success_callback=tell_success)
    def compact() -> dict:
        from daybook_airflow.runs import open_warehouse
        from pipeline.store.upkeep import count_folded

        warehouse = open_warehouse()
        before = warehouse.latest().number
        removed, added = count_folded(before, warehouse.compact().manifest)
        tell(get_current_context(), f"{removed} files folded into {added}")
        return {"removed": removed, "added": added}

    expire() >> collect() >> compact()


news_upkeep()
