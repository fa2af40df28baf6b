"""The newsroom, played through all rooms: every line of its truth, each as a test of its own.

What is expected to come is tried as well, and must fail: a line that holds already is to be claimed.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest

from tests.newsroom.expected_outcomes import Fate
from tests.newsroom.ground_truth import Correction, Differ, Merge, Must, MustNot, PageTruth, Split
from tests.played import Play, Row
from tests.sample_newsroom import NEWSROOM, TRUTH

# The truth's name of a page's field, and the column that holds it.
COLUMNS = {"title": "title", "authors": "authors", "language": "language", "kind": "content_kind"}
COMING = pytest.mark.xfail(
    reason="expected to come; once it holds, take its expected_to_come away", strict=True, raises=AssertionError
)
STORIES = sorted({page.story for page in TRUTH.pages if page.story and "story" not in page.to_come})
# The first test that needs the play waits for it.
pytestmark = pytest.mark.timeout(600)
MERGED_ON = {frozenset(merge.stories): merge.day for merge in TRUTH.merges}


def case(*values: Any, name: str, is_to_come: bool = False) -> Any:
    """One parametrised case."""
    return pytest.param(*values, id=name, marks=COMING if is_to_come else ())


def line_cases(lines: tuple[Any, ...], what: str) -> list[Any]:
    """A case for each line that speaks of a story's day."""
    return [
        case(line, name=f"{line.day} {line.story}: {_words(getattr(line, what))}", is_to_come=line.expected_to_come)
        for line in lines
    ]


def _words(said: str | tuple[str, ...]) -> str:
    return said if isinstance(said, str) else " / ".join(said)


def kinds(page: PageTruth) -> set[str]:
    """What a page is, over all days."""
    return {fate.kind for fate in page.fates.values()}


def by_day(versions: list[Row]) -> dict[date, list[Row]]:
    """An article's versions by the day whose window brought them."""
    found: dict[date, list[Row]] = {}
    for row in versions:
        found.setdefault(row["version_window_start"].date(), []).append(row)
    return found


@pytest.mark.parametrize(
    ("page", "day", "fate"),
    [
        case(page, day, fate, name=f"{page.key} {day} {fate.kind}", is_to_come="fate" in page.to_come)
        for page in TRUTH.pages
        for day, fate in page.fates.items()
    ],
)
def test_fate(page: PageTruth, day: date, fate: Fate, play: Play) -> None:
    versions = play.versions.get(page.url, [])
    refused = [(row["stage"], row["reason"], row["day"]) for row in play.refusals.get(page.url, [])]
    if fate.kind == "quarantined":
        assert (refused, versions) == ([(fate.room, fate.reason, day)], [])
        return
    assert refused == []
    brought = by_day(versions).get(day, [])
    assert brought
    assert (brought[0]["version"] > 1) == (fate.kind == "updated")
    assert {row["day"] for row in versions} == {page.day}
    if fate.kind != "updated":
        home = play.by_id[versions[0]["article_id"]]["duplicate_of"]
        assert (play.address_of(play.by_id[home]["url"]) if home else None) == fate.of


def test_nothing_came_that_the_truth_does_not_know(play: Play) -> None:
    known = {page.url: set(page.fates) for page in TRUTH.pages}
    assert {url: set(by_day(versions)) - known.get(url, set()) for url, versions in play.versions.items()} == {
        url: set() for url in play.versions
    }
    assert set(play.refusals) <= set(known)
    copies = {page.url for page in TRUTH.pages for fate in page.fates.values() if fate.kind == "duplicate"}
    assert {play.address_of(play.by_id[row["article_id"]]["url"]) for row in play.rows("duplicates")} == copies


def wrong_fields(page: PageTruth, day: date, row: Row, names: frozenset[str]) -> dict[str, Any]:
    """Of these fields, the ones that the day's last version has otherwise than the truth, with what it has."""
    has = {name: getattr(page, name) == _plain(row[column]) for name, column in COLUMNS.items()}
    text = page.texts[day]
    has["text"] = row["text"].replace("\ufffd", "") in (text, f"{page.standfirst}\n\n{text}")
    has["rules"] = set(page.rules) <= set(row["cleaning_rules"])
    has["published_at"] = _is_told(page, row)
    columns = COLUMNS | {"rules": "cleaning_rules"}
    return {name: row[columns.get(name, name)] for name in names if not has[name]}


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _is_told(page: PageTruth, row: Row) -> bool:
    """Whether the time is the truth's. A page may give no hour, or lie: then the day is all that can be known, or nothing."""
    if row["published_at"] is None:
        return NEWSROOM.by_url[page.url].stated_at[:10] != str(page.published_at.date())
    if row["published_at_precision"] == "day":
        return bool(row["published_at"].date() == page.published_at.date())
    return bool(row["published_at"] == page.published_at)


EXTRACTED = frozenset(name for name, room in TRUTH.rooms.items() if room == "extract")
STORED = [(page, day) for page in TRUTH.pages if "quarantined" not in kinds(page) for day in page.fates]


@pytest.mark.parametrize(("page", "day"), [case(*pair, name=f"{pair[0].key} {pair[1]}") for pair in STORED])
def test_facts(page: PageTruth, day: date, play: Play) -> None:
    assert wrong_fields(page, day, by_day(play.versions[page.url])[day][-1], EXTRACTED - page.to_come) == {}


