"""Three days of the newsroom by the day, by the hour, in shuffled hours and under fire: one content hash.

All six take half an hour of one core: `python -m tests.drills.hours_or_days`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from newsroom import DAYS
from pipeline.store.warehouse import Warehouse
from tests.drills.hours_or_days import WAYS, newsroom_port, settings_for

THREE_DAYS = DAYS[:3]
pytestmark = [pytest.mark.drill, pytest.mark.timeout(1500)]


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with newsroom_port() as number:
        yield number


@pytest.fixture(scope="module")
def by_day(port: int, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    root = tmp_path_factory.mktemp("days") / "w"
    WAYS["days"](settings_for(root, port), THREE_DAYS)
    return Warehouse(root)


@pytest.mark.parametrize("way", [way for way in WAYS if way != "days"])
def test_every_way_ends_in_the_rows_of_whole_days(way: str, port: int, by_day: Warehouse, tmp_path: Path) -> None:
    WAYS[way](settings_for(tmp_path / "w", port), THREE_DAYS)
    assert Warehouse(tmp_path / "w").content_hash() == by_day.content_hash()
    assert Warehouse(tmp_path / "w").verify() == []
