"""Airflow's home for tests: made once, and every Airflow in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

RunPython = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def run_python(project: Path) -> RunPython:
    """Run Python with the project and its plugins on the path; fails the test when it fails."""

    def run(*arguments: object, timeout: float = 240.0, **environment: str) -> subprocess.CompletedProcess[str]:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW_", "DAYBOOK_"))}
        done = subprocess.run(
            [sys.executable, *map(str, arguments)],
            cwd=project,
            env={**inherited, "PYTHONPATH": f"{project}:{project / 'plugins'}", **environment},
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        assert done.returncode == 0, f"{done.stdout[-1500:]}\n{done.stderr[-3000:]}"
        return done

    return run


@pytest.fixture(scope="session")
def prepared_home(run_python: RunPython, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home as set-up leaves it."""
    home = tmp_path_factory.mktemp("airflow") / "home"
    run_python("-m", "airflow_local.setup", "--home", home)
    return home
