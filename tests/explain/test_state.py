"""Whether today is well: what breaks the newsroom, what only makes it less, and that what was mended is told no more."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.explain.health import newsroom_health, usual_band
from pipeline.explain.state import BROKEN, DEGRADED, UNTRIED, WELL, clock_time, judge_state, state_line
from pipeline.explain.status import warehouse_status
from pipeline.reasons import Reason
from pipeline.settings import PROJECT, Settings
from pipeline.store.warehouse import Warehouse
from tests.played import Play
from tests.store.sample import rows

DAY = date(2026, 3, 2)
NEWSROOM = Settings(sources=PROJECT / "newsroom" / "sources.toml")
MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)
Write = Callable[..., Warehouse]


def at(hour: float) -> datetime:
    return MIDNIGHT + timedelta(hours=hour)


def run(
    hour: int, status: str = "success", *, dag_id: str = "news_ingest", hours: int = 1, **given: Any
) -> dict[str, Any]:
    about = {"run_id": f"{dag_id}/{hour}/{status}", "dag_id": dag_id, "status": status, "recorded_at": at(hour + hours)}
    return {"window_start": at(hour), "window_end": at(hour + hours), **about, **given}


def source(name: str, streak: int = 0) -> dict[str, list[dict[str, Any]]]:
    return {
        "sources": [{"source_id": name, "kind": "feed", "enabled": True}],
        "feed_state": [{"source_id": name, "failure_streak": streak}],
    }


def both(*parts: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    return {name: [row for part in parts for row in part.get(name, [])] for name in {n for part in parts for n in part}}


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Commit rows, a list a table, to a warehouse of one's own."""

    def commit(closed: date | None = None, **tables: list[dict[str, Any]]) -> Warehouse:
        warehouse = Warehouse(tmp_path / "warehouse")
        with warehouse.writing(at(48)) as tx:
            for name, records in tables.items():
                tx.upsert(name, rows(name, *records))
            if closed:
                tx.close_day(closed)
            tx.commit()
        return warehouse

    return commit


def asking(folder: Path, *names: str) -> Settings:
    """Settings whose sources are these feeds."""
    listed = folder / "sources.toml"
    listed.write_text(
        "".join(
            f'[[source]]\nid = "{name}"\nkind = "feed"\nurl = "https://{name}.example/feed"\nenabled = true\n'
            for name in names
        )
    )
    return Settings(sources=listed)


def judged(warehouse: Warehouse, now: datetime | None = None) -> tuple[str, list[str]]:
    enabled = (
        [row["source_id"] for row in warehouse.latest().read("sources").to_pylist()]
        if warehouse.latest().number
        else []
    )
    settings = asking(warehouse.root.parent, *enabled)
    facts = judge_state(warehouse, warehouse.latest(), settings, now)
    return facts["state"], facts["why"]


def test_where_nothing_ran_nothing_is_said_to_be_well(tmp_path: Path) -> None:
    assert judged(Warehouse(tmp_path))[0] == UNTRIED


def test_good_runs_and_sources_are_well(write: Write) -> None:
    assert judged(write(runs=[run(1)], **source("courier"))) == (WELL, [])


def test_a_last_run_that_failed_breaks_the_day_until_its_window_is_run_again(write: Write) -> None:
    bad = run(2, "failed", detail="courier is held")
    assert judged(write(runs=[run(1), bad])) == (
        BROKEN,
        ["news_ingest failed for 2026-03-02 02:00 to 2026-03-02 03:00 UTC: courier is held"],
    )
    assert judged(write(runs=[run(3)])) == (DEGRADED, ["1 window of news_ingest failed and was not run again"])
    assert judged(write(runs=[run(2, recorded_at=at(9))])) == (WELL, [])


