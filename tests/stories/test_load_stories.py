"""The task function on a real warehouse: however a day is worked on, the same rows stand at its end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.runs.run import Run
from pipeline.settings import Settings
from pipeline.stages.stories import load_stories
from pipeline.store.warehouse import Warehouse
from pipeline.windows import Window
from tests.store.sample import rows
from tests.stories.samples import BRIDGE, ELECTION, FERRY, FERRY_LATER, FIRST_DAY, STRIKE

TABLES = ("story_articles", "story_days", "story_lineage", "article_terms")
NEXT_DAY = FIRST_DAY + timedelta(days=1)
Row = dict[str, Any]


def stored(article_id: str, text: str, *, day: date = FIRST_DAY, hour: int = 9, **given: Any) -> Row:
    """What to give for an article that a run of an hour brought."""
    window_start = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
    return {
        "article_id": article_id,
        "text": text,
        "language": "en",
        "publisher": "Courier",
        "source_id": "courier",
        "published_at": window_start,
        "window_start": window_start,
        "version_window_start": window_start,
        "first_seen_at": window_start + timedelta(minutes=5),
        **given,
    }


FIRST = [
    stored("a1", FERRY, hour=7, title="Ferry aground"),
    stored("a2", STRIKE, hour=8),
    stored("a3", FERRY_LATER, hour=11, title="Ferry waits"),
    stored("a4", FERRY, hour=12, duplicate_of="a1", publisher="Ledger"),
    stored("a5", BRIDGE, hour=15),
]
SECOND = [
    stored("b1", STRIKE + " Managers met the union.", day=NEXT_DAY, hour=6),
    stored("b2", ELECTION, day=NEXT_DAY, hour=9),
    stored("b3", FERRY_LATER + " The tide is due at noon.", day=NEXT_DAY, hour=10),
]


class House:
    """A warehouse of its own and its runs."""

    def __init__(self, root: Path) -> None:
        self.warehouse = Warehouse(root)
        self.settings = Settings(warehouse=root)
        self.clock = datetime(2026, 3, 2, 6, tzinfo=UTC)

    def bring(self, articles: Sequence[Row], table: str = "articles") -> None:
        """Commit rows as an ingest run would."""
        with self.warehouse.writing(self._now()) as tx:
            tx.upsert(table, rows(table, *articles))
            tx.commit()

    def load(self, day: date = FIRST_DAY, *, close: bool = False) -> dict[str, Any]:
        """Cluster a day."""
        now = self._now()
        run = Run.of(self.settings, "news_stories", Window.of_day(day), started_at=self.clock, name=str(day), now=now)
        return load_stories(run, close=close)

    def of(self, table: str, day: date = FIRST_DAY) -> list[Row]:
        """Rows of a day, without when they were recorded."""
        read = self.warehouse.latest().read(table, days=[day]).to_pylist()
        return sorted(({name: value for name, value in row.items() if name != "recorded_at"} for row in read), key=str)

    def _now(self) -> datetime:
        self.clock += timedelta(minutes=1)
        return self.clock


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path / "warehouse")


def test_a_day_is_placed_and_the_books_balance(house: House) -> None:
    house.bring(FIRST)
    note = house.load()
    assert (note["day"], note["article_count"], note["event_count"], note["story_count"]) == ("2026-03-02", 4, 3, 3)
    assert (note["late_count"], note["closed"]) == (0, False)
    assert note["snapshot"] == house.warehouse.latest().number
    assert note["report"]["stage"] == "load_stories"
    counts = note["report"]["sources"]["courier"]
    assert (counts["received"], counts["new"]) == (4, 4)
    ferry = next(row for row in house.of("story_days") if row["headline"])
    assert (ferry["article_count"], ferry["publisher_count"], ferry["origin_count"]) == (3, 2, 1)
    assert {row["article_id"] for row in house.of("article_terms")} == {"a1", "a2", "a3", "a5"}
    assert house.warehouse.verify(relations=False) == []


def test_an_empty_warehouse_gives_an_empty_day(house: House) -> None:
    note = house.load()
    assert (note["article_count"], note["story_count"], note["report"]["sources"]) == (0, 0, {})
    assert house.load(close=True)["closed"]


def test_hour_by_hour_ends_in_the_same_rows_as_all_at_once(tmp_path: Path) -> None:
    by_hour, at_once = House(tmp_path / "by_hour"), House(tmp_path / "at_once")
    for day, articles in ((FIRST_DAY, FIRST), (NEXT_DAY, SECOND)):
        for hour in (articles[2:3], articles[:2], articles[3:]):
            by_hour.bring(hour)
            by_hour.load(day)
        by_hour.load(day, close=True)
        midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
        at_once.bring(
            [row | {"window_start": midnight, "version_window_start": midnight} for row in reversed(articles)]
        )
        at_once.load(day, close=True)
    for table in TABLES:
        for day in (FIRST_DAY, NEXT_DAY):
            assert by_hour.of(table, day) == at_once.of(table, day)
    assert by_hour.warehouse.content_hash() == at_once.warehouse.content_hash()


def test_doing_it_again_changes_nothing(house: House) -> None:
    house.bring(FIRST)
    house.load()
    before = {name: house.warehouse.latest().read(name) for name in TABLES}
    house.load()
    assert all(house.warehouse.latest().read(name).equals(rows) for name, rows in before.items())


def test_a_closed_day_is_left_alone_and_its_latecomers_go_to_the_next(house: House) -> None:
    house.bring(FIRST)
    house.load(close=True)
    before = {name: house.of(name) for name in ("story_articles", "story_days")}
    house.bring([stored("a6", FERRY + " It rained.", hour=18), stored("a7", BRIDGE, hour=18, duplicate_of="a5")])
    again = house.load()
    assert (again["closed"], again["article_count"]) == (True, 4)
    assert again["report"]["sources"]["courier"]["unchanged"] == 4
    assert {name: house.of(name) for name in before} == before
    house.bring(SECOND)
    note = house.load(NEXT_DAY)
    assert (note["late_count"], note["article_count"]) == (1, 4)
    placed = {row["article_id"]: row for row in [*house.of("story_articles"), *house.of("story_articles", NEXT_DAY)]}
    assert placed["a6"]["day"] == NEXT_DAY
    assert placed["a6"]["event_id"] == placed["a1"]["event_id"]
    bridge = next(row for row in house.of("story_days", NEXT_DAY) if row["story_id"] == placed["a5"]["story_id"])
    assert (bridge["status"], bridge["article_count"]) == ("quiet", 2)
    house.load(NEXT_DAY, close=True)
    assert house.load(NEXT_DAY + timedelta(days=1))["article_count"] == 0


def test_a_latecomer_waits_while_its_own_day_is_open(house: House) -> None:
    house.bring([*FIRST, *SECOND])
    assert house.load(NEXT_DAY)["article_count"] == len(SECOND)


def test_an_edit_after_the_day_does_not_change_the_day(house: House) -> None:
    house.bring([stored("a1", FERRY, title="Ferry aground"), stored("a2", STRIKE)])
    house.load()
    before = {name: house.of(name) for name in TABLES}
    evening = datetime(2026, 3, 3, 0, 30, tzinfo=UTC)
    house.bring([stored("a1", FERRY, title="Ferry aground")], "article_history")
    house.bring(
        [stored("a1", STRIKE, title="Strike", version=2, cause="edit", version_window_start=evening)],
    )
    house.load(close=True)
    assert {name: house.of(name) for name in before} == before


def test_an_edit_within_the_day_counts(house: House) -> None:
    house.bring([stored("a1", FERRY), stored("a2", STRIKE)])
    assert house.load()["story_count"] == 2
    later = datetime(2026, 3, 2, 20, tzinfo=UTC)
    house.bring([stored("a1", FERRY)], "article_history")
    house.bring([stored("a1", STRIKE + " More soon.", version=2, cause="edit", version_window_start=later)])
    assert house.load()["story_count"] == 1
    assert {row["version"] for row in house.of("article_terms")} == {1, 2}


def test_the_day_is_the_windows_whatever_the_hour(house: House) -> None:
    house.bring(FIRST)
    window = Window(datetime(2026, 3, 2, 9, tzinfo=UTC), datetime(2026, 3, 2, 10, tzinfo=UTC))
    run = Run.of(house.settings, "news_stories", window, started_at=house.clock, now=window.end)
    assert load_stories(run)["article_count"] == 4
