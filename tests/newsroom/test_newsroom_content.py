"""Whatever the content says: files, truth, pages and sources agree with each other."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from datetime import UTC, date, timedelta

import pytest
import trafilatura
from lxml import html as lxml_html

from newsroom import DAYS, day_end
from newsroom.content import FOLDER, read_page
from newsroom.records import Page
from newsroom.site import Site
from pipeline.reasons import Reason
from pipeline.text.decode import decode_page
from tests.sample_newsroom import NEWSROOM, TRUTH

SITE = Site(NEWSROOM)
UNREADABLE = ("endless", "hang", "pdf")
READABLE = [page for page in NEWSROOM.pages if page.behaviour not in UNREADABLE]
ARTICLES = [page for page in READABLE if page.template in ("article.html", "live.html")]


def rendered(page: Page) -> str:
    return decode_page(SITE.page(page, page.versions[-1], NEWSROOM.end), f"text/html; charset={page.outlet.encoding}")


def texts(story: str, first: date, last: date) -> str:
    return "\n".join(
        text for page in TRUTH.pages if page.story == story for day, text in page.texts.items() if first <= day <= last
    )


@pytest.mark.parametrize("page", READABLE, ids=lambda page: page.key)
def test_pages_are_in_their_encoding(page: Page) -> None:
    body = SITE.page(page, page.versions[-1], NEWSROOM.end)
    if page.stray_byte:
        with pytest.raises(UnicodeDecodeError):
            body.decode(page.outlet.encoding)
        return
    text = body.decode(page.outlet.encoding)
    assert lxml_html.fromstring(text).xpath("//title/text()")
    declared = re.search(r"charset=[\"']?([\w-]+)", text)
    assert declared is None or declared[1].lower() == page.outlet.encoding


@pytest.mark.parametrize("page", ARTICLES, ids=lambda page: page.key)
def test_pages_parse_and_keep_every_paragraph(page: Page) -> None:
    text = rendered(page).replace("\ufffd", "")
    paragraphs = [paragraph.text_content() for paragraph in lxml_html.fromstring(text).xpath("//p")]
    assert [words for words in page.versions[-1].shown if words not in paragraphs] == []
    extracted = trafilatura.extract(text, include_comments=False) or ""
    assert [words for words in page.versions[-1].clean[1:] if words not in extracted] == []


def test_pages_lie_within_the_days_and_are_listed_when_they_change() -> None:
    for page in NEWSROOM.pages:
        for version in page.versions:
            day = version.at.astimezone(UTC).date()
            assert day in DAYS, page.key
            soon = version.at + timedelta(microseconds=1)
            if not version.is_silent:
                assert (page in NEWSROOM.listed(page.outlet, soon)) is page.listed, page.key


def test_every_outlet_is_a_source() -> None:
    registry = tomllib.loads((FOLDER / "sources.toml").read_text())
    assert registry["clock"] == "window-end"
    listed = {source["id"]: (source["url"], source["publisher"]) for source in registry["source"]}
    assert listed == {o.outlet_id: (o.url(o.feed.path), o.name) for o in NEWSROOM.outlets}
    assert {(source["id"], source["kind"]) for source in registry["source"]} == {
        (o.outlet_id, "sitemap" if o.feed.kind == "sitemap" else "feed") for o in NEWSROOM.outlets
    }
    for source in registry["source"]:
        assert source["headers"] == {"X-Newsroom-Now": "{window_end}"}
        assert source.get("language") == NEWSROOM.hosts[source["url"].split("/")[2]].language


def test_each_page_has_one_truth() -> None:
    assert [page.url for page in TRUTH.pages] == [page.url for page in NEWSROOM.pages]


@pytest.mark.parametrize("truth", TRUTH.pages, ids=lambda truth: truth.key)
def test_a_pages_fate_agrees_with_its_file(truth) -> None:
    page = NEWSROOM.by_url[truth.url]
    if not truth.fates:
        assert not page.listed, "a page that no visit ever sees, though a feed should list it"
        return
    first = next(iter(truth.fates.values()))
    assert first.kind in ("new", "duplicate", "quarantined")
    assert {fate.kind for fate in list(truth.fates.values())[1:]} <= {"updated"}
    assert set(truth.fates) <= set(DAYS)
    is_closed = bool(page.outlet.forbidden) and page.path.startswith(page.outlet.forbidden)
    assert (first.kind == "quarantined") is (first.reason is not None) is (truth.story is None)
    if first.reason:
        assert first.reason in set(Reason)
    if is_closed or page.is_missing or page.behaviour in UNREADABLE:
        assert first.kind == "quarantined"
    assert is_closed is (first.reason == "robots")
    if first.kind == "duplicate":
        original = TRUTH.by_url[first.of or ""]
        assert original.url != truth.url
        assert next(iter(original.fates.values())).kind == "new"
        assert original.day <= truth.day


def test_what_a_digest_must_say_is_that_days_news() -> None:
    for must in TRUTH.musts:
        today = texts(must.story, must.day, must.day)
        assert [words for words in must.any_of if words not in today] == [], must
        if must.day > DAYS[0]:
            earlier = texts(must.story, DAYS[0], must.day - timedelta(days=1))
            assert [words for words in must.any_of if words in earlier] == [], must


def test_what_it_must_not_say_could_have_been_said() -> None:
    for must_not in TRUTH.must_nots:
        assert must_not.text in texts(must_not.story, DAYS[0], must_not.day), must_not


def test_corrections_take_words_back() -> None:
    for correction in TRUTH.corrections:
        page = TRUTH.by_url[correction.url]
        assert page.fates[correction.day].kind == "updated"
        before = page.texts[max(day for day in page.texts if day < correction.day)]
        after = page.texts[correction.day]
        assert (correction.old in before, correction.old in after) == (True, False), correction
        assert (correction.new in before, correction.new in after) == (False, True), correction


def test_outlets_differ_on_the_figures_that_the_truth_names() -> None:
    for differ in TRUTH.differs:
        told = texts(differ.story, differ.day, differ.day)
        assert differ.text in told, differ
        assert [figure for figure in differ.figures if figure not in told] == [], differ
        assert len(differ.figures) >= 2


def test_merges_and_splits_speak_of_stories_that_there_are() -> None:
    stories = {page.story for page in TRUTH.pages}
    for merge in TRUTH.merges:
        assert len(merge.stories) >= 2
        assert set(merge.stories) <= stories
    for split in TRUTH.splits:
        assert split.story in stories
        assert len(split.into) >= 2
    assert {line.day for line in (*TRUTH.merges, *TRUTH.splits)} <= set(DAYS)


def test_furniture_and_dirt_are_on_pages_but_in_no_article() -> None:
    pages = "\n".join(rendered(page) for page in READABLE)
    readable = "\n".join(text for page in TRUTH.pages if page.story for text in page.texts.values())
    for words in TRUTH.furniture:
        assert words in pages, words
        assert words not in readable, words


def test_texts_are_clean() -> None:
    for page in TRUTH.pages:
        for text in page.texts.values():
            assert text == unicodedata.normalize("NFC", text)
            assert "[[" not in text, page.key
            assert not re.search(r"['\"]", text), f"straight quotes in {page.key}"
            assert len(text.split()) <= 600, page.key


def test_the_sidebar_changes_while_the_article_stands() -> None:
    page = next(page for page in NEWSROOM.pages if page.outlet.outlet_id == "courier")
    first, last = (SITE.page(page, page.versions[0], day_end(day)) for day in (DAYS[0], DAYS[-1]))
    assert first != last
    bodies = [lxml_html.fromstring(text).xpath("//article")[0].text_content() for text in (first, last)]
    assert bodies[0] == bodies[1]


def test_a_content_file_that_cannot_be_right_is_refused(tmp_path) -> None:
    outlet = NEWSROOM.outlets[0]
    path = tmp_path / "page.md"
    path.write_text("no front matter\n")
    with pytest.raises(ValueError, match="no front matter"):
        read_page(path, outlet)
    source = (FOLDER / "content/ledger/torrin-cells-to-close.md").read_text()
    path.write_text(source.replace('["cut 1,420 jobs"', '["cut 1,421 jobs"'))
    with pytest.raises(ValueError, match="does not hold"):
        read_page(path, outlet)
