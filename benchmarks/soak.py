"""A year of days, one after the other, with the night's upkeep: what a window costs, and what the warehouse holds.

    daybook bench soak [--scale 1] [--out FILE]

Thirty pages a day go through every room as one window, the 1st, 30th, 100th and last day by the hour; each night snapshots
expire, garbage is collected and closed days are compacted, as news_upkeep does it. At full scale that is 365 days.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.made_warehouse import MadeNews
from benchmarks.plot import Line, draw_chart
from benchmarks.warehouse import held, made_page, made_record
from pipeline.errors import InputError
from pipeline.runs.run import Run
from pipeline.settings import Settings
from pipeline.stages.archives import land_archives
from pipeline.store.commit import snapshot_path
from pipeline.store.seal import SUCCESS
from pipeline.store.warehouse import Warehouse
from pipeline.windows import HOUR, Window
from pipeline.workflow import chains

DAYS = 365
PAGES = 30
FIRST = date(2025, 1, 1)
_HOURLY = (1, 30, 100, DAYS)
# How many times what a window takes beside one in an empty warehouse may be, in the end, what it was in the first weeks.
MOST_GROWTH = 1.5
_FEW = 10  # days at either end, and from one comparison with an empty warehouse to the next


@dataclass(frozen=True, slots=True, kw_only=True)
class SoakedDay:
    """One day.

    Attributes:
        number: From 1.
        window_seconds: Processor time of each of its windows; one, or 24.
        fresh_seconds: Of the same first window in an empty warehouse, tried every tenth day: the measure of the machine just then.
        close_seconds: Of closing it and its final digest.
        upkeep_seconds: Of the night's upkeep.
        files, inodes, held_bytes: What the warehouse's folder holds after the night.
        snapshots: How many are kept.
    """

    number: int
    window_seconds: tuple[float, ...]
    fresh_seconds: float | None
    close_seconds: float
    upkeep_seconds: float
    files: int
    inodes: int
    held_bytes: int
    snapshots: int


def run(
    data: Path | None = None, out: Path | None = None, *, scale: float = 1.0, only: Sequence[str] = ()
) -> dict[str, dict[str, Any]]:
    """Play the year in one process, a line a day.

    Args:
        data: Where the temporary folder is made; None takes the system's place for it.
        out: Where the figures go, as JSON; a chart of them is drawn beside it, with the ending .svg.
        scale: What share of the days.
    Raises:
        InputError: `only` names something; or the warehouse is not whole in the end.
    """
    if only:
        raise InputError("soak takes no --only; its length is --scale")
    days: list[SoakedDay] = []
    with tempfile.TemporaryDirectory(prefix="daybook-soak-", dir=data) as folder:
        soak = _Soak(Path(folder))
        for number in range(1, max(2 * _FEW, round(DAYS * scale)) + 1):
            days.append(soak.play(number, by_hour=number in _HOURLY))
            print(_line(days[-1]), flush=True)
        if problems := soak.warehouse.verify():
            raise InputError(f"the warehouse is not whole: {problems[0]}")
    figures = _judge(days)
    for name, figure in figures.items():
        print(f"{name}: {figure}")
    if out is not None:
        out.write_text(json.dumps({"days": [asdict(day) for day in days], **figures}, indent=1) + "\n")
        out.with_suffix(".svg").write_text(_chart(days), encoding="utf-8")
    return figures


class _Soak:
    """The warehouse under way."""

    def __init__(self, folder: Path) -> None:
        self.warehouse = Warehouse(folder / "w")
        self._folder = folder
        sources = folder / "sources.toml"
        sources.write_text("")
        self._settings = Settings(warehouse=folder / "w", sources=sources, extract_workers=1)
        self._news = MadeNews()
        self._dated = 0

    def play(self, number: int, *, by_hour: bool) -> SoakedDay:
        """One day: its windows, its end, its night."""
        day = Window.of_day(FIRST + timedelta(days=number - 1))
        told = [self._news.text(story) for story in self._news.stories_of(number, PAGES)]
        windows = [Window(day.start + n * HOUR, day.start + (n + 1) * HOUR) for n in range(24)] if by_hour else [day]
        spent: list[float] = []
        fresh: float | None = None
        for n, window in enumerate(windows):
            archive = self._folder / "captures.warc"
            _write_archive(archive, number, day.start, told, hour=n if by_hour else None)
            spent.append(_played(self._run("news_ingest", window, (archive,))))
            if n == 0 and (by_hour or number % _FEW == 0):
                fresh = self._fresh(window, archive)
            self._date(window.end)
        began = time.process_time()
        chains.close_day(self._run("news_digest", day, ()))
        closed = time.process_time()
        night = day.end + 4 * HOUR
        self._date(day.end + HOUR)
        self.warehouse.expire(night)
        self.warehouse.collect_garbage(night)
        self.warehouse.compact()
        self._date(night)
        upkept = time.process_time()
        held_bytes, inodes = held(self.warehouse.root)
        return SoakedDay(
            number=number,
            window_seconds=tuple(spent),
            fresh_seconds=fresh,
            close_seconds=round(closed - began, 2),
            upkeep_seconds=round(upkept - closed, 2),
            files=sum(len(files) for _, _, files in os.walk(self.warehouse.root / "files")),
            inodes=inodes,
            held_bytes=held_bytes,
            snapshots=len(self.warehouse.kept()),
        )

    def _fresh(self, window: Window, archive: Path) -> float:
        """What the window takes in an empty warehouse."""
        with tempfile.TemporaryDirectory(dir=self._folder) as folder:
            run = self._run("news_ingest", window, (archive,))
            return _played(replace(run, warehouse=Warehouse(Path(folder))))

    def _date(self, made: datetime) -> None:
        """Let the snapshots that came since the last time have been made at an instant of the year: by that they expire."""
        newest = self.warehouse.latest().number
        for number in range(self._dated + 1, newest + 1):
            os.utime(snapshot_path(self.warehouse.root, number) / SUCCESS, (made.timestamp(), made.timestamp()))
        self._dated = newest

    def _run(self, dag_id: str, window: Window, archives: tuple[Path, ...]) -> Run:
        return Run.of(
            self._settings,
            dag_id,
            window,
            started_at=window.end,
            warehouse=self.warehouse,
            archives=archives,
            now=window.end,
        )


def _played(ingesting: Run) -> float:
    """Take a window of captures through every room; processor seconds of this process."""
    began = time.process_time()
    land_archives(ingesting)
    chains.ingest_window(ingesting)
    chains.cluster_day(ingesting.under("news_stories"))
    return round(time.process_time() - began, 2)


def _write_archive(
    path: Path, number: int, start: datetime, told: Sequence[tuple[str, str]], *, hour: int | None
) -> None:
    """The captures of a day, or of one hour of it: articles are spread evenly over the day."""
    with path.open("wb") as file:
        for n, (title, text) in enumerate(told):
            moment = start + timedelta(seconds=n * 86_400 // len(told))
            if hour is None or moment.hour == hour:
                file.write(
                    made_record(
                        f"https://made-{n % 20:02d}.example/{number}/{n}", made_page(title, text, moment), moment
                    )
                )


def _judge(days: Sequence[SoakedDay]) -> dict[str, dict[str, Any]]:
    """What a window takes of what it takes in an empty warehouse: at the beginning, and in the end."""
    tried = [(day.number, day.window_seconds[0] / day.fresh_seconds) for day in days if day.fresh_seconds]
    ratios = {number: round(ratio, 2) for number, ratio in tried if number > 1}
    early, late = median(list(ratios.values())[: _FEW // 2]), median(list(ratios.values())[-_FEW // 2 :])
    return {
        "of_an_empty_warehouse": {"by_day": ratios, "is_within": late <= MOST_GROWTH * early},
        "hours": {
            "median_by_day": {
                day.number: median(day.window_seconds[1:]) for day in days if len(day.window_seconds) > 1
            },
            "is_within": True,
        },
        "kept": {
            "snapshots": days[-1].snapshots,
            "inodes_a_day": round((days[-1].inodes - days[-_FEW].inodes) / (_FEW - 1)),
            "is_within": True,
        },
    }


def _line(day: SoakedDay) -> str:
    windows = (
        f"{day.window_seconds[0]:.2f}"
        if len(day.window_seconds) == 1
        else "24 × " + f"{median(day.window_seconds):.2f}"
    )
    return (
        f"day {day.number}: {windows} s, close {day.close_seconds:.2f} s, upkeep {day.upkeep_seconds:.2f} s; {day.files} files,"
        f" {day.inodes} inodes, {day.held_bytes / 1e6:.1f} MB, {day.snapshots} snapshots"
    )


def _chart(days: Sequence[SoakedDay]) -> str:
    def line(name: str, values: Sequence[float]) -> Line:
        return Line(name=name, points=[(day.number, value) for day, value in zip(days, values, strict=True)])

    return draw_chart(
        "A year of days",
        "day",
        [
            ("processor seconds", [
                line("its windows (median)", [median(day.window_seconds) for day in days]),
                line("closing it", [day.close_seconds for day in days]),
                line("upkeep", [day.upkeep_seconds for day in days]),
            ]),
            ("times an empty warehouse's", [
                Line(name="first window", points=[
                    (day.number, day.window_seconds[0] / day.fresh_seconds) for day in days if day.fresh_seconds
                ]),
            ]),
            ("MB held", [line("warehouse", [day.held_bytes / 1e6 for day in days])]),
            ("kept", [line("snapshots", [day.snapshots for day in days])]),
            ("inodes", [line("inodes", [day.inodes for day in days])]),
        ],
    )  # fmt: skip
