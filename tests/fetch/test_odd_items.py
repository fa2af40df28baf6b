"""One odd item, address or listing fails alone: its neighbours, in its listing and beside it, are read."""

from __future__ import annotations

import json
import time

import pytest

from pipeline.fetch import choosing, source_visit
from pipeline.fetch.sources import Source

from .conftest import plain
from .test_polling import counts

PAGE = plain(b"<p>news</p>")
ODD_ADDRESSES = (
    "http://[SITE]/x", "http://[127.0.0.1]/", "http://news\u2100.example/", "http://xn--a.example/", "http://xn--0.example/",
    "http://ex\u00adample\u0301" + "\u0316\u0301" * 500 + ".example/", "http://a.example:99999/", "http://\ud7ff.example/",
    "//", "http://", "http://%00.example/", "http://" + "a" * 300 + ".example/", "http://1.2.3.4.5/", "http://.example/",
)  # fmt: skip


def sitemap(*addresses: str) -> bytes:
    entries = "".join(f"<url><loc>{address}</loc></url>" for address in addresses)
    return (
        f'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</urlset>'.encode()
    )


@pytest.mark.parametrize("kind", ["feed", "sitemap"])
@pytest.mark.parametrize("odd", ODD_ADDRESSES, ids=range(len(ODD_ADDRESSES)))
def test_an_odd_address_is_refused_alone(server, odd, kind):
    good = server.url("/good")
    if kind == "feed":
        server.list_pages(odd, good)
    else:
        server.routes["/feed.xml"] = plain(sitemap(odd, good), content_type="application/xml")
    server.list_pages("/beside", path="/other.xml")
    server.routes |= {"/good": PAGE, "/beside": PAGE}
    odd_one = Source(source_id="odd", kind=kind, url=server.url("/feed.xml"))
    beside = Source(source_id="beside", kind="feed", url=server.url("/other.xml"))
    first, second = server.ask(odd_one, beside)
    assert good in first.pages["requested_url"].to_pylist()
    assert counts(second) == {"received": 1, "new": 1}
    total = first.report.total
    assert total.received == total.new + total.quarantined + total.failed + total.unchanged


GML = 'xmlns:gml="http://www.opengis.net/gml" xmlns:georss="http://www.georss.org/georss"'


@pytest.mark.parametrize(
    "extension",
    [
        "<gml:pos>54.2 10.1</gml:pos>",
        "<gml:posList>north-east</gml:posList>",
        "<gml:Polygon><gml:exterior><gml:LinearRing><gml:posList/></gml:LinearRing></gml:exterior></gml:Polygon>",
        "<georss:line>1</georss:line><gml:pos/>",
    ],
)
def test_an_extension_that_readers_fall_over_costs_no_item(server, extension):
    items = "".join(
        f"<item><title>Quay {n}</title><link>/{n}</link>{extension if n == 1 else ''}</item>" for n in range(3)
    )
    feed = f'<?xml version="1.0"?><rss version="2.0" {GML}><channel><title>T</title>{items}</channel></rss>'
    server.routes |= {"/feed.xml": plain(feed.encode(), content_type="application/rss+xml")}
    server.routes |= dict.fromkeys(["/0", "/1", "/2"], PAGE)
    (result,) = server.ask()
    assert counts(result) == {"received": 3, "new": 3}
    assert result.pages["listed_title"].to_pylist() == ["Quay 0", "Quay 1", "Quay 2"]


@pytest.mark.parametrize(
    "undeclared",
    [
        "<news:news><news:title>Quay</news:title></news:news>",
        "<image:image><image:loc>http://pictures.example/quay.jpg</image:loc></image:image>",
        '<xhtml:link rel="alternate" hreflang="de" href="http://news.example/de"/>',
        "<video:video><video:title>Quay</video:title></video:video><geo:geo/>",
    ],
)
def test_a_prefix_that_was_never_declared_costs_no_entry(server, undeclared):
    entries = "".join(f"<url><loc>{server.url(path)}</loc>{undeclared}</url>" for path in ("/0", "/1"))
    sitemap = f'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</urlset>'
    server.routes |= {"/map.xml": plain(sitemap.encode(), content_type="application/xml"), "/0": PAGE, "/1": PAGE}
    (result,) = server.ask(Source(source_id="map", kind="sitemap", url=server.url("/map.xml")))
    assert counts(result) == {"received": 2, "new": 2}
    if "<news:" in undeclared:
        assert result.pages["listed_title"].to_pylist() == ["Quay", "Quay"]


