"""What an hour opens and writes does not grow with what the warehouse holds."""

from __future__ import annotations

import os
from datetime import date, timedelta
from pathlib import Path

import pytest

from benchmarks.made_warehouse import make_warehouse
from benchmarks.warehouse import play_hours
from pipeline.store.warehouse import Warehouse

LAST = date(2026, 11, 20)
# The longest span that an hour looks back over: the memory of stories. Requests of sources go back further, archives ask none.
SPAN = timedelta(days=32)


def keeps_times_of_reading(folder: Path) -> bool:
    path = folder / "read"
    path.write_bytes(b"1")
    os.utime(path, ns=(1, path.stat().st_mtime_ns))
    path.read_bytes()
    return path.stat().st_atime_ns != 1


def test_an_hour_opens_no_file_of_days_that_it_has_nothing_to_do_with(tmp_path: Path) -> None:
    if not keeps_times_of_reading(tmp_path):
        pytest.skip("the file system notes no time of reading")
    warehouse = make_warehouse(tmp_path / "wh", 50, last=LAST, articles_a_day=3)
    play_hours(warehouse, 50, 1, pages=12, edited_days=9)
    read = [path for path in (warehouse.root / "files").glob("*/day=*/*.parquet") if path.stat().st_atime_ns > 2e9]
    placed = warehouse.latest().read("story_articles", columns=["story_id"]).to_pylist()
    remembered = {row["story_id"] for row in placed if row["day"] >= LAST - SPAN}
    asked = {row["day"] for row in placed if row["story_id"] in remembered or row["day"] >= LAST - SPAN}
    bound = min(row["day"] for row in placed)  # views and macros are bound to a table's first file
    far = [path.name for path in read if date.fromisoformat(path.parts[-2][4:]) not in {*asked, bound}]
    assert not far, "\n".join(sorted(far))
    assert len(asked) < 45
    assert len({path.parts[-3] for path in read}) > 12
    assert warehouse.latest().number > 1


@pytest.mark.drill
def test_an_hour_at_two_hundred_days_opens_as_many_files_as_at_forty(tmp_path: Path) -> None:
    hours = {}
    for days in (40, 200):
        warehouse = make_warehouse(tmp_path / str(days), days, last=LAST, articles_a_day=12)
        (hours[days],) = play_hours(warehouse, days, 1, pages=24, edited_days=9)
    assert 0 < hours[200].files_read <= 1.2 * hours[40].files_read
    assert hours[200].read_bytes <= 1.5 * hours[40].read_bytes
    assert hours[200].inodes <= 300
    assert Warehouse(tmp_path / "200").verify() == []
