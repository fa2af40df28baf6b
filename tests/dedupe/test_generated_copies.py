"""Floors under what is found of generated copies: see benchmarks/duplicates.py for the full measurement."""

from __future__ import annotations

import itertools
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.duplicates import LEVELS, _long_texts, _mutually_unlike, make_copies, run, score
from pipeline.errors import InputError

SYLLABLES = ("ka", "mo", "ri", "tes", "lo", "den", "va", "shi", "rul", "bent", "ora", "ix")
WORDS = ["".join(parts) for parts in itertools.product(SYLLABLES, SYLLABLES, SYLLABLES)]

# What the full benchmark gives on 1,566 real texts is 1.00 at each of these levels and 1.00 precision.
LEAST_RECALL = 0.97
LEAST_PRECISION = 0.998
# A quarter of the words changed and the sentences shuffled: beyond what containment can tell from a second account.
BEYOND_REACH = "L7 25% words, shuffled"


def invented_texts(count: int) -> list[str]:
    """News-sized texts whose words follow the usual steep curve."""
    chance = random.Random(7)
    weights = [1 / (rank + 5) for rank in range(len(WORDS))]
    texts = []
    for _ in range(count):
        lengths = [chance.randint(8, 24) for _ in range(chance.randint(22, 40))]
        texts.append(" ".join(" ".join(chance.choices(WORDS, weights, k=n)).capitalize() + "." for n in lengths))
    return texts


def assert_floors(figures: dict[str, Any]) -> None:
    for recall in (figures["recall"], figures["recall_known"]):
        assert set(recall) == set(LEVELS)
        assert {level: r for level, r in recall.items() if r < LEAST_RECALL and level != BEYOND_REACH} == {}
    assert figures["pair_precision"] >= LEAST_PRECISION
    assert figures["pair_precision_known"] >= LEAST_PRECISION


def test_copies_of_invented_texts_are_found(tmp_path: Path) -> None:
    out = tmp_path / "answers.parquet"
    figures = score(invented_texts(320), seed=1, out=out)
    assert (figures["originals"], figures["copies"]) == (320, 320)
    assert_floors(figures)
    answers = pq.read_table(out)
    assert answers.column_names == ["id", "canonical_id"]
    assert answers.num_rows == 640
    assert set(answers["canonical_id"].to_pylist()) <= set(answers["id"].to_pylist())


def test_copies_of_real_texts_are_found(shared_data: Path) -> None:
    texts = _long_texts(shared_data)[:450]
    assert_floors(score([texts[i] for i in _mutually_unlike(texts)], seed=1))


def test_copies_are_made_alike_every_time_and_each_differs_from_its_original() -> None:
    texts = invented_texts(16)
    ids, made, levels = make_copies(texts, seed=3)
    assert (ids, made, levels) == make_copies(texts, seed=3)
    assert made != make_copies(texts, seed=4)[1]
    assert all(original != copy for original, copy in zip(made[:16], made[16:], strict=True))
    assert len(set(levels.values())) == len(LEVELS)


def test_texts_that_share_much_are_set_aside() -> None:
    one, other, third = invented_texts(3)
    assert _mutually_unlike([one, one[: len(one) // 2], other, one + " " + third, third]) == [0, 2, 4]


def test_the_whole_benchmark_runs_on_a_folder(tmp_path: Path) -> None:
    (tmp_path / "stories").mkdir()
    texts = [*invented_texts(40), "Too short to be asked."]
    pq.write_table(pa.table({"text": [*texts, texts[0], None]}), tmp_path / "stories" / "stream.parquet")
    figures = run(tmp_path)
    assert (figures["texts"], figures["set_aside"], figures["originals"]) == (40, 0, 40)
    assert figures["real"]["duplicates"] == 0


def test_a_folder_without_the_stream_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--data"):
        run(tmp_path)
