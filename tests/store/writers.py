"""What child processes do in the tests of concurrency and of sudden death."""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from datetime import datetime
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.compute as pc

from pipeline.errors import WarehouseError
from pipeline.store.lock import hold
from pipeline.store.warehouse import Warehouse
from tests.store.sample import DAY, NOW, rows

_FILE_EVENTS = {"open", "os.rename", "os.mkdir", "os.link", "os.symlink", "os.remove", "os.rmdir", "os.chmod"}
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["tests.store.writers"])


def start(target: Callable[..., None], *args: Any) -> BaseProcess:
    """Run a function of this module in a process of its own, forked from one that has imported everything."""
    process = _context.Process(target=target, args=args)
    process.start()
    return process


def commit_own_rows(root: Path, name: str, count: int) -> None:
    """Commit one row at a time, and count up a row that all writers share, from what the snapshot says."""
    warehouse = Warehouse(root)
    for n in range(count):
        with warehouse.writing(NOW) as tx:
            tx.upsert("runs", rows("runs", {"run_id": f"{name}-{n}"}))
            tx.upsert(
                "sources",
                rows("sources", {"source_id": "first", "url": name}) if n == 0 else tx.snapshot.read("sources"),
            )
            count_up(tx)
            tx.commit()


def count_up(tx: Any) -> None:
    """Read a number from the snapshot and write the next one."""
    known = tx.snapshot.read("feed_state", columns=["failure_streak"])["failure_streak"].to_pylist()
    tx.upsert("feed_state", rows("feed_state", {"source_id": "shared", "failure_streak": (known or [0])[0] + 1}))


def commit_batches(root: Path, count: int, acknowledged: Path | None = None) -> None:
    """Make the same number stand in three tables with each commit; each replaces or changes all that was there."""
    warehouse = Warehouse(root)
    for _ in range(count):
        number = commit_batch(warehouse, NOW)
        if acknowledged:
            acknowledged.write_text(str(number))


def commit_batch(warehouse: Warehouse, now: datetime) -> int:
    """One batch, recorded at an instant; its number."""
    with warehouse.writing(now) as tx:
        number = tx.snapshot.number + 1
        put_batch(tx, number)
        tx.commit()
    return number


def put_batch(tx: Any, number: int) -> None:
    """The rows of one batch: `number` in three tables, by replacing, updating and inserting."""
    held = [{"quarantine_id": f"q{n}", "detail": str(number)} for n in range(50)]
    tx.replace_day("quarantine", DAY, rows("quarantine", *held))
    tx.upsert("sources", rows("sources", {"source_id": "one", "url": str(number)}))
    tx.upsert("runs", rows("runs", {"run_id": f"run-{number}"}))


def batch_numbers(quarantine: Any, sources: Any, runs: Any) -> tuple[set[str], set[str], int]:
    """What `put_batch` left, from columns as Arrow arrays: one number in all three if the commit is whole."""
    return set(quarantine.to_pylist()), set(sources.to_pylist()), len(runs)


def die_at_file_event(root: Path, event_number: int, report: Path | None = None) -> None:
    """Commit one batch, and be killed just before the nth time that the process touches a file by name.

    With number 0 it lives, and reports how many times there are.
    """
    seen = 0

    def count_down(event: str, args: tuple[Any, ...]) -> None:
        nonlocal seen
        if event in _FILE_EVENTS and args and str(root) in os.fsdecode(args[0] if not isinstance(args[0], int) else ""):
            seen += 1
            if seen == event_number:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count_down)
    commit_batches(root, 1)
    if report:
        report.write_text(str(seen))


def hold_lock(root: Path, ready: Path, seconds: float) -> None:
    """Hold the lock and say so."""
    with Warehouse(root).writing(NOW):
        ready.write_text(str(os.getpid()))
        time.sleep(seconds)


def hold_lock_and_fork(root: Path, ready: Path, seconds: float) -> None:
    """Hold the lock, leave a child behind that lives on, and die."""
    with Warehouse(root).writing(NOW):
        child = os.fork()
        if child == 0:
            time.sleep(seconds)
            os._exit(0)
        ready.write_text(str(child))
        os.kill(os.getpid(), signal.SIGKILL)


def commit_under_file_limit(root: Path, limit: int, report: Path) -> None:
    """Commit where no file may grow past a limit, and report the error."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    message = _attempt(root)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    report.write_text(message)


def commit_as_nobody(root: Path, report: Path) -> None:
    """Commit as a user who may not write there; the report file is opened before."""
    with report.open("w") as file:
        os.setgid(65534)
        os.setuid(65534)
        file.write(_attempt(root))


def read_as_nobody(root: Path, report: Path) -> None:
    """Read as a user who may not write there."""
    with report.open("w") as file:
        os.setgid(65534)
        os.setuid(65534)
        warehouse = Warehouse(root)
        file.write(f"{warehouse.latest().read('quarantine').num_rows} {warehouse.sql('FROM quarantine').num_rows}")


def _attempt(root: Path) -> str:
    """Commit a large batch; the error's text, or nothing."""
    try:
        with Warehouse(root).writing(NOW) as tx:
            noise = [{"page_id": f"p{n}", "body": os.urandom(2000)} for n in range(30)]
            put_batch(tx, tx.snapshot.number + 1)
            tx.upsert("pages", rows("pages", *noise))
            tx.commit()
    except WarehouseError as error:
        return str(error)
    return ""


def is_whole(warehouse: Warehouse) -> bool:
    """Whether the three tables of `put_batch` show one and the same commit."""
    snapshot = warehouse.latest()
    if snapshot.number == 0:
        return True
    numbers = pc.unique(snapshot.read("quarantine", columns=["detail"])["detail"]).to_pylist()
    urls = snapshot.read("sources", columns=["url"])["url"].to_pylist()
    return numbers == urls == [str(snapshot.number)] and snapshot.read("runs").num_rows == snapshot.number


def take_turns(path: Path, report: Path, seconds: float) -> None:
    """Take the lock again and again, and say how often it was given."""
    end, turns = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        with hold(path, timeout_seconds=60):
            turns += 1
            time.sleep(0.05)
    report.write_text(str(turns))


def open_for_writing(path: Path, ready: Path, seconds: float) -> None:
    """Open a views file as one does who forgets -readonly, and put something into it."""
    path.resolve().chmod(0o644)
    with duckdb.connect(str(path)) as session:
        session.execute("CREATE TABLE of_theirs (x INT); CHECKPOINT")
        ready.write_text(str(os.getpid()))
        time.sleep(seconds)
