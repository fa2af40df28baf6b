"""A story whose articles are the same is not told anew: the build is the same, and only what is new costs."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pipeline.builds.told import keep_told, read_told
from pipeline.digest import day as day_of_digest
from pipeline.digest.build import build_digest
from pipeline.digest.draft import DigestDraft
from pipeline.digest.inputs import DigestInputs
from pipeline.digest.told import Kept, ToldStories
from pipeline.settings import Settings

NOW = datetime(2026, 3, 5, 2, tzinfo=UTC)
DAY = date(2026, 3, 4)
RIVER = (
    "The river Orrel rose to 4.2 metres at Skell on Wednesday. Mayor Ida Brandt closed the lower bridge until Friday."
)
MILL = "The mill at Castelan burned down on Wednesday night. Its owner Otto Lind put the damage at 3 million crowns."
EDITED = (
    "The river Orrel rose to 4.6 metres at Skell on Wednesday. Mayor Ida Brandt closed the lower bridge until Friday."
)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The stories that lines were chosen for."""
    chosen: list[str] = []
    choose = day_of_digest.choose_lines

    def choose_lines(story, **more):  # type: ignore[no-untyped-def]
        chosen.append(story.story_id)
        return choose(story, **more)

    monkeypatch.setattr(day_of_digest, "choose_lines", choose_lines)
    return chosen


def build(inputs: DigestInputs, known: Kept | None = None, **settings: int) -> tuple[DigestDraft, Kept]:
    told = ToldStories(json.loads(json.dumps(known)))
    return build_digest(inputs, Settings(**settings), now=NOW, told_before=told), told.used  # type: ignore[arg-type]


def test_the_same_day_again_chooses_nothing_and_is_the_same(a_version, make_inputs, counted):
    inputs = make_inputs([a_version("a", RIVER), a_version("b", MILL)], stories={"b": "mill"})
    first, kept = build(inputs)
    assert first.developments.num_rows >= 2
    assert counted == ["mill", "river"]
    again, kept_again = build(inputs, kept)
    assert counted == ["mill", "river"]
    assert again == first
    assert kept_again == kept


def test_what_came_since_is_told_and_nothing_else(a_version, make_inputs, counted):
    early = [a_version("a", RIVER), a_version("b", MILL)]
    _, kept = build(make_inputs(early, stories={"b": "mill"}))
    counted.clear()
    later = make_inputs([*early, a_version("c", RIVER.replace("4.2", "4.3"))], stories={"b": "mill"})
    draft, used = build(later, kept)
    assert counted == ["river"]
    assert draft == build(later)[0]
    assert len(used) == 2, "what nobody asked for is forgotten"


@pytest.mark.parametrize(
    "change",
    [
        {"text": EDITED, "version": 2, "cause": "edit"},
        {"title": "Another title"},
        {"publisher": "other.example"},
        {"content_kind": "opinion"},
        {"published_at": datetime(2026, 3, 1, tzinfo=UTC)},
        {"language": "de"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_whatever_changes_of_an_article_has_its_story_told_anew(a_version, make_inputs, counted, change):
    _, kept = build(make_inputs([a_version("a", RIVER)]))
    counted.clear()
    text = change.get("text", RIVER)
    changed = make_inputs([a_version("a", text, **{name: value for name, value in change.items() if name != "text"})])
    draft, _ = build(changed, kept)
    assert counted == ["river"]
    assert draft == build(changed)[0]


def test_fewer_lines_are_chosen_anew(a_version, make_inputs, counted):
    inputs = make_inputs([a_version("a", RIVER)])
    _, kept = build(inputs)
    counted.clear()
    draft, _ = build(inputs, kept, digest_max_lines=1)
    assert counted == ["river"]
    assert draft.developments.num_rows == 1


@pytest.mark.parametrize("spoil", ["articles", "span", "shape"])
def test_what_is_kept_wrongly_is_chosen_anew(a_version, make_inputs, counted, spoil):
    inputs = make_inputs([a_version("a", RIVER)])
    first, kept = build(inputs)
    for lines in kept.values():
        for line in lines:
            evidence = line["evidence"]
            if spoil == "articles":
                evidence[0][0] = "another"
            elif spoil == "span":
                evidence[0][3] = 10_000
            else:
                line["evidence"] = 7
    assert build(inputs, kept)[0] == first
    assert counted == ["river", "river"]


def test_a_file_that_is_lost_or_damaged_is_as_none(tmp_path: Path, caplog):
    assert read_told(tmp_path, DAY) == {}
    keep_told(tmp_path, DAY, {"key": []})
    assert read_told(tmp_path, DAY) == {"key": []}
    (path,) = tmp_path.rglob("*.json")
    for text in ("", "[1]", '{"key": 1}', '{"key": [', "\x00"):
        path.write_text(text)
        assert read_told(tmp_path, DAY) == {}
    path.unlink()
    path.mkdir()
    (path / "in the way").touch()
    keep_told(tmp_path, DAY, {})
    assert "not kept" in caplog.text
