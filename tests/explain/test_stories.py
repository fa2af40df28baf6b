"""A story's answer: which articles came with a story that was merged into it, and where a merged one went."""

from __future__ import annotations

import pytest

from pipeline.errors import UsageError
from pipeline.explain.stories import explain_story
from tests.store.sample import make_world


@pytest.fixture
def world(tmp_path):
    return make_world(tmp_path / "warehouse")


def test_a_story_has_the_articles_of_those_merged_into_it_and_names_its_copies(world):
    facts, lines = explain_story(world, "s1")
    text = "\n".join(lines)
    assert {(a["article_id"], a["story_id"]) for a in facts["articles"]} == {("a1", "s1"), ("a3", "s1"), ("a4", "s2")}
    assert "came with story s2" in text
    assert "took in story s2" in text
    assert "is tied to story s3" in text
    assert [copy["article_id"] for copy in facts["copies"]] == ["a2"]
    assert "copied by South: Bridge closed [a2]" in text
    assert [line["text"] for line in facts["lines"]] == ["Repairs take 3 weeks."]


def test_a_story_that_was_merged_away_says_where_it_went(world):
    text = "\n".join(explain_story(world, "s2")[1])
    assert "became part of story s1" in text
    assert "took in story s0" in text


@pytest.mark.parametrize("key", ["SHUT harbour", "bridge shut", "s1"])
def test_words_of_a_headline_are_a_key(world, key):
    assert explain_story(world, key)[0]["story_id"] == "s1"


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("s", r"3 story ids answer to 's': s1 \(Bridge\), s2 \(Bridge to open\), s3 \(untitled\); give more"),
        ("bridge", "2 story ids answer"),
        ("bridge fire", "no story answers"),
        ("", "no story answers"),
        (" ", "no story answers"),
    ],
)
def test_keys_that_mean_no_story_or_several(world, key, says):
    with pytest.raises(UsageError, match=says):
        explain_story(world, key)
