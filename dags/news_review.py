"""
### Review

Every morning at 06:10 UTC, where pages were refused since somebody last answered: asks a person what becomes of what is held. By hand
it asks whenever you trigger it.

| task | what it does | when it is red |
|---|---|---|
| list_held | groups what is held of 30 days by reason and source; *skipped* where there is nothing to ask | the warehouse cannot be read |
| decide | asks, and waits 22 hours without a process: *Required Actions*, on this run and on the home page | never for want of an answer |
| carry_out | releases, drops or keeps what was chosen | the answer lacks a reason or a page, or names none: nothing was decided |

**How to answer:** open *Required Actions*, read the groups and samples, choose *Groups* or name *Single pages* by the start of their
ids, say *Why*, and take one of the three:

| answer | what becomes of the pages |
|---|---|
| Release | each goes again through the rooms from the one that refused it; what cannot be read at all stays held |
| Release of *set-gate* | the gate is passed: sound pages become articles, such a share counts as usual of the source from then on |
| Drop | they stay out for good, however often they come again; `daybook quarantine release` takes it back |
| Keep | nothing changes; you are asked again when more is refused |

Your name and reason stand beside each page, in the books and in this run's note. Pages that were refused after the question was asked
are left for the next one; what somebody decided meanwhile stays as it is.
**Nobody answered?** All stays as it is: no page is released or dropped and no gate passed. One question is open at a time; a run that
is triggered meanwhile waits.

**When a task is red:** *no reason*, *neither a group nor a page*, an id that no page answers to: clear `decide`, and answer again.
*Locked*, *no space*: as in the manual of `news_ingest`; then clear `carry_out`: it goes on with what is held still.
**Only one page:** look at it in *Search*, copy its id. **Without the browser:** `daybook quarantine list`, `release` and `drop`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import dag, get_current_context, task

from daybook_airflow.answers import read_answer
from daybook_airflow.constants import POOL
from daybook_airflow.defaults import OWNER_LINKS, START, TAGS, TASK_DEFAULTS
from daybook_airflow.notices import tell_success
from daybook_airflow.review import AskWhatIsHeld
from daybook_airflow.run_notes import tell
from daybook_airflow.runs import open_by_hand, skip_where_invented

_LONG = timedelta(hours=6)  # thousands of pages go through all rooms again


@dag(
    dag_id="news_review",
    dag_display_name="5 · Review what is held",
    schedule="10 6 * * *",
    start_date=START,
    catchup=False,
    max_active_runs=1,
    default_args=TASK_DEFAULTS,
    owner_links=OWNER_LINKS,
    tags=[*TAGS, "review"],
    doc_md=__doc__,
)
def news_review() -> None:
    @task
    def list_held() -> dict:
        from airflow.sdk.exceptions import AirflowSkipException

        from pipeline.explain import review

        context = get_current_context()
        settings, warehouse, _ = open_by_hand(context)
        skip_where_invented(settings, context["dag_run"].run_type)
        snapshot = warehouse.latest()
        groups = review.held_groups(snapshot)
        if not groups:
            raise AirflowSkipException("nothing is held")
        before = review.answered_at(snapshot) if context["dag_run"].run_type == "scheduled" else None
        if before is not None and all(group["recorded_at"] <= before for group in groups):
            raise AirflowSkipException(f"nothing was refused since somebody answered, {before:%Y-%m-%d %H:%M} UTC")
        pages = sum(group["pages"] for group in groups)
        tell(
            context,
            f"asked about {pages} page{'' if pages == 1 else 's'} in {len(groups)} group{'' if len(groups) == 1 else 's'}",
        )
        return {
            "question": review.question_text(groups),
            "labels": [group["label"] for group in groups],
            "groups": {group["label"]: [group["reason"], group["source_id"]] for group in groups},
            "asked_at": snapshot.recorded_at.isoformat(),
        }

    @task(pool=POOL, execution_timeout=_LONG, on_success_callback=tell_success)
    def carry_out(held: dict, answered: Any) -> dict:
        from pipeline.workflow import review

        context = get_current_context()
        answer = read_answer(held, answered)
        if answer is None:
            tell(context, "nobody answered: all stays as it is")
            return {}
        settings, warehouse, started_at = open_by_hand(context)
        became = review.carry_out(settings, warehouse, answer, name=context["dag_run"].run_id, started_at=started_at)
        counted = ", ".join(f"{number} {outcome}" for outcome, number in became.items()) or "nothing changed"
        tell(context, f"{answer.choice} by {answer.decided_by}", counted)
        return became

    held = list_held()
    decide = AskWhatIsHeld(task_id="decide")
    held >> decide
    carry_out(held, decide.output)


news_review()
