"""Airflow's home inside the project: its settings, secrets, metadata database and the warehouse pool.

`python -m airflow_local.setup` prepares it; `make run` and `make up` do so by themselves.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import json
import os
import secrets
import sqlite3
from collections.abc import Mapping, MutableMapping
from importlib.metadata import version
from pathlib import Path

from daybook_airflow.constants import POOL, POOL_DESCRIPTION
from pipeline.settings import PROJECT

LOOPBACK = "127.0.0.1"
PARALLELISM = 3  # task processes at a time; each takes about 150 MB and a core while it works

_SIMPLE_AUTH = "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager"


def airflow_environment(
    project: Path, home: Path | None = None, *, port: int = 8080, live: bool = False
) -> dict[str, str]:
    """Give the environment in which every Airflow process of this project runs; the secrets are made on first use.

    Args:
        project: The project's folder: it holds dags/, plugins/ and pipeline/.
        home: AIRFLOW_HOME; None takes `<project>/.airflow`.
        port: Of the web UI and the API that task processes report to.
        live: Whether a live source is switched on; without one, no DAG starts by the clock until someone says so.
    """
    home = home or project / ".airflow"
    keys = _secrets(home)
    database = home / "airflow.db"
    return {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__API__BASE_URL": f"http://{LOOPBACK}:{port}",
        "AIRFLOW__API__HOST": LOOPBACK,
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__SECRET_KEY": keys["api_secret_key"],
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API_AUTH__JWT_SECRET": keys["jwt_secret"],
        "AIRFLOW__CORE__AUTH_MANAGER": _SIMPLE_AUTH,
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": str(not live),
        "AIRFLOW__CORE__DAGS_FOLDER": str(project / "dags"),
        "AIRFLOW__CORE__DAG_IGNORE_FILE_SYNTAX": "regexp",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://{LOOPBACK}:{port}/execution/",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__FERNET_KEY": keys["fernet_key"],
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PARALLELISM": str(PARALLELISM),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(project / "plugins"),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(password_file(home)),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin",
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "30",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{database}",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK": "False",
        # A scheduler that died is back after some 10 s; its tasks are then taken up within half a minute, not after 5.
        "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "15",
        "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "15",
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "90",
        "GX_ANALYTICS_ENABLED": "false",
        "PYTHONPATH": os.pathsep.join((str(project), str(project / "plugins"))),
        "PYTHONWARNINGS": "ignore::DeprecationWarning,ignore::PendingDeprecationWarning",
    }


def newsroom_settings(port: int) -> dict[str, str]:
    """The settings under which Daybook's sources are those of the newsroom on this port."""
    return {
        "DAYBOOK_SOURCES": str(PROJECT / "newsroom" / "sources.toml"),
        "DAYBOOK_RESOLVE": f"example={LOOPBACK}:{port}",
    }


def clean_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """An environment without another Airflow's settings, so that nobody's own installation is touched."""
    return {k: v for k, v in environ.items() if not k.startswith(("AIRFLOW_", "_AIRFLOW"))}


def apply_environment(environ: MutableMapping[str, str], wanted: Mapping[str, str]) -> None:
    """Make `wanted` the environment of this process; call it before Airflow is imported."""
    kept = clean_environment(environ)
    environ.clear()
    environ.update({**kept, **wanted})


def prepare(home: Path) -> bool:
    """Make the metadata database and the pool, unless this version of Airflow did so already.

    Takes about 6 s the first time and some milliseconds after that. The environment must be set (`apply_environment`).

    Returns:
        Whether anything had to be done.
    """
    wanted = version("apache-airflow-core")
    stamp = home / "prepared"
    if stamp.is_file() and stamp.read_text() == wanted and _has_pool(home / "airflow.db"):
        return False
    from airflow.models.pool import Pool
    from airflow.utils import db

    db.initdb()
    Pool.create_or_update_pool(POOL, slots=1, description=POOL_DESCRIPTION, include_deferred=False)
    stamp.write_text(wanted)
    return True


def password_file(home: Path) -> Path:
    """Where the password of the user `admin` is kept."""
    return home / "password.json"


def _secrets(home: Path) -> dict[str, str]:
    """The home's own keys."""
    _write_once(password_file(home), {"admin": secrets.token_urlsafe(12)})
    return _write_once(
        home / "secrets.json",
        {
            "fernet_key": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
            "api_secret_key": secrets.token_hex(32),
            "jwt_secret": secrets.token_hex(64),
        },
    )


def _write_once(path: Path, content: dict[str, str]) -> dict[str, str]:
    """What the file holds; made of `content` when it is not there yet, and readable by its owner alone."""
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{os.getpid()}")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(content, file)
        with contextlib.suppress(FileExistsError):  # the first of two that start at once wins
            os.link(fresh, path)
        fresh.unlink()
    read: dict[str, str] = json.loads(path.read_text())
    return read


def _has_pool(database: Path) -> bool:
    """Whether the metadata database is there and knows the pool; asked without Airflow, which takes seconds to import."""
    if not database.is_file():
        return False
    try:
        with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
            query = (
                "SELECT (SELECT count(*) FROM alembic_version) > 0 AND (SELECT slots FROM slot_pool WHERE pool = ?) = 1"
            )
            return bool(connection.execute(query, (POOL,)).fetchone()[0])
    except sqlite3.Error:
        return False


def main(arguments: list[str] | None = None) -> int:
    """Prepare the home and say where it is."""
    parser = argparse.ArgumentParser(prog="python -m airflow_local.setup", description="Prepare Airflow's home.")
    parser.add_argument("--home", type=Path, default=PROJECT / ".airflow", help="Airflow's home (default: .airflow)")
    home = parser.parse_args(arguments).home.resolve()
    apply_environment(os.environ, airflow_environment(PROJECT, home))
    done = prepare(home)
    print(f"Airflow's home {home} {'is ready' if done else 'was ready'}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
