"""Three days of the newsroom by the day, by the hour, in shuffled hours and under fire: one content hash.

All six take half an hour of one core: `python -m tests.drills.hours_or_days`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from newsroom import DAYS
from pipeline.store.warehouse import Warehouse
from pipeline.tables import ARTICLE_TERMS, CITATIONS, DEVELOPMENTS, STORY_ARTICLES, STORY_DAYS, STORY_LINEAGE
from pipeline.tables.declaration import Table
from pipeline.workflow.rebuild import rebuild_stories
from tests.drills.hours_or_days import STARTED, WAYS, newsroom_port, settings_for

THREE_DAYS = DAYS[:3]
STORIES = (STORY_ARTICLES, STORY_DAYS, STORY_LINEAGE, ARTICLE_TERMS, DEVELOPMENTS, CITATIONS)
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
def test_every_way_ends_in_the_rows_of_whole_days_and_of_a_full_rebuild(
    way: str, port: int, by_day: Warehouse, tmp_path: Path
) -> None:
    settings, warehouse = settings_for(tmp_path / "w", port), Warehouse(tmp_path / "w")
    WAYS[way](settings, THREE_DAYS)
    assert warehouse.content_hash() == by_day.content_hash()
    assert warehouse.verify() == []
    before = {table.name: told(warehouse, table) for table in STORIES}
    rebuild_stories(settings, warehouse, THREE_DAYS[0], by="drill", why="to compare", started_at=STARTED)
    for table in STORIES:
        assert told(warehouse, table) == before[table.name], table.name


def told(warehouse: Warehouse, table: Table) -> list[str]:
    """What a table's rows say, the order aside."""
    return sorted(map(str, warehouse.latest().read(table.name, columns=list(table.content_columns)).to_pylist()))
