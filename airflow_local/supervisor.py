"""`make up`: Airflow's processes on this machine's loopback, until Ctrl-C or SIGTERM.

While no live source is switched on, the sample newsroom stands in for them and no DAG starts by the clock.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path

from airflow_local.processes import ChildProcess, ProcessGroup
from airflow_local.setup import LOOPBACK, airflow_environment, clean_environment, newsroom_settings, password_file
from pipeline.errors import DaybookError, UsageError
from pipeline.fetch.sources import load_registry
from pipeline.settings import PROJECT, Settings
from pipeline.text.controls import one_line

CLOCKED_DAGS = ("news_ingest", "news_digest", "news_upkeep", "news_review")
_LOG_LIMIT_BYTES = 20 * 1024 * 1024
_NOT_LIVE = """\
No live source is switched on in sources.toml: the sample newsroom stands in, nothing starts by the clock, and news_ingest,
news_digest, news_upkeep and news_review are paused. Trigger news_ingest in the UI with the partition key 2026-03-02T09:00:00, which
lets it run; or switch a source on and start again. A run that is started by REST or on the command line stays queued until its
DAG is let run: make airflow ARGS="dags unpause news_ingest\""""


def main(arguments: list[str] | None = None) -> int:
    """Supervise until told to end; 0 when ended so, 2 when it cannot start."""
    parser = argparse.ArgumentParser(prog="make up", description="Airflow on 127.0.0.1, until Ctrl-C.")
    parser.add_argument("--home", type=Path, default=PROJECT / ".airflow", help="Airflow's home (default: .airflow)")
    parser.add_argument(
        "--port", type=int, default=os.environ.get("PORT") or 8080, help="of the UI (default: $PORT or 8080)"
    )
    options = parser.parse_args(arguments)
    home = options.home.resolve()
    try:
        home.mkdir(parents=True, exist_ok=True)
        with (home / "supervisor.lock").open("w") as lock:
            _lock(lock.fileno(), home)
            supervise(home, options.port)
    except DaybookError as error:
        print(f"daybook: {one_line(str(error))}", file=sys.stderr)
        return error.exit_code
    return 0


def supervise(home: Path, port: int) -> None:
    """Start everything, keep it running, end it all.

    Raises:
        UsageError: the port is taken.
        SettingsError: an unknown setting, or a sources file that cannot be read.
    """
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: ended.set())
    if not is_free(port):
        raise UsageError(f"port {port} is taken; choose another one: PORT={port + 1} make up")
    live = has_live_source(Settings.from_env(os.environ))
    environment = {**clean_environment(os.environ), **airflow_environment(PROJECT, home, port=port, live=live)}
    group = ProcessGroup(environment)
    if not live:
        newsroom_port = 8765 if is_free(8765) else free_port()
        environment |= newsroom_settings(newsroom_port)
        asked = home / "logs" / "newsroom-requests.jsonl"
        group.children.append(
            _child(home, "newsroom", "-m", "newsroom", "--port", str(newsroom_port), "--log", str(asked))
        )
    print("Starting Airflow; the first time takes up to a minute.", flush=True)
    _prepare(home, environment)
    pause_by_mode(home, live)
    # The log server would listen on every interface; the UI reads the log files of this machine itself.
    group.children += [
        _child(home, "api-server", "-m", "airflow", "api-server"),
        _child(home, "dag-processor", "-m", "airflow", "dag-processor"),
        _child(home, "scheduler", "-m", "airflow", "scheduler", "--skip-serve-logs"),
        _child(home, "triggerer", "-m", "airflow", "triggerer", "--skip-serve-logs"),
    ]
    try:
        group.start()
        _watch(group, ended, home, port, live)
    finally:
        print("\nEnding Airflow.", flush=True)
        group.end()


def _prepare(home: Path, environment: dict[str, str]) -> None:
    """Make the metadata database, in a process of its own: this one stays small.

    Raises:
        UsageError: it cannot be made; the message names the log.
    """
    log = home / "logs" / "setup.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "airflow_local.setup", "--home", str(home)]
    with log.open("ab") as file:
        done = subprocess.run(command, env=environment, stdout=file, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        raise UsageError(f"Airflow's home {home} cannot be prepared; {log} says why")


def _watch(group: ProcessGroup, ended: threading.Event, home: Path, port: int, live: bool) -> None:
    """Tend the children until told to end; say once when the UI answers."""
    is_ready = False
    while not ended.wait(0.5):
        for event in group.tend():
            print(event, flush=True)
        if not is_ready and is_answering(port):
            is_ready = True
            print(f"Airflow is at http://{LOOPBACK}:{port}  user admin, password in {password_file(home)}")
            print(f"Logs are in {home / 'logs'}. Ctrl-C ends it.")
            if not live:
                print(_NOT_LIVE)
            sys.stdout.flush()


def has_live_source(settings: Settings) -> bool:
    """Whether the sources file switches on a source of the real world.

    Raises:
        SettingsError: the file cannot be read.
    """
    registry = load_registry(settings.sources)
    return registry.clock == "wall" and any(source.enabled for source in registry.sources)


def pause_by_mode(home: Path, live: bool) -> None:
    """Let the DAGs that start by the clock run or rest, but only when the mode changed since the last start.

    So what an operator pauses or lets run by hand stays as it is.
    """
    noted, mode = home / "mode", "live" if live else "newsroom"
    if noted.is_file() and noted.read_text() == mode:
        return
    with closing(sqlite3.connect(home / "airflow.db", timeout=30)) as connection, connection:
        for dag_id in CLOCKED_DAGS:
            connection.execute("UPDATE dag SET is_paused = ? WHERE dag_id = ?", (not live, dag_id))
    noted.write_text(mode)


def is_free(port: int) -> bool:
    """Whether a port of the loopback can be listened on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        number: int = probe.getsockname()[1]
        return number


def is_answering(port: int) -> bool:
    """Whether the UI answers and the scheduler has begun."""
    try:
        with urllib.request.urlopen(f"http://{LOOPBACK}:{port}/api/v2/monitor/health", timeout=2) as answer:
            return b'"scheduler":{"status":"healthy"' in answer.read().replace(b" ", b"")
    except (urllib.error.URLError, OSError):
        return False


def _child(home: Path, name: str, *arguments: str) -> ChildProcess:
    """A child whose output goes to a log of its own, begun anew when it has grown large."""
    log = home / "logs" / f"{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.is_file() and log.stat().st_size > _LOG_LIMIT_BYTES:
        log.replace(log.with_suffix(".log.1"))
    return ChildProcess(name=name, command=[sys.executable, *arguments], log=log)


def _lock(descriptor: int, home: Path) -> None:
    """Let one supervisor at a time use a home.

    Raises:
        UsageError: another one runs.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise UsageError(f"Airflow is running already from {home}; end that one first") from error


if __name__ == "__main__":
    sys.exit(main())
