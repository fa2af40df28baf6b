"""The workflow that checks every change, held to what README, Makefile and the package's metadata say."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml


@pytest.fixture(scope="module")
def workflow(project: Path) -> dict[Any, Any]:
    loaded: dict[Any, Any] = yaml.safe_load((project / ".github/workflows/ci.yml").read_text())
    return loaded


def verbs_of(job: dict[str, Any]) -> list[str]:
    return [step["run"] for step in job["steps"] if step.get("run", "").startswith("make ")]


def test_the_workflow_says_what_contributors_are_told(workflow: dict[Any, Any], project: Path) -> None:
    verbs = set(re.findall(r"^(\w+):.*##", (project / "Makefile").read_text(), re.MULTILINE))
    assert {verb.split()[1] for job in workflow["jobs"].values() for verb in verbs_of(job)} <= verbs
    assert verbs_of(workflow["jobs"]["change"]) == ["make check", "make test"]
    assert verbs_of(workflow["jobs"]["whole"]) == ["make run", "make drills"]
    triggers = workflow[True]  # YAML 1.1 reads the key `on` so
    assert set(triggers) == {"push", "pull_request", "schedule", "workflow_dispatch"}


def test_every_promised_python_is_tested(workflow: dict[Any, Any], project: Path) -> None:
    metadata = tomllib.loads((project / "pyproject.toml").read_text())["project"]
    tested = workflow["jobs"]["change"]["strategy"]["matrix"]["python"]
    stated = [c.rpartition(" ")[2] for c in metadata["classifiers"] if re.search(r"Python :: 3\.\d+$", c)]
    assert tested == stated
    assert metadata["requires-python"] == f">={tested[0]},<3.{int(tested[-1].partition('.')[2]) + 1}"


def test_the_workflow_may_read_and_no_more(workflow: dict[Any, Any]) -> None:
    assert workflow["permissions"] == {"contents": "read"}
    assert workflow["concurrency"]["cancel-in-progress"] is True
    for job in workflow["jobs"].values():
        assert "permissions" not in job
        assert 0 < job["timeout-minutes"] <= 180
        actions = [step for step in job["steps"] if "uses" in step]
        assert all(re.fullmatch(r"actions/\w+@v\d+", step["uses"]) for step in actions)
        (checkout,) = (step for step in actions if "checkout" in step["uses"])
        assert checkout["with"]["persist-credentials"] is False
