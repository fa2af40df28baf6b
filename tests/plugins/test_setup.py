"""Airflow's home: what set-up makes, and that it makes it once."""

from __future__ import annotations

import json
import sqlite3
import stat
import time
from contextlib import closing
from pathlib import Path

from airflow_local.setup import airflow_environment, clean_environment, prepare


def test_the_warehouse_pool_is_in_the_database(prepared_home: Path) -> None:
    with closing(sqlite3.connect(prepared_home / "airflow.db")) as connection:
        assert connection.execute("SELECT slots FROM slot_pool WHERE pool = 'warehouse'").fetchone() == (1,)


def test_secrets_are_made_once_and_are_their_owners(prepared_home: Path, project: Path) -> None:
    first, second = (airflow_environment(project, prepared_home) for _ in range(2))
    assert first == second
    assert len(first["AIRFLOW__API_AUTH__JWT_SECRET"]) >= 64
    for name in ("secrets.json", "password.json"):
        assert stat.S_IMODE((prepared_home / name).stat().st_mode) == 0o600
    assert len(json.loads((prepared_home / "password.json").read_text())["admin"]) >= 12


def test_two_homes_share_no_secret(project: Path, tmp_path: Path) -> None:
    one, other = (airflow_environment(project, tmp_path / name) for name in ("one", "other"))
    for key in ("AIRFLOW__API__SECRET_KEY", "AIRFLOW__API_AUTH__JWT_SECRET", "AIRFLOW__CORE__FERNET_KEY"):
        assert one[key] != other[key]


def test_a_prepared_home_is_left_alone_and_quickly(prepared_home: Path) -> None:
    before = time.monotonic()
    assert prepare(prepared_home) is False
    assert time.monotonic() - before < 20


def test_a_lost_pool_or_another_version_is_noticed(prepared_home: Path, tmp_path: Path) -> None:
    from airflow_local.setup import _has_pool

    assert _has_pool(prepared_home / "airflow.db")
    assert not _has_pool(tmp_path / "none.db")
    copy = tmp_path / "airflow.db"
    with closing(sqlite3.connect(prepared_home / "airflow.db")) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
        target.execute("DELETE FROM slot_pool WHERE pool = 'warehouse'")
        target.commit()
    assert not _has_pool(copy)


def test_another_airflow_of_the_user_is_not_touched() -> None:
    mine = {"AIRFLOW_HOME": "/home/ann/airflow", "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor", "HOME": "/home/ann"}
    assert clean_environment(mine) == {"HOME": "/home/ann"}


def test_every_address_is_the_loopback(project: Path, tmp_path: Path) -> None:
    environment = airflow_environment(project, tmp_path / "home", port=8123)
    assert environment["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert environment["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == "http://127.0.0.1:8123/execution/"
