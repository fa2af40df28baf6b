"""A story of any size costs no more than a story may, and says what it left out: counted, so the same on any machine."""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime

import pytest

from pipeline.digest import lines
from pipeline.digest.build import build_digest
from pipeline.digest.trace import OUTCOMES, SentenceOutcome
from pipeline.settings import Settings

NOW = datetime(2026, 3, 4, 20, tzinfo=UTC)
SAME = "The council of Quillmouth voted on Monday to close the harbour near Ida Holm.\n\n"


def alike(count: int) -> str:
    """So many sentences that say the same of other figures."""
    return "\n\n".join(
        f"The council of Quillmouth voted on Monday to spend {n * 37} crowns on the harbour near Ida Holm."
        for n in range(count)
    )


def built(make_inputs, versions, trace: list[SentenceOutcome] | None = None):
    return build_digest(make_inputs(versions), Settings(), now=NOW, trace=trace)


@pytest.mark.parametrize("text", [SAME * 10_000, alike(10_000)], ids=["same", "alike"])
def test_a_text_that_says_one_thing_ten_thousand_times(make_inputs, a_version, text):
    started = time.process_time()
    draft = built(make_inputs, [a_version("huge", text)])
    assert time.process_time() - started < 20  # 3 s; a hundred million near pairs took all memory
    assert draft.developments.num_rows


def test_what_is_not_weighed_says_so_and_the_rest_is_as_ever(make_inputs, a_version, monkeypatch):
    sound = a_version(
        "sound", "The Quillmouth council elected Mira Vance as its new harbour master on Tuesday evening."
    )
    before = built(make_inputs, [sound, a_version("huge", alike(4))])
    monkeypatch.setattr(lines, "MOST_PRODUCTS", 5_000)
    monkeypatch.setattr(lines, "_FIRST_CUT", 16)
    trace: list[SentenceOutcome] = []
    draft = built(make_inputs, [sound, a_version("huge", alike(60))], trace)
    again = built(make_inputs, [a_version("huge", alike(60)), sound])
    assert draft.developments.equals(again.developments), "neither the trace nor the order changes it"
    outcomes = Counter(one.outcome for one in trace)
    assert outcomes["unread"] == 60 - 16
    assert {one.detail for one in trace if one.outcome == "unread"} == {
        "the first 16 sentences of each article are weighed"
    }
    assert len(trace) == 61
    assert outcomes.keys() <= OUTCOMES.keys()
    told = [text for text in before.developments["text"].to_pylist() if "Mira Vance" in text]
    assert told
    assert set(told) <= set(draft.developments["text"].to_pylist())


def test_pairs_that_are_near_are_counted_too(make_inputs, a_version, monkeypatch):
    monkeypatch.setattr(lines, "MOST_NEAR", 1_000)
    monkeypatch.setattr(lines, "_FIRST_CUT", 64)
    trace: list[SentenceOutcome] = []
    earlier = datetime(2026, 3, 3, 9, tzinfo=UTC)
    old = a_version("old", SAME * 100, day=earlier.date(), version_day=earlier.date(), published_at=earlier)
    built(make_inputs, [a_version("huge", SAME * 80), old], trace)
    assert Counter(one.outcome for one in trace)["unread"] == 80 - 16


@pytest.mark.parametrize("chars", [70, 3_000])
@pytest.mark.parametrize("marks", ["-", "—", "'", '"', "”", ")", "''", "( ", "``", "."])
def test_a_run_of_signs_costs_no_more_than_words(make_inputs, a_version, marks, chars):
    run = (marks * chars)[:chars]
    text = f"LONDON (AP) {run}x the council of Quillmouth voted on Monday.\n\nThe mayor of Quillmouth said on Monday: “No!{run}x"
    started = time.process_time()
    built(make_inputs, [a_version("odd", text + "\n\n" + alike(3))])
    assert time.process_time() - started < 2
