"""Which tasks wait for which in a pool: fresh hours go before what is filled in from the past."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.task.priority_strategy import PriorityWeightStrategy

if TYPE_CHECKING:
    from airflow.models.taskinstance import TaskInstance

FRESH, BACKFILL = 100, 1


class FreshFirst(PriorityWeightStrategy):  # type: ignore[misc]
    """A backfill ignores how many runs a DAG may have at once, and so would fill the pool before the clock's own run."""

    def get_weight(self, ti: TaskInstance) -> int:
        """The weight of a task: the run's id tells what started it, and needs no look into the database."""
        return BACKFILL if ti.run_id.startswith("backfill__") else FRESH
