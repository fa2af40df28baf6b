"""Damage is found and named; past states can be read until they expire; nothing needed is ever collected."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from pipeline.errors import InputError, WarehouseCorrupt, WarehouseError
from pipeline.store.staging import read_sealed, write_sealed
from pipeline.store.upkeep import Retention
from pipeline.store.warehouse import Warehouse
from pipeline.tables import PAGES, TABLES
from tests.store import writers
from tests.store.sample import DAY, NOW, rows


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    writers.commit_batches(tmp_path / "wh", 2)
    return Warehouse(tmp_path / "wh")


def stored_file(warehouse: Warehouse) -> Path:
    return warehouse.root / "files" / "quarantine" / warehouse.latest().manifest.files("quarantine")[0].path


def linked_file(warehouse: Warehouse) -> Path:
    return warehouse.latest().path / "quarantine" / warehouse.latest().manifest.files("quarantine")[0].path


def flip_a_byte(warehouse: Warehouse) -> None:
    path = stored_file(warehouse)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def put_another_file_in_its_place(warehouse: Warehouse) -> None:
    link = linked_file(warehouse)
    link.unlink()
    link.write_bytes(b"PAR1")


def show_an_older_snapshot(warehouse: Warehouse) -> None:
    link = warehouse.root / "warehouse.duckdb"
    link.unlink()
    link.symlink_to("snapshots/1/_warehouse.duckdb")


def break_the_views(warehouse: Warehouse) -> None:
    path = warehouse.latest().path / "_warehouse.duckdb"
    path.chmod(0o644)
    path.write_bytes(b"not a database")


DAMAGE: dict[str, tuple[Callable[[Warehouse], object], str]] = {
    "a flipped byte": (flip_a_byte, "SHA-256"),
    "a cut file": (lambda w: os.truncate(stored_file(w), 100), "100 bytes"),
    "a missing file": (lambda w: stored_file(w).unlink(), "cannot be read"),
    "a missing link": (lambda w: linked_file(w).unlink(), "missing from the snapshot"),
    "another file": (put_another_file_in_its_place, "is not the file"),
    "a file too many": (
        lambda w: shutil.copy(linked_file(w), linked_file(w).with_name("x.parquet")),
        "not in the manifest",
    ),
    "no success": (lambda w: (w.latest().path / "_SUCCESS").unlink(), "missing"),
    "no views": (lambda w: (w.latest().path / "_warehouse.duckdb").unlink(), "rebuild"),
    "older views": (show_an_older_snapshot, "rebuild"),
    "broken views": (break_the_views, "cannot be queried"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_verify_names_the_damage(warehouse: Warehouse, name: str) -> None:
    assert warehouse.verify() == []
    damage, message = DAMAGE[name]
    damage(warehouse)
    problems = [str(problem) for problem in warehouse.verify()]
    assert any(message in problem for problem in problems), problems
    assert all("\n" not in problem for problem in problems)


def test_verify_finds_a_key_that_stands_twice(warehouse: Warehouse) -> None:
    with warehouse.writing(NOW) as tx:
        tx._append(tx._table("sources"), rows("sources", {"source_id": "one", "kind": "other"}))
        tx.commit()
    assert [str(p) for p in warehouse.verify()] == ['sources: 1 rows repeat the key ("source_id")']


def test_a_broken_file_is_an_error_on_reading(warehouse: Warehouse) -> None:
    stored_file(warehouse).write_bytes(b"no parquet at all")
    with pytest.raises(WarehouseCorrupt, match="daybook warehouse verify"):
        warehouse.latest().read("quarantine")
    (warehouse.latest().path / "_manifest.json").write_text('{"format": 99}')
    with pytest.raises(WarehouseCorrupt, match="format 99"):
        warehouse.latest()


def test_rebuild_brings_the_views_back(warehouse: Warehouse) -> None:
    (warehouse.latest().path / "_warehouse.duckdb").unlink()
    (warehouse.root / "warehouse.duckdb").unlink()
    with pytest.raises(WarehouseError, match="is gone; run"):
        warehouse.sql("SELECT 1")
    assert warehouse.rebuild().number == 2
    assert warehouse.verify() == []


def test_a_moved_warehouse_works_after_a_rebuild(warehouse: Warehouse, tmp_path: Path) -> None:
    moved = Warehouse(warehouse.root.rename(tmp_path / "moved"))
    assert moved.latest().read("runs").num_rows == 2
    with pytest.raises(WarehouseCorrupt, match="rebuild"):
        moved.sql("FROM runs")
    with duckdb.connect(str(moved.root / "warehouse.duckdb"), read_only=True) as session, pytest.raises(duckdb.Error):
        session.execute("FROM runs").fetchall()
    moved.rebuild()
    assert moved.sql("FROM runs").num_rows == 2
    assert moved.verify() == []


def test_a_deleted_entry_point_is_back_after_the_next_commit(warehouse: Warehouse) -> None:
    (warehouse.root / "warehouse.duckdb").unlink()
    writers.commit_batches(warehouse.root, 1)
    assert warehouse.verify() == []


def test_past_snapshots_by_number_and_by_time(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    times = [NOW, NOW + timedelta(hours=1), NOW + timedelta(hours=3)]
    for number, now in enumerate(times, start=1):
        with warehouse.writing(now) as tx:
            tx.upsert("runs", rows("runs", {"run_id": str(number)}))
            tx.commit()
    assert [warehouse.snapshot_at(now).number for now in times] == [1, 2, 3]
    assert warehouse.snapshot_at(NOW + timedelta(hours=2)).number == 2
    assert warehouse.snapshot_at(NOW - timedelta(seconds=1)).number == 0
    assert warehouse.snapshot(1).read("runs").num_rows == 1
    with warehouse.snapshot(2).connect() as session:
        assert session.execute("SELECT count(*) FROM runs").fetchone() == (2,)
    for number in (4, -1):
        with pytest.raises(WarehouseError, match=f"no snapshot {number}"):
            warehouse.snapshot(number)
    assert warehouse.expire(datetime.now(UTC) + timedelta(days=31)) == [1, 2]
    with pytest.raises(WarehouseError, match="snapshot 1"):
        warehouse.snapshot(1)
    with pytest.raises(WarehouseError, match="the oldest, 3"):
        warehouse.snapshot_at(NOW)


def test_a_naive_now_is_refused(tmp_path: Path) -> None:
    naive = NOW.replace(tzinfo=None)
    with pytest.raises(WarehouseError, match="no time zone"), Warehouse(tmp_path).writing(naive):
        pytest.fail("a naive instant was taken")


def set_age(warehouse: Warehouse, number: int, made_at: datetime) -> None:
    path = warehouse.root / "snapshots" / str(number) / "_SUCCESS"
    os.utime(path, (made_at.timestamp(), made_at.timestamp()))


def commit_over_time(root: Path, now: datetime, *hours_ago: float) -> Warehouse:
    """A warehouse of snapshots that were recorded and made so many hours before an instant, in this order."""
    warehouse = Warehouse(root)
    for hours in hours_ago:
        moment = now - timedelta(hours=hours)
        set_age(warehouse, writers.commit_batch(warehouse, moment), moment)
    return warehouse


def test_expiry_keeps_the_last_of_each_hour_for_two_days_and_of_each_day_for_thirty(tmp_path: Path) -> None:
    now = datetime(2026, 3, 10, 12, tzinfo=UTC)
    days = (24 * 31.0, 24 * 29.1, 24 * 29.0)  # 2 and 3 in one day
    hours = (20.9, 20.5, 19.5, 1.9, 1.8, 1.0)  # 4 and 5 in one hour, as 7 and 8
    warehouse = commit_over_time(tmp_path, now, *days, *hours)
    assert warehouse.expire(now, only_say=True) == [1, 2, 4]
    assert warehouse.expire(now) == [1, 2, 4]
    assert warehouse.expire(now) == []
    assert warehouse.kept() == [3, 5, 6, 7, 8, 9]


def test_what_was_current_until_now_stays_for_the_grace(tmp_path: Path) -> None:
    now = datetime(2026, 3, 10, 12, tzinfo=UTC)
    warehouse = commit_over_time(tmp_path, now, 11.5, 11.4, 11.3, 1.9)
    assert warehouse.expire(now, Retention(hourly=timedelta(), daily=timedelta())) == [
        1,
        2,
    ]  # 3 was current 1.9 hours ago


def test_what_was_known_at_the_end_of_an_invented_day_can_be_asked_for_long(tmp_path: Path) -> None:
    """Days played in a minute, each by its own clock: the past goes by that clock, ages by ours."""
    warehouse, now = Warehouse(tmp_path), datetime.now(UTC)
    for hours in (8, 20, 32, 44):
        writers.commit_batch(warehouse, NOW + timedelta(hours=hours))
    assert warehouse.expire(now + timedelta(days=20)) == [1, 3]
    assert warehouse.snapshot_at(NOW + timedelta(hours=24)).number == 2


def test_what_compaction_made_stands_for_what_it_folded(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    for n in range(3):
        with warehouse.writing(NOW) as tx:
            tx.upsert("article_terms", rows("article_terms", {"article_id": str(n), "day": DAY}))
            tx.close_day(DAY)
            tx.commit()
    folded = warehouse.compact().number
    later = NOW + timedelta(days=2)
    writers.commit_batch(warehouse, later)
    now = datetime.now(UTC) + timedelta(days=3)
    assert warehouse.expire(now) == [1, 2, 3]
    assert warehouse.snapshot_at(NOW).number == folded
    warehouse.collect_garbage(now)
    assert len(list((tmp_path / "files" / "article_terms").rglob("*.parquet"))) == 1


def test_a_day_of_snapshots_ends_after_the_nights_upkeep(tmp_path: Path) -> None:
    """What is kept of a past day has the day before closed and folded, and only that."""
    warehouse, night = Warehouse(tmp_path), NOW + timedelta(days=1)
    for hours in (-8, -4, 0.2, 1.5):  # the last hour comes after midnight, then the day is closed
        with warehouse.writing(night + timedelta(hours=hours)) as tx:
            tx.upsert("article_terms", rows("article_terms", {"article_id": str(hours), "day": DAY}))
            if hours > 1:
                tx.close_day(DAY)
            tx.commit()
    folded = warehouse.compact().number
    writers.commit_batch(warehouse, night + timedelta(hours=5))
    now = datetime.now(UTC) + timedelta(days=3)
    assert warehouse.expire(now) == [1, 2, 3, 4]
    warehouse.collect_garbage(now)
    assert warehouse.kept() == [folded, folded + 1]
    assert len(list((tmp_path / "files" / "article_terms").rglob("*.parquet"))) == 1


def test_a_clock_that_was_ahead_once_takes_no_past(tmp_path: Path) -> None:
    now = datetime(2026, 3, 10, 12, tzinfo=UTC)
    warehouse = Warehouse(tmp_path)
    for hours in (30, 29, 28, 1):
        set_age(warehouse, writers.commit_batch(warehouse, now + timedelta(days=400)), now - timedelta(hours=hours))
    assert warehouse.expire(now) == []


def test_expiry_goes_up_to_the_grace_and_no_further(tmp_path: Path) -> None:
    now = datetime(2026, 3, 10, 12, tzinfo=UTC)
    # 2 and 3 in one hour, as 4 and 5
    warehouse = commit_over_time(tmp_path, now, 24.0 * 31, 20.9, 20.5, 2.5, 1.9, 1.8, 1.0)
    assert warehouse.expire(now) == [1, 2]
    assert warehouse.expire(now) == []
    assert warehouse.kept() == [3, 4, 5, 6, 7]
    for number in warehouse.kept():
        assert warehouse.snapshot(number).read("quarantine").num_rows == 50
    assert warehouse.expire(now, Retention(cap_bytes=0)) == [3]  # a cap in bytes goes up to the grace, and no further


def test_a_cap_keeps_the_newest_that_fit_and_counts_what_is_pinned(tmp_path: Path) -> None:
    now = datetime(2026, 3, 10, 12, tzinfo=UTC)
    warehouse = commit_over_time(tmp_path, now, *(20 - number for number in range(1, 7)))
    manifests = {number: warehouse.snapshot(number).manifest for number in range(1, 7)}
    live = {(name, file.path) for name, table in manifests[6].tables.items() for file in table.files}

    def alone(*numbers: int) -> int:
        found = {(name, f.path): f.bytes for n in numbers for name, t in manifests[n].tables.items() for f in t.files}
        return sum(size for key, size in found.items() if key not in live)

    expire = partial(warehouse.expire, now, only_say=True)
    assert expire(Retention(cap_bytes=alone(4, 5))) == [1, 2, 3]
    assert expire(Retention(cap_bytes=alone(4, 5) - 1)) == [1, 2, 3, 4]
    assert expire(Retention(cap_bytes=alone(1, 2, 3, 4, 5))) == []
    warehouse.pin(2)
    assert expire(Retention(cap_bytes=alone(2, 4, 5))) == [1, 3]
    assert expire(Retention(cap_bytes=0)) == [1, 3, 4, 5]
    (warehouse.root / "snapshots" / "3" / "_manifest.json").write_text("cut")
    assert expire() == []  # without a cap no manifest has to be whole


def test_a_pinned_snapshot_stays_until_its_time_is_over_or_it_is_let_go(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    writers.commit_batches(tmp_path, 4)
    later = datetime.now(UTC) + timedelta(days=40)
    warehouse.pin(1)
    warehouse.pin(2, until=later + timedelta(days=1))
    assert warehouse.expire(later) == [3]
    warehouse.collect_garbage(later)
    assert warehouse.snapshot(2).read("quarantine").num_rows == 50
    assert warehouse.expire(later + timedelta(days=2)) == [2]
    assert warehouse.unpin(1)
    assert not warehouse.unpin(1)
    assert warehouse.expire(later) == [1]
    with pytest.raises(WarehouseError, match="snapshot 3"):
        warehouse.pin(3)
    (tmp_path / "pins.json").write_text("[")
    with pytest.raises(WarehouseError, match=r"pins\.json cannot be read"):
        warehouse.expire(later)


def test_by_force_all_go_but_the_current_and_the_pinned(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    writers.commit_batches(tmp_path, 4)
    warehouse.pin(2)
    assert warehouse.expire(datetime.now(UTC)) == []
    assert warehouse.expire(datetime.now(UTC), force=True) == [1, 3]
    assert warehouse.kept() == [2, 4]
    assert warehouse.verify() == []


def test_collecting_garbage_takes_what_nobody_needs_and_nothing_else(warehouse: Warehouse) -> None:
    live = set((warehouse.root / "files").rglob("*.parquet"))
    orphan = stored_file(warehouse).with_name("orphan.parquet")
    orphan.write_bytes(b"12345")
    (warehouse.root / "snapshots" / "3" / "half").mkdir(parents=True)
    (warehouse.root / "versions" / "runs" / ".9").mkdir()
    gone = warehouse.collect_garbage(NOW)
    assert (gone.files, gone.bytes) == (1, 5)
    assert set((warehouse.root / "files").rglob("*.parquet")) == live
    assert not (warehouse.root / "snapshots" / "3").exists()
    assert warehouse.snapshot(1).read("quarantine").num_rows == 50
    warehouse.expire(datetime.now(UTC) + timedelta(days=31))
    assert warehouse.collect_garbage(NOW).files == 2  # what snapshot 2 replaced: quarantine and sources
    assert warehouse.verify() == []
    assert writers.is_whole(warehouse)
    assert sorted(p.name for p in (warehouse.root / "versions" / "runs").iterdir()) == ["2"]


def test_compacting_takes_closed_days_only(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    days = [DAY, date(2026, 3, 5)]
    for n in range(3):
        with warehouse.writing(NOW) as tx:
            tx.upsert("article_terms", rows("article_terms", *({"article_id": f"{n}{d}", "day": d} for d in days)))
            tx.close_day(DAY)
            tx.commit()
    before = warehouse.latest().read("article_terms").sort_by("article_id")
    snapshot = warehouse.compact()
    per_day = [sum(f.day == day for f in snapshot.manifest.files("article_terms")) for day in days]
    assert per_day == [1, 3]
    assert snapshot.read("article_terms").sort_by("article_id").equals(before)
    assert warehouse.compact().number == snapshot.number


def test_files_of_an_older_declaration_read_with_null_for_what_they_lack(tmp_path: Path, monkeypatch) -> None:
    warehouse = Warehouse(tmp_path)
    declared = TABLES["runs"]
    older = replace(declared, columns=tuple(c for c in declared.columns if c.name != "detail"))
    with monkeypatch.context() as patch:
        patch.setitem(TABLES, "runs", older)
        with warehouse.writing(NOW) as tx:
            tx.upsert("runs", rows("runs", {"run_id": "old"}))
            tx.commit()
    assert warehouse.latest().read("runs").to_pylist()[0]["detail"] is None
    with warehouse.writing(NOW) as tx:
        tx.upsert("runs", rows("runs", {"run_id": "new", "detail": "it failed"}))
        snapshot = tx.commit()
    assert snapshot.read("runs").schema.equals(declared.row_schema)
    found = warehouse.sql("SELECT run_id, detail, day FROM runs ORDER BY run_id DESC").to_pylist()
    assert [(r["run_id"], r["detail"], r["day"]) for r in found] == [("old", None, DAY), ("new", "it failed", DAY)]
    assert warehouse.sql("FROM runs").schema.names == declared.row_schema.names
    assert warehouse.verify() == []
    with warehouse.writing(NOW) as tx:
        tx.upsert("runs", rows("runs", {"run_id": "old"}))
        assert tx.commit().number == 3  # brought up to date


def test_staged_tables_come_back_with_their_schema(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    path = warehouse.staging("news_ingest", "20260302T0900-20260302T1000", "fetch", "https://feed.example/a?b=ü")
    assert path.is_relative_to(tmp_path / "_staging" / "news_ingest" / "20260302T0900-20260302T1000" / "fetch")
    assert path.parent.name == "fetch"
    table = rows("pages", {"page_id": "a"})
    write_sealed(path, table)
    write_sealed(path, table)
    assert read_sealed(path).equals(table)
    assert read_sealed(path).schema.equals(PAGES.row_schema)
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    write_sealed(path, pa.table({"other": [1]}))
    assert read_sealed(path).column_names == ["other"]


def test_staged_files_that_are_missing_or_torn_are_told(tmp_path: Path) -> None:
    path = Warehouse(tmp_path).staging("d", "w", "s", "k")
    with pytest.raises(InputError, match="is missing"):
        read_sealed(path)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"PAR1")
    with pytest.raises(InputError, match="unreadable"):
        read_sealed(path)
    for key in ("", ".."):
        with pytest.raises(InputError, match="cannot name a staged file"):
            Warehouse(tmp_path).staging("d", "w", "s", key)
    with pytest.raises(WarehouseError, match="cannot write"):
        write_sealed(path / "below" / "a.parquet", pa.table({"a": [1]}))


def test_a_long_key_names_a_file_all_the_same(tmp_path: Path) -> None:
    """Eleven sections of one newspaper make one key; keys that differ at their end alone differ in name."""
    keys = ["section-" * 40 + end for end in ("a", "b")] + ["x" + "section-" * 40 + "a"]
    paths = {Warehouse(tmp_path).staging("d", "w", "s", key) for key in keys}
    assert len(paths) == 3
    for path in paths:
        write_sealed(path, pa.table({"a": [1]}))
        assert read_sealed(path).num_rows == 1


def test_old_staged_files_are_collected(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    old, new = (warehouse.staging("d", window, "s", "k") for window in ("w1", "w2"))
    for path in (old, new):
        write_sealed(path, pa.table({"a": [1]}))
    for path in (old, old.parent, old.parent.parent):
        os.utime(path, (0, 0))
    about_to_be_written = warehouse.staging("d", "w1", "another", "k").parent
    about_to_be_written.mkdir()
    assert warehouse.collect_garbage(datetime.now(UTC)).files == 1
    assert not old.parent.exists()
    assert about_to_be_written.exists()
    assert new.exists()


def test_a_night_opens_no_file_of_days_that_are_folded(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    with warehouse.writing(NOW) as tx:
        tx.close_day(DAY)
        tx.commit()
    before = sum(len(warehouse.latest().manifest.files(name)) for name in TABLES)
    warehouse.compact()
    assert sum(len(warehouse.latest().manifest.files(name)) for name in TABLES) < before
    opened: list[Path] = []
    monkeypatch.setattr("pipeline.store.transaction.raw_bytes", lambda path: opened.append(path) or 0)
    warehouse.compact()
    assert opened == []


def test_what_nothing_names_is_collected_wherever_it_lies(warehouse: Warehouse) -> None:
    files = warehouse.root / "files"
    strays = [
        files / "a",
        files / "runs" / "b",
        files / "quarantine" / "day=2026-03-02" / "c",
        files / "x" / "y" / "z" / "d",
    ]
    for path in strays:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"12")
    (files / "runs" / "nowhere").symlink_to("gone")
    gone = warehouse.collect_garbage(datetime.now(UTC))
    assert (gone.files, gone.bytes) == (len(strays), 2 * len(strays))
    assert not any(path.exists() for path in strays)
    assert warehouse.verify() == []
