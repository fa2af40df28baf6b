"""Real texts: the two that a user collected, and a labelled stream with floors under its scores."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from benchmarks.stories import adjusted_rand_index, b_cubed, run
from tests.stories.samples import Desk, article
from tests.stories.test_clustering import groups


@pytest.fixture(scope="module")
def seeds(shared_data: Path) -> list[dict[str, Any]]:
    """Both texts as cleaning leaves them: the title once, no byline, no furniture."""
    untitled, titled = ((shared_data / "seeds" / f"seed-{n}.txt").read_text("utf-8") for n in (1, 2))
    title, _, _, body = re.split(r"\s*\n\s*\n\s*", titled.strip(), maxsplit=3)
    body = body.split("\n\n\n")[0]
    untitled = untitled.removeprefix("URGENT UPDATE: ").rsplit("\n", 1)[0]
    return [article("seed-1", untitled, published_at=None), article("seed-2", body, title=title, published_at=None)]


def test_seeds_are_one_story_when_they_are_all_there_is(seeds: list[dict[str, Any]]) -> None:
    clusters = Desk().cluster(seeds)
    assert groups(clusters) == groups(clusters, "event_id") == [["seed-1", "seed-2"]]
    assert clusters.story_days["headline"].to_pylist() == [seeds[1]["title"]]


def test_seeds_are_one_story_among_twenty_others(seeds: list[dict[str, Any]], shared_data: Path) -> None:
    stream = pq.read_table(shared_data / "stories" / "stream.parquet", columns=["id", "title", "text", "event", "set"])
    stream = stream.filter(pc.equal(stream["set"], "wikinews_big"))
    firsts = {row["event"]: row for row in reversed(stream.to_pylist())}
    others = [article(row["id"], row["text"], title=row["title"]) for row in list(firsts.values())[:20]]
    assert len(others) == 20
    assert ["seed-1", "seed-2"] in groups(Desk().cluster([*seeds, *others]))


@pytest.mark.drill
def test_scores_of_the_stream_do_not_sink(shared_data: Path, tmp_path: Path) -> None:
    """The held-out half of two sets: full texts with look-alike events, and short ones close in time."""
    stream = pq.read_table(shared_data / "stories" / "stream.parquet")
    stream = stream.filter(pc.is_in(stream["set"], value_set=pa.array(["ecb", "basil", "handpicked", "g5w"])))
    (tmp_path / "stories").mkdir()
    pq.write_table(stream, tmp_path / "stories" / "stream.parquet")
    figures = run(tmp_path, tmp_path / "answer.parquet")
    assert figures["held_out"]["f1"] >= 0.955
    assert figures["ecb"]["precision"] >= 0.99
    assert figures["ecb"]["story_precision"] >= 0.98
    answer = pq.read_table(tmp_path / "answer.parquet")
    assert answer.column_names == ["id", "event_id", "story_id"]
    assert set(answer["id"].to_pylist()) == set(stream["id"].to_pylist())


def test_scores_are_what_their_names_say() -> None:
    truth = ["a", "a", "a", "b"]
    assert b_cubed(truth, truth) == (1.0, 1.0, 1.0)
    assert b_cubed(truth, ["x", "y", "z", "w"]) == (1.0, pytest.approx(0.5), pytest.approx(2 / 3))
    assert adjusted_rand_index(truth, truth) == 1.0
    assert adjusted_rand_index(["a", "a", "b", "b"], ["x", "y", "x", "y"]) == pytest.approx(-0.5)
