"""`daybook status`: what an operator sees at a glance."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.explain import status
from pipeline.explain.disk import measure_disk
from pipeline.settings import Settings
from pipeline.store.upkeep_notes import note_wait, read_upkeep
from pipeline.store.warehouse import Warehouse
from tests.store.sample import rows

DAY = date(2026, 3, 2)
MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)


def warehouse_status(warehouse: Warehouse) -> tuple[dict[str, Any], str]:
    """The status of a newsroom with no source switched on."""
    return status.warehouse_status(warehouse, Settings())


def at(hour: float) -> datetime:
    return MIDNIGHT + timedelta(hours=hour)


def run(run_id: str, hour: int, **given: Any) -> dict[str, Any]:
    about = {"dag_id": "news_ingest", "status": "success", "recorded_at": at(hour + 1)}
    return {"run_id": run_id, "window_start": at(hour), "window_end": at(hour + 1), **about, **given}


def counts(run_id: str, stage: str, hour: int, **given: int) -> dict[str, Any]:
    none = dict.fromkeys(("received", "new", "updated", "unchanged", "duplicates", "quarantined", "failed"), 0)
    return {"run_id": run_id, "stage": stage, "window_start": at(hour), **none, **given}


@pytest.fixture
def write(tmp_path: Path):
    """Commit rows, a list a table, to a warehouse of one's own."""

    def commit(**tables: list[dict[str, Any]]) -> Warehouse:
        warehouse = Warehouse(tmp_path / "warehouse")
        with warehouse.writing(at(48)) as tx:
            for name, records in tables.items():
                tx.upsert(name, rows(name, *records))
            tx.commit()
        return warehouse

    return commit


def test_a_run_in_trouble_stands_out_with_its_detail(write):
    warehouse = write(
        runs=[
            run("good", 1),
            run("partly", 2, detail="courier: timeout"),
            run("bad", 3, status="failed", detail="40 of 50 pages refused"),
        ],
        stage_counts=[counts("bad", "fetch", 3, received=5, new=5)],
    )
    _, text = warehouse_status(warehouse)
    lines = text.splitlines()
    start = {line[:2]: lines[n + 1].strip() for n, line in enumerate(lines) if "news_ingest" in line}
    assert start["!!"] == "40 of 50 pages refused"
    assert start["! "] == "courier: timeout"
    assert "  " in start
    assert "FAILED" in text
    assert max(map(len, lines[2:])) <= 100


def test_stages_stand_in_the_order_in_which_they_work_and_sources_are_summed(write):
    stages = ["validate", "load_articles", "fetch", "extract", "land"]
    books = [counts("r", stage, 1, received=3, new=2, failed=1) for stage in stages]
    books += [{**row, "source_id": "other"} for row in books]
    facts, text = warehouse_status(write(runs=[run("r", 1)], stage_counts=books))
    shown = facts["runs"][0]["stages"]
    assert [row["stage"] for row in shown] == ["fetch", "land", "extract", "validate", "load_articles"]
    assert (shown[0]["received"], shown[0]["new"], shown[0]["failed"]) == (6, 4, 2)
    assert text.index("fetch  ") < text.index("load_articles")
    assert max(len(line) for line in text.splitlines() if "received" in line or "load_articles" in line) == 80


def test_a_failure_that_newer_runs_push_away_is_still_told(write):
    old = run("old", 0, status="failed", detail="every source failed")
    facts, text = warehouse_status(write(runs=[old, *(run(f"r{n}", n) for n in range(1, 12))]))
    assert [row["run_id"] for row in facts["earlier_failures"]] == ["old"]
    assert "every source failed" in text


def test_the_last_runs_are_those_that_began_last_whatever_their_window(write):
    """Somebody who does an old hour again looks for that run, and for which of two it was."""
    facts, text = warehouse_status(
        write(runs=[run("newest-hour", 9, started_at=at(10)), run("old-hour-again", 1, started_at=at(40.5))])
    )
    assert [row["run_id"] for row in facts["runs"]] == ["old-hour-again", "newest-hour"]
    assert "began 2026-03-03 16:30" in text


def test_freshness_runs_from_the_page_to_the_first_digest_that_had_its_day(write):
    """Built by hand: 1 h to the hour's preview, 30 min to the next one, and one that waits still."""
    about = {"window_start": MIDNIGHT, "version_window_start": MIDNIGHT}
    warehouse = write(
        articles=[
            {"article_id": "a", "first_seen_at": at(1), **about},
            {"article_id": "b", "first_seen_at": at(2.5), **about},
            {"article_id": "late", "first_seen_at": at(30), **about},
        ],
        runs=[
            run("s1", 1, dag_id="news_stories", recorded_at=at(2)),
            run("s2", 2, dag_id="news_stories", recorded_at=at(3)),
            run("s3", 2, dag_id="news_stories", recorded_at=at(2.6), status="failed"),
            run("i", 2, recorded_at=at(2.7)),
        ],
        digest_builds=[{"build_id": "x", "digest_date": DAY, "status": "final", "built_at": at(25.5)}],
    )
    fresh = warehouse_status(warehouse)[0]["freshness"]
    assert (fresh["articles"], fresh["waiting"]) == (3, 1)
    assert fresh["p50_seconds"] == pytest.approx(45 * 60)
    assert fresh["p95_seconds"] == pytest.approx(1800 + 0.95 * 1800)


