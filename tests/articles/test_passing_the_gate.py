"""A batch that the set gate refused, passed by a person with a reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pytest

from pipeline.errors import SetGateFailed
from pipeline.reports import StageReport
from pipeline.runs.handover import write_output
from pipeline.runs.run import Run
from pipeline.settings import Settings
from pipeline.stages.ingest import load_articles, validate
from pipeline.store.warehouse import Warehouse
from pipeline.tables import EXTRACTED, RUNS
from pipeline.windows import Window
from pipeline.workflow.local_run import run_window

WINDOW = Window.parse("2026-03-02/2026-03-03")
REASON = "the wire sends notes of a line today"
TOPICS = ("mill", "ferry", "school", "bridge")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(warehouse=tmp_path / "warehouse", set_gate_min_rows=5, set_gate_max_refused=0.5)


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    """Four articles and five notes that are too short for one."""
    folder = tmp_path / "inbox"
    folder.mkdir()
    for n, topic in enumerate(TOPICS):
        text = " ".join(
            f"The council of Lakeside gave {n + part} thousand crowns to the {topic}, said mayor Ida Holm."
            for part in range(9)
        )
        (folder / f"{topic}.txt").write_text(f"Council pays for the {topic}\n\n{text}\n")
    for n in range(5):
        (folder / f"note-{n}.txt").write_text(f"Note {n}\n\nThe {n}th note says that rain is on its way to Lakeside.\n")
    return folder


def ingest(settings: Settings, inbox: Path, minute: int, **given: Any) -> dict[str, int]:
    at = datetime(2026, 3, 3, 1, minute, tzinfo=UTC)
    return run_window(settings, Warehouse(settings.warehouse), WINDOW, started_at=at, inbox=inbox, **given).counts


def refusals(settings: Settings) -> list[tuple[str, str, str | None]]:
    rows = Warehouse(settings.warehouse).latest().read("quarantine").to_pylist()
    return sorted((row["reason"], row["status"], row["decided_by"]) for row in rows)


def test_the_reason_lets_sound_rows_through_and_is_kept(settings: Settings, inbox: Path) -> None:
    with pytest.raises(SetGateFailed, match="5 of 9 pages of inbox"):
        ingest(settings, inbox, 1)
    assert refusals(settings) == [("set-gate", "held", None)] * 9

    counts = ingest(settings, inbox, 2, accept_gate=REASON)
    assert (counts["new"], counts["quarantined"]) == (4, 5)
    assert refusals(settings) == [("set-gate", "released", REASON)] * 9 + [("too-short", "held", None)] * 5

    snapshot = Warehouse(settings.warehouse).latest()
    told = {row["status"]: row["detail"] for row in snapshot.read("runs").to_pylist() if row["dag_id"] == "news_ingest"}
    assert told["success"].startswith(f"set gate passed: {REASON} (5 of 9 pages of inbox (56%) were refused")
    assert "all of them are held" in told["failed"]
    gates = [m for m in snapshot.read("quality_metrics").to_pylist() if m["expectation"] == "set_gate"]
    assert [(m["success"], m["severity"], m["threshold"]) for m in gates] == [(False, "set", 0.5)] * 2


def test_a_window_that_was_passed_needs_no_reason_again(settings: Settings, inbox: Path) -> None:
    with pytest.raises(SetGateFailed):
        ingest(settings, inbox, 1)
    ingest(settings, inbox, 2, accept_gate=REASON)
    before = Warehouse(settings.warehouse).content_hash()
    assert ingest(settings, inbox, 3)["unchanged"] == 4
    assert Warehouse(settings.warehouse).content_hash() == before

    # Another batch is another matter.
    (inbox / "note-9.txt").write_text("Note 9\n\nThe ninth note says that the rain has passed Lakeside by now.\n")
    for minute in (4, 5):
        with pytest.raises(SetGateFailed, match="6 of 10 pages of inbox"):
            ingest(settings, inbox, minute)


def passed_again(settings: Settings, inbox: Path, **told: str | None) -> str:
    """The reason with which a window is passed again, when its run tells something else of the first time."""
    warehouse = Warehouse(settings.warehouse)
    with warehouse.writing(WINDOW.end) as tx:
        runs = [row | told for row in tx.snapshot.read("runs").to_pylist() if row["gate_reason"]]
        tx.upsert("runs", RUNS.rows(runs))
        tx.commit()
    ingest(settings, inbox, 3)
    runs = warehouse.latest().read("runs", where=pc.field("gate_reason").is_valid()).to_pylist()
    return max(runs, key=lambda row: row["recorded_at"])["gate_reason"]


@pytest.mark.parametrize("told", [{}, {"detail": "anything else"}])
def test_the_reason_is_kept_whole_whatever_the_books_say_in_words(
    settings: Settings, inbox: Path, told: dict[str, str]
) -> None:
    reason = "the desk (Ida) looked"
    ingest(settings, inbox, 1, accept_gate=reason)
    assert passed_again(settings, inbox, **told) == reason


def test_a_reason_for_a_sound_batch_changes_nothing(settings: Settings, inbox: Path) -> None:
    for path in inbox.glob("note-*"):
        path.unlink()
    ingest(settings, inbox, 1, accept_gate=REASON)
    assert refusals(settings) == []
    runs = Warehouse(settings.warehouse).latest().read("runs").to_pylist()
    assert {row["detail"] for row in runs} == {None}


def test_a_batch_that_is_refused_leaves_earlier_readings_alone(settings: Settings, inbox: Path) -> None:
    """A newer extractor that breaks a site trips the gate; the next hour does not take its readings for sound."""
    for path in inbox.glob("note-*"):
        path.unlink()
    ingest(settings, inbox, 1)
    warehouse = Warehouse(settings.warehouse)
    readings = warehouse.latest().read("extractions")
    spoilt = [row | {"text": "Menu", "text_sha256": f"{n:064}"} for n, row in enumerate(readings.to_pylist())]
    run = Run.of(settings, "news_ingest", WINDOW, started_at=WINDOW.end, name="newer")
    counts = StageReport(stage="land")
    counts.receive(["inbox"] * len(spoilt))
    counts.settle("new", ["inbox"] * len(spoilt))
    landed = {"batches": [], "report": counts.to_dict()}
    notes = [
        write_output(run, "extract", "all", EXTRACTED.rows(spoilt), {"report": counts.to_dict() | {"stage": "extract"}})
    ]
    strict = replace(run, settings=replace(settings, set_gate_min_rows=1))
    validated = validate(strict, landed, notes)
    assert validated["gate"]
    with pytest.raises(SetGateFailed):
        load_articles(strict, landed, validated)
    assert warehouse.latest().read("extractions").equals(readings)
    assert refusals(settings) == []
