"""The sample newsroom, taken through all rooms once for all tests of a session, and what the warehouse holds afterwards.

Whoever needs it takes the fixture `play` (tests/conftest.py) and only reads: whoever asks or writes on takes a `copy`.
"""

from __future__ import annotations

import json
import os
import shutil
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import duckdb

from newsroom import DAYS, Request, serve
from newsroom.records import Newsroom, Page
from pipeline.settings import PROJECT, Settings
from pipeline.store.warehouse import Warehouse
from pipeline.windows import Window
from pipeline.workflow.local_run import run_window
from tests.newsroom.crawl_audit import read_log
from tests.newsroom.ground_truth import Truth
from tests.sample_newsroom import NEWSROOM, TRUTH

STARTED = datetime(2026, 4, 1, tzinfo=UTC)

Row = dict[str, Any]


def play_days(root: Path, *, log_path: Path | None = None) -> None:
    """Take the sample newsroom's days through all rooms, a day at once."""
    with serve(log_path=log_path) as server:
        settings = Settings(
            warehouse=root,
            sources=PROJECT / "newsroom" / "sources.toml",
            resolve=(f"example=127.0.0.1:{server.port}",),
            extract_workers=1,
        )
        for day in DAYS:
            run_window(settings, Warehouse(root), Window.of_day(day), started_at=STARTED)


@dataclass(frozen=True)
class Play:
    """One play: its warehouse, the newsroom's access log, and the rows behind what the truth speaks of."""

    folder: Path

    @property
    def root(self) -> Path:
        """The warehouse."""
        return self.folder / "warehouse"

    @cached_property
    def newsroom(self) -> Newsroom:
        """What was played."""
        return NEWSROOM

    @cached_property
    def truth(self) -> Truth:
        """What is expected."""
        return TRUTH

    @cached_property
    def requests(self) -> tuple[Request, ...]:
        """What the newsroom was asked."""
        return read_log(self.folder / "access.jsonl")

    def copy(self, folder: Path) -> Path:
        """A warehouse with the same rows, to go on with; its files, which nobody ever changes, are the same ones."""
        shutil.copytree(self.root, folder, symlinks=True, copy_function=os.link)
        Warehouse(folder).rebuild()  # its views read the folder they were made in
        return folder

    def rows(self, relation: str) -> list[Row]:
        """All rows of a table or view, as an analyst sees them."""
        with duckdb.connect(str(self.root / "warehouse.duckdb"), read_only=True) as connection:
            return connection.sql(f"FROM {relation}").to_arrow_table().to_pylist()

    @cached_property
    def versions(self) -> dict[str, list[Row]]:
        """The versions of each article, the first one first, by its page's URL, whatever address its feed gave it."""
        found: dict[str, list[Row]] = defaultdict(list)
        for row in sorted(self.rows("article_versions"), key=lambda row: row["version"]):
            found[self.address_of(row["url"])].append(row)
        return dict(found)

    @cached_property
    def by_id(self) -> dict[str, Row]:
        """The current version of each article."""
        return {row["article_id"]: row for row in self.rows("articles")}

    @cached_property
    def lines(self) -> list[Row]:
        """The lines of each day's current digest."""
        return [line for line in self.rows("digest_lines") if line["text"] is not None]

    @cached_property
    def citations(self) -> dict[tuple[str, str], list[Row]]:
        """What each line cites, by build and line."""
        found: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for row in self.rows("citations"):
            found[row["build_id"], row["development_id"]].append(row)
        return found

    @cached_property
    def corrections(self) -> list[Row]:
        """Published lines that lost their ground."""
        return self.rows("corrections")

    @cached_property
    def refusals(self) -> dict[str, list[Row]]:
        """The quarantine's rows by the page's URL, whatever address its feed gave it."""
        found: dict[str, list[Row]] = defaultdict(list)
        for row in self.rows("quarantine"):
            found[self.address_of(json.loads(row["record_json"])["url"])].append(row)
        return dict(found)

    def address_of(self, url: str) -> str:
        """The page's own URL, for whatever address it was asked at; what is no page's stays as it is."""
        address = urlsplit(url)
        target = f"{address.path}?{address.query}" if address.query else address.path
        page = self.page_at(address.netloc, target) if address.netloc in self.newsroom.hosts else None
        return page.url if page else address.geturl()

    def page_at(self, host: str, target: str) -> Page | None:
        """The page behind a host's path and query, be it the page's own or what the feed gives instead."""
        outlet = self.newsroom.hosts[host]
        return self.newsroom.page_at(outlet, target) or self.newsroom.listed_at(outlet, target)

    @cached_property
    def _placings(self) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = defaultdict(list)
        for row in sorted(self.rows("story_articles"), key=lambda row: row["recorded_at"]):
            found[row["article_id"]].append(row)
        return found

    def placing(self, url: str, day: date | None = None) -> Row | None:
        """Where an article, or what it is a copy of, stands by the end of a day; None for nowhere."""
        if url not in self.versions:
            return None
        article_id = self.versions[url][0]["article_id"]
        home = self.by_id[article_id]["duplicate_of"] or article_id
        placed = [row for row in self._placings[home] if day is None or row["day"] <= day]
        return placed[-1] if placed else None

    def story_ids(self, story: str, day: date | None = None) -> set[str]:
        """Where the pages of one of the truth's stories stand by the end of a day."""
        pages = [page for page in self.truth.pages if page.story == story and (day is None or page.day <= day)]
        return {row["story_id"] for page in pages if (row := self.placing(page.url, day))}

    def said(self, story: str, day: date) -> list[Row]:
        """The lines of a day's digest under one of the truth's stories.

        Raises:
            AssertionError: the story stands nowhere by then, so that what it does not say proves nothing.
        """
        ids = self.story_ids(story, day)
        assert ids, f"no page of {story} stands in a story by {day}"
        return [line for line in self.lines if line["digest_date"] == day and line["story_id"] in ids]
