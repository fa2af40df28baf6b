"""What is worth a notice: each condition trips at its bound and not before, and none speaks of what another told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from pipeline.explain.standing import Refusals, Standing
from pipeline.notices.conditions import UPKEEP_EVERY, judge
from pipeline.settings import Settings

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
SETTINGS = Settings()
WELL = Standing(
    at=NOON,
    asked=tuple(f"s{n}" for n in range(10)),
    first_day=date(2026, 1, 1),
    last_hour_at=NOON,
    digest_day=date(2026, 3, 4),
    has_digest=True,
    upkeep_at=NOON - timedelta(hours=8),
    free_bytes=10**12,
    bytes_a_day=10**6,
)


def told(**changes: object) -> list[tuple[str, str]]:
    return [(one.key, one.severity) for one in judge(replace(WELL, **changes), SETTINGS)]  # type: ignore[arg-type]


def failing(count: int) -> dict[str, str]:
    return {f"s{n}": "timeout" for n in range(count)}


def refused(pages: int, count: int, name: str = "s1") -> dict[str, Refusals]:
    return {name: Refusals(pages=pages, refused=count, reason="bad-field")}


def test_all_is_well():
    assert told() == []


@pytest.mark.parametrize(
    ("before", "beyond", "key", "severity"),
    [
        ({"last_hour_at": NOON - timedelta(hours=3)}, {"last_hour_at": NOON - timedelta(hours=3, minutes=1)}, "ingest-late", "critical"),
        ({"unclustered_since": NOON - timedelta(hours=3)}, {"unclustered_since": NOON - timedelta(hours=4)}, "stories-late", "critical"),
        ({"has_digest": False, "at": NOON.replace(hour=4, minute=59)}, {"has_digest": False}, "digest-late", "critical"),
        ({"failing": failing(3)}, {"failing": failing(4)}, "sources-failed", "warning"),
        ({}, {"failing": failing(5)}, "sources-failed", "critical"),
        ({}, {"silent": {"s1": (1, 12)}}, "silent/s1", "warning"),
        ({}, {"gated": {"s1": 40}}, "gate/s1", "warning"),
        ({"refused": refused(4, 4) | refused(6, 3, "s2")}, {"refused": refused(6, 4)}, "refused/s1", "warning"),
        ({"odd_dates": {"s1": (7, 10)}}, {"odd_dates": {"s1": (8, 10)}}, "dates/s1", "warning"),
        ({}, {"unread": {"s1": 1}}, "unread", "warning"),
        ({}, {"unbalanced": ("news_ingest/x",)}, "books", "critical"),
        ({"upkeep_at": NOON - UPKEEP_EVERY}, {"upkeep_at": NOON - UPKEEP_EVERY - timedelta(minutes=1)}, "upkeep-late", "warning"),
        ({"free_bytes": 14 * 10**6}, {"free_bytes": 13 * 10**6}, "disk", "warning"),
        ({}, {"free_bytes": 10**6}, "disk", "critical"),
    ],
)  # fmt: skip
def test_each_at_its_bound(before, beyond, key, severity):
    assert told(**before) == []
    assert told(**beyond) == [(key, severity)]


def test_nothing_is_late_where_nothing_ever_was_or_nobody_is_asked():
    late = {"last_hour_at": None, "has_digest": False, "upkeep_at": None}
    assert told(first_day=None, **late) == []
    assert told(first_day=NOON.date(), asked=(), **late) == []
    assert told(first_day=NOON.date(), **(late | {"last_hour_at": NOON})) == []


def test_one_fault_is_one_condition():
    assert told(failing=failing(4), silent={"s1": (0, 9)}) == [("sources-failed", "warning")]
    assert told(gated={"s1": 40}, refused=refused(40, 38)) == [("gate/s1", "warning")]


def test_the_critical_come_first_and_each_says_what_to_do():
    found = judge(replace(WELL, failing=failing(4), unread={"s1": 2}, unbalanced=("r",)), SETTINGS)
    assert [one.severity for one in found] == ["critical", "warning", "warning"]
    assert all(one.what and one.do for one in found)


def test_sources_that_are_off_do_not_count():
    assert told(asked=("s9",), failing=failing(9)) == []
