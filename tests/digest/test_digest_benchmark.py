"""The measured claims on journalists' timelines: floors below which the digest must not sink."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from benchmarks.digest import run
from pipeline.errors import InputError


@pytest.fixture(scope="module")
def figures(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, float]:
    """Two of the five topics: a short dense one and a long sparse one."""
    data = tmp_path_factory.mktemp("timelines")
    for topic in ("haiti", "mj"):
        (data / topic).symlink_to(shared_data / "timelines" / topic)
    out = data / "answers.jsonl"
    result = run(data, out)
    texts = {
        row["id"]: row["text"]
        for topic in ("haiti", "mj")
        for row in pq.read_table(data / topic / "articles.parquet", columns=["id", "text"]).to_pylist()
    }
    answers = [json.loads(line) for line in out.read_text().splitlines()]
    assert len(answers) == result["lines"]
    for answer in answers:
        for cited in answer["citations"]:
            assert texts[cited["article_id"]][cited["char_start"] : cited["char_end"]] == cited["quote"]
        assert answer["citations"][0]["quote"] == answer["text"]
    return result


def test_every_citation_is_true(figures: dict[str, float]) -> None:
    assert figures["citation_accuracy"] == 1.0


def test_hardly_a_line_was_said_before(figures: dict[str, float]) -> None:
    assert figures["said_before"] <= 0.02  # 0.005 when written


def test_the_days_and_words_of_journalists_are_found(figures: dict[str, float]) -> None:
    assert figures["date_f1"] >= 0.6  # 0.65 when written
    assert figures["ar1"] >= 0.2  # 0.225 when written


def test_a_folder_without_topics_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no topic folder"):
        run(tmp_path)
