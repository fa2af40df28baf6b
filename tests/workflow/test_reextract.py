"""Stored pages read anew: what changes, what stays whatever a later reading says, and that it goes on where it stopped."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from newsroom import DAYS
from pipeline.articles import readings
from pipeline.builds.recall import rebuild_digest, verify_builds
from pipeline.errors import UsageError
from pipeline.explain.reextraction import reextraction_page
from pipeline.explain.status import warehouse_status
from pipeline.settings import PROJECT, Settings
from pipeline.stages import ingest
from pipeline.stages import reextract as stage
from pipeline.store.warehouse import Warehouse
from pipeline.tables import EXTRACTED
from pipeline.windows import Window
from pipeline.workflow.local_run import run_window
from pipeline.workflow.reextract import reextract
from tests.played import STARTED, Play

Row = dict[str, Any]
NEWER = "99"
OPINION = {"content_kind": "opinion", "kind_evidence": ["section: opinion"]}
# What only an open day may change; corrections of closed days among them.
FIXED = (
    "duplicates", "story_articles", "story_days", "story_lineage", "digests", "developments", "citations", "corrections",
    "digest_builds", "pages",
)  # fmt: skip


def told_otherwise(row: Row, text: str) -> Row:
    return row | {
        "text": text,
        "text_sha256": hashlib.sha256(text.encode()).hexdigest(),
        "word_count": len(text.split()),
    }


def refused(row: Row, reason: str) -> Row:
    kept = (
        "page_id",
        "source_id",
        "window_start",
        "fetched_at",
        "body_sha256",
        "run_id",
        "day",
        "url",
        "first_seen_at",
    )
    return {name: row[name] for name in kept} | {"reason": reason, "detail": "by a later reading"}


@pytest.fixture
def newer(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Row], Row]], list[int]]:
    """Puts an extractor of a later version in the place of this one; gives how many pages each of its batches had."""

    def install(change: Callable[[Row], Row]) -> list[int]:
        real, batches = readings.extract_pages, []

        def read(pages: pa.Table, **more: Any) -> pa.Table:
            batches.append(pages.num_rows)
            rows = real(pages, **more).to_pylist()
            return EXTRACTED.rows([change(row) | {"extractor_version": NEWER} for row in rows])

        monkeypatch.setattr(readings, "extract_pages", read)
        for module in (readings, ingest, stage):
            monkeypatch.setattr(module, "EXTRACTOR_VERSION", NEWER)
        return batches

    return install


@pytest.fixture
def played(play: Play, tmp_path: Path) -> tuple[Settings, Warehouse]:
    root = play.copy(tmp_path / "warehouse")
    settings = Settings(warehouse=root, sources=PROJECT / "newsroom" / "sources.toml", extract_workers=1)
    return settings, Warehouse(root)


def hashes(warehouse: Warehouse) -> dict[str, str]:
    return {one.table: one.sha256 for one in warehouse.table_hashes(None)}


def cited(warehouse: Warehouse) -> Row:
    """An article that a published line cites, in its first and only version."""
    snapshot = warehouse.latest()
    ids = snapshot.read("citations", columns=["article_id"])["article_id"].to_pylist()
    rows = [row for row in snapshot.read("articles").to_pylist() if row["article_id"] in ids and row["version"] == 1]
    return min(rows, key=lambda row: row["article_id"])


def others(warehouse: Warehouse, *taken: Row) -> list[Row]:
    ids = {row["article_id"] for row in taken}
    rows = [row for row in warehouse.latest().read("articles").to_pylist() if row["version"] == 1]
    return sorted((row for row in rows if row["article_id"] not in ids), key=lambda row: row["article_id"])


def test_a_dry_run_says_what_would_change_and_changes_nothing(played: tuple[Settings, Warehouse], newer: Any) -> None:
    settings, warehouse = played
    one = cited(warehouse)
    another = others(warehouse, one)[0]

    def change(row: Row) -> Row:
        if row["page_id"] == one["page_id"]:
            return told_otherwise(row, row["text"].rpartition("\n\n")[0])
        return row | OPINION if row["page_id"] == another["page_id"] else row

    newer(change)
    before, number = hashes(warehouse), warehouse.latest().number
    told = reextract(settings, warehouse, DAYS[0], DAYS[-1], started_at=STARTED, only_say=True)
    assert hashes(warehouse) == before
    assert warehouse.latest().number == number
    assert [day["day"] for day in told] == [str(day) for day in DAYS]
    assert sum(day["texts"] for day in told) == 1
    assert [kind for day in told for kind in day["kinds"]] == [f"{another['content_kind']} -> opinion"]
    assert "Nothing was changed" in reextraction_page(told, only_say=True)


@pytest.mark.drill
def test_closed_days_get_versions_and_nothing_else_moves(played: tuple[Settings, Warehouse], newer: Any) -> None:
    settings, warehouse = played
    one = cited(warehouse)
    another, third = others(warehouse, one)[:2]

    def change(row: Row) -> Row:
        if row["page_id"] == one["page_id"]:  # the cited sentence is gone
            return told_otherwise(
                row, "Another reading of this page, which keeps none of its words for the digest.\n\n" * 3
            )
        if row["page_id"] == another["page_id"]:
            return row | OPINION
        return refused(row, "not-an-article") if row["page_id"] == third["page_id"] else row

    newer(change)
    before = hashes(warehouse)
    told = reextract(settings, warehouse, DAYS[0], DAYS[-1], started_at=STARTED)
    after = hashes(warehouse)
    assert {name for name in FIXED if before[name] != after[name]} == set()
    assert sum(day["versions"] for day in told) == 2
    assert [day["refused"] for day in told if day["refused"]] == [{"not-an-article": 1}]
    now = {row["article_id"]: row for row in warehouse.latest().read("articles").to_pylist()}
    for old, kind in ((one, one["content_kind"]), (another, "opinion")):
        row = now[old["article_id"]]
        assert (row["version"], row["cause"], row["content_kind"]) == (2, "reextraction", kind)
        assert (row["day"], row["version_window_start"]) == (old["day"], old["version_window_start"])
    assert now[third["article_id"]] == third
    history = {
        (row["article_id"], row["version"]): row for row in warehouse.latest().read("article_history").to_pylist()
    }
    assert history[one["article_id"], 1]["text"] == one["text"]
    assert not verify_builds(warehouse)
    for day in DAYS:
        assert rebuild_digest(warehouse, settings, day) == []


def test_a_page_of_a_closed_day_that_would_pass_now_stays_held(played: tuple[Settings, Warehouse], newer: Any) -> None:
    settings, warehouse = played
    model = warehouse.latest().read("extractions").to_pylist()
    good = next(row for row in model if row["reason"] is None)
    bad = next(row for row in model if row["reason"] is not None)

    def change(row: Row) -> Row:
        if row["page_id"] != bad["page_id"]:
            return row
        read = (
            good | {name: value for name, value in row.items() if value is not None} | {"reason": None, "detail": None}
        )
        return told_otherwise(read, good["text"] + " Once more.")

    newer(change)
    before = warehouse.content_hash()
    told = reextract(settings, warehouse, bad["day"], bad["day"], started_at=STARTED)
    assert told[0]["let_in"] == 1
    assert warehouse.content_hash() == before
    held = warehouse.latest().read("quarantine", having=("page_id", pa.array([bad["page_id"]]))).to_pylist()
    assert [row["status"] for row in held] == ["held"]
    assert "stay held" in reextraction_page(told, only_say=False)


def test_it_goes_on_where_it_stopped(
    played: tuple[Settings, Warehouse], newer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, warehouse = played
    batches = newer(lambda row: row)
    load = stage.load_anew

    def dies(run: Any, anew: Any, **more: Any) -> Row:
        if run.window.day == DAYS[1]:
            raise KeyboardInterrupt
        return load(run, anew, **more)

    with monkeypatch.context() as patch:
        patch.setattr("pipeline.workflow.reextract.load_anew", dies)
        with pytest.raises(KeyboardInterrupt):
            reextract(settings, warehouse, DAYS[0], DAYS[2], started_at=STARTED)
    read = sum(batches)
    told = reextract(settings, warehouse, DAYS[0], DAYS[2], started_at=STARTED)
    assert [day["pages"] > 0 for day in told] == [False, True, True]
    assert sum(batches) == read + told[2]["pages"]  # the second day was read, and sealed, before it stopped
    again = reextract(settings, warehouse, DAYS[0], DAYS[2], started_at=STARTED)
    assert [day["pages"] for day in again] == [0, 0, 0]


def test_an_open_day_is_decided_anew_and_keeps_what_is_refused_now(tmp_path: Path, newer: Any) -> None:
    settings = Settings(warehouse=tmp_path / "warehouse", extract_workers=1)
    warehouse, day = Warehouse(settings.warehouse), date(2026, 4, 1)
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    for name in ("harbour", "bridge"):
        parts = [
            f"The {name} board of Quillmouth voted on Wednesday for plan number {n}, Ada Quist said." for n in range(6)
        ]
        (inbox / f"{name}.txt").write_text("\n\n".join([f"Vote on the {name}", *parts]))
    hour = Window.of_hour(datetime(2026, 4, 1, 9, tzinfo=UTC))
    run_window(settings, warehouse, hour, started_at=hour.end, inbox=inbox)
    stood = {row["title"]: row for row in warehouse.latest().read("articles").to_pylist()}
    assert len(stood) == 2

    def change(row: Row) -> Row:
        if row["title"] == "Vote on the bridge":
            return refused(row, "no-text")
        return told_otherwise(row, row["text"].rpartition("\n\n")[0])

    newer(change)
    told = reextract(settings, warehouse, day, day, started_at=datetime(2026, 4, 1, 12, tzinfo=UTC))
    assert (told[0]["texts"], told[0]["refused"], told[0]["versions"]) == (1, {"no-text": 1}, None)
    now = {row["title"]: row for row in warehouse.latest().read("articles").to_pylist()}
    assert now["Vote on the bridge"] == stood["Vote on the bridge"]
    assert (now["Vote on the harbour"]["version"], now["Vote on the harbour"]["cause"]) == (1, "new")
    assert "number 5" not in now["Vote on the harbour"]["text"]
    assert not warehouse.latest().read("quarantine").num_rows
    facts, page = warehouse_status(warehouse, settings)
    assert {row["extractor_version"]: row["articles"] for row in facts["extractors"]}[NEWER] == 1
    assert "Read by extractor version" in page


def test_days_that_were_never_read_and_days_the_wrong_way_round_are_misuse(played: tuple[Settings, Warehouse]) -> None:
    settings, warehouse = played
    with pytest.raises(UsageError, match="was ever read"):
        reextract(settings, warehouse, date(1999, 1, 1), date(1999, 1, 2), started_at=STARTED)
    with pytest.raises(UsageError, match="lies before"):
        reextract(settings, warehouse, DAYS[1], DAYS[0], started_at=STARTED)


def test_the_command_prints_days_and_json(play: Play, tmp_path: Path, daybook: Any) -> None:
    root = play.copy(tmp_path / "warehouse")
    asked = ("reextract", "--from", str(DAYS[0]), "--to", str(DAYS[1]), "--dry-run")
    assert str(DAYS[0]) in daybook(*asked, warehouse=str(root)).stdout
    told = json.loads(daybook(*asked, "--json", warehouse=str(root)).stdout)
    assert [day["pages"] for day in told] == [0, 0]
