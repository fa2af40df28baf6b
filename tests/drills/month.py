"""A month of hourly runs with upkeep every night: what the warehouse holds levels off, and the rows are those without upkeep.

`python -m tests.drills.month [--days 30] [--articles 20]` plays the hours twice, with upkeep and without, and a line tells each day.
Ages are played too: every snapshot and hand-over gets the time of its hour.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from benchmarks.made_warehouse import MadeNews
from benchmarks.warehouse import made_page, made_record
from pipeline.runs.run import Run
from pipeline.settings import Settings
from pipeline.stages.archives import land_archives
from pipeline.store.warehouse import Warehouse
from pipeline.windows import HOUR, Window
from pipeline.workflow import chains

FIRST = date(2026, 3, 2)


def play_hour(settings: Settings, warehouse: Warehouse, window: Window, archive: Path) -> None:
    """One hour of an archive through all rooms."""

    def run_of(dag_id: str) -> Run:
        return Run.of(
            settings, dag_id, window, started_at=window.end, warehouse=warehouse, archives=(archive,), now=window.end
        )

    land_archives(run_of("news_archive"))
    chains.ingest_window(run_of("news_ingest"), lambda _: None)
    chains.cluster_day(run_of("news_stories"), lambda _: None)


def write_hour(path: Path, news: MadeNews, window: Window, number: int, articles: int) -> None:
    """An archive of an hour's articles."""
    with path.open("wb") as file:
        for n, story in enumerate(news.stories_of(number // 24, articles)):
            title, text = news.text(story)
            moment = window.start + timedelta(minutes=n)
            url = f"https://made-{n % 7:02d}.example/{window.start:%Y%m%d%H}/{n}"
            file.write(made_record(url, made_page(title, text, moment), moment))


def age(root: Path, since: int, moment: datetime) -> int:
    """Give what came since a snapshot the time of its hour; the number of the last snapshot."""
    last = Warehouse(root).latest().number
    paths = [root / "snapshots" / str(number) / "_SUCCESS" for number in range(since + 1, last + 1)]
    paths += [
        path for path in (root / "_staging").rglob("*") if path.is_file() and path.stat().st_mtime > moment.timestamp()
    ]
    for path in paths:
        if path.exists():
            os.utime(path, (moment.timestamp(), moment.timestamp()))
    return last


def keep_up(warehouse: Warehouse, now: datetime) -> None:
    """What news_upkeep does, in its order."""
    warehouse.expire(now)
    warehouse.collect_garbage(now)
    warehouse.compact()


def held(root: Path) -> tuple[int, int]:
    """Bytes and inodes below a folder."""
    seen = {}
    for folder, names, files in os.walk(root):
        for name in (*names, *files):
            about = Path(folder, name).lstat()
            seen[about.st_ino] = about.st_blocks * 512
    return sum(seen.values()), len(seen)


def tell(day: date, warehouse: Warehouse) -> None:
    """A line on what the warehouse holds after a night."""
    size, inodes = held(warehouse.root)
    manifest = warehouse.latest().manifest
    live = sum(file.bytes for table in manifest.tables.values() for file in table.files)
    stored = sum(path.stat().st_size for path in (warehouse.root / "files").rglob("*.parquet"))
    files = sum(len(table.files) for table in manifest.tables.values())
    past = day - timedelta(days=3)
    of_past = sum(path.stat().st_size for path in (warehouse.root / "files").glob(f"*/day={past}/*.parquet"))
    live_of_past = sum(file.bytes for table in manifest.tables.values() for file in table.files if file.day == past)
    older = f", of {past} {of_past / live_of_past:.2f} times its rows" if live_of_past else ""
    print(
        f"{day}: {files} live files of {live / 1e6:.1f} MB, all files {stored / live:.2f} times that{older},"
        f" {len(warehouse.kept())} snapshots,"
        f" {size / 1e6:.1f} MB and {inodes} inodes in all",
        flush=True,
    )


def play(root: Path, days: int, articles: int, *, with_upkeep: bool) -> Warehouse:
    """All the hours of so many days, each day closed at its end; reads a pinned and a fresh snapshot after every night."""
    warehouse, settings, news = Warehouse(root), Settings(warehouse=root, extract_workers=1), MadeNews(seed=7)
    known = pinned = 0
    for number in range(24 * days):
        start = datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC) + number * HOUR
        window = Window.of_hour(start)
        root.parent.mkdir(exist_ok=True)
        archive = root.parent / "hour.warc"
        write_hour(archive, news, window, number, articles)
        play_hour(settings, warehouse, window, archive)
        known = age(root, known, window.end)
        if not pinned:
            pinned = known
            warehouse.pin(pinned)
        if start.hour == 23:
            day = Window.of_day(start.date())
            chains.close_day(
                Run.of(settings, "news_digest", day, started_at=window.end, warehouse=warehouse, now=window.end)
            )
            known = age(root, known, window.end)
            if with_upkeep:
                keep_up(warehouse, window.end + 3 * HOUR)
                known = age(root, known, window.end + 3 * HOUR)
                assert warehouse.snapshot(pinned).read("articles").num_rows
                assert warehouse.sql("SELECT count(*) AS n FROM articles").to_pylist()[0]["n"]
            tell(start.date(), warehouse)
    return warehouse


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("--days", type=int, default=30)
    options.add_argument("--articles", type=int, default=20)
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="daybook-") as folder:
        kept = play(Path(folder) / "kept" / "wh", given.days, given.articles, with_upkeep=True)
        problems = kept.verify()
        print("without upkeep:")
        left = play(Path(folder) / "left" / "wh", given.days, given.articles, with_upkeep=False)
        differing = [a.table for a, b in zip(kept.table_hashes(), left.table_hashes(), strict=True) if a != b]
        is_equal = kept.content_hash() == left.content_hash()
        print(f"content hashes {'equal' if is_equal else 'DIFFER'}; tables that differ: {differing or 'none'}")
        print(f"{len(problems)} problems with upkeep", *problems[:3])
        return 0 if is_equal and not problems else 1


if __name__ == "__main__":
    raise SystemExit(main())
