"""Figures are held against each other by what they count; an edit that speaks of a later time is an update."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from pipeline.digest.build import build_digest
from pipeline.digest.features import Sentence, read_sentences
from pipeline.digest.figures import changed_figure
from pipeline.digest.inputs import DigestInputs
from pipeline.settings import Settings

Version = Callable[..., dict[str, Any]]
Inputs = Callable[..., DigestInputs]
YESTERDAY = date(2026, 3, 3)


def read(text: str, language: str) -> Sentence:
    return read_sentences(text, language)[0]


@pytest.mark.parametrize(
    ("language", "one", "other", "differ"),
    [
        ("en", "Oldmill paid $141m for the dam.", "Oldmill paid $139m for the dam.", True),
        ("en", "Oldmill paid $106 billion for it.", "Oldmill paid $105.7 billion for it.", False),
        ("en", "In all 527 were injured in Lund.", "In all 412 were injured in Lund.", True),
        ("en", "Lund sent more than 200 boats.", "Lund sent more than 300 boats.", True),
        ("en", "Lund sent more than 200 boats.", "Lund sent 300 boats.", False),
        ("en", "Lund sent 200 boats and 30 men.", "Lund sent 200 boats and 45 men.", True),
        ("en", "Lund sent 200 boats.", "Lund sent 300 men.", False),
        ("en", "It broke at 9.30 pm on 3 May in Lund.", "It broke at 7.30 pm on 4 May in Lund.", False),
        ("de", "Lund schickte 200 neue Boote.", "Lund schickte 300 neue Boote.", True),
        ("de", "Der Damm kostet 2,5 Millionen Euro.", "Der Damm kostet 2,9 Millionen Euro.", True),
        ("de", "Der Damm kostet rund 2 Millionen Euro.", "Der Damm kostet 2,9 Millionen Euro.", False),
    ],
)
def test_figures_differ_by_what_they_count(language: str, one: str, other: str, differ: bool) -> None:
    assert changed_figure(read(one, language), read(other, language), language) is differ


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ("Fourteen children in Lund are ill, it said on Monday.", "Nineteen children in Lund are ill, it said on Monday.", "corrected"),
        ("Fourteen children in Lund are ill, it said on Monday.", "Nineteen children in Lund are ill, it said on Wednesday.", "updated"),
        ("Am Montag waren in Neuwiek vierzehn Kinder krank.", "Am Mittwoch waren in Neuwiek neunzehn Kinder krank.", "updated"),
        ("In Neuwiek waren am Montag vierzehn Kinder krank.", "In Neuwiek waren am Montag zwanzig Kinder krank.", "corrected"),
    ],
)  # fmt: skip
def test_an_edit_corrects_or_updates(
    a_version: Version, make_inputs: Inputs, before: str, after: str, kind: str
) -> None:
    published = datetime(2026, 3, 3, 9, tzinfo=UTC)
    old = a_version("courier", before, day=YESTERDAY, version_day=YESTERDAY, published_at=published)
    new = a_version("courier", after, version=2, cause="edit", day=YESTERDAY, published_at=published)
    shared = {"build_id": "b1", "digest_date": YESTERDAY, "story_id": "river", "development_id": "d1"}
    cited = {**shared, "event_id": "e", "n": 1, "article_id": "courier", "version": 1, "quote": before}
    inputs = make_inputs([old, new], earlier_lines=[{**shared, "text": before}], earlier_citations=[cited])
    draft = build_digest(inputs, Settings(), now=datetime(2026, 3, 5, 1, 30, tzinfo=UTC))
    assert draft.corrections.num_rows == 1
    assert draft.developments["kind"].to_pylist() == [kind]
    assert draft.developments["text"].to_pylist() == [after]