def test_sources_that_fail_are_named_and_break_the_day_only_together(write: Write) -> None:
    listing = {
        "source_id": "wire",
        "purpose": "feed",
        "outcome": "timeout",
        "window_start": at(1),
        "requested_at": at(1),
    }
    some = both(*(source(name) for name in ("courier", "ledger", "mirror")), source("wire", streak=4))
    warehouse = write(runs=[run(1)], fetches=[listing], **some)
    assert judged(warehouse, at(2)) == (DEGRADED, ["1 of 4 sources fails: wire (timeout)"])
    state, why = judged(write(**source("courier", streak=1)), at(2))
    assert (state, why) == (BROKEN, ["2 of 4 sources fail: courier (not asked of late), wire (timeout)"])


def test_a_source_that_is_held_degrades_the_day(write: Write) -> None:
    held = {"source_id": "courier", "reason": str(Reason.SET_GATE), "status": "held", "window_start": at(1)}
    warehouse = write(runs=[run(1)], quarantine=[{**held, "recorded_at": at(2)}], **source("courier"))
    state, (why,) = judged(warehouse, at(2))
    assert state == DEGRADED
    assert why.startswith("the set gate holds 1 page of courier")


def test_what_is_late_is_late_by_the_clock_alone(write: Write) -> None:
    warehouse = write(runs=[run(1), run(1, dag_id="news_stories")], **source("courier"))
    assert judged(warehouse) == (WELL, [])
    assert judged(warehouse, at(4)) == (WELL, [])
    late = "ingest is late: the last hour that is done ended 2026-03-02 02:00 UTC"
    assert judged(warehouse, at(6)) == (BROKEN, [late])


def test_the_status_begins_with_the_state_that_the_page_has(write: Write) -> None:
    warehouse = write(runs=[run(1, "failed", detail="no network")])
    facts, text = warehouse_status(warehouse, Settings())
    assert state_line(facts) == state_line(newsroom_health(warehouse, Settings()))
    assert "broken: news_ingest failed" in text


def test_the_clock_counts_where_a_live_source_is_switched_on(tmp_path: Path) -> None:
    listed = tmp_path / "sources.toml"
    listed.write_text('[[source]]\nid = "a"\nkind = "feed"\nurl = "https://a.example/feed"\nenabled = true\n')
    assert clock_time(Settings(sources=listed), at(1)) == at(1)
    assert clock_time(Settings(sources=PROJECT / "newsroom" / "sources.toml"), at(1)) is None
    listed.write_text(listed.read_text().replace("true", "false"))
    assert clock_time(Settings(sources=listed), at(1)) is None


def test_where_the_file_enables_none_the_sources_that_were_asked_count(play: Play) -> None:
    warehouse = Warehouse(play.root)
    facts = judge_state(warehouse, warehouse.latest(), Settings(), None)
    assert facts == {"state": DEGRADED, "why": ["1 of 10 sources fails: gullgazette (not-a-feed)"]}


def test_a_band_needs_three_days_and_none_before_the_first() -> None:
    assert usual_band({}, DAY) is None
    assert usual_band({DAY - timedelta(2): 5, DAY - timedelta(1): 6}, DAY) is None
    assert usual_band({DAY - timedelta(3): 5}, DAY) == (0, 5)


def test_health_shows_each_source_and_refusal_day_by_day(play: Play) -> None:
    facts = newsroom_health(Warehouse(play.root), NEWSROOM)
    assert facts["days"][-1] == facts["last_day"].isoformat() == "2026-03-07"
    brought = {row["source_id"]: sum(row["volumes"]) for row in facts["sources"]}
    articles = play.rows("articles")
    assert brought == {name: sum(row["source_id"] == name for row in articles) for name in brought}
    assert sum(row["pages"] for row in facts["refusals"]) == len(play.rows("quarantine"))
    assert all(sum(row["trend"]) == row["pages"] == sum(row["sources"].values()) for row in facts["refusals"])
    assert facts["why"] == ["1 of 10 sources fails: gullgazette (not-a-feed)"]
