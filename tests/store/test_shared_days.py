"""What did not change is shared: days of a version, months of a manifest, views; and nothing of it is needed to be right."""

from __future__ import annotations

import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from pipeline.errors import WarehouseCorrupt
from pipeline.store import versions
from pipeline.store.commit import snapshot_path
from pipeline.store.sessions import open_session
from pipeline.store.warehouse import Warehouse
from pipeline.tables import TABLES
from tests.store.sample import NOW, rows

FIRST = date(2026, 1, 30)
DAYS = [FIRST + timedelta(days=n) for n in range(4)]  # two of January, two of February


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def add(warehouse: Warehouse, *days: date, name: str = "r") -> None:
    with warehouse.writing(NOW) as tx:
        tx.upsert("runs", rows("runs", *({"run_id": f"{name}{day}", "window_start": at(day)} for day in days)))
        tx.commit()


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    warehouse = Warehouse(tmp_path / "wh")
    add(warehouse, *DAYS)
    add(warehouse, DAYS[-1], name="s")
    return warehouse


def links(warehouse: Warehouse, number: int) -> dict[str, int]:
    folder = warehouse.root / "versions" / "runs" / str(number)
    return {path.name: path.lstat().st_ino for path in folder.iterdir()}


def run_count(warehouse: Warehouse, number: int | None = None) -> list[int]:
    snapshot = warehouse.latest() if number is None else warehouse.snapshot(number)
    with snapshot.connect(tables=["runs"]) as connection:
        (by_connection,) = connection.execute("SELECT count(*) FROM runs").fetchone() or (0,)
    by_arrow = ds.dataset(str(snapshot.path / "runs"), format="parquet", partitioning="hive").count_rows()
    (by_glob,) = duckdb.sql(f"SELECT count(*) FROM '{snapshot.path}/runs/day=*/*.parquet'").fetchall()[0]
    return [snapshot.read("runs").num_rows, by_connection, by_arrow, by_glob]


def test_days_that_did_not_change_keep_their_links(warehouse: Warehouse) -> None:
    first, second = links(warehouse, 1), links(warehouse, 2)
    changed = f"day={DAYS[-1]}"
    assert {name for name in first if first[name] != second[name]} == {changed}
    assert run_count(warehouse) == [5] * 4
    assert run_count(warehouse, 1) == [4] * 4
    assert warehouse.sql("SELECT count(*) AS n FROM runs").to_pylist() == [{"n": 5}]
    assert warehouse.verify() == []


