"""What one finds by a URL, an id or words: articles, refused pages and stories, and no more than is asked for."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

import pytest

from pipeline.explain import search
from pipeline.explain.search import search_news
from pipeline.store.warehouse import Warehouse
from tests.played import Play


@pytest.fixture(scope="module")
def warehouse(play: Play) -> Warehouse:
    return Warehouse(play.root)


def test_every_article_answers_to_its_url_and_its_id_by_the_index_alone(play: Play, warehouse: Warehouse) -> None:
    with patch.object(search, "find_articles", side_effect=AssertionError("all days were opened")):
        for row in play.rows("articles"):
            keys = {row["article_id"], row["canonical_url"]} - {None}
            for key in keys:
                found = search_news(warehouse, f" {key} ")
                assert [one["article_id"] for one in found["articles"]] == [row["article_id"]], key
                assert found["by"] == "key"
                assert found["since"] is None


def test_the_start_of_an_id_and_a_url_that_followed_a_reader_answer_too(play: Play, warehouse: Warehouse) -> None:
    row = next(row for row in play.rows("articles") if row["url"])
    for key in (row["article_id"][:10], f"{row['url']}?utm_source=mail"):
        assert [one["article_id"] for one in search_news(warehouse, key)["articles"]] == [row["article_id"]]


def test_every_refusal_answers_to_its_id_and_its_url(play: Play, warehouse: Warehouse) -> None:
    for url, refusals in play.refusals.items():
        for refusal in refusals:
            found = search_news(warehouse, refusal["quarantine_id"])
            assert [one["quarantine_id"] for one in found["refusals"]] == [refusal["quarantine_id"]]
        assert {one["quarantine_id"] for one in search_news(warehouse, url)["refusals"]} == {
            refusal["quarantine_id"] for refusal in refusals
        }


def test_words_find_titles_headlines_and_refused_addresses(play: Play, warehouse: Warehouse) -> None:
    found = search_news(warehouse, "FERRY island")
    titles = [
        row["title"]
        for row in play.rows("articles")
        if {"ferry", "island"} <= set((row["title"] or "").lower().split())
    ]
    assert {row["title"] for row in found["articles"]} >= set(titles)
    assert all("ferry" in row["title"].lower() and "island" in row["title"].lower() for row in found["articles"])
    assert search_news(warehouse, "ferry")["stories"]
    assert [row["reason"] for row in search_news(warehouse, "mattress")["refusals"]] == ["robots"]


def test_a_word_that_could_be_the_start_of_an_id_is_a_word(warehouse: Warehouse) -> None:
    found = search_news(warehouse, "deadbeef")
    assert (found["by"], found["articles"]) == ("words", [])


def test_words_are_sought_in_the_last_days_and_only_so_many_are_told(warehouse: Warehouse) -> None:
    last = search_news(warehouse, "ferry", days=1)
    assert {str(row["day"]) for row in last["articles"]} <= {"2026-03-07"}
    assert str(last["since"]) == "2026-03-07"
    cut = search_news(warehouse, "ferry", limit=2)
    assert (len(cut["articles"]), cut["is_cut"]) == (2, True)


@pytest.mark.parametrize("asked", ["", "   ", "%", "'; DROP TABLE articles; --", "\x00", "a" * 5000])
def test_odd_words_find_nothing_or_little_and_break_nothing(warehouse: Warehouse, asked: str) -> None:
    assert search_news(warehouse, asked)["articles"] == []


def test_an_empty_warehouse_has_no_answers(tmp_path: Path) -> None:
    found = search_news(Warehouse(tmp_path), "ferry")
    assert found["articles"] == found["stories"] == found["refusals"] == []
