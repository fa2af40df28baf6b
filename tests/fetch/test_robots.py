"""robots.txt: read, obeyed, and its absence told from its silence."""

from __future__ import annotations

import asyncio
import codecs
import gzip
import time

import pytest

from pipeline.fetch.http.politeness import Hosts
from pipeline.fetch.http.robots import ROBOTS_MAX_BYTES, read_rules
from pipeline.fetch.results import Failure, is_final
from pipeline.reasons import Reason

from .conftest import plain

RULES = b"""
User-agent: *
Disallow: /private/
Disallow: /*.pdf$
Allow: /private/open

User-agent: daybook
Disallow: /only-us
Crawl-delay: 2.5
"""


def objection(body: bytes, url: str, agent: str = "otherbot"):
    return read_rules(body, 200, None, agent=agent).objection(url)


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/", True),
        ("/private/x", False),
        ("/private/open", True),
        ("/a.pdf", False),
        ("/a.pdf?x", True),
        ("/only-us", True),
    ],
)
def test_rules_for_everybody(path, allowed):
    assert (objection(RULES, f"http://a.example{path}") is None) is allowed


def test_rules_for_us_replace_those_for_everybody():
    rules = read_rules(RULES, 200, None, agent="daybook")
    assert rules.objection("http://a.example/private/x") is None
    assert rules.objection("http://a.example/only-us").reason is Reason.ROBOTS
    assert rules.crawl_delay_seconds == 2.5


@pytest.mark.parametrize("status", [401, 403, 404, 410, 451])
def test_an_absent_file_allows_everything(status):
    failure = Failure(reason=Reason.HTTP_ERROR, detail=f"status {status}")
    assert read_rules(b"", status, failure, agent="x").objection("http://a.example/") is None


@pytest.mark.parametrize(
    ("status", "reason"),
    [(500, Reason.HTTP_ERROR), (503, Reason.HTTP_ERROR), (429, Reason.TOO_MANY_REQUESTS), (None, Reason.TIMEOUT)],
)
def test_a_file_that_cannot_be_read_forbids_everything_for_now(status, reason):
    failure = Failure(reason=reason, detail="…")
    against = read_rules(b"", status, failure, agent="x").objection("http://a.example/")
    assert against.reason is reason
    assert not is_final(against.reason, None)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (200, Reason.BAD_ENCODING),
        (200, Reason.TOO_LARGE),
        (200, Reason.NOT_TEXT),
        (302, Reason.BAD_REDIRECT),
        (204, Reason.HTTP_ERROR),
        (None, Reason.BAD_URL),
        (None, Reason.FORBIDDEN_ADDRESS),
    ],
)
def test_an_odd_answer_shuts_nothing(status, reason):
    failure = Failure(reason=reason, detail="…")
    assert read_rules(b"", status, failure, agent="x").objection("http://a.example/") is None


@pytest.mark.parametrize("line", ["User-agent: daybook/2.0", "user-agent:Daybook/0.1 (+https://a.example)"])
def test_a_version_behind_our_name_is_meant_for_us(line):
    rules = f"User-agent: *\nDisallow:\n\n{line}\nDisallow: /x\n".encode()
    assert objection(rules, "http://a.example/x", agent="daybook").reason is Reason.ROBOTS
    assert objection(rules, "http://a.example/x", agent="other") is None


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe\x00junk", b"\xef\xbb\xbfUser-agent: *\nDisallow: /x", b"<html>no</html>"]
)
def test_odd_files_do_not_break(body):
    assert objection(body, "http://a.example/y") is None


@pytest.mark.parametrize(
    "rules",
    [
        "User-agent: *\nDisallow: /x\n".encode("utf-16"),
        codecs.BOM_UTF16_BE + "User-agent: *\nDisallow: /x\n".encode("utf-16-be"),
        b"User-agent: *\x00\x00\nDisallow: /x\x00\n",
        b"User-agent: *\rDisallow: /x\r",
        b"User-agent: otherbot, daybook\nDisallow: /x",
        b"User-agent: *\nDisallow: http://a.example/x\n",
        b"User-agent: *\nDisallow: x\n",
        b"useragent: *\nDissallow /x\n",
    ],
    ids=range(8),
)
def test_rules_are_kept_as_they_were_meant(rules):
    assert objection(rules, "http://a.example/x/y", agent="daybook").reason is Reason.ROBOTS
    assert objection(rules, "http://a.example/y", agent="daybook") is None


@pytest.mark.parametrize(
    ("line", "seconds"),
    [
        ("Crawl-delay: 1,5", 1.5), ("Crawl-delay: 10s", 10), ("Crawl-delay: 2.5 # slow", 2.5), ("Request-rate: 1/10", 10),
        ("Crawl-delay: nan", 0), ("Crawl-delay: inf", 0), ("Crawl-delay: -3", 0), ("Crawl-delay: soon", 0),
    ],
)  # fmt: skip
def test_a_delay_is_kept_in_whatever_form(line, seconds):
    assert read_rules(f"User-agent: *\n{line}\n".encode(), 200, None, agent="x").crawl_delay_seconds == seconds


