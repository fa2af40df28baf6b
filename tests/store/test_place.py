"""Where a warehouse may be, and what is said where its entry points are not as they should be."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.errors import WarehouseCorrupt, WarehouseError
from pipeline.explain.status import warehouse_status
from pipeline.settings import Settings
from pipeline.store.warehouse import Warehouse
from tests.store import writers
from tests.typed import typed


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    writers.commit_batches(tmp_path / "wh", 3)
    return Warehouse(tmp_path / "wh")


@pytest.mark.parametrize("folder", ["day=2026-01-01", "lang=en", "what?"])
def test_a_place_that_readers_would_misread_is_refused(tmp_path: Path, folder: str) -> None:
    root = tmp_path / folder / "wh"
    with pytest.raises(WarehouseError, match="no warehouse can be in"):
        Warehouse(root)
    (tmp_path / folder).mkdir()
    (tmp_path / "by-another-name").symlink_to(folder)
    with pytest.raises(WarehouseError, match="no warehouse can be in"):
        Warehouse(tmp_path / "by-another-name" / "wh")


def test_what_is_lost_is_told_with_what_makes_it_good(warehouse: Warehouse) -> None:
    views = warehouse.latest().path / "_warehouse.duckdb"
    views.unlink()
    with pytest.raises(WarehouseCorrupt, match="daybook warehouse rebuild"):
        warehouse.open_readonly()
    warehouse.rebuild()
    manifest = warehouse.latest().path / "_manifest.json"
    whole = manifest.read_bytes()
    for broken in (b"{", None):
        manifest.unlink()
        if broken:
            manifest.write_bytes(broken)
        done = typed("warehouse", "verify", warehouse=str(warehouse.root))
        assert done.returncode == 1
        assert "daybook warehouse repair" in done.stderr
        assert "warehouse verify" not in done.stderr
    manifest.write_bytes(whole)


@pytest.mark.parametrize("of_it", [0.5, 0.0], ids=["cut", "empty"])
def test_a_views_file_that_is_no_database_is_told_with_the_remedy(warehouse: Warehouse, of_it: float) -> None:
    path = warehouse.latest().path / "_warehouse.duckdb"
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * of_it)])
    with pytest.raises(WarehouseError, match="daybook warehouse rebuild"):
        warehouse.open_readonly()
    warehouse.rebuild()
    assert warehouse.verify() == []


def test_current_set_back_is_told_and_may_be_meant(warehouse: Warehouse) -> None:
    (warehouse.root / "current").unlink()
    (warehouse.root / "current").symlink_to("snapshots/2")
    facts, text = warehouse_status(warehouse, Settings())
    assert facts["set_back_from"] == 3
    assert "set back: snapshot 3" in text
    assert typed("warehouse", "verify", warehouse=str(warehouse.root)).returncode == 1
    kept = typed("warehouse", "repair", "--keep-current", warehouse=str(warehouse.root))
    assert (kept.returncode, kept.stdout) == (0, "snapshot 2 is whole\n")
    assert typed("warehouse", "verify", warehouse=str(warehouse.root)).returncode == 0


def test_current_that_leads_to_another_warehouse_is_refused_and_repaired(warehouse: Warehouse, tmp_path: Path) -> None:
    writers.commit_batches(tmp_path / "other", 2)
    current = warehouse.root / "current"
    for target in (tmp_path / "other" / "snapshots" / "2", Path("..", "other", "snapshots", "2")):
        current.unlink()
        current.symlink_to(target)
        with pytest.raises(WarehouseCorrupt, match="not in this warehouse"):
            warehouse.latest()
        done = warehouse.repair()
        assert "led out of the warehouse" in done[0]
        assert warehouse.latest().number == 3
        assert warehouse.verify() == []


def test_a_folder_with_other_things_takes_no_backup(warehouse: Warehouse, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letters.txt").write_text("mine")
    with pytest.raises(WarehouseError, match=r"holds other things \(letters.txt\)"):
        warehouse.back_up(tmp_path / "home", now=datetime.now(UTC))
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["letters.txt"]
    warehouse.back_up(tmp_path / "backup", now=datetime.now(UTC))
    shutil.rmtree(tmp_path / "backup" / "snapshots")  # as a copy that was killed
    (tmp_path / "backup" / "current").unlink()
    warehouse.back_up(tmp_path / "backup", now=datetime.now(UTC))
    assert Warehouse(tmp_path / "backup").verify() == []


def test_columns_of_views_that_are_a_table_s_are_described(warehouse: Warehouse) -> None:
    told = warehouse.sql(
        "SELECT v.column_name, v.comment IS NULL AS silent FROM duckdb_columns() v JOIN duckdb_columns() t"
        " ON t.table_name = 'developments' AND t.column_name = v.column_name WHERE v.table_name = 'digest_lines'"
    )
    assert told.num_rows
    assert {row["column_name"] for row in told.to_pylist() if row["silent"]} <= {"day"}


def test_a_rebuild_prints_no_digest(tmp_path: Path) -> None:
    done = typed("digest", "--date", "2026-03-02", "--rebuild", "--sources", warehouse=str(tmp_path))
    assert done.returncode == 2
    assert "leave --format and --sources out" in done.stderr
