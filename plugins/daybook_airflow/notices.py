"""Callbacks that tell what is worth telling: where a task has failed for good, where a run ends well, where one is too long.

Airflow calls the first two in the task's own process, and the third in a worker: none needs a triggerer. Whatever goes wrong in
them is logged, and fails nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from airflow.sdk.definitions.callback import SyncCallback
from airflow.sdk.definitions.deadline import BaseDeadlineReference, DeadlineAlert

logger = logging.getLogger(__name__)


def tell_failure(context: Mapping[str, Any]) -> None:
    """A task failed for good: tell that its DAG failed, with why.

    A source that the set gate holds is told as such, and not as a failed run besides.
    """
    from pipeline.errors import SetGateFailed

    error = context.get("exception")
    run, task_id = context["dag_run"], context["ti"].task_id
    why = f"{task_id} of {run.run_id}: {error or 'no reason was given; its log may have one'}"
    _tell({} if isinstance(error, SetGateFailed) else {run.dag_id: why})


def tell_success(context: Mapping[str, Any]) -> None:
    """The last task of a run ended well: tell what is new in how things stand, and what has passed."""
    _tell({context["dag_run"].dag_id: None})


def tell_overrun(hours: float, context: Mapping[str, Any]) -> None:
    """A run is not done in time: queued for want of a switch, a pool or a worker, or hanging. Those of a backfill may queue."""
    run = context["dag_run"]
    if run["run_type"] != "backfill":
        _tell({run["dag_id"]: f"{run['dag_run_id']} is not done {hours:g} hours after it was queued"})


class RunCreated(BaseDeadlineReference):  # type: ignore[misc]
    """When a run was created, and queued: a deadline's beginning.

    From Airflow's own DAGRUN_QUEUED_AT (3.3.2) no task of a run can be cleared any more: the deadline is to be reckoned anew then, and the
    interval, stored as a document, is taken for a number of seconds (TypeError in `_recalculate_dagrun_queued_at_deadlines`).
    """

    required_kwargs: ClassVar[set[str]] = set()

    def _evaluate_with(self, *, session: Any, **_: Any) -> datetime:
        return datetime.now(UTC)


def done_within(hours: float) -> DeadlineAlert:
    """The deadline of a DAG's runs, counted from when each was created."""
    return DeadlineAlert(
        reference=RunCreated(),
        interval=timedelta(hours=hours),
        callback=SyncCallback(tell_overrun, kwargs={"hours": hours}),
    )


def _tell(outcomes: Mapping[str, str | None]) -> None:
    """Tell through whatever channels there are; it never raises."""
    import os

    try:
        from pipeline.notices.telling import tell
        from pipeline.settings import Settings

        told = tell(Settings.from_env(os.environ), datetime.now(UTC), outcomes=outcomes)
        for channel, notice in told.sent.items():
            logger.info("told by %s: %s", channel, notice.subject)
    except Exception:
        logger.exception("what was to be told of %s could not be", ", ".join(outcomes) or "how things stand")
