"""Each kind of damage is told rightly, makes no reader show fewer rows, and is repaired where something whole is left."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from pipeline.errors import WarehouseCorrupt, WarehouseError
from pipeline.store import manifest
from pipeline.store.manifest import EMPTY
from pipeline.store.upkeep import Retention
from pipeline.store.warehouse import Warehouse
from tests.store.sample import NOW, article, rows

ROWS = 12


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    warehouse = Warehouse(tmp_path / "wh")
    with warehouse.writing(NOW) as tx:
        tx.upsert("pages", rows("pages", {"page_id": "p"}))
        tx.upsert("articles", rows("articles", {**article("a", "Gazette", "A title"), "page_id": "p"}))
        tx.upsert("duplicates", rows("duplicates", {"article_id": "a", "canonical_id": "a"}))
        tx.upsert("runs", rows("runs", {"run_id": "r"}))
        tx.upsert("stage_counts", rows("stage_counts", {"run_id": "r", "received": 6}))
        tx.commit()
    windows = [NOW - timedelta(days=n) for n in range(ROWS)]
    for half in (windows[:6], windows[6:]):
        with warehouse.writing(NOW) as tx:
            tx.upsert("fetches", rows("fetches", *({"fetch_id": f"f{w:%d}", "window_start": w} for w in half)))
            tx.commit()
    return warehouse


def count(warehouse: Warehouse) -> int:
    with duckdb.connect(str(warehouse.root / "warehouse.duckdb"), read_only=True) as session:
        return int(session.execute("SELECT count(*) FROM fetches").fetchall()[0][0])


def file(warehouse: Warehouse) -> Path:
    return warehouse.root / "files" / "fetches" / warehouse.latest().manifest.files("fetches")[3].path


def link(warehouse: Warehouse) -> Path:
    return warehouse.latest().path / "fetches" / warehouse.latest().manifest.files("fetches")[3].path


def lose_the_day(warehouse: Warehouse) -> None:
    shutil.rmtree(link(warehouse).parent.resolve())


def put_a_foreign_file(warehouse: Warehouse) -> None:
    shutil.copy(link(warehouse), link(warehouse).with_name("foreign.parquet"))


def put_other_bytes(warehouse: Warehouse) -> None:
    place = link(warehouse)
    data = bytearray(place.read_bytes())
    place.unlink()
    data[len(data) // 2] ^= 1
    place.write_bytes(data)


def set_current(warehouse: Warehouse, number: int) -> None:
    (warehouse.root / "current").unlink()
    (warehouse.root / "current").symlink_to(f"snapshots/{number}")


def cut_the_manifest(warehouse: Warehouse) -> None:
    os.truncate(warehouse.latest().path / "_manifest.json", 100)


def change_the_manifest(warehouse: Warehouse) -> None:
    path = warehouse.latest().path / "_manifest.json"
    told = json.loads(path.read_text())
    told["tables"]["articles"]["files"] = []
    path.write_text(json.dumps(told))


def change_a_part(warehouse: Warehouse) -> None:
    for part in (warehouse.root / "manifests").iterdir():
        part.write_bytes(part.read_bytes().replace(b'"rows": 1', b'"rows": 2', 1))


def lose_the_columns(warehouse: Warehouse) -> None:
    for path in (warehouse.latest().path / "withdrawals").glob("**/*.parquet"):
        path.unlink()


def change_the_views(warehouse: Warehouse) -> None:
    path = warehouse.latest().path / "_warehouse.duckdb"
    path.chmod(0o644)
    with duckdb.connect(str(path)) as session:
        session.execute("CREATE OR REPLACE VIEW fetches AS SELECT 1 AS fetch_id")


DAMAGE: dict[str, tuple[Callable[[Warehouse], object], str]] = {
    "lost link": (lambda w: link(w).unlink(), "is missing from the snapshot"),
    "lost day": (lose_the_day, "is missing from the snapshot"),
    "lost link of a day": (lambda w: link(w).parent.unlink(), "is missing from the snapshot"),
    "lost version": (lambda w: shutil.rmtree((w.latest().path / "fetches").resolve()), "is missing from the snapshot"),
    "lost link of a table": (lambda w: (w.latest().path / "fetches").unlink(), "is missing from the snapshot"),
    "lost file": (lambda w: file(w).unlink(), "cannot be read"),
    "foreign file": (put_a_foreign_file, "is not in the manifest"),
    "flipped byte in one of two copies": (put_other_bytes, "is not the file"),
    "lost current": (lambda w: (w.root / "current").unlink(), "is gone, but snapshots up to 3"),
    "current set back": (lambda w: set_current(w, 2), "it was set back"),
    "cut manifest": (cut_the_manifest, "is no manifest"),
    "changed manifest": (change_the_manifest, "is not as it was written"),
    "changed part of a manifest": (change_a_part, "is not the part"),
    "lost part of a manifest": (lambda w: shutil.rmtree(w.root / "manifests"), "manifests"),
    "lost manifest": (lambda w: (w.latest().path / "_manifest.json").unlink(), "_manifest.json"),
    "lost views": (lambda w: (w.latest().path / "_warehouse.duckdb").unlink(), "is missing"),
    "changed views": (change_the_views, "is not as it was written"),
    "lost seal": (lambda w: (w.latest().path / "_SUCCESS").unlink(), "is missing"),
    "lost columns": (lambda w: shutil.rmtree(w.root / "empty"), "has no file with the columns"),
    "lost file of columns": (lose_the_columns, "has no file with the columns"),
    "lost entry": (lambda w: (w.root / "warehouse.duckdb").unlink(), "is missing"),
}


def told(warehouse: Warehouse) -> str:
    for known in (manifest._read, manifest._read_part):  # what another process would not have read yet
        known.cache_clear()
    try:
        return "\n".join(map(str, warehouse.verify()))
    except WarehouseError as error:
        return str(error)


@pytest.mark.parametrize("kind", DAMAGE)
def test_damage_is_told_never_shows_fewer_rows_and_is_repaired(warehouse: Warehouse, kind: str) -> None:
    whole = warehouse.content_hash()
    assert warehouse.verify() == []
    assert warehouse.repair() == []
    do_damage, message = DAMAGE[kind]
    do_damage(warehouse)
    assert message in told(warehouse)
    if kind != "current set back" and kind != "changed views":  # an older state, whole, and another's query
        with suppress(duckdb.Error):
            assert count(warehouse) == ROWS
    done = warehouse.repair()
    assert done
    assert all("\n" not in line for line in done)
    assert warehouse.verify() == []
    assert count(warehouse) == ROWS
    assert warehouse.content_hash() == whole
    with warehouse.writing(NOW) as tx:
        tx.upsert("fetches", rows("fetches", {"fetch_id": "f05", "window_start": NOW, "url": "moved"}))
        tx.commit()
    assert warehouse.verify() == []


@pytest.mark.parametrize("kind", ["byte", "file"])
def test_what_no_copy_is_left_of_is_told_with_its_table_and_day(warehouse: Warehouse, kind: str) -> None:
    path, links = file(warehouse), (warehouse.root / "days").rglob(file(warehouse).name)
    if kind == "byte":
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
        assert "has SHA-256" in told(warehouse)
    else:
        for one in [path, *links]:
            one.unlink()
        with pytest.raises(duckdb.Error, match="No files found"):
            count(warehouse)
    (line,) = warehouse.repair()
    assert line.startswith(f"lost: {path}")
    assert f"1 rows of fetches of {warehouse.latest().manifest.files('fetches')[3].day}" in line
    assert warehouse.verify() != []


def test_no_number_is_given_twice_whatever_current_leads_to(warehouse: Warehouse) -> None:
    resolved = warehouse.latest()
    set_current(warehouse, 1)
    warehouse.collect_garbage(datetime.now(UTC))
    with pytest.raises(WarehouseCorrupt, match="3 was published"), warehouse.writing(NOW):
        pytest.fail("it was built on a snapshot that lacks the rows of the last")
    assert warehouse.repair(keep_current=True) == []
    with warehouse.writing(NOW) as tx:
        tx.upsert("fetches", rows("fetches", {"fetch_id": "g"}))
        assert tx.commit().number == 4
    assert warehouse.latest().manifest.parent == 1
    assert resolved.read("fetches").num_rows == ROWS
    assert warehouse.snapshot(3).manifest == resolved.manifest
    assert warehouse.snapshot_at(NOW).number == 4
    assert warehouse.verify() == []
    (warehouse.root / "highest-snapshot").unlink()
    set_current(warehouse, 2)
    with warehouse.writing(NOW) as tx:
        tx.upsert("fetches", rows("fetches", {"fetch_id": "h"}))
        assert tx.commit().number == 5


def test_current_that_was_set_back_on_purpose_stays(warehouse: Warehouse) -> None:
    set_current(warehouse, 2)
    assert warehouse.repair(keep_current=True) == []
    assert warehouse.latest().number == 2
    assert warehouse.verify() == []
    assert warehouse.repair() != []
    assert warehouse.latest().number == 3
    set_current(warehouse, 1)
    assert any("set back" in str(problem) for problem in warehouse.verify())  # what was meant was another


def test_a_last_snapshot_that_is_nowhere_is_told_as_lost(warehouse: Warehouse) -> None:
    set_current(warehouse, 2)
    shutil.rmtree(warehouse.root / "snapshots" / "3")
    (line,) = warehouse.repair()
    assert line.startswith("lost: snapshot 3")
    assert warehouse.repair(keep_current=True) == []
    with warehouse.writing(NOW) as tx:
        tx.upsert("fetches", rows("fetches", {"fetch_id": "i"}))
        assert tx.commit().number == 4
    assert warehouse.verify() == []


def test_what_a_warehouse_knew_never_runs_backwards(warehouse: Warehouse) -> None:
    for now, run_id in ((NOW - timedelta(days=2), "earlier"), (NOW + timedelta(hours=1), "later")):
        with warehouse.writing(now) as tx:
            tx.upsert("fetches", rows("fetches", {"fetch_id": run_id}))
            tx.commit()
    assert [warehouse.snapshot(n).recorded_at for n in (3, 4, 5)] == [NOW, NOW, NOW + timedelta(hours=1)]
    assert warehouse.snapshot_at(NOW - timedelta(days=1)).manifest == EMPTY
    with warehouse.writing(datetime.now(UTC) + timedelta(days=900)) as tx:
        tx.upsert("fetches", rows("fetches", {"fetch_id": "stray"}))
        tx.commit()
    assert "which is not yet" in told(warehouse)


def test_a_clock_that_ran_backwards_is_told_and_moves_no_snapshot_before_its_parent(warehouse: Warehouse) -> None:
    assert warehouse.verify() == []
    ahead = datetime.now(UTC) + timedelta(
        days=3
    )  # by this clock the third snapshot was written, before it was set right
    path = warehouse.snapshot(3).path / "_manifest.json"
    os.utime(path, (ahead.timestamp(), ahead.timestamp()))
    with warehouse.writing(NOW - timedelta(days=2)) as tx:
        tx.upsert("fetches", rows("fetches", {"fetch_id": "after"}))
        tx.commit()
    (problem,) = warehouse.verify()
    assert "before its parent, snapshot 3: a clock ran backwards" in str(problem)
    assert problem.path == str(warehouse.latest().path)
    assert warehouse.latest().recorded_at == warehouse.snapshot(3).recorded_at
    warehouse.expire(datetime.now(UTC), Retention(), force=True)
    assert warehouse.verify() == []


def test_a_row_that_leads_nowhere_or_stands_on_another_day_is_told(warehouse: Warehouse) -> None:
    with warehouse.writing(NOW) as tx:
        tx.delete("articles", rows("articles", {"article_id": "a"}))
        tx.upsert("stage_counts", rows("stage_counts", {"run_id": "r", "received": 999}))
        tx.commit()
    problems = told(warehouse)
    assert "1 rows have a article_id that articles has not, e.g. a" in problems
    assert "1 rows do not balance" in problems


def copied(warehouse: Warehouse, how: str, target: Path) -> Warehouse:
    source = str(warehouse.root)
    target.parent.mkdir(exist_ok=True)
    if how == "tar":
        target.mkdir()
        pack = subprocess.Popen(["tar", "-C", source, "-cf", "-", "."], stdout=subprocess.PIPE)
        subprocess.run(["tar", "-C", str(target), "-xf", "-"], stdin=pack.stdout, check=True)
        pack.wait()
    elif how.startswith("rsync"):
        if not shutil.which("rsync"):
            pytest.skip("there is no rsync")
        subprocess.run([*how.split(), f"{source}/", f"{target}/"], check=True)
    else:
        subprocess.run([*how.split(), source, str(target)], check=True)
    return Warehouse(target)


@pytest.mark.parametrize("how", ["tar", "rsync -a", "rsync -aH", "cp -a", "cp -r", "cp -rL"])
def test_a_copy_never_answers_from_where_it_was_made_and_is_healed(
    warehouse: Warehouse, tmp_path: Path, how: str
) -> None:
    whole = warehouse.content_hash()
    copy = copied(warehouse, how, tmp_path / "elsewhere" / "copy")
    with pytest.raises(duckdb.Error, match="opened elsewhere"):
        count(copy)
    if how != "cp -rL":
        assert "so that SQL would answer from there; run `daybook warehouse rebuild`" in told(copy)
        with pytest.raises(WarehouseCorrupt, match="daybook warehouse rebuild"):
            copy.sql("FROM fetches")
        assert copy.latest().read("fetches").num_rows == ROWS
        copy.rebuild()
    else:
        assert "run `daybook warehouse repair`" in told(copy)
        copy.repair()
    assert copy.verify() == []
    assert count(copy) == ROWS
    assert copy.content_hash() == whole
    with copy.writing(NOW) as tx:
        tx.upsert("fetches", rows("fetches", {"fetch_id": "new"}))
        tx.commit()
    assert (count(copy), count(warehouse)) == (ROWS + 1, ROWS)
    copy.expire(datetime.now(UTC) + timedelta(days=40), Retention())
    copy.collect_garbage(datetime.now(UTC))
    assert copy.verify() == []
    assert warehouse.verify() == []


def test_a_day_s_digest_that_a_copy_made_a_folder_is_a_link_again(warehouse: Warehouse, tmp_path: Path) -> None:
    digests = warehouse.root / "digests"
    for build in ("one", "two"):
        (digests / "builds" / build).mkdir(parents=True)
        (digests / "builds" / build / "digest.md").write_text(build)
    (digests / "2026-03-02").symlink_to("builds/two")
    (digests / "2026-03-03").symlink_to("builds/one")
    copy = copied(warehouse, "cp -rL", tmp_path / "copy")
    (copy.root / "digests" / "2026-03-03" / "digest.md").write_text("of a person")
    done = "\n".join(copy.repair())
    assert "2026-03-02 was a folder and is a link to its build again" in done
    assert "2026-03-03 was a folder and was set aside; no build is the same" in done
    assert (copy.root / "digests" / "2026-03-02").readlink() == Path("builds/two")
    assert not (copy.root / "digests" / "2026-03-03").exists()
    assert (copy.root / "set-aside" / "digests" / "2026-03-03" / "digest.md").read_text() == "of a person"
    assert copy.repair() == []


def test_a_commit_heals_a_copy_too(warehouse: Warehouse, tmp_path: Path) -> None:
    copy = copied(warehouse, "cp -a", tmp_path / "copy")
    with copy.writing(NOW) as tx:
        tx.upsert("fetches", rows("fetches", {"fetch_id": "new"}))
        tx.commit()
    assert count(copy) == ROWS + 1
    assert copy.verify() == []


def test_another_name_of_the_same_folder_is_the_same_place(warehouse: Warehouse, tmp_path: Path) -> None:
    (tmp_path / "news").symlink_to(warehouse.root)
    other = Warehouse(tmp_path / "news")
    assert other.verify() == []
    assert other.sql("SELECT count(*) AS n FROM fetches").to_pylist() == [{"n": ROWS}]
    with other.open_readonly(locked=True) as session:
        assert session.execute("SELECT count(*) FROM fetches").fetchone() == (ROWS,)
    with other.writing(NOW) as tx:
        tx.upsert("fetches", rows("fetches", {"fetch_id": "new"}))
        tx.commit()
    assert count(other) == count(warehouse) == ROWS + 1
    assert warehouse.verify() == []


def test_without_hard_links_files_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    warehouse = Warehouse(tmp_path / "wh")
    for number in range(3):
        with warehouse.writing(NOW) as tx:
            tx.upsert("fetches", rows("fetches", {"fetch_id": f"{number}"}))
            tx.commit()
    assert count(warehouse) == 3
    assert warehouse.verify() == []