@pytest.mark.parametrize(
    ("page", "name"),
    [
        case(page, name, name=f"{page.key}: {name}", is_to_come=True)
        for page in TRUTH.pages
        for name in sorted(page.to_come & EXTRACTED)
    ],
)
def test_facts_to_come(page: PageTruth, name: str, play: Play) -> None:
    assert wrong_fields(page, page.day, play.versions[page.url][-1], frozenset({name})) == {}


def test_every_article_stands_on_its_own_address(play: Play) -> None:
    for url, versions in play.versions.items():
        page = play.newsroom.by_url[url]
        is_elsewhere = page.outlet.host not in page.canonical
        assert {play.address_of(row["canonical_url"]) for row in versions} == {url}
        assert {row["declared_original_url"] for row in versions} == {page.canonical if is_elsewhere else None}


@pytest.mark.parametrize("story", STORIES)
def test_story_is_one(story: str, play: Play) -> None:
    pages = [page for page in TRUTH.pages if page.story == story and "story" not in page.to_come]
    placed = {page.key: row["story_id"] if (row := play.placing(page.url)) else None for page in pages}
    assert None not in placed.values()
    assert len(set(placed.values())) == 1, placed


@pytest.mark.parametrize("story", STORIES)
def test_story_stands_apart(story: str, play: Play) -> None:
    own = play.story_ids(story)
    others = [page for page in TRUTH.pages if page.story not in (None, story) and "story" not in page.to_come]
    mixed = []
    for page in others:
        day = MERGED_ON.get(frozenset({story, page.story or ""}))
        before = day and day - timedelta(days=1)  # on that day they become one
        row = play.placing(page.url, before)
        if row and row["story_id"] in (play.story_ids(story, before) if before else own):
            mixed.append(page.key)
    assert mixed == []


def test_an_event_is_of_one_story(play: Play) -> None:
    stories: dict[str, set[str]] = {}
    for page in TRUTH.pages:
        if row := play.placing(page.url):
            stories.setdefault(row["event_id"], set()).add(row["story_id"])
    assert stories
    assert {event: ids for event, ids in stories.items() if len(ids) > 1} == {}


@pytest.mark.parametrize(
    "page",
    [
        case(page, name=f"{page.key} in {page.story}", is_to_come=True)
        for page in TRUTH.pages
        if "story" in page.to_come
    ],
)
def test_story_to_come(page: PageTruth, play: Play) -> None:
    others = {other.story for other in TRUTH.pages if other.story not in (None, page.story)}
    row = play.placing(page.url)
    assert row
    assert row["story_id"] not in set().union(*(play.story_ids(story) for story in others))


@pytest.mark.parametrize("merge", [case(m, name=" and ".join(m.stories), is_to_come=True) for m in TRUTH.merges])
def test_stories_become_one(merge: Merge, play: Play) -> None:
    links = [row for row in play.rows("story_lineage") if row["kind"] == "merge" and row["day"] == merge.day]
    ids = set().union(*(play.story_ids(story, merge.day - timedelta(days=1)) for story in merge.stories))
    assert any({row["from_story_id"], row["to_story_id"]} <= ids for row in links)


@pytest.mark.parametrize("split", [case(s, name=s.story, is_to_come=True) for s in TRUTH.splits])
def test_story_splits(split: Split, play: Play) -> None:
    links = [row for row in play.rows("story_lineage") if row["kind"] == "split" and row["day"] == split.day]
    assert {row["from_story_id"] for row in links} & play.story_ids(split.story)


@pytest.mark.parametrize("line", line_cases(TRUTH.musts, "any_of"))
def test_digest_says(line: Must, play: Play) -> None:
    texts = [row["text"] for row in play.said(line.story, line.day)]
    assert any(words in text for words in line.any_of for text in texts), texts


@pytest.mark.parametrize("line", line_cases(TRUTH.must_nots, "text"))
def test_digest_does_not_say(line: MustNot, play: Play) -> None:
    assert [row["text"] for row in play.said(line.story, line.day) if line.text in row["text"]] == []


@pytest.mark.parametrize(
    "line",
    [case(line, name=f"{line.day} {line.old}", is_to_come=line.expected_to_come) for line in TRUTH.corrections],
)
def test_correction(line: Correction, play: Play) -> None:
    article_id = play.versions[line.url][0]["article_id"]
    (row,) = [row for row in play.corrections if row["article_id"] == article_id and row["day"] == line.day]
    assert line.old in row["old_quote"]
    assert line.new in row["new_text"]
    told = [said for said in play.lines if said["digest_date"] == line.day and said["article_id"] == article_id]
    assert [said["kind"] for said in told if line.new in said["text"]] == [line.kind]


@pytest.mark.parametrize("line", line_cases(TRUTH.differs, "text"))
def test_outlets_differ(line: Differ, play: Play) -> None:
    (row,) = [row for row in play.said(line.story, line.day) if row["kind"] == "differs" and line.text in row["text"]]
    cited = play.citations[row["build_id"], row["development_id"]]
    quotes = [citation["quote"] for citation in cited if citation["role"] in ("primary", "differs")]
    told = [[figure for figure in line.figures if figure in quote] for quote in quotes]
    assert sorted(told) == sorted([figure] for figure in line.figures)


def test_no_other_line_differs(play: Play) -> None:
    expected = Counter(line.day for line in TRUTH.differs if not line.expected_to_come)
    assert Counter(row["digest_date"] for row in play.lines if row["kind"] == "differs") == expected


def test_no_words_of_furniture(play: Play) -> None:
    texts = [row["text"] for versions in play.versions.values() for row in versions] + [
        row["text"] for row in play.lines
    ]
    assert [(words, text) for words in TRUTH.furniture for text in texts if words in text] == []
