"""The measured claims on journalists' timelines: floors below which the digest must not sink."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.chosen_days import against_chance
from benchmarks.digest import count_told_twice, run
from benchmarks.digest_speed import MadeDay
from benchmarks.digest_speed import run as run_speed
from benchmarks.duplicates import run as run_duplicates
from benchmarks.tokenised import as_printed
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


FLOOD = "The river Varn burst its banks at Oldmill on Tuesday night and flooded 340 houses."
FLOOD_TOO = "The Varn flooded 340 houses at Oldmill when it burst its banks on Tuesday night."
DAM = "Engineers from Lund lowered the gates of the Varn dam to hold the water back."


def test_pairs_and_reports_of_a_folder_of_ones_own(tmp_path: Path) -> None:
    rows = [
        {
            "id": name, "published_at": datetime(2026, 3, 4, 9, tzinfo=UTC), "title": None, "text": f"{text} {DAM}",
            "source": name, "language": "en", "event": "flood", "story": "flood", "set": "basil",
        }
        for name, text in (("courier", FLOOD), ("gazette", FLOOD_TOO))
    ]  # fmt: skip
    (tmp_path / "stories").mkdir()
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "stories" / "stream.parquet")
    pair = {"group": "basil:flood", "weight": 2.0, "a_article": "courier", "b_article": "gazette"}
    pairs = [
        {**pair, "id": "1", "a": FLOOD, "b": FLOOD_TOO, "label": "same"},
        {**pair, "id": "2", "a": FLOOD, "b": DAM, "label": "different"},
    ]
    (tmp_path / "claims").mkdir()
    (tmp_path / "claims" / "pairs.jsonl").write_text("".join(f"{json.dumps(p)}\n" for p in pairs))
    figures = run(tmp_path)
    assert figures["pairs"]["by_weight"]["precision"] == figures["pairs"]["unweighted"]["recall"] == 1.0
    assert figures["reports"]["events"] == 1
    assert figures["reports"]["confirmed"] == 1.0
    assert figures["date_f1"] is None


def test_copies_of_a_folder_of_ones_own(tmp_path: Path) -> None:
    words = [f"word{(7 * n) % 991}" for n in range(900)]
    one, other = " ".join(words[:300]), " ".join(words[300:600])
    truth = {
        "id": ["a", "b", "c"],
        "text": [one, other, one[:1500]],
        "origin_id": ["a", "b", "a"],
        "level": ["", "", "cut"],
    }
    (tmp_path / "duplicates").mkdir()
    pq.write_table(pa.table(truth), tmp_path / "duplicates" / "truth.parquet")
    figures = run_duplicates(tmp_path, tmp_path / "out.parquet")
    assert figures["recall"] == {"cut": 1.0}
    assert figures["pair_precision"] == 1.0
    assert pq.read_table(tmp_path / "out.parquet")["canonical_id"].to_pylist() == ["a", "b", "a"]


def test_tokens_are_read_as_printed_in_the_same_places() -> None:
    text = "-LRB- CNN -RRB- -- `` We stay , '' she said ."
    assert len(as_printed(text)) == len(text)
    assert not {"-LRB-", "``", "''"} & set(as_printed(text).split())


def test_chosen_days_are_held_against_days_by_lot() -> None:
    first = date(2026, 3, 1)
    days = [first + timedelta(n) for n in range(10)]
    gold = [days[0], days[4], days[9]]
    lines = [
        {"event_date": day.isoformat(), "digest_date": day.isoformat(), "score": 2.0 if day in gold else 1.0}
        for day in days
    ]
    chosen, drawn = against_chance(lines, gold)
    assert chosen == 1.0
    assert 0.25 < drawn < 0.35
    assert against_chance([], gold) == (0.0, 0.0)


def test_lines_told_twice_are_counted() -> None:
    assert count_told_twice([FLOOD, DAM], []) == 0
    assert count_told_twice([FLOOD, DAM, f"{FLOOD} It rained."], []) == 1
    assert count_told_twice([FLOOD, DAM], [DAM]) == 1


def test_a_made_day_is_told_and_timed(tmp_path: Path) -> None:
    assert [MadeDay().articles("one", 2) for _ in range(2)] == [MadeDay().articles("one", 2)] * 2
    assert sum(MadeDay().sizes(100, 500)) == 500
    figures = run_speed(None, tmp_path / "out.json", scale=0.005)
    assert figures["day"]["articles"] == 25
    assert figures["day"]["lines"] > 0
    assert json.loads((tmp_path / "out.json").read_text()).keys() == figures.keys()
