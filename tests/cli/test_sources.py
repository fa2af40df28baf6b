"""`daybook sources`: from a site's address to what becomes of its pages, typed as a person types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.fetch.sources import load_registry
from tests.fetch.conftest import Server, plain, server  # noqa: F401

SENTENCES = " ".join(
    f"On {day} the harbour board of Eastport weighed the {thing} and put the decision off until the engineers had spoken."
    for day, thing in zip(
        ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"),
        ("dredger", "ferry", "north quay", "toll", "lighthouse", "fish market"),
        strict=True,
    )
)
BODY = f"<article><h1>Harbour board waits</h1><p>{SENTENCES}</p></article>"
ARTICLE = f"<html lang=en><head><title>Harbour board waits</title></head><body>{BODY}</body></html>"
DATE = "<pubDate>Mon, 02 Mar 2026 08:00:00 GMT</pubDate>"


@pytest.fixture
def typed_sources(daybook, server: Server, tmp_path: Path):  # noqa: F811
    """`daybook sources …` with a sources file of its own, and a site to ask."""
    path = tmp_path / "sources.toml"
    path.write_text("# ours\n")
    head = '<meta property="og:site_name" content="Eastport Echo"><link rel=alternate type="application/rss+xml" href="/feed.xml">'
    server.routes["/"] = plain(f"<html lang=en><head>{head}</head></html>".encode())
    server.list_pages(server.url("/a"), server.url("/gone"), "mailto:x", date=DATE)
    server.routes["/a"] = plain(ARTICLE.encode())
    settings = {"resolve": f"example=127.0.0.1:{server.port}", "fetch_gap_seconds": "0", "sources": str(path)}

    def call(*arguments: object, check: bool = True, **more: str):
        return daybook("sources", *arguments, check=check, **settings, **more)

    call.path = path  # type: ignore[attr-defined]
    return call


def test_from_an_address_to_the_fate_of_each_item(typed_sources, server: Server, tmp_path: Path):  # noqa: F811
    shown = typed_sources("add", server.url("/"), "--country", "GB", "--dry-run")
    assert "a first poll of http://news.example/feed.xml asks 2 pages" in shown.stdout
    assert typed_sources.path.read_text() == "# ours\n"
    added = typed_sources("add", server.url("/"), "--country", "GB")
    assert "as eastport-echo" in added.stdout
    assert typed_sources.path.read_text().startswith("# ours\n\n[[source]]\n")
    source = load_registry(typed_sources.path).by_id["eastport-echo"]
    assert (source.publisher, source.language, source.country, source.enabled) == ("Eastport Echo", "en", "GB", True)
    assert "registered already, as eastport-echo" in typed_sources("add", server.url("/feed.xml")).stdout

    trial = json.loads(typed_sources("test", "eastport-echo", "--json").stdout)
    fates = {item["url"]: item["fate"] for item in trial["items"]}
    assert fates == {server.url("/a"): "article", server.url("/gone"): "http-error", "mailto:x": "bad-url"}
    (article,) = [item for item in trial["items"] if item["fate"] == "article"]
    assert article["published_at"].startswith("2026-03-02 08:00")
    assert (article["title"], article["published_at_source"]) == ("Harbour board waits", "feed")
    assert not (tmp_path / "warehouse").exists()

    some = json.loads(typed_sources("test", "eastport-echo", "--pages", "1", "--json").stdout)
    assert sum(item["fate"] == "not-asked" for item in some["items"]) == 1


def test_of_a_sitemap_the_newest_pages_are_shown_by_their_changes(typed_sources, server: Server):  # noqa: F811
    days = {f"/page-{n}": f"2026-03-{n:02}" for n in range(1, 21)}
    entries = "".join(f"<url><loc>{server.url(p)}</loc><lastmod>{day}</lastmod></url>" for p, day in days.items())
    space = "http://www.sitemaps.org/schemas/sitemap/0.9"
    server.routes["/map.xml"] = plain(f'<urlset xmlns="{space}">{entries}</urlset>'.encode())
    shown = typed_sources("add", server.url("/map.xml"), "--dry-run").stdout
    told = [line.split() for line in shown.partition("the newest:")[2].splitlines() if "/page-" in line]
    assert [row[0] for row in told] == sorted((row[0] for row in told), reverse=True)
    assert told[0][0] == "2026-03-20"
    assert told[0][-1].endswith("/page-20")


def test_a_machine_that_is_not_public_is_asked_once_somebody_says_so(typed_sources, server: Server):  # noqa: F811
    own = f"http://127.0.0.1:{server.port}/"
    told = typed_sources("add", own, "--dry-run", check=False)
    assert told.returncode == 1
    assert "forbidden-address" in told.stderr
    assert "DAYBOOK_ALLOW_HOSTS" in told.stderr
    assert "a first poll" in typed_sources("add", own, "--dry-run", allow_hosts="127.0.0.1").stdout


def test_a_source_that_fails_says_why(typed_sources, server: Server):  # noqa: F811
    typed_sources("add", server.url("/feed.xml"), "--id", "echo")
    server.routes["/feed.xml"] = plain(b"<html><p>We moved</p></html>")
    done = typed_sources("test", "echo", check=False)
    assert (done.returncode, "! echo failed: not-a-feed" in done.stdout) == (1, True)
    done = typed_sources("add", server.url("/none"), check=False)
    assert (done.returncode, "http-error: status 404" in done.stderr) == (1, True)


def test_switches_lists_and_doubts(typed_sources, server: Server):  # noqa: F811
    doubts = typed_sources("check", check=False)
    assert (doubts.returncode, "no source is enabled" in doubts.stdout) == (1, True)
    typed_sources("add", server.url("/feed.xml"), "--id", "echo", "--owner", "Pier House")
    typed_sources("check", user_agent="paper/1 (+https://paper.example)")
    typed_sources("disable", "echo")
    (facts,) = json.loads(typed_sources("list", "--json").stdout)
    assert (facts["enabled"], facts["owner"], facts["state"]) == (False, "Pier House", "never asked")
    assert "is on as before" not in typed_sources("enable", "echo").stdout
    assert "is on as before" in typed_sources("enable", "echo").stdout
    assert typed_sources("enable", "nobody", check=False).returncode == 2


def test_opml_in_and_out(typed_sources, project: Path, tmp_path: Path):
    starter, out = project / "samples" / "starter-sources.opml", tmp_path / "out.opml"
    typed_sources("import", starter, "--dry-run")
    assert typed_sources.path.read_text() == "# ours\n"
    typed_sources("import", starter)
    assert "0 registered" in typed_sources("import", starter).stdout
    typed_sources("export", out)
    assert typed_sources("export", out, check=False).returncode == 2
    registered = load_registry(typed_sources.path).sources
    assert out.read_text().count("<outline") == len(registered)
    assert not any(source.enabled for source in registered)
    typed_sources.path.write_text("")
    typed_sources("import", out, "--enable")
    assert [(s.source_id, s.url) for s in load_registry(typed_sources.path).sources] == [
        (s.source_id, s.url) for s in registered
    ]
