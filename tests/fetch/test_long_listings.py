"""Indexes of sitemaps, lists longer than is taken, and entries that name no page: asked within bounds, counted and named."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from pipeline.fetch import choosing, source_visit
from pipeline.fetch.listings import isolated
from pipeline.fetch.listings.items import Item, Listing
from pipeline.fetch.sources import Source
from pipeline.windows import HOUR, Window

from .conftest import NOW, WINDOW, plain
from .test_polling import counts

PAGE = plain(b"<p>news</p>")


def sitemap(*paths: str) -> bytes:
    return f"<urlset>{''.join(f'<url><loc>{path}</loc></url>' for path in paths)}</urlset>".encode()


def index(*named: str) -> bytes:
    entries = "".join(
        f"<sitemap><loc>{path}</loc><lastmod>{day}</lastmod></sitemap>"
        for path, _, day in (one.partition(" ") for one in named)
    )
    return f"<sitemapindex>{entries}</sitemapindex>".encode()


def source_of(server) -> Source:
    return Source(source_id="news", kind="sitemap", url=server.url("/feed.xml"))


def later(hours: int, *stored: object) -> Mapping[str, object]:
    """Another visit, so many hours on."""
    window = Window(WINDOW.start + hours * HOUR, WINDOW.end + hours * HOUR)
    return {"stored": stored, "now": NOW + hours * HOUR, "window": window, "run_id": f"run-{hours}"}


def asked(server) -> list[str]:
    return [entry[0] for entry in server.log if entry[0] != "/robots.txt"]


def test_the_newest_sitemaps_of_an_index_are_read(server):
    named = ["/old.xml 2026-01-01", "/b.xml 2026-02-28", "/c.xml 2026-03-02", "/a.xml 2026-03-01"]
    server.routes |= {"/feed.xml": plain(index(*named), content_type="application/xml", ETag='"1"')}
    for name in "abc":
        server.routes |= {f"/{name}.xml": plain(sitemap(f"/{name}1", f"/{name}2"), content_type="application/xml")}
        server.routes |= {f"/{name}1": PAGE, f"/{name}2": PAGE}
    (result,) = server.ask(source_of(server))
    assert counts(result) == {"received": 6, "new": 6}
    assert asked(server)[:4] == ["/feed.xml", "/c.xml", "/a.xml", "/b.xml"]
    rows = {
        row["url"].rpartition("/")[2]: row
        for row in result.fetches.to_pylist()
        if row["purpose"] in ("sitemap", "part")
    }
    assert {name: (row["purpose"], row["outcome"]) for name, row in rows.items()} == {
        "feed.xml": ("sitemap", "ok"), "c.xml": ("part", "ok"), "a.xml": ("part", "ok"), "b.xml": ("part", "ok"),
    }  # fmt: skip
    (state,) = result.feed_state.to_pylist()
    assert state["etag"] is None, "an index that did not change hides sitemaps that did"
    server.log.clear()
    (again,) = server.ask(source_of(server), **later(1, result))
    assert counts(again) == {"received": 6, "unchanged": 6}


def test_a_sitemap_of_an_index_that_fails_is_counted(server):
    server.routes |= {
        "/feed.xml": plain(index("/good.xml", "/none.xml", "/html.xml"), content_type="application/xml"),
        "/good.xml": plain(sitemap("/a"), content_type="application/xml"),
        "/html.xml": plain(b"<!doctype html><html><body>no</body></html>", content_type="text/html"),
        "/a": PAGE,
    }
    (result,) = server.ask(source_of(server))
    assert counts(result) == {"received": 3, "new": 1, "failed": 2}
    assert dict(result.report.total.reasons) == {"http-error": 1, "not-a-feed": 1}
    assert result.error is None
    outcomes = {
        row["url"].rpartition("/")[2]: row["outcome"] for row in result.fetches.to_pylist() if row["purpose"] == "part"
    }
    assert outcomes == {"good.xml": "ok", "none.xml": "http-error", "html.xml": "not-a-feed"}


def test_an_index_of_which_nothing_can_be_read_is_a_failed_source(server):
    server.routes["/feed.xml"] = plain(index("/none.xml", "/neither.xml"), content_type="application/xml")
    (result,) = server.ask(source_of(server))
    assert result.error is not None and result.error.reason == "http-error"
    assert counts(result) == {"received": 2, "failed": 2}
    (state,) = result.feed_state.to_pylist()
    assert state["failure_streak"] == 1


@pytest.mark.parametrize("named", [("/feed.xml", "/loop.xml"), ("/loop.xml",)])
def test_indexes_that_name_each_other_end(server, named):
    server.routes |= {
        "/feed.xml": plain(index(*named), content_type="application/xml"),
        "/loop.xml": plain(
            index("/feed.xml", "/loop.xml", *(f"/{n}.xml" for n in range(50))), content_type="application/xml"
        ),
        "/49.xml": plain(sitemap("/a"), content_type="application/xml"),
        "/a": PAGE,
    }
    (result,) = server.ask(source_of(server))
    assert asked(server).count("/feed.xml") == asked(server).count("/loop.xml") == 1
    assert sum(path.endswith(".xml") for path in asked(server)) <= 1 + source_visit.MOST_SITEMAPS
    assert result.pages.num_rows == 1


def test_what_names_no_page_is_told_once(server):
    items = "".join(f'<item><title>Episode {n}</title><guid isPermaLink="false">e{n}</guid></item>' for n in range(3))
    server.routes |= {
        "/feed.xml": plain(f"<rss><channel>{items}<item><link>/a</link></item></channel></rss>".encode()),
        "/a": PAGE,
    }
    (result,) = server.ask()
    assert counts(result) == {"received": 4, "new": 1, "quarantined": 3}
    refusals = result.refusals.to_pylist()
    assert {(row["reason"], row["detail"]) for row in refusals} == {("bad-url", f"no link: e{n}") for n in range(3)}
    assert len({row["quarantine_id"] for row in refusals}) == 3
    (again,) = server.ask(**later(1, result))
    assert counts(again) == {"received": 4, "unchanged": 4}


@pytest.fixture
def small_caps(monkeypatch):
    monkeypatch.setattr(choosing, "MAX_ITEMS", 4)
    monkeypatch.setattr(choosing, "_MOST_NAMED", 3)


def test_what_is_beyond_the_cap_is_named_and_comes_later(server, small_caps):
    server.routes |= {"/feed.xml": plain(sitemap(*(f"/{n}" for n in range(9))), content_type="application/xml")}
    server.routes |= {f"/{n}": PAGE for n in range(9)}
    (first,) = server.ask(source_of(server))
    assert counts(first) == {"received": 9, "new": 4, "quarantined": 3, "failed": 2}
    assert dict(first.report.total.reasons) == {"over-cap": 5}
    named = [row["record_json"] for row in first.refusals.to_pylist()]
    assert sum(f'/{n}"' in record for n in (4, 5, 6) for record in named) == 3
    (second,) = server.ask(source_of(server), **later(1, first))
    assert counts(second) == {"received": 9, "new": 4, "unchanged": 4, "quarantined": 1}
    assert [row["detail"] for row in second.refusals.to_pylist()] == ["listed behind the newest 4"]
    (third,) = server.ask(source_of(server), **later(2, first, second))
    assert counts(third) == {"received": 9, "new": 1, "unchanged": 8}


def test_of_dated_items_the_older_ones_stay_out(server, small_caps):
    entries = "".join(f"<url><loc>/{n}</loc><lastmod>2026-02-{n + 1:02d}</lastmod></url>" for n in range(6))
    server.routes |= {"/feed.xml": plain(f"<urlset>{entries}</urlset>".encode(), content_type="application/xml")}
    server.routes |= {f"/{n}": PAGE for n in range(6)}
    (first,) = server.ask(source_of(server))
    (second,) = server.ask(source_of(server), **later(1, first))
    assert counts(first) == {"received": 6, "new": 4, "quarantined": 2}
    assert counts(second) == {"received": 6, "unchanged": 6}


def test_what_is_not_read_at_all_is_counted(server, monkeypatch):
    async def read(body, **more):
        return Listing(items=(Item(url=server.url("/a")),), beyond=7)

    monkeypatch.setattr(source_visit, "read_listing", read)
    server.list_pages("/a")
    server.routes["/a"] = PAGE
    (result,) = server.ask()
    assert counts(result) == {"received": 8, "new": 1, "failed": 7}


def test_a_listing_crosses_the_wall_whole():
    facts = {"url": "http://news.example/feed", "kind": "sitemap", "content_type": None, "max_bytes": 1_000}
    answer = isolated.answer(facts, index("/b.xml 2026-03-02", "/a.xml 2026-03-01"))
    assert answer == {"items": [], "sitemaps": ("http://news.example/b.xml", "http://news.example/a.xml"), "beyond": 0}
