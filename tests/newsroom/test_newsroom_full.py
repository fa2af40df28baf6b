"""The full form: what it adds, and that the small form stays as it is."""

from __future__ import annotations

import tomllib
from email.message import Message

import feedparser
import pytest
import trafilatura
from lxml import html as lxml_html

from newsroom import DAYS, FULL_DAYS, day_end, load_newsroom, load_truth
from newsroom.answers import Answer, answer
from newsroom.content import FOLDER, Page
from newsroom.site import Site

FULL = load_newsroom(full=True)
TRUTH = load_truth(FULL)
SITE = Site(FULL)


def ask(host: str, path: str, now: str | None = None) -> Answer:
    headers = Message()
    headers["Host"] = host
    if now:
        headers["X-Newsroom-Now"] = now
    return answer(SITE, path, headers, 80)


def test_the_full_form_adds_and_changes_nothing() -> None:
    small = load_newsroom()
    assert [page for page in FULL.pages if page in small.pages] == list(small.pages)
    assert FULL.outlets[: len(small.outlets)] == small.outlets
    assert len(FULL.pages) > len(small.pages)
    assert FULL.days[: len(DAYS)] == DAYS
    assert FULL.end == day_end(FULL_DAYS[-1])
    small_outlets = {outlet.outlet_id for outlet in small.outlets}
    assert all(
        page.published_at >= small.end
        for page in FULL.pages
        if page not in small.pages and page.outlet.outlet_id in small_outlets
    ), "a further page of a small outlet must come after the small form's days"


def test_every_outlet_is_a_source() -> None:
    registry = tomllib.loads((FOLDER / "full" / "sources.toml").read_text())
    listed = {source["id"]: source["url"] for source in registry["source"]}
    assert listed == {outlet.outlet_id: outlet.url(outlet.feed.path) for outlet in FULL.outlets}


@pytest.mark.parametrize("page", FULL.pages, ids=lambda page: page.key)
def test_pages_are_served_in_their_encoding(page: Page) -> None:
    reply = ask(page.outlet.host, page.path)
    assert reply.status == 200
    assert f"charset={page.outlet.encoding}" in reply.headers["Content-Type"]
    text = reply.body.decode(page.outlet.encoding)
    assert lxml_html.fromstring(text).xpath("//title/text()")
    if page.template == "article.html":
        extracted = trafilatura.extract(text, include_comments=False) or ""
        assert all(words in extracted for words in page.versions[-1].clean[1:])


def test_the_german_outlet_lists_relative_links() -> None:
    outlet = next(outlet for outlet in FULL.outlets if outlet.language == "de")
    entries = feedparser.parse(ask(outlet.host, outlet.feed.path, day_end(FULL_DAYS[3]).isoformat()).body).entries
    assert [entry.link for entry in entries] == [page.path for page in FULL.listed(outlet, day_end(FULL_DAYS[3]))]
    assert entries


def test_feeds_in_trouble() -> None:
    page = ask("lantern-post.example", "/feed")
    assert (page.status, feedparser.parse(page.body).entries) == (200, [])
    assert feedparser.parse(ask("gull-gazette.example", "/feed.xml").body).bozo
    busy = ask("skell-bulletin.example", "/feed.xml", "2026-03-03T00:00:00Z")
    assert (busy.status, busy.headers["Retry-After"]) == (429, "3600")
    calm = ask("skell-bulletin.example", "/feed.xml", "2026-03-05T00:00:00Z")
    assert (calm.status, feedparser.parse(calm.body).bozo) == (200, False)


def test_a_title_never_becomes_a_script() -> None:
    page = next(page for page in FULL.pages if page.name == "scripted-title")
    tree = lxml_html.fromstring(ask(page.outlet.host, page.path).body.decode())
    assert tree.xpath("//h1")[0].text_content() == page.title
    assert not [script for script in tree.xpath("//script") if script.get("type") != "application/ld+json"]


def test_pages_that_lie_say_what_their_files_say() -> None:
    for page in FULL.pages:
        body = ask(page.outlet.host, page.path).body.decode(page.outlet.encoding)
        if page.template == "article.html" and page.outlet.outlet_id == "scuttle":
            assert f'"datePublished": "{page.stated_at}"' in body
            assert f'<link rel="canonical" href="{page.canonical}">' in body
    lies = {page.name for page in FULL.pages if page.stated_at != page.published_at.isoformat()}
    assert lies == {"river-opinion", "tomorrows-news", "always-the-same-date"}


def test_the_truth_of_the_full_form() -> None:
    assert [page.url for page in TRUTH.pages] == [page.url for page in FULL.pages]
    assert {page.kind for page in TRUTH.pages} == {"news", "opinion", "live", "promo", "paywall"}
    for must in TRUTH.musts:
        today = "\n".join(page.text for page in TRUTH.pages if page.story == must.story and page.day == must.day)
        assert all(words in today for words in must.any_of), must
    quiet = {day for day in FULL_DAYS if not any(p.story == "maren-lisk" and p.day == day for p in TRUTH.pages)}
    assert quiet == {FULL_DAYS[3], FULL_DAYS[4]}
