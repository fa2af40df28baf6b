"""`daybook day`: closed with hours missing, opened again, loaded, closed anew; typed as a person types it."""

from __future__ import annotations

import json
from pathlib import Path

from pipeline.builds.current import builds_of
from pipeline.store.warehouse import Warehouse
from pipeline.windows import parse_day

DAY = "2026-03-02"


def write(folder: Path, name: str, what: str) -> Path:
    folder.mkdir()
    lines = (
        f"On {day} the harbour board of Eastport weighed the {what} and put the decision off until the engineers had spoken."
        for day in ("Monday", "Tuesday", "Wednesday", "Thursday")
    )
    (folder / f"{name}.txt").write_text(f"Harbour board weighs the {what}\n\n{' '.join(lines)}\n")
    return folder


def test_a_day_is_closed_opened_loaded_and_closed_again(daybook, tmp_path: Path) -> None:
    daybook("run", "--inbox", write(tmp_path / "one", "ferry", "ferry"), "--window", f"{DAY}T09:00/{DAY}T10:00")
    first = json.loads(daybook("day", "close", DAY, "--json").stdout)
    assert first["status"] == "final"
    assert json.loads(daybook("day", "close", DAY, "--json").stdout)["build_id"] == first["build_id"]

    assert daybook("day", "reopen", DAY, "--why", " ", check=False).returncode == 2
    assert daybook("day", "reopen", DAY, "--why", "x", "--by", "daybook", check=False).returncode == 2
    told = daybook("day", "reopen", DAY, "--why", "the ten o'clock hour came late", "--by", "ana")
    assert f"{DAY} is open again; digest {first['build_id'][:12]} is superseded" in told.stdout
    assert daybook("day", "reopen", DAY, "--why", "again", check=False).returncode == 2
    assert "reopened by ana: the ten o'clock hour came late" in daybook("status").stdout.replace("\n    ", " ")
    assert (
        "Harbour board weighs the ferry" in daybook("digest", "--date", DAY, "--format", "md").stdout
    )  # stands until then

    daybook("run", "--inbox", write(tmp_path / "two", "toll", "toll"), "--window", f"{DAY}T10:00/{DAY}T11:00")
    second = json.loads(daybook("day", "close", DAY, "--json").stdout)
    assert second["build_id"] != first["build_id"]
    assert "toll" in daybook("digest", "--date", DAY, "--format", "md").stdout
    snapshot = Warehouse(tmp_path / "warehouse").latest()
    assert {row["build_id"]: row["status"] for row in builds_of(snapshot, parse_day(DAY))} == {
        first["build_id"]: "superseded",
        second["build_id"]: "final",
    }
    assert parse_day(DAY) in snapshot.closed_days
    assert daybook("warehouse", "verify").returncode == 0
