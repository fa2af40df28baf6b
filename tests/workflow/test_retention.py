"""Old pages dropped: articles, digests and what is held stay; what cannot be read again is said; old previews and logs go."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from daybook_airflow.task_logs import collect_task_logs
from newsroom import DAYS
from pipeline.articles.quarantine import read_quarantine_state
from pipeline.articles.retention import drop_old_pages
from pipeline.builds.recall import rebuild_digest, verify_builds
from pipeline.builds.unlisted import collect_builds
from pipeline.explain.reextraction import reextraction_page
from pipeline.settings import PROJECT, Settings
from pipeline.stages import reextract as stage
from pipeline.store.warehouse import Warehouse
from pipeline.windows import Window
from pipeline.workflow.local_run import run_window
from pipeline.workflow.rebuild import rebuild_stories
from pipeline.workflow.reextract import reextract
from tests.played import STARTED, Play

pytestmark = pytest.mark.timeout(600)  # the first test that needs the play waits for it
KEPT = DAYS[3]
NOW = datetime(KEPT.year, KEPT.month, KEPT.day, 3, 40, tzinfo=UTC) + timedelta(days=7)


@pytest.fixture
def played(play: Play, tmp_path: Path) -> tuple[Settings, Warehouse]:
    root = play.copy(tmp_path / "warehouse")
    return Settings(warehouse=root, sources=PROJECT / "newsroom" / "sources.toml", extract_workers=1), Warehouse(root)


def test_bodies_and_readings_of_old_days_go_and_nothing_else(
    played: tuple[Settings, Warehouse], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, warehouse = played
    before, content = warehouse.latest(), warehouse.content_hash()
    said = drop_old_pages(warehouse, NOW, keep_days=7, only_say=True)
    assert warehouse.latest().number == before.number
    done = drop_old_pages(warehouse, NOW, keep_days=7)
    assert done == said
    assert done.days == tuple(DAYS[:3])
    assert drop_old_pages(warehouse, NOW, keep_days=7).pages == 0
    assert drop_old_pages(warehouse, NOW, keep_days=0).days == ()
    assert warehouse.content_hash() == content
    now = warehouse.latest()
    held = read_quarantine_state(now, DAYS).held
    assert held
    old = {row["page_id"]: row for row in before.read("pages").to_pylist()}
    for row in now.read("pages").to_pylist():
        goes = row["day"] < KEPT and row["page_id"] not in held
        was = old[row["page_id"]]
        assert row == (was | {"body": b"", "dropped": "age"} if goes else was)
    assert [str(problem) for problem in warehouse.verify()] + verify_builds(warehouse) == []
    assert rebuild_digest(warehouse, settings, DAYS[1]) == []

    # read anew: it passes over what is not kept, and says so
    monkeypatch.setattr(stage, "EXTRACTOR_VERSION", "99")
    told = reextract(settings, warehouse, DAYS[0], DAYS[0], started_at=STARTED, only_say=True)
    assert told[0]["not_kept"]
    assert f"Not kept any more, and left as they were read: {DAYS[0]}" in reextraction_page(told, only_say=True)
    monkeypatch.undo()

    # a repeated window has nothing new in it, and days told anew keep their articles
    (tmp_path / "inbox").mkdir()
    summary = run_window(settings, warehouse, Window.of_day(DAYS[0]), started_at=STARTED, inbox=tmp_path / "inbox")
    assert summary.to_dict()["counts"].get("failed", 0) == 0
    articles = warehouse.latest().read("articles").num_rows
    rebuild_stories(settings, warehouse, DAYS[0], by="desk", why="a trial", started_at=STARTED)
    assert warehouse.latest().read("articles").num_rows == articles
    assert [str(problem) for problem in warehouse.verify()] + verify_builds(warehouse) == []


def test_replaced_previews_go_after_two_days(played: tuple[Settings, Warehouse]) -> None:
    _, warehouse = played
    builds = warehouse.root / "digests" / "builds"
    told = set(warehouse.latest().read("digest_builds")["build_id"].to_pylist())
    (builds / "replaced").mkdir()
    (builds / "replaced" / "digest.md").write_text("a preview")
    there = {path.name for path in builds.iterdir()}
    assert collect_builds(warehouse, datetime.now(UTC)).files == 0
    assert {path.name for path in builds.iterdir()} == there
    assert collect_builds(warehouse, datetime.now(UTC) + timedelta(days=3)).files >= 1
    assert {path.name for path in builds.iterdir()} == told
    assert verify_builds(warehouse) == []


def test_only_logs_of_our_own_home_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / ".airflow"
    old, new = (home / "logs" / "dag_id=a" / f"run_id={n}" / "attempt=1.log" for n in (1, 2))
    for path in (old, new):
        path.parent.mkdir(parents=True)
        path.write_text("said")
    os.utime(old, (time.time() - 40 * 86_400,) * 2)
    now = datetime.now(UTC)
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path / "another"))
    assert collect_task_logs(now, keep_days=30, own_home=home) == 0
    monkeypatch.setenv("AIRFLOW_HOME", str(home))
    assert collect_task_logs(now, keep_days=0, own_home=home) == 0
    assert collect_task_logs(now, keep_days=30, own_home=home) == 1
    assert (old.parent.exists(), new.exists()) == (False, True)
