"""Being a good guest: hosts that are never asked, credentials that go nowhere else, and what a page's head reserves."""

from __future__ import annotations

import logging

import pytest

from pipeline.errors import SettingsError
from pipeline.fetch.reservations import reserved_rights
from pipeline.fetch.sources import Source
from pipeline.reasons import Reason
from pipeline.settings import Settings

from .conftest import plain
from .test_polling import counts

PAGE = plain(b"<p>news</p>")


@pytest.mark.parametrize("blocked", ["shut.example", "SHUT.example.", "www.shut.example"])
def test_a_blocked_host_is_never_asked(server, blocked):
    server.list_pages("http://www.shut.example/a", "/away", "/open", "http://notshut.example/b")
    server.routes |= {"/a": PAGE, "/open": PAGE, "/b": PAGE}
    server.routes["/away"] = plain(b"", 302, Location="http://www.shut.example/a")
    (result,) = server.ask(settings=server.settings(block_hosts=(blocked,)))
    assert counts(result) == {"received": 4, "new": 2, "quarantined": 2}
    assert set(result.refusals["reason"].to_pylist()) == {str(Reason.BLOCKED_HOST)}
    assert "/a" not in server.paths


def test_credentials_come_from_the_environment_and_go_to_their_source_alone(server, caplog):
    settings = Settings.from_env({"DAYBOOK_AUTHORIZATION_DAILY_NEWS": "Bearer s3cret"})
    assert "s3cret" not in repr(settings)
    caplog.set_level(logging.DEBUG)
    server.list_pages("/own", "http://www.news.example/sister", "http://stranger.example/page")
    server.list_pages("/other", path="/second.xml")
    server.routes |= dict.fromkeys(["/own", "/sister", "/page", "/other"], PAGE)
    sources = [
        Source(source_id="daily-news", kind="feed", url=server.url("/feed.xml")),
        Source(source_id="weekly", kind="feed", url=server.url("/second.xml", "second.example")),
    ]
    results = server.ask(*sources, settings=server.settings(authorization=settings.authorization))
    sent = {path: headers.get("Authorization") for path, _, _, headers in server.log}
    assert {path for path, value in sent.items() if value == "Bearer s3cret"} >= {"/feed.xml", "/own", "/sister"}
    assert [sent[path] for path in ("/page", "/second.xml", "/other")] == [None] * 3
    told = caplog.text + "".join(str(table.to_pylist()) for r in results for table in (r.fetches, r.pages, r.refusals))
    assert "s3cret" not in told


def test_a_credential_that_names_no_source_is_a_slip_of_the_pen():
    with pytest.raises(SettingsError, match="unknown setting DAYBOOK_AUTHORIZATION;"):
        Settings.from_env({"DAYBOOK_AUTHORIZATION": "Bearer x"})


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("max-snippet:-1, max-image-preview:large, noarchive", ["noarchive"]),
        ("unavailable_after: Friday, 25 Jun 2027 15:00:00 GMT, noarchive", ["noarchive"]),
        ("otherbot: none\nnoarchive", ["noarchive"]),
        ("otherbot: noindex, noarchive", []),
        ("other-bot/2.0: noarchive", []),
        ("noai\nDaybook: noarchive, nosnippet\notherbot: none", ["noarchive", "nosnippet", "noai"]),
        ("*: noarchive", ["noarchive"]),
    ],
)
def test_whom_a_directive_is_told_to_and_until_where(told, expected):
    assert reserved_rights({"x-robots-tag": told}, "daybook") == expected


def test_a_page_reserves_by_any_list_of_words():
    for words in ("noindex noarchive", "noindex;noarchive", "NOINDEX , NOARCHIVE"):
        assert reserved_rights({}, "daybook", f'<meta name=robots content="{words}">'.encode()) == ["noarchive"]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, []),
        ({"x-robots-tag": "noarchive"}, ["noarchive"]),
        ({"x-robots-tag": "noindex, NOARCHIVE, nosnippet"}, ["noarchive", "nosnippet"]),
        ({"x-robots-tag": "none"}, ["noarchive"]),
        ({"x-robots-tag": "otherbot: noarchive"}, []),
        ({"x-robots-tag": "otherbot: noarchive, daybook: noai"}, ["noai"]),
        ({"x-robots-tag": "*: noarchive"}, ["noarchive"]),
        ({"x-robots-tag": "unavailable_after: 25 Jun 2027 15:00:00 PST, noarchive"}, ["noarchive"]),
        ({"tdm-reservation": "1", "tdm-policy": "https://news.example/policy"}, ["tdm"]),
        ({"tdm-reservation": "0"}, []),
    ],
)
def test_what_a_head_reserves(headers, expected):
    assert reserved_rights(headers, "daybook") == expected


