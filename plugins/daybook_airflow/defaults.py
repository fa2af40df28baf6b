"""What every DAG and task has in common: owner, retries, timeouts, tags, the pool, the form's fields."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import ExceptionRetryPolicy, Param, RetryAction, RetryDecision, RetryRule

from daybook_airflow.notices import tell_failure
from daybook_airflow.priority import FRESH_FIRST
from pipeline import errors
from pipeline.files import is_disk_full

OWNER = "newsroom"
# Where the owner's name leads in the list of DAGs: a mailto: or https: address of who looks after them.
OWNER_LINKS = {OWNER: link} if (link := os.environ.get("DAYBOOK_OWNER_LINK", "").strip()) else {}
START = datetime(2020, 1, 1, tzinfo=UTC)  # far back, so that any day can be backfilled
TAGS = ["daybook"]

# Trying again cannot mend these; anything else (a killed worker, a lock held too long) is tried again.
_HOPELESS = (
    errors.UsageError,
    errors.InputError,
    errors.WarehouseCorrupt,
    errors.BooksUnbalanced,
    errors.SetGateFailed,
    errors.VerificationFailed,
)
_WHY = "trying again cannot mend this"


class RetryWhatMayPass(ExceptionRetryPolicy):  # type: ignore[misc]
    """The rules for our own errors; and a full disk is red at once, whoever noticed it, for somebody has to make room."""

    def evaluate(self, exception: BaseException, *args: Any, **kwargs: Any) -> RetryDecision:
        """Decide what follows a failed try; Airflow asks in the task's process."""
        if is_disk_full(exception):
            return RetryDecision.fail("the disk is full: make room, then clear the task")
        return super().evaluate(exception, *args, **kwargs)


TASK_DEFAULTS: dict[str, Any] = {
    "owner": OWNER,
    "retries": 2,
    "retry_delay": timedelta(seconds=30),
    "retry_exponential_backoff": 2.0,
    "max_retry_delay": timedelta(minutes=10),
    "retry_policy": RetryWhatMayPass(
        rules=[
            RetryRule(exception=list(_HOPELESS), action=RetryAction.FAIL, reason=_WHY),
            RetryRule(exception=errors.DaybookError, match_subclasses=False, action=RetryAction.FAIL, reason=_WHY),
        ]
    ),
    "execution_timeout": timedelta(minutes=30),
    "weight_rule": FRESH_FIRST,
    "on_failure_callback": tell_failure,
}

WINDOW_PARAM = Param(
    None,
    type=["null", "string"],
    title="Window",
    description="A day, an hour or START/END, in UTC: 2026-03-02, 2026-03-02T09:00 or 2026-03-02T09:00/2026-03-02T12:00. "
    "Empty: the run's partition. "
    "In a backfill it stays empty, and the end is an instant: what is dated before it runs. A day's run is dated 01:30 of its day, so end "
    "at the last day's 23:59, or the day after.",
)
ACCEPT_GATE_PARAM = Param(
    None,
    type=["null", "string"],
    title="Pass the set gate",
    description="Why a batch that the set gate refused is sound all the same: the reason is needed, and the books keep it. "
    "Pages with an objection of their own stay in quarantine. Empty: the gate decides.",
)
REOPEN_PARAM = Param(
    None,
    type=["null", "string"],
    title="Reopen the day",
    description="Why the last closed day, closed too early or without all its hours, is to be closed anew: the reason is needed,"
    " and the books keep it. Its digest is superseded. Empty: a closed day stays closed.",
)
SOURCES_PARAM = Param(
    None,
    type=["null", "array"],
    items={"type": "string"},
    title="Sources",
    description="Ids of the sources to ask, one a line. Empty: all that are enabled.",
)
