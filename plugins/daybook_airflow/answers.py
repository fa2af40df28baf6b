"""What a person answered, as Airflow gives it, in the words of the pipeline; imports nothing of weight."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from pipeline.errors import UsageError

if TYPE_CHECKING:
    from pipeline.workflow.review import Answer, Choice


def read_answer(held: Mapping[str, Any], answered: Mapping[str, Any]) -> Answer | None:
    """Read the answer to a review.

    Args:
        held: What `list_held` returned: `groups` (label to reason and source) and `asked_at`.
        answered: What `decide` returned: Airflow's `chosen_options`, `params_input` and `responded_by_user`.
    Returns:
        The answer; None where nobody gave one: the default that Airflow takes after the time is no decision.
    Raises:
        UsageError: a group that was not asked about.
    """
    from pipeline.workflow.review import Answer

    person = answered.get("responded_by_user")
    if not person:
        return None
    given = answered["params_input"]
    labels = given.get("groups") or ()
    if unknown := sorted(set(labels) - held["groups"].keys()):
        raise UsageError(f"{', '.join(unknown)}: no such group was asked about; nothing was decided")
    return Answer(
        choice=cast("Choice", answered["chosen_options"][0].lower()),
        by=person["name"],
        why=str(given.get("why") or "").strip(),
        groups=frozenset((held["groups"][label][0], held["groups"][label][1]) for label in labels),
        keys=tuple(key.strip() for key in given.get("pages") or () if key.strip()),
        asked_at=datetime.fromisoformat(held["asked_at"]),
    )
