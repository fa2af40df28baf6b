"""Times, names and objects that stand on a page and speak of something else."""

from __future__ import annotations

import json

import pytest

from pipeline.extract.bylines import choose_authors
from pipeline.extract.page import Page, extract_page

STORY = "".join(
    f"<p>{line}</p>"
    for line in (
        "The council of Sarn met on Monday evening to settle the budget, and the debate lasted until midnight.",
        "Councillor Ida Brandt said that the deficit had grown to 14 million crowns since the spring.",
        "The opposition asked for a second vote on the swimming hall, which the chair refused after a break.",
    )
)
TOLD = '<p class="date">27 February 2026</p>'
NEWS = {"@type": "NewsArticle", "headline": "Council settles budget", "datePublished": "2026-03-02T09:00:00Z"}


def read(before: str = "", after: str = "", head: str = "", heading: str = "Council settles budget"):  # type: ignore[no-untyped-def]
    html = (
        f"<html lang='en'><head><title>{heading}</title>{head}</head><body><main><article><h1>{heading}</h1>{before}{STORY}{after}"
        "</article></main></body></html>"
    )
    return extract_page(
        Page(body=html.encode(), content_type="text/html", url="http://post.example/2026/03/council-1.html")
    )


def day_of(found) -> str | None:  # type: ignore[no-untyped-def]
    return None if found.published.at is None else found.published.at.date().isoformat()


@pytest.mark.parametrize(
    "after",
    [
        '<p>The hall was opened on <time datetime="1998-05-04">4 May 1998</time>, when the town still had two swimming clubs.</p>',
        '<ul><li>In <time datetime="2001-02-03">February 2001</time> the mill burned down, and was built anew of stone in May.</li></ul>',
        '<section class="more"><h2>More</h2><a href="/x">Old goat</a> <time datetime="2025-11-01">1 Nov</time></section>',
        '<div class="related-links"><a href="/x">Goat</a><time datetime="2025-11-01">1 Nov</time></div>',
        '<a href="/y">The goat of Sarn is found again in a boat <time datetime="2025-11-02">2 Nov</time></a>',
        '<div><h3>Also in Sarn</h3><ul><li><a href="/z">Goat</a> <time datetime="2025-11-03">3 Nov</time></li></ul></div>',
    ],
    ids=["sentence", "list of sentences", "box with a heading", "box by its name", "teaser", "list below a heading"],
)  # fmt: skip
def test_a_time_of_something_else_is_not_the_articles(after: str) -> None:
    assert day_of(read(before=TOLD, after=after)) == "2026-02-27"


@pytest.mark.parametrize(
    "before",
    [
        '<p>By Ada Reed | <time datetime="2026-02-27">27 Feb</time> | 5 min read | Share on one, Share on another, Share on a third</p>',
        '<div class="meta"><a href="/authors/reed">Ada Reed</a> <time datetime="2026-02-27">27 Feb</time></div>',
        '<a href="http://post.example/2026/03/council-1.html"><time datetime="2026-02-27">27 February 2026</time></a>',
        '<p><time datetime="2026-02-27">27 February 2026</time></p>',
        '<p>Sarn was told on <time class="published" datetime="2026-02-27">Friday</time> that the hall stays closed for a year.</p>',
    ],
    ids=["label line", "beside a link", "permalink", "alone", "marked as publication"],
)  # fmt: skip
def test_a_time_of_the_article_stays(before: str) -> None:
    assert day_of(read(before=before)) == "2026-02-27"


def jsonld(*objects: dict[str, object]) -> str:
    return "".join(
        f'<script type="application/ld+json">{json.dumps({"@context": "https://schema.org", **one})}</script>'
        for one in objects
    )


OTHER = {
    "@type": "NewsArticle",
    "headline": "Ferry aground off Port Aldery",
    "datePublished": "2026-02-01T10:00:00Z",
    "author": "Zoe Hill",
}


@pytest.mark.parametrize(
    "objects",
    [
        (OTHER | {"url": "http://post.example/2026/02/ferry"}, NEWS | {"author": "Ada Reed"}),
        (OTHER, NEWS | {"author": "Ada Reed"}),
        (OTHER | {"mainEntityOfPage": {"@id": "http://post.example/ferry"}}, NEWS | {"author": "Ada Reed", "url": "http://other.example/1"}),
    ],
    ids=["with its own address", "without", "both with others"],
)  # fmt: skip
def test_the_object_that_the_heading_names_is_the_pages_own(objects: tuple[dict[str, object], ...]) -> None:
    found = read(head=jsonld(*objects))
    assert (found.title, found.authors, day_of(found)) == ("Council settles budget", ("Ada Reed",), "2026-03-02")


@pytest.mark.parametrize(
    ("author", "expected"),
    [
        ({"@type": "Person", "givenName": "Ada", "familyName": "Reed"}, ("Ada Reed",)),
        ({"@type": "Person", "familyName": "Reed"}, ("Reed",)),
        ({"@type": "Person", "name": "Di Maria Rosa"}, ("Di Maria Rosa",)),
        ("Di Maria Rosa", ("Maria Rosa",)),
        ({"@type": "Person", "name": "By Ada Reed and Ben Cole"}, ("Ada Reed", "Ben Cole")),
        ({"@type": "Person", "name": "Erna Staff"}, ("Erna Staff",)),
        ({"@type": "Person", "name": "Sports Staff"}, ()),
        ({"@type": "Person", "name": "Post Staff"}, ()),
        ({"@type": "Person", "name": "March 2, 2026"}, ()),
        ({"@type": "Person", "name": "2026-03-02T10:00:00Z"}, ()),
        ({"@type": "Person", "name": "Johnny 5"}, ("Johnny 5",)),
    ],
    ids=str,
)
def test_names_of_persons(author: object, expected: tuple[str, ...]) -> None:
    head = jsonld(NEWS | {"author": author, "publisher": {"@type": "Organization", "name": "Post"}})
    assert read(head=head).authors == expected


def test_a_date_among_names_is_left_out() -> None:
    assert choose_authors([["Ada Reed", "2 March 2026"]], ())[0] == ("Ada Reed",)
