"""What a day costs, each way in a warehouse of its own: by the hour beside as a whole, and with pages of the usual weight.

    daybook bench throughput [--scale 0.2] [--only day|hours|heavy] [--out FILE]

A thousand pages at full scale, on some 250 stories, come from archives of captures spread over a day: small ones as one window
and as twenty-four, and the same articles within 280 KB of markup as one window, stage by stage.
"""

from __future__ import annotations

import json
import os
import random
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.made_warehouse import MadeNews
from benchmarks.warehouse import made_page, made_record
from benchmarks.watched import watch_command
from pipeline.errors import InputError

PAGES = 1000
DAY = date(2026, 3, 4)
WAYS = ("day", "hours", "heavy")
_STARTED = datetime(2026, 4, 1, tzinfo=UTC)
# Most that 24 windows may take of what one takes.
MOST_OF_A_DAY = 2.2


def run(
    data: Path | None = None, out: Path | None = None, *, scale: float = 1.0, only: Sequence[str] = ()
) -> dict[str, dict[str, Any]]:
    """Play the day each way, in a process of its own.

    Args:
        data: Where the temporary folder is made; None takes the system's place for it.
        out: Where the figures go, as JSON.
        scale: What share of the pages.
        only: `day`, `hours` or `heavy`; none takes all.
    Returns:
        Of each way the pages, CPU seconds of all its processes and of the process of the pass alone, by stage and by window, and
        the content hash; of `hours` the ratio to `day`.
    Raises:
        InputError: there is no such way, it failed, or the two came to different warehouses.
    """
    ways = tuple(only) or WAYS
    if unknown := sorted(set(ways) - set(WAYS)):
        raise InputError(f"ways are {', '.join(WAYS)}; not {', '.join(unknown)}")
    figures: dict[str, dict[str, Any]] = {}
    for way in ways:
        with tempfile.TemporaryDirectory(prefix="daybook-throughput-", dir=data) as made:
            command = [sys.executable, "-m", "benchmarks.throughput", way, str(max(24, round(PAGES * scale))), made]
            environ = {name: value for name, value in os.environ.items() if not name.startswith("DAYBOOK_")}
            watched = watch_command(command, environ, Path(made) / "log")
        if watched.code != 0:
            raise InputError(f"{way} ended with {watched.code}: {watched.told[-3000:]}")
        figures[way] = json.loads(watched.told.splitlines()[-1]) | {
            "cpu_seconds": round(watched.cpu_seconds, 2),
            "peak_mb": round(watched.peak_bytes / 1e6, 1),
            "is_within": True,
        }
        print(f"{way}: {figures[way]}")
    if figures.keys() >= {"day", "hours"}:
        day, hours = figures["day"], figures["hours"]
        if day["content_hash"] != hours["content_hash"]:
            raise InputError(
                f"not one warehouse: {day['content_hash']} by the day, {hours['content_hash']} by the hour"
            )
        hours["of_day"] = round(hours["cpu_seconds"] / day["cpu_seconds"], 3)
        hours["is_within"] = hours["of_day"] <= MOST_OF_A_DAY
        print(f"hours / day: {hours['of_day']}")
    if out is not None:
        out.write_text(json.dumps(figures, indent=1), encoding="utf-8")
    return figures


def _write_archives(folder: Path, pages: int, furniture: str = "") -> list[Path]:
    """An archive for each hour of the day, of the pages captured in it; the articles of a story come at any hour.

    Args:
        furniture: Markup below each article.
    """
    news = MadeNews()
    told = [news.text(story) for story in news.stories_of(0, pages)]
    paths = []
    for hour in range(24):
        path = folder / f"{hour:02d}.warc"
        with path.open("wb") as file:
            for number in range(hour, pages, 24):
                moment = datetime(DAY.year, DAY.month, DAY.day, hour, tzinfo=UTC) + timedelta(seconds=number % 3600)
                page = made_page(*told[number], moment).replace(b"</article>", f"</article>{furniture}".encode())
                file.write(made_record(f"https://made-{number % 40:02d}.example/p{number}", page, moment))
        paths.append(path)
    return paths


def _furniture() -> str:
    """280 KB of what stands around an article: half of it a script, half of it lists of links."""
    dice = random.Random(1)
    script = "".join(f"a[{n}]={dice.randrange(1 << 40)};" for n in range(7_000))
    links = "".join(f"<li><a href='/{dice.randrange(1 << 40)}'>Other piece {n}</a></li>" for n in range(3_000))
    return f"<script>{script}</script><aside class='related'><ul>{links}</ul></aside>"


def _play(way: str, pages: int, folder: Path) -> dict[str, Any]:
    """Land the archives, take the day through every room, close it."""
    from pipeline.runs.run import Run
    from pipeline.settings import Settings
    from pipeline.stages.archives import land_archives
    from pipeline.store.warehouse import Warehouse
    from pipeline.windows import HOUR, Window
    from pipeline.workflow import chains

    archives = tuple(_write_archives(folder, pages, _furniture() if way == "heavy" else ""))
    sources = folder / "sources.toml"
    sources.write_text("")
    settings, warehouse = Settings(warehouse=folder / "w", sources=sources), Warehouse(folder / "w")
    day = Window.of_day(DAY)
    windows = [day] if way != "hours" else [Window(day.start + n * HOUR, day.start + (n + 1) * HOUR) for n in range(24)]
    spent: list[float] = []
    by_stage: dict[str, float] = {}
    stage, since = "", 0.0

    def say(name: str) -> None:
        nonlocal stage, since
        now = time.process_time()
        by_stage[stage] = by_stage.get(stage, 0.0) + now - since
        stage, since = name, now

    for number, window in enumerate(windows):
        before = time.process_time()
        used = archives if way != "hours" else (archives[number],)
        ingesting = Run.of(
            settings, "news_ingest", window, started_at=_STARTED, warehouse=warehouse, clock="window-end", archives=used
        )
        say("land_archives")
        land_archives(ingesting)
        chains.ingest_window(ingesting, say)
        if way == "hours":
            chains.cluster_day(ingesting.under("news_stories"), say)
        spent.append(round(time.process_time() - before, 2))
    closing = Run.of(settings, "news_digest", day, started_at=_STARTED, warehouse=warehouse, clock="window-end")
    chains.close_day(closing, say)
    say("")
    articles = warehouse.latest().read("articles", columns=["article_id"]).num_rows
    return {
        "pages": pages,
        "articles": articles,
        "content_hash": warehouse.content_hash(),
        "windows_cpu_seconds": spent,
        "stages_cpu_seconds": {name: round(seconds, 2) for name, seconds in by_stage.items() if name},
    }


if __name__ == "__main__":
    told = _play(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
    own = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({**told, "pass_cpu_seconds": round(own.ru_utime + own.ru_stime, 2)}))
