"""What a line takes for told: told above it, told by the sentence before, or no line."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from pipeline.digest.build import build_digest
from pipeline.digest.evidence import Article, Candidate
from pipeline.digest.features import read_sentences
from pipeline.digest.hanging import find_bare_subject, what_hangs
from pipeline.digest.inputs import DigestInputs
from pipeline.digest.settling import settle_lines
from pipeline.digest.trace import SentenceOutcome
from pipeline.settings import Settings

Version = Callable[..., dict[str, Any]]
Inputs = Callable[..., DigestInputs]
NOW = datetime(2026, 3, 5, 1, 30, tzinfo=UTC)
FLOOD = "The river Varn burst its banks at Oldmill on Tuesday night and flooded 340 houses."


def candidates(text: str, title: str | None = None, language: str = "en") -> list[Candidate]:
    article = Article(
        article_id="a", version=1, event_id="e", origin="a", publisher="a", language=language, title=title, text=text, published_at=None
    )  # fmt: skip
    return [Candidate(article, sentence, row) for row, sentence in enumerate(article.sentences)]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "The trial goes on before a full house."), ("en", "The two men were seen by a guard."),
        ("en", "The head of the agency was away."), ("en", "On the second day, the jury heard a clerk."),
        ("en", "The delay is one of many."), ("fr", "Le procès a duré six jours."), ("es", "La empresa ha pagado una multa."),
        ("it", "Il processo è durato sei giorni."), ("pt", "A empresa pagou uma multa."), ("nl", "De rechter was het daar niet mee eens."),
    ],
)  # fmt: skip
def test_a_bare_subject_is_taken_for_told(language: str, text: str) -> None:
    assert find_bare_subject(read_sentences(text, language)[0], language) is not None


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "The trial of Ida Holm goes on."), ("en", "The 340 houses are dry."), ("en", "The price of oil rose."),
        ("en", "The man who built the wall is ill."), ("en", "The mayor, Hanne Brook, is ill."), ("en", "Three men were seen."),
        ("fr", "Le procès de Jeanne Moulin a duré six jours."), ("es", "La empresa Molino ha pagado."),
        ("nl", "De prijs van olie steeg."), ("de", "Der Prozess dauert an."), ("ru", "Суд продолжается."), (None, "The trial goes on."),
    ],
)  # fmt: skip
def test_what_names_its_subject_is_not(language: str | None, text: str) -> None:
    assert find_bare_subject(read_sentences(text, language)[0], language) is None


def test_what_opens_the_news_tells_its_subject() -> None:
    first, second = candidates("The council shut the mill bridge. The bridge is old.")
    assert what_hangs(first.article, first.sentence) is None
    assert what_hangs(second.article, second.sentence) is not None


TRIAL = "The Oldmill court opened. A boat came to Lund. Ida Holm spoke for an hour. The trial goes on."


@pytest.mark.parametrize(
    ("title", "picked", "told"),
    [
        ("Trial of a miller", [0, 3], ["The Oldmill court opened.", "The trial goes on."]),
        ("A miller in court", [0, 3], ["The Oldmill court opened.", "Ida Holm spoke for an hour. The trial goes on."]),
        ("A miller in court", [0, 2, 3], ["The Oldmill court opened.", "Ida Holm spoke for an hour.", "The trial goes on."]),
    ],
    ids=["told by the heading", "stands with the sentence before", "that is a line"],
)  # fmt: skip
def test_a_line_stands_on_what_is_above_it(title: str, picked: list[int], told: list[str]) -> None:
    lines = candidates(TRIAL, title)
    assert [lines[i].sentence.text for i in settle_lines(picked, lines)] == told


def test_what_nothing_tells_is_left_out_but_for_the_first() -> None:
    lines = candidates("A boat came to Lund. He said so. The trial goes on. The judge is ill.", "Boats")
    assert settle_lines([0, 2, 3], lines) == [0]
    assert settle_lines([3], lines) == [3]


def test_it_waits_until_a_line_tells_it(a_version: Version, make_inputs: Inputs) -> None:
    wall = "Mayor Hanne Brook of Oldmill laid the first stone of a wall against the Varn in 1990. "
    text = f"{FLOOD} {wall}It is of brick. The wall is 4 miles long and ends at Lund, and cost 9 million crowns."
    trace: list[SentenceOutcome] = []
    draft = build_digest(
        make_inputs([a_version("courier", text, title="Varn floods Oldmill")]), Settings(), now=NOW, trace=trace
    )
    told = sorted(draft.developments.to_pylist(), key=lambda line: line["rank"])
    at = {line["text"]: line["rank"] for line in told}
    above = [rank for line, rank in at.items() if "a wall" in line]
    assert all(above and min(above) <= rank for line, rank in at.items() if line.startswith("The wall"))
    for line in at:
        assert line in text
