"""The commit hooks, held to the Makefile."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml


@pytest.fixture(scope="module")
def hooks(project: Path) -> dict[str, dict[str, Any]]:
    (local,) = yaml.safe_load((project / ".pre-commit-config.yaml").read_text())["repos"]
    assert local["repo"] == "local", "nothing is downloaded"
    return {hook["id"]: hook for hook in local["hooks"]}


def test_the_hooks_are_the_tools_of_make_check(hooks: dict[str, dict[str, Any]], project: Path) -> None:
    recipe = re.search(r"^check:.*\n((?:\t.*\n)+)", (project / "Makefile").read_text(), re.MULTILINE)
    assert recipe is not None
    assert [hook["entry"] for name, hook in hooks.items() if name != "large-files"] == [
        line.removeprefix("\t@") for line in recipe[1].splitlines()
    ]
    assert {hook["language"] for hook in hooks.values()} == {"system"}


def test_a_large_file_is_held_back(hooks: dict[str, dict[str, Any]], project: Path, tmp_path: Path) -> None:
    large, small = tmp_path / "a large one", tmp_path / "small"
    large.write_bytes(bytes(300_001))
    small.write_bytes(bytes(300_000))
    command = shlex.split(hooks["large-files"]["entry"])
    assert subprocess.run([*command, str(small)], check=False).returncode == 0
    done = subprocess.run([*command, str(small), str(large), str(small)], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, f"{large} has more than 300 kB\n")
