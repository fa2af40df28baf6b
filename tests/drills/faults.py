"""What a deployment survives: each fault in the middle of a run, and afterwards the same warehouse as if nothing had been.

`python -m tests.drills.faults [FAULT…] [--celery] [--python FOLDER]` runs what docker-compose.yml describes (see
`tests.drills.deployment`) and takes the sample newsroom through it, half a day at a time, a fault each. When the run has ended, what a calm
run in one process makes of the same halves must be there: the same content hash, balanced books, no row lost or doubled. With
`--celery` two workers do the tasks, and one of them is killed. What is not installed is named, and its faults are skipped.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import psutil

from airflow_local.processes import marked
from newsroom import DAYS
from pipeline.fetch.sources import load_registry
from pipeline.reports import OUTCOMES
from pipeline.settings import PROJECT
from pipeline.store.warehouse import Warehouse
from pipeline.windows import Window
from tests.drills.deployment import Deployed, Skipped, deployed, deployment_python, is_well
from tests.drills.hours_or_days import close, hours_of, newsroom_port, one_pass, settings_for
from tests.plugins.running_airflow import DONE, until

INGEST, POOL = "news_ingest", "warehouse"
_DISK = "64m"
_PATIENCE = 900.0


@dataclass
class Half:
    """Half a day, to be ingested under a fault."""

    up: Deployed
    window: Window
    disk: Path | None
    run_id: str = ""

    def start(self, dag_id: str = INGEST, window: Window | None = None) -> str:
        """Start its run, or one of another DAG; gives the run's id."""
        body = {"logical_date": None, "conf": {"window": label(window or self.window)}}
        run_id = str(self.up.ask(f"/api/v2/dags/{dag_id}/dagRuns", body)["dag_run_id"])
        if dag_id == INGEST:
            self.run_id = run_id
        return run_id

    def told(self) -> None:
        """Cluster its stories, and close its day where that is over."""
        whole = Window.of_day(self.window.day)
        for dag_id, window in (("news_stories", self.window), ("news_digest", whole)):
            if dag_id == "news_stories" or self.window.end == whole.end:
                self.ended(run_id=self.start(dag_id, window), dag_id=dag_id)

    def reached(self, task_id: str) -> None:
        """Wait until a task of it works."""
        until(f"{task_id} runs", lambda: self.state(task_id) == "running", _PATIENCE)
        time.sleep(1.0)

    def state(self, task_id: str) -> str:
        """What its tasks of this name do: running, where one of them works."""
        states = {task["state"] for task in self.up.tasks(INGEST, self.run_id) if task["task_id"] == task_id}
        return "running" if "running" in states else ", ".join(sorted(map(str, states)))

    def ended(self, expected: str = "success", *, dag_id: str = INGEST, run_id: str = "") -> None:
        """Wait until its run has ended, well unless something else is expected. While nobody answers, it is asked again."""
        path = f"/api/v2/dags/{dag_id}/dagRuns/{run_id or self.run_id}"

        def state() -> object:
            with contextlib.suppress(OSError, AssertionError):
                return self.up.ask(path)["state"]
            return None

        until(f"the run of {self.window} has ended", lambda: state() in DONE, _PATIENCE)
        assert state() == expected, self.up.states(dag_id, run_id or self.run_id)

    def again(self) -> str:
        """Which tasks were tried more than once."""
        found = [
            f"{t['task_id']} {t['try_number']} tries" for t in self.up.tasks(INGEST, self.run_id) if t["try_number"] > 1
        ]
        return ", ".join(sorted(found)) or "no task was tried again"


def nothing_happens(half: Half) -> str:
    """No fault: what a run takes by itself."""
    half.start()
    half.ended()
    return half.again()


def the_database_restarts(half: Half) -> str:
    """PostgreSQL is ended while sources are asked, and is back after ten seconds."""
    half.start()
    half.reached("fetch")
    half.up.take_down("postgres", 10, number=signal.SIGINT)
    half.ended()
    return half.again()


def the_database_is_killed(half: Half) -> str:
    """PostgreSQL is killed while articles are committed."""
    half.start()
    half.reached("load_articles")
    half.up.take_down("postgres")
    half.ended()
    return half.again()


def the_api_server_is_away(half: Half) -> str:
    """No API server for a minute, while sources are asked."""
    half.start()
    half.reached("fetch")
    half.up.take_down("api-server", 60)
    half.ended()
    return half.again()


def the_api_server_is_killed(half: Half) -> str:
    """The API server is killed while pages are read, and comes back at once."""
    half.start()
    half.reached("extract")
    half.up.take_down("api-server")
    half.ended()
    return half.again()


