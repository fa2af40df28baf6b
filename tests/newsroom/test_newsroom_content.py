"""The newsroom's content, its truth and its pages agree with each other."""

from __future__ import annotations

import itertools
import json
import re
import tomllib
import unicodedata
from datetime import UTC, timedelta
from pathlib import Path

import pytest
import trafilatura
from lxml import html as lxml_html

import newsroom.content
from newsroom import DAYS, load_newsroom, load_truth
from newsroom.content import FOLDER, Page, day_end, read_page
from newsroom.site import Site

NEWSROOM = load_newsroom()
TRUTH = load_truth(NEWSROOM)
SITE = Site(NEWSROOM)
REASONS = {"robots"}


def rendered(page: Page) -> str:
    return SITE.page(page, page.versions[-1], day_end(DAYS[-1])).decode()


def three_grams(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return set(zip(words, words[1:], words[2:], strict=False))


def containment(first: str, second: str) -> float:
    one, two = three_grams(first), three_grams(second)
    return len(one & two) / min(len(one), len(two))


def test_each_page_has_one_truth_and_each_truth_a_page(tmp_path: Path) -> None:
    assert [page.url for page in TRUTH.pages] == [page.url for page in NEWSROOM.pages]
    text = (FOLDER / "truth.toml").read_text()
    (tmp_path / "truth.toml").write_text(text.replace("courier/sarn-draft", "courier/sarn-drift"))
    with pytest.raises(ValueError, match="courier/sarn-draft, courier/sarn-drift"):
        load_truth(NEWSROOM, tmp_path)


def test_every_day_has_news_of_every_story_from_both_outlets() -> None:
    for day, story in itertools.product(DAYS, ("maren-lisk", "sarn", "torrin")):
        outlets = {page.source_id for page in TRUTH.pages if page.story == story and page.day == day}
        assert outlets == {"courier", "ledger"}


def test_pages_lie_within_the_days_and_are_listed_at_the_end_of_their_day() -> None:
    for page in NEWSROOM.pages:
        for version in page.versions:
            day = version.at.astimezone(UTC).date()
            assert day in DAYS
            assert page in NEWSROOM.listed(page.outlet, day_end(day))


def test_the_deliberate_troubles_are_there_once() -> None:
    fates = [(page, day, fate) for page in TRUTH.pages for day, fate in page.fates.items()]
    kinds = [(page.key, fate.kind) for page, _, fate in fates]
    assert [key for key, kind in kinds if kind == "duplicate"] == ["ledger/sarn-talks-belmora"]
    assert [key for key, kind in kinds if kind == "updated"] == ["ledger/torrin-cells-to-close"]
    assert {key for key, kind in kinds if kind == "quarantined"} == {"courier/partner-mattress-week"}
    assert [page.key for page in TRUTH.pages if page.rules] == ["ledger/river-talks-progress"]
    assert [page.key for page in TRUTH.pages if page.title is None] == ["ledger/inchmoor-ferry-brief"]
    assert {fate.reason for _, _, fate in fates if fate.reason} <= REASONS


def test_only_the_wire_copy_is_a_copy() -> None:
    copies = {}
    for one, two in itertools.combinations(TRUTH.pages, 2):
        shared = containment(one.text, two.text)
        if shared > 0.3:
            copies[one.key, two.key] = shared
    assert list(copies) == [("courier/sarn-talks-open", "ledger/sarn-talks-belmora")]
    assert 0.7 < copies["courier/sarn-talks-open", "ledger/sarn-talks-belmora"] < 1


def test_the_correction_takes_a_lead_sentence_back() -> None:
    for correction in TRUTH.corrections:
        page = TRUTH.by_url[correction.url]
        before, after = page.texts[page.day], page.texts[correction.day]
        assert correction.old in before.split("\n\n")[0]
        assert correction.old not in after
        assert correction.new in after.split("\n\n")[0]


def test_what_a_digest_must_say_was_news_that_day_and_what_it_must_not_was_not() -> None:
    def texts(story: str, first: object, last: object) -> str:
        return "\n".join(page.text for page in TRUTH.pages if page.story == story and first <= page.day <= last)  # type: ignore[operator]

    for must in TRUTH.musts:
        today = texts(must.story, must.day, must.day)
        assert all(words in today for words in must.any_of), must
        if must.day > DAYS[0]:
            earlier = texts(must.story, DAYS[0], must.day - timedelta(days=1))
            assert not any(words in earlier for words in must.any_of), must
    for must_not in TRUTH.must_nots:
        assert must_not.text in texts(must_not.story, must_not.day, must_not.day), must_not
    assert {(must.story, must.day) for must in TRUTH.musts} == set(
        itertools.product(("maren-lisk", "sarn", "torrin"), DAYS)
    )


def test_outlets_differ_on_the_figures_that_the_truth_names() -> None:
    for differ in TRUTH.differs:
        lines = [
            sentence
            for page in TRUTH.pages
            if page.story == differ.story and page.day == differ.day
            for sentence in page.text.split("\n\n")
            if differ.text in sentence
        ]
        assert len(lines) == len(differ.figures) == 2
        assert all(any(figure in line for line in lines) for figure in differ.figures)


def test_furniture_and_dirt_are_on_pages_but_in_no_article() -> None:
    pages = "\n".join(rendered(page) for page in NEWSROOM.pages)
    readable = "\n".join(page.text for page in TRUTH.pages if page.story)
    for words in TRUTH.furniture:
        assert words in pages, words
        assert words not in readable, words


def test_texts_are_clean_and_of_a_readable_length() -> None:
    for page in TRUTH.pages:
        assert page.text == unicodedata.normalize("NFC", page.text)
        assert "[[" not in page.text
        assert not re.search(r"['\"]", page.text), f"straight quotes in {page.key}"
        assert 75 <= len(page.text.split()) <= 350, page.key


@pytest.mark.parametrize("page", NEWSROOM.pages, ids=lambda page: page.key)
def test_pages_parse_and_keep_every_paragraph(page: Page) -> None:
    tree = lxml_html.fromstring(rendered(page))
    paragraphs = [paragraph.text_content() for paragraph in tree.xpath("//p")]
    assert all(words in paragraphs for words in page.versions[-1].shown)
    extracted = trafilatura.extract(rendered(page), include_comments=False) or ""
    assert all(words in extracted for words in page.versions[-1].clean[1:])


def test_the_outlets_declare_their_facts_in_unlike_ways() -> None:
    for page in NEWSROOM.pages:
        tree = lxml_html.fromstring(rendered(page))
        blocks = tree.xpath("//script[@type='application/ld+json']/text()")
        meta = tree.xpath("//meta[@property='article:published_time']/@content")
        if page.outlet.outlet_id == "courier":
            article = json.loads(blocks[0])
            assert (article["headline"], article["datePublished"]) == (page.title, page.published_at.isoformat())
            assert [author["name"] for author in article["author"]] == list(page.authors)
            assert meta == tree.xpath("//time") == []
        else:
            assert blocks == []
            assert meta == tree.xpath("//time/@datetime")[:1] == [page.published_at.isoformat()]


def test_the_sidebar_changes_while_the_article_stands() -> None:
    page = NEWSROOM.pages[0]
    first, last = (SITE.page(page, page.versions[0], day_end(day)) for day in (DAYS[0], DAYS[-1]))
    assert first != last
    bodies = [lxml_html.fromstring(text).xpath("//article")[0].text_content() for text in (first, last)]
    assert bodies[0] == bodies[1]


def test_sources_name_every_outlets_feed() -> None:
    registry = tomllib.loads((FOLDER / "sources.toml").read_text())
    assert registry["clock"] == "window-end"
    listed = {source["id"]: (source["url"], source["publisher"]) for source in registry["source"]}
    assert listed == {o.outlet_id: (o.url(o.feed.path), o.name) for o in NEWSROOM.outlets}
    assert all(source["headers"] == {"X-Newsroom-Now": "{window_end}"} for source in registry["source"])


def test_a_content_file_that_cannot_be_right_is_refused(tmp_path: Path) -> None:
    outlet = NEWSROOM.outlets[0]
    path = tmp_path / "page.md"
    path.write_text("no front matter\n")
    with pytest.raises(ValueError, match="no front matter"):
        read_page(path, outlet)
    source = (newsroom.content.FOLDER / "content/ledger/torrin-cells-to-close.md").read_text()
    path.write_text(source.replace('["cut 1,420 jobs"', '["cut 1,421 jobs"'))
    with pytest.raises(ValueError, match="does not hold"):
        read_page(path, outlet)
