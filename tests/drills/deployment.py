"""Daybook as docker-compose.yml runs it, without containers: for drills of a whole deployment on this machine.

Its environment and what it does first are read from docker-compose.yml, its packages from requirements-deploy.lock, into an
environment of Python of their own. PostgreSQL, and Redis for Celery, are processes of their own on 127.0.0.1, with their data in a
temporary folder. What dies is started again, as Docker does; all ends with the block.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from airflow_local.processes import ChildProcess, ProcessGroup, kill_marked
from airflow_local.setup import clean_environment, newsroom_settings
from airflow_local.supervisor import free_port
from pipeline.settings import PROJECT
from tests.plugins.running_airflow import RunningAirflow, until
from tests.typed import clean_environment as without_settings

# Celery 5.7 breaks the provider that fits this Airflow ("cannot import name 'retry' from 'celery.backends.database'").
_CELERY = ("apache-airflow-providers-celery", "celery[redis]<5.7")
_SERVERS = ("/usr/lib/postgresql/*/bin", "/usr/local/pgsql/bin")
_NOBODY = "postgres"  # PostgreSQL does not run as root; its packages bring this user


class Skipped(Exception):
    """What the drill needs is not on this machine; says what."""


@dataclass(kw_only=True)
class Deployed(RunningAirflow):
    """A deployment that runs."""

    environment: Mapping[str, str]
    python: Path
    group: ProcessGroup
    lock: threading.RLock

    def airflow(self, *words: str) -> str:
        """Airflow's own command line in the deployment's environment; what it printed."""
        return _run([str(self.python), "-m", "airflow", *words], self.environment)

    def add_user(self, who: str, role: str, password: str) -> None:
        """A user who may log in, with one of FAB's roles."""
        about = ("--firstname", who, "--lastname", "Drill", "--email", f"{who}@daybook.invalid")
        self.airflow("users", "create", "--username", who, "--role", role, "--password", password, *about)

    def child(self, name: str) -> ChildProcess:
        """A service of the deployment."""
        return next(child for child in self.group.children if child.name == name)

    def take_down(self, name: str, seconds: float = 0.0, *, number: int = signal.SIGKILL) -> None:
        """End a service with all that it started, and let it come back after so many seconds.

        Args:
            number: The signal; whatever does not end by it within ten seconds is killed.
        """
        child = self.child(name)
        with self.lock:
            assert child.process is not None, f"{name} does not run"
            child.process.send_signal(number)
            if number != signal.SIGKILL:
                child.process.wait(10)
            kill_marked(self.group.token, name)
            child.process.wait()
            child.process = None
            child.due_at = time.monotonic() + seconds


def deployment_python(place: Path | None, *, celery: bool = False) -> Path:
    """The Python that holds what the image holds; made where it is missing, which takes minutes.

    Args:
        place: The folder of environments, kept for the next time; None takes one in the folder for temporary files.
    Raises:
        Skipped: the packages cannot be had.
    """
    lock, build = PROJECT / "requirements-deploy.lock", PROJECT / "requirements-build.lock"
    name = hashlib.sha256(lock.read_bytes()).hexdigest()[:12] + ("-celery" if celery else "")
    folder = (place or Path(tempfile.gettempdir()) / "daybook-deployments") / name
    python, stamp = folder / "bin" / "python", folder / "complete"
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    try:
        if not stamp.is_file():
            print(f"installing what the image holds into {folder}; it takes minutes, once", flush=True)
            shutil.rmtree(folder, ignore_errors=True)
            _run([sys.executable, "-m", "venv", str(folder)])
            _run([*pip, "--require-hashes", "-r", str(lock), "-r", str(build)], seconds=3600)
            if celery:
                pinned = folder / "pinned.txt"
                pinned.write_text(_run([str(python), "-m", "pip", "freeze", "--disable-pip-version-check"]))
                _run([*pip, "--constraint", str(pinned), *_CELERY], seconds=3600)
            stamp.touch()
        _run([*pip, "--no-deps", "--no-build-isolation", "--editable", str(PROJECT)])
    except subprocess.SubprocessError as error:
        raise Skipped(f"the packages of a deployment cannot be had: {_last_line(error)}") from error
    return python


