"""Sentence spans: exact offsets whatever the text, and sensible sentences in several languages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.sentences import find_sentences


def split(text: str, language: str | None = "en") -> list[str]:
    return [text[s.start : s.end] for s in find_sentences(text, language)]


@pytest.mark.parametrize(
    ("language", "text", "sentences"),
    [
        (
            "en",
            "Dr. Holt met Mr. J. R. Vane. They left at 5.40 p.m. on Jan. 5.",
            ["Dr. Holt met Mr. J. R. Vane.", "They left at 5.40 p.m. on Jan. 5."],
        ),
        ("en", "The U.S. envoy spoke. It cost $5.3bn.", ["The U.S. envoy spoke.", "It cost $5.3bn."]),
        ("en", "“Stop!” she said. He went on.", ["“Stop!” she said.", "He went on."]),
        (
            "de",
            "Am 3. März fiel der 2. Turm. Prof. Dr. Ahn sah z. B. zu.",
            ["Am 3. März fiel der 2. Turm.", "Prof. Dr. Ahn sah z. B. zu."],
        ),
        ("zh", "河水上涨。桥关闭了！", ["河水上涨。", "桥关闭了！"]),
        ("ja", "彼は「はい。」と言った。そして帰った。", ["彼は「はい。」と言った。", "そして帰った。"]),
        (
            "en",
            "A heading\nThe river rose. It fell.\nAnother heading",
            ["A heading", "The river rose.", "It fell.", "Another heading"],
        ),
        (
            "en",
            "The river rose in the\nnight and fell in the\nmorning. It was over.",
            ["The river rose in the\nnight and fell in the\nmorning.", "It was over."],
        ),
        (None, "One thing. Another.", ["One thing.", "Another."]),
        ("en", " \n\n ", []),
    ],
)
def test_splits_as_a_reader_would(language: str | None, text: str, sentences: list[str]) -> None:
    assert split(text, language) == sentences


def test_no_sentence_reaches_over_a_blank_line() -> None:
    assert split("A heading without a stop\n\nThe text begins") == ["A heading without a stop", "The text begins"]


def test_counts_code_points_beyond_the_basic_plane() -> None:
    text = "The 🚒 came. Nobody was hurt."
    assert [tuple(s) for s in find_sentences(text, "en")] == [(0, 11), (12, 28)]


_ALPHABET = st.sampled_from(
    [*'aB3 .!?。！\n"”“„(),;:-😀é\u00a0\u2028\r\tß', "Mr. ", "z. B. ", "\n\n", "3. März", "」と", "\u0301", "\x00"]
)


@given(st.lists(_ALPHABET, max_size=60).map("".join), st.sampled_from(["en", "de", "ja", "zh", "xx", None]))
def test_spans_hold_every_visible_character_once_and_in_order(text: str, language: str | None) -> None:
    spans = find_sentences(text, language)
    at = 0
    for start, end in spans:
        assert at <= start < end
        assert not text[at:start].strip()
        assert text[start:end] == text[start:end].strip()
        assert "\n\n" not in text[start:end]
        at = end
    assert not text[at:].strip()
