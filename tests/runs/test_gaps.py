"""Hours that no run came for: the next one closes them, says so, and makes way for a run that comes after all."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from newsroom import load_newsroom, serve
from pipeline.explain.status import warehouse_status
from pipeline.runs.books import record_books
from pipeline.runs.gaps import close_missed, missed_hours, missed_run_id
from pipeline.runs.run import Run
from pipeline.settings import PROJECT, Settings
from pipeline.stages.digest import missing_windows
from pipeline.store.warehouse import Warehouse
from pipeline.windows import DAY, HOUR, Window
from pipeline.workflow.local_run import run_window

MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)


def hour(n: float) -> Window:
    start = MIDNIGHT + n * HOUR
    return Window(start, start + HOUR)


def at(n: float) -> datetime:
    return MIDNIGHT + n * HOUR


class House:
    """A warehouse and the books of runs that came to their end, as `report` writes them."""

    def __init__(self, root: Path) -> None:
        self.warehouse = Warehouse(root)

    def run(self, window: Window, **given: Any) -> Run:
        about: dict[str, Any] = {"dag_id": "news_ingest", "name": window.label, "source_ids": ("courier",)} | given
        return Run.of(Settings(warehouse=self.warehouse.root), window=window, started_at=window.end, **about)

    def report(
        self, window: Window, came_at: Sequence[datetime] = (), *, status: str = "success", **given: Any
    ) -> list[dict[str, Any]]:
        run = self.run(window, **given)
        with self.warehouse.writing(run.now) as tx:
            record_books(tx, run, [], status=status)
            missed = close_missed(tx, run, run.source_ids, came_at) if status == "success" else []
            tx.commit()
        return missed

    def statuses(self) -> dict[str, str]:
        rows = self.warehouse.latest().read("runs", columns=["window_start", "status"]).to_pylist()
        return {f"{row['window_start']:%d %H}": row["status"] for row in rows}


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path / "warehouse")


def test_the_hours_of_an_outage_are_late_or_empty(house: House, caplog: pytest.LogCaptureFixture) -> None:
    house.report(hour(8))
    caplog.set_level(logging.INFO)
    missed = house.report(hour(12), [at(9.5), at(9.9), at(11), at(12.5), at(3)])
    assert [(one["window"], one["status"]) for one in missed] == [
        ("2026-03-02T09:00Z/2026-03-02T10:00Z", "late"),
        ("2026-03-02T10:00Z/2026-03-02T11:00Z", "empty"),
        ("2026-03-02T11:00Z/2026-03-02T12:00Z", "late"),
    ]
    came_with = "came with 2026-03-02T12:00Z/2026-03-02T13:00Z"
    assert [one["detail"] for one in missed] == [
        f"no run in its time; {number} of its pages {came_with}" for number in ("2", "none", "1")
    ]
    (line,) = [record.getMessage() for record in caplog.records if record.name == "pipeline.runs.gaps"]
    assert "3 hours from 2026-03-02T09:00+00:00 on: 2 late, 1 empty" in line
    assert missed_hours(house.warehouse.latest()) == missed
    facts, text = warehouse_status(house.warehouse, Settings())
    assert facts["missed"] == missed
    assert "2 of its pages" in text
    assert {run["status"] for run in facts["runs"]} == {"success"}, "the outage must not push real runs out of sight"


def test_without_a_gap_or_an_earlier_run_nothing_is_closed(house: House) -> None:
    assert house.report(hour(8), [at(3)]) == []
    assert house.report(hour(9), [at(3)]) == []
    assert house.report(hour(2), [at(1)]) == [], "a backfill before the first run"


def test_an_hour_whose_run_failed_is_red_and_not_missed(house: House) -> None:
    house.report(hour(8))
    house.report(hour(9), status="failed")
    missed = house.report(hour(11))
    assert [one["window"] for one in missed] == [str(hour(10))]
    assert house.statuses()["02 09"] == "failed"


def test_a_failed_run_closes_nothing_and_the_next_one_does(house: House) -> None:
    house.report(hour(8))
    assert house.report(hour(10), [at(9)], status="failed") == []
    assert [one["status"] for one in house.report(hour(11), [at(9)])] == ["late"]


def test_a_run_that_comes_after_all_takes_the_hour_back(house: House) -> None:
    house.report(hour(8))
    house.report(hour(12))
    house.report(hour(10), status="failed")
    assert missed_run_id(hour(10)) in _run_ids(house), "a run that failed came to nothing"
    house.report(hour(10))
    assert house.statuses() == {
        "02 08": "success",
        "02 09": "empty",
        "02 10": "success",
        "02 11": "empty",
        "02 12": "success",
    }
    assert missed_run_id(hour(10)) not in _run_ids(house)
    house.report(Window.of_day(MIDNIGHT.date()), now=MIDNIGHT + DAY)
    assert not [run_id for run_id in _run_ids(house) if "missed" in run_id], "a run of the day covers all its hours"


def test_what_one_run_found_late_another_does_not_call_empty(house: House) -> None:
    house.report(hour(8))
    house.report(hour(12), [at(9), at(11)])
    assert [one["status"] for one in house.report(hour(11))] == ["late", "empty"]
    assert house.statuses()["02 09"] == "late"


def test_the_same_run_again_says_the_same(house: House) -> None:
    house.report(hour(8))
    first = house.report(hour(11), [at(9)])
    before = house.warehouse.latest().number
    assert house.report(hour(11), [at(9)]) == first
    assert house.warehouse.latest().number == before


def test_a_long_outage_is_closed_for_seven_days_and_given_up_before(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.report(hour(0))
    back = hour(10 * 24)
    missed = house.report(back, [back.start - 8 * DAY])
    assert len(missed) == 7 * 24
    assert {one["status"] for one in missed} == {"empty"}
    assert missed[0]["window"].startswith("2026-03-05T00:00Z")
    assert "2026-03-02T01:00Z/2026-03-05T00:00Z: more than seven days ago, given up" in caplog.text


@pytest.mark.parametrize(
    ("window", "given"),
    [
        (Window(at(12), at(14)), {}),
        (Window(at(12.5), at(13.5)), {}),
        (hour(12), {"inbox": Path("pages")}),
        (hour(12), {"archives": (Path("pages.warc.gz"),)}),
        (hour(12), {"source_ids": ("ledger",)}),
    ],
)
def test_only_an_hour_of_known_sources_closes_hours(house: House, window: Window, given: dict[str, Any]) -> None:
    house.report(hour(8))
    assert house.report(window, **given) == []


def test_only_whole_clock_hours_are_missed(house: House) -> None:
    house.report(Window(at(7), at(8.5)))
    assert [one["window"] for one in house.report(hour(10))] == [str(hour(9))]


def test_the_digest_does_not_wait_for_closed_hours(house: House) -> None:
    for n in (*range(9), *range(12, 24)):
        house.report(hour(n), [at(10)] if n == 12 else ())
    house.report(hour(14), status="failed")
    closing = house.run(Window.of_day(MIDNIGHT.date()), dag_id="news_digest")
    assert missing_windows(closing) == [str(hour(14))]
    early = house.run(Window.of_day(MIDNIGHT.date()), dag_id="news_digest", now=at(12))
    assert str(hour(10)) in missing_windows(early), "the run that closed the hour lies ahead"


@pytest.mark.drill
def test_hours_of_the_newsroom(tmp_path: Path) -> None:
    """The whole way: an hour, an outage, an hour that finds what was listed meanwhile, and one that comes after all."""
    with serve(newsroom=load_newsroom()) as handle:
        settings = Settings(
            warehouse=tmp_path / "warehouse",
            sources=PROJECT / "newsroom" / "sources.toml",
            resolve=(f"example=127.0.0.1:{handle.port}",),
        )
        warehouse = Warehouse(settings.warehouse)
        for n in (8, 13, 10):
            run_window(settings, warehouse, hour(n), started_at=MIDNIGHT + timedelta(days=n))
            if n == 13:
                missed = missed_hours(warehouse.latest())
                pages = warehouse.latest().read("pages", columns=["listed_at", "window_start"]).to_pylist()
    assert [one["window"] for one in missed] == [str(hour(n)) for n in range(9, 13)]
    came = {Window.of_hour(page["listed_at"]) for page in pages if page["window_start"] == at(13)}
    assert [one["status"] for one in missed] == ["late" if hour(n) in came else "empty" for n in range(9, 13)]
    assert "late" in {one["status"] for one in missed}, "the newsroom lists something in these hours"
    assert [one["window"] for one in missed_hours(warehouse.latest())] == [str(hour(n)) for n in (9, 11, 12)]


def _run_ids(house: House) -> set[str]:
    return set(house.warehouse.latest().read("runs", columns=["run_id"])["run_id"].to_pylist())
