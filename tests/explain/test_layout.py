"""How answers are set: within the page, no address broken."""

from __future__ import annotations

import contextvars

from hypothesis import given
from hypothesis import strategies as st

from pipeline.explain.changes import change_text, word_changes
from pipeline.explain.layout import WIDTH, fit_page, labelled, page_table, paragraph, quoted

WORDS = st.lists(st.text("abcdefgh", min_size=1, max_size=20), max_size=60).map(" ".join)


@given(WORDS)
def test_paragraphs_stay_within_the_page(text):
    assert all(
        len(line) <= WIDTH for entry in [*paragraph(text), *labelled("label", text)] for line in entry.splitlines()
    )


@given(st.lists(st.tuples(WORDS.map(lambda text: text[:20]), WORDS), min_size=1, max_size=5))
def test_tables_stay_within_the_page(rows):
    assert all(len(line) <= WIDTH for line in page_table(("one", "two"), rows))


def widest(entries: list[str]) -> int:
    return max(len(line) for entry in entries for line in entry.splitlines())


@given(WORDS.filter(bool), st.integers(0, 4))
def test_what_was_set_is_remembered_for_another_page(text, indent):
    for name, set_ in ((None, paragraph(text, indent=indent)), ("label", labelled("label", text, indent=indent))):
        (entry,) = set_
        assert (entry.name, entry.text, entry.indent) == (name, text, indent)
        assert " ".join(entry.split()) == " ".join(filter(None, (name, text)))


def test_a_narrow_terminal_narrows_the_page():
    text = "word " * 60
    in_a_terminal = contextvars.copy_context()
    in_a_terminal.run(fit_page, 60)
    assert widest(in_a_terminal.run(paragraph, text)) <= 60
    assert widest(in_a_terminal.run(page_table, ("one", "two"), [("a", text)])) <= 60
    in_a_terminal.run(fit_page, 240)
    assert 60 < widest(in_a_terminal.run(paragraph, text)) <= WIDTH


def test_an_address_is_never_broken():
    url = "http://harbour-courier.example/" + "a-long-way-" * 12
    assert url in "\n".join(labelled("asked", f"it was asked at {url} in the morning"))


def test_a_quotation_within_a_quotation_has_other_marks():
    assert quoted("no marks") == "“no marks”"
    assert quoted("“Yes,” he said.") == "‘“Yes,” he said.’"


@given(WORDS, WORDS)
def test_word_changes_say_where_and_what(old, new):
    changes = word_changes(old, new)
    assert (old.split() == new.split()) == (changes == [])
    for change in changes:
        assert change["old"] != change["new"]
        assert change_text(change)
        assert change["old"] in " ".join(old.split())
        assert change["new"] in " ".join(new.split())
