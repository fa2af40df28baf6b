"""Sources that a day should have heard: by what its books say, and only by that."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.builds.unheard import read_unheard
from pipeline.store.warehouse import Warehouse
from tests.store.sample import rows

DAY = date(2026, 3, 10)
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=14)


def asked(source_id: str, *outcomes: str, purpose: str = "feed") -> list[dict[str, Any]]:
    return [
        {
            "fetch_id": f"{source_id}-{purpose}-{n}", "source_id": source_id, "purpose": purpose, "outcome": outcome,
            "window_start": NOON, "recorded_at": NOON,
        }
        for n, outcome in enumerate(outcomes)
    ]  # fmt: skip


def brought(source_id: str, day: date, count: int, *, seen: datetime | None = None) -> list[dict[str, Any]]:
    at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    return [
        {
            "article_id": f"{source_id}-{day}-{n}",
            "source_id": source_id,
            "day": day,
            "window_start": at,
            "first_seen_at": seen or at,
        }
        for n in range(count)
    ]


def refused(source_id: str, status: str = "held") -> dict[str, Any]:
    return {
        "quarantine_id": f"q-{source_id}", "source_id": source_id, "reason": "set-gate", "status": status,
        "window_start": NOON, "recorded_at": NOON,
    }  # fmt: skip


@pytest.fixture
def told(tmp_path: Path) -> Any:
    def told(
        *, fetches: list[dict[str, Any]] = (), articles: list[dict[str, Any]] = (), quarantine: list[dict[str, Any]] = (),
        disabled: tuple[str, ...] = (), is_over: bool = True,
    ) -> dict[str, str]:  # fmt: skip
        warehouse = Warehouse(tmp_path / "w")
        ids = sorted({row["source_id"] for row in (*fetches, *articles, *quarantine)})
        with warehouse.writing(LATER) as tx:
            sources = ({"source_id": one, "publisher": one.title(), "enabled": one not in disabled} for one in ids)
            tx.upsert("sources", rows("sources", *sources))
            tx.upsert("fetches", rows("fetches", *fetches))
            tx.upsert("articles", rows("articles", *articles))
            tx.upsert("quarantine", rows("quarantine", *quarantine))
            tx.commit()
        found = read_unheard(warehouse.latest(), DAY, LATER, is_over=is_over)
        return {row["source_id"]: row["why"] for row in found.to_pylist()}

    return told


def test_a_listing_that_never_answered(told: Any) -> None:
    fetches = [
        *asked("dead", "timeout", "http-error"),
        *asked("late", "timeout", "ok"),
        *asked("same", "not-modified"),
        *asked("pages", "http-error", purpose="page"),
        *asked("off", "timeout"),
    ]
    assert told(fetches=fetches, disabled=("off",)) == {"dead": "not-heard"}


def test_what_a_gate_holds_whole(told: Any) -> None:
    quarantine = [refused("wall"), refused("passed", "released"), refused("partly")]
    assert told(quarantine=quarantine, articles=brought("partly", DAY, 3)) == {"wall": "held"}


@pytest.mark.parametrize(("today", "expected"), [(0, True), (2, True), (3, False), (8, False)])
def test_far_less_than_usual(told: Any, today: int, expected: bool) -> None:
    week = [row for n in range(1, 8) for row in brought("daily", DAY - timedelta(n), 8)]
    assert told(articles=week + brought("daily", DAY, today)) == ({"daily": "quiet"} if expected else {})


def test_a_source_of_few_articles_or_of_some_days_is_never_quiet(told: Any) -> None:
    few = [row for n in range(1, 8) for row in brought("few", DAY - timedelta(n), 3)]
    weekly = brought("weekly", DAY - timedelta(6), 40)
    assert told(articles=few + weekly) == {}


def test_a_day_that_goes_on_may_still_bring_more(told: Any) -> None:
    week = [row for n in range(1, 8) for row in brought("daily", DAY - timedelta(n), 8)]
    assert told(articles=week, is_over=False) == {}


def test_what_came_after_the_build_counts_for_nothing(told: Any) -> None:
    week = [row for n in range(1, 8) for row in brought("daily", DAY - timedelta(n), 8, seen=LATER + timedelta(days=1))]
    assert told(articles=week) == {}
