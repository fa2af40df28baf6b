"""A backup is a warehouse too; what is restored from it is what was there, byte by byte and row by row."""

from __future__ import annotations

import shutil
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.errors import WarehouseCorrupt, WarehouseError
from pipeline.store import manifest
from pipeline.store.warehouse import Warehouse
from tests.played import Play
from tests.store import writers
from tests.store.sample import NOW, rows
from tests.typed import typed


def wall() -> datetime:
    return datetime.now(UTC)


def read_again() -> None:
    """Forget the manifests that were read, as another process has not read them yet."""
    for known in (manifest._read, manifest._read_part):
        known.cache_clear()


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    writers.commit_batches(tmp_path / "wh", 3)
    builds = tmp_path / "wh" / "digests" / "builds" / "b"
    builds.mkdir(parents=True)
    (builds / "digest.md").write_text("a line")
    (tmp_path / "wh" / "digests" / "2026-03-02").symlink_to("builds/b")
    return Warehouse(tmp_path / "wh")


def test_a_restored_warehouse_has_the_same_rows_and_digests(warehouse: Warehouse, tmp_path: Path) -> None:
    done = warehouse.back_up(tmp_path / "backup", now=wall())
    assert (done.snapshot, done.files) == (3, sum(len(t.files) for t in warehouse.latest().manifest.tables.values()))
    backup = Warehouse(tmp_path / "backup")
    assert backup.verify() == []
    shutil.rmtree(warehouse.root)
    restored = Warehouse(tmp_path / "wh")
    restored.restore(backup.root)
    assert restored.verify() == []
    assert restored.table_hashes() == backup.table_hashes()
    for place in ("builds/b", "2026-03-02"):
        assert (restored.root / "digests" / place / "digest.md").read_text() == "a line"
    writers.commit_batches(restored.root, 1)
    assert restored.latest().number == 4
    assert writers.is_whole(restored)
    with pytest.raises(WarehouseError, match="there is a warehouse in"):
        restored.restore(backup.root)


def test_a_copy_of_several_months_stands_by_itself(warehouse: Warehouse, tmp_path: Path) -> None:
    for months in (2, 1, 0):
        with warehouse.writing(NOW) as tx:
            window_start = NOW - timedelta(days=40 * months)
            tx.upsert("runs", rows("runs", {"run_id": f"r{months}", "window_start": window_start}))
            tx.commit()
        read_again()
        warehouse.back_up(tmp_path / "backup", now=wall())
        read_again()
        assert Warehouse(tmp_path / "backup").verify() == []
    hashes = warehouse.table_hashes()
    assert len(list((tmp_path / "backup" / "manifests").iterdir())) >= 2
    shutil.rmtree(warehouse.root)
    warehouse.restore(tmp_path / "backup")
    shutil.rmtree(tmp_path / "backup")
    read_again()
    assert warehouse.verify() == []
    assert warehouse.table_hashes() == hashes


def test_a_second_backup_copies_what_is_new(warehouse: Warehouse, tmp_path: Path) -> None:
    warehouse.back_up(tmp_path / "backup", now=wall())
    assert warehouse.back_up(tmp_path / "backup", now=wall()).files == 0
    with warehouse.writing(NOW) as tx:
        tx.upsert("runs", rows("runs", {"run_id": "new", "window_start": NOW}))
        tx.commit()
    assert warehouse.back_up(tmp_path / "backup", now=wall()).files == 1
    backup = Warehouse(tmp_path / "backup")
    assert backup.kept() == [3, 4]
    assert backup.verify() == []
    assert backup.content_hash() == warehouse.content_hash()


def test_a_backup_holds_its_snapshot_against_upkeep_and_lets_it_go(
    warehouse: Warehouse, tmp_path: Path, monkeypatch
) -> None:
    from pipeline.store import warehouse as module

    begun, go_on = threading.Event(), threading.Event()
    copy = module.copy_snapshot

    def wait(*args: Path) -> object:
        begun.set()
        assert go_on.wait(30)
        return copy(*args)

    monkeypatch.setattr(module, "copy_snapshot", wait)
    thread = threading.Thread(target=warehouse.back_up, args=(tmp_path / "backup",), kwargs={"now": wall()})
    thread.start()
    assert begun.wait(30)
    writers.commit_batches(warehouse.root, 2)
    assert 3 not in warehouse.expire(wall(), force=True)
    warehouse.collect_garbage(wall())
    go_on.set()
    thread.join()
    assert Warehouse(tmp_path / "backup").verify() == []
    assert warehouse.expire(wall() + timedelta(days=40)) == [3]


def test_damage_is_not_backed_up(warehouse: Warehouse, tmp_path: Path) -> None:
    warehouse.back_up(tmp_path / "backup", now=wall())
    writers.commit_batches(warehouse.root, 1)
    file = warehouse.latest().manifest.files("quarantine")[0]
    path = warehouse.root / "files" / "quarantine" / file.path
    data = bytearray(path.read_bytes())
    data[40] ^= 1
    path.write_bytes(data)
    with pytest.raises(WarehouseCorrupt, match="is not what the manifest says"):
        warehouse.back_up(tmp_path / "backup", now=wall())
    assert Warehouse(tmp_path / "backup").latest().number == 3
    assert Warehouse(tmp_path / "backup").verify() == []


