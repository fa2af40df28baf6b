"""A day is placed: what belongs together, what stays apart, and what is said of it."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from pipeline.stories.clustering import cluster_day
from pipeline.stories.state import DayClusters, empty_copies, mint_id
from tests.stories.samples import (
    BRIDGE,
    ELECTION,
    FERRY,
    FERRY_LATER,
    FIRST_DAY,
    STRIKE,
    Desk,
    article,
    table,
)

NAMES = ("story_articles", "story_days", "story_lineage", "article_terms")


def after(days: int) -> date:
    """A day so many days after the first."""
    return FIRST_DAY + timedelta(days=days)


def groups(clusters: DayClusters, column: str = "story_id") -> list[list[str]]:
    """Which articles stand together."""
    found: dict[str, list[str]] = {}
    for row in clusters.story_articles.to_pylist():
        found.setdefault(row[column], []).append(row["article_id"])
    return sorted(found.values())


def placement(clusters: DayClusters, article_id: str) -> dict[str, Any]:
    """Where one article stands."""
    return next(row for row in clusters.story_articles.to_pylist() if row["article_id"] == article_id)


def story_day(clusters: DayClusters, story_id: str) -> dict[str, Any]:
    """What is said of one story."""
    return next(row for row in clusters.story_days.to_pylist() if row["story_id"] == story_id)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_two_articles_on_one_happening_join_although_there_are_no_others(desk: Desk) -> None:
    clusters = desk.cluster([article("a", FERRY), article("b", FERRY_LATER, title="Ferry waits for the tide")])
    assert groups(clusters) == groups(clusters, "event_id") == [["a", "b"]]


def test_two_articles_on_unlike_subjects_do_not_although_there_are_no_others(desk: Desk) -> None:
    assert groups(desk.cluster([article("a", FERRY), article("b", STRIKE)])) == [["a"], ["b"]]


def test_look_alike_stories_stay_apart(desk: Desk) -> None:
    other_ferry = """Lake Orrel orders an electric ferry for summer. The boat will carry 120 passengers and costs 9 million
    crowns, which the council borrows. Its batteries are charged overnight at the pier in Kelda."""
    other_bridge = (
        "The suspension bridge at Skell will be closed on two nights while engineers test its cables with lorries."
    )
    texts = (FERRY, other_ferry, BRIDGE, other_bridge, STRIKE, ELECTION)
    # What words everybody uses is known from the days before: on its very first day a warehouse has no rarity.
    # Each of these has one of the common words beside forty of its own.
    own = [" ".join(f"word{n}x{m}" for m in range(40)) for n in range(12)]
    everyday = [f"{words} {common}." for words, common in zip(own, ("council", "million", "crowns") * 4, strict=True)]
    desk.close([article(f"b{n}", text) for n, text in enumerate(everyday)])
    placed = groups(desk.cluster([article(f"a{n}", text) for n, text in enumerate(texts)], day=after(1)))
    assert placed == [[f"a{n}"] for n in range(len(texts))]


def test_languages_stay_apart_and_no_language_is_one_of_its_own(desk: Desk) -> None:
    languages = {"a": "en", "b": "de", "c": None, "d": None}
    clusters = desk.cluster([article(i, FERRY, language=language) for i, language in languages.items()])
    assert groups(clusters) == [["a"], ["b"], ["c", "d"]]
    for row in clusters.story_articles.to_pylist():
        assert story_day(clusters, row["story_id"])["language"] == languages[row["article_id"]]


def test_an_untitled_article_joins_and_gives_no_headline(desk: Desk) -> None:
    alone = desk.cluster([article("a", FERRY)])
    assert alone.story_days["headline"].to_pylist() == [None]
    both = desk.cluster([article("a", FERRY), article("b", FERRY_LATER, title="Ferry waits for the tide")])
    assert both.story_days["headline"].to_pylist() == ["Ferry waits for the tide"]


def test_the_headline_is_of_the_article_nearest_to_the_centre(desk: Desk) -> None:
    apart = FERRY + " Elsewhere the harbour market sold herring, plaice and crab to cooks from three villages inland."
    texts = {"Ferry aground": FERRY, "Herring, and a ferry": apart, "Ferry waits": FERRY_LATER}
    clusters = desk.cluster([article(title, text, title=title) for title, text in texts.items()])
    assert clusters.story_days["headline"].to_pylist() == ["Ferry aground"]


def test_an_article_without_words_founds_a_story_of_its_own(desk: Desk) -> None:
    clusters = desk.cluster([article("a", ""), article("b", "..."), article("c", FERRY)])
    assert groups(clusters) == [["a"], ["b"], ["c"]]
    assert set(clusters.story_articles["similarity"].to_pylist()) == {1.0}


def test_a_day_without_articles_has_no_rows(desk: Desk) -> None:
    assert all(getattr(desk.cluster([]), name).num_rows == 0 for name in NAMES)


def test_order_of_rows_does_not_matter() -> None:
    desk = Desk()
    texts = (FERRY, BRIDGE, STRIKE, ELECTION, FERRY_LATER, FERRY + " " + BRIDGE)
    desk.close([article(f"old{n}", text, title=text[:20]) for n, text in enumerate(texts)])
    today = [article(f"new{n}", text + " More soon.", day=after(1)) for n, text in enumerate(texts)]
    copies = pa.table({"article_id": ["x", "y"], "duplicate_of": ["new1", "old1"], "publisher": ["P", None]})
    now = datetime(2026, 3, 4, tzinfo=UTC)
    first = cluster_day(after(1), table(today), desk.state, copies, desk.settings, recorded_at=now)
    shuffler = random.Random(4)
    for _ in range(5):
        state = replace(
            desk.state,
            **{
                name: rows.take(shuffler.sample(range(rows.num_rows), rows.num_rows))
                for name in ("placements", "terms", "articles", "lineage")
                if (rows := getattr(desk.state, name)).num_rows
            },
        )
        shuffled = shuffler.sample(today, len(today))
        again = cluster_day(after(1), table(shuffled), state, copies.take([1, 0]), desk.settings, recorded_at=now)
        assert all(getattr(again, name).equals(getattr(first, name)) for name in NAMES)


def test_ids_come_from_the_first_article_and_stay(desk: Desk) -> None:
    first = desk.close([article("b", FERRY, hour=8), article("a", FERRY_LATER, hour=10)])
    assert placement(first, "a")["event_id"] == mint_id("event", "b")
    assert placement(first, "a")["story_id"] == mint_id("story", "b")
    earlier = article(
        "0", FERRY + " The pilot was ill.", day=after(1), published_at=datetime(2026, 3, 2, 1, tzinfo=UTC)
    )
    second = desk.close([earlier], after(1))
    assert placement(second, "0")["event_id"] == mint_id("event", "b")
    assert placement(second, "0")["similarity"] < 1.0
    assert groups(second) == [["0"]]


def test_similarity_is_to_the_others_and_the_next_best_story_is_named(desk: Desk) -> None:
    both = FERRY_LATER + " Workers at the battery plant in Brennick will vote on a strike."
    clusters = desk.cluster([article("a", FERRY, hour=7), article("b", both), article("c", STRIKE)])
    first, joined = placement(clusters, "a"), placement(clusters, "b")
    assert first["similarity"] == 1.0
    assert 0.1 < joined["similarity"] < 1.0
    assert joined["runner_up_story_id"] == mint_id("story", "c")
    assert 0.0 < joined["runner_up_similarity"] < joined["similarity"]
    assert placement(desk.cluster([article("a", FERRY)]), "a")["runner_up_story_id"] is None


def test_a_happening_goes_on_over_days_but_not_over_weeks() -> None:
    for days, is_one in ((1, True), (5, True), (31, False)):
        desk = Desk()
        desk.close([article("a", FERRY)])
        later = desk.close([article("b", FERRY_LATER, day=after(days))], after(days))
        assert (placement(later, "b")["story_id"] == mint_id("story", "a")) is is_one


def test_a_date_after_its_day_counts_as_unknown(desk: Desk) -> None:
    lying = article("a", FERRY, published_at=datetime(2027, 1, 1, tzinfo=UTC))
    undated = article("b", FERRY_LATER, published_at=None)
    assert groups(desk.cluster([lying, undated])) == [["a", "b"]]


def test_a_story_falls_quiet_then_silent_then_is_reopened(desk: Desk) -> None:
    story_id = placement(desk.close([article("a", FERRY)]), "a")["story_id"]
    statuses = [desk.close([], after(days)).story_days["status"].to_pylist() for days in (1, 2, 3, 4)]
    assert statuses == [["quiet"], ["quiet"], [], []]
    back = desk.close([article("b", FERRY_LATER, day=after(5))], after(5))
    assert story_day(back, story_id)["status"] == "active"
    lineage = back.story_lineage.select(["from_story_id", "to_story_id", "kind", "score"]).to_pylist()
    assert lineage == [{"from_story_id": story_id, "to_story_id": story_id, "kind": "reopen", "score": None}]


def test_a_story_back_after_two_days_is_no_reopening(desk: Desk) -> None:
    desk.close([article("a", FERRY)])
    assert desk.close([article("b", FERRY_LATER, day=after(2))], after(2)).story_lineage.num_rows == 0


def test_counts_grow_and_copies_only_count(desk: Desk) -> None:
    desk.copies = [
        {"article_id": "x", "duplicate_of": "a", "publisher": "Post"},
        {"article_id": "y", "duplicate_of": "a", "publisher": None},
    ]
    first = desk.close([article("a", FERRY, publisher="Courier"), article("b", FERRY_LATER)])
    counts = first.story_days.select(["event_count", "article_count", "publisher_count", "origin_count"]).to_pylist()
    assert counts == [{"event_count": 1, "article_count": 4, "publisher_count": 4, "origin_count": 2}]
    second = desk.close([article("c", FERRY + " It rained.", publisher="Post", day=after(1))], after(1))
    counts = second.story_days.select(["event_count", "article_count", "publisher_count", "origin_count"]).to_pylist()
    assert counts == [{"event_count": 1, "article_count": 5, "publisher_count": 4, "origin_count": 3}]
    assert second.story_days["first_seen_at"].to_pylist() == [datetime(2026, 3, 2, 9, tzinfo=UTC)]
    assert second.story_days["last_seen_at"].to_pylist() == [datetime(2026, 3, 3, 9, tzinfo=UTC)]


def merging_days(desk: Desk) -> tuple[DayClusters, DayClusters]:
    """Two stories: a factory closes, a minister resigns. Then every article tells how the one led to the other."""
    minister = """Interior minister Orsolo resigned on Monday. Letters in a drawer of his ministry had shown favours to
    friends. The prime minister accepted the resignation and praised his service."""
    whole = f"{STRIKE} {minister}"
    before = desk.close([article("a", STRIKE, hour=8), article("b", minister, hour=12)])
    today = [article(f"c{n}", f"{whole} Part {n} of our series.", day=after(1), hour=n) for n in range(6)]
    return before, desk.close(today, after(1))


def test_stories_that_become_one_are_merged_into_the_older(desk: Desk) -> None:
    before, merged = merging_days(desk)
    assert groups(before) == [["a"], ["b"]]
    older, younger = mint_id("story", "a"), mint_id("story", "b")
    lineage = merged.story_lineage.to_pylist()
    assert [(row["from_story_id"], row["to_story_id"], row["kind"]) for row in lineage] == [(younger, older, "merge")]
    assert lineage[0]["score"] >= desk.settings.merge_threshold
    assert set(merged.story_articles["story_id"].to_pylist()) == {older}
    assert story_day(merged, older)["article_count"] == 8
    gone = story_day(merged, younger)
    assert (gone["status"], gone["article_count"]) == ("merged", 1)


def test_after_a_merge_only_the_survivor_goes_on(desk: Desk) -> None:
    merging_days(desk)
    older = mint_id("story", "a")
    text = (
        "Interior minister Orsolo, who resigned over letters in a drawer of his ministry, spoke of favours to friends."
    )
    third = desk.close([article("d", text, day=after(2))], after(2))
    assert placement(third, "d")["story_id"] == older
    assert third.story_days["story_id"].to_pylist() == [older]
    assert story_day(third, older)["article_count"] == 9
    assert third.story_lineage.num_rows == 0


def test_one_article_that_tells_of_both_does_not_merge_them(desk: Desk) -> None:
    desk.close([article("a", FERRY), article("b", STRIKE)])
    clusters = desk.close([article("c", f"{FERRY} {STRIKE}", day=after(1))], after(1))
    assert clusters.story_lineage.num_rows == 0
    assert len(clusters.story_articles) == 1


def test_placed_articles_never_move(desk: Desk) -> None:
    first = desk.close([article("a", FERRY), article("b", STRIKE)])
    second = desk.close([article("c", FERRY_LATER, day=after(1))], after(1))
    assert second.story_articles["article_id"].to_pylist() == ["c"]
    assert set(first.story_articles["article_id"].to_pylist()) == {"a", "b"}


def test_a_withdrawn_article_is_passed_over(desk: Desk) -> None:
    desk.close([article("a", FERRY), article("b", FERRY_LATER), article("c", STRIKE)])
    desk.state = replace(
        desk.state, articles=desk.state.articles.filter(pc.not_equal(desk.state.articles["article_id"], "a"))
    )
    clusters = desk.cluster([article("d", FERRY + " It rained.", day=after(1))], after(1))
    assert placement(clusters, "d")["event_id"] == mint_id("event", "a")
    assert story_day(clusters, mint_id("story", "a"))["article_count"] == 2


def test_every_setting_is_part_of_the_version(desk: Desk) -> None:
    clusters = desk.cluster([article("a", FERRY)])
    assert clusters.story_articles["settings_version"].to_pylist() == [desk.settings.version]
    assert replace(desk.settings, floor=0.04).version != desk.settings.version
    assert empty_copies().num_rows == 0
