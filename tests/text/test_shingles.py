"""Words for comparing, and the numbers that stand for three of them in a row."""

from __future__ import annotations

import subprocess
import sys
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.text.normalize import comparable_words
from pipeline.text.shingles import count_shared, sample_hashes, shingle_hashes

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("“Don’t,” she said—twice.", '"Don\'t" she said - twice'),
        ("co\u00adop\u00aderation", "cooperation"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("ＦＵＬＬ Ｗidth １２", "full width 12"),
        ("ﬁnance oﬃce", "FINANCE OFFICE"),
        ("Cafe\u0301 NAÏVE", "café naïve"),
        ("STRASSE", "straße"),
        ("snake_case_name", "snake case name"),
        ("a\u00a0b\r\n\tc", "A b c"),
    ],
)
def test_forms_of_one_text_give_the_same_words(one: str, other: str) -> None:
    assert comparable_words(one) == comparable_words(other) != []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        (" … — !?", []),
        ("Rates rose 3.5% to €1,250", ["rates", "rose", "3", "5", "to", "1", "250"]),
        ("東京都でM6の地震", ["東", "京", "都", "で", "m6", "の", "地", "震"]),
        ("서울 시장은", ["서울", "시장은"]),
        ("हिन्दी समाचार", ["हिन्दी", "समाचार"]),
        ("Новости дня №5", ["новости", "дня", "no5"]),
    ],
)
def test_words_of_many_scripts(text: str, words: list[str]) -> None:
    assert comparable_words(text) == words


@settings(derandomize=True, max_examples=300)
@given(st.text())
def test_words_of_words_are_the_words(text: str) -> None:
    words = comparable_words(text)
    again = comparable_words(" ".join(words))
    assert [unicodedata.normalize("NFC", w) for w in again] == [unicodedata.normalize("NFC", w) for w in words]


@settings(derandomize=True, max_examples=300)
@given(st.text(alphabet=st.characters(max_codepoint=0x20FF)))
def test_plain_and_full_folding_agree(text: str) -> None:
    assert comparable_words(text + " 東")[:-1] == comparable_words(text + " x")[:-1]


def test_hashes_are_distinct_and_ascending() -> None:
    hashes = shingle_hashes(["a", "b", "c", "a", "b", "c", "a", "b", "c"])
    assert hashes.dtype == np.uint64
    assert len(hashes) == 3  # abc bca cab
    assert (np.diff(hashes) > 0).all()


@pytest.mark.parametrize("count", [0, 1, 2])
def test_too_few_words_have_no_shingle(count: int) -> None:
    assert len(shingle_hashes(["word"] * count)) == 0
    assert len(sample_hashes(shingle_hashes(["word"] * count))) == 0


def test_the_order_of_words_counts() -> None:
    orders = ["a b c", "a c b", "b a c", "b c a", "c a b", "c b a", "a a b", "a b b", "b a a"]
    assert len({int(shingle_hashes(order.split())[0]) for order in orders}) == len(orders)


def test_numbers_are_the_same_in_every_process_and_for_ever() -> None:
    """Stored fingerprints must meet those of later runs: this number may never change."""
    words = ["the", "ferry", "leaves", "at", "noon"]
    expected = [int(number) for number in shingle_hashes(words)]
    code = f"from pipeline.text.shingles import shingle_hashes; print([int(n) for n in shingle_hashes({words!r})])"
    shown = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={"PYTHONHASHSEED": "7"}, capture_output=True, text=True, check=True
    )
    assert shown.stdout.strip() == str(expected)
    assert expected == [12590228776548044848, 12795900565727084142, 17809847996307655200]


def test_many_shingles_do_not_collide_and_one_in_eight_is_kept() -> None:
    words = [f"w{n * 7919 % 60_000}" for n in range(60_000)]
    hashes = shingle_hashes(words)
    assert len(hashes) == 60_000 - 2
    assert len(sample_hashes(hashes)) == pytest.approx(60_000 / 8, rel=0.03)


def test_the_sample_of_a_passage_is_found_in_any_text_around_it() -> None:
    passage = [f"p{n}" for n in range(400)]
    alone = sample_hashes(shingle_hashes(passage))
    around = sample_hashes(shingle_hashes([*(f"x{n}" for n in range(300)), *passage, *(f"y{n}" for n in range(300))]))
    assert count_shared(alone, around) == len(alone) > 30


@settings(derandomize=True)
@given(st.sets(st.integers(0, 60)), st.sets(st.integers(0, 60)))
def test_shared_is_the_size_of_the_intersection(one: set[int], other: set[int]) -> None:
    arrays = [np.array(sorted(s), dtype=np.uint64) for s in (one, other)]
    assert count_shared(*arrays) == len(one & other) == count_shared(*reversed(arrays))