def the_scheduler_is_killed_in_fetch(half: Half) -> str:
    """The scheduler is killed with its tasks, while sources are asked."""
    half.start()
    half.reached("fetch")
    half.up.take_down("scheduler")
    half.ended()
    return half.again()


def the_scheduler_is_killed_in_load(half: Half) -> str:
    """The scheduler is killed with its tasks, while articles are committed."""
    half.start()
    half.reached("load_articles")
    half.up.take_down("scheduler")
    half.ended()
    return half.again()


def a_task_is_killed(half: Half) -> str:
    """The process of one task is killed, as by a lack of memory."""
    half.start()
    half.reached("extract")
    for process in _task_processes(half.up):
        process.kill()
    half.ended()
    return half.again()


def a_worker_is_killed(half: Half) -> str:
    """The Celery worker that asks the sources is killed with its task, and stays away: the other one takes it up."""
    half.start()
    half.reached("fetch")
    half.up.take_down(_worker_at_work(half, "fetch"), 600)
    half.ended()
    again = half.again()
    assert "fetch" in again, "the worker at work was killed"
    return again


def the_pool_is_missing(half: Half) -> str:
    """Somebody deletes the pool of the tasks that commit; it is made again by hand."""
    pool = half.up.ask(f"/api/v2/pools/{POOL}")
    half.up.ask(f"/api/v2/pools/{POOL}", method="DELETE")
    half.start()
    until("sources were asked", lambda: half.state("fetch") == "success", _PATIENCE)
    time.sleep(20)
    assert half.state("land") not in DONE
    told = str(half.up.ask("/daybook/health"))
    assert "pool" in told, "the page says why nothing goes on"
    wanted = {name: pool[name] for name in ("name", "slots", "description", "include_deferred")}
    half.up.ask("/api/v2/pools", wanted)
    half.ended()
    return half.again()


def the_disk_is_full(half: Half) -> str:
    """The warehouse's file system is full when pages are kept: red at once; room is made, and the failed tasks are cleared."""
    if half.disk is None:
        raise Skipped("a file system of its own for the warehouse needs root and the right to mount")
    filler = half.disk / "filler"
    _fill(filler)
    half.start()
    half.ended("failed")
    red = half.again()
    filler.unlink()
    body = {"dry_run": False, "only_failed": True, "dag_run_id": half.run_id}
    half.up.ask(f"/api/v2/dags/{INGEST}/clearTaskInstances", body)
    until("it goes on", lambda: half.state("land") != "failed", _PATIENCE)
    half.ended()
    return f"red with {red}; cleared: green"


def one_window_three_times(half: Half) -> str:
    """One window is started twice in Airflow and once on the command line, at the same time."""
    first = Half(half.up, half.window, half.disk)
    command = [str(half.up.python), "-m", "pipeline.cli", "run", "--window", label(half.window)]
    for source in load_registry(PROJECT / "newsroom" / "sources.toml").sources:
        command += ["--source", source.source_id]
    first.start()
    half.start()
    first.reached("fetch")
    with ThreadPoolExecutor(1) as threads:
        typed = threads.submit(
            subprocess.run,
            command,
            cwd=PROJECT,
            env=dict(half.up.environment),
            capture_output=True,
            text=True,
            check=False,
        )
        first.ended()
        half.ended()
        done = typed.result()
    assert done.returncode == 0, done.stderr[-2000:]
    articles = half.up.warehouse.latest().read("articles", columns=["article_id", "url"])
    for name in ("article_id", "url"):
        values = articles[name].to_pylist()
        assert len(values) == len(set(values)), f"a double {name}"
    return half.again()


Fault = Callable[[Half], str]
FAULTS: tuple[Fault, ...] = (
    nothing_happens,
    the_database_restarts,
    the_api_server_is_away,
    the_pool_is_missing,
    the_scheduler_is_killed_in_fetch,
    the_scheduler_is_killed_in_load,
    the_disk_is_full,
    a_task_is_killed,
    the_api_server_is_killed,
    one_window_three_times,
    the_database_is_killed,
)
OF_CELERY: tuple[Fault, ...] = (nothing_happens, a_worker_is_killed)


def label(window: Window) -> str:
    """A window as a form takes it."""
    return f"{window.start:%Y-%m-%dT%H:%M}/{window.end:%Y-%m-%dT%H:%M}"


