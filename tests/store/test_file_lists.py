"""Files as an SQL list: whatever days and names they have, just these are read; one that is gone is an error, a foreign one no row."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from pipeline.errors import WarehouseError
from pipeline.store.file_lists import file_list
from pipeline.store.manifest import StoredFile
from pipeline.store.warehouse import Warehouse
from tests.store.sample import NOW, rows

FIRST = date(2025, 12, 20)


def stored(path: str, day: date | None) -> StoredFile:
    return StoredFile(path=path, day=day, rows=1, bytes=1, sha256="", schema="", ranges={})


def usual(day: date, seed: int = 0) -> StoredFile:
    digest = f"{random.Random(f'{day}{seed}').getrandbits(80):020x}"
    return stored(f"day={day}/runs-{day}-{digest}.parquet", day)


DAYS = [FIRST + timedelta(days=n) for n in range(40)]
SHAPES = {
    "one": [usual(DAYS[0])],
    "a run": [usual(day) for day in DAYS],
    "a run with gaps": [usual(day) for day in DAYS if day.day not in (1, 2, 15)],
    "several in a day": [usual(day, n) for day in DAYS for n in range(1 + 3 * (day.day in (1, 15)))],
    "very many in a day": [usual(day, n) for day in DAYS for n in range(1 + 11 * (day.day in (1, 15)))],
    "one day": [usual(DAYS[0], n) for n in range(20)],
    "scattered": [usual(day) for day in DAYS[::3]],
    "other names": [*(usual(day) for day in DAYS), stored(f"day={FIRST}/other.parquet", FIRST)],
    "without days": [stored("sources-00.parquet", None), stored("sources-01.parquet", None)],
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("folder", ["/srv/news", "/a b/it's [x]*?/c\\1", "/with|bar", "/day=2020-01-01, (2)"])
def test_a_list_names_every_file_once_and_the_newest_day_first(shape: str, folder: str) -> None:
    files = SHAPES[shape]
    ((found,),) = duckdb.connect().execute(f"SELECT {file_list(Path(folder), 'runs', files)}").fetchall()
    plain = [path.replace("[[]", "[").replace("[*]", "*").replace("[?]", "?") for path in found]
    wanted = sorted((f"{folder}/{file.path}" for file in files), reverse=True)
    assert len(plain) == len(files)
    newest = wanted[0].rpartition("/")[0]
    assert plain[0].startswith(newest)
    for path in plain:
        start, _, end = path.partition("*.parquet") if path.endswith("*.parquet") else (path, "", "")
        assert sum(one.startswith(start) for one in wanted) == 1
        assert not end


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    warehouse = Warehouse(tmp_path / "wh")
    with warehouse.writing(NOW) as tx:
        windows = [NOW - timedelta(days=n) for n in range(12)]
        tx.upsert("runs", rows("runs", *({"run_id": f"r{w:%d}", "window_start": w} for w in windows)))
        tx.upsert("sources", rows("sources", {"source_id": "a"}))
        tx.commit()
    return warehouse


ASKED = (
    "SELECT count(*) FROM runs",
    "SELECT count(*) FROM runs WHERE day = DATE '2026-03-02'",
    "SELECT run_id FROM runs WHERE day = DATE '2026-02-25' LIMIT 1",
    "SELECT max(day) FROM runs",
    "SELECT count(*) FROM runs r JOIN sources s ON true WHERE r.day = DATE '2026-02-20'",
)


@pytest.mark.parametrize("query", ASKED)
@pytest.mark.parametrize("what", ["file", "link of a day", "version"])
def test_what_is_missing_is_an_error_whatever_is_asked(warehouse: Warehouse, query: str, what: str) -> None:
    folder = (warehouse.latest().path / "runs").resolve()
    link = folder / "day=2026-02-25"
    if what == "file":
        next(link.iterdir()).unlink()
    elif what == "link of a day":
        link.unlink()
    else:
        folder.rename(folder.with_name("away"))
    with pytest.raises(duckdb.Error, match="No files found"):
        warehouse.sql(query)
    with pytest.raises(WarehouseError, match="No files found"), warehouse.latest().connect() as session:
        session.execute(query)
    with pytest.raises(WarehouseError, match="cannot read runs"):
        warehouse.latest().read("runs")
    assert any("missing" in str(problem) or "cannot be read" in str(problem) for problem in warehouse.verify())


def test_a_foreign_file_is_no_row_of_sql_and_is_named(warehouse: Warehouse) -> None:
    folder = warehouse.latest().path / "runs"
    day = next((folder / "day=2026-02-25").glob("*.parquet"))
    (folder / "day=2026-01-01").mkdir()
    for name in ("x.parquet", day.name.replace("2026-02-25-", "2026-02-25-ffff")):
        pq.write_table(pq.read_table(day), day.with_name(name))
    pq.write_table(pq.read_table(day), folder / "day=2026-01-01" / "x.parquet")
    assert warehouse.sql("SELECT count(*) AS n FROM runs").to_pylist() == [{"n": 12}]
    assert warehouse.latest().read("runs").num_rows == 12
    assert sum("not in the manifest" in str(problem) for problem in warehouse.verify()) == 3
