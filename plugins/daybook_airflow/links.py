"""The button on the task `publish` that opens the digest it published."""

from __future__ import annotations

from typing import Any

from airflow.sdk import BaseOperatorLink


class DigestLink(BaseOperatorLink):  # type: ignore[misc]
    """A link to the digest's page."""

    name = "Open the digest"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        """Give the page's address, from what the task returned; empty when it returned no digest.

        It is kept with the run, and so names neither host nor port nor path that Airflow has today: the UI's own base stands
        before it.

        Args:
            operator: The task `publish`.
            ti_key: Its instance, which has just succeeded.
        """
        published = ti_key.xcom_pull(task_ids=operator.task_id) or {}
        if "day" not in published:
            return ""
        return f"daybook/digests/{published['day']}"
