"""The newsroom over real HTTP: hosts, moments, validators, compression, refusals."""

from __future__ import annotations

import gzip
import http.client
import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urljoin

import feedparser
import pytest
from lxml import etree
from lxml import html as lxml_html

from newsroom import DAYS, Handle, day_end, load_newsroom, serve
from tests.newsroom.crawl_audit import read_log
from tests.newsroom.small_newsroom import ask
from tests.sample_newsroom import NEWSROOM, TRUTH

COURIER, LEDGER = "www.harbour-courier.example", "www.vale-ledger.example"
CORRECTED = "/news/torrin-cells-to-close-40110/"
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def handle() -> Iterator[Handle]:
    with serve() as running:
        yield running


def test_one_port_serves_each_outlet_by_host(handle: Handle) -> None:
    for outlet in NEWSROOM.outlets:
        status, _, body = ask(handle, f"{outlet.host}:{handle.port}", "/")
        assert status == 200
        assert outlet.name.encode() in body
        assert ask(handle, outlet.host.replace(".example", ".localhost"), "/")[0] == 200
    assert ask(handle, "other.example", "/")[0] == 421
    assert COURIER.replace(".example", ".localhost").encode() in ask(handle, "127.0.0.1", "/")[2]


def test_the_bare_host_and_old_addresses_redirect(handle: Handle) -> None:
    status, headers, _ = ask(handle, "vale-ledger.example", CORRECTED)
    assert (status, headers["Location"]) == (301, f"http://{LEDGER}{CORRECTED}")
    for outlet in NEWSROOM.outlets:
        for old, new in outlet.moved.items():
            status, headers, _ = ask(handle, outlet.host, old)
            assert (status, headers["Location"]) == (301, outlet.url(new))
            assert ask(handle, outlet.host, new)[0] == 200


def test_pages_exist_only_after_their_moment(handle: Handle) -> None:
    for page in NEWSROOM.pages:
        at = page.published_at
        assert ask(handle, page.outlet.host, page.path, at.isoformat(), method="HEAD")[0] == 404
        troubled = page.is_missing or page.outlet.trouble_at(page.path, at + timedelta(seconds=1))
        later = ask(handle, page.outlet.host, page.path, (at + timedelta(seconds=1)).isoformat(), method="HEAD")[0]
        assert (later == 200) is not bool(troubled)
        if page.gone_at:
            assert ask(handle, page.outlet.host, page.path)[0] == 410
    assert ask(handle, COURIER, "/nothing-here.html")[0] == 404


def test_an_unreadable_moment_is_refused(handle: Handle) -> None:
    assert ask(handle, COURIER, "/feed.xml", "{window_end}")[0] == 400
    assert (
        ask(handle, COURIER, "/feed.xml", "2026-03-03T00:00:00")[2]
        == ask(handle, COURIER, "/feed.xml", "2026-03-03T01:00:00+01:00")[2]
    )


def test_feeds_list_the_last_48_hours(handle: Handle) -> None:
    for outlet, day in itertools.product(NEWSROOM.outlets, DAYS):
        now = day_end(day)
        if outlet.trouble_at(outlet.feed.path, now):
            continue
        _, headers, body = ask(handle, outlet.host, outlet.feed.path, now.isoformat())
        assert headers["Content-Type"] == outlet.feed.content_type
        if outlet.feed.kind == "sitemap":
            links = [loc.text or "" for loc in etree.fromstring(body).iterfind("{*}url/{*}loc")]
        else:
            feed = feedparser.parse(body)
            assert not feed.bozo
            links = [urljoin(outlet.url("/"), entry.link) for entry in feed.entries]
        listed = NEWSROOM.listed(outlet, now)
        assert len(listed) <= 30
        for link, page in zip(links, listed, strict=True):
            own = (
                link == outlet.url(page.listed_path)
                if page.listed_path
                else link.split("?")[0] == page.url.split("?")[0]
            )
            assert own, (link, page.key)
    first = ask(handle, COURIER, "/feed.xml", "2026-03-01T00:00:00Z")
    assert first[0] == 200
    assert feedparser.parse(first[2]).entries == []


def test_every_listed_address_leads_to_its_page(handle: Handle) -> None:
    for page in NEWSROOM.pages:
        if page.listed_path is None or page.is_missing:
            continue
        soon = (page.published_at + timedelta(seconds=1)).isoformat()
        status, headers, _ = ask(handle, page.outlet.host, page.listed_path, soon, method="HEAD")
        if status in (301, 302):
            assert headers["Location"] == page.url
        else:
            assert (status, NEWSROOM.page_at(page.outlet, page.listed_path)) == (200, page)


def test_a_correction_shows_after_its_time(handle: Handle) -> None:
    before = ask(handle, LEDGER, CORRECTED, day_end(DAYS[0]).isoformat())[2].decode()
    after = ask(handle, LEDGER, CORRECTED, day_end(DAYS[1]).isoformat())[2].decode()
    url = f"http://{LEDGER}{CORRECTED}"
    truth = next(line for line in TRUTH.corrections if line.url == url)
    assert truth.old in before
    assert truth.new not in before
    assert "article:modified_time" not in before
    assert truth.new in after
    assert truth.old not in after
    assert 'article:modified_time" content="2026-03-03T09:30:00+01:00"' in after
    feed = feedparser.parse(ask(handle, LEDGER, "/atom/latest", day_end(DAYS[1]).isoformat())[2])
    entry = next(entry for entry in feed.entries if entry.link.endswith(CORRECTED))
    assert (entry.published, entry.updated) == ("2026-03-02T08:15:00+01:00", "2026-03-03T09:30:00+01:00")


