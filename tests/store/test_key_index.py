"""An index may be lost, torn, old or of another state: rows are found all the same, and no file is read that it rules out."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.store import key_index
from pipeline.store.key_index import KeyDays
from pipeline.store.snapshot import Snapshot
from pipeline.store.unplaced import find_unplaced, keep_unplaced
from pipeline.store.warehouse import Warehouse
from tests.store.sample import NOW, article, rows

FIRST = date(2026, 3, 1)
HOUR = timedelta(hours=1)
DAYS = [FIRST + timedelta(days=n) for n in range(12)]


def placing(article_id: str, day: date, story_id: str = "s") -> dict[str, object]:
    return {"article_id": article_id, "story_id": story_id, "event_id": "e", "day": day, "recorded_at": NOW}


def place(warehouse: Warehouse, *placings: dict[str, object]) -> Snapshot:
    with warehouse.writing(NOW) as tx:
        tx.upsert("story_articles", rows("story_articles", *placings))
        return tx.commit()


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    warehouse = Warehouse(tmp_path / "wh")
    for n, day in enumerate(DAYS):
        place(
            warehouse,
            placing(f"a{n}", day, story_id=f"s{n % 3}"),
            placing(f"often{n % 2}", day) | {"recorded_at": NOW + n * HOUR},
        )
    return warehouse


def found(warehouse: Warehouse, *ids: str, column: str = "article_id") -> list[tuple[str, date]]:
    values = pa.array(ids, pa.string())
    rows = warehouse.latest().read("story_articles", columns=["article_id"], having=(column, values))
    return sorted((row["article_id"], row["day"]) for row in rows.to_pylist())


def index_of(warehouse: Warehouse) -> Path:
    return warehouse.root / "index" / "story_articles.article_id.new"


def lose(warehouse: Warehouse) -> None:
    for path in (warehouse.root / "index").iterdir():
        path.unlink()


def tear(warehouse: Warehouse) -> None:
    for path in (warehouse.root / "index").iterdir():
        data = bytearray(path.read_bytes())
        data[-1] ^= 1
        path.write_bytes(data)


def cut(warehouse: Warehouse) -> None:
    for path in (warehouse.root / "index").iterdir():
        os.truncate(path, path.stat().st_size // 2)


def empty(warehouse: Warehouse) -> None:
    for path in (warehouse.root / "index").iterdir():
        path.write_bytes(b"")


DAMAGE: dict[str, Callable[[Warehouse], None]] = {"lost": lose, "torn": tear, "cut": cut, "empty": empty}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_index_changes_nothing(warehouse: Warehouse, name: str) -> None:
    before = found(warehouse, "a3", "often1", "nobody")
    assert [day for _, day in before] == [DAYS[3], *DAYS[1::2]]
    DAMAGE[name](warehouse)
    assert found(warehouse, "a3", "often1", "nobody") == before
    place(warehouse, placing("a3", DAYS[-1]))
    assert found(warehouse, "a3") == [("a3", DAYS[-1])]
    assert warehouse.verify(relations=False) == []


def test_a_row_is_found_where_it_moved_to(warehouse: Warehouse) -> None:
    place(warehouse, placing("a3", DAYS[5]))
    assert found(warehouse, "a3") == [("a3", DAYS[5])]
    with warehouse.writing(NOW) as tx:
        assert tx.delete("story_articles", pa.table({"article_id": ["a3"], "recorded_at": [NOW]})) == 1
        tx.commit()
    assert found(warehouse, "a3") == []
    place(warehouse, placing("a3", DAYS[3]))
    assert found(warehouse, "a3") == [("a3", DAYS[3])]


def test_an_older_state_and_what_is_built_on_it(warehouse: Warehouse) -> None:
    """`current` is set back: what was indexed since is a day too many at most, and what comes then is found."""
    place(warehouse, placing("later", DAYS[2]))
    current = warehouse.root / "current"
    current.unlink()
    current.symlink_to(f"snapshots/{len(DAYS)}")
    assert found(warehouse, "later") == []
    warehouse.repair(keep_current=True)
    place(warehouse, placing("other", DAYS[4]))
    assert found(warehouse, "later", "other") == [("other", DAYS[4])]


def test_only_days_that_may_hold_a_value_are_named(warehouse: Warehouse) -> None:
    snapshot = warehouse.latest()
    assert snapshot.days_having("story_articles", "article_id", pa.array(["a3", "a7"])) == {DAYS[3], DAYS[7]}
    assert snapshot.days_having("story_articles", "story_id", pa.array(["s1"])) == set(DAYS[1::3])
    assert snapshot.days_having("story_articles", "article_id", pa.array([], pa.string())) == frozenset()


def test_a_checksum_that_two_values_share_finds_no_wrong_row(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose(warehouse)
    key_index._sums_of.cache_clear()
    monkeypatch.setattr(key_index.zlib, "crc32", lambda *_: 7)
    try:
        assert found(warehouse, "a3") == [("a3", DAYS[3])]
        place(warehouse, placing("a3", DAYS[6]))
        assert found(warehouse, "a3") == [("a3", DAYS[6])]
    finally:
        key_index._sums_of.cache_clear()


def test_a_grown_index_is_merged(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_index, "_LEAST_MERGED", 4)
    for n in range(6):
        place(warehouse, placing(f"b{n}", DAYS[n]))
    assert index_of(warehouse).with_suffix("").is_file()
    assert [found(warehouse, f"b{n}") for n in range(6)] == [[(f"b{n}", DAYS[n])] for n in range(6)]


def test_days_beyond_what_an_entry_can_say_are_read(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    for day in (date(1850, 1, 1), date(2200, 1, 1)):
        place(warehouse, placing(f"a{day}", day))
        assert found(warehouse, f"a{day}") == [(f"a{day}", day)]


def late_articles(warehouse: Warehouse) -> list[str]:
    unplaced = find_unplaced(warehouse.latest())
    keep_unplaced(warehouse.root, unplaced)
    (warehouse.root / "index" / "unplaced.json").rename(warehouse.root / "kept")
    anew = find_unplaced(warehouse.latest())
    (warehouse.root / "kept").rename(warehouse.root / "index" / "unplaced.json")
    assert list(anew.article_ids) == list(unplaced.article_ids)
    return list(unplaced.article_ids)


def test_late_articles_are_those_that_stand_on_no_closed_day(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    first, second = DAYS[:2]

    def store(*given: dict[str, object], close: date | None = None) -> None:
        with warehouse.writing(NOW) as tx:
            tx.upsert("articles", rows("articles", *given))
            if close:
                tx.close_day(close)
            tx.commit()

    def on(day: date, article_id: str, **more: object) -> dict[str, object]:
        window = NOW.replace(year=day.year, month=day.month, day=day.day)
        return article(article_id, "North", "t", window_start=window, **more)

    store(on(first, "a"), on(first, "copy", duplicate_of="a"))
    assert late_articles(warehouse) == []
    store(on(second, "b"), close=first)
    assert late_articles(warehouse) == ["a"]
    place(warehouse, placing("a", first))
    assert late_articles(warehouse) == []
    store(on(first, "late"), on(first, "copy"))  # which is none any more
    assert late_articles(warehouse) == ["copy", "late"]
    place(warehouse, placing("late", second))  # an open day: it may be taken back
    assert late_articles(warehouse) == ["copy", "late"]
    number = warehouse.latest().number
    with warehouse.writing(NOW) as tx:
        tx.close_day(second)
        tx.commit()
    assert late_articles(warehouse) == ["b", "copy"]
    current = warehouse.root / "current"
    current.unlink()
    current.symlink_to(f"snapshots/{number}")
    assert late_articles(warehouse) == ["copy", "late"]


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 5)), max_size=30),
    st.lists(st.integers(0, 12), max_size=8, unique=True),
)
def test_the_days_of_some_values_are_those_of_each(pairs: list[tuple[int, int]], wanted: list[int]) -> None:
    ordered = sorted(pairs)
    entries = KeyDays(
        np.array([value for value, _ in ordered], np.uint32), np.array([day for _, day in ordered], np.uint16)
    )
    days = {date(1900, 1, 1) + timedelta(days=day) for value, day in pairs if value in wanted}
    assert entries.days_of(np.array(sorted(wanted), np.uint32)) == days
