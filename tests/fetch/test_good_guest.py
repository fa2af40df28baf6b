"""Being a good guest: hosts that are never asked, credentials that go nowhere else, and what a page's head reserves."""

from __future__ import annotations

import logging

import pytest

from pipeline.errors import SettingsError
from pipeline.fetch.http.reservations import reserved_rights
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