def test_what_cannot_be_backed_up_or_restored_is_told(warehouse: Warehouse, tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match="nothing in"):
        Warehouse(tmp_path / "none").back_up(tmp_path / "backup", now=wall())
    with pytest.raises(WarehouseError, match="no warehouse in"):
        Warehouse(tmp_path / "other").restore(tmp_path / "none")
    with pytest.raises(WarehouseError, match="lies in the warehouse itself"):
        warehouse.back_up(warehouse.root / "backup", now=wall())
    writers.commit_batches(tmp_path / "stranger", 2)
    with Warehouse(tmp_path / "stranger").writing(NOW) as tx:
        tx.upsert("runs", rows("runs", {"run_id": "other"}))
        tx.commit()
    with pytest.raises(WarehouseError, match="snapshot 3 of its own"):
        warehouse.back_up(tmp_path / "stranger", now=wall())


def test_the_commands_back_up_restore_and_repair(warehouse: Warehouse, tmp_path: Path) -> None:
    def daybook(*words: object, root: Path = warehouse.root) -> tuple[int, str]:
        done = typed("warehouse", *words, warehouse=str(root))
        return done.returncode, done.stdout + done.stderr

    code, said = daybook("backup", tmp_path / "backup")
    assert code == 0
    assert said.startswith(f"snapshot 3 is in {tmp_path / 'backup'}: ")
    code, said = daybook("restore", tmp_path / "backup", root=tmp_path / "new")
    assert code == 0
    assert Warehouse(tmp_path / "new").verify() == []
    assert daybook("repair", root=tmp_path / "new") == (0, "snapshot 3 is whole\n")
    (tmp_path / "new" / "current").unlink()
    assert daybook("verify", root=tmp_path / "new")[0] == 1
    code, said = daybook("repair", root=tmp_path / "new")
    assert code == 0
    assert "was gone and leads to snapshot 3" in said
    for link in (tmp_path / "new").rglob("runs-*.parquet"):
        link.unlink()
    code, said = daybook("repair", root=tmp_path / "new")
    assert code == 1
    assert "lost: " in said


def test_a_backup_that_went_on_by_itself_is_not_set_back(warehouse: Warehouse, tmp_path: Path) -> None:
    backup = Warehouse(tmp_path / "backup")
    warehouse.back_up(backup.root, now=wall())
    writers.commit_batches(warehouse.root, 1)
    writers.commit_batches(backup.root, 3)  # as a withdrawal in the backup does
    with pytest.raises(WarehouseError, match="snapshot 6 of its own"):
        warehouse.back_up(backup.root, now=wall())
    assert (backup.latest().number, backup.verify()) == (6, [])


def test_nothing_is_restored_into_the_backup_itself(warehouse: Warehouse, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(warehouse.root)
    for inside in (warehouse.root / "new", tmp_path / "link" / "new"):
        with pytest.raises(WarehouseError, match="lies in the backup itself"):
            Warehouse(inside).restore(warehouse.root)
        with pytest.raises(WarehouseError, match="lies in the warehouse itself"):
            warehouse.back_up(inside, now=wall())
    assert not (warehouse.root / "new").exists()


def test_the_empty_snapshot_is_not_pinned(warehouse: Warehouse) -> None:
    with pytest.raises(WarehouseError, match="nothing to keep"):
        warehouse.pin(0)
    assert not warehouse.unpin(0)


def test_a_pin_ends_in_the_time_to_come(warehouse: Warehouse) -> None:
    past = typed("warehouse", "pin", "2", "--until", "2020-01-01", warehouse=str(warehouse.root))
    assert past.returncode == 2
    assert "has passed" in past.stderr


def test_where_there_is_no_warehouse_nothing_is_whole(tmp_path: Path) -> None:
    done = typed("warehouse", "repair", warehouse=str(tmp_path / "nowhere"))
    assert done.returncode == 2
    assert not (tmp_path / "nowhere").exists()
    (tmp_path / "empty").mkdir()
    assert typed("warehouse", "repair", warehouse=str(tmp_path / "empty")).returncode == 1


@pytest.mark.timeout(600)  # the first test that needs the play waits for it
def test_a_backup_s_digests_are_proven_and_repair_says_what_is_left_of_them(play: Play, tmp_path: Path) -> None:
    Warehouse(play.root).back_up(tmp_path / "backup", now=wall())
    here = str(tmp_path / "backup")
    assert typed("warehouse", "verify", warehouse=here).returncode == 0
    (tmp_path / "backup" / "digests" / "2026-03-03").unlink()
    for command in ("verify", "repair"):
        done = typed("warehouse", command, warehouse=here)
        assert done.returncode == 1
        assert "digests/2026-03-03 does not lead to build" in done.stdout
