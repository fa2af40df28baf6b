"""What looks at today opens nothing of days long past, and a look at all days opens only the tables that it counts."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Container
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from benchmarks.made_warehouse import make_warehouse
from pipeline.explain import status
from pipeline.explain.freshness import measure_freshness
from pipeline.explain.health import newsroom_health
from pipeline.explain.rows import Facts
from pipeline.explain.state import judge_state
from pipeline.settings import PROJECT, Settings
from pipeline.store.warehouse import Warehouse

DAYS = 64
LAST = date(2026, 11, 20)
NOW = datetime(2026, 11, 21, 6, tzinfo=UTC)
_OF_THE_DISK = ("disk_bytes", "inodes", "free_bytes")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """More days than the eight weeks that a weekday's band looks back; only to be read."""
    return make_warehouse(tmp_path_factory.mktemp("made") / "wh", DAYS, last=LAST, articles_a_day=3).root


@pytest.fixture
def warehouse(made: Path, tmp_path: Path) -> Warehouse:
    """A copy that may lose files."""
    return Warehouse(Path(shutil.copytree(made, tmp_path / "wh", symlinks=True)))


def lose(warehouse: Warehouse, *, before: date, but: Container[str] = ()) -> None:
    """Make the files of days before one unreadable, but those of some tables."""
    lost = 0
    for name, table in warehouse.latest().manifest.tables.items():
        for file in table.files:
            if file.day and file.day < before and name not in but:
                (warehouse.latest().path / name / file.path).resolve().write_bytes(b"lost")
                lost += 1
    assert lost


def told(look: Callable[[], Facts]) -> Facts:
    return {name: value for name, value in look().items() if name not in _OF_THE_DISK}


def test_today_is_told_from_the_last_weeks_alone(warehouse: Warehouse) -> None:
    settings = Settings(warehouse=warehouse.root, sources=PROJECT / "newsroom" / "sources.toml")
    looks: dict[timedelta, Callable[[], Facts]] = {
        timedelta(57): lambda: newsroom_health(warehouse, settings, NOW),
        timedelta(31): lambda: judge_state(warehouse, warehouse.latest(), settings, NOW),
        timedelta(7): lambda: measure_freshness(warehouse.latest()),
    }
    for reach, look in looks.items():
        before = told(look)
        lose(warehouse, before=LAST - reach)
        assert told(look) == before


def test_the_status_opens_the_tables_that_it_counts_and_no_other(warehouse: Warehouse) -> None:
    settings = Settings(warehouse=warehouse.root, sources=PROJECT / "newsroom" / "sources.toml")
    before = told(lambda: status.warehouse_status(warehouse, settings, NOW)[0])
    assert before["pages"] == before["articles"] == DAYS * 3
    lose(warehouse, before=LAST - timedelta(31), but=(*status._TABLES, "runs"))
    assert told(lambda: status.warehouse_status(warehouse, settings, NOW)[0]) == before
