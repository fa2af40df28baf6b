"""A command as a child, and the memory that it and its own children hold together."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import InputError

SAMPLE_SECONDS = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What a command took.

    Attributes:
        code: Its exit code.
        peak_bytes: The highest sum of the proportional set sizes (PSS) of it and its children that was sampled.
        cpu_seconds: Processor time of all of them.
        seconds: Time on the clock.
        samples: (seconds since the start, bytes of the command itself, bytes of its children).
        told: What it wrote to standard output and standard error.
    """

    code: int
    peak_bytes: int
    cpu_seconds: float
    seconds: float
    samples: Sequence[tuple[float, int, int]]
    told: str


# `daybook` from this checkout or installation.
DAYBOOK = (sys.executable, "-m", "pipeline.cli", "--verbose")


def watch_command(command: Sequence[str], environ: Mapping[str, str], log: Path) -> Watched:
    """Run a command and sample its memory until it ends.

    A page that several processes share counts for each of them in its part, so that the sum is what the machine gives.

    Args:
        log: Where its output goes.
    Raises:
        InputError: this system does not tell the memory of processes as Linux does.
    """
    if not Path("/proc/self/smaps_rollup").exists():
        raise InputError(
            "the memory of processes is read from /proc/*/smaps_rollup, which this system has not; use Linux"
        )
    started, cpu = time.monotonic(), _cpu_of_children()
    samples: list[tuple[float, int, int]] = []
    with log.open("wb") as output:
        child = subprocess.Popen(list(command), env=dict(environ), stdout=output, stderr=output)
        try:
            while child.poll() is None:
                own, *others = [_pss(pid) for pid in _with_children(child.pid)]
                samples.append((round(time.monotonic() - started, 2), own, sum(others)))
                time.sleep(SAMPLE_SECONDS)
        finally:
            if child.poll() is None:
                child.kill()
                child.wait()
    return Watched(
        code=child.returncode,
        peak_bytes=max((own + others for _, own, others in samples), default=0),
        cpu_seconds=_cpu_of_children() - cpu,
        seconds=time.monotonic() - started,
        samples=samples,
        told=log.read_text(encoding="utf-8", errors="replace"),
    )


def _with_children(pid: int) -> list[int]:
    """A process and all below it."""
    found = [pid]
    for one in found:
        with suppress(OSError):  # it has ended
            for task in Path(f"/proc/{one}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
    return found


def _pss(pid: int) -> int:
    """The proportional set size of a process in bytes; 0 once it has ended."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
