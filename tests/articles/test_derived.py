"""A lost file of readings or articles is made again to the byte, from pages and readings, or told as lost with its day and rows."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path

import pytest

from newsroom import DAYS
from pipeline.articles.derived import deriving
from pipeline.settings import Settings
from pipeline.store.made_again import DERIVED
from pipeline.store.warehouse import Warehouse
from tests.played import Play

pytestmark = pytest.mark.timeout(600)  # the first test that needs the play waits for it


@pytest.fixture
def played(play: Play, tmp_path: Path) -> Warehouse:
    return Warehouse(play.copy(tmp_path / "warehouse"))


def names_of(warehouse: Warehouse, table: str, days: Iterable[date]) -> list[list[Path]]:
    """Every file of a table on some days, by all its names."""
    root, wanted = warehouse.root, set(days)
    return [
        [root / "files" / table / file.path, *(root / "days" / table).rglob(Path(file.path).name)]
        for file in warehouse.latest().manifest.files(table)
        if file.day in wanted
    ]


def lose(names: list[Path]) -> None:
    for name in names:
        name.unlink()


def damage_one(names: list[Path], change: Callable[[bytearray], None]) -> None:
    """Change the bytes that all names of a file share, and those of no other warehouse."""
    data = bytearray(names[0].read_bytes())
    change(data)
    lose(names)
    names[0].write_bytes(data)
    for other in names[1:]:
        os.link(names[0], other)


def flip(data: bytearray) -> None:
    data[len(data) // 3] ^= 1


def cut(data: bytearray) -> None:
    del data[len(data) // 2 :]


def repair(warehouse: Warehouse) -> list[str]:
    return warehouse.repair(derive=deriving(Settings(extract_workers=1)))


def test_readings_articles_and_versions_of_a_day_are_made_again_though_all_are_lost(played: Warehouse) -> None:
    whole = played.table_hashes()
    lost = [names for table in DERIVED for names in names_of(played, table, DAYS[1:2])]
    assert len(lost) >= 3
    for names in lost:
        lose(names)
    assert any("cannot be read" in str(problem) for problem in played.verify())
    done = repair(played)
    assert sum("was made again" in line for line in done) == len(lost)
    assert not any(line.startswith("lost:") for line in done)
    assert played.verify() == []
    assert played.table_hashes() == whole
    assert repair(played) == []
    assert not (played.root / "_staging" / "repair").exists()


@pytest.mark.parametrize("change", [flip, cut])
def test_a_damaged_file_is_made_again_from_what_is_whole(
    played: Warehouse, change: Callable[[bytearray], None]
) -> None:
    whole = played.content_hash()
    for table in DERIVED:
        damage_one(names_of(played, table, DAYS[:1])[0], change)
    assert any("SHA-256" in str(problem) for problem in played.verify())
    assert not any(line.startswith("lost:") for line in repair(played))
    assert played.verify() == []
    assert played.content_hash() == whole


def test_what_nothing_whole_gives_again_is_told_with_its_table_day_and_rows(played: Warehouse) -> None:
    for table in ("pages", "extractions"):
        for names in names_of(played, table, DAYS[:1]):
            lose(names)
    for names in names_of(played, "articles", DAYS[1:2]):  # its readings are whole
        lose(names)
    rows = {
        t: sum(f.rows for f in played.latest().manifest.files(t) if f.day == DAYS[0]) for t in ("pages", "extractions")
    }
    done = repair(played)
    told = [line for line in done if line.startswith("lost:")]
    assert len(told) == 2
    for table, count in rows.items():
        assert any(f"{count} rows of {table} of {DAYS[0]}" in line for line in told)
    assert not any(" of articles of " in line for line in told)
    assert any("was made again" in line for line in done)


def test_rows_are_never_guessed(played: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """By another extractor a page gives another text, or the same under another version: the file stays lost."""
    monkeypatch.setattr("pipeline.extract.batch.EXTRACTOR_VERSION", "another")
    (names, *_) = names_of(played, "extractions", DAYS[:1])
    lose(names)
    (line,) = (line for line in repair(played) if line.startswith("lost:"))
    assert "what is left does not give its bytes again" in line
    assert not names[0].exists()


@pytest.mark.drill
def test_every_file_of_them_is_made_again_at_once_also_where_they_were_compacted(played: Warehouse) -> None:
    played.compact()
    shutil.rmtree(played.root / "_staging", ignore_errors=True)
    whole = played.table_hashes()
    for table in DERIVED:
        for names in names_of(played, table, DAYS):
            lose(names)
    assert not any(line.startswith("lost:") for line in repair(played))
    assert played.verify() == []
    assert played.table_hashes() == whole