def suffer(up: Deployed, calm: Warehouse, port: int, faults: Sequence[Fault], disk: Path | None) -> int:
    """Half a day for each fault; how many did harm."""
    settings = settings_for(calm.root, port)
    for dag_id in (INGEST, "news_stories", "news_digest"):
        up.ask(f"/api/v2/dags/{dag_id}", {"is_paused": False}, "PATCH")
    halves = [half for day in DAYS for half in hours_of(day, 12)]
    harmed = 0
    for fault, window in zip(faults, halves, strict=False):
        half = Half(up, window, disk)
        began = time.monotonic()
        try:
            told = fault(half)
        except Skipped as reason:
            print(f"{_name(fault)}: skipped: {reason}", flush=True)
            half.start()
            half.ended()
            told = ""
        except (AssertionError, OSError, ValueError) as error:
            print(f"{_name(fault)}: FAILED: {error!r}; the others were not tried", flush=True)
            return harmed + 1
        seconds = time.monotonic() - began
        until("all is up again", lambda: is_well(up), _PATIENCE)
        half.told()
        one_pass(settings, window)
        if window.end == Window.of_day(window.day).end:
            close(settings, window.day)
        wrong = harm(up.warehouse, calm)
        harmed += bool(wrong)
        if told:
            print(
                f"{_name(fault)}: {seconds:.0f} s; {told}; {'; '.join(wrong) or 'nothing lost, the same hash'}",
                flush=True,
            )
    return harmed


def harm(warehouse: Warehouse, calm: Warehouse) -> list[str]:
    """What differs from a calm run, does not balance, or is not whole."""
    wrong = [str(problem) for problem in warehouse.verify()]
    snapshot = warehouse.latest()
    wrong += [
        f"the books of {row['run_id']}, {row['stage']}, do not balance"
        for row in snapshot.read("stage_counts").to_pylist()
        if row["received"] != sum(row[name] or 0 for name in OUTCOMES)
    ]
    if warehouse.content_hash() != calm.content_hash():
        pairs = zip(warehouse.table_hashes(), calm.table_hashes(), strict=True)
        wrong.append(f"other rows: {', '.join(ours.table for ours, theirs in pairs if ours != theirs)}")
    return wrong


def _name(fault: Fault) -> str:
    return fault.__name__.replace("_", " ")


def _task_processes(up: Deployed) -> list[psutil.Process]:
    """The processes in which tasks work: what the scheduler's workers have started."""
    found = []
    for process in marked(up.group.token, "scheduler"):
        with contextlib.suppress(psutil.Error):
            if "airflow worker" in " ".join(process.cmdline()):
                found += process.children(recursive=True)
    return found


def _worker_at_work(half: Half, task_id: str) -> str:
    """The Celery worker that was given a task of this run, by what it logged."""
    given = f"{half.run_id}/task_id={task_id}/"
    names = [f"worker-{n}" for n in (1, 2)]
    return next(name for name in names if given in (half.up.home / "logs" / f"{name}.log").read_text())


def _fill(filler: Path) -> None:
    """Leave a file system room for a few kilobytes."""
    free = shutil.disk_usage(filler.parent).free
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, free - 200_000)


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[Path | None]:
    """A file system of its own, which can be filled; None where this user may not mount one."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={_DISK}", "daybook-drill", str(folder)]
    if os.getuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        yield None
        return
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False)


def main(arguments: list[str] | None = None) -> int:
    """Each fault in its turn; 0 when none did harm, or when there was nothing to try it on."""
    names = [_name(fault).replace(" ", "-") for fault in FAULTS]
    parser = argparse.ArgumentParser(prog="python -m tests.drills.faults", description=str(__doc__).partition("\n")[0])
    parser.add_argument("faults", nargs="*", metavar="FAULT", help=f"these only: {', '.join(names)}")
    parser.add_argument("--celery", action="store_true", help="two Celery workers, and the death of one")
    parser.add_argument(
        "--python", type=Path, help="where the deployment's packages are kept (default: beside temporary files)"
    )
    parser.add_argument("--keep", type=Path, help="a folder for logs and warehouses, kept")
    options = parser.parse_args(arguments)
    logging.disable(logging.WARNING)  # the newsroom has failing sources, and each calm run would name them
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started and mounted goes with it
    known = OF_CELERY if options.celery else FAULTS
    wanted = [fault for fault in known if not options.faults or _name(fault).replace(" ", "-") in options.faults]
    with tempfile.TemporaryDirectory(prefix="daybook-faults-") as temporary, newsroom_port() as port:
        folder = options.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        try:
            python = deployment_python(options.python, celery=options.celery)
            with (
                small_disk(folder / "disk") as disk,
                deployed(folder, python, celery=options.celery, root=disk and disk / "warehouse") as up,
            ):
                return 1 if suffer(up, Warehouse(folder / "calm"), port, wanted, disk) else 0
        except Skipped as reason:
            print(f"skipped: {reason}")
            return 0


if __name__ == "__main__":
    sys.exit(main())
