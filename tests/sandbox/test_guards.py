"""What a reading process may not do, tried in one; skipped, with the reason, where the system has no such guard."""

from __future__ import annotations

import ctypes
import logging
import os
import socket
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from pipeline.sandbox import pool
from pipeline.sandbox.guards import MOST_FILES, MOST_MEMORY
from pipeline.sandbox.pool import Answer, Task, close_idle, read_each

READER = "tests.sandbox.odd_reader"
is_linux = sys.platform.startswith("linux")


@pytest.fixture(autouse=True)
def _fresh_processes() -> Iterator[None]:
    close_idle()
    yield
    close_idle()


def do(what: str, **facts: Any) -> Answer:
    (answer,) = read_each(READER, [Task(facts={"do": what, **facts}, body=b"")], workers=1, timeout_seconds=20)
    return answer


def may_leave_network() -> bool:
    """Whether this system lets a process without rights leave the network; tried in a child."""
    child = os.fork()
    if not child:
        os._exit(0 if ctypes.CDLL(None).unshare(0x10000000 | 0x40000000) == 0 else 1)
    return os.waitpid(child, 0)[1] == 0


def test_no_secret_of_the_parent_gets_in(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "POSTGRES_PASSWORD",
        "AIRFLOW_FERNET_KEY",
        "AIRFLOW__CORE__FERNET_KEY",
        "AWS_SECRET_ACCESS_KEY",
        "HOME",
    ):
        monkeypatch.setenv(name, "secret")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    found = do("environment")
    assert isinstance(found, dict)
    assert {"PATH", "LC_ALL"} <= set(found["done"])
    assert not [
        name for name in found["done"] if "KEY" in name or "PASSWORD" in name or "AIRFLOW" in name or name == "HOME"
    ]


def test_no_network() -> None:
    if not is_linux or not may_leave_network():
        pytest.skip("this system lets no process without rights leave the network")
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert do("connect", port=server.getsockname()[1]) == {"error": "OSError"}


def test_no_file_is_written(tmp_path) -> None:
    assert do("write", path=str(tmp_path / "x")) == {"error": "OSError"}
    assert (tmp_path / "x").stat().st_size == 0


def test_few_files_are_open_at_once() -> None:
    found = do("open_files")
    assert isinstance(found, dict)
    assert 0 < found["done"] < MOST_FILES


def test_limits_cannot_be_lifted() -> None:
    names = ["RLIMIT_CORE", "RLIMIT_FSIZE", "RLIMIT_NOFILE", *(["RLIMIT_AS"] if is_linux else [])]
    wanted = dict(zip(names, (0, 0, MOST_FILES, MOST_MEMORY), strict=False))
    assert do("limits", names=names) == {"done": wanted}


@pytest.mark.skipif(not is_linux, reason="only Linux knows no_new_privs")
def test_no_right_is_gained() -> None:
    found = do("status")
    assert isinstance(found, dict)
    assert "NoNewPrivs:\t1" in found["done"]


def test_which_guards_hold_is_written_down(caplog: pytest.LogCaptureFixture) -> None:
    pool._tell_once.cache_clear()
    with caplog.at_level(logging.INFO, "pipeline.sandbox.pool"):
        do("nothing")
        close_idle()
        do("nothing")
    (line,) = [record.getMessage() for record in caplog.records]
    assert line.startswith(f"sandbox of {READER}: network=")
    assert "core=limited" in line
