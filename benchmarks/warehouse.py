"""What one hour of 300 articles costs in warehouses of many days: processor time, bytes, files, and what it leaves.

    daybook bench warehouse [--scale 0.1] [--only DAYS]… [--data FOLDER] [--out FILE]

The warehouses are made one after the other, with 1,370 articles a day at full scale; two hours are then played in each, from
an archive of captures: news, copies of yesterday's, edits of older articles. The second hour is the one that counts.
"""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import tempfile
import time
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from html import escape
from pathlib import Path
from typing import Any

from benchmarks.made_warehouse import ARTICLES_A_DAY, MadeNews, make_warehouse
from pipeline.errors import InputError
from pipeline.runs.run import Run
from pipeline.settings import Settings
from pipeline.stages.archives import land_archives
from pipeline.store.warehouse import Warehouse
from pipeline.windows import HOUR, Window
from pipeline.workflow import chains

DAYS = (0, 30, 200, 730)
PAGES, EDITS, COPIES = 300, 20, 30
_LAST = date(2026, 11, 20)
_NEVER_NS = 1_000_000_000
_NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    """What one hour took.

    Attributes:
        days: Of the warehouse.
        pages: In the hour.
        cpu_seconds: Processor time of this process, pages read in others left out.
        by_stage: The same, stage by stage.
        seconds: Time on the clock.
        read_bytes: What it read, from wherever the system had it.
        files_read: Parquet files that were there before and were read.
        held_bytes, inodes: What the warehouse's folder holds more than before.
    """

    days: int
    pages: int
    cpu_seconds: float
    by_stage: dict[str, float]
    seconds: float
    read_bytes: int
    files_read: int
    held_bytes: int
    inodes: int

    @property
    def line(self) -> str:
        """The hour in one line."""
        parts = " ".join(f"{stage}={seconds:.2f}" for stage, seconds in self.by_stage.items())
        return (
            f"{self.days} days: {self.cpu_seconds:.2f} s of processor time ({parts}), {self.read_bytes / 1e6:.1f} MB read of"
            f" {self.files_read} files, {self.held_bytes / 1e6:.2f} MB and {self.inodes} inodes held"
        )


def run(
    data: Path | None, out: Path | None = None, *, scale: float = 1.0, only: Sequence[str] = ()
) -> dict[str, dict[str, Any]]:
    """Play an hour in each warehouse; a line each is printed as it ends.

    Args:
        data: Where the warehouses are made, and kept for the next time; None takes a temporary folder.
        scale: Articles a day, as a share of 1,370.
        only: Numbers of days; none takes all.
    """
    unknown = [name for name in only if not name.isdecimal()]
    if unknown:
        raise InputError(f"--only {unknown[0]!r} is no number of days; the usual ones are {', '.join(map(str, DAYS))}")
    figures: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory(prefix="daybook-") as folder:
        place = data or Path(folder)
        for days in [int(name) for name in only] or DAYS:
            count = max(1, int(ARTICLES_A_DAY * scale))
            made = place / f"warehouse-{days}-{count}"
            if not made.exists():
                make_warehouse(made, days, last=_LAST, articles_a_day=count)
            played = Path(folder) / "played"
            shutil.copytree(made, played, symlinks=True, copy_function=os.link) if made.exists() else played.mkdir()
            Warehouse(played).rebuild()  # its views lead to where it was made
            hours = play_hours(Warehouse(played), days, 2)
            print(hours[-1].line, flush=True)
            figures[str(days)] = asdict(hours[-1]) | {"is_within": True}
            shutil.rmtree(played)
    if out is not None:
        out.write_text(json.dumps(figures, indent=2) + "\n")
    return figures


def play_hours(warehouse: Warehouse, days: int, hours: int, *, pages: int = PAGES, edited_days: int = 60) -> list[Hour]:
    """Play so many hours of the day after a made warehouse's last one.

    Args:
        edited_days: How far back the articles lie that are edited.
    """
    news = MadeNews(seed=days + 1)
    settings = Settings(warehouse=warehouse.root, extract_workers=1)
    played = []
    with tempfile.TemporaryDirectory(prefix="daybook-") as folder:
        for number in range(hours):
            window = Window.of_hour(_NOON + number * HOUR)
            archive = Path(folder) / f"hour-{number}.warc"
            _write_hour(archive, warehouse, news, window, number, pages, edited_days)
            played.append(_measured(warehouse, days, pages, settings, window, archive))
    return played


