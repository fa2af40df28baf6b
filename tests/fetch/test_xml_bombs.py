"""Entities, DTDs and inclusions in listings: nothing is expanded, nothing is read or asked, and the next source is read."""

from __future__ import annotations

import time

import pytest

from pipeline.fetch.sources import Source

from .conftest import plain

PAGE = plain(b"<p>news</p>")
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 8))
DOCTYPES = {
    "laughs": (f'<!DOCTYPE x [<!ENTITY l0 "ha">{LAUGHS}]>', "&l7;"),
    "quadratic": (f'<!DOCTYPE x [<!ENTITY a "{"a" * 100_000}">]>', "&a;" * 30_000),
    "parameters": ("<!DOCTYPE x [<!ENTITY % a \"<!ENTITY b '{canary}'>\">%a;%a;]>", "&b;"),
    "a file": ('<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>', "&f;"),
    "an address": ('<!DOCTYPE x [<!ENTITY f SYSTEM "{canary}">]>', "&f;"),
    "a public name": ('<!DOCTYPE x [<!ENTITY f PUBLIC "-//X//EN" "{canary}">]>', "&f;"),
    "a DTD elsewhere": ('<!DOCTYPE x SYSTEM "{canary}">', "x"),
    "a parameter elsewhere": ('<!DOCTYPE x [<!ENTITY % p SYSTEM "{canary}"> %p;]>', "x"),
    "an inclusion": ("", '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{canary}"/>'),
    "a style sheet": ('<?xml-stylesheet type="text/xsl" href="{canary}"?>', "x"),
    "a schema": ("", '<y xmlns:s="http://www.w3.org/2001/XMLSchema-instance" s:schemaLocation="x {canary}"/>'),
    "itself": ('<!DOCTYPE x [<!ENTITY a "&b;"><!ENTITY b "&a;">]>', "&a;"),
}


def listing(kind: str, form: str, canary: str, good: str) -> bytes:
    before, within = (text.replace("{canary}", canary) for text in DOCTYPES[form])
    if kind == "feed":
        items = f"<item><title>{within}</title><link>{good}</link></item>"
        return (
            f'<?xml version="1.0"?>{before}<rss version="2.0"><channel><title>T</title>{items}</channel></rss>'.encode()
        )
    entry = f"<url><loc>{good}</loc><n:news><n:title>{within}</n:title></n:news></url>"
    return f'<?xml version="1.0"?>{before}<urlset xmlns="s" xmlns:n="n">{entry}</urlset>'.encode()


@pytest.mark.parametrize("kind", ["feed", "sitemap"])
@pytest.mark.parametrize("form", DOCTYPES)
def test_what_a_listing_refers_to_is_neither_expanded_nor_asked_for(server, form, kind):
    server.routes |= {"/good": PAGE, "/beside": PAGE, "/canary": plain(b'<!ENTITY x "reached">')}
    body = listing(
        kind, form, server.url("/canary").replace("news.example", f"127.0.0.1:{server.port}"), server.url("/good")
    )
    server.routes["/odd"] = plain(body, content_type="application/xml")
    server.list_pages("/beside", path="/beside.xml")
    odd = Source(source_id="odd", kind=kind, url=server.url("/odd"))
    beside = Source(source_id="beside", kind="feed", url=server.url("/beside.xml"))
    began = time.process_time()
    first, second = server.ask(odd, beside)
    assert second.pages.num_rows == 1
    assert "/canary" not in server.paths
    titles = "".join(title or "" for title in first.pages["listed_title"].to_pylist())
    assert "root:" not in titles
    assert "reached" not in titles
    assert len(titles) <= 1_000
    assert first.error is not None or first.pages["requested_url"].to_pylist() == [server.url("/good")]
    assert time.process_time() - began < 10


@pytest.mark.parametrize("kind", ["feed", "sitemap"])
@pytest.mark.parametrize(
    "body", [b"", b" \n", b"<!doctype html><html><body><p>We moved</p></body></html>", b"{}", b"\x00" * 90]
)
def test_what_is_no_listing_is_told_as_none(server, body, kind):
    server.routes["/odd"] = plain(body, content_type="text/html")
    (result,) = server.ask(Source(source_id="odd", kind=kind, url=server.url("/odd")))
    assert str(result.error).startswith("not-a-feed: ")
    assert result.feed_state.to_pylist()[0]["failure_streak"] == 1


@pytest.mark.drill
@pytest.mark.parametrize(("kind", "opening"), [("feed", "<rss><channel>"), ("sitemap", "<urlset>")])
def test_depth_and_breadth_are_read_or_told_in_bounded_time(server, kind, opening):
    bodies = {
        "/deep": (opening + "<a>" * 100_000).encode(),
        "/wide": (opening + "<item/><url/>" * 50_000).encode(),
        "/attributes": (opening + "<item " + " ".join(f'a{n}="x"' for n in range(2_000)) + "/>").encode(),
    }
    server.routes |= {path: plain(body, content_type="application/xml") for path, body in bodies.items()}
    server.list_pages("/beside", path="/beside.xml")
    server.routes["/beside"] = PAGE
    sources = [Source(source_id=path[1:], kind=kind, url=server.url(path)) for path in bodies]
    results = server.ask(*sources, Source(source_id="beside", kind="feed", url=server.url("/beside.xml")))
    assert results[-1].pages.num_rows == 1
    assert all(result.pages.num_rows == 0 for result in results[:-1])