@contextmanager
def deployed(
    folder: Path,
    python: Path,
    *,
    celery: bool = False,
    root: Path | None = None,
    settings: Mapping[str, str] | None = None,
) -> Iterator[Deployed]:
    """Run the deployment in a folder, beside the sample newsroom; whatever it started ends with the block.

    Args:
        celery: Two Celery workers over Redis in place of the scheduler's own processes.
        root: The warehouse; None takes one in the folder.
        settings: DAYBOOK_* settings by their names, whole and in capitals.
    Raises:
        Skipped: PostgreSQL or Redis is not installed.
    """
    home, root = folder / "home", root or folder / "warehouse"
    (home / "logs").mkdir(parents=True)
    password = secrets.token_urlsafe(12)
    (home / "password.json").write_text(json.dumps({"admin": password}))
    newsroom, port, database, redis = (free_port() for _ in range(4))
    environment = {
        **_compose_environment(home, root, port=port, database=database),
        **newsroom_settings(newsroom),
        "AIRFLOW_ADMIN_PASSWORD": password,
        **(settings or {}),
    }
    if celery:
        environment |= _celery_environment(redis, environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"])
    group = ProcessGroup(environment)

    def child(name: str, *command: str) -> ChildProcess:
        found = ChildProcess(name=name, command=list(command), log=home / "logs" / f"{name}.log")
        group.children.append(found)
        return found

    with tempfile.TemporaryDirectory(prefix="daybook-postgres-") as data:
        child("postgres", *_postgres(Path(data), database))
        if celery:
            child("redis", *_redis(redis))
        asked = home / "logs" / "newsroom-requests.jsonl"
        child("newsroom", sys.executable, "-m", "newsroom", "--port", str(newsroom), "--log", str(asked))
        stopped, lock = threading.Event(), threading.RLock()
        tending = threading.Thread(target=_tend, args=(group, stopped, lock), daemon=True)
        try:
            group.start()
            until("the database answers", lambda: _answers(database), 60)
            _initialise(python, environment)
            airflow = (str(python), "-m", "airflow")
            with lock:
                child("api-server", *airflow, "api-server")
                child("scheduler", *airflow, "scheduler", "--skip-serve-logs")
                child("triggerer", *airflow, "triggerer", "--skip-serve-logs")
                child("dag-processor", *airflow, "dag-processor")
                for n in (1, 2) if celery else ():
                    child(f"worker-{n}", *airflow, "celery", "worker", "-H", f"w{n}@%h", "-c", "2", "--skip-serve-logs")
            tending.start()
            up = Deployed(
                port=port, home=home, root=root, environment=environment, python=python, group=group, lock=lock
            )
            until("Airflow answers", lambda: is_well(up), 300)
            up.take_token()
            until("DAGs are read", lambda: up.ask("/api/v2/dags")["total_entries"] >= 7)
            yield up
        finally:
            stopped.set()
            if tending.ident is not None:
                tending.join()
            group.end()


def is_well(up: RunningAirflow) -> bool:
    """Whether the API server answers, and says that a scheduler works."""
    try:
        health = up.ask("/api/v2/monitor/health")
    except (OSError, AssertionError):
        return False
    return bool(health["scheduler"]["status"] == "healthy" and health["metadatabase"]["status"] == "healthy")


def _compose_environment(home: Path, root: Path, *, port: int, database: int) -> dict[str, str]:
    """What docker-compose.yml sets, with this machine's places in place of the containers'."""
    compose = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())
    secret = {
        "AIRFLOW_SECRET_KEY": secrets.token_hex(32),
        "AIRFLOW_JWT_SECRET": secrets.token_hex(64),
        "AIRFLOW_FERNET_KEY": "ZGF5Ym9vay1kcmlsbC1kYXlib29rLWRyaWxsLWRheWI=",  # protects nothing: thrown away with the folder
        "AIRFLOW_BASE_URL": f"http://127.0.0.1:{port}",
        "POSTGRES_PASSWORD": "",
    }
    here = {
        "/opt/daybook/warehouse/data": str(root),
        "/opt/daybook": str(PROJECT),
        "/opt/airflow": str(home),
        "http://api-server:8080": f"http://127.0.0.1:{port}",
        "@postgres/": f"@127.0.0.1:{database}/",
    }
    environment = clean_environment(without_settings())
    for name, value in compose["x-airflow-environment"].items():
        text = re.sub(r"\$\{(\w+)[^}]*\}", lambda found: secret[found[1]], str(value))
        for there, place in here.items():
            text = text.replace(there, place)
        environment[name] = text
    return environment | {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_PORT": str(free_port()),
        "PYTHONPATH": os.pathsep.join((str(PROJECT), str(PROJECT / "plugins"))),
    }