@pytest.mark.parametrize(
    "target", ["http://xn--a.example/", "http://[SITE]/", "http://news\u2100.example/", "http://", "\x00"]
)
def test_a_redirect_to_an_odd_address_harms_nobody(server, target):
    server.list_pages("/moved", "/good")
    encoded = target.encode("utf-8", "surrogatepass").decode("latin-1")
    server.routes |= {"/moved": plain(b"", 301, Location=encoded.replace("\x00", "%00")), "/good": PAGE}
    (result,) = server.ask()
    assert [url[-5:] for url in result.pages["requested_url"].to_pylist()] == ["/good"]
    assert counts(result)["received"] == 2


def test_a_robots_file_that_redirects_to_an_odd_address_harms_nobody(server):
    server.list_pages("/good", "http://other.example/good")
    server.routes |= {"/robots.txt": plain(b"", 301, Location="http://xn--a.example/robots.txt"), "/good": PAGE}
    (result,) = server.ask()
    assert result.report.total.received <= 2


HALF = "\ud83d"  # of an emoji that was cut: JSON writes it, and no text holds it


@pytest.mark.parametrize(
    "odd",
    [
        {"url": f"/odd{HALF}"},
        {"url": f"http://odd{HALF}.example/"},
        {"url": f"mailto:{HALF}"},
        {"id": HALF},
        {"title": f"Ferry {HALF}"},
        {"url": "/odd", "title": f"Ferry {HALF}", "date_published": f"2026-03-02{HALF}"},
    ],
    ids=range(6),
)
def test_half_a_character_in_a_json_feed_harms_nobody(server, odd):
    feed = {"version": "https://jsonfeed.org/version/1.1", "items": [odd, {"url": "/good", "title": "\U0001f6f3"}]}
    server.routes["/feed.xml"] = plain(json.dumps(feed).encode(), content_type="application/feed+json")
    server.list_pages("/beside", path="/other.xml")
    server.routes |= {"/good": PAGE, "/beside": PAGE, "/odd": PAGE}
    odd_one = Source(source_id="odd", kind="feed", url=server.url("/feed.xml"))
    beside = Source(source_id="beside", kind="feed", url=server.url("/other.xml"))
    first, second = server.ask(odd_one, beside)
    assert "\U0001f6f3" in first.pages["listed_title"].to_pylist()
    assert first.report.total.received == 2
    assert counts(second) == {"received": 1, "new": 1}


@pytest.mark.parametrize("error", [ValueError, UnicodeError, OverflowError, RecursionError, MemoryError, KeyError])
def test_whatever_a_reader_throws_fails_its_source_alone(server, monkeypatch, error):
    server.list_pages("/good")
    server.list_pages("/good2", path="/other.xml")
    server.routes |= {"/good": PAGE, "/good2": PAGE}
    whole = source_visit.read_listing

    async def read(body, *, url, **more):
        if url.endswith("/feed.xml"):
            raise error("a library's own")
        return await whole(body, url=url, **more)

    monkeypatch.setattr(source_visit, "read_listing", read)
    sources = [
        Source(source_id=name, kind="feed", url=server.url(path))
        for name, path in (("a", "/feed.xml"), ("b", "/other.xml"))
    ]
    first, second = server.ask(*sources)
    assert str(first.error).startswith("not-a-feed: ")
    assert second.pages.num_rows == 1


@pytest.mark.parametrize("error", [ValueError, UnicodeError, OverflowError, KeyError])
def test_whatever_one_item_throws_fails_it_alone(server, monkeypatch, error):
    server.list_pages("/a", "/b", "/c")
    server.routes |= dict.fromkeys(["/a", "/b", "/c"], PAGE)
    whole = choosing.clean_url

    def cleaned(url):
        if url.endswith("/b"):
            raise error("a library's own")
        return whole(url)

    monkeypatch.setattr(choosing, "clean_url", cleaned)
    (result,) = server.ask()
    assert result.pages.num_rows == 2
    assert [row["reason"] for row in result.refusals.to_pylist()] == ["bad-url"]


@pytest.mark.parametrize("pause", [0, 0.05], ids=["at once", "a moment later"])
def test_two_answers_to_one_question_shift_nothing(server, pause):
    def smuggled(handler) -> None:
        for body in (b"<p>one</p>", b"<p>smuggled</p>"):
            head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(body)
            handler.wfile.write(head + body)
            handler.wfile.flush()
            time.sleep(pause)

    server.list_pages("/first", "/second", "/third")
    server.routes |= {"/first": smuggled, "/second": plain(b"<p>two</p>"), "/third": plain(b"<p>three</p>")}
    (result,) = server.ask(settings=server.settings(fetch_gap_seconds=0.15))
    bodies = {row["requested_url"].rsplit("/", 1)[1]: row["body"] for row in result.pages.to_pylist()}
    assert bodies == {"first": b"<p>one</p>", "second": b"<p>two</p>", "third": b"<p>three</p>"}
