"""Every listed URL is accounted for; what time may mend is asked again, what is known is not."""

from __future__ import annotations

import itertools
import json
import time
from datetime import timedelta

import pytest

from pipeline.fetch.sources import Source
from pipeline.windows import Window

from .conftest import NOW, WINDOW, plain

PAGE = plain(b"<p>news</p>")


def counts(result):
    """The seven counts that are not zero."""
    total = result.report.total
    names = ("received", "new", "unchanged", "quarantined", "failed")
    return {name: getattr(total, name) for name in names if getattr(total, name)}


def test_listed_pages_become_rows_with_what_the_listing_said(server):
    server.list_pages("/a?utm_source=x", date="<pubDate>Mon, 02 Mar 2026 10:00:00 +0200</pubDate>")
    server.routes["/a?utm_source=x"] = plain(b"", 301, Location="/a")
    server.routes["/a"] = plain("<p>Grüße</p>".encode(), content_type="text/html; charset=utf-8")
    (result,) = server.ask()
    (page,) = result.pages.to_pylist()
    assert page["requested_url"] == server.url("/a?utm_source=x")
    assert page["final_url"] == server.url("/a")
    assert page["body"].decode() == "<p>Grüße</p>"
    assert page["content_type"] == "text/html; charset=utf-8"
    assert (page["listed_title"], page["listed_by"]) == ("Title 0", "feed")
    assert page["listed_at"].isoformat() == "2026-03-02T08:00:00+00:00"
    assert (page["fetched_at"], page["window_start"], page["day"]) == (NOW, WINDOW.start, WINDOW.day)
    assert [row["purpose"] for row in result.fetches.to_pylist()] == ["robots", "feed", "page"]
    assert result.error is None


def test_every_listed_url_has_an_outcome(server):
    server.list_pages(
        "/good", "/good#again", "/good?utm_medium=feed", "/known", "/gone", "/later", "javascript:alert(1)",
        "mailto:desk@news.example", "/private/x", "/picture", "http://10.0.0.1/x", "/broken",
    )  # fmt: skip
    server.routes |= {
        "/good": PAGE,
        "/known": PAGE,
        "/later": plain(b"", 500),
        "/picture": plain(b"", content_type="image/png"),
    }
    server.routes["/broken"] = lambda handler: setattr(handler, "close_connection", True)
    server.routes["/robots.txt"] = plain(b"User-agent: *\nDisallow: /private/\n", content_type="text/plain")
    (result,) = server.ask(known_urls={server.url("/known"): NOW})
    assert counts(result) == {"received": 10, "new": 1, "unchanged": 1, "quarantined": 6, "failed": 2}
    assert dict(result.report.total.reasons) == {
        "http-error": 2, "bad-url": 2, "robots": 1, "not-text": 1, "forbidden-address": 1, "connect-error": 1,
    }  # fmt: skip
    assert "/known" not in server.paths
    assert "/private/x" not in server.paths
    refused = {json.loads(row["record_json"])["url"]: row for row in result.refusals.to_pylist()}
    gone = refused[server.url("/gone")]
    assert (gone["stage"], gone["reason"], gone["detail"], gone["status"]) == (
        "fetch",
        "http-error",
        "status 404",
        "held",
    )
    assert result.pages.num_rows == 1
    result.report.check()


def test_what_was_withdrawn_is_not_asked(server):
    server.list_pages("/stays", "/gone?utm_source=x")
    server.routes |= {"/stays": PAGE, "/gone?utm_source=x": PAGE}
    (result,) = server.ask(withdrawn=frozenset({server.url("/gone")}))
    assert [row["url"] for row in result.fetches.to_pylist() if row["purpose"] == "page"] == [server.url("/stays")]
    assert counts(result) == {"received": 2, "new": 1, "unchanged": 1}


