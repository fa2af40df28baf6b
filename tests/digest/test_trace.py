"""Why a sentence is no line: the trace of a build tells it, and takes no part in it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from pipeline.digest.build import build_digest
from pipeline.digest.draft import DigestDraft
from pipeline.digest.inputs import DigestInputs
from pipeline.digest.trace import OUTCOMES, SentenceOutcome
from pipeline.settings import Settings

Row = dict[str, Any]
Version = Callable[..., Row]
Inputs = Callable[..., DigestInputs]

NOW = datetime(2026, 3, 5, 1, 30, tzinfo=UTC)
YESTERDAY = date(2026, 3, 3)
FLOOD = "The river Varn burst its banks at Oldmill on Tuesday night and flooded 340 houses."
FLOOD_TOO = "The Varn flooded 340 houses at Oldmill when it burst its banks on Tuesday night."
SCHOOL = "Mayor Hanne Brook opened the Oldmill school gym to people who lost their homes."
DAM = "Engineers from Lund lowered the gates of the Varn dam to hold the water back."


def traced(inputs: DigestInputs, **settings: Any) -> tuple[DigestDraft, dict[str, SentenceOutcome]]:
    trace: list[SentenceOutcome] = []
    draft = build_digest(inputs, Settings(**settings), now=NOW, trace=trace)
    assert {d.outcome for d in trace} <= OUTCOMES.keys()
    told = {row["text"] for row in draft.developments.to_pylist() if row["kind"] != "corrected"}
    assert {d.text for d in trace if d.outcome == "line"} == told
    return draft, {f"{d.article_id}: {d.text}": d for d in trace}


def test_a_trace_changes_nothing(a_version: Version, make_inputs: Inputs) -> None:
    inputs = make_inputs([a_version("courier", f"{FLOOD} {SCHOOL}"), a_version("gazette", f"{FLOOD_TOO} {DAM}")])
    draft, decisions = traced(inputs)
    plain = build_digest(inputs, Settings(), now=NOW)
    for name in ("build_id", "digests", "developments", "citations", "corrections"):
        assert getattr(draft, name) == getattr(plain, name)
    assert len(decisions) == 4


def test_the_line_that_says_as_much_is_named(a_version: Version, make_inputs: Inputs) -> None:
    _, decisions = traced(make_inputs([a_version("courier", FLOOD), a_version("gazette", FLOOD_TOO)]))
    lost = next(d for d in decisions.values() if d.outcome == "too-like")
    assert lost.rival is not None
    assert {lost.text, lost.rival.text} == {FLOOD, FLOOD_TOO}
    assert lost.rival.similarity >= 0.4
    assert lost.factors is not None
    product = 1.0
    for factor in lost.factors.values():
        product *= factor
    assert lost.score == pytest.approx(product, abs=0.001)


def test_what_was_said_before_names_the_sentence_that_said_it(a_version: Version, make_inputs: Inputs) -> None:
    versions = [
        a_version("courier", FLOOD, day=YESTERDAY, version_day=YESTERDAY),
        a_version("gazette", f"{FLOOD} {DAM}"),
    ]
    _, decisions = traced(make_inputs(versions))
    again = decisions[f"gazette: {FLOOD}"]
    assert again.outcome == "said-before"
    assert again.earlier is not None
    assert (again.earlier.article_id, again.earlier.similarity) == ("courier", 1.0)
    assert decisions[f"gazette: {DAM}"].outcome == "line"


def test_of_several_earlier_sentences_the_nearest_is_named(a_version: Version, make_inputs: Inputs) -> None:
    before = {"day": YESTERDAY, "version_day": YESTERDAY}
    versions = [
        a_version("courier", f"{SCHOOL} {DAM}", **before),
        a_version("post", "The river Varn rose at Oldmill.", **before),
        a_version("gazette", f"{FLOOD} {SCHOOL.replace('opened', 'shut')}"),
    ]
    draft, decisions = traced(make_inputs(versions))
    flood = decisions[f"gazette: {FLOOD}"]
    assert flood.earlier is not None
    assert flood.earlier.article_id == "post"
    assert flood.earlier.similarity == pytest.approx(1 - only_novelty(draft), abs=0.0002)
    school = decisions[f"gazette: {SCHOOL.replace('opened', 'shut')}"].earlier
    assert school is not None
    assert school.text == SCHOOL


def only_novelty(draft: DigestDraft) -> float:
    (line,) = draft.developments.to_pylist()
    return float(line["novelty"])


@pytest.mark.parametrize(
    ("columns", "detail"),
    [
        ({"content_kind": "opinion"}, "opinion"),
        ({"content_kind": "paywall"}, "paywall"),
        ({"published_at": datetime(2026, 2, 1, tzinfo=UTC)}, "stale"),
    ],
)
def test_articles_without_lines_say_why(columns: Row, detail: str, a_version: Version, make_inputs: Inputs) -> None:
    _, decisions = traced(make_inputs([a_version("courier", FLOOD, **columns), a_version("gazette", DAM)]))
    assert decisions[f"courier: {FLOOD}"].outcome == "silent-article"
    assert decisions[f"courier: {FLOOD}"].detail == detail


@pytest.mark.parametrize(
    ("sentence", "detail"),
    [
        ("Too short.", "10 characters"),
        ("Was the gate of the Varn dam at Lund open all night?", "a question"),
        ("the gates of the dam stood open for the whole of the night, Lund said.", "middle"),
        ("there was a great deal of water in all of the streets and houses there.", "middle"),
    ],
)
def test_what_cannot_stand_alone_says_why(sentence: str, detail: str, a_version: Version, make_inputs: Inputs) -> None:
    _, decisions = traced(make_inputs([a_version("courier", f"{FLOOD}\n\n{sentence}")]))
    assert decisions[f"courier: {sentence}"].outcome == "no-statement"
    assert detail in (decisions[f"courier: {sentence}"].detail or "")


def test_the_caps_of_a_story_and_of_a_digest(a_version: Version, make_inputs: Inputs) -> None:
    versions = [
        a_version("courier", f"{FLOOD} {SCHOOL} {DAM}"),
        a_version("gazette", "Lund won the cup in Oldmill on Monday night."),
    ]
    _, decisions = traced(make_inputs(versions, stories={"gazette": "cup"}), digest_max_lines=1, digest_max_stories=1)
    assert sorted(d.outcome for d in decisions.values()) == ["line", "line-cap", "line-cap", "story-cap"]


def test_a_line_under_two_stories_stands_under_the_first(a_version: Version, make_inputs: Inputs) -> None:
    versions = [a_version("courier", f"{FLOOD} {SCHOOL}"), a_version("gazette", FLOOD)]
    _, decisions = traced(make_inputs(versions, stories={"gazette": "other"}))
    assert sorted(d.outcome for d in decisions.values() if d.text == FLOOD) == ["line", "told-elsewhere"]


def test_what_is_off_topic_or_furniture_says_so(a_version: Version, make_inputs: Inputs) -> None:
    other = "Bakers in far Castelan sold more rye bread than in any month since 1988."
    page = "Reporting by Hanne Brook and the Oldmill desk, with the help of readers from Lund."
    _, decisions = traced(
        make_inputs(
            [
                a_version("courier", f"{FLOOD} {SCHOOL} {other}"),
                a_version("gazette", f"{FLOOD_TOO} {SCHOOL} {DAM} {page}"),
                a_version("post", f"{SCHOOL} {DAM}"),
            ]
        )
    )
    assert decisions[f"courier: {other}"].outcome == "off-topic"
    assert decisions[f"gazette: {page}"].outcome == "furniture"
