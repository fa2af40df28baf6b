"""Listings are read in a process that may die of them, and a dead one is no listing."""

from __future__ import annotations

import asyncio
import json
import time

import psutil
import pytest

from pipeline.fetch.listings import isolated
from pipeline.fetch.listings.isolated import read_listing
from pipeline.fetch.listings.items import NotAListing
from pipeline.fetch.listings.reader import parse_listing
from pipeline.sandbox.pool import close_idle

URL = "http://news.example/feeds/latest.xml"
FEED = b"""<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>N</title>
<item><title>A \xc3\xa4 &amp;#x1F600;</title><link>/a</link><pubDate>Mon, 02 Mar 2026 10:00:00 +0200</pubDate></item>
<item><title/><link>http://news.example/b</link></item></channel></rss>"""
SITEMAP = b"""<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
<url><loc>http://news.example/a</loc><lastmod>2026-03-02T10:00:00+01:00</lastmod></url></urlset>"""
# The costliest that is known: as many entries as are read, in a feed that is broken.
MANY_ENTRIES = b"<rss>" + b"<item><title>A & B</title><link>/a?b=1&c=2</link></item>" * 50_000


def read(body: bytes, kind: str = "feed"):
    return asyncio.run(read_listing(body, kind=kind, url=URL, content_type=None, max_bytes=1_000_000))


def test_items_come_out_as_they_were_read():
    assert read(FEED) == parse_listing(FEED, url=URL, kind="feed", max_bytes=1_000_000)
    assert read(SITEMAP, "sitemap") == parse_listing(SITEMAP, url=URL, kind="sitemap", max_bytes=1_000_000)


def test_half_a_character_gets_through():
    facts = {"url": "http://news.example/\ud83d", "title": None, "listed_at": None, "changed_at": None, "fault": None}
    assert isolated._facts(isolated._item(json.loads(json.dumps(facts)))) == facts


def test_what_is_no_listing_says_why():
    with pytest.raises(NotAListing, match="no RSS, Atom or JSON Feed"):
        read(b"<html><body>Hello</body></html>")
    with pytest.raises(NotAListing, match="no sitemap"):
        read(b"<html/>", "sitemap")


def test_one_that_takes_too_long_costs_itself_alone(monkeypatch):
    monkeypatch.setattr(isolated, "LISTING_SECONDS", 0.5)
    started = time.process_time()
    with pytest.raises(NotAListing, match=r"took more than 0\.5 s of processor time"):
        read(MANY_ENTRIES)
    assert time.process_time() - started < 0.5, "this process reads nothing itself"
    assert len(read(FEED).items) == 2


def test_one_process_serves_many():
    close_idle()
    for _ in range(3):
        read(FEED)
    readers = [c for c in psutil.Process().children() if "pipeline.fetch.listings.isolated" in c.cmdline()]
    assert len(readers) == 1


@pytest.mark.parametrize("reference", ["&#%s;", "&amp;#%s;", "&#0%s;"])
def test_a_number_beyond_all_characters_costs_no_item(reference):
    body = FEED.replace(b"&amp;#x1F600;", (reference % ("9" * 5_000)).encode())
    assert [item.title for item in read(body).items] == ["A ä \ufffd", None]


@pytest.mark.parametrize("address", ["http://a" + "\u0301\u0316" * 50_000, "x" * 9_000])
def test_a_long_address_is_cut(address):
    body = FEED.decode().replace("<link>/a</link>", f"<link>{address}</link>").encode()
    first, second = read(body).items
    assert len(first.url) == 2_049
    assert second.url == "http://news.example/b"
