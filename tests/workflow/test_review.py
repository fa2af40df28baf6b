"""A person's answer to what is held: carried out as it was meant, of what was asked about, once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pipeline.errors import UsageError
from pipeline.explain.review import answered_at, held_groups, question_text
from pipeline.runs.gaps import ANSWER
from pipeline.settings import Settings
from pipeline.store.warehouse import Warehouse
from pipeline.windows import Window
from pipeline.workflow.local_run import run_window
from pipeline.workflow.review import Answer, carry_out

DAY = date(2026, 3, 2)
STARTED, LATER = datetime(2026, 3, 2, 11, tzinfo=UTC), datetime(2026, 3, 2, 12, tzinfo=UTC)
NOTE = "Note {0}\n\nThe {0}th note says that rain is on its way to Lakeside.\n"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """One source that brings an article and a note, and one of which the set gate holds all: four articles, five notes."""
    for name, topics, notes in (("good", ["mill"], 1), ("odd", ["ferry", "school", "bridge", "lido"], 5)):
        folder = tmp_path / name
        folder.mkdir()
        for n, topic in enumerate(topics):
            text = " ".join(
                f"The council gave {n + part} thousand crowns to the {topic}, said mayor Ida Holm." for part in range(9)
            )
            (folder / f"{topic}.txt").write_text(f"Council pays for the {topic}\n\n{text}\n")
        for n in range(notes):
            (folder / f"note-{n}.txt").write_text(NOTE.format(f"{name} {n}"))
    sources = tmp_path / "sources.toml"
    sources.write_text(
        "".join(f'[[source]]\nid = "{name}"\nkind = "inbox"\npath = "{tmp_path / name}"\n' for name in ("good", "odd"))
    )
    return Settings(warehouse=tmp_path / "warehouse", sources=sources, set_gate_min_rows=5, extract_workers=1)


@pytest.fixture
def warehouse(settings: Settings) -> Warehouse:
    warehouse = Warehouse(settings.warehouse)
    run_window(settings, warehouse, Window.of_day(DAY), started_at=STARTED)
    return warehouse


def answer(warehouse: Warehouse, choice: str, **more: object) -> Answer:
    about = {"choice": choice, "by": "ana", "why": "looked at", "asked_at": warehouse.latest().recorded_at}
    return Answer(**{**about, **more})  # type: ignore[arg-type]


def statuses(warehouse: Warehouse) -> dict[str, list[str | None]]:
    rows = warehouse.latest().read("quarantine").to_pylist()
    found: dict[str, list[str | None]] = {}
    for row in sorted(rows, key=lambda row: row["quarantine_id"]):
        found.setdefault(f"{row['reason']} of {row['source_id']} is {row['status']}", []).append(row["decided_by"])
    return found


def test_the_gate_is_asked_about_first(warehouse: Warehouse) -> None:
    groups = held_groups(warehouse.latest())
    assert [(group["label"], group["pages"]) for group in groups] == [("set-gate of odd", 9), ("too-short of good", 1)]
    text = question_text(groups)
    assert "Does the set gate stand?" in text
    assert "`Note good 0`" in text


def test_releasing_what_a_gate_holds_passes_the_gate(settings: Settings, warehouse: Warehouse) -> None:
    asked = answer(warehouse, "release", groups=frozenset({("set-gate", "odd")}))
    assert carry_out(settings, warehouse, asked, name="r1", started_at=LATER) == {"released": 9}
    assert {fate: set(by) for fate, by in statuses(warehouse).items()} == {
        "set-gate of odd is released": {"ana: looked at"},
        "too-short of good is held": {None},
        "too-short of odd is held": {None},
    }
    assert warehouse.latest().read("articles").num_rows == 5
    runs = {row["dag_id"]: row for row in warehouse.latest().read("runs").to_pylist() if "r" in row["run_id"]}
    assert runs["news_ingest"]["gate_reason"] == "ana: looked at"
    assert runs[ANSWER]["detail"] == "release by ana: looked at (9 released): set-gate of odd"


def test_an_answer_is_carried_out_once(settings: Settings, warehouse: Warehouse) -> None:
    asked = answer(warehouse, "release", groups=frozenset({("set-gate", "odd"), ("too-short", "good")}))
    first = carry_out(settings, warehouse, asked, name="r1", started_at=LATER)
    before, stood = warehouse.content_hash(), statuses(warehouse)
    assert first == {"released": 10}
    assert carry_out(settings, warehouse, asked, name="r1", started_at=LATER) == {}
    assert (warehouse.content_hash(), statuses(warehouse)) == (before, stood)


def test_what_was_refused_after_the_question_is_left_for_the_next(settings: Settings, warehouse: Warehouse) -> None:
    asked = answer(warehouse, "drop", groups=frozenset({("too-short", "good")}))
    (settings.sources.parent / "good" / "late.txt").write_text(NOTE.format("late"))
    run_window(settings, warehouse, Window.of_day(DAY), started_at=LATER)
    assert carry_out(settings, warehouse, asked, name="r1", started_at=LATER) == {"dropped": 1}
    found = statuses(warehouse)
    assert (len(found["too-short of good is dropped"]), len(found["too-short of good is held"])) == (1, 1)


def test_keep_changes_nothing_but_the_books(settings: Settings, warehouse: Warehouse) -> None:
    before, stood = warehouse.content_hash(), statuses(warehouse)
    assert answered_at(warehouse.latest()) is None
    assert carry_out(settings, warehouse, answer(warehouse, "keep"), name="r1", started_at=LATER) == {}
    assert (warehouse.content_hash(), statuses(warehouse)) == (before, stood)
    assert answered_at(warehouse.latest()) == LATER


def test_an_answer_that_cannot_be_meant_decides_nothing(settings: Settings, warehouse: Warehouse) -> None:
    both = frozenset({("set-gate", "odd"), ("too-short", "good")})
    number, stood = warehouse.latest().number, statuses(warehouse)
    for wrong, said in (
        ({"choice": "release", "groups": both, "why": "  "}, "no reason"),
        ({"choice": "release"}, "neither a group nor a page"),
        ({"choice": "drop"}, "neither a group nor a page"),
        ({"choice": "release", "groups": both, "keys": ("ffffffff",)}, "none begins so"),
    ):
        with pytest.raises(UsageError, match=said):
            carry_out(settings, warehouse, replace(answer(warehouse, "keep"), **wrong), name="r", started_at=LATER)
    gone = replace(settings, sources=settings.sources.with_name("none.toml"))
    gone.sources.write_text("")
    with pytest.raises(UsageError, match="odd is no registered source"):
        carry_out(gone, warehouse, answer(warehouse, "release", groups=both), name="r", started_at=LATER)
    assert (warehouse.latest().number, statuses(warehouse)) == (number, stood)


@pytest.mark.parametrize("text", ["`![x](http://evil.example/a.png)`", "a|b\n\n# c", "<img src=x>", "\u202etxt"])
def test_what_strangers_wrote_is_no_markup(text: str) -> None:
    sample = {"id": "a" * 32, "what": text, "url": text, "detail": text}
    group = {"label": "too-short of x", "reason": "too-short", "pages": 1, "first_day": DAY, "last_day": DAY}
    *_, line = question_text([{**group, "samples": [sample]}]).splitlines()
    outside = line.removeprefix("- ").split("`")[0::2]
    assert set("".join(outside)) <= {" "}
    assert line.count("`") == 8
    assert "\u202e" not in line
