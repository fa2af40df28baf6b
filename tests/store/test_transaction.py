"""What upsert, delete, replace_day and close_day do to the rows, and what they leave alone."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import UsageError, WarehouseCorrupt, WarehouseError
from pipeline.store import transaction
from pipeline.store.transaction import Upserted
from pipeline.store.warehouse import Warehouse
from pipeline.tables import TABLES
from tests.store.sample import DAY, NEXT_DAY, NOON, NOW, rows

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path / "wh")


def placing(article_id: str, *, story: str = "s", day: Any = DAY, **given: Any) -> dict[str, Any]:
    return {"article_id": article_id, "language": story, "day": day, **given}


def upsert(warehouse: Warehouse, table: str, *records: dict[str, Any]) -> Upserted:
    with warehouse.writing(NOW) as tx:
        done = tx.upsert(table, rows(table, *records))
        tx.commit()
    return done


def paths(warehouse: Warehouse, table: str) -> set[str]:
    return {file.path for file in warehouse.latest().manifest.files(table)}


def test_a_new_warehouse_is_snapshot_zero_and_empty(warehouse: Warehouse) -> None:
    snapshot = warehouse.latest()
    assert snapshot.number == 0
    assert snapshot.closed_days == frozenset()
    for name, table in TABLES.items():
        assert snapshot.read(name).schema.equals(table.row_schema)
    assert not warehouse.root.exists()  # reading makes nothing


def test_rows_come_back_as_declared(warehouse: Warehouse) -> None:
    with warehouse.writing(NOW) as tx:
        for name in TABLES:
            assert tx.upsert(name, rows(name, {})) == Upserted(inserted=1)
        assert tx.commit().number == 1
    for name, table in TABLES.items():
        assert warehouse.latest().read(name).equals(rows(name, {})), name
        assert warehouse.latest().read(name).schema.equals(table.row_schema)
    assert warehouse.verify(relations=False) == []
    with warehouse.writing(LATER) as tx:
        for name in TABLES:
            assert tx.upsert(name, rows(name, {})) == Upserted(unchanged=1), name
        assert tx.commit().number == 1


def test_a_row_with_new_processing_columns_only_keeps_the_older_ones(warehouse: Warehouse) -> None:
    upsert(warehouse, "articles", {"article_id": "a", "run_id": "first", "recorded_at": NOW})
    done = upsert(warehouse, "articles", {"article_id": "a", "run_id": "second", "recorded_at": LATER})
    assert done == Upserted(unchanged=1)
    assert warehouse.latest().read("articles", columns=["run_id"])["run_id"].to_pylist() == ["first"]


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("articles", {"title": "Now it has one"}),
        ("articles", {"authors": ["A. Writer"]}),
        ("articles", {"published_at": NOON}),
        ("stage_counts", {"reasons": [("too-short", 2)]}),
        ("fingerprints", {"hashes": [2**64 - 1]}),
        ("pages", {"body": b"\x00\xff"}),
        ("citations", {"char_end": 7}),
    ],
)
def test_any_content_column_counts_as_a_change(warehouse: Warehouse, table: str, change: dict[str, Any]) -> None:
    upsert(warehouse, table, {})
    assert upsert(warehouse, table, change) == Upserted(updated=1)
    assert upsert(warehouse, table, change) == Upserted(unchanged=1)
    assert upsert(warehouse, table, {}) == Upserted(updated=1)  # and back, to null where it was null
    assert warehouse.verify(relations=False) == []


def test_only_files_with_changed_keys_are_rewritten(warehouse: Warehouse) -> None:
    upsert(warehouse, "article_terms", placing("a"), placing("b"))
    first = paths(warehouse, "article_terms")
    upsert(warehouse, "article_terms", placing("c"), placing("d", day=NEXT_DAY))
    second = paths(warehouse, "article_terms")
    assert first < second
    assert len(second) == 3  # one new file a day
    upsert(warehouse, "article_terms", placing("a", story="other"), placing("b"), placing("c"))
    third = paths(warehouse, "article_terms")
    assert second - third == first
    assert len(third) == 3
    manifest = warehouse.latest().manifest
    assert set(manifest.added["article_terms"]) == third - second
    assert set(manifest.removed["article_terms"]) == first


def test_a_key_that_moves_to_another_day_stands_once(warehouse: Warehouse) -> None:
    upsert(warehouse, "article_terms", placing("a"), placing("b"))
    assert upsert(warehouse, "article_terms", placing("a", day=NEXT_DAY)) == Upserted(updated=1)
    read = warehouse.latest().read("article_terms", columns=["article_id"]).sort_by("article_id")
    assert read.to_pylist() == [{"article_id": "a", "day": NEXT_DAY}, {"article_id": "b", "day": DAY}]


def test_later_changes_of_a_transaction_see_earlier_ones(warehouse: Warehouse) -> None:
    with warehouse.writing(NOW) as tx:
        tx.upsert("article_terms", rows("article_terms", placing("a"), placing("b")))
        assert tx.upsert("article_terms", rows("article_terms", placing("a", story="x"))) == Upserted(updated=1)
        assert tx.delete("article_terms", pa.table({"article_id": ["b", "nobody"]})) == 1
        assert tx.replace_day("article_terms", NEXT_DAY, rows("article_terms", placing("c", day=NEXT_DAY)))
        assert tx.snapshot.read("article_terms").num_rows == 0  # decisions rest on what was committed
        committed = tx.commit()
    assert committed.read("article_terms", columns=["article_id", "language"]).sort_by("article_id").to_pylist() == [
        {"article_id": "a", "language": "x", "day": DAY},
        {"article_id": "c", "language": "s", "day": NEXT_DAY},
    ]
    stored = {path.name for path in (warehouse.root / "files").rglob("*.parquet")}
    assert stored == {Path(path).name for path in paths(warehouse, "article_terms")}  # no half-way files stay


def test_what_nets_to_nothing_makes_no_snapshot(warehouse: Warehouse) -> None:
    upsert(warehouse, "article_terms", placing("a"))
    with warehouse.writing(LATER) as tx:
        tx.upsert("article_terms", rows("article_terms", placing("b")))
        tx.delete("article_terms", pa.table({"article_id": ["b"]}))
        assert tx.commit().number == 1


def test_leaving_without_commit_discards(warehouse: Warehouse) -> None:
    upsert(warehouse, "article_terms", placing("a"))
    before = sorted((warehouse.root / "files").rglob("*.parquet"))
    with warehouse.writing(NOW) as tx:
        tx.upsert("article_terms", rows("article_terms", placing("b")))
    with pytest.raises(WarehouseError, match="lack"), warehouse.writing(NOW) as tx:
        _ = tx.upsert("article_terms", rows("article_terms", placing("c"))), tx.upsert("runs", pa.table({}))
    assert warehouse.latest().number == 1
    assert sorted((warehouse.root / "files").rglob("*.parquet")) == before


def test_a_transaction_is_over_after_its_commit(warehouse: Warehouse) -> None:
    with warehouse.writing(NOW) as tx:
        tx.close_day(DAY)
        tx.commit()
        for use in (tx.commit, lambda: tx.close_day(NEXT_DAY), lambda: tx.upsert("runs", rows("runs", {}))):
            with pytest.raises(WarehouseError, match="over"):
                use()
    assert warehouse.latest().closed_days == {DAY}


def test_delete_by_composite_key(warehouse: Warehouse) -> None:
    upsert(warehouse, "story_days", *({"story_id": s, "day": d} for s in "ab" for d in (DAY, NEXT_DAY)))
    with warehouse.writing(NOW) as tx:
        keys = pa.table({"story_id": ["a", "a"], "day": [DAY, DAY], "more": [1, 2]})
        assert tx.delete("story_days", keys) == 1
        tx.commit()
    left = warehouse.latest().read("story_days", columns=["story_id"]).to_pylist()
    assert {(r["story_id"], r["day"]) for r in left} == {("a", NEXT_DAY), ("b", DAY), ("b", NEXT_DAY)}


@pytest.mark.parametrize("table", TABLES)
def test_a_row_is_found_by_its_key_whatever_the_key_is_made_of(warehouse: Warehouse, table: str) -> None:
    first = TABLES[table].key[0]
    upsert(warehouse, table, {first: "a"}, {first: "b"})
    assert upsert(warehouse, table, {first: "b"}, {first: "c"}) == Upserted(inserted=1, unchanged=1)
    with warehouse.writing(NOW) as tx:
        assert tx.delete(table, rows(table, {first: "a"}, {first: "z"}).select(TABLES[table].key)) == 1
        tx.commit()
    assert sorted(warehouse.latest().read(table)[first].to_pylist()) == ["b", "c"]


def test_a_file_that_is_no_parquet_is_named_to_who_writes_beside_it(warehouse: Warehouse) -> None:
    upsert(warehouse, "runs", {"run_id": "r"})
    (path,) = paths(warehouse, "runs")
    stored = warehouse.root / "files" / "runs" / path
    stored.chmod(0o644)
    stored.write_bytes(b"x" * stored.stat().st_size)
    with pytest.raises(WarehouseCorrupt, match=rf"{path}.*daybook warehouse verify"):
        upsert(warehouse, "runs", {"run_id": "r", "status": "failed"})


def test_deleting_every_row_leaves_an_empty_table(warehouse: Warehouse) -> None:
    upsert(warehouse, "sources", {"source_id": "a"})
    with warehouse.writing(NOW) as tx:
        assert tx.delete("sources", pa.table({"source_id": ["a"]})) == 1
        snapshot = tx.commit()
    assert snapshot.read("sources").num_rows == 0
    assert warehouse.sql("FROM sources").num_rows == 0
    assert warehouse.verify() == []
    assert pq.read_table(snapshot.table_path("sources")).schema.names == TABLES["sources"].schema.names


def test_replace_day_replaces_just_that_day(warehouse: Warehouse) -> None:
    upsert(warehouse, "article_terms", placing("a"), placing("b"), placing("c", day=NEXT_DAY))
    other = next(path for path in paths(warehouse, "article_terms") if str(NEXT_DAY) in path)
    with warehouse.writing(NOW) as tx:
        assert tx.replace_day("article_terms", DAY, rows("article_terms", placing("b"), placing("d")))
        snapshot = tx.commit()
    read = snapshot.read("article_terms", columns=["article_id"], days=[DAY])
    assert sorted(read["article_id"].to_pylist()) == ["b", "d"]
    assert other in paths(warehouse, "article_terms")


def test_replace_day_with_equal_rows_changes_nothing(warehouse: Warehouse) -> None:
    # The key of story_articles holds a processing column: equality is one of rows, not of keys.
    upsert(
        warehouse, "story_articles", {"article_id": "a", "recorded_at": NOW}, {"article_id": "b", "recorded_at": NOW}
    )
    again = rows("story_articles", {"article_id": "b", "recorded_at": LATER}, {"article_id": "a", "recorded_at": LATER})
    with warehouse.writing(LATER) as tx:
        assert tx.replace_day("story_articles", DAY, again) is False
        assert tx.commit().number == 1
    twice = rows("story_articles", {"article_id": "a", "recorded_at": LATER}, {"article_id": "a", "recorded_at": NOW})
    with warehouse.writing(LATER) as tx:
        assert tx.replace_day("story_articles", DAY, twice) is True


def test_replace_day_with_nothing_empties_it(warehouse: Warehouse) -> None:
    upsert(warehouse, "stage_counts", {"reasons": [("a", 1)]})
    with warehouse.writing(NOW) as tx:
        assert tx.replace_day("stage_counts", DAY, TABLES["stage_counts"].empty())
        assert tx.commit().read("stage_counts").num_rows == 0
    with warehouse.writing(NOW) as tx:
        assert tx.replace_day("stage_counts", DAY, TABLES["stage_counts"].empty()) is False


def test_replace_day_refuses_what_would_double_a_key(warehouse: Warehouse) -> None:
    upsert(warehouse, "article_terms", placing("a"))
    with warehouse.writing(NOW) as tx:
        with pytest.raises(WarehouseError, match="stands in 2026-03-02 already"):
            tx.replace_day("article_terms", NEXT_DAY, rows("article_terms", placing("a", day=NEXT_DAY)))
        with pytest.raises(WarehouseError, match="some rows are of 2026-03-03"):
            tx.replace_day("article_terms", DAY, rows("article_terms", placing("b", day=NEXT_DAY)))
        with pytest.raises(WarehouseError, match="no days"):
            tx.replace_day("sources", DAY, rows("sources", {}))


def test_closing_a_day_is_a_change_once(warehouse: Warehouse) -> None:
    for expected in (1, 1):
        with warehouse.writing(NOW) as tx:
            tx.close_day(DAY)
            assert tx.commit().number == expected
    upsert(warehouse, "sources", {})
    assert warehouse.latest().closed_days == {DAY}


def test_rows_that_break_the_declaration_are_refused(warehouse: Warehouse) -> None:
    good = rows("article_terms", placing("a"))
    cases = {
        "lack counts": good.drop_columns(["counts"]),
        "undeclared more": good.append_column("more", pa.array([1])),
        "column version is string": good.set_column(1, "version", pa.array(["x"])),
        "column terms must not be null": good.set_column(3, "terms", pa.array([None], pa.list_(pa.string()))),
        "repeat a key": pa.concat_tables([good, good]),
    }
    with warehouse.writing(NOW) as tx:
        for message, broken in cases.items():
            with pytest.raises(WarehouseError, match=message):
                tx.upsert("article_terms", broken)
        with pytest.raises(WarehouseError, match="wrong day"):
            tx.upsert("articles", rows("articles", {"window_start": NOON, "day": NEXT_DAY}))
        with pytest.raises(WarehouseError, match="wrong day"):
            tx.upsert("digests", rows("digests", {"digest_date": NEXT_DAY, "day": DAY}))
        with pytest.raises(WarehouseError, match="keys lack column day"):
            tx.delete("story_days", pa.table({"story_id": ["a"]}))
        with pytest.raises(UsageError, match="no table 'nonsense'"):
            tx.upsert("nonsense", good)
        assert tx.commit().number == 0


def test_other_types_that_fit_are_cast(warehouse: Warehouse) -> None:
    loose = rows("article_terms", placing("a"))
    loose = loose.set_column(0, "article_id", loose["article_id"].cast(pa.large_string()))
    loose = loose.set_column(1, "version", loose["version"].cast(pa.int32())).select(loose.schema.names[::-1])
    with warehouse.writing(NOW) as tx:
        tx.upsert("article_terms", loose)
        assert tx.commit().read("article_terms").equals(rows("article_terms", placing("a")))


def test_read_takes_columns_days_and_a_filter(warehouse: Warehouse) -> None:
    upsert(warehouse, "article_terms", *(placing(f"a{n}", day=DAY + timedelta(days=n % 3)) for n in range(9)))
    snapshot = warehouse.latest()
    assert snapshot.read("article_terms", columns=["version", "article_id"]).schema.names == [
        "version",
        "article_id",
        "day",
    ]
    assert snapshot.read("article_terms", columns=["day", "version"]).schema.names == ["day", "version"]
    assert snapshot.read("article_terms", days=[]).num_rows == 0
    found = snapshot.read("article_terms", columns=["version"], days=[DAY], where=pc.field("article_id") > "a2")
    assert found.num_rows == 2
    assert snapshot.read("article_terms", where=pc.field("day") == NEXT_DAY).num_rows == 3
    with pytest.raises(UsageError, match="no column nonsense"):
        snapshot.read("article_terms", columns=["nonsense"])
    with pytest.raises(UsageError, match="no days"):
        snapshot.read("sources", days=[DAY])


def test_read_opens_only_the_days_it_needs(warehouse: Warehouse) -> None:
    upsert(warehouse, "article_terms", placing("a"), placing("b", day=NEXT_DAY))
    snapshot = warehouse.latest()
    for path in snapshot.path.joinpath("article_terms").resolve().glob("day=2026-03-03/*"):
        path.unlink()
    assert snapshot.read("article_terms", days=[DAY]).num_rows == 1
    with pytest.raises(WarehouseError, match="cannot read article_terms of snapshot 1"):
        snapshot.read("article_terms")


def test_compacting_keeps_the_rows(warehouse: Warehouse) -> None:
    for n in range(3):
        upsert(warehouse, "article_terms", placing(f"a{n}"), placing(f"b{n}", day=NEXT_DAY))
    upsert(warehouse, "sources", {"source_id": "a"})
    upsert(warehouse, "sources", {"source_id": "b"})
    before = warehouse.latest()
    with warehouse.writing(NOW) as tx:
        assert tx.compact("article_terms", DAY)
        assert tx.compact("sources", None)
        assert not tx.compact("pages", DAY)
        after = tx.commit()
    assert len(after.manifest.files("article_terms")) == 4
    assert len(after.manifest.files("sources")) == 1
    for name in ("article_terms", "sources"):
        key = TABLES[name].key[0]
        assert after.read(name).sort_by(key).equals(before.read(name).sort_by(key))
    with warehouse.writing(NOW) as tx:
        assert not tx.compact("article_terms", DAY)


def test_files_that_are_small_but_unpack_to_much_are_not_merged_into_what_memory_cannot_hold(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transaction, "_MERGED_RAW_BYTES", 250_000)
    with warehouse.writing(NOW) as tx:
        for n in range(20):
            tx.upsert("pages", rows("pages", {"page_id": f"p{n:02}", "body": bytes([n]) * 100_000}))
        tx.commit()
    snapshot = warehouse.latest()
    files = snapshot.manifest.files("pages")
    assert {file.rows for file in files} == {2}, "they are folded, two at a time"
    assert max(snapshot.raw_bytes("pages", file) for file in files) <= 250_000
    with warehouse.writing(NOW) as tx:
        assert not tx.compact("pages", DAY)
    bodies = snapshot.read("pages").sort_by("page_id")["body"].to_pylist()
    assert bodies == [bytes([n]) * 100_000 for n in range(20)]


def test_files_are_written_as_promised(warehouse: Warehouse) -> None:
    count = 40_000
    many = rows("article_terms", placing("x")).take(pa.array([0] * count))
    ids = [f"{n * 7919 % count:05}" for n in range(count)]
    with warehouse.writing(NOW) as tx:
        tx.upsert("article_terms", many.set_column(0, many.schema.field(0), pa.array(ids)))
        tx.commit()
    (path,) = (warehouse.latest().path / "article_terms").glob("day=*/*.parquet")
    file = pq.ParquetFile(path)
    groups = [file.metadata.row_group(n) for n in range(file.metadata.num_row_groups)]
    assert [group.num_rows for group in groups] == [32_768, count - 32_768]
    assert {group.column(n).compression for group in groups for n in range(group.num_columns)} == {"ZSTD"}
    assert file.schema_arrow.field("recorded_at").type == pa.timestamp("us", tz="UTC")
    assert file.read(columns=["article_id"])["article_id"].to_pylist() == sorted(ids)
    stored = warehouse.latest().manifest.files("article_terms")[0]
    assert stored.ranges["article_id"] == ("00000", "39999")
    assert (stored.rows, stored.bytes) == (count, path.stat().st_size)


KEYS = st.sampled_from("abcde")
DAYS = st.sampled_from([DAY, NEXT_DAY])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("upsert"), st.dictionaries(KEYS, st.tuples(DAYS, st.sampled_from("xyz")), max_size=5)),
        st.tuples(st.just("delete"), st.sets(KEYS, max_size=3)),
        st.tuples(st.just("replace"), DAYS, st.dictionaries(KEYS, st.sampled_from("xyz"), max_size=4)),
        st.tuples(st.just("commit")),
    ),
    max_size=8,
)


@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_any_sequence_does_what_a_dictionary_would_do(tmp_path_factory: pytest.TempPathFactory, steps: list) -> None:
    warehouse = Warehouse(tmp_path_factory.mktemp("model"))
    model: dict[str, tuple[Any, str]] = {}
    commits = "".join("|" if step[0] == "commit" else "." for step in steps).split("|")
    todo = iter([step for step in steps if step[0] != "commit"])
    for group in commits:
        with warehouse.writing(NOW) as tx:
            for _ in group:
                _apply(tx, model, next(todo))
            snapshot = tx.commit()
        read = snapshot.read("article_terms", columns=["article_id", "language"]).to_pylist()
        assert {r["article_id"]: (r["day"], r["language"]) for r in read} == model
        assert len(read) == len(model)


def _apply(tx: Any, model: dict[str, tuple[Any, str]], step: tuple) -> None:
    if step[0] == "upsert":
        new = {key: value for key, value in step[1].items() if model.get(key) != value}
        done = tx.upsert(
            "article_terms", rows("article_terms", *(placing(k, day=d, story=s) for k, (d, s) in step[1].items()))
        )
        updated = len(new.keys() & model.keys())
        assert done == Upserted(inserted=len(new) - updated, updated=updated, unchanged=len(step[1]) - len(new))
        model.update(step[1])
    elif step[0] == "delete":
        gone = step[1] & model.keys()
        assert tx.delete("article_terms", pa.table({"article_id": pa.array(sorted(step[1]), pa.string())})) == len(gone)
        for key in gone:
            del model[key]
    else:
        _, day, wanted = step
        table = rows("article_terms", *(placing(k, day=day, story=s) for k, s in wanted.items()))
        if any(key in model and model[key][0] != day for key in wanted):
            with pytest.raises(WarehouseError, match="already"):
                tx.replace_day("article_terms", day, table)
            return
        old = {key: story for key, (d, story) in model.items() if d == day}
        assert tx.replace_day("article_terms", day, table) is (old != wanted)
        for key in old:
            del model[key]
        model.update({key: (day, story) for key, story in wanted.items()})
