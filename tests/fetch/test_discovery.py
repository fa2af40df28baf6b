"""What a site offers to read: what its page, its robots.txt and common places name, asked politely and each once."""

from __future__ import annotations

import pytest

from pipeline.errors import UsageError
from pipeline.fetch.discovery import FEED_PLACES, SITEMAP_PLACES, explore_site

from .conftest import NOW, plain

MAP = '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{}</urlset>'


def page(head: str = "", body: str = "") -> object:
    return plain(f'<!DOCTYPE html><html lang="de-AT"><head>{head}</head><body>{body}</body></html>'.encode())


def link(href: str, type_: str = "application/rss+xml") -> str:
    return f'<link rel="alternate" type="{type_}" href="{href}">'


@pytest.fixture
def explore(server):
    def call(address: str | None = None, **settings: object):
        told: list[str] = []
        return explore_site(address or server.url("/"), server.settings(**settings), lambda: NOW, told.append)

    return call


def test_feeds_that_the_page_names_come_first_and_comments_last(server, explore):
    server.list_pages(server.url("/c"), path="/comments/feed")
    server.list_pages(
        server.url("/a"), server.url("/b"), path="/news.xml", date="<pubDate>Mon, 02 Mar 2026 08:00:00 GMT</pubDate>"
    )
    names = link("/comments/feed") + link("news.xml") + '<meta property="og:site_name" content="Harbour &amp; Courier">'
    server.routes["/"] = page(names + link("/style.css", "text/css"))
    site = explore()
    assert [(offer.url, offer.told_by, offer.pages) for offer in site.offers] == [
        (server.url("/news.xml"), "page", 2),
        (server.url("/comments/feed"), "page", 1),
    ]
    assert (site.page.name, site.page.language) == ("Harbour & Courier", "de")
    assert site.offers[0].newest_at is not None
    assert "/style.css" not in server.paths
    assert not set(FEED_PLACES) & set(server.paths)


def test_an_ordinary_link_leads_to_a_feed_where_no_element_does(server, explore):
    server.list_pages(server.url("/a"), path="/service/rss")
    server.routes["/"] = page(body='<a href="/about">about</a><a href="/service/rss?x=1">RSS</a>')
    server.list_pages(server.url("/a"), path="/service/rss?x=1")
    assert [offer.url for offer in explore().offers] == [server.url("/service/rss?x=1")]


def test_sitemaps_that_robots_names_news_first_and_an_index_by_its_newest(server, explore):
    robots = "\n".join(
        ["User-agent: *", "Disallow: /secret", *(f"Sitemap: {server.url(f'/{n}.xml')}" for n in ("all", "news"))]
    )
    server.routes["/robots.txt"] = plain(robots.encode(), content_type="text/plain")
    urls = "".join(f"<url><loc>{server.url(path)}</loc></url>" for path in ("/a", "/secret/b"))
    server.routes["/news.xml"] = plain(MAP.format(urls).encode(), content_type="application/xml")
    index = f"<sitemapindex><sitemap><loc>{server.url('/part.xml')}</loc></sitemap></sitemapindex>"
    server.routes["/all.xml"] = plain(index.encode(), content_type="application/xml")
    server.routes["/part.xml"] = plain(MAP.format(urls).encode(), content_type="application/xml")
    server.routes["/"] = page()
    offers = explore().offers
    assert [(o.kind, o.url, o.told_by, o.pages, o.forbidden) for o in offers] == [
        ("sitemap", server.url("/news.xml"), "robots.txt", 2, 1),
        ("sitemap", server.url("/all.xml"), "robots.txt", 2, 1),
    ]


def test_common_places_are_asked_where_nothing_is_named_and_no_further_than_the_first(server, explore):
    server.routes["/"] = page()
    server.list_pages(server.url("/a"), path=FEED_PLACES[1])
    assert [(offer.url, offer.told_by) for offer in explore().offers] == [(server.url(FEED_PLACES[1]), "place")]
    assert server.paths == ["/", *FEED_PLACES[:2]]


def test_a_site_without_any_listing_offers_nothing(server, explore):
    server.routes["/"] = page(link("/gone.xml"))
    (gone,) = explore().offers
    assert gone.failure is not None and gone.failure.reason == "http-error"
    assert server.paths == ["/", "/gone.xml", *FEED_PLACES, *SITEMAP_PLACES]


def test_an_address_that_is_a_listing_is_the_offer_itself(server, explore):
    server.list_pages(server.url("/a"), path="/feed.xml")
    site = explore(server.url("/feed.xml"))
    assert [(offer.kind, offer.url, offer.told_by) for offer in site.offers] == [
        ("feed", server.url("/feed.xml"), "itself")
    ]


def test_an_address_without_a_scheme_is_asked_by_https_then_by_http(server, explore):
    server.list_pages(server.url("/a"), path="/feed.xml")
    assert explore("news.example/feed.xml").offers[0].url == server.url("/feed.xml")


def test_robots_and_addresses_that_are_not_public_hold_here_as_anywhere(server, explore):
    server.routes["/robots.txt"] = plain(b"User-agent: *\nDisallow: /", content_type="text/plain")
    assert explore().failure.reason == "robots"
    assert explore("http://127.0.0.1:9/", resolve=()).failure.reason == "forbidden-address"
    for none in ("mailto:desk@news.example", "https://", "file:///etc/passwd"):
        with pytest.raises(UsageError, match="no address of a site"):
            explore(none)


def test_a_hostile_page_names_nothing_and_breaks_nothing(server, explore):
    bombs = {
        "nested": b"<div>" * 200_000 + link("/a.xml").encode(),
        "zeros": b"\x00" * 1_000_000,
        "many": "".join(link(f"/{n}.xml") for n in range(5_000)).encode(),
        "odd": link("http://[").encode() + link("javascript:alert(1)").encode() + link("//").encode(),
    }
    for name, body in bombs.items():
        server.log.clear()
        server.routes["/"] = plain(body)
        site = explore()
        assert not [offer for offer in site.offers if offer.failure is None], name
        assert len(server.paths) <= 1 + 12 + len(FEED_PLACES) + len(SITEMAP_PLACES), name


def test_no_feed_of_a_page_is_asked_twice(server, explore):
    server.list_pages(server.url("/a"), path="/news.xml")
    server.routes["/"] = page(link("/news.xml") + link("/news.xml#top") + link("news.xml?utm_source=page"))
    assert len(explore().offers) == 1
