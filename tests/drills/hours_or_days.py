"""The newsroom ingested by the hour, by the day, in shuffled order and under fire: one and the same content hash.

`python -m tests.drills.hours_or_days` takes it through all six days, each way in a warehouse of its own.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from newsroom import DAYS, serve
from pipeline.fetch.sources import load_registry
from pipeline.settings import PROJECT, Settings
from pipeline.store.warehouse import Warehouse
from pipeline.windows import Window
from pipeline.workflow.local_run import close_day, run_window

SOURCES = PROJECT / "newsroom" / "sources.toml"
STARTED = datetime(2026, 4, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SEED = 20260302

Way = Callable[[Settings, Iterable[date]], None]


@contextmanager
def newsroom_port() -> Iterator[int]:
    """Serve the newsroom in a process of its own, so that it outlives what is killed here."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        with serve() as handle:
            os.write(writer, str(handle.port).encode())
            signal.pause()
    try:
        yield int(os.read(reader, 16))
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def settings_for(root: Path, port: int) -> Settings:
    """A warehouse of its own, fed by the newsroom."""
    return Settings(warehouse=root, sources=SOURCES, resolve=(f"example=127.0.0.1:{port}",), extract_workers=1)


def hours_of(day: date, hours: int = 1) -> list[Window]:
    """A day in windows of so many hours."""
    start = Window.of_day(day).start
    return [Window(start + n * HOUR, start + (n + hours) * HOUR) for n in range(0, 24, hours)]


def one_pass(settings: Settings, window: Window) -> None:
    """One pass over all sources."""
    ids = tuple(source.source_id for source in load_registry(SOURCES).sources)
    run_window(settings, Warehouse(settings.warehouse), window, started_at=STARTED, source_ids=ids)


def close(settings: Settings, day: date) -> None:
    """Close a day that was worked on by the hour."""
    close_day(settings, Warehouse(settings.warehouse), day, started_at=STARTED, clock="window-end")


def by_hours(settings: Settings, days: Iterable[date]) -> None:
    """Every hour in its turn."""
    for day in days:
        for window in hours_of(day):
            one_pass(settings, window)
        close(settings, day)


def by_days(settings: Settings, days: Iterable[date]) -> None:
    """A day at once."""
    for day in days:
        one_pass(settings, Window.of_day(day))


def shuffled(settings: Settings, days: Iterable[date], hours: int = 1) -> None:
    """The windows of each day in an order that chance gives."""
    dice = random.Random(SEED)
    for day in days:
        windows = hours_of(day, hours)
        for window in dice.sample(windows, len(windows)):
            one_pass(settings, window)
        close(settings, day)


def killed(settings: Settings, days: Iterable[date], kills: int = 20, hours: int = 1) -> None:
    """Every window in its turn, some of them killed at a moment that chance gives, and repeated."""
    dice = random.Random(SEED)
    windows = [window for day in days for window in hours_of(day, hours)]
    doomed = set(dice.sample(range(len(windows)), min(kills, len(windows))))
    seconds = 2.0
    for number, window in enumerate(windows):
        while number in doomed:
            if _killed_after(dice.uniform(0.05, 1.0) * seconds, settings, window):
                break
            seconds *= 0.7  # it was over before: strike sooner
        began = time.monotonic()
        one_pass(settings, window)
        seconds = max(0.2, time.monotonic() - began)
        if window.end == Window.of_day(window.day).end:
            close(settings, window.day)


def _killed_after(seconds: float, settings: Settings, window: Window) -> bool:
    """Start a pass in a child and kill it; whether it still lived."""
    child = os.fork()
    if child == 0:
        try:
            os.setsid()
            one_pass(settings, window)
        finally:
            os._exit(0)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


WAYS: dict[str, Way] = {"days": by_days, "hours": by_hours, "shuffled": shuffled, "killed": killed}


def main(arguments: list[str] | None = None) -> int:
    """Go every way and compare; 0 when all hashes are equal."""
    parser = argparse.ArgumentParser(prog="python -m tests.drills.hours_or_days", description=__doc__)
    parser.add_argument("--days", type=int, default=len(DAYS), help="only the first so many days")
    parser.add_argument("--ways", nargs="*", default=list(WAYS), choices=list(WAYS))
    parser.add_argument("--keep", type=Path, help="keep the warehouses in this folder")
    options = parser.parse_args(arguments)
    hashes = {}
    with tempfile.TemporaryDirectory() as temporary, newsroom_port() as port:
        for name in options.ways:
            root = (options.keep or Path(temporary)) / name
            began = time.monotonic()
            WAYS[name](settings_for(root, port), DAYS[: options.days])
            hashes[name] = Warehouse(root).content_hash()
            print(f"{name:<10} {hashes[name]}  {time.monotonic() - began:6.1f} s", flush=True)
    return 0 if len(set(hashes.values())) == 1 else 1


if __name__ == "__main__":
    sys.exit(main())