def test_a_byte_order_mark_does_not_hide_the_first_group():
    assert objection(b"\xef\xbb\xbfUser-agent: *\nDisallow: /x", "http://a.example/x") is not None


def test_a_forbidden_path_is_never_asked_and_the_file_only_once(server):
    server.list_pages("/private/1", "/private/2", "/open")
    server.routes |= {"/robots.txt": plain(RULES, content_type="text/plain"), "/open": plain(b"<p>x</p>")}
    settings = server.settings(user_agent="otherbot/1.0 (+mail)")
    (result,) = server.ask(settings=settings)
    assert server.paths == ["/feed.xml", "/open"]
    assert [path for path, *_ in server.log].count("/robots.txt") == 1
    assert dict(result.report.total.reasons) == {"robots": 2}


def test_each_hop_of_a_redirect_obeys_its_own_host(server):
    server.list_pages("/move")
    server.routes |= {
        "/robots.txt": lambda handler: plain(
            b"User-agent: *\nDisallow: /there" if handler.headers["Host"] == "b.example" else b""
        )(handler),
        "/move": plain(b"", 302, Location="http://b.example/there"),
        "/there": plain(b"secret"),
    }
    (result,) = server.ask()
    assert "/there" not in server.paths
    assert dict(result.report.total.reasons) == {"robots": 1}


def test_a_feed_behind_an_unreachable_robots_file_fails_and_may_come_back(server):
    server.list_pages("/a")
    server.routes["/robots.txt"] = plain(b"", 503)
    (result,) = server.ask()
    assert server.paths == []
    assert result.error.reason is Reason.HTTP_ERROR
    assert "robots.txt" in result.error.detail


def test_a_file_beyond_the_limit_is_cut_and_not_refused(server):
    body = b"User-agent: *\nDisallow: /private/\n" + b"# padding\n" * 60_000
    assert len(body) > ROBOTS_MAX_BYTES
    server.list_pages("/private/1", "/a")
    server.routes |= {"/robots.txt": plain(body, content_type="text/plain"), "/a": plain(b"<p>x</p>")}
    (result,) = server.ask()
    assert (result.report.total.new, result.report.total.quarantined) == (1, 1)


PACKED = gzip.compress(b"User-agent: *\nDisallow: /page\n")


@pytest.mark.parametrize(
    ("told", "parts"),
    [
        ("", [PACKED]),
        ("Content-Encoding: gzip\r\n", [gzip.compress(PACKED)]),
        ("Content-Encoding: gzip\r\n", [PACKED[:1], PACKED[1:]]),
    ],
    ids=["untold", "twice", "a byte at first"],
)
def test_rules_count_however_they_are_packed(server, told, parts):
    def answer(handler):
        handler.wfile.write(f"HTTP/1.1 200 OK\r\nConnection: close\r\n{told}\r\n".encode())
        for part in parts:
            handler.wfile.write(part)
            handler.wfile.flush()
            time.sleep(0.05)
        handler.close_connection = True

    server.list_pages("/page")
    server.routes["/robots.txt"] = answer
    server.ask()
    assert server.paths == ["/feed.xml"]


def test_rules_that_unpack_to_more_than_is_read_are_cut_as_others_are(server):
    server.list_pages("/page")
    server.routes["/robots.txt"] = plain(gzip.compress(gzip.decompress(PACKED) + b"#" * ROBOTS_MAX_BYTES))
    server.ask()
    assert server.paths == ["/feed.xml"]


def test_a_crawl_delay_is_waited_for(server):
    server.list_pages("/a", "/b")
    server.routes |= {"/a": plain(b"x"), "/b": plain(b"x")}
    server.routes["/robots.txt"] = plain(b"User-agent: *\nCrawl-delay: 0.3", content_type="text/plain")
    server.ask()
    starts = {path: start for path, start, *_ in server.log}
    first, second = sorted([starts["/a"], starts["/b"]])
    assert first - starts["/feed.xml"] >= 0.3
    assert second - first >= 0.3


def test_a_delay_of_more_than_a_minute_puts_the_rest_off():
    async def go():
        hosts = Hosts()
        host = hosts.of("A.example.")
        assert host is hosts.of("a.example")
        async with hosts.turn(host, 0, None) as refusal:
            assert refusal is None
        async with hosts.turn(host, 0, 3600) as refusal:
            assert refusal is None
        async with hosts.turn(host, 0, 3600) as refusal:
            return refusal

    assert asyncio.run(go()).reason is Reason.NOT_NOW