def test_a_known_page_is_asked_again_when_its_listing_says_it_changed(server):
    date = "<pubDate>Mon, 02 Mar 2026 10:00:00 GMT</pubDate>"
    server.list_pages("/a", date=date)
    server.routes["/a"] = PAGE
    changed = WINDOW.start + timedelta(hours=10)
    (later,) = server.ask(known_urls={server.url("/a"): changed})
    (earlier,) = server.ask(known_urls={server.url("/a"): changed - timedelta(seconds=1)})
    assert counts(later) == {"received": 1, "unchanged": 1}
    assert counts(earlier) == {"received": 1, "new": 1}
    (in_the_future,) = server.ask(known_urls={server.url("/a"): WINDOW.start}, now=changed - timedelta(minutes=1))
    assert counts(in_the_future) == {"received": 1, "unchanged": 1}


@pytest.mark.parametrize(
    ("route", "reason"),
    [
        (plain(b"<html><p>Welcome</p></html>"), "not-a-feed"),
        (plain(b"", content_type="application/rss+xml"), "not-a-feed"),
        (plain(b"<rss><channel", content_type="application/rss+xml"), "not-a-feed"),
        (plain(b"", 404), "http-error"),
        (plain(b"", 500), "http-error"),
        (plain(b"", 429, Retry_After="7200"), "too-many-requests"),
        (plain(b"", 302, Location="file:///etc/passwd"), "bad-redirect"),
    ],
)
def test_a_listing_that_fails_is_named_and_counted(server, route, reason):
    server.routes["/feed.xml"] = route
    (result,) = server.ask()
    assert result.error is not None
    assert result.error.reason == reason
    assert str(result.error).startswith(f"{reason}: ")
    assert counts(result) == {}
    (state,) = result.feed_state.to_pylist()
    assert (state["failure_streak"], state["last_success_at"]) == (1, None)
    assert result.fetches.to_pylist()[-1]["outcome"] == reason
    wait = timedelta(hours=2) if reason == "too-many-requests" else None
    assert state["next_fetch_at"] == (wait and NOW + wait)
    rested = result.feed_state.drop_columns("next_fetch_at")
    (again,) = server.ask(states=rested)
    assert again.feed_state.to_pylist()[0]["failure_streak"] == 2


def test_a_host_that_asked_to_be_left_alone_is_left_alone_and_that_is_no_failure(server):
    server.routes["/feed.xml"] = plain(b"", 429, Retry_After="7200")
    (first,) = server.ask()
    asked = len(server.log)
    second_window = Window(NOW, NOW + timedelta(hours=1))
    (second,) = server.ask(stored=[first], window=second_window, now=NOW + timedelta(minutes=119))
    assert len(server.log) == asked
    assert second.error is None
    assert counts(second) == {}
    assert dict(second.report.total.reasons) == {"not-now": 1}
    assert second.feed_state.num_rows == 0
    assert [row["outcome"] for row in second.fetches.to_pylist()] == ["not-now"]
    server.list_pages("/a")
    server.routes["/a"] = PAGE
    (third,) = server.ask(stored=[first, second], window=second_window, now=NOW + timedelta(minutes=120))
    assert counts(third) == {"received": 1, "new": 1}
    (state,) = third.feed_state.to_pylist()
    assert (state["failure_streak"], state["next_fetch_at"]) == (0, None)


def test_a_429_on_a_page_ends_the_asking_of_that_host(server):
    server.list_pages(*(f"/{n}" for n in range(20)))
    server.routes |= {f"/{n}": plain(b"", 429, Retry_After="60") for n in range(20)}
    started = time.monotonic()
    (result,) = server.ask()
    assert time.monotonic() - started < 10
    assert server.paths.count("/feed.xml") == 1
    assert len(server.paths) == 2
    assert counts(result) == {"received": 20, "failed": 20}
    assert dict(result.report.total.reasons) == {"too-many-requests": 1, "not-now": 19}
    assert result.feed_state.to_pylist()[0]["next_fetch_at"] == NOW + timedelta(seconds=60)


def test_a_dead_host_is_tried_three_times(server):
    links = [f"http://dead.test/{n}" for n in range(30)]
    server.list_pages(*links)
    settings = server.settings(resolve=(f"example=127.0.0.1:{server.port}", "test=127.0.0.1:9"))
    (result,) = server.ask(settings=settings)
    assert counts(result) == {"received": 30, "failed": 30}
    assert result.error is None