def test_an_article_that_came_too_late_for_its_day_waits_for_the_day_it_was_placed_on(write):
    about = {"window_start": MIDNIGHT, "version_window_start": MIDNIGHT}
    warehouse = write(
        articles=[{"article_id": "late", "first_seen_at": at(30), **about}],
        story_articles=[{"article_id": "late", "day": DAY + timedelta(1), "recorded_at": at(48)}],
        digest_builds=[{"build_id": "x", "digest_date": DAY + timedelta(1), "status": "final", "built_at": at(49)}],
    )
    assert warehouse_status(warehouse)[0]["freshness"]["p50_seconds"] == pytest.approx(19 * 3600)


def test_only_the_last_seven_stored_days_count(write):
    old = MIDNIGHT - timedelta(days=7)
    articles = [
        {"article_id": "old", "first_seen_at": old, "window_start": old, "version_window_start": old},
        {"article_id": "new", "first_seen_at": MIDNIGHT, "window_start": MIDNIGHT, "version_window_start": MIDNIGHT},
    ]
    assert warehouse_status(write(articles=articles))[0]["freshness"]["articles"] == 1


def test_a_file_with_several_names_counts_once(tmp_path):
    for folder in ("files", "versions", "snapshots/1", "digests", "_staging"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "files" / "a").write_bytes(b"x" * 1000)
    os.link(tmp_path / "files" / "a", tmp_path / "versions" / "a")
    (tmp_path / "snapshots" / "1" / "m").write_bytes(b"x" * 10)
    (tmp_path / "snapshots" / "1" / "files").symlink_to(tmp_path / "files")
    (tmp_path / "digests" / "d").write_bytes(b"x" * 5)
    disk = measure_disk(tmp_path)
    assert disk.used == 10, "six folders, three files, a link"
    assert disk.bytes == {"files": 1000, "digests": 5, "staging": 0, "snapshots": 10, "total": 1015}


def test_sources_and_refusals_are_told(write):
    warehouse = write(
        sources=[{"source_id": "courier"}, {"source_id": "ledger", "enabled": False}],
        feed_state=[{"source_id": "courier", "failure_streak": 3, "next_fetch_at": at(40), "last_success_at": at(1)}],
        quarantine=[
            {"quarantine_id": f"q{n}", "reason": "too-short", "status": status, "window_start": MIDNIGHT}
            for n, status in enumerate(("held", "held", "released", "dropped"))
        ],
    )
    facts, text = warehouse_status(warehouse)
    assert [row["failure_streak"] for row in facts["sources"]] == [3, 0]
    title_of = [
        line for line in text.splitlines() if line.endswith("next fetch") or "courier" in line or "ledger" in line
    ]
    assert {line.find(name) for line, name in zip(title_of, ("source", "courier", "ledger"), strict=True)} == {3}
    assert [line[0] for line in title_of] == [" ", "!", " "]
    assert "ledger (off)" in text
    (refused,) = facts["quarantine"]
    assert (refused["held"], refused["released"], refused["dropped"]) == (2, 1, 1)


def test_an_empty_warehouse_has_a_status(write):
    facts, text = warehouse_status(write(runs=[]))
    assert facts["articles"] == 0
    assert "nothing was refused" in text
    assert "no article is in a digest yet" in text


def test_what_upkeep_did_and_who_waited_is_told(write):
    warehouse = write(runs=[run("good", 1)])
    _, text = warehouse_status(warehouse)
    assert "never done" in text
    assert "no writer waited a second" in text
    warehouse.expire(datetime(2026, 3, 5, 3, 40, tzinfo=UTC))
    warehouse.collect_garbage(datetime(2026, 3, 5, 3, 41, tzinfo=UTC))
    warehouse.compact()
    note_wait(warehouse.root, at(3), 12.34, 7)
    facts, text = warehouse_status(warehouse)
    assert "expire 2026-03-05T03:40: 0 snapshots dropped; gc 2026-03-05T03:41: 0 files freed" in " ".join(text.split())
    assert "0 files folded into 0" in text
    assert "the longest took 12.3 s" in " ".join(text.split())
    assert facts["inodes"]["used"] > 50
    assert facts["bytes_a_day"] == sum(file.bytes for file in warehouse.latest().manifest.files("runs"))


def test_where_a_note_cannot_be_kept_upkeep_goes_on(write, monkeypatch):
    warehouse = write(runs=[run("good", 1)])

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pipeline.store.upkeep_notes.appearing", full)
    assert warehouse.expire(datetime(2026, 3, 5, tzinfo=UTC)) == []
    assert read_upkeep(warehouse.root) == {}
