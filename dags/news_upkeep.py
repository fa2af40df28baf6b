"""
### Upkeep

Every night at 03:40 UTC: folds the small files of closed days, drops past snapshots, frees what nobody needs. No row changes, and
no reader of a snapshot that is younger than two hours, or pinned, is disturbed.

| task | what it does | when it is red |
|---|---|---|
| compact | rewrites the small files of closed days as few large ones | the warehouse cannot be written, or is locked for too long |
| expire | drops past snapshots: the last of each hour stays for 48 hours, the last of each day for 30 days | as compact |
| collect | removes files that no snapshot needs, and hand-overs that are two days old | as compact |

**By hand:** trigger it whenever you like; or `daybook warehouse compact`, `expire` and `gc`.
**A full disk:** compact fails, the others need no free space and come all the same. `daybook warehouse expire --force` drops every
past snapshot at once.
**A long job or a backup:** `daybook warehouse pin N` keeps a snapshot until it is let go.
"""

from __future__ import annotations

from datetime import UTC, datetime

from airflow.sdk import TriggerRule, dag, get_current_context, task

from daybook_airflow.constants import POOL
from daybook_airflow.defaults import START, TAGS, TASK_DEFAULTS
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
    tags=[*TAGS, "upkeep"],
    doc_md=__doc__,
)
def news_upkeep() -> None:
    @task(pool=POOL)
    def compact() -> dict:
        from daybook_airflow.runs import open_warehouse

        warehouse = open_warehouse()
        before = warehouse.latest().number
        after = warehouse.compact(datetime.now(UTC))
        removed, added = (sum(map(len, files.values())) for files in (after.manifest.removed, after.manifest.added))
        folded = {"removed": removed, "added": added} if after.number != before else {"removed": 0, "added": 0}
        tell(get_current_context(), f"{folded['removed']} files folded into {folded['added']}")
        return folded

    @task(pool=POOL, trigger_rule=TriggerRule.ALL_DONE)
    def expire() -> list[int]:
        from daybook_airflow.runs import open_warehouse

        gone = open_warehouse().expire(datetime.now(UTC))
        tell(get_current_context(), f"{len(gone)} snapshots dropped")
        return gone

    @task(pool=POOL, trigger_rule=TriggerRule.ALL_DONE)
    def collect() -> dict:
        from daybook_airflow.runs import open_warehouse

        gone = open_warehouse().collect_garbage(datetime.now(UTC))
        tell(get_current_context(), f"{gone.files} files freed, {gone.bytes / 1e6:.0f} MB")
        return {"files": gone.files, "bytes": gone.bytes}

    compact() >> expire() >> collect()


news_upkeep()
