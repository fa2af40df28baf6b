"""What is told from the days that the index names is what all days would tell."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.explain import articles, search, stories
from pipeline.explain.articles import explain_article
from pipeline.explain.reach import days_at_address, days_of_article, days_of_story, is_whole_id
from pipeline.explain.search import search_news
from pipeline.explain.stories import explain_story
from pipeline.settings import PROJECT, Settings
from pipeline.store.warehouse import Warehouse
from tests.played import Play


def settings_of(play: Play) -> Settings:
    return Settings(warehouse=play.root, sources=PROJECT / "newsroom" / "sources.toml")


def all_days(warehouse: Warehouse) -> frozenset[Any]:
    manifest = warehouse.latest().manifest
    return frozenset(file.day for name in ("pages", "articles", "developments") for file in manifest.files(name))


@pytest.mark.parametrize("start", [0, pytest.param(1, marks=pytest.mark.drill)])
def test_articles_and_stories_are_told_the_same(play: Play, monkeypatch: pytest.MonkeyPatch, start: int) -> None:
    warehouse, settings = Warehouse(play.root), settings_of(play)
    snapshot = warehouse.latest()
    history = snapshot.read("article_history", columns=["article_id"])["article_id"].to_pylist()
    copies = snapshot.read("duplicates", columns=["article_id"])["article_id"].to_pylist()
    every = sorted(snapshot.read("articles", columns=["article_id"])["article_id"].to_pylist())
    ids = sorted({*every[start::40], *sorted(history)[start::9], *sorted(copies)[start::9]})
    story_ids = sorted({*snapshot.read("story_days", columns=["story_id"])["story_id"].to_pylist()})[start::30]
    told = [explain_article(warehouse, settings, key, is_again=False) for key in ids]
    told_stories = [explain_story(warehouse, key) for key in story_ids]
    days = all_days(warehouse)
    assert any(days_of_article(snapshot, key) < days for key in ids)
    assert any(days_of_story(snapshot, [key]) < days for key in story_ids)
    monkeypatch.setattr(articles, "days_of_article", lambda *_: days)
    monkeypatch.setattr(stories, "days_of_story", lambda *_: days)
    assert told == [explain_article(warehouse, settings, key, is_again=False) for key in ids]
    assert told_stories == [explain_story(warehouse, key) for key in story_ids]


@pytest.mark.parametrize("start", [0, *(pytest.param(n, marks=pytest.mark.drill) for n in (1, 2, 3))])
def test_an_address_that_no_index_knows_finds_what_all_days_hold(
    play: Play, monkeypatch: pytest.MonkeyPatch, start: int
) -> None:
    """Asked and final addresses, canonical ones, refused ones; each as it is, followed from a mail, cut short, and at other hosts."""
    warehouse = Warehouse(play.root)
    snapshot = warehouse.latest()
    pages = snapshot.read("pages", columns=["requested_url", "final_url"])
    urls = {*pages["requested_url"].to_pylist(), *pages["final_url"].to_pylist()}
    urls |= {*snapshot.read("articles", columns=["canonical_url"])["canonical_url"].to_pylist()}
    asked = [
        changed
        for url in [*sorted(urls - {None})[start::12], *sorted(play.refusals)[start::5]]
        for changed in (
            url,
            f"{url}?ref=mail",
            f"{url}&utm_source=mail",
            url[:-1],
            url.replace(".example", ".elsewhere"),
        )
    ] + ["https://nowhere.example/", "https://nowhere.example/a/b?c=d", "https://nowhere.example"]
    some = [search_news(warehouse, url) for url in asked]
    assert any(found["articles"] for found in some)
    assert any(found["refusals"] for found in some)
    assert any(days_at_address(snapshot, url) == frozenset() for url in asked)
    monkeypatch.setattr(search, "days_at_address", lambda *_: None)
    assert some == [search_news(warehouse, url) for url in asked]


def test_a_refusal_by_its_id_is_told_as_by_its_beginning(play: Play) -> None:
    warehouse, settings = Warehouse(play.root), settings_of(play)
    rows = warehouse.latest().read("quarantine", columns=["quarantine_id"]).to_pylist()
    assert rows
    for row in rows:
        whole, beginning = row["quarantine_id"], row["quarantine_id"][:20]
        assert (
            explain_article(warehouse, settings, whole, is_again=False)[0]
            == explain_article(warehouse, settings, beginning, is_again=False)[0]
        )


@pytest.mark.parametrize("key", ["", "a" * 31, "A" * 32, "g" * 32, "http://x.example/aaaaaaaaaaaaaaa"])
def test_what_is_no_whole_id(key: str) -> None:
    assert not is_whole_id(key)