def test_an_unchanged_listing_is_asked_with_its_validators(server):
    server.list_pages("/a", ETag='"one"', Last_Modified="Mon, 02 Mar 2026 10:00:00 GMT")
    server.routes["/a"] = PAGE
    (first,) = server.ask()
    (state,) = first.feed_state.to_pylist()
    assert (state["etag"], state["last_new_item_at"], state["last_success_at"]) == ('"one"', NOW, NOW)
    server.routes["/feed.xml"] = plain(b"", 304)
    later = NOW + timedelta(hours=1)
    (second,) = server.ask(states=first.feed_state, now=later)
    sent = [headers for path, *_, headers in server.log if path == "/feed.xml"][-1]
    assert (sent["If-None-Match"], sent["If-Modified-Since"]) == ('"one"', "Mon, 02 Mar 2026 10:00:00 GMT")
    assert second.error is None
    assert counts(second) == {}
    (kept,) = second.feed_state.to_pylist()
    assert (kept["etag"], kept["last_success_at"], kept["last_new_item_at"]) == ('"one"', later, NOW)
    assert [row["outcome"] for row in second.fetches.to_pylist()] == ["http-error", "not-modified"]
    robots_headers = [headers for path, *_, headers in server.log if path == "/robots.txt"][-1]
    assert "If-None-Match" not in robots_headers


def test_validators_are_not_kept_while_a_page_may_still_come(server):
    """Else the next window's 304 would hide the page that failed in this one."""
    server.list_pages("/a", "/b", ETag='"one"')
    server.routes |= {"/a": PAGE, "/b": plain(b"", 503)}
    (first,) = server.ask()
    assert first.feed_state.to_pylist()[0]["etag"] is None
    server.routes["/b"] = plain(b"", 404)
    (second,) = server.ask()
    assert second.feed_state.to_pylist()[0]["etag"] == '"one"'


def test_a_window_is_never_listed_twice_and_only_failures_are_asked_again(server):
    server.list_pages("/a", "/b", "/c")
    server.routes |= {"/a": PAGE, "/b": plain(b"", 503)}
    (first,) = server.ask()
    assert counts(first) == {"received": 3, "new": 1, "quarantined": 1, "failed": 1}
    server.log.clear()
    server.list_pages("/a", "/b", "/c", "/d")
    server.routes["/b"] = PAGE
    (second,) = server.ask(stored=[first])
    assert server.paths == ["/b"]
    assert counts(second) == {"received": 3, "new": 1, "unchanged": 2}
    (page,) = second.pages.to_pylist()
    assert (page["requested_url"], page["listed_title"], page["listed_by"]) == (server.url("/b"), "Title 1", "feed")
    assert second.feed_state.num_rows == 0
    server.log.clear()
    (third,) = server.ask(stored=[first, second])
    assert server.log == []
    assert counts(third) == {"received": 3, "unchanged": 3}
    ids = first.fetches["fetch_id"].to_pylist() + second.fetches["fetch_id"].to_pylist()
    assert len(set(ids)) == len(ids)


def test_a_listing_that_failed_in_this_window_is_asked_again(server):
    server.routes["/feed.xml"] = plain(b"", 500)
    (first,) = server.ask()
    server.list_pages("/a")
    server.routes["/a"] = PAGE
    (second,) = server.ask(stored=[first])
    assert counts(second) == {"received": 1, "new": 1}
    assert second.feed_state.to_pylist()[0]["failure_streak"] == 0


def test_a_window_that_lies_back_asks_nothing(server):
    server.list_pages("/a")
    (result,) = server.ask(visits=[])
    assert server.log == []
    assert counts(result) == {}
    assert (result.error, result.feed_state.num_rows, result.fetches.num_rows) == (None, 0, 0)


def test_rows_do_not_depend_on_the_run(server):
    server.list_pages("/a", "/gone")
    server.routes["/a"] = PAGE
    (one,), (two,) = server.ask(run_id="one"), server.ask(run_id="two")
    assert one.pages["page_id"] == two.pages["page_id"]
    assert one.refusals["quarantine_id"] == two.refusals["quarantine_id"]
    assert one.fetches["fetch_id"] != two.fetches["fetch_id"]


