"""Listings as strangers write them: what can be read is read, what names no page is told."""

from __future__ import annotations

import codecs
import gzip
import json
from datetime import UTC, datetime

import pytest

from pipeline.fetch.listings.items import Item, NotAListing
from pipeline.fetch.listings.reader import parse_listing

URL = "http://news.example/feeds/latest.xml"
MAP = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'


def read(body: bytes | str, kind: str = "feed", content_type: str | None = None) -> tuple[Item, ...]:
    given = body.encode() if isinstance(body, str) else body
    return parse_listing(given, url=URL, kind=kind, content_type=content_type, max_bytes=1 << 22).items


def rss(*items: str, root: str = '<rss version="2.0">') -> str:
    return f"{root}<channel><title>N</title>{''.join(f'<item>{one}</item>' for one in items)}</channel></rss>"


def sitemap(*entries: str, spaces: str = MAP) -> str:
    return f'<?xml version="1.0"?><urlset {spaces}>{"".join(f"<url>{one}</url>" for one in entries)}</urlset>'


def paths(items: tuple[Item, ...]) -> list[str]:
    return [item.url.removeprefix("http://news.example") for item in items]


GOOD = "<title>Good</title><link>/good</link>"


@pytest.mark.parametrize(
    ("link", "path"),
    [
        ("/news.php?id=5&lang=en&part=3&copy=1&sect=2&amp;reg=7", "/news.php?id=5&lang=en&part=3&copy=1&sect=2&reg=7"),
        ("<![CDATA[/a?x=1&lang=en]]>", "/a?x=1&lang=en"),
        ("<![CDATA[/a?x=1&amp;y=2]]>", "/a?x=1&y=2"),
        ("/a?x=1&amp;amp;y=2", "/a?x=1&y=2"),
        ("\n  /a\n  ", "/a"),
        ("http://[news.example/a", "http://[news.example/a"),
    ],
)
@pytest.mark.parametrize("kind", ["feed", "sitemap"])
def test_an_address_keeps_its_letters(link, path, kind):
    body = rss(f"<link>{link}</link>", GOOD) if kind == "feed" else sitemap(f"<loc>{link}</loc>", "<loc>/good</loc>")
    assert paths(read(body, kind)) == [path, "/good"]


@pytest.mark.parametrize(
    ("markup", "title"),
    [
        ("AT&T and R&D", "AT&T and R&D"),
        ("a&nbsp;b &eacute; &copy; &unknown;", "a b é © &unknown;"),
        ("T&#x110000;&#xD800;&#99999999999;", "T\ufffd\ufffd\ufffd"),
        ("bell\x08 &#8; \x1b", "bell"),
        ("5 < 6", "5 < 6"),
        ("A <b>bold</b> move", "A bold move"),
        ("<![CDATA[A & B <i>c</i>]]>", "A & B c"),
        ("&#128;5 &#x92;", "€5 ’"),
        ("x <unclosed", "x"),
    ],
)
@pytest.mark.parametrize("kind", ["feed", "sitemap"])
def test_a_title_costs_no_item(markup, title, kind):
    if kind == "feed":
        body = rss(GOOD, f"<link>/odd</link><title>{markup}</title>", GOOD.replace("good", "last"))
    else:
        odd = f"<loc>/odd</loc><news:news><news:title>{markup}</news:title></news:news>"
        body = sitemap("<loc>/good</loc>", odd, "<loc>/last</loc>")
    found = read(body, kind)
    assert paths(found) == ["/good", "/odd", "/last"]
    assert found[1].title == title or "unclosed" in markup


