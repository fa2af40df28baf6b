"""Full disks, missing rights: one clear line, and the current snapshot whole."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from pipeline.errors import WarehouseError
from pipeline.store.warehouse import Warehouse
from tests.store import writers
from tests.store.sample import DAY, NOW, rows

is_root = pytest.mark.skipif(os.getuid() != 0, reason="needs root, to become a user without rights")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that other users can enter."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


# A few bytes: not even the first Parquet file. 30 kB: small tables pass, the pages do not. 150 kB: all tables pass, the
# views file does not.
@pytest.mark.parametrize("limit", [10, 30_000, 150_000])
def test_a_full_disk_is_one_clear_line_and_costs_nothing(tmp_path: Path, limit: int) -> None:
    root, report = tmp_path / "wh", tmp_path / "report"
    writers.commit_batches(root, 2)
    warehouse = Warehouse(root)
    before = _names(root)
    process = writers.start(writers.commit_under_file_limit, root, limit, report)
    process.join()
    assert process.exitcode == 0
    message = report.read_text()
    assert message.startswith("cannot ")
    assert str(root) in message
    assert "\n" not in message
    assert "limit" in message or "too large" in message.lower()
    assert warehouse.latest().number == 2
    assert writers.is_whole(warehouse)
    assert warehouse.verify() == []
    assert _names(root) == before, "something was left behind"
    writers.commit_batches(root, 1)
    assert writers.is_whole(warehouse)


def _names(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file() or path.is_symlink()}


@is_root
def test_a_user_without_rights_can_read_and_is_told_when_writing(open_folder: Path) -> None:
    writers.commit_batches(open_folder / "wh", 1)
    report = open_folder / "report"
    process = writers.start(writers.read_as_nobody, open_folder / "wh", report)
    process.join()
    assert report.read_text() == "50 50"
    process = writers.start(writers.commit_as_nobody, open_folder / "wh", report)
    process.join()
    assert "permission denied" in report.read_text()
    assert str(open_folder / "wh") in report.read_text()
    assert Warehouse(open_folder / "wh").verify() == []


@is_root
def test_a_root_that_cannot_be_made_is_told(open_folder: Path) -> None:
    report = open_folder / "report"
    process = writers.start(writers.commit_as_nobody, open_folder / "deep" / "wh", report)
    process.join()
    assert "permission denied" in report.read_text()


def test_a_root_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "wh").write_text("")
    with pytest.raises(WarehouseError, match="cannot lock"), Warehouse(tmp_path / "wh").writing(NOW):
        pytest.fail("a file was taken for a folder")


def test_a_current_that_leads_astray_is_told(tmp_path: Path) -> None:
    (tmp_path / "current").symlink_to("elsewhere")
    with pytest.raises(WarehouseError, match="not in this warehouse"):
        Warehouse(tmp_path).latest()


def test_there_is_no_sql_before_the_first_commit(tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match=r"there is no .*warehouse\.duckdb yet"):
        Warehouse(tmp_path).sql("SELECT 1")


def test_roots_with_odd_names_work(tmp_path: Path) -> None:
    root = tmp_path / "it's [a] * ü"
    warehouse = Warehouse(root)
    with warehouse.writing(NOW) as tx:
        tx.upsert("runs", rows("runs", {"run_id": "a"}))
        tx.commit()
    with warehouse.writing(NOW) as tx:
        tx.upsert("runs", rows("runs", {"run_id": "a", "detail": "changed"}, {"run_id": "b"}))
        tx.commit()
    assert warehouse.verify() == []
    assert warehouse.sql("SELECT run_id, day FROM runs ORDER BY run_id").to_pylist() == [
        {"run_id": "a", "day": DAY},
        {"run_id": "b", "day": DAY},
    ]
    with warehouse.latest().connect() as session:
        assert session.execute("SELECT count(*) FROM runs").fetchone() == (2,)


@is_root
def test_a_full_disk_is_freed_by_expiry(tmp_path: Path) -> None:
    place = tmp_path / "small"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(place)], check=False).returncode:
        pytest.skip("this user may mount nothing")
    try:
        warehouse = Warehouse(place / "wh")
        with pytest.raises(WarehouseError, match=r"[Nn]o space (is )?left"):
            writers.commit_batches(warehouse.root, 200)
        with pytest.raises(OSError, match="No space"):
            (place / "filler").write_bytes(bytes(6_000_000))
        assert writers.is_whole(warehouse)
        count = len(warehouse.kept())
        now = datetime.now(UTC)
        assert warehouse.expire(now) == []  # all of them are young
        assert len(warehouse.expire(now, force=True)) == count - 1
        warehouse.collect_garbage(now)
        writers.commit_batches(warehouse.root, 1)
        assert writers.is_whole(warehouse)
        assert warehouse.verify() == []
    finally:
        subprocess.run(["umount", str(place)], check=False)


@is_root
def test_a_read_only_mount_at_another_place_is_read_and_never_answers_from_elsewhere(tmp_path: Path) -> None:
    writers.commit_batches(tmp_path / "wh", 2)
    other = tmp_path / "mounted"
    other.mkdir()
    if subprocess.run(["mount", "-o", "bind,ro", str(tmp_path / "wh"), str(other)], check=False).returncode:
        pytest.skip("this user may mount nothing")
    try:
        mounted = Warehouse(other)
        assert mounted.latest().read("runs").num_rows == 2
        assert mounted.verify() == []
        assert mounted.sql("SELECT count(*) AS n FROM runs").to_pylist() == [
            {"n": 2}
        ]  # the same folder, by another name
        with (
            duckdb.connect(str(other / "warehouse.duckdb"), read_only=True) as session,
            pytest.raises(duckdb.Error, match="same_place = true"),
        ):
            session.execute("SELECT count(*) FROM runs").fetchall()
        with pytest.raises(WarehouseError, match="read-only"), mounted.writing(NOW):
            pytest.fail("a read-only mount was written")
        away = (tmp_path / "wh").rename(tmp_path / "away")  # as in a container that has only the mount
        with pytest.raises(WarehouseError, match="daybook warehouse rebuild"):
            mounted.sql("SELECT count(*) FROM runs")
        assert mounted.latest().read("runs").num_rows == 2
        away.rename(tmp_path / "wh")
    finally:
        subprocess.run(["umount", str(other)], check=False)
