"""Every command, query and program that README and docs show is run here, on the sample newsroom's warehouse."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline.settings import Settings
from pipeline.store.warehouse import Warehouse
from tests.conftest import PROJECT
from tests.played import Play
from tests.typed import clean_environment, typed

PAGES = [PROJECT / "README.md", PROJECT / "CONTRIBUTING.md", *sorted((PROJECT / "docs").glob("*.md"))]
FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
# What takes minutes, and is run whole elsewhere: by the tests of the DAGs, of real pages and of answers, and as drills.
ELSEWHERE = ("make ", "daybook run --warc", "daybook bench", "daybook extract", "daybook explain")

# The day of the two seeds, which is asked for after a run of them.
SEEDS_DAY = "2025-12-20"


def blocks(*kinds: str) -> list[tuple[str, str]]:
    return [
        (page.name, code)
        for page in PAGES
        for kind, code in FENCE.findall(page.read_text(encoding="utf-8"))
        if kind in kinds
    ]


def shown_commands() -> list[Any]:
    """Every command that is shown; those on the seeds ask for the real data."""
    lines = [line.split("  #")[0].strip() for _, code in blocks("sh") for line in code.splitlines()]
    shown = sorted({line for line in lines if line and not line.startswith(ELSEWHERE)})
    return [pytest.param(line, marks=[pytest.mark.data] if is_on_seeds(line) else []) for line in shown]


def is_on_seeds(command: str) -> bool:
    return "../shared" in command or SEEDS_DAY in command


@pytest.fixture(scope="module")
def played(play: Play) -> Path:
    """The sample newsroom's days, through all rooms."""
    return play.root


@pytest.mark.parametrize("command", shown_commands())
def test_commands(command: str, played: Path, tmp_path: Path, request: pytest.FixtureRequest):
    words = shlex.split(command)
    assert words[0] == "daybook", f"what is {command!r}? run it here, or say where it is run"
    if is_on_seeds(command):
        request.getfixturevalue("shared_data")
    root = tmp_path / "own" if words[1] == "run" or is_on_seeds(command) else played
    if SEEDS_DAY in words:
        seeds = ["run", "--inbox", "../shared/data/seeds", "--window", "2025-12-20/2025-12-21"]
        assert typed(*seeds, warehouse=str(root)).returncode == 0
    done = typed(*words[1:], warehouse=str(root))
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


@pytest.mark.parametrize(("page", "query"), blocks("sql"))
def test_queries(page: str, query: str, played: Path):
    with Warehouse(played).open_readonly() as connection:
        rows = connection.execute(query).fetchall()
    if "<> c.quote" in query:
        assert rows == []
    else:
        assert rows, f"{page} shows a query without an answer"


@pytest.mark.parametrize(("page", "program"), blocks("python"))
def test_programs(page: str, program: str, played: Path):
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=clean_environment(warehouse=str(played)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{page}: {done.stderr}"


def test_make_verbs_are_those_that_exist():
    shown = {line.split()[1] for _, code in blocks("sh") for line in code.splitlines() if line.startswith("make ")}
    verbs = set(re.findall(r"^(\w+):.*##", (PROJECT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert shown <= verbs
    assert {"setup", "run", "test", "drills", "check", "up", "bench", "docs", "clean"} == verbs - {"help"}


def test_readme_shows_the_two_commands_within_twenty_lines():
    head = (PROJECT / "README.md").read_text(encoding="utf-8").splitlines()[:20]
    assert any(line.startswith("make run") for line in head)
    assert any(line.startswith("make test") for line in head)


def test_every_setting_is_in_the_example_file():
    from dataclasses import fields

    example = (PROJECT / ".env.example").read_text(encoding="utf-8")
    for field in fields(Settings):
        assert f"DAYBOOK_{field.name.upper()}=" in example
    assert Settings.from_env({k: v for k, v in os.environ.items() if not k.startswith("DAYBOOK_")}) == Settings()
