"""A small newsroom of one's own, and a desk that asks it and stores what came, as a run does."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa

from newsroom import Handle, load_newsroom, serve
from pipeline.crawl.ask import ask_sources
from pipeline.crawl.sources import sources_of
from pipeline.fetch.history.crawl_history import newer_states
from pipeline.fetch.results import FetchResult
from pipeline.runs.run import Run
from pipeline.settings import Settings
from pipeline.store.warehouse import Warehouse
from pipeline.windows import HOUR, Window

HOST = "www.harbour-courier.example"
OUTLETS = f"""
[courier]
name = "Harbour Courier"
host = "{HOST}"
bare_host = "harbour-courier.example"
language = "en"
motto = "A few pages, for tests"
sections = ["Harbour"]
feed = {{ path = "/feed.xml", kind = "rss", template = "feed.xml", content_type = "application/rss+xml" }}
forbidden = ["/closed/"]
"""
SOURCES = f"""
clock = "window-end"
[[source]]
id = "courier"
kind = "feed"
url = "http://{HOST}/feed.xml"
gap_seconds = 0.005
headers = {{ "X-Newsroom-Now" = "{{window_end}}" }}
"""
PAGE = """+++
title = "{title}"
path = "{path}"
section = "Harbour"
authors = ["Mina Dray"]
published_at = {at:%Y-%m-%dT%H:%M:%S}Z
{versions}
+++

The harbour bell of {title} rang {count} times before the fog lifted, and then everybody went back to work.
"""


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """An instant of March 2026."""
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def whole_day(day: int) -> Window:
    """A day of March 2026."""
    return Window(at(day, 0), at(day, 0) + timedelta(days=1))


def hours_of(window: Window) -> list[Window]:
    """The hours of a window."""
    count = int((window.end - window.start) / HOUR)
    return [Window(window.start + n * HOUR, window.start + (n + 1) * HOUR) for n in range(count)]


def name_of(url: str) -> str:
    """The name of the page at an address."""
    return url.partition("?")[0].rpartition("/")[2].removesuffix(".html")


def text_of(body: bytes) -> bytes:
    """What a page says, without the furniture around it."""
    found = re.search(rb"rang \d+ times", body)
    assert found is not None
    return found[0]


@dataclass(slots=True)
class Content:
    """Pages to be written into a newsroom's folder."""

    folder: Path
    trouble: str = ""

    def page(self, name: str, published: datetime, *changes: datetime, path: str | None = None) -> None:
        """One page; it says another number from each change on."""
        versions = "".join(
            f'[[versions]]\nat = {change:%Y-%m-%dT%H:%M:%S}Z\nreplace = [["rang {n + 3} times", "rang {n + 4} times"]]\n'
            for n, change in enumerate(changes)
        )
        text = PAGE.format(title=name, path=path or f"/{name}.html", at=published, versions=versions, count=3)
        target = self.folder / "content" / "courier" / f"{name}.md"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    @contextmanager
    def served(self) -> Iterator[Handle]:
        """The newsroom of these pages, running."""
        (self.folder / "outlets.toml").write_text(OUTLETS + self.trouble, encoding="utf-8")
        (self.folder / "sources.toml").write_text(SOURCES, encoding="utf-8")
        with serve(newsroom=load_newsroom(self.folder)) as handle:
            yield handle


class Desk:
    """Runs over one warehouse: each asks, then stores what came."""

    def __init__(self, content: Content, handle: Handle, root: Path) -> None:
        self.handle = handle
        self.settings = Settings(
            warehouse=root, sources=content.folder / "sources.toml", resolve=(f"example=127.0.0.1:{handle.port}",)
        )
        self.warehouse = Warehouse(root)
        self._runs = 0

    def run(self, window: Window) -> FetchResult:
        """Ask for one window, and store what came."""
        self._runs += 1
        name = f"run-{self._runs}"
        run = Run.of(self.settings, "news_ingest", window, started_at=window.end, name=name, clock="window-end")
        snapshot = self.warehouse.latest()
        ((asked),) = ask_sources(run, sources_of(run), snapshot)
        result = asked.result
        with self.warehouse.writing(run.now) as tx:
            stored = set(tx.snapshot.read("pages", columns=["page_id"])["page_id"].to_pylist())
            new = [page_id not in stored for page_id in result.pages["page_id"].to_pylist()]
            tx.upsert("pages", result.pages.filter(pa.array(new, pa.bool_())))
            tx.upsert("fetches", result.fetches)
            tx.upsert("feed_state", newer_states(result.feed_state, tx.snapshot.read("feed_state")))
            tx.upsert("quarantine", result.refusals)
            tx.commit()
        return result

    def run_all(self, windows: Iterable[Window]) -> None:
        """Ask for one window after the other."""
        for window in windows:
            self.run(window)

    def captures(self) -> set[tuple[str, str, datetime, bytes]]:
        """What is stored: page id, name, capture time and bytes of each page."""
        names = ["page_id", "requested_url", "fetched_at", "body"]
        rows = self.warehouse.latest().read("pages", columns=names).to_pylist()
        return {(row["page_id"], name_of(row["requested_url"]), row["fetched_at"], row["body"]) for row in rows}
