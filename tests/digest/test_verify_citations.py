"""The proof: any difference between a line and its source is found, and the line is named."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.digest.build import build_digest
from pipeline.digest.inputs import DigestInputs
from pipeline.digest.verify import verify_citations
from pipeline.settings import Settings

TEXT = (
    "The river Varn burst its banks at Oldmill on Tuesday night and flooded 340 houses.\n\n"
    "Mayor Hanne Brook opened the school gym 🏫 to people who lost their homes."
)


def proven(
    a_version: Callable[..., dict[str, Any]], make_inputs: Callable[..., DigestInputs]
) -> tuple[pa.Table, pa.Table]:
    now = datetime(2026, 3, 5, tzinfo=UTC)
    draft = build_digest(make_inputs([a_version("courier", TEXT)]), Settings(), now=now)
    assert draft.developments.num_rows == 2
    return draft.developments, draft.citations


def changed(table: pa.Table, name: str, value: object) -> pa.Table:
    rows = table.to_pylist()
    rows[0] = {**rows[0], name: value}
    return pa.Table.from_pylist(rows, schema=table.schema)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(data=st.data())
def test_one_changed_character_names_the_line(
    a_version: Callable[..., dict[str, Any]], make_inputs: Callable[..., DigestInputs], data: st.DataObject
) -> None:
    developments, citations = proven(a_version, make_inputs)
    assert verify_citations(developments, citations, {("courier", 1): TEXT}) == []
    at = data.draw(st.integers(0, len(TEXT) - 1).filter(lambda n: not TEXT[n].isspace()))
    other = data.draw(st.characters(exclude_characters=TEXT[at], exclude_categories=("Cs",)))
    problems = verify_citations(developments, citations, {("courier", 1): TEXT[:at] + other + TEXT[at + 1 :]})
    touched = next(
        row
        for row, c in zip(developments.to_pylist(), citations.to_pylist(), strict=True)
        if c["char_start"] <= at < c["char_end"]
    )
    assert len(problems) == 1
    assert f"line {touched['rank']} of story river" in problems[0]
    assert touched["text"][:30] in problems[0]


def test_every_kind_of_false_citation_is_found(
    a_version: Callable[..., dict[str, Any]], make_inputs: Callable[..., DigestInputs]
) -> None:
    developments, citations = proven(a_version, make_inputs)
    texts = {("courier", 1): TEXT}
    first = citations.to_pylist()[0]
    for name, value, words in (
        ("char_start", first["char_start"] + 1, "say"),
        ("char_end", 9999, "which has"),
        ("version", 2, "does not hold"),
        ("quote", first["quote"] + "!", "differs from the quote"),
        ("role", "corroborates", "0 primary citations"),
        ("development_id", "nowhere", "does not exist"),
    ):
        problems = verify_citations(developments, changed(citations, name, value), texts)
        assert any(words in problem for problem in problems), name
    assert any(
        "differs from the quote" in p
        for p in verify_citations(changed(developments, "text", "Invented."), citations, texts)
    )