def test_what_is_reserved_stands_with_the_page(server):
    server.list_pages("/a", "/b")
    server.routes |= {"/a": PAGE, "/b": plain(b"<p>news</p>", X_Robots_Tag="noarchive", TDM_Reservation="1")}
    (result,) = server.ask()
    reserved = {row["requested_url"][-2:]: row["reserved"] for row in result.pages.to_pylist()}
    assert reserved == {"/a": [], "/b": ["noarchive", "tdm"]}


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b'<meta name="robots" content="index, NoArchive">', ["noarchive"]),
        (b"<META CONTENT='1' NAME='TDM-Reservation'/>", ["tdm"]),
        (b"<meta name=tdm-reservation content=1>", ["tdm"]),
        (b'<meta name="tdm-reservation" content="0">', []),
        (b'<meta name="daybook" content="none"><meta name="otherbot" content="noai">', ["noarchive"]),
        (b'<meta name="description" content="noarchive"><p>robots noarchive</p>', []),
        (b'<meta property="og:title" content="name=robots noai">', []),
        (b"<meta " * 5000, []),
        (b"%PDF-1.7 \xff\xfe", []),
    ],
)
def test_a_page_reserves_by_its_own_head_too(head, expected):
    assert reserved_rights({}, "daybook", b"<html><head>" + head) == expected


def test_what_a_page_reserves_is_stored_with_it(server):
    server.list_pages("/a")
    server.routes["/a"] = plain(b'<html><head><meta name="robots" content="noai"></head><p>news', TDM_Reservation="1")
    (result,) = server.ask()
    assert result.pages["reserved"].to_pylist() == [["noai", "tdm"]]


def test_a_proxy_asks_in_our_place_and_is_given_its_credentials_alone(server, caplog):
    caplog.set_level(logging.DEBUG)
    far = "http://far.test"
    server.list_pages("/a", "http://named.example/b", "http://127.0.0.1:9/c", "http://0x7f.1/d", path=f"{far}/feed.xml")
    server.routes |= {f"{far}/a": PAGE, "/b": PAGE}
    settings = server.settings(proxy=f"http://daybook:pa55word@127.0.0.1:{server.port}")
    (result,) = server.ask(Source(source_id="far", kind="feed", url=f"{far}/feed.xml"), settings=settings)
    assert counts(result) == {"received": 4, "new": 2, "quarantined": 2}
    assert set(result.refusals["reason"].to_pylist()) == {str(Reason.FORBIDDEN_ADDRESS)}
    asked = {path: headers for path, _, _, headers in server.log}
    assert {f"{far}/robots.txt", f"{far}/feed.xml", f"{far}/a", "/b"} <= set(asked), (
        "what is named here is not asked there"
    )
    assert asked[f"{far}/a"]["Proxy-Authorization"] == "Basic ZGF5Ym9vazpwYTU1d29yZA=="
    assert "Proxy-Authorization" not in asked["/b"]
    assert not any("127.0.0.1:9" in path or "0x7f" in path for path in asked)
    told = caplog.text + repr(settings) + "".join(str(t.to_pylist()) for t in (result.fetches, result.pages))
    assert "pa55word" not in told


def test_a_proxy_that_is_away_or_refuses_us_fails_the_source_and_gives_nothing_away(server):
    far = Source(source_id="far", kind="feed", url="http://far.test/feed.xml")
    (away,) = server.ask(far, settings=server.settings(proxy="http://daybook:pa55word@127.0.0.1:9"))
    assert away.error is not None
    assert "pa55word" not in str(away.error)
    server.routes["http://far.test/feed.xml"] = plain(b"", 407)
    (refused,) = server.ask(far, settings=server.settings(proxy=f"http://127.0.0.1:{server.port}"))
    assert refused.error is not None


@pytest.mark.parametrize(
    "proxy", ["proxy.example:3128", "socks5://127.0.0.1:1080", "http://", "http://daybook:pa55word@"]
)
def test_a_proxy_that_is_none_is_an_error_without_its_password(server, proxy):
    with pytest.raises(SettingsError, match="DAYBOOK_PROXY is no http://host:port") as caught:
        server.ask(settings=server.settings(proxy=proxy))
    assert "pa55word" not in str(caught.value)
