"""Quality that was reached once never sinks silently: each benchmark's figures against their floors."""

from __future__ import annotations

import json
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

FLOORS = json.loads((Path(__file__).parent / "floors.json").read_text(encoding="utf-8"))
# Of what the text of each line of a digest said before, by an independent judge; a ceiling, not a floor.
SAID_BEFORE = 0.03


@cache
def figures(name: str, data: Path) -> dict:
    return import_module(f"benchmarks.{name}").run(data, None)


@pytest.mark.drill
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("name", "figure"), [(name, figure) for name, floors in FLOORS.items() for figure in floors])
def test_floors(name: str, figure: str, shared_data: Path):
    value = figures(name, shared_data)
    for step in figure.split("."):
        value = value[step]
    assert value >= FLOORS[name][figure]


@pytest.mark.drill
def test_digests_do_not_repeat_themselves(shared_data: Path):
    assert figures("digest", shared_data)["said_before"] <= SAID_BEFORE


def test_every_benchmark_has_floors():
    from pipeline.cli.runs import BENCHMARKS

    assert set(FLOORS) == set(BENCHMARKS)


def test_the_command_refuses_what_it_does_not_know(daybook, tmp_path):
    assert "no benchmark" in daybook("bench", "speed", "--data", tmp_path, check=False).stderr
    assert daybook("bench", "pages", "--data", tmp_path / "nowhere", check=False).returncode == 2
    assert daybook("bench", "pages", "--data", tmp_path, check=False).returncode == 1
    assert "give --data" in daybook("bench", "pages", check=False).stderr
    assert "scenarios are" in daybook("bench", "memory", "--only", "speed", check=False).stderr
