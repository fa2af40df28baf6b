"""The newsroom's digests say what is new: each heading is of its day, the day's lines come first, who was not heard is named."""

from __future__ import annotations

import json

import pytest

from tests.played import Play

# The first test that needs the play waits for it.
pytestmark = pytest.mark.timeout(600)


def test_no_heading_is_older_than_its_day(play: Play) -> None:
    titles: dict[str, set[object]] = {}
    for version in play.rows("article_versions"):
        titles.setdefault(version["title"], set()).update((version["day"], version["version_window_start"].date()))
    told = [row for row in play.rows("digests") if not row["is_quiet"]]
    older = [(row["digest_date"], row["headline"]) for row in told if row["digest_date"] not in titles[row["headline"]]]
    assert len(told) > 80
    assert older == []


def test_a_story_keeps_its_name_and_never_a_heading(play: Play) -> None:
    told = sorted((row for row in play.rows("digests") if not row["is_quiet"]), key=lambda row: row["digest_date"])
    names: dict[str, str] = {}
    headings: dict[str, list[str]] = {}
    for row in told:
        names.setdefault(row["story_id"], row["story_name"])
        assert row["story_name"] == names[row["story_id"]] or row["story_name"] in names.values()  # of a merged one
        headings.setdefault(row["story_id"], []).append(row["headline"])
    repeated = [titles for titles in headings.values() if len(titles) != len(set(titles))]
    assert len(repeated) <= 1, repeated


def test_the_page_begins_with_the_day_in_five_lines_and_names_who_was_not_heard(play: Play) -> None:
    heard_ill: dict[str, set[str]] = {}
    for path in sorted((play.root / "digests").glob("2026-*/digest.json")):
        document = json.loads(path.read_text())
        lines = {line["development_id"]: line for story in document["stories"] for line in story["developments"]}
        firsts = [story["developments"][0]["development_id"] for story in document["stories"] if story["developments"]]
        assert len(document["brief"]) == 5
        assert set(document["brief"]) <= set(firsts)
        origins = [lines[one]["origin_count"] for one in document["brief"]]
        assert origins == sorted(origins, reverse=True)
        lone = [story["origin_count"] < 2 for story in document["stories"] if story["developments"]]
        assert lone == sorted(lone)
        heard_ill[document["date"]] = {source["source_id"] for source in document["unheard"]}
    assert all("gullgazette" in ill for ill in heard_ill.values())
    assert "lanternpost" in heard_ill["2026-03-03"]
    assert "lanternpost" not in heard_ill["2026-03-07"]
