"""What readers see: one golden digest in each format, and text from articles that must never act."""

from __future__ import annotations

import json
import os
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pipeline.publish.document import DigestRows, make_document, safe_url
from pipeline.publish.render import MOST_WITHHELD, render_atom, render_files, render_html, render_json, render_markdown

GOLDEN = Path(__file__).parent / "golden"

EVIL = '<script>alert(1)</script>"><img src=x onerror=alert(2)> javascript:alert(3) [x](javascript:alert(4)) ‮kcab‬ ]]>'


class Page(HTMLParser):
    """What a browser would make of a page: its elements, attributes and text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("name", ["digest.html", "digest.md", "digest.json", "atom.xml"])
def test_the_invented_digest_is_rendered_as_reviewed(invented_rows: DigestRows, name: str) -> None:
    """Regenerate with `GOLDEN=write pytest tests/publish`, and review the difference."""
    document = make_document(invented_rows)
    files = {**render_files(document), "atom.xml": render_atom([document]).encode()}
    if os.environ.get("GOLDEN") == "write":
        GOLDEN.mkdir(exist_ok=True)
        (GOLDEN / name).write_bytes(files[name])
    assert files[name].decode() == (GOLDEN / name).read_text()


def test_every_quote_in_the_json_is_its_span(invented_rows: DigestRows) -> None:
    texts = {(s["article_id"], s["version"]): s["text"] for s in invented_rows.sources.to_pylist()}
    told = json.loads(render_json(make_document(invented_rows)))
    cited = [c for story in told["stories"] for line in story["developments"] for c in line["citations"]]
    assert len(cited) == 5
    for c in cited:
        text = texts[c["article_id"], c["version"]]
        assert text[c["char_start"] : c["char_end"]] == c["quote"]
        assert c["before"] + c["quote"] + c["after"] in text


def test_opinion_and_press_releases_are_listed_and_what_gives_no_line_says_why(invented_rows: DigestRows) -> None:
    document = make_document(invented_rows)
    assert [(a["kind"], a["title"]) for a in document["withheld"]] == [
        ("opinion", "The dam was never the question"),
        ("press-release", "New opening hours at the town hall"),
        ("product", None),
    ]
    html, text, feed = render_html(document), render_markdown(document), render_atom([document])
    for listing in (html, text, feed):
        main, _, foot = listing.partition("kept without a line" if listing is html else "Kept without a line")
        for heading, title in (("Opinion", "The dam was never"), ("Press releases", "New opening hours at")):
            assert main.index(heading) < main.index(title)
        assert "a price and a cart" not in main
        assert ("a price and a cart" in foot) == (listing is not feed)


def test_a_long_foot_is_cut_and_the_json_is_not(invented_rows: DigestRows) -> None:
    many = [dict(invented_rows.withheld[2], article_id=f"shop-{n}") for n in range(MOST_WITHHELD + 3)]
    document = make_document(replace(invented_rows, withheld=many))
    assert len(document["withheld"]) == MOST_WITHHELD + 3
    for page in (render_html(document), render_markdown(document)):
        assert page.count("a price and a cart") == MOST_WITHHELD
        assert "3 more stand in" in page


def test_row_order_changes_no_byte(invented_rows: DigestRows) -> None:
    backwards = {
        name: getattr(invented_rows, name).take(pa.array(range(getattr(invented_rows, name).num_rows - 1, -1, -1)))
        for name in ("digests", "developments", "citations", "corrections", "sources")
    }
    assert render_files(make_document(replace(invented_rows, **backwards))) == render_files(
        make_document(invented_rows)
    )


def with_hostile_text(rows: DigestRows, source: Callable[..., dict[str, Any]], url: str) -> DigestRows:
    """The digest with every text that comes from outside turned against the reader."""

    def poisoned(table: pa.Table, *names: str) -> pa.Table:
        return pa.Table.from_pylist(
            [{**r, **dict.fromkeys(names, EVIL)} for r in table.to_pylist()], schema=table.schema
        )

    keys = {(s["article_id"], s["version"]) for s in rows.sources.to_pylist()}
    sources = [
        source(article_id, n, EVIL, EVIL, url, f"{EVIL} {EVIL}", '"><b>', "day") for article_id, n in sorted(keys)
    ]
    citations = pa.Table.from_pylist(
        [{**c, "quote": EVIL, "char_start": 0, "char_end": len(EVIL)} for c in rows.citations.to_pylist()],
        schema=rows.citations.schema,
    )
    return replace(
        rows,
        digests=poisoned(rows.digests, "headline"),
        developments=poisoned(rows.developments, "text"),
        corrections=poisoned(rows.corrections, "old_quote", "new_text"),
        citations=citations,
        sources=pa.Table.from_pylist(sources),
        withheld=[{**row, "title": EVIL, "publisher": EVIL, "evidence": EVIL, "url": url} for row in rows.withheld],
        missing_windows=("2026-03-04T09:00Z/2026-03-04T10:00Z",),
    )


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "https://evil.example/\"onclick='x", None])
def test_text_from_articles_never_acts_in_html(
    invented_rows: DigestRows, a_source: Callable[..., dict[str, Any]], url: str | None
) -> None:
    html = render_html(make_document(with_hostile_text(invented_rows, a_source, url or "https://evil.example/a?b=<c>")))
    page = Page(html)
    assert {tag for tag, _ in page.elements}.isdisjoint(
        {"script", "img", "iframe", "object", "link", "b", "form", "base"}
    )
    attributes = [(name, value) for _, attrs in page.elements for name, value in attrs.items()]
    assert not [name for name, _ in attributes if name.startswith("on") or name in ("src", "style", "srcdoc")]
    links = [value or "" for name, value in attributes if name == "href"]
    assert all(re.fullmatch(r"#[\w-]+|digest\.(json|md)", link) for link in links), links
    assert "<script>alert(1)</script>" in page.text
    assert not set(html) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")


def test_links_lead_out_only_by_http_and_tell_nothing(invented_rows: DigestRows) -> None:
    page = Page(render_html(make_document(invented_rows)))
    outward = [attrs for tag, attrs in page.elements if tag == "a" and ":" in (attrs["href"] or "")]
    assert outward
    for attrs in outward:
        assert (attrs["href"] or "").startswith("https://")
        assert attrs["rel"] == "noopener noreferrer nofollow"
    policies = [
        attrs["content"] for tag, attrs in page.elements if attrs.get("http-equiv") == "Content-Security-Policy"
    ]
    assert len(policies) == 1
    assert "default-src 'none'" in (policies[0] or "")


def test_text_from_articles_never_acts_in_markdown(
    invented_rows: DigestRows, a_source: Callable[..., dict[str, Any]]
) -> None:
    text = render_markdown(make_document(with_hostile_text(invented_rows, a_source, "https://evil.example/a_(b)")))
    assert not re.search(r"(?<!\\)<(?!https://)", text)
    assert not re.search(r"(?<!\\)\[x(?<!\\)\]", text)
    assert re.findall(r"\]\(<([^>]*)>\)", text) == ["https://evil.example/a_%28b%29"] * 11
    assert "\u202e" not in text


def test_hostile_text_leaves_the_feed_well_formed(
    invented_rows: DigestRows, a_source: Callable[..., dict[str, Any]]
) -> None:
    document = make_document(with_hostile_text(invented_rows, a_source, "https://evil.example/"))
    document["stories"][0]["headline"] = "nul \x00 bell \x07 \ufffe \ud800 end"
    feed = ET.fromstring(render_atom([document]))
    titles = [e.text for e in feed.iter("{http://www.w3.org/1999/xhtml}h3")]
    assert titles[0] == "nul  bell    end"
    assert not list(feed.iter("{http://www.w3.org/1999/xhtml}script"))


def test_the_feed_holds_the_latest_digests_newest_first(invented_rows: DigestRows) -> None:
    documents = [
        {**make_document(invented_rows), "date": f"2026-01-{day:02}", "build_id": f"{day:032}"} for day in range(1, 31)
    ]
    feed = ET.fromstring(render_atom(documents))
    ids = [e.findtext("{http://www.w3.org/2005/Atom}id") for e in feed.iter("{http://www.w3.org/2005/Atom}entry")]
    assert ids == [f"urn:daybook:build:{day:032}" for day in range(30, 10, -1)]


@pytest.mark.parametrize(
    ("url", "is_safe"),
    [
        ("https://courier.example/a?b=1&c=2#d", True),
        ("http://courier.example:8080/", True),
        ("HTTPS://courier.example/", True),
        ("javascript:alert(1)", False),
        ("java\nscript:alert(1)", False),
        ("//courier.example/a", False),
        ("https:///a", False),
        ("https://courier.example/a b", False),
        ('https://courier.example/"onclick="x', False),
        ("https://courier.example/\u202egnp.exe", False),
        ("https://[::1", False),
        ("", False),
        (None, False),
    ],
)
def test_only_plain_http_urls_become_links(url: str | None, is_safe: bool) -> None:
    assert safe_url(url) == (url if is_safe else None)


def test_a_provisional_incomplete_or_empty_digest_says_so(invented_rows: DigestRows) -> None:
    document = make_document(replace(invented_rows, status="provisional", missing_windows=("09", "10")))
    for text in (render_html(document), render_markdown(document)):
        assert "So far." in text
        assert "Incomplete." in text
    bare = {"digests": invented_rows.digests[:0], "developments": invented_rows.developments[:0]}
    empty = make_document(replace(invented_rows, **bare, copies=(), corrections=invented_rows.corrections[:0]))
    for text in (render_html(empty), render_markdown(empty)):
        assert "No line: 98 articles came in, and none has a sentence that stands alone" in text
    for articles, why in ((0, "no article came in on this day"), (3, "of 3 articles all are of kinds that give none")):
        text = render_markdown({**empty, "coverage": {"articles": articles}})
        assert f"No line: {why}" in text


def test_an_event_of_another_year_says_which(invented_rows: DigestRows) -> None:
    column = invented_rows.developments.schema.get_field_index("event_date")
    days = [date(2025, 12, 31)] + [date(2026, 3, 3)] * (invented_rows.developments.num_rows - 1)
    field = invented_rows.developments.schema.field(column)
    rows = replace(invented_rows, developments=invented_rows.developments.set_column(column, field, [days]))
    files = render_files(make_document(rows))
    for name in ("digest.html", "digest.md"):
        text = files[name].decode()
        assert "31 December 2025" in text
        assert "3 March" in text and "3 March 2026" not in text
