"""What is done to strangers' text in this very process takes a time that grows as the text does, and never raises."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Callable

import pytest

from pipeline.fetch.listings.items import absolute, plain_title
from pipeline.text.normalize import _MARKS, comparable_words, compose, undo_entities
from pipeline.text.sentences import find_sentences
from pipeline.text.terms import count_terms
from pipeline.text.urls import MOST_URL_CHARS, article_id, choose_canonical, clean_url, registrable_domain

MARKS = "\u0301\u0316"
SIZE = 100_000
ENOUGH_SECONDS = 1.0  # the linear ones need a tenth of it under load, the quadratic ones ten times as much


@pytest.mark.parametrize(
    "read",
    [
        lambda: plain_title("<!--" * SIZE),
        lambda: plain_title("a" + MARKS * SIZE),
        lambda: plain_title("&#" + "9" * SIZE + ";"),
        lambda: clean_url("http://a" + MARKS * SIZE + ".example/"),
        lambda: clean_url("http://news.example/" + "ä" * SIZE),
        lambda: registrable_domain("a" + MARKS * SIZE + ".example"),
        lambda: absolute("http://news.example/", "http://a" + MARKS * SIZE),
        lambda: choose_canonical("http://news.example/a/b/c", "http://a" + MARKS * SIZE + ".example/"),
        lambda: article_id(None, "a" + MARKS * SIZE),
        lambda: comparable_words("a" + MARKS * SIZE),
        lambda: count_terms("a" + MARKS * SIZE, "", "en"),
        lambda: undo_entities("&#" + "9" * SIZE + ";"),
        lambda: find_sentences("(“" * SIZE, "en"),
        lambda: find_sentences("'" * SIZE, "en"),
        lambda: find_sentences("?”" * (SIZE // 4), "en"),
        lambda: find_sentences(" " * SIZE + "\n" + " \n" * SIZE, "en"),
        lambda: find_sentences("1. 2. " * (SIZE // 10), "de"),
    ],
)
def test_time_grows_with_the_text(read: Callable[[], object]) -> None:
    started = time.process_time()
    read()
    assert time.process_time() - started < ENOUGH_SECONDS


def test_every_mark_counts_as_one() -> None:
    """Whatever falls apart into a mark first would be sorted among marks."""
    sorted_ = {
        char
        for char in map(chr, range(0x300, 0x110000))
        if unicodedata.combining(unicodedata.normalize("NFKD", char)[0])
    }
    assert sorted_ == set(_MARKS)


def test_ordinary_marks_stay() -> None:
    for text in ("Ångström, Việt Nam", "e\u0301te\u0301", "שָׁלוֹם", "กำลัง", "ﾊﾞ", "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A"):
        for form in ("NFC", "NFKC"):
            assert compose(text, form) == unicodedata.normalize(form, text)


def test_a_long_address_is_none() -> None:
    path = "a" * (MOST_URL_CHARS - len("http://news.example/"))
    assert clean_url(f"http://news.example/{path}") == f"http://news.example/{path}"
    assert clean_url(f"http://news.example/{path}a") is None
    assert clean_url("http://news.example/" + "ä" * 1_000) is None, "it is one once its escapes are written"
    assert choose_canonical("http://news.example/a/b-c-d", f"/{path}aa") == ("http://news.example/a/b-c-d", None)


def test_a_title_is_cut_before_it_is_read() -> None:
    assert (
        plain_title("Ferry <b>freed</b>" + " and more" * 5_000) == ("Ferry freed" + " and more" * 5_000)[:1_000].strip()
    )


def test_a_line_of_quotation_marks_loses_no_character() -> None:
    text = "“(" * 20_000 + "The board met. The mayor left. " * 400
    spans = find_sentences(text, "en")
    assert "".join(text[s.start : s.end] for s in spans).replace(" ", "") == text.replace(" ", "")
    assert text[spans[-1].start : spans[-1].end] == "The mayor left."