def _measured(warehouse: Warehouse, days: int, pages: int, settings: Settings, window: Window, archive: Path) -> Hour:
    """One hour, watched."""
    before = _forget_reads(warehouse.root)
    held_before, inodes = held(warehouse.root)
    by_stage: dict[str, float] = {}
    stage, since = "land_archives", _cpu()
    begun, start, read = time.monotonic(), since, _read_bytes()

    def say(name: str) -> None:
        nonlocal stage, since
        by_stage[stage] = by_stage.get(stage, 0.0) + _cpu() - since
        stage, since = name, _cpu()

    def run_of(dag_id: str) -> Run:
        return Run.of(
            settings, dag_id, window, started_at=window.end, warehouse=warehouse, archives=(archive,), now=window.end
        )

    land_archives(run_of("news_archive"))
    chains.ingest_window(run_of("news_ingest"), say)
    chains.cluster_day(run_of("news_stories"), say)
    say("")
    took, seconds, read = _cpu() - start, time.monotonic() - begun, _read_bytes() - read
    files = _count_read(before)
    held_after, inodes_after = held(warehouse.root)
    return Hour(
        days=days,
        pages=pages,
        cpu_seconds=round(took, 3),
        by_stage={name: round(value, 3) for name, value in by_stage.items()},
        seconds=round(seconds, 2),
        read_bytes=read,
        files_read=files,
        held_bytes=held_after - held_before,
        inodes=inodes_after - inodes,
    )


def _write_hour(
    path: Path, warehouse: Warehouse, news: MadeNews, window: Window, number: int, pages: int, edited_days: int
) -> None:
    """An archive of an hour's captures: edits of older articles, copies of yesterday's, the rest is news."""
    dice = random.Random(number)
    snapshot = warehouse.latest()
    days = sorted({file.day for file in snapshot.manifest.files("articles") if file.day and file.day <= _LAST})
    told: list[tuple[str, str, str]] = []
    if days:
        wanted = ["url", "title", "text", "duplicate_of"]
        for day in dice.sample(days[-edited_days:], min(EDITS, pages // 3, len(days[-edited_days:]))):
            row = next(
                r for r in snapshot.read("articles", columns=wanted, days=[day]).to_pylist() if not r["duplicate_of"]
            )
            told.append(
                (row["url"], row["title"], row["text"] + "\n\nThe figure was 17 and not 15, as was said before.")
            )
        rows = snapshot.read("articles", columns=wanted, days=[days[-1]]).to_pylist()
        for n, row in enumerate(rows[number * COPIES : number * COPIES + min(COPIES, pages // 3)]):
            told.append((f"https://copy.example/{number}/{n}", row["title"], row["text"]))
    for n, story in enumerate(news.stories_of(number, max(0, pages - len(told)))):
        title, text = news.text(story)
        told.append((f"https://made-{n % 20:02d}.example/{window.start:%Y%m%d%H}/{n}", title, text))
    with path.open("wb") as file:
        for n, (url, title, text) in enumerate(told):
            moment = window.start + timedelta(seconds=n)
            file.write(made_record(url, made_page(title, text, moment), moment))


def made_page(title: str, text: str, moment: datetime) -> bytes:
    """An article's page, published at an instant."""
    paragraphs = "".join(f"<p>{escape(part)}</p>" for part in text.split("\n\n"))
    head = f"<title>{escape(title)}</title><meta property='article:published_time' content='{moment.isoformat()}'>"
    return (
        f"<html lang='en'><head>{head}</head><body><article><h1>{escape(title)}</h1>{paragraphs}</article></body></html>"
    ).encode()


def made_record(url: str, body: bytes, moment: datetime) -> bytes:
    """One capture as a WARC record."""
    block = (
        f"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        + body
    )
    head = (
        f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, url)}>\r\n"
        f"WARC-Date: {moment:%Y-%m-%dT%H:%M:%SZ}\r\nWARC-Target-URI: {url}\r\n"
        f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(block)}\r\n\r\n"
    )
    return head.encode() + block + b"\r\n\r\n"


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _read_bytes() -> int:
    lines = Path("/proc/self/io").read_text().splitlines()
    return int(dict(line.split(": ") for line in lines)["rchar"])


def _forget_reads(root: Path) -> list[Path]:
    """Set the time of reading of every file back, which the system then notes anew; gives the files."""
    files = list((root / "files").rglob("*.parquet"))
    for path in files:
        os.utime(path, ns=(_NEVER_NS, path.stat().st_mtime_ns))
    return files


def _count_read(files: Sequence[Path]) -> int:
    """How many of these were read since, of those that are there still."""
    return sum(path.exists() and path.stat().st_atime_ns != _NEVER_NS for path in files)


def held(root: Path) -> tuple[int, int]:
    """Bytes and inodes below a folder, as `du` counts them."""
    seen: dict[int, int] = {}
    for folder, names, files in os.walk(root):
        for name in ("", *names, *files):
            about = Path(folder, name).lstat()
            seen[about.st_ino] = about.st_blocks * 512
    return sum(seen.values()), len(seen)
