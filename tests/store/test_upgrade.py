"""Files of an older declaration: null for what they lack, in every reader, and written anew by a call that may be killed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pyarrow.dataset as ds
import pytest

from pipeline.store.transaction import Transaction
from pipeline.store.warehouse import Warehouse
from pipeline.tables import TABLES
from tests.store.sample import NOW, rows


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    """Thirty days of rows without a column, over two months, then a day of rows with it."""
    warehouse = Warehouse(tmp_path / "wh")
    declared = TABLES["runs"]
    older = replace(declared, columns=tuple(c for c in declared.columns if c.name != "detail"))
    windows = [NOW - timedelta(days=n) for n in range(31)]
    with monkeypatch.context() as patch:
        patch.setitem(TABLES, "runs", older)
        with warehouse.writing(NOW) as tx:
            tx.upsert("runs", rows("runs", *({"run_id": f"r{w:%m%d}", "window_start": w} for w in windows[1:])))
            tx.commit()
    with warehouse.writing(NOW) as tx:
        tx.upsert("runs", rows("runs", {"run_id": "new", "window_start": NOW, "detail": "it failed"}))
        tx.commit()
    return warehouse


def details(warehouse: Warehouse) -> dict[str, list[str | None]]:
    """What each reader says of the column, sorted."""
    folder = str(warehouse.latest().path / "runs")
    with duckdb.connect(str(warehouse.root / "warehouse.duckdb"), read_only=True) as session:
        views = [row[0] for row in session.execute("SELECT detail FROM runs").fetchall()]
    glob = f"SELECT detail FROM read_parquet('{folder}/day=*/*.parquet', union_by_name = true)"
    schema = TABLES["runs"].schema
    found = {
        "views": views,
        "daybook": warehouse.latest().read("runs")["detail"].to_pylist(),
        "duckdb": [row[0] for row in duckdb.connect().execute(glob).fetchall()],
        "pyarrow": ds.dataset(folder, partitioning="hive", schema=schema).to_table()["detail"].to_pylist(),
        "polars": pl.scan_parquet(
            f"{folder}/*/*.parquet", missing_columns="insert", schema=pl.from_arrow(schema.empty_table()).schema
        )
        .collect()["detail"]
        .to_list(),
    }
    return {name: sorted(values, key=str) for name, values in found.items()}


def test_what_older_files_lack_is_null_in_five_readers(warehouse: Warehouse) -> None:
    expected = sorted(["it failed", *[None] * 30], key=str)
    assert details(warehouse) == dict.fromkeys(("views", "daybook", "duckdb", "pyarrow", "polars"), expected)


def test_after_an_upgrade_every_reader_of_the_bare_folder_has_the_column(warehouse: Warehouse) -> None:
    before = warehouse.table_hashes()
    recorded = warehouse.latest().recorded_at
    assert warehouse.upgrade() == 30
    assert warehouse.upgrade() == 0
    folder = warehouse.latest().path / "runs"
    for found in (
        ds.dataset(str(folder), partitioning="hive").to_table()["detail"].to_pylist(),
        pd.read_parquet(folder)["detail"].tolist(),
        pl.read_parquet(f"{folder}/*/*.parquet")["detail"].to_list(),
        [row[0] for row in duckdb.connect().execute(f"SELECT detail FROM '{folder}/*/*.parquet'").fetchall()],
        warehouse.sql("SELECT detail FROM runs")["detail"].to_pylist(),
    ):
        assert sorted(str(value) for value in found if isinstance(value, str)) == ["it failed"]
        assert len(found) == 31
    assert warehouse.table_hashes() == before
    assert warehouse.latest().recorded_at == recorded
    assert warehouse.verify() == []


def test_an_upgrade_that_was_killed_goes_on(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    renew = Transaction.renew

    def die_in_march(self: Transaction, table: str, month: str) -> int:
        if month == "2026-03":
            raise KeyboardInterrupt
        return renew(self, table, month)

    with monkeypatch.context() as patch:
        patch.setattr(Transaction, "renew", die_in_march)
        with pytest.raises(KeyboardInterrupt):
            warehouse.upgrade()
    assert warehouse.verify() == []
    assert 0 < warehouse.upgrade() < 30
    assert warehouse.verify() == []
