"""Feeds and sitemaps, from bytes, also bad ones."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime

import pytest

from pipeline.fetch.listings.items import MAX_ITEMS, Item, NotAListing, plain_title
from pipeline.fetch.listings.reader import parse_listing

URL = "http://news.example/feeds/latest.xml"


def parse_feed(body: bytes, *, url: str, content_type: str | None = None) -> list[Item]:
    return list(parse_listing(body, url=url, kind="feed", content_type=content_type, max_bytes=1 << 24).items)


def parse_sitemap(body: bytes, *, url: str, max_bytes: int) -> list[Item]:
    return list(parse_listing(body, url=url, kind="sitemap", max_bytes=max_bytes).items)


def rss(*items: str, head: str = "") -> bytes:
    channel = f"<channel><title>N</title>{''.join(items)}</channel>"
    return f'<?xml version="1.0" encoding="utf-8"?>{head}<rss version="2.0">{channel}</rss>'.encode()


def item(link: str = "/a", title: str = "T", date: str = "") -> str:
    dated = f"<pubDate>{date}</pubDate>" if date else ""
    return f"<item><title>{title}</title><link>{link}</link>{dated}</item>"


def test_rss_items_with_absolute_urls_and_utc_times():
    first, second, third = parse_feed(
        rss(
            item("../a?x=1&amp;y=2", "Fähre &amp;amp; Hafen", "Mon, 02 Mar 2026 10:00:00 +0200"),
            item("http://other.example/b", "<![CDATA[<b>Bold</b> move]]>", "31 Feb 2026 10:00:00 GMT"),
            "<item><guid>http://news.example/guid</guid><title/></item>",
        ),
        url=URL,
    )
    assert (first.url, first.title) == ("http://news.example/a?x=1&y=2", "Fähre & Hafen")
    assert first.listed_at == datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert (second.url, second.title, second.listed_at) == ("http://other.example/b", "Bold move", None)
    assert (third.url, third.title) == ("http://news.example/guid", None)


def test_atom_takes_the_publication_before_the_update():
    entries = """<entry><title type="html">A &lt;i&gt;new&lt;/i&gt; day</title><link rel="alternate" href="/one"/>
      <published>2026-03-02T10:00:00+01:00</published><updated>2026-03-02T12:00:00Z</updated></entry>
      <entry><title>Second</title><link href="/two"/><updated>2026-03-02T13:00:00Z</updated></entry>"""
    feed = f'<feed xmlns="http://www.w3.org/2005/Atom"><title>N</title>{entries}</feed>'.encode()
    one, two = parse_feed(feed, url=URL)
    assert (one.title, one.listed_at) == ("A new day", datetime(2026, 3, 2, 9, tzinfo=UTC))
    assert one.changed_at == datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert two.listed_at == two.changed_at == datetime(2026, 3, 2, 13, tzinfo=UTC)


def test_the_charset_of_the_answer_counts():
    feed = rss(item("/a", "Größe")).decode().replace(' encoding="utf-8"', "").encode("iso-8859-1")
    assert parse_feed(feed, url=URL, content_type="application/rss+xml; charset=iso-8859-1")[0].title == "Größe"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"  \n",
        b"<!doctype html><html><head><title>Welcome</title></head><body><p>No feed</p></body></html>",
        b"<html><body><p>Well-formed, and still no feed.</p></body></html>",
        b'{"items": []}',
        b"\x89PNG\r\n\x1a\n" + bytes(200),
        b'<?xml version="1.0"?><rss version="2.0"><channel><title',
        b'<?xml version="1.0"?><rss version="2.0"><channel><item><title>T</title><description>Gulls & chips',
        b"http://127.0.0.1:9/feed.xml",
        b"/etc/passwd",
    ],
)
def test_what_is_no_feed_is_said_to_be_none(body):
    with pytest.raises(NotAListing):
        parse_feed(body, url=URL, content_type="text/html")


def test_an_empty_feed_is_a_feed():
    assert parse_feed(rss(), url=URL) == []


def test_a_feed_cut_in_the_middle_gives_what_came_before():
    whole = rss(*(item(f"/{n}") for n in range(20)))
    assert 5 <= len(parse_feed(whole[: len(whole) // 2], url=URL)) < 20


def test_a_constant_date_is_the_feeds_and_not_the_news():
    date = "Mon, 02 Mar 2026 10:00:00 GMT"
    six = parse_feed(rss(*(item(f"/{n}", date=date) for n in range(6))), url=URL)
    assert {(one.listed_at, one.changed_at) for one in six} == {(None, None)}
    five = parse_feed(rss(*(item(f"/{n}", date=date) for n in range(5))), url=URL)
    assert None not in {one.listed_at for one in five}
    mixed = parse_feed(
        rss(*(item(f"/{n}", date=date) for n in range(6)), item("/x", date="Mon, 02 Mar 2026 11:00:00 GMT")), url=URL
    )
    assert None not in {one.listed_at for one in mixed}


def test_a_long_feed_begins_with_the_newest():
    dated = [item(f"/{n}", date=f"Mon, 02 Mar 2026 {n % 24:02d}:{n % 60:02d}:00 GMT") for n in range(MAX_ITEMS)]
    found = parse_feed(rss(item("/undated"), *dated, item("/new", date="Tue, 03 Mar 2026 10:00:00 GMT")), url=URL)
    assert len(found) == MAX_ITEMS + 2
    assert (found[0].url, found[-1].url) == ("http://news.example/new", "http://news.example/undated")


def test_half_a_character_costs_its_entry_no_more_than_itself():
    good, bad = parse_feed(rss(item("/a"), item("/b&#xD800;", "T&#56320;")), url=URL)
    assert good.url == "http://news.example/a"
    assert (bad.url, bad.title) == ("http://news.example/b\ufffd", "T\ufffd")


def test_entities_are_not_expanded():
    bomb = '<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]>'
    (one,) = parse_feed(rss(item("/a", "x &f; y"), head=bomb), url=URL)
    assert "root:" not in (one.title or "")


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        ("<script>alert(1)</script>News", "News"),
        ("<SCRIPT src=x>alert(1)</SCRIPT >News", "News"),
        ("News<script>alert(1)", "News"),
        ("5 < 6 and 7 > 2", "5 < 6 and 7 > 2"),
        ("<img src=x onerror=alert(1)>News", "News"),
        ("safe\u202etxet\u202c \u2066x\u2069", "safetxet x"),
        ("tab\tand\nline\x00\x1b[31m", "tab and line[31m"),
        ("AT&amp;T", "AT&T"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("   ", None),
        ("<b></b>", None),
        (None, None),
        ("\ud800broken", "broken"),
        ("e\u0301", "é"),
    ],
)
def test_titles_are_reduced_to_words(markup, words):
    assert plain_title(markup) == words


def sitemap(*entries: str) -> bytes:
    spaces = (
        'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:n="http://www.google.com/schemas/sitemap-news/0.9"'
    )
    return f'<?xml version="1.0"?><urlset {spaces}>{"".join(entries)}</urlset>'.encode()


NEWS = """<url><loc> http://news.example/a?x=1&amp;y=2 </loc><n:news><n:publication><n:name>N</n:name></n:publication>
 <n:publication_date>2026-03-02T10:00:00+02:00</n:publication_date><n:title>Ferry &amp; port</n:title></n:news></url>"""


def parse(body: bytes):
    return parse_sitemap(body, url="http://news.example/map.xml", max_bytes=10_000_000)


def test_a_news_sitemap_gives_titles_and_times():
    (one,) = parse(sitemap(NEWS))
    assert (one.url, one.title) == ("http://news.example/a?x=1&y=2", "Ferry & port")
    assert one.listed_at == datetime(2026, 3, 2, 8, tzinfo=UTC)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_news_sitemap_with_images_and_videos_gives_the_pages_own_words(scheme):
    (found,) = parse_sitemap(
        f"""<?xml version="1.0" encoding="UTF-8"?>
        <urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
            xmlns:news="{scheme}://www.google.com/schemas/sitemap-news/0.9"
            xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"
            xmlns:video="http://www.google.com/schemas/sitemap-video/1.1">
          <url>
            <image:image><image:loc>http://news.example/bell.jpg</image:loc><image:title>Bell</image:title></image:image>
            <video:video><video:title>Film</video:title>
              <video:publication_date>2020-01-01T00:00:00Z</video:publication_date></video:video>
            <loc>/2026/bell.html</loc>
            <news:news>
              <news:publication><news:name>Courier</news:name><news:language>en</news:language></news:publication>
              <news:publication_date>2026-03-02T09:15:00+01:00</news:publication_date>
              <news:title>The bell &amp; the geranium</news:title>
            </news:news>
            <lastmod>2026-03-02T12:00:00Z</lastmod>
          </url>
        </urlset>""".encode(),
        url=URL,
        max_bytes=1 << 20,
    )
    assert (found.url, found.title) == ("http://news.example/2026/bell.html", "The bell & the geranium")
    assert found.listed_at == datetime(2026, 3, 2, 8, 15, tzinfo=UTC)
    assert found.changed_at == datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_lastmod_is_no_publication_but_a_change():
    one, two, none = parse(
        sitemap("<url><loc>/a</loc><lastmod>2026-03-02</lastmod></url>", "<url><loc>/b</loc></url><url/>")
    )
    assert (none.url, none.fault) == ("no location: entry 3", "no location")
    assert (one.url, one.listed_at, one.changed_at) == ("http://news.example/a", None, datetime(2026, 3, 2, tzinfo=UTC))
    assert two.changed_at is None


def test_of_a_long_sitemap_the_newest_count():
    old = [f"<url><loc>/old{n}</loc><lastmod>2020-01-{n % 28 + 1:02d}</lastmod></url>" for n in range(MAX_ITEMS)]
    found = parse(sitemap(*old, "<url><loc>/new</loc><lastmod>2026-03-02</lastmod></url>"))
    assert len(found) == MAX_ITEMS + 1
    assert found[0].url == "http://news.example/new"


def test_a_gzipped_sitemap_within_its_cap():
    body = gzip.compress(sitemap(NEWS))
    assert len(parse(body)) == 1
    with pytest.raises(NotAListing, match="unpacked"):
        parse_sitemap(gzip.compress(bytes(1_000_000)), url=URL, max_bytes=1000)


@pytest.mark.parametrize(
    ("named", "order"),
    [
        (["/a.xml 2026-03-01", "/b.xml 2026-03-03T10:00:00Z", "/c.xml"], ["/b.xml", "/a.xml", "/c.xml"]),
        (["/news-2026-03-01.xml", "/news-2026-03-03.xml", "/news-2026-02.xml"],
         ["/news-2026-03-03.xml", "/news-2026-03-01.xml", "/news-2026-02.xml"]),
        (["/map1.xml", "/map2.xml", "/map2.xml", "/map10.xml"], ["/map10.xml", "/map2.xml", "/map1.xml"]),
    ],
)  # fmt: skip
def test_an_index_names_its_newest_first(named, order):
    entries = "".join(
        f"<sitemap><loc>{one.partition(' ')[0]}</loc><lastmod>{one.partition(' ')[2]}</lastmod></sitemap>"
        for one in named
    )
    body = f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</sitemapindex>'.encode()
    for broken in (body, body.replace(b"</sitemapindex>", b""), body.replace(b"<sitemapindex", b"<sitemapindex <")):
        listing = parse_listing(broken, url=URL, kind="sitemap", max_bytes=1 << 20)
        assert listing.sitemaps == tuple(f"http://news.example{path}" for path in order)
        assert listing.items == ()


@pytest.mark.parametrize("body", [b"", b"<html><body>no</body></html>", b"junk", b"\x1f\x8bjunk"])
def test_what_is_no_sitemap(body):
    with pytest.raises(NotAListing):
        parse(body)


def test_a_sitemap_cut_in_the_middle_gives_what_came_before():
    body = sitemap(*[NEWS.replace("/a", f"/{n}") for n in range(10)])
    assert 1 <= len(parse(body[: len(body) // 2])) < 10


def test_a_sitemap_reads_no_files():
    body = sitemap("<url><loc>http://news.example/&f;</loc></url>").replace(
        b"?>", b'?><!DOCTYPE urlset [<!ENTITY f SYSTEM "file:///etc/passwd">]>', 1
    )
    assert all("root" not in one.url for one in parse(body))
