"""How much memory a whole pass takes, whatever comes in: the highest sum of PSS over `daybook run` and its children.

    daybook bench memory [--scale 0.01] [--only SCENARIO]… [--out FILE]

Inputs are made in a temporary folder and removed again; at full scale the passes together take hours of one core.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.heavy_inputs import fill_folder, serve_swollen_pages, write_archive
from benchmarks.watched import DAYBOOK, Watched, watch_command
from pipeline.errors import InputError
from pipeline.windows import Window

BOUND_BYTES = 1_500_000_000
_MIB = 1024 * 1024

# Arguments of the command, and what its environment has besides.
Prepared = tuple[list[str], dict[str, str]]
Prepare = Callable[[Path, int], AbstractContextManager[Prepared]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One kind of input.

    Attributes:
        count: How many at full scale.
        unit: Of what.
        prepare: Makes so many in a folder; holds what serves them.
    """

    count: int
    unit: str
    prepare: Prepare


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What one scenario took."""

    scenario: str
    count: int
    unit: str
    peak_bytes: int
    bound_bytes: int
    cpu_seconds: float
    seconds: float
    counted: str

    @property
    def is_within(self) -> bool:
        """Whether it stayed within its bound."""
        return self.peak_bytes <= self.bound_bytes

    @property
    def line(self) -> str:
        """The figure in one line."""
        held = "within" if self.is_within else "OVER"
        return (
            f"{self.scenario}: {self.count} {self.unit}: {self.peak_bytes / 1e6:.0f} MB at most, {held} the bound of"
            f" {self.bound_bytes / 1e6:.0f} MB; {self.cpu_seconds:.0f} s of processor time in {self.seconds:.0f} s; {self.counted}"
        )


@contextmanager
def _feed(folder: Path, count: int) -> Iterator[Prepared]:
    with serve_swollen_pages(count, 9 * _MIB) as port:
        (folder / "sources.toml").write_text(
            '[[source]]\nid = "site"\nkind = "feed"\nurl = "http://site.example/feed.xml"\n'
        )
        environ = {"DAYBOOK_RESOLVE": f"example=127.0.0.1:{port}", "DAYBOOK_FETCH_GAP_SECONDS": "0.05"}
        yield ["run", "--source", "site"], environ


@contextmanager
def _small_files(folder: Path, count: int) -> Iterator[Prepared]:
    fill_folder(folder / "inbox", count, words=40)
    yield ["run", "--inbox", str(folder / "inbox")], {}


@contextmanager
def _large_files(folder: Path, count: int) -> Iterator[Prepared]:
    fill_folder(folder / "inbox", count, 10 * _MIB, packed=True)
    yield ["run", "--inbox", str(folder / "inbox")], {}


@contextmanager
def _full_hour(folder: Path, count: int) -> Iterator[Prepared]:
    fill_folder(folder / "inbox", count, 276_000, packed=True)
    yield ["run", "--inbox", str(folder / "inbox")], {}


@contextmanager
def _archive(folder: Path, count: int) -> Iterator[Prepared]:
    hour = Window.of_hour(datetime.now(UTC))
    write_archive(folder / "heavy.warc.gz", count, hour.start)
    yield ["run", "--warc", str(folder / "heavy.warc.gz"), "--window", str(hour)], {}


SCENARIOS = {
    "swollen-pages": Scenario(count=2_000, unit="links to pages of 9 MiB", prepare=_feed),
    "small-files": Scenario(count=100_000, unit="small files", prepare=_small_files),
    "large-files": Scenario(count=400, unit="files of 10 MiB", prepare=_large_files),
    "full-hour": Scenario(count=25_000, unit="pages of 276 KB", prepare=_full_hour),
    "small-records": Scenario(count=1_000_000, unit="records of an archive", prepare=_archive),
}


def run(
    data: Path | None = None,
    out: Path | None = None,
    *,
    scale: float = 1.0,
    only: Sequence[str] = (),
    say: Callable[[str], None] = print,
) -> dict[str, dict[str, object]]:
    """Measure scenarios, one after the other, each in a warehouse of its own.

    Args:
        data: Where the temporary folder is made; None takes the system's place for it.
        out: Where the samples go, as JSON: of each scenario (seconds, bytes of the command, bytes of its children).
        scale: What share of each scenario's count; above zero.
        only: Names of scenarios; none takes all.
        say: Told each figure as it comes.
    Returns:
        The figures by scenario.
    Raises:
        InputError: there is no such scenario, or its command failed.
    """
    unknown = sorted(set(only) - set(SCENARIOS))
    if unknown or scale <= 0:
        raise InputError(f"scenarios are {', '.join(SCENARIOS)}, scales above zero; not {', '.join(unknown) or scale}")
    figures: dict[str, dict[str, object]] = {}
    samples: dict[str, object] = {}
    for name in only or SCENARIOS:
        figure, watched = measure_memory(name, scale, data)
        say(figure.line)
        figures[name] = asdict(figure) | {"is_within": figure.is_within}
        samples[name] = watched.samples
        if out is not None:
            out.write_text(json.dumps({"figures": figures, "samples": samples}, indent=1), encoding="utf-8")
    return figures


def measure_memory(name: str, scale: float, place: Path | None = None) -> tuple[Figure, Watched]:
    """Measure one scenario.

    Raises:
        InputError: its command failed.
    """
    scenario = SCENARIOS[name]
    count = max(1, round(scenario.count * scale))
    with tempfile.TemporaryDirectory(prefix="daybook-memory-", dir=place) as made:
        folder = Path(made)
        with scenario.prepare(folder, count) as (arguments, more):
            environ = {key: value for key, value in os.environ.items() if not key.startswith("DAYBOOK_")}
            environ |= {"DAYBOOK_WAREHOUSE": str(folder / "w"), "DAYBOOK_SOURCES": str(folder / "sources.toml"), **more}
            watched = watch_command([*DAYBOOK, *arguments], environ, folder / "log")
    if watched.code != 0:
        raise InputError(f"{name}: daybook {' '.join(arguments)} ended with {watched.code}: {watched.told[-3000:]}")
    figure = Figure(
        scenario=name,
        count=count,
        unit=scenario.unit,
        peak_bytes=watched.peak_bytes,
        bound_bytes=BOUND_BYTES,
        cpu_seconds=round(watched.cpu_seconds, 1),
        seconds=round(watched.seconds, 1),
        counted=_counted(watched.told),
    )
    return figure, watched


def _counted(told: str) -> str:
    """The last line of a pass that counts its pages."""
    return next((line.strip() for line in reversed(told.splitlines()) if " received" in line), "nothing counted")
