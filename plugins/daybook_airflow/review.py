"""The task that asks a person: Airflow's human in the loop, with the groups of the day to choose from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Param

RELEASE, DROP, KEEP = "Release", "Drop", "Keep"
PATIENCE = timedelta(hours=22)  # until the next day's question

_ALL = "All of a kind, as they were held when this was asked. Of a set gate: Release passes it."
_SINGLE = "Instead or besides: the start of a page's id, one a line."
_WHY = "In words. It is kept with your name beside each page."


class AskWhatIsHeld(HITLOperator):  # type: ignore[misc]
    """Ask what becomes of the groups that `list_held` returned; nobody's answer is Keep, and decides nothing."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            subject="What becomes of the pages that are held?",
            body="{{ ti.xcom_pull(task_ids='list_held')['question'] }}",
            options=[RELEASE, DROP, KEEP],
            defaults=KEEP,
            params=_fields([]),
            response_timeout=PATIENCE,
            **kwargs,
        )

    def execute(self, context: Mapping[str, Any]) -> None:
        """Ask, and wait without a process."""
        self.params.update(_fields(context["ti"].xcom_pull(task_ids="list_held")["labels"]))
        super().execute(context)


def _fields(labels: list[str]) -> dict[str, Param]:
    """The form: which pages, and why."""
    return {
        "groups": Param(None, type=["null", "array"], examples=labels, title="Groups", description=_ALL),
        "pages": Param(
            None, type=["null", "array"], items={"type": "string"}, title="Single pages", description=_SINGLE
        ),
        "why": Param("", type="string", title="Why", description=_WHY),  # without a default, so the form wants it
    }
