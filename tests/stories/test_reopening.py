"""A day opened again: only the last, only where something was missing; ids that were public stay, and the final build gives way."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.builds.current import builds_of
from pipeline.errors import UsageError
from pipeline.runs.run import Run
from pipeline.stages.reopen import reopen_day
from pipeline.stories.state import DayClusters, follow_merges
from pipeline.windows import Window
from tests.store.sample import rows
from tests.stories.samples import BRIDGE, ELECTION, FERRY, FERRY_LATER, FIRST_DAY, STRIKE, Desk, article
from tests.stories.test_load_stories import NEXT_DAY, House, stored

MISSING = ["2026-03-02T03:00Z/2026-03-02T04:00Z"]


class Opened(House):
    """A house whose days are closed with a final build, and opened again."""

    def close(
        self, day: Any = FIRST_DAY, *, missing: list[str] | None = None, built_at: datetime | None = None
    ) -> None:
        """Close a day as the DAG does."""
        self.load(day, close=True)
        at = built_at or Window.of_day(day).end + timedelta(hours=2)
        build = {
            "build_id": f"build-{day}",
            "digest_date": day,
            "status": "final",
            "built_at": at,
            "missing_windows": missing or [],
        }
        with self.warehouse.writing(self._now()) as tx:
            tx.upsert("digest_builds", rows("digest_builds", build))
            tx.commit()

    def reopen(self, day: Any = FIRST_DAY, *, name: str = "again") -> dict[str, Any]:
        now = self._now()
        run = Run.of(
            self.settings, "news_digest", Window.of_day(day), started_at=now, name=name, warehouse=self.warehouse
        )
        return reopen_day(run, by="ana", why="two hours came late")

    def places(self, day: Any = FIRST_DAY) -> dict[str, tuple[str, str]]:
        return {row["article_id"]: (row["event_id"], row["story_id"]) for row in self.of("story_articles", day)}


@pytest.fixture
def house(tmp_path: Path) -> Opened:
    house = Opened(tmp_path / "warehouse")
    house.bring([stored("a3", FERRY_LATER, hour=11), stored("a2", STRIKE, hour=8)])
    return house


def test_only_the_last_closed_day_and_only_where_something_was_missing(house: Opened) -> None:
    with pytest.raises(UsageError, match="is not closed"):
        house.reopen()
    house.load(FIRST_DAY, close=True)
    with pytest.raises(UsageError, match="no final digest"):
        house.reopen()
    house.close()
    with pytest.raises(UsageError, match="none of its hours was missing"):
        house.reopen()
    house.close(missing=MISSING)
    house.close(NEXT_DAY, missing=MISSING)
    with pytest.raises(UsageError, match="2026-03-03 was closed after it"):
        house.reopen()
    assert house.warehouse.latest().closed_days == {FIRST_DAY, NEXT_DAY}
    house.reopen(NEXT_DAY)
    house.reopen()
    assert not house.warehouse.latest().closed_days


def test_a_day_that_was_closed_before_its_end_may_be_reopened(house: Opened) -> None:
    house.close(built_at=Window.of_day(FIRST_DAY).end - timedelta(hours=3))
    house.reopen()
    assert FIRST_DAY not in house.warehouse.latest().closed_days


def test_who_and_why_stand_in_the_books_and_the_final_build_gives_way(house: Opened) -> None:
    house.close(missing=MISSING)
    before = house.warehouse.latest()
    told = house.reopen()
    after = house.warehouse.latest()
    assert (told["superseded"], told["snapshot"]) == (f"build-{FIRST_DAY}", after.number)
    assert (before.closed_days, after.closed_days) == ({FIRST_DAY}, set())
    assert [build["status"] for build in builds_of(after, FIRST_DAY)] == ["superseded"]
    (run,) = after.read("runs", where=pc.field("dag_id") == "news_reopen").to_pylist()
    assert (run["status"], run["detail"]) == ("success", "reopened by ana: two hours came late")
    assert house.reopen()["snapshot"] == after.number  # by the same run


def test_ids_stay_though_an_earlier_article_came(house: Opened) -> None:
    house.close(missing=MISSING)
    before = house.places()
    house.reopen()
    house.bring([stored("a0", FERRY, hour=3)])
    for close in (False, True):
        house.load(close=close)
        places = house.places()
        assert {article_id: places[article_id] for article_id in before} == before
        assert places["a0"] == before["a3"]
    assert FIRST_DAY in house.warehouse.latest().closed_days


def test_late_articles_of_the_day_come_back_from_the_next_one(house: Opened) -> None:
    house.close(missing=MISSING)
    house.bring([stored("a0", FERRY, hour=3), stored("b1", ELECTION, day=NEXT_DAY)])
    house.load(NEXT_DAY)
    assert set(house.places(NEXT_DAY)) == {"a0", "b1"}
    house.reopen()
    house.load()
    assert set(house.places()) == {"a0", "a2", "a3"}
    house.load(close=True)
    house.load(NEXT_DAY)
    assert set(house.places(NEXT_DAY)) == {"b1"}


TEXTS = {
    "ferry": FERRY,
    "ferry2": FERRY_LATER,
    "ferry3": FERRY_LATER + " The tide is due at noon.",
    "both": FERRY + " " + STRIKE,
    "bridge": BRIDGE,
    "bridge2": BRIDGE + " The mayor cut a ribbon.",
    "strike": STRIKE,
    "strike2": STRIKE + " Managers met the union.",
    "far": FERRY + " " + BRIDGE + " " + ELECTION,
}


def resolved(clusters: DayClusters) -> dict[str, str]:
    """Where each story of the day stands by now, merges followed."""
    standing = {row["story_id"]: row["story_id"] for row in clusters.story_articles.to_pylist()}
    return follow_merges(clusters.story_lineage) | standing


@settings(max_examples=40)
@given(
    st.dictionaries(st.sampled_from(sorted(TEXTS)), st.integers(0, 23), min_size=1),
    st.dictionaries(st.sampled_from(sorted(TEXTS)), st.integers(0, 23)),
)
def test_whatever_comes_late_no_public_id_is_lost_or_means_another(first: dict[str, int], late: dict[str, int]) -> None:
    desk = Desk()
    old = [article(name, TEXTS[name], hour=hour) for name, hour in first.items()]
    new = [article(name, TEXTS[name], hour=hour) for name, hour in late.items() if name not in first]
    before = desk.cluster(old).story_articles.to_pylist()
    minted = frozenset(row[kind] for row in before for kind in ("event_id", "story_id"))
    assert desk.cluster(old, minted=minted).story_articles.to_pylist() == before
    clusters = desk.cluster([*new, *old], minted=minted)
    now = {row["article_id"]: row for row in clusters.story_articles.to_pylist()}
    stands = resolved(clusters)
    for row in before:
        assert row["story_id"] in stands
        assert stands[row["story_id"]] in {each["story_id"] for each in now.values()}
    fresh = [row for name, row in now.items() if name in {one["article_id"] for one in new}]
    for (
        row
    ) in fresh:  # an id that was public is given to what holds the article that it was minted from, and to nothing else
        holders = [name for name, other in now.items() if other["story_id"] == row["story_id"]]
        assert row["story_id"] not in minted or any(name in first for name in holders)
    assert len({row["event_id"] for row in now.values()}) == len(
        {(row["event_id"], row["story_id"]) for row in now.values()}
    )
