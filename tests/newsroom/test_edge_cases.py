"""Odd pages, feeds and moments over real HTTP, on a small press that has one of each."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import feedparser
import pytest
from lxml import etree
from lxml import html as lxml_html

from newsroom import Handle, Newsroom, load_newsroom, serve
from newsroom.content import read_page
from newsroom.edge_cases import DRIPPED_BYTES, STRAY
from tests.newsroom.small_newsroom import OUTLETS, ask, write_press

NOON, NEXT_DAY = "2026-03-02T12:00:00Z", "2026-03-03T12:00:00Z"
WIRE, MIRROR, BOTE, POINT, LAMP = (
    "overland.example",
    "www.mirror.example",
    "www.bote.example",
    "point.example",
    "lamp.example",
)


@pytest.fixture(scope="module")
def press(tmp_path_factory: pytest.TempPathFactory) -> Newsroom:
    return load_newsroom(write_press(tmp_path_factory.mktemp("press")))


@pytest.fixture(scope="module")
def handle(press: Newsroom) -> Iterator[Handle]:
    with serve(newsroom=press) as running:
        yield running


def test_every_template_shows_its_article_and_its_fronts(handle: Handle, press: Newsroom) -> None:
    for outlet in press.outlets:
        page = next(page for page in press.pages if page.outlet is outlet and page.name == "plain")
        _, headers, body = ask(handle, outlet.host, page.path)
        assert headers["Content-Type"] == f"text/html; charset={outlet.encoding}"
        tree = lxml_html.fromstring(body.decode(outlet.encoding))
        assert tree.xpath("//h1")[0].text_content() == page.title
        shown = [paragraph.text_content() for paragraph in tree.xpath("//p")]
        assert [words for words in shown if words in page.versions[0].shown] == list(page.versions[0].shown)
        for front in ("/", f"/section/{outlet.sections[0].lower()}"):
            status, _, listing = ask(handle, outlet.host, front)
            assert (status, page.title in listing.decode(outlet.encoding)) == (200, True)
        assert ask(handle, outlet.host, "/nowhere")[0] == 404


def test_templates_tell_their_facts_in_unlike_ways(handle: Handle, press: Newsroom) -> None:
    ways = {}
    for outlet in press.outlets:
        page = next(page for page in press.pages if page.outlet is outlet and page.name == "plain")
        tree = lxml_html.fromstring(ask(handle, outlet.host, page.path)[2].decode(outlet.encoding))
        ways[outlet.outlet_id] = (
            bool(tree.xpath("//script[@type='application/ld+json']")),
            bool(tree.xpath("//*[@itemprop='datePublished']")),
            bool(tree.xpath("//meta[@property='article:published_time']")),
            bool(tree.xpath("//meta[@name='date']")),
            bool(tree.xpath("//time")),
            bool(tree.xpath("//table")),
        )
    assert len(set(ways.values())) == len(ways)


def test_a_news_sitemap_lists_the_wire(handle: Handle, press: Newsroom) -> None:
    _, headers, body = ask(handle, WIRE, "/news-sitemap.xml", NOON)
    assert headers["Content-Type"] == "application/xml"
    names = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "n": "http://www.google.com/schemas/sitemap-news/0.9"}
    urls = etree.fromstring(body).xpath("/s:urlset/s:url", namespaces=names)
    found = {url.xpath("string(s:loc)", namespaces=names): url for url in urls}
    pages = {page.outlet.url(page.listed_path or page.path): page for page in press.pages if page.outlet.host == WIRE}
    assert set(found) == set(pages)
    for address, page in pages.items():
        news = found[address].find("n:news", names)
        assert news.findtext("n:title", None, names) == page.title
        assert news.findtext("n:publication_date", None, names) == page.published_at.isoformat()
        assert found[address].findtext("s:lastmod", None, names) == page.published_at.isoformat()
    assert ask(handle, WIRE, "/robots.txt")[2].decode().splitlines() == [
        "User-agent: *", "Disallow: /archive/", "Crawl-delay: 2", "", f"Sitemap: http://{WIRE}/news-sitemap.xml",
    ]  # fmt: skip


@pytest.mark.parametrize("path", ["/atom.xml", "/rss.xml", "/feed.xml", "/feed"])
def test_feeds_list_titles_links_and_times(handle: Handle, press: Newsroom, path: str) -> None:
    outlet = next(outlet for outlet in press.outlets if outlet.feed.path == path)
    feed = feedparser.parse(ask(handle, outlet.host, path, "2026-03-03T13:00:00Z")[2])
    assert not feed.bozo
    listed = [page for page in press.pages if page.outlet is outlet and page.name != "gone"]
    assert {(entry.title, entry.link) for entry in feed.entries} == {(page.title, page.url) for page in listed}
    times = {time.strftime("%Y-%m-%dT%H:%M", entry.published_parsed) for entry in feed.entries}
    assert times == {page.published_at.strftime("%Y-%m-%dT%H:%M") for page in listed}


def test_the_feed_hides_a_silent_change_and_the_page_does_not(handle: Handle) -> None:
    before, after = "2026-03-02T19:00:00Z", "2026-03-02T21:00:00Z"
    feeds = [ask(handle, WIRE, "/news-sitemap.xml", now) for now in (before, after)]
    assert feeds[0][2] == feeds[1][2]
    assert [headers["Last-Modified"] for _, headers, _ in feeds] == [feeds[0][1]["Last-Modified"]] * 2
    _, headers, first = ask(handle, WIRE, "/n/quiet", before)
    validators = {"If_None_Match": headers["ETag"], "If_Modified_Since": headers["Last-Modified"]}
    status, _, second = ask(handle, WIRE, "/n/quiet", after, **validators)
    assert status == 200
    assert (b"14 million" in first, b"14 million" in second) == (True, False)
    assert first.replace(b"14 million", b"15 million") == second  # the page does not admit it either
    assert ask(handle, WIRE, "/n/quiet", after, If_Modified_Since=headers["Last-Modified"])[0] == 200


def test_an_open_change_shows_in_the_feed(handle: Handle) -> None:
    body = ask(handle, WIRE, "/news-sitemap.xml", "2026-03-05T11:00:00Z")[2]
    assert body.count(b"<url>") == 1
    assert b"<lastmod>2026-03-05T10:00:00+00:00</lastmod>" in body


def test_a_withdrawn_page_is_gone_and_listed_no_more(handle: Handle) -> None:
    assert ask(handle, MIRROR, "/n/gone", "2026-03-03T09:00:00Z")[0] == 200
    status, _, body = ask(handle, MIRROR, "/n/gone", "2026-03-03T09:00:01Z")
    assert status == 410
    assert b"onions" not in body
    _, headers, feed = ask(handle, MIRROR, "/atom.xml", "2026-03-03T10:00:00Z")
    assert b"/n/gone" not in feed
    assert headers["Last-Modified"] == "Tue, 03 Mar 2026 09:00:00 GMT"


def test_a_missing_page_is_listed_all_the_same(handle: Handle) -> None:
    assert b"/n/missing" in ask(handle, MIRROR, "/atom.xml", NOON)[2]
    assert ask(handle, MIRROR, "/n/missing", NOON)[0] == 404


def test_trackers_addresses_lead_to_the_page(handle: Handle) -> None:
    assert ask(handle, WIRE, "/go?to=tracked&utm_source=wire", "2026-03-02T08:00:00Z")[0] == 404
    status, headers, _ = ask(handle, WIRE, "/go?to=tracked&utm_source=wire", NOON)
    assert (status, headers["Location"]) == (302, f"http://{WIRE}/n/tracked")
    plain = ask(handle, WIRE, "/n/tracked", NOON)[2]
    assert ask(handle, WIRE, "/n/tracked?utm_source=wire&utm_medium=x", NOON)[2] == plain


def test_a_page_that_is_named_by_its_query(handle: Handle) -> None:
    plain = ask(handle, POINT, "/show.asp?story=12", NOON)
    assert plain[0] == 200
    assert ask(handle, POINT, "/show.asp?utm_source=x&story=12", NOON)[2] == plain[2]
    assert ask(handle, POINT, "/show.asp?story=13", NOON)[0] == 404
    assert ask(handle, POINT, "/show.asp", NOON)[0] == 404


def test_the_stray_byte_has_no_meaning_in_any_encoding(handle: Handle) -> None:
    body = ask(handle, MIRROR, "/n/stray", NOON)[2]
    assert b"instead and thanked the skipper for his good sense." + STRAY in body
    for encoding in ("utf-8", "windows-1252"):
        with pytest.raises(UnicodeDecodeError):
            body.decode(encoding)
    assert lxml_html.fromstring(body.decode("utf-8", "ignore")).xpath("//h1")


def test_a_header_may_name_the_wrong_charset(handle: Handle, press: Newsroom) -> None:
    _, headers, body = ask(handle, POINT, "/n/mislabelled", NOON)
    assert headers["Content-Type"] == "text/html; charset=iso-8859-1"
    page = press.by_url[f"http://{POINT}/n/mislabelled"]
    assert all(words in body.decode("utf-8") for words in page.versions[0].shown)


def test_counters_never_rest_and_the_article_does(handle: Handle, press: Newsroom) -> None:
    for host, words in (
        (MIRROR, ("readers", "Updated 1674 minutes ago", "12:00")),
        (BOTE, ("Leser", "Vor ", "12:00 Uhr")),
    ):
        outlet = press.hosts[host]
        hours = [f"2026-03-03T{hour}:00:00Z" for hour in (12, 13, 14)]
        pages = [ask(handle, host, "/n/counted", hour) for hour in hours]
        assert len({body for _, _, body in pages}) == 3
        assert all("Last-Modified" not in headers for _, headers, _ in pages)
        first = lxml_html.fromstring(pages[0][2].decode(outlet.encoding))
        (line,) = first.xpath("//p[@class='pulse']")
        assert line.getprevious().text_content() == press.by_url[f"http://{host}/n/counted"].versions[0].shown[0]
        assert all(word in line.text_content() for word in words)
        assert "pulse" not in ask(handle, host, "/n/plain", hours[0])[2].decode(outlet.encoding)


def test_a_pdf_under_a_news_address(handle: Handle) -> None:
    _, headers, body = ask(handle, LAMP, "/n/sheet", NOON)
    assert headers["Content-Type"] == "application/pdf"
    assert body.startswith(b"%PDF-1.4")
    assert int(body.rsplit(b"startxref\n", 1)[1].split()[0]) == body.index(b"xref\n0 5")


def test_a_page_nested_too_deep(handle: Handle) -> None:
    body = ask(handle, LAMP, "/n/deep", NOON)[2]
    assert b"<div>" * 5000 in body
    assert b"onions" in body


def test_trouble_has_a_beginning_and_an_end(handle: Handle) -> None:
    statuses = {
        now: ask(handle, BOTE, "/rss.xml", f"2026-03-03T{now}Z")[0]
        for now in ("06:00:00", "06:00:01", "12:00:00", "12:00:01")
    }
    assert list(statuses.values()) == [200, 503, 503, 200]
    assert ask(handle, BOTE, "/rss.xml", "2026-03-03T07:00:00Z")[1]["Retry-After"] == "600"


def test_a_slow_page_drips_and_ends(handle: Handle, press: Newsroom) -> None:
    arrivals: list[float] = []
    with socket.create_connection(("127.0.0.1", handle.port), timeout=20) as connection:
        connection.sendall(
            f"GET /n/slow HTTP/1.1\r\nHost: {POINT}\r\nX-Newsroom-Now: {NOON}\r\nConnection: close\r\n\r\n".encode()
        )
        received = b""
        while part := connection.recv(65536):
            received += part
            arrivals.append(time.monotonic())
    head, body = received.split(b"\r\n\r\n", 1)
    assert f"Content-Length: {len(body)}".encode() in head
    assert body.rstrip().endswith(b"</html>")
    assert len(arrivals) >= DRIPPED_BYTES
    assert 0.1 * DRIPPED_BYTES < arrivals[-1] - arrivals[0] < 20


def test_an_endless_page_streams_until_the_asker_hangs_up(press: Newsroom) -> None:
    with serve(newsroom=press) as running:
        with socket.create_connection(("127.0.0.1", running.port), timeout=20) as connection:
            connection.sendall(f"GET /n/endless HTTP/1.1\r\nHost: {POINT}\r\n\r\n".encode())
            received = 0
            while received < 3_000_000:
                received += len(connection.recv(65536))
        deadline = time.monotonic() + 20
        while not running.requests and time.monotonic() < deadline:
            time.sleep(0.05)
        (request,) = running.requests
        assert (request.status, request.size >= 3_000_000) == (200, True)
        assert ask(running, POINT, "/n/endless", method="HEAD")[0] == 200


def test_an_endless_page_does_not_hold_up_the_servers_end(press: Newsroom) -> None:
    running = serve(newsroom=press)
    with socket.create_connection(("127.0.0.1", running.port), timeout=20) as connection:
        connection.sendall(f"GET /n/endless HTTP/1.1\r\nHost: {POINT}\r\n\r\n".encode())
        assert connection.recv(1000)
        closing = threading.Thread(target=running.close)
        closing.start()
        closing.join(timeout=10)
        assert not closing.is_alive()
        while connection.recv(65536):
            pass  # what was on its way; then the server has hung up


def test_a_proxys_client_reaches_every_outlet(handle: Handle) -> None:
    direct = ask(handle, WIRE, "/n/plain", NOON)[2]
    assert ask(handle, "127.0.0.1", f"http://{WIRE}/n/plain?utm_source=x", NOON)[2] == direct
    assert (handle.requests[-1].host, handle.requests[-1].target) == (WIRE, "/n/plain?utm_source=x")


def test_who_names_no_moment_sees_the_servers(press: Newsroom) -> None:
    with serve(newsroom=press, now=press.pages[0].published_at) as running:
        assert ask(running, WIRE, press.pages[0].path)[0] == 404
        assert ask(running, WIRE, press.pages[0].path, NOON)[0] == 200


@pytest.mark.parametrize(
    ("extra", "complaint"),
    [
        ("gone_on = 2026-03-03T09:00:00Z\n", "gone_on"),
        ('behaviour = "rude"\n', "rude"),
        ("[[versions]]\nat = 2026-03-01T09:00:00Z\nreplace = []\n", "does not come after"),
        ("[[versions]]\nat = 2026-03-03T09:00:00Z\nreplace = []\nquiet = true\n", "quiet"),
    ],
)
def test_a_page_that_says_what_nobody_reads_is_refused(press: Newsroom, tmp_path, extra: str, complaint: str) -> None:
    path = tmp_path / "page.md"
    fields = 'title = "A"\npath = "/a"\nsection = "Top"\nauthors = []\npublished_at = 2026-03-02T09:00:00Z\n'
    path.write_text(f"+++\n{fields}{extra}+++\nText.\n")
    with pytest.raises(ValueError, match=complaint):
        read_page(path, press.outlets[0])


def test_two_pages_cannot_share_an_address(tmp_path) -> None:
    (tmp_path / "outlets.toml").write_text(OUTLETS)
    for name in ("one", "two"):
        path = tmp_path / "content" / "mirror" / f"{name}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            '+++\npath = "/a"\nsection = "Top"\nauthors = []\npublished_at = 2026-03-02T09:00:00Z\n+++\nText.\n'
        )
    with pytest.raises(ValueError, match="share an address"):
        load_newsroom(tmp_path)
