"""The truth: what stands at the end of each day follows from the content, and each kind of line can be read."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from newsroom import load_newsroom
from tests.newsroom.ground_truth import Fate, Truth, load_truth, what_is_expected
from tests.newsroom.small_newsroom import write_press

SECOND, THIRD, FOURTH, FIFTH = (date(2026, 3, day) for day in range(2, 6))
LINES = """
[[must]]
story = "lock"
day = 2026-03-02
any_of = ["full of onions"]

[[must]]
story = "lock"
day = 2026-03-03
any_of = ["a circus"]
expected_to_come = true

[[must_not]]
story = "lock"
day = 2026-03-02
text = "Stay tuned"
expected_to_come = true

[[correction]]
page = "overland/late"
day = 2026-03-05
old = "eleven men"
new = "twelve men"

[[differ]]
story = "lock"
day = 2026-03-05
text = "The lock has cost"
figures = ["14", "15"]

[[merge]]
stories = ["lock", "onions"]
day = 2026-03-03

[[split]]
story = "lock"
into = ["lock", "circus"]
day = 2026-03-04

[furniture]
words = ["Most read"]
"""


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> Truth:
    folder = write_press(tmp_path_factory.mktemp("press"))
    (folder / "truth" / "lines.toml").write_text(LINES)
    return load_truth(load_newsroom(folder), folder)


@pytest.mark.parametrize(
    ("key", "fates"),
    [
        ("overland/plain", {SECOND: "new"}),
        ("overland/quiet", {SECOND: "new", THIRD: "updated"}),  # found by asking again after a day
        ("overland/late", {SECOND: "new", FIFTH: "updated"}),  # too late for that: found with the next open change
        ("mirror/counted", {SECOND: "new"}),
        ("mirror/gone", {SECOND: "new"}),
        ("mirror/missing", {SECOND: "quarantined"}),
        ("overland/closed", {SECOND: "quarantined"}),
        ("bote/plain", {THIRD: "new"}),  # the feed is down at first, and up again on the same day
    ],
)
def test_fates(truth: Truth, key: str, fates: dict[date, str]) -> None:
    page = truth.by_key[key]
    assert {day: fate.kind for day, fate in page.fates.items()} == fates
    assert page.day == min(fates)
    assert set(page.texts) >= set(fates)


def test_texts_are_those_by_the_end_of_the_day(truth: Truth) -> None:
    quiet, late = truth.by_key["overland/quiet"], truth.by_key["overland/late"]
    assert ["14 million" in quiet.texts[day] for day in (SECOND, THIRD)] == [True, False]
    assert "eleven men" in late.text
    assert late.texts[FIFTH].endswith("Correction: twelve men built the lock, not eleven.")
    assert "15 million" in late.texts[FIFTH]


def test_a_day_s_fates_are_those_of_its_changes(truth: Truth) -> None:
    assert truth.fates(FIFTH) == {"http://overland.example/n/late": Fate(kind="updated", room="store")}
    assert len(truth.fates(THIRD)) == 1 + len([page for page in truth.pages if page.source_id == "bote"])


def test_a_feed_that_is_down_puts_its_pages_off(tmp_path: Path) -> None:
    folder = write_press(tmp_path)
    outlets = (folder / "outlets.toml").read_text()
    (folder / "outlets.toml").write_text(
        outlets.replace("until = 2026-03-03T12:00:00Z", "until = 2026-03-04T00:00:00Z")
    )
    page = load_truth(load_newsroom(folder), folder).by_key["bote/plain"]
    assert (page.day, list(page.fates), list(page.texts)) == (FOURTH, [FOURTH], [FOURTH])


def test_lines_say_whether_they_are_asserted_or_to_come(truth: Truth) -> None:
    assert [must.expected_to_come for must in truth.musts] == [False, True]
    assert [line.expected_to_come for line in truth.must_nots] == [True]
    assert (truth.corrections[0].url, truth.corrections[0].expected_to_come) == (
        "http://overland.example/n/late",
        False,
    )
    assert (truth.merges[0].stories, truth.splits[0].into) == (("lock", "onions"), ("lock", "circus"))
    coming = [(line.room, line.text) for line in what_is_expected(truth) if line.is_to_come]
    assert coming == [
        ("digest", "2026-03-02 lock does not say: Stay tuned"),
        ("digest", "2026-03-03 lock says: a circus"),
        ("stories", "2026-03-03 lock and onions become one story"),
        ("stories", "2026-03-04 lock splits into lock and circus"),
    ]
    asserted = {(line.room, line.text) for line in what_is_expected(truth) if not line.is_to_come}
    assert ("store", "overland/quiet is updated on 2026-03-03") in asserted
    assert ("extract", "overland/quiet: text") in asserted


def test_a_page_names_what_is_to_come_of_it(tmp_path: Path) -> None:
    folder = write_press(tmp_path)
    path = folder / "truth" / "all.toml"
    path.write_text(
        path.read_text().replace('[page."mirror/stray"]\n', '[page."mirror/stray"]\nexpected_to_come = ["text"]\n')
    )
    truth = load_truth(load_newsroom(folder), folder)
    assert [line.text for line in what_is_expected(truth) if line.is_to_come] == ["mirror/stray: text"]


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        ('[page."mirror/unheard"]\nstory = "lock"\n', "disagree about mirror/unheard"),
        ('[page."mirror/plain"]\nstory = "lock"\n', "speaks of mirror/plain again"),
        ("[[musst]]\n", "musst"),
    ],
)
def test_a_truth_that_cannot_be_right_is_refused(tmp_path: Path, more: str, complaint: str) -> None:
    folder = write_press(tmp_path)
    (folder / "truth" / "more.toml").write_text(more)
    with pytest.raises(ValueError, match=complaint):
        load_truth(load_newsroom(folder), folder)