@pytest.mark.parametrize(
    ("spaces", "prefix"),
    [(MAP, "news"), (MAP.partition(" xmlns:news")[0], "news"), ("", "news"), (MAP.replace("news=", "n="), "n"),
     (MAP.replace("http://www.google", "https://www.google"), "news"), ('xmlns="http://www.sitemaps.org/wrong"', "x")],
)  # fmt: skip
def test_a_news_sitemap_without_its_namespaces(spaces, prefix):
    one = f"""<loc>/a</loc><image:image><image:loc>/a.jpg</image:loc><image:title>No</image:title></image:image><{prefix}:news>
    <{prefix}:publication_date>2026-03-02T10:00:00+01:00</{prefix}:publication_date><{prefix}:title>Yes</{prefix}:title></{prefix}:news>"""
    first, second = read(sitemap(one, "<loc>/b</loc>", spaces=spaces), "sitemap")
    assert (first.url, first.title) == ("http://news.example/a", "Yes")
    assert first.listed_at == datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert second.url == "http://news.example/b"


@pytest.mark.parametrize("text", ["Мост у мельницы", "Größe — Fähre", "水車小屋の橋", "Łódź żółć"])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-16", "utf-8-sig", "windows-1251", "iso-8859-2", "shift_jis", "windows-1252"]
)
def test_encodings(text, encoding):
    label = encoding.removesuffix("-sig")
    body = f'\n\n<?xml version="1.0" encoding="{label}"?>\n{rss(f"<title>{text}</title><link>/a</link>", GOOD)}'
    try:
        given = body.encode(encoding)
    except UnicodeEncodeError:
        pytest.skip("this text is not written so")
    assert [item.title for item in read(given)] == [text, "Good"]
    assert [item.title for item in read(given, content_type="text/xml; charset=iso-8859-1")] == [text, "Good"]


def test_one_wrong_byte_is_one_wrong_character():
    body = rss("<title>Мост\u00e9 у мельницы</title><link>/a</link>", GOOD).encode().replace("\u00e9".encode(), b"\xe9")
    assert read(body)[0].title == "Мост\ufffd у мельницы"
    assert paths(read(body)) == ["/a", "/good"]
    assert read(codecs.BOM_UTF8 * 2 + body)[0].title == "Мост\ufffd у мельницы"


WHOLE = sitemap(*(f"<loc>/{n}</loc>" for n in range(400))).encode()


@pytest.mark.parametrize("behind", [b"", b"<!-- cached -->", b"\x00" * 9, b"\x1f\x8bjunk"])
def test_junk_behind_a_gzip_stream(behind):
    assert len(read(gzip.compress(WHOLE) + behind, "sitemap")) == 400
    assert len(read(gzip.compress(gzip.compress(WHOLE)) + behind, "sitemap")) == 400
    assert len(read(gzip.compress(WHOLE[:5_000]) + gzip.compress(WHOLE[5_000:]), "sitemap")) == 400


