"""Memory does not grow with what comes in: four times as many take about as much."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.memory import measure_memory
from benchmarks.watched import DAYBOOK, watch_command

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is read as Linux tells it")

# What is held whole of a window are its rows without bodies, and its articles: a few kilobytes of each page.
MOST_GROWTH = 1.5


@pytest.mark.drill
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("name", "scale"), [("large-files", 0.025)])
def test_four_times_as_many_take_no_more(name: str, scale: float, tmp_path: Path) -> None:
    once, _ = measure_memory(name, scale, tmp_path)
    four_times, _ = measure_memory(name, 4 * scale, tmp_path)
    assert four_times.is_within, four_times.line
    assert four_times.peak_bytes <= MOST_GROWTH * once.peak_bytes, f"{once.line}; {four_times.line}"


def test_a_command_is_watched_with_what_it_starts(tmp_path: Path) -> None:
    watched = watch_command([*DAYBOOK, "--help"], {"PATH": "/usr/bin:/bin", "PYTHONPATH": "."}, tmp_path / "log")
    assert watched.code == 0
    assert "Usage" in watched.told
    assert 5e6 < watched.peak_bytes < 1e9
    assert watched.cpu_seconds > 0