@pytest.mark.parametrize("how", ["refused", "dangling", "gone", "older layout"])
def test_a_version_is_whole_whatever_the_one_before_is(
    warehouse: Warehouse, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = warehouse.root / "versions" / "runs" / "2"
    link = folder / f"day={DAYS[0]}"
    link_file = os.link

    def refuse_links(one: Path, other: Path, *, follow_symlinks: bool = True) -> None:
        if not follow_symlinks:
            raise PermissionError("not yours")
        link_file(one, other)

    if how == "refused":
        monkeypatch.setattr(versions.os, "link", refuse_links)
    elif how == "dangling":
        link.unlink()
        link.symlink_to("nowhere")
    elif how == "gone":
        link.unlink()
    else:
        for day in list(folder.iterdir()):
            there = day.resolve()
            day.unlink()
            shutil.copytree(there, day, copy_function=os.link)
    add(warehouse, DAYS[1], name="t")
    assert run_count(warehouse) == [6] * 4
    assert warehouse.verify() == []


def test_what_no_kept_snapshot_needs_goes_and_nothing_else(warehouse: Warehouse) -> None:
    add(warehouse, DAYS[0], name="t")
    half_made = warehouse.root / "days" / "runs" / f"day={DAYS[0]}" / ".half"
    half_made.mkdir()
    assert len(list((warehouse.root / "days" / "runs").glob("*/*"))) == 7
    warehouse.expire(datetime.now(UTC) + timedelta(days=31))
    warehouse.collect_garbage(NOW)
    assert len(list((warehouse.root / "days" / "runs").glob("*/*"))) == 4
    assert not half_made.exists()
    assert len(list((warehouse.root / "manifests").iterdir())) == 1
    assert run_count(warehouse) == [6] * 4
    assert warehouse.verify() == []


def test_earlier_months_of_a_manifest_are_written_once(warehouse: Warehouse) -> None:
    documents = [json.loads((snapshot_path(warehouse.root, n) / "_manifest.json").read_bytes()) for n in (1, 2)]
    assert [document["format"] for document in documents] == [2, 2]
    parts = [document["tables"]["runs"]["parts"] for document in documents]
    assert parts[0] == parts[1]
    assert [(part["month"], part["files"], part["rows"]) for part in parts[0]] == [("2026-01", 2, 2)]
    whole = json.loads(warehouse.latest().manifest.to_json())
    assert whole["format"] == 1
    assert [file["day"] for file in whole["tables"]["runs"]["files"]] == [*map(str, DAYS), str(DAYS[-1])]


def test_a_manifest_of_one_document_is_read_as_well(warehouse: Warehouse) -> None:
    path = warehouse.latest().path / "_manifest.json"
    manifest = warehouse.latest().manifest
    path.write_text(manifest.to_json())
    assert warehouse.latest().manifest == manifest
    add(warehouse, DAYS[1], name="t")
    assert run_count(warehouse) == [6] * 4


def test_a_damaged_part_is_an_error(warehouse: Warehouse, tmp_path: Path) -> None:
    copy = Warehouse(shutil.copytree(warehouse.root, tmp_path / "copy", symlinks=True))
    (part,) = (copy.root / "manifests").iterdir()
    part.write_bytes(part.read_bytes().replace(b'"rows": 1', b'"rows": 2', 1))
    with pytest.raises(WarehouseCorrupt, match="daybook warehouse repair"):
        copy.latest()


def test_every_declared_table_has_a_folder_with_its_columns(warehouse: Warehouse) -> None:
    snapshot = warehouse.latest()
    for name, table in TABLES.items():
        data = ds.dataset(str(snapshot.table_path(name)), format="parquet", partitioning="hive")
        assert data.count_rows() == sum(file.rows for file in snapshot.manifest.files(name))
        assert set(data.schema.names) == set(table.row_schema.names)
    assert {file.day for name in TABLES for file in snapshot.manifest.files(name)} == set(DAYS)
    counts = warehouse.sql("SELECT row_counts, closed_days FROM _meta").to_pylist()[0]
    assert dict(counts["row_counts"]) == {"runs": 5}
    assert counts["closed_days"] == []


def test_a_locked_session_reads_shared_days_and_nothing_else(warehouse: Warehouse) -> None:
    with warehouse.open_readonly(locked=True) as connection:
        assert connection.execute("SELECT count(*) FROM runs").fetchone() == (5,)
        assert connection.execute("SELECT count(*) FROM articles").fetchone() == (0,)
        with pytest.raises(duckdb.Error, match="disabled"):
            connection.execute(f"SELECT * FROM read_text('{warehouse.root}/.lock')")


def test_rows_where_the_manifest_has_none_are_named(warehouse: Warehouse) -> None:
    place = warehouse.latest().path / "duplicates" / "day=1970-01-01"
    pq.write_table(pa.table({"article_id": ["a"]}), place / "more.parquet")
    (problem,) = warehouse.verify()
    assert "has 1 rows" in str(problem)


def test_views_made_from_those_before_are_those_made_anew(warehouse: Warehouse) -> None:
    def told() -> list[tuple[object, ...]]:
        with warehouse.open_readonly() as connection:
            views = "SELECT view_name, sql, comment FROM duckdb_views() WHERE NOT internal"
            columns = "SELECT table_name, column_name, comment FROM duckdb_columns() WHERE NOT internal"
            macros = "SELECT function_name, macro_definition, comment FROM duckdb_functions() WHERE NOT internal"
            return sorted(
                tuple(map(str, row)) for ask in (views, columns, macros) for row in connection.execute(ask).fetchall()
            )

    with warehouse.writing(NOW) as tx:
        tx.upsert("articles", rows("articles", {"article_id": "a", "title": "t"}))
        tx.commit()
    copied = told()
    warehouse.rebuild()
    assert told() == copied
    assert warehouse.sql("SELECT article_id FROM search('x')").num_rows in (0, 1)


def test_views_are_made_in_one_session_of_a_process_for_many_warehouses_at_once(tmp_path: Path) -> None:
    warehouses = [Warehouse(tmp_path / f"w{n}") for n in range(3)]

    def fill(warehouse: Warehouse) -> None:
        for day in DAYS:
            add(warehouse, day)

    with ThreadPoolExecutor(3) as threads:
        list(threads.map(fill, warehouses))
    for warehouse in warehouses:
        assert warehouse.sql("SELECT count(*) AS n, max(snapshot) AS s FROM runs, _meta").to_pylist() == [
            {"n": len(DAYS), "s": len(DAYS)}
        ]
    with open_session() as session:
        assert session.execute(
            "SELECT count(*) FROM duckdb_databases() WHERE database_name LIKE 'views%'"
        ).fetchall() == [(0,)]
