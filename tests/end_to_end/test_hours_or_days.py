"""The newsroom in whole days, in parts of days out of order, and under fire: one and the same content hash.

`python -m tests.drills.hours_or_days` does so by the hour, for all six days, with twenty kills.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from newsroom import DAYS
from pipeline.store.warehouse import Warehouse
from tests.drills.hours_or_days import by_days, killed, newsroom_port, settings_for, shuffled

TWO_DAYS = DAYS[:2]  # the second one holds an edit of the first one's article


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with newsroom_port() as number:
        yield number


@pytest.fixture(scope="module")
def by_day(port: int, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    root = tmp_path_factory.mktemp("days") / "w"
    by_days(settings_for(root, port), TWO_DAYS)
    return Warehouse(root)


@pytest.mark.timeout(600)
def test_parts_of_days_out_of_order(port: int, by_day: Warehouse, tmp_path: Path) -> None:
    shuffled(settings_for(tmp_path / "w", port), TWO_DAYS, hours=6)
    assert Warehouse(tmp_path / "w").content_hash() == by_day.content_hash()
    assert by_day.latest().read("article_history").num_rows > 0


@pytest.mark.timeout(600)
def test_killed_and_repeated(port: int, by_day: Warehouse, tmp_path: Path) -> None:
    killed(settings_for(tmp_path / "w", port), TWO_DAYS, kills=4, hours=8)
    assert Warehouse(tmp_path / "w").content_hash() == by_day.content_hash()
    assert Warehouse(tmp_path / "w").verify() == []
