"""Names that both the DAGs and the processes around Airflow need; imports nothing."""

from __future__ import annotations

POOL = "warehouse"
POOL_DESCRIPTION = "One slot: tasks that commit to the warehouse queue here instead of at its lock."