@pytest.mark.parametrize("validator", ["etag", "date"])
def test_known_answers_are_not_sent_again(handle: Handle, validator: str) -> None:
    first, second = (day_end(day).isoformat() for day in DAYS[:2])
    _, headers, _ = ask(handle, LEDGER, "/atom/latest", first)
    known = (
        {"If_None_Match": headers["ETag"]} if validator == "etag" else {"If_Modified_Since": headers["Last-Modified"]}
    )
    status, _, body = ask(handle, LEDGER, "/atom/latest", first, **known)
    assert (status, body) == (304, b"")
    assert ask(handle, LEDGER, "/atom/latest", second, **known)[0] == 200
    assert ask(handle, LEDGER, CORRECTED, second, If_Modified_Since="Mon, 02 Mar 2026 23:00:00 GMT")[0] == 200
    assert ask(handle, LEDGER, CORRECTED, first, If_Modified_Since="Mon, 02 Mar 2026 23:00:00 GMT")[0] == 304
    assert ask(handle, LEDGER, CORRECTED, first, If_Modified_Since="yesterday")[0] == 200


def test_gzip_for_those_who_take_it(handle: Handle) -> None:
    _, plain_headers, plain = ask(handle, COURIER, "/feed.xml")
    _, headers, zipped = ask(handle, COURIER, "/feed.xml", Accept_Encoding="gzip, deflate")
    assert headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain_headers
    assert gzip.decompress(zipped) == plain
    assert headers["ETag"] != plain_headers["ETag"]
    assert ask(handle, COURIER, "/feed.xml", Accept_Encoding="gzip", If_None_Match=headers["ETag"])[0] == 304


def test_head_has_headers_and_no_body(handle: Handle) -> None:
    _, headers, body = ask(handle, COURIER, "/feed.xml")
    status, head_headers, nothing = ask(handle, COURIER, "/feed.xml", method="HEAD")
    assert (status, nothing) == (200, b"")
    assert head_headers == headers
    assert int(headers["Content-Length"]) == len(body)


def test_robots_closes_what_it_says(handle: Handle) -> None:
    for outlet in NEWSROOM.outlets:
        _, headers, body = ask(handle, outlet.host, "/robots.txt")
        assert headers["Content-Type"].startswith("text/plain")
        for prefix in outlet.forbidden:
            assert f"Disallow: {prefix}" in body.decode()
    refused = {page.url for page in TRUTH.pages if any(f.reason == "robots" for f in page.fates.values())}
    closed = {p.url for p in NEWSROOM.pages if p.outlet.forbidden and p.path.startswith(p.outlet.forbidden)}
    assert refused == closed != set()


def test_equal_questions_get_equal_bytes() -> None:
    answers = []
    quick = [page for page in NEWSROOM.pages if page.behaviour not in ("slow", "endless")]
    for _ in range(2):
        with serve(newsroom=load_newsroom()) as running:
            now = day_end(DAYS[1]).isoformat()
            answers.append([ask(running, page.outlet.host, page.path, now) for page in quick])
    assert answers[0] == answers[1]


def test_every_link_of_a_front_page_leads_somewhere(handle: Handle) -> None:
    for outlet in NEWSROOM.outlets:
        tree = lxml_html.fromstring(ask(handle, outlet.host, "/")[2])
        paths = tree.xpath("//h2/a/@href | //ul[@class='headlines']//a/@href")
        titled = [page for page in NEWSROOM.published(outlet, NEWSROOM.end) if page.title]
        assert paths == [page.path for page in titled]
        for page in titled:
            status = ask(handle, outlet.host, page.path, method="HEAD")[0]
            assert status == (404 if page.is_missing else 200)


def test_the_access_log_says_what_was_asked_and_when(tmp_path: Path) -> None:
    with serve(log_path=tmp_path / "access.log") as running:
        now = day_end(DAYS[0]).isoformat()
        before = time.monotonic()
        ask(running, COURIER, "/feed.xml?x=1", now, User_Agent="reader/1")
        ask(running, LEDGER, "/nowhere", now, If_None_Match='"x"')
        after = time.monotonic()
        requests = running.requests
    assert [(r.host, r.target, r.status, r.now, r.conditional) for r in requests] == [
        (COURIER, "/feed.xml?x=1", 200, now, False),
        (LEDGER, "/nowhere", 404, now, True),
    ]
    assert requests[0].user_agent == "reader/1"
    moments = [moment for r in requests for moment in (r.arrived_seconds, r.ended_seconds)]
    assert [before, *moments, after] == sorted([before, *moments, after])
    assert read_log(tmp_path / "access.log") == requests


def test_it_listens_on_this_machine_only_and_closes() -> None:
    with pytest.raises(ValueError, match=r"127\.0\.0\.1 only"):
        serve(host="0.0.0.0")
    running = serve()
    port = running.port
    running.close()
    running.close()
    with pytest.raises(ConnectionRefusedError):
        http.client.HTTPConnection("127.0.0.1", port, timeout=5).request("GET", "/")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_serves_until_it_is_told_to_end(number: signal.Signals) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "newsroom", "--port", "0"],
        cwd=ROOT, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    try:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(3 + 2 * len(NEWSROOM.outlets))]
        assert "DAYBOOK_RESOLVE=example=127.0.0.1:" in said[-1]
        process.send_signal(number)
        assert process.wait(timeout=20) == 0
    finally:
        process.kill()
        process.communicate()


def test_a_taken_port_is_one_clear_line(handle: Handle) -> None:
    process = subprocess.run(
        [sys.executable, "-m", "newsroom", "--port", str(handle.port)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 1
    assert process.stderr.count("\n") == 1
    assert f"port {handle.port}" in process.stderr