@pytest.mark.parametrize("kind", ["feed", "sitemap"])
def test_a_broken_gzip_tail_gives_what_came_before(kind):
    packed = gzip.compress(WHOLE)
    assert 50 <= len(read(packed[: len(packed) // 2], kind)) < 400
    damaged = packed[:-8] + bytes(8)  # a wrong checksum
    assert len(read(damaged, kind)) == 400


@pytest.mark.parametrize(
    "before", ["\n\n", "\ufeff", "\ufeff\ufeff ", "<br />\n<b>Warning</b>: x in /a.php\n", "<!-- a --> "]
)
def test_what_stands_before_a_listing(before):
    assert paths(read(f'{before}<?xml version="1.0"?>{rss(GOOD)}')) == ["/good"]
    assert paths(read(before + sitemap("<loc>/good</loc>"), "sitemap")) == ["/good"]


ATOM = 'xmlns="http://www.w3.org/2005/Atom"'
NEWS = "<loc>/good</loc><news:news><news:title>Good</news:title></news:news>"
FORMS = {
    "0.91": f'<!DOCTYPE rss PUBLIC "-//Netscape//DTD RSS 0.91//EN" "http://x.example/rss.dtd">{rss(GOOD)}',
    "rdf": '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"><channel/>'
    f'<item rdf:about="/about">{GOOD}</item></rdf:RDF>',
    "rdf-0.90": f'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://my.netscape.com/rdf/simple/0.9/"><item>{GOOD}</item></rdf:RDF>',
    "no-root": f"<channel><item>{GOOD}</item></channel>",
    "prefixed": '<rss xmlns:r="http://purl.org/rss/1.0/"><r:item><r:title>Good</r:title><r:link>/good</r:link></r:item></rss>',
    "undeclared": "<rss><r:item><r:title>Good</r:title><r:link>/good</r:link></r:item></rss>",
    "capitals": "<RSS><CHANNEL><ITEM><TITLE>Good</TITLE><LINK>/good</LINK></ITEM></CHANNEL></RSS>",
    "media": rss("<media:title>No</media:title><image><title>No</title><link>/no</link></image>" + GOOD),
    "atom": '<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>Good</title><link rel="self" href="/no"/>'
    '<link rel="alternate" href="/good"/></entry></feed>',
    "atom-0.3": '<feed version="0.3" xmlns="http://purl.org/atom/ns#"><entry><title>Good</title><link href="/good"/></entry></feed>',
    "atom-base": f'<feed {ATOM} xml:base="http://news.example/"><entry><title>Good</title><link href="good"/></entry></feed>',
    "atom-prefixed": f'<a:feed {ATOM.replace("=", ":a=", 1)}><a:entry><a:title>Good</a:title><a:link href="/good"/></a:entry></a:feed>',
    "atom-id": '<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>Good</title><id>http://news.example/good</id></entry></feed>',
    "atom-in-rss": rss('<title>Good</title><atom:link rel="self" href="/no"/><atom:link href="/good"/>'),
    "json": json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", "url": "/good", "title": "Good"}]}),
    "json-1.0": json.dumps({"version": "https://jsonfeed.org/version/1", "items": [{"id": "http://news.example/good", "title": "Good"}]}),
    "as-sitemap": sitemap(NEWS),
    "nested": f"<urlset>{sitemap(NEWS, spaces='').partition('?>')[2]}</urlset>",
    "guid": rss('<title>Good</title><guid isPermaLink="false">http://news.example/good</guid>'),
    "gml": rss(GOOD + "<gml:posList>45 -71</gml:posList>"),
}  # fmt: skip


@pytest.mark.parametrize("kind", ["feed", "sitemap"])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_read_as_either_kind(form, kind):
    (one,) = read(FORMS[form], kind)
    assert (one.url, one.title) == ("http://news.example/good", "Good")
    (again,) = read(FORMS[form].replace("</rss>", "").replace("</feed>", "").replace("</urlset>", ""), kind)
    assert again == one


@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n  "])
def test_a_list_of_addresses_is_a_sitemap(end):
    body = f"\ufeffhttp://news.example/a{end}https://news.example/b{end}not an address{end}"
    assert paths(read(body, "sitemap")) == ["/a", "https://news.example/b", "not an address"]
    with pytest.raises(NotAListing):
        read(body, "feed")


def test_what_names_no_page_says_so():
    body = rss(
        '<title>Episode</title><guid isPermaLink="false">e0</guid><enclosure url="/e0.mp3"/>',
        "<title>Only a title</title>",
        "",
        "<link/>",
        GOOD,
    )
    told = ["no link: e0", "no link: Only a title", "no link: entry 3", "no link: entry 4"]
    for given in (body, body.replace("</rss>", "")):
        found = read(given)
        assert [item.url for item in found[:4]] == told
        assert [bool(item.fault) for item in found] == [True] * 4 + [False]
    assert [item.fault for item in read(sitemap("<loc> </loc>", "<loc>/a</loc>"), "sitemap")] == ["no location", None]
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "items": [{"id": "7", "title": "T"}, "odd", {"id": 1, "url": "/a"}],
    }
    assert [item.url for item in read(json.dumps(feed))] == ["no link: 7", "no link: entry 2", "http://news.example/a"]


@pytest.mark.parametrize(
    "broken",
    [
        "<title>T<link>/odd</link></item>",
        "<title>T</title><description><p>a<br>b</description><link>/odd</link></item>",
        "<title><![CDATA[T</title><link>/odd</link></item>",
        "<title>T</title></title><link>/odd</link></item></item>",
        "<title>T</title><link>/odd</link>",
        "<title>T</title><link>/odd</link><!-- a -- b </item>",
        "<title>T</title><link>/odd</link><a b=c d></item>",
    ],
)
def test_a_broken_item_harms_no_neighbour(broken):
    body = f"<rss><channel><item>{GOOD}</item><item>{broken}<item>{GOOD.replace('good', 'last')}</item></channel></rss>"
    found = paths(read(body))
    assert found[0] == "/good" and found[-1] == "/last" and len(found) == 3
    assert found[1] == "/odd" or broken.startswith("<title><![CDATA[")


def test_an_item_that_was_taken_out_stays_out():
    gone = "<!-- <item><title>Gone</title><link>/gone</link></item> -->"
    body = rss(GOOD).replace("</channel>", f"{gone}<item>{GOOD.replace('good', 'last')}</item></channel>")
    assert paths(read(body)) == paths(read(body.replace("</rss>", ""))) == ["/good", "/last"]


def test_a_cut_address_is_no_address():
    body = rss(GOOD, "<title>Cut</title><link>http://news.example/a/long/address</link>").partition("/address")[0]
    first, second = read(body)
    assert (first.fault, second.fault, second.title) == (None, "no link", "Cut")


def test_a_json_feed_that_is_broken_gives_what_stands_whole():
    items = [
        {"id": n, "url": f"/{n}", "title": f"T{n}", "authors": [{"name": "A", "url": "/no"}],
         "attachments": [{"url": "/no.mp3", "mime_type": "audio/mpeg"}], "date_published": "2026-03-02T10:00:00+01:00"}
        for n in range(6)
    ]  # fmt: skip
    whole = json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": items})
    assert [item.listed_at for item in read(whole)][:1] == [None]  # one time of six items is the feed's
    assert paths(read(whole[:-60])) == ["/0", "/1", "/2", "/3", "/4"]
    assert paths(read(whole.replace('"T2",', '"T2" ', 1))) == ["/0", "/1", "/3", "/4", "/5"]


@pytest.mark.parametrize(
    ("date", "listed", "changed"),
    [
        ("Mon, 02 Mar 2026 10:00:00 CET", "2026-03-02T09:00:00", "2026-03-02T09:00:00"),
        ("Mon, 02 Mar 2026 10:00 PM EST", "2026-03-03T03:00:00", "2026-03-03T03:00:00"),
        ("2016/6/29 15:07:41", "2016-06-29T00:00:00", "2016-06-29T15:07:41"),
        ("20-04-2020 19:00 +0400", "2020-04-20T15:00:00", "2020-04-20T15:00:00"),
        ("Ke, 04 Maa 2026 11:34:37 +0000", "2026-03-04T11:34:37", "2026-03-04T11:34:37"),
        ("Aug 15, 2019", "2019-08-15T00:00:00", "2019-08-15T00:00:00"),
        ("2026-03-02 21:15:00", "2026-03-02T00:00:00", "2026-03-02T21:15:00"),
        ("1772445600", "2026-03-02T10:00:00", "2026-03-02T10:00:00"),
        ("03/02/2026 10:00", None, None),
        ("soon", None, None),
    ],
)
def test_a_listings_times_are_read_as_a_pages(date, listed, changed):
    def instant(text):
        return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None

    feed = read(rss(f"{GOOD}<pubDate>{date}</pubDate>"))[0]
    news = read(
        sitemap(f"<loc>/a</loc><news:news><news:publication_date>{date}</news:publication_date></news:news>"), "sitemap"
    )[0]
    assert [(one.listed_at, one.changed_at) for one in (feed, news)] == [(instant(listed), instant(changed))] * 2


def test_a_feeds_own_region_tells_its_days_from_its_months():
    body = rss(f"{GOOD}<pubDate>03/02/2026 10:00</pubDate>")
    days = {
        region: read(body.replace("<title>N</title>", f"<title>N</title><language>{region}</language>"))[0].listed_at
        for region in ("en-us", "en-gb", "en")
    }
    assert days == {"en-us": datetime(2026, 3, 2, tzinfo=UTC), "en-gb": datetime(2026, 2, 3, tzinfo=UTC), "en": None}


def test_a_day_that_many_items_share_is_a_day():
    items = [f"<link>/{n}</link><pubDate>Mon, 02 Mar 2026 00:00:00 GMT</pubDate>" for n in range(8)]
    assert {(one.listed_at, one.changed_at) for one in read(rss(*items))} == {(datetime(2026, 3, 2, tzinfo=UTC), None)}


@pytest.mark.parametrize(
    "link",
    [
        "\u200bhttps://n.example/a\u200b", "\u201chttps://n.example/a\u201d", "'https://n.example/a'", "https:/n.example/a",
        "https:n.example/a", "https//n.example/a", "https:///n.example/a", "https:\\\\n.example/a", "HTTPS://n.example/a",
        "&lt;https://n.example/a&gt;", "&lt;a href=&quot;https://n.example/a&quot;&gt;here&lt;/a&gt;",
    ],
    ids=range(11),
)  # fmt: skip
def test_a_link_is_taken_as_it_was_meant(link):
    feed = f"<rss><channel><item><link>{link}</link></item></channel></rss>"
    (item,) = parse_listing(feed.encode(), url=URL, kind="feed", max_bytes=1 << 22).items
    assert (item.url.lower(), item.fault) == ("https://n.example/a", None)


@pytest.mark.parametrize(
    ("entry", "url"),
    [
        (
            '<link rel="http://www.iana.org/assignments/relation/alternate" href="http://n.example/1"/>',
            "http://n.example/1",
        ),
        (
            '<link rel="self" href="http://n.example/s"/><content type="text/html" src="http://n.example/1"/>',
            "http://n.example/1",
        ),
        ("<link>#</link><guid>http://n.example/1</guid>", "http://n.example/1"),
        ("<link>www.n.example/1</link>", "http://www.n.example/1"),
    ],
)
def test_the_page_of_an_entry_is_found(entry, url):
    feed = f'<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>A</title>{entry}</entry></feed>'
    assert [item.url for item in parse_listing(feed.encode(), url=URL, kind="feed", max_bytes=1 << 22).items] == [url]


def test_entries_under_another_root_are_listed_all_the_same():
    entry = '<entry><link href="http://n.example/a"/></entry>'
    item = "<item><link>http://n.example/a</link></item>"
    for feed in (f"<rss><channel>{entry}</channel></rss>", f"<feed>{item}</feed>"):
        assert [one.url for one in parse_listing(feed.encode(), url=URL, kind="feed", max_bytes=1 << 22).items] == [
            "http://n.example/a"
        ]
    image = "<rss><channel><image><url>http://n.example/logo.png</url></image></channel></rss>"
    assert parse_listing(image.encode(), url=URL, kind="feed", max_bytes=1 << 22).items == ()
    page = b"<sitemapindex><url><loc>http://n.example/a</loc></url></sitemapindex>"
    assert len(parse_listing(page, url=URL, kind="sitemap", max_bytes=1 << 22).items) == 1
    part = b"<urlset><sitemap><loc>http://n.example/s.xml</loc></sitemap></urlset>"
    assert parse_listing(part, url=URL, kind="sitemap", max_bytes=1 << 22).sitemaps == ("http://n.example/s.xml",)


def test_remarks_in_a_list_of_addresses_are_none():
    text = b"\xef\xbb\xbf# all of ours\r\n\r\nhttp://n.example/a\t2026-03-02\r\n# more\r\nhttp://n.example/b"
    items = parse_listing(text, url=URL, kind="sitemap", max_bytes=1 << 22).items
    assert [item.url for item in items] == ["http://n.example/a", "http://n.example/b"]
