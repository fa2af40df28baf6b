"""What Airflow hands on of a person's answer, and that nobody's answer is none."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from daybook_airflow.answers import read_answer
from pipeline.errors import UsageError
from pipeline.workflow.review import Answer

HELD = {
    "groups": {"set-gate of wire": ["set-gate", "wire"], "too-short of wire": ["too-short", "wire"]},
    "asked_at": "2026-03-02T06:10:00+00:00",
}


def answered(choice: str, who: str | None = "ana", **given: Any) -> dict[str, Any]:
    person = {"id": "7", "name": who} if who else None
    return {"chosen_options": [choice], "params_input": given, "responded_by_user": person}


def test_groups_and_pages_are_read_with_who_and_why() -> None:
    given = {"groups": ["set-gate of wire"], "pages": [" 1a2b ", ""], "why": " sound "}
    assert read_answer(HELD, answered("Release", **given)) == Answer(
        choice="release", by="ana", why="sound", groups=frozenset({("set-gate", "wire")}), keys=("1a2b",),
        asked_at=datetime(2026, 3, 2, 6, 10, tzinfo=UTC),
    )  # fmt: skip


def test_what_was_left_empty_is_nothing() -> None:
    answer = read_answer(HELD, answered("Drop", groups=None, pages=None, why=""))
    assert answer is not None
    assert (answer.groups, answer.keys, answer.why) == (frozenset(), (), "")


@pytest.mark.parametrize("choice", ["Release", "Drop", "Keep"])
def test_nobody_decides_nothing_whatever_the_default_says(choice: str) -> None:
    assert read_answer(HELD, answered(choice, None, groups=list(HELD["groups"]), why="time is over")) is None


def test_a_group_that_was_not_asked_about_is_refused() -> None:
    with pytest.raises(UsageError, match=r"robots of wire: no such group"):
        read_answer(HELD, answered("Release", groups=["robots of wire"], why="x"))
