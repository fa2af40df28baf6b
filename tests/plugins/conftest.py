"""Airflow's home for tests: made once, and every Airflow in a process of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.once import made_once, session_folder

TWICE = """
import os, sys
from pathlib import Path
from airflow_local.demo import main
from pipeline.store.warehouse import Warehouse

for _ in range(2):
    assert main(["--home", sys.argv[1], "--days", "1"]) == 0
    print("HASH", Warehouse(Path(os.environ["DAYBOOK_WAREHOUSE"])).content_hash(), flush=True)
"""

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
    """A home as set-up leaves it; only to be read."""

    def make(folder: Path) -> None:
        run_python("-m", "airflow_local.setup", "--home", folder)

    return made_once(session_folder(tmp_path_factory) / "prepared-home", make)


@dataclass(frozen=True)
class TwoPlays:
    """What `make run` left when it had played one day twice: only to be read."""

    folder: Path

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def root(self) -> Path:
        return self.folder / "warehouse"

    @property
    def printed(self) -> str:
        return (self.folder / "printed").read_text()


@pytest.fixture(scope="session")
def two_plays(prepared_home: Path, run_python: RunPython, tmp_path_factory: pytest.TempPathFactory) -> TwoPlays:
    """The newsroom's first day, played twice under Airflow."""

    def make(folder: Path) -> None:
        shutil.copytree(prepared_home, folder / "home")
        root = folder / "warehouse"
        done = run_python("-c", TWICE, folder / "home", timeout=300, DAYBOOK_WAREHOUSE=str(root))
        (folder / "printed").write_text(done.stdout)

    return TwoPlays(made_once(session_folder(tmp_path_factory) / "two-plays", make))
