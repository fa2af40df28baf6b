"""What a task does after a failed try: what may pass is tried again, what a person has to mend is red at once."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

DECIDED = """
import errno, json, sys
from pathlib import Path
import duckdb
from daybook_airflow.defaults import TASK_DEFAULTS
from pipeline import errors
from pipeline.files import file_errors
from pipeline.store.trouble import warehouse_errors

def after(doing):
    try:
        doing()
    except Exception as error:
        return TASK_DEFAULTS["retry_policy"].evaluate(error, 1, 2).action.value

def within(context, error):
    def doing():
        with context("land", Path("warehouse")):
            raise error
    return after(doing)

def raised(error):
    def doing():
        raise error
    return after(doing)

print("DECIDED", json.dumps({
    "full, told by the store": within(file_errors, OSError(errno.ENOSPC, "No space left on device")),
    "quota, told by the store": within(file_errors, OSError(errno.EDQUOT, "Disk quota exceeded")),
    "full, told by duckdb": within(warehouse_errors, duckdb.IOException("Could not write file: No space left on device")),
    "full, told by nobody": raised(OSError(errno.ENOSPC, "No space left on device")),
    "not to be read": within(file_errors, OSError(errno.EIO, "Input/output error")),
    "locked": raised(errors.WarehouseLocked("held by 17")),
    "misused": raised(errors.UsageError("no such day")),
    "a bug": raised(KeyError("x")),
}))
"""


@pytest.fixture(scope="module")
def decided(
    run_python: Callable[..., subprocess.CompletedProcess[str]], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    home: Path = tmp_path_factory.mktemp("retries")
    done = run_python("-c", DECIDED, AIRFLOW_HOME=str(home))
    line = next(line for line in done.stdout.splitlines() if line.startswith("DECIDED "))
    told: dict[str, str] = json.loads(line.removeprefix("DECIDED "))
    return told


def test_a_full_disk_is_red_at_once_whoever_says_so(decided: dict[str, str]) -> None:
    assert {what: how for what, how in decided.items() if what.startswith(("full", "quota"))} == {
        "full, told by the store": "fail",
        "quota, told by the store": "fail",
        "full, told by duckdb": "fail",
        "full, told by nobody": "fail",
    }


def test_what_may_pass_is_tried_again_and_misuse_is_not(decided: dict[str, str]) -> None:
    assert (decided["not to be read"], decided["locked"], decided["a bug"]) == ("default", "default", "default")
    assert decided["misused"] == "fail"