def _celery_environment(redis: int, database: str) -> dict[str, str]:
    """What makes of the same deployment one with Celery."""
    return {
        "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor",
        "AIRFLOW__CELERY__BROKER_URL": f"redis://127.0.0.1:{redis}/0",
        "AIRFLOW__CELERY__RESULT_BACKEND": f"db+{database}",
    }


def _initialise(python: Path, environment: Mapping[str, str]) -> None:
    """What the service `init` does."""
    compose = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())
    *shell, script = compose["services"]["init"]["command"]
    path = os.pathsep.join((str(python.parent), os.environ["PATH"]))
    _run([*shell, script.replace("$$", "$")], {**environment, "PATH": path}, seconds=900)


def _postgres(data: Path, port: int) -> list[str]:
    """The command of a PostgreSQL whose data are in a folder, made for it.

    Raises:
        Skipped: it is not installed.
    """
    found = [path for pattern in _SERVERS for path in Path("/").glob(f"{pattern[1:]}/initdb")]
    if not found:
        raise Skipped("PostgreSQL is not installed (apt-get install postgresql)")
    programs = max(found).parent
    leader: list[str] = []
    if os.getuid() == 0:
        leader = ["setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups"]
        shutil.chown(data, _NOBODY, _NOBODY)
    initdb = [str(programs / "initdb"), "--pgdata", str(data / "data"), "--username", "airflow", "--auth", "trust"]
    _run([*leader, *initdb, "--encoding", "UTF8", "--locale", "C"], {"PATH": os.environ["PATH"]}, cwd=data)
    # The first thing it does is to make the database; in single-user mode, as nobody can ask it yet.
    single = [str(programs / "postgres"), "--single", "-D", str(data / "data"), "postgres"]
    _run([*leader, *single], {"PATH": os.environ["PATH"]}, cwd=data, given="CREATE DATABASE airflow OWNER airflow;\n")
    places = ("-D", str(data / "data"), "-k", str(data), "-h", "127.0.0.1", "-p", str(port))
    return [*leader, str(programs / "postgres"), *places]


def _redis(port: int) -> list[str]:
    """The command of a Redis that keeps nothing.

    Raises:
        Skipped: it is not installed.
    """
    program = shutil.which("redis-server")
    if program is None:
        raise Skipped("Redis is not installed (apt-get install redis-server)")
    return [program, "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"]


def _tend(group: ProcessGroup, stopped: threading.Event, lock: threading.RLock) -> None:
    """Start again what ended, as `restart: unless-stopped` does."""
    while not stopped.wait(0.5):
        with lock:
            for event in group.tend():
                print(f"  {event}", flush=True)


def _answers(port: int) -> bool:
    """Whether PostgreSQL takes connections."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2):
            return True
    except OSError:
        return False


def _run(
    command: list[str],
    environment: Mapping[str, str] | None = None,
    *,
    seconds: float = 300.0,
    cwd: Path = PROJECT,
    given: str | None = None,
) -> str:
    """Run a command to its end; what it printed.

    Raises:
        CalledProcessError: it failed.
    """
    done = subprocess.run(
        command, env=environment, cwd=cwd, input=given, capture_output=True, text=True, timeout=seconds, check=True
    )
    return done.stdout


def _last_line(error: subprocess.SubprocessError) -> str:
    """What a command said last."""
    told = str(getattr(error, "stderr", "") or error).strip().splitlines()
    return told[-1] if told else str(error)
