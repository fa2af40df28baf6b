"""What a page is: articles and their kinds, pages that are none and are kept without a line, walls that are refused."""

from __future__ import annotations

import pytest

from pipeline.extract.page import Extraction, Page, extract_page
from pipeline.reasons import Reason
from tests.extract.test_two_signs import STORY

ARTICLE = '<script type="application/ld+json">{"@type": "NewsArticle", "headline": "H", "datePublished": "2026-03-02T08:00:00Z"}</script>'


def read(
    *, head: str = "", title: str = "Council settles budget", before: str = "", body: str | None = None, after: str = "",
    url: str = "http://post.example/2026/03/council-settles-budget", listed_by: str | None = None,
) -> Extraction:  # fmt: skip
    lines = "".join(f"<p>{line}</p>" for line in STORY) if body is None else body
    html = (
        f"<!DOCTYPE html><html lang='en'><head><title>{title}</title>{head}</head><body>{before}<main><article><h1>{title}</h1>"
        f"{lines}</article></main>{after}</body></html>"
    )
    return extract_page(Page(body=html.encode(), content_type="text/html; charset=utf-8", url=url, listed_by=listed_by))


@pytest.mark.parametrize(
    ("url", "title", "head"),
    [
        ("http://post.example/2026/03/where-people-live-longest", "Where people live longest", ""),
        ("http://post.example/2026/03/the-house-where-we-live", "The house where we live", ""),
        ("http://post.example/news/live-music-returns-to-torrin", "Live music returns to Torrin", ""),
        ("http://post.example/sport/promotion/rovers-go-up", "Rovers go up", ""),
        ("http://post.example/business/promo/shop-cuts-prices-again", "Shop cuts prices", ""),
        ("http://post.example/2026/03/columns-of-smoke-over-torrin", "Columns of smoke over Torrin", ""),
        ("http://post.example/2026/03/opinion-polls-show-a-close-race", "Opinion polls show a close race", ""),
        ("http://post.example/2026/03/editorial-offices-searched", "Editorial offices searched", '<meta name="keywords" content="press">'),
    ],
)  # fmt: skip
def test_a_word_in_an_address_names_no_kind(url: str, title: str, head: str) -> None:
    assert read(url=url, title=title, head=head, listed_by="feed").content_kind == "news"


@pytest.mark.parametrize(
    "words",
    ["Subscribe to read the paper on your phone.", "To continue reading our archive, visit the"
    " library.", "Only for subscribers: the crossword."],
)  # fmt: skip
def test_a_wall_in_the_footer_is_no_wall_of_the_text(words: str) -> None:
    short = f"<p>{STORY[0]}</p><p>{STORY[1]}</p>"
    assert read(body=short, after=f"<footer><p>{words}</p></footer>").content_kind == "news"


def test_a_wall_beside_a_short_text_is_one() -> None:
    found = read(
        body=f"<p>{STORY[0]}</p><div><p>This article is for subscribers only. Subscribe to continue reading.</p></div>"
    )
    assert (found.content_kind, bool(found.kind_evidence)) == ("paywall", True)


@pytest.mark.parametrize(
    ("head", "title", "before", "url"),
    [
        ('<meta property="article:section" content="Opinion">', "A bridge too far", "", ""),
        ('<meta property="article:section" content="Meinung">', "Eine Brücke zu weit", "", ""),
        ("", "A bridge too far", "", "http://post.example/commentisfree/2026/a-bridge-too-far"),
        ("", "Un pont trop loin", "", "http://post.example/tribunes/2026/un-pont-trop-loin"),
        ("", "Column: A bridge too far for the council", "", ""),
        ("", "Leitartikel: Eine Brücke zu weit", "", ""),
        ("", "Eine Brücke zu weit", "<div>Kommentar von Ida Varga</div>", ""),
        ("", "Un puente demasiado lejos", "<span>Columna</span>", ""),
        ("", "Et bro for langt", "<div>Kronikk</div>", ""),
        (ARTICLE.replace("NewsArticle", "OpinionNewsArticle"), "A bridge too far", "", ""),
    ],
    ids=range(10),
)  # fmt: skip
def test_opinion_is_labelled(head: str, title: str, before: str, url: str) -> None:
    found = read(head=head, title=title, before=before, url=url or "http://post.example/2026/03/a-bridge-too-far")
    assert (found.content_kind, len(found.kind_evidence)) == ("opinion", 1)


