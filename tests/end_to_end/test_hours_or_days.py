"""The newsroom in whole days, in parts of days out of order, and under fire: one and the same content hash.

A day of it in the quick tests, two in the drills; tests/drills does so by the hour, with twenty kills.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import pytest

from newsroom import DAYS
from pipeline.store.warehouse import Warehouse
from tests.drills.hours_or_days import by_days, killed, newsroom_port, settings_for, shuffled

# The second day holds an edit of the first one's article.
AT_LENGTH = pytest.mark.drill, pytest.mark.timeout(600)


@pytest.fixture(scope="module", params=[pytest.param(1, id="one day"), pytest.param(2, id="two days", marks=AT_LENGTH)])
def days(request: pytest.FixtureRequest) -> Sequence[date]:
    return DAYS[: request.param]


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with newsroom_port() as number:
        yield number


@pytest.fixture(scope="module")
def by_day(port: int, days: Sequence[date], tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    root = tmp_path_factory.mktemp("days") / "w"
    by_days(settings_for(root, port), days)
    return Warehouse(root)


def test_parts_of_days_out_of_order(port: int, days: Sequence[date], by_day: Warehouse, tmp_path: Path) -> None:
    shuffled(settings_for(tmp_path / "w", port), days, hours=12 // len(days))
    assert Warehouse(tmp_path / "w").content_hash() == by_day.content_hash()
    assert len(days) == 1 or by_day.latest().read("article_history").num_rows > 0


@pytest.mark.drill
def test_killed_and_repeated(port: int, days: Sequence[date], by_day: Warehouse, tmp_path: Path) -> None:
    killed(settings_for(tmp_path / "w", port), days, kills=2 * len(days), hours=8)
    assert Warehouse(tmp_path / "w").content_hash() == by_day.content_hash()
    assert Warehouse(tmp_path / "w").verify() == []
