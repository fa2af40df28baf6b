"""Files of an older declaration: null for what they lack, in every reader, and written anew by a call that may be killed."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pyarrow.dataset as ds
import pytest

from pipeline.store.parquet import schema_id
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
        "pandas": [
            value if isinstance(value, str) else None for value in pd.read_parquet(folder, schema=schema)["detail"]
        ],
        "polars": pl.scan_parquet(
            f"{folder}/*/*.parquet", missing_columns="insert", schema=pl.from_arrow(schema.empty_table()).schema
        )
        .collect()["detail"]
        .to_list(),
    }
    return {name: sorted(values, key=str) for name, values in found.items()}


READERS = ("views", "daybook", "duckdb", "pyarrow", "pandas", "polars")
EXPECTED = sorted(["it failed", *[None] * 30], key=str)


def test_what_older_files_lack_is_null_in_every_reader(warehouse: Warehouse) -> None:
    assert details(warehouse) == dict.fromkeys(READERS, EXPECTED)


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


@pytest.mark.parametrize("where", ["before a month is written", "before it is published"])
def test_an_upgrade_that_is_killed_again_and_again_comes_to_its_end(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """Each call gets one month further and dies; in between every reader reads, and a second end changes nothing."""
    hashes, left = warehouse.table_hashes(), 30
    attribute = "renew" if where == "before a month is written" else "commit"
    real = getattr(Transaction, attribute)
    for allowed in range(3):
        done: list[object] = []

        def die_later(self: Transaction, *rest: str, done: list[object] = done, most: int = min(allowed, 1)) -> object:
            if len(done) >= most:
                raise KeyboardInterrupt
            done.append(rest)
            return real(self, *rest)

        if left:
            with monkeypatch.context() as patch:
                patch.setattr(Transaction, attribute, die_later)
                with suppress(KeyboardInterrupt):
                    warehouse.upgrade()
        assert details(warehouse) == dict.fromkeys(READERS, EXPECTED)
        assert warehouse.verify() == []
        old = {
            file.path for file in warehouse.latest().manifest.files("runs") if file.schema != schema_id(TABLES["runs"])
        }
        assert len(old) <= left
        left = len(old)
    assert left == 0
    assert warehouse.upgrade() == 0
    assert warehouse.table_hashes() == hashes
    warehouse.expire(datetime.now(UTC), force=True)
    warehouse.collect_garbage(datetime.now(UTC))
    assert details(warehouse) == dict.fromkeys(READERS, EXPECTED)
    assert warehouse.verify() == []
