"""The newsroom's six days by the day, by the hour, in shuffled hours and under fire: one content hash."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsroom import DAYS
from pipeline.store.warehouse import Warehouse
from tests.drills.hours_or_days import WAYS, newsroom_port, settings_for
from tests.played import Play

pytestmark = [pytest.mark.drill, pytest.mark.timeout(1500)]


@pytest.mark.parametrize("way", [way for way in WAYS if way != "days"])
def test_every_way_ends_in_the_rows_of_whole_days(way: str, play: Play, tmp_path: Path) -> None:
    with newsroom_port() as port:
        WAYS[way](settings_for(tmp_path / "w", port), DAYS)
    assert Warehouse(tmp_path / "w").content_hash() == Warehouse(play.root).content_hash()
    assert Warehouse(tmp_path / "w").verify() == []