@pytest.mark.parametrize(
    ("title", "lines"),
    [
        ("Age of consent to rise to 16", "Parliament voted to raise the age of consent. Consent must be given freely, the"
        " minister said."),
        ("Cookie factory burns down", "A fire destroyed the cookie factory. The cookies had been in the ovens when the alarm rang."),
        ("Missing hiker not found", "The hiker was not found on Monday either. The search goes on, the rescuers said."),
        ("Court fines shop over tracking", "The shop tracked customers with cookies without consent. The privacy office asked"
        " eleven partners."),
        ("Security check takes two hours", "The security check at the airport takes two hours. Passengers sat on their suitcases."),
        ("Access denied to the old harbour", "The harbour board denied access to the quay. Fishermen were asked to leave by noon."),
        ("Your privacy, their profit", "The firm sold the data of its customers, the privacy office said. It fined the firm."),
        ("Service unavailable: trains stop", "No train ran on Monday. The railway asked passengers to take the ferry."),
        ("Error 404 takes a town off the map", "A mapmaker left out the town of Torrin. Its mayor sent him a pancake."),
    ],
)  # fmt: skip
def test_news_about_walls_is_no_wall(title: str, lines: str) -> None:
    body = "".join(f"<p>{line}</p>" for line in (lines, lines.replace("the ", "that ")))
    assert read(title=title, body=body, url="http://post.example/x").reason is None


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("Before you continue", "<p>We use cookies to measure who reads what. You can accept all or reject all.</p>"),
        ("We value your privacy", "<p>We and our partners use cookies, with your consent, for personalised"
        " ads.</p><button>Accept</button>"),
        ("Just a moment...", "<p>Checking your browser before you go on.</p>"),
        ("Page not found", "<p>The page that you asked for is not here.</p>"),
        ("404", "<p>Nothing here.</p>"),
    ],
    ids=range(5),
)  # fmt: skip
def test_walls_are_refused_from_feeds_too(title: str, body: str) -> None:
    for listed_by in (None, "feed"):
        assert read(title=title, body=body, listed_by=listed_by).reason == Reason.NOT_AN_ARTICLE


@pytest.mark.parametrize(
    ("kind", "head", "before", "url"),
    [
        ("product", '<meta property="og:type" content="product">', "<button>Add to cart</button>", "http://shop.example/products/lamp"),
        ("product", '<script type="application/ld+json">{"@type": "Product", "name": "Lamp"}</script>', "", "http://shop.example/products/lamp"),
        ("forum", '<script type="application/ld+json">{"@type": "DiscussionForumPosting"}</script>', "", "http://a.example/threads/lamps.14/"),
        ("forum", '<script type="application/ld+json">{"@type": "QAPage"}</script>', "", "http://a.example/questions/144/lamps"),
        ("collection", '<meta property="og:type" content="product.group">', "", "http://shop.example/collections/lamps"),
        ("documentation", '<meta name="generator" content="Sphinx 8">', "", "http://docs.example/reference/lamps.html"),
        ("service", "", "", "http://lamps.example/services/"),
    ],
    ids=range(7),
)  # fmt: skip
def test_what_is_no_article_is_kept_without_a_line(kind: str, head: str, before: str, url: str) -> None:
    found = read(head=head, before=before, url=url)
    assert (found.reason, found.content_kind, bool(found.kind_evidence)) == (None, kind, True)


@pytest.mark.parametrize(
    ("head", "before", "url"),
    [
        (ARTICLE, "<button>Add to cart</button>", "http://post.example/products/lamp-recalled"),
        (ARTICLE, "", "http://forum.example/2026/03/council"),
        (ARTICLE, "", "http://post.example/docs/2026/council"),
        (ARTICLE + '<meta property="og:type" content="product">', "", "http://post.example/shop/lamp"),
    ],
    ids=range(4),
)  # fmt: skip
def test_article_markup_outweighs_an_address(head: str, before: str, url: str) -> None:
    assert read(head=head, before=before, url=url).content_kind == "news"


def test_a_feed_speaks_for_its_pages() -> None:
    url = "http://post.example/x"
    assert read(url=url).content_kind == "service"
    assert read(url=url, listed_by="feed").content_kind == "news"


def test_a_person_decides_after_all() -> None:
    html = f"<html><body><h1>Lamps</h1><p>{STORY[0]}</p><p>{STORY[1]}</p></body></html>"
    page = Page(body=html.encode(), content_type="text/html", url="http://shop.example/products/lamp", is_released=True)
    assert extract_page(page).content_kind == "news"


def test_section_keywords_and_standfirst_are_kept() -> None:
    told = "The mill bridge stays closed until June, and the swimming hall gets a second vote."
    head = (
        f'<meta name="description" content="{told}"><meta property="article:section" content="Local">'
        '<meta name="keywords" content="mill, bridge, , budget">'
    )
    for standfirst in (f'<p class="teaser">{told}</p>', f"<h2>{told}</h2>", f'<div class="lead">Sarn. {told}</div>'):
        found = read(
            head=head,
            body=f"{standfirst}<div><span>By Ida Varga</span></div>" + "".join(f"<p>{line}</p>" for line in STORY),
        )
        assert found.text.startswith(found.standfirst or "-")
        assert told in (found.standfirst or "")
        assert (found.section, found.keywords) == ("Local", ("mill", "bridge", "budget"))


def test_a_description_that_the_body_begins_with_is_not_given_twice() -> None:
    found = read(head=f'<meta name="description" content="{STORY[0]}">')
    assert found.text == "\n\n".join(STORY)
    assert found.standfirst is None
