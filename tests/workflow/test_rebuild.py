"""Closed days told anew: what stays, what changes, and that it goes on where it was killed."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from newsroom import DAYS
from pipeline.builds.recall import rebuild_digest
from pipeline.errors import UsageError
from pipeline.runs.run import Run
from pipeline.settings import PROJECT, Settings
from pipeline.store.warehouse import Warehouse
from pipeline.windows import Window
from pipeline.workflow import rebuild
from pipeline.workflow.local_run import close_day, reopen_day, run_window
from pipeline.workflow.rebuild import rebuild_stories
from tests.played import STARTED, Play

STORIES = ("story_articles", "story_days", "story_lineage", "article_terms", "digests", "developments", "citations")
AFTER = DAYS[-1] + timedelta(days=1)
PAGE = (
    "<html><head><title>Harbour wall of Eastmere to be raised</title></head><body><article><h1>Harbour wall of Eastmere"
    " to be raised</h1><p>The council of Eastmere decided on Monday to raise the harbour wall by two metres before"
    " winter.</p><p>The work will cost 4.1 million crowns and begins in May, said harbour master Ilse Brandt.</p><p>Half"
    " of the money comes from the province, which asked for a new survey of the sea bed.</p></article></body></html>"
)


class Copy:
    """A copy of the played newsroom, with what a person would call."""

    def __init__(self, play: Play, folder: Path) -> None:
        self.folder = folder
        self.warehouse = Warehouse(play.copy(folder / "warehouse"))
        self.settings = Settings(
            warehouse=self.warehouse.root, sources=PROJECT / "newsroom" / "sources.toml", extract_workers=1
        )

    def rebuild(self, first: date) -> list[dict[str, Any]]:
        return rebuild_stories(
            self.settings, self.warehouse, first, by="ines", why="hours came late", started_at=STARTED
        )

    def bring(self, window: Window, name: str, text: str = PAGE) -> None:
        inbox = self.folder / name
        inbox.mkdir()
        (inbox / f"{name}.html").write_text(text)
        run_window(self.settings, self.warehouse, window, started_at=STARTED, inbox=inbox)

    def close(self, day: date) -> None:
        close_day(self.settings, self.warehouse, day, started_at=STARTED)

    def rows(self, table: str, *, but: str = "recorded_at") -> list[dict[str, Any]]:
        rows = self.warehouse.latest().read(table).drop_columns([but]).to_pylist()
        return sorted(rows, key=str)

    def stories(self) -> dict[str, list[dict[str, Any]]]:
        return {name: self.rows(name) for name in STORIES}


@pytest.fixture
def copy(play: Play, tmp_path: Path) -> Copy:
    return Copy(play, tmp_path)


def test_days_told_anew_from_the_same_come_out_the_same(copy: Copy) -> None:
    before, builds, content = copy.stories(), copy.rows("digest_builds"), copy.warehouse.content_hash()
    told = copy.rebuild(DAYS[3])
    assert [one["day"] for one in told] == [str(day) for day in DAYS[3:]]
    assert all(one["build_id"] == one["superseded"] for one in told)
    assert copy.stories() == before
    assert copy.rows("digest_builds") == builds, "and each counts as of when it was made"
    assert copy.warehouse.content_hash() == content
    assert copy.warehouse.latest().closed_days == set(DAYS)
    assert rebuild_digest(copy.warehouse, copy.settings, DAYS[4]) == []


@pytest.mark.drill
def test_what_came_too_late_is_told_on_its_own_day(copy: Copy) -> None:
    copy.bring(Window.of_hour(Window.of_day(DAYS[4]).start), "late")
    late = next(row for row in copy.rows("articles") if "harbour wall of eastmere" in row["title"].lower())
    copy.bring(Window.of_hour(Window.of_day(AFTER).start), "on-time", PAGE.replace("wall", "bridge"))
    copy.close(AFTER)
    builds = {row["build_id"] for row in copy.rows("digest_builds")}
    (placed,) = [row for row in copy.rows("story_articles") if row["article_id"] == late["article_id"]]
    assert (late["day"], placed["day"]) == (DAYS[4], AFTER)

    copy.rebuild(DAYS[4])
    (again,) = [row for row in copy.rows("story_articles") if row["article_id"] == late["article_id"]]
    assert again["day"] == DAYS[4]
    assert copy.warehouse.latest().closed_days == {*DAYS, AFTER}
    stored = {row["build_id"]: row["status"] for row in copy.rows("digest_builds")}
    assert builds < stored.keys(), "what was published stays readable"
    finals = [row["digest_date"] for row in copy.rows("digest_builds") if row["status"] == "final"]
    assert sorted(finals) == [*DAYS, AFTER]


def test_a_rebuild_that_was_killed_goes_on(copy: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = copy.stories()
    real = rebuild.close_day

    def killed_at_the_second(run: Run) -> Any:
        if run.window.day == DAYS[5]:
            raise KeyboardInterrupt
        return real(run)

    monkeypatch.setattr(rebuild, "close_day", killed_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        copy.rebuild(DAYS[4])
    assert copy.warehouse.latest().closed_days == set(DAYS[:5])
    monkeypatch.setattr(rebuild, "close_day", real)
    assert len(copy.rebuild(DAYS[4])) == 2
    assert copy.stories() == whole
    assert copy.warehouse.latest().closed_days == set(DAYS)


def test_there_is_nothing_to_rebuild_after_the_last_day(copy: Copy) -> None:
    with pytest.raises(UsageError, match="is closed"):
        copy.rebuild(AFTER)
    assert copy.warehouse.latest().closed_days == set(DAYS)


@pytest.mark.drill
def test_a_day_that_a_person_opened_stays_open(copy: Copy) -> None:
    copy.bring(Window.of_hour(Window.of_day(AFTER).start), "first", PAGE)
    copy.close(AFTER)  # without most of its hours
    reopen_day(copy.settings, copy.warehouse, AFTER, started_at=STARTED, by="ines", why="hours are missing")
    told = copy.rebuild(DAYS[5])
    assert [one["day"] for one in told] == [str(DAYS[5])]
    assert copy.warehouse.latest().closed_days == set(DAYS), "who opened it closes it"
    assert {row["day"] for row in copy.rows("story_articles")} == {*DAYS, AFTER}, "its articles are placed all the same"
    with pytest.raises(UsageError, match="is closed"):
        copy.rebuild(AFTER)