def test_a_page_listed_by_two_sources_is_asked_for_the_first(server):
    server.list_pages("/a")
    server.list_pages("/a", "/b", path="/other.xml")
    server.routes |= {"/a": PAGE, "/b": PAGE}
    sources = [
        Source(source_id=name, kind="feed", url=server.url(path))
        for name, path in (("x", "/feed.xml"), ("y", "/other.xml"))
    ]
    first, second = server.ask(*sources)
    assert counts(first) == {"received": 1, "new": 1}
    assert counts(second) == {"received": 2, "new": 1, "unchanged": 1}
    assert server.paths.count("/a") == 1


def test_one_failing_source_does_not_touch_another(server):
    server.routes["/feed.xml"] = plain(b"<p>hello</p>")
    server.list_pages("/a", path="/other.xml")
    server.routes["/a"] = PAGE
    sources = [
        Source(source_id=name, kind="feed", url=server.url(path))
        for name, path in (("x", "/feed.xml"), ("y", "/other.xml"))
    ]
    bad, good = server.ask(*sources)
    assert bad.error is not None
    assert counts(good) == {"received": 1, "new": 1}


def test_a_sitemap_is_a_source_too(server):
    sitemap = (
        f"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'><url><loc>{server.url('/a')}</loc></url></urlset>"
    )
    server.routes |= {"/sitemap.xml": plain(sitemap.encode(), content_type="application/xml"), "/a": PAGE}
    (result,) = server.ask(Source(source_id="map", kind="sitemap", url=server.url("/sitemap.xml")))
    assert counts(result) == {"received": 1, "new": 1}
    assert result.pages.to_pylist()[0]["listed_by"] == "sitemap"


def test_own_headers_go_to_the_sources_domain_and_no_further(server):
    server.list_pages("/a", server.url("/b", "www.other.example"))
    server.routes |= {"/a": PAGE, "/b": PAGE}
    source = Source(
        source_id="news", kind="feed", url=server.url("/feed.xml", "www.news.example"),
        headers={"X-Key": "k", "X-Newsroom-Now": "{window_start}/{window_end}"},
    )  # fmt: skip
    server.ask(source)
    by_path = {(path, headers["Host"]): headers for path, *_, headers in server.log}
    assert by_path["/feed.xml", "www.news.example"]["X-Newsroom-Now"] == "2026-03-02T00:00:00Z/2026-03-03T00:00:00Z"
    assert by_path["/a", "www.news.example"]["X-Key"] == "k"
    assert "X-Key" not in by_path["/b", "www.other.example"]
    assert "X-Key" not in by_path["/robots.txt", "www.other.example"]


def test_one_request_at_a_time_to_a_host_with_a_gap(server):
    server.list_pages(*(f"/{n}" for n in range(4)))
    server.routes |= {f"/{n}": PAGE for n in range(4)}
    server.ask(Source(source_id="news", kind="feed", url=server.url("/feed.xml"), gap_seconds=0.15))
    ordered = sorted(server.log, key=lambda entry: entry[1])
    assert len(ordered) == 6
    for earlier, later in itertools.pairwise(ordered):
        assert later[1] - earlier[1] >= 0.15


def test_hosts_are_asked_side_by_side(server):
    def slow(handler):
        time.sleep(1)
        PAGE(handler)

    server.list_pages(*(server.url("/slow", f"h{n}.example") for n in range(10)))
    server.routes["/slow"] = slow
    started = time.monotonic()
    (result,) = server.ask()
    assert counts(result) == {"received": 10, "new": 10}
    assert time.monotonic() - started < 9


def test_the_clock_gives_capture_times(server):
    server.list_pages("/a")
    server.routes["/a"] = PAGE
    moments = iter(NOW + timedelta(seconds=n) for n in range(100))
    (result,) = server.ask(clock=lambda: next(moments))
    (page,) = result.pages.to_pylist()
    assert page["fetched_at"] > NOW
    assert page["recorded_at"] == NOW
