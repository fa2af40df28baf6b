"""Stored pages are asked again after a day and after a week, each once, and only for what changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.fetch.history.crawl_history import CrawlHistory, StoredHistory
from pipeline.fetch.history.rechecks import MARKS, MOST_A_VISIT, WATCHED, is_due
from pipeline.tables import FETCHES, PAGES, QUARANTINE
from pipeline.windows import HOUR, Window

from .conftest import plain, wall_visit
from .test_polling import counts

FIRST = datetime.fromisoformat("2026-03-02T05:00:00Z")
DAY, WEEK = MARKS
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("asked", "moment", "due"),
    [
        (timedelta(0), DAY - MINUTE, False),
        (timedelta(0), DAY, True),
        (DAY - MINUTE, DAY, True),  # the listing said that it changed, just before: asked again all the same
        (DAY, DAY + HOUR, False),
        (DAY, WEEK - MINUTE, False),
        (DAY, WEEK, True),
        (timedelta(0), timedelta(days=3), True),  # the mark passed unasked
        (timedelta(0), WEEK + HOUR, True),
        (WEEK, WEEK + HOUR, False),
        (timedelta(0), WATCHED, True),
        (timedelta(0), WATCHED + MINUTE, False),
    ],
)
def test_a_page_is_due_from_each_mark_on_until_it_was_asked(asked, moment, due):
    assert is_due(FIRST, FIRST + asked, FIRST + moment) is due


@settings(deadline=None)
@given(st.lists(st.integers(1, 60), min_size=1, max_size=400))
def test_however_often_one_looks_a_page_is_asked_at_most_twice_and_a_quiet_one_twice(gaps):
    moment, last_asked, asked = FIRST, FIRST, []
    for gap in gaps:
        moment += timedelta(minutes=30 * gap)
        if is_due(FIRST, last_asked, moment):
            last_asked = moment
            asked.append(moment)
    assert len(asked) <= 2
    looked_each_half_day = all(gap <= 24 for gap in gaps) and moment >= FIRST + WATCHED
    assert not looked_each_half_day or len(asked) == 2
    for earlier, later in pairwise(asked):
        assert earlier < FIRST + WEEK <= later


def captured(url: str, at: datetime, source_id: str = "news", **columns: object) -> dict[str, object]:
    row = {"page_id": f"{url} {at}", "source_id": source_id, "requested_url": url, "final_url": url}
    row |= {"fetched_at": at, "recorded_at": at, "body": b"x", "body_sha256": "x", "cause": "new", "run_id": "r"}
    return row | {"window_start": at, "day": at.date()} | columns


def requested(url: str, at: datetime, outcome: str, status: int | None) -> dict[str, object]:
    row = {"fetch_id": f"{url} {at}", "source_id": "news", "url": url, "purpose": "page", "outcome": outcome}
    row |= {"http_status": status, "bytes": 0, "ms": 1, "requested_at": at, "window_start": at, "run_id": "r"}
    return row | {"recorded_at": at, "day": at.date()}


def refused(page_id: str, at: datetime) -> dict[str, object]:
    row = {"quarantine_id": page_id, "stage": "extract", "page_id": page_id, "source_id": "news", "reason": "no-text"}
    row |= {"record_json": "{}", "status": "held", "window_start": at, "run_id": "r", "recorded_at": at}
    return row | {"day": at.date()}


URL = "http://a.example/x"


def due(moment: datetime, pages, requests=(), refusals=(), is_invented=True) -> list[str]:
    """The URLs due at a moment."""
    stored = StoredHistory(
        pages=PAGES.rows(list(pages)), requests=FETCHES.rows(list(requests)), refusals=QUARANTINE.rows(list(refusals))
    )
    visit = replace(wall_visit(moment, Window(moment - HOUR, moment)), is_invented=is_invented)
    return [capture.url for capture in CrawlHistory(stored).rechecks("news", visit)]


def test_only_what_the_source_captured_itself_is_asked_again():
    pages = [captured(URL, FIRST), captured("http://a.example/y", FIRST, source_id="other")]
    assert due(FIRST + DAY, pages) == [URL]


def test_marks_count_from_the_first_capture_not_from_a_later_one():
    later = FIRST + timedelta(hours=30)
    pages = [captured(URL, FIRST), captured(URL, later)]
    assert due(later + DAY, pages) == []
    assert due(FIRST + WEEK, pages) == [URL]
    assert due(FIRST + WATCHED + HOUR, pages) == []


@pytest.mark.parametrize(
    ("outcome", "status", "again"),
    [
        ("not-modified", 304, False),
        ("http-error", 404, False),
        ("robots", None, False),
        ("http-error", 503, True),
        ("timeout", None, True),
        ("not-now", None, True),
    ],
)
def test_an_answer_for_good_settles_the_mark_and_one_for_now_does_not(outcome, status, again):
    asked = [requested(URL, FIRST + DAY, outcome, status)]
    assert due(FIRST + DAY + HOUR, [captured(URL, FIRST)], asked) == ([URL] if again else [])
    assert due(FIRST + WEEK, [captured(URL, FIRST)], asked) == [URL]


def test_what_was_recorded_later_does_not_count_on_an_invented_clock():
    at_day = FIRST + DAY
    asked = [requested(URL, at_day + HOUR, "not-modified", 304)]
    assert due(at_day, [captured(URL, FIRST)], asked) == [URL]
    assert due(at_day, [captured(URL, FIRST)], asked, is_invented=False) == []
    assert due(at_day, [captured(URL, at_day + HOUR)]) == []


def test_pages_in_quarantine_are_not_asked_again():
    page = captured(URL, FIRST)
    held = refused(str(page["page_id"]), FIRST)
    assert due(FIRST + DAY, [page], (), [held]) == []
    better = captured(URL, FIRST + HOUR)
    assert due(FIRST + DAY + HOUR, [page, better], (), [held]) == [URL]


def test_after_an_outage_the_oldest_pages_come_first_and_the_rest_stays_due():
    count = MOST_A_VISIT + 3
    pages = [captured(f"http://a.example/{n}", FIRST + n * MINUTE) for n in range(count)]
    moment = FIRST + timedelta(days=3)
    first = due(moment, pages)
    assert first == [f"http://a.example/{n}" for n in range(MOST_A_VISIT)]
    asked = [requested(url, moment, "not-modified", 304) for url in first]
    assert due(moment + HOUR, pages, asked) == [f"http://a.example/{n}" for n in range(MOST_A_VISIT, count)]


def test_the_last_capture_gives_the_conditions():
    old, new = (
        captured(URL, FIRST, etag='"1"'),
        captured(URL, FIRST + HOUR, etag='"2"', last_modified="Mon, 02 Mar 2026 06:00:00 GMT"),
    )
    visit = wall_visit(FIRST + DAY)
    (capture,) = CrawlHistory(StoredHistory(pages=PAGES.rows([new, old]))).rechecks("news", visit)
    assert capture.conditions == {"If-None-Match": '"2"', "If-Modified-Since": "Mon, 02 Mar 2026 06:00:00 GMT"}


def first_run(server):
    """A page captured at FIRST; the feed lists nothing afterwards."""
    server.list_pages("/a", date="<pubDate>Mon, 02 Mar 2026 04:00:00 GMT</pubDate>")
    server.routes["/a"] = plain(b"<p>one</p>", ETag='"v1"')
    (first,) = server.ask(visits=[visit_at(FIRST)])
    assert counts(first) == {"received": 1, "new": 1}
    server.list_pages()
    server.log.clear()
    return first


def visit_at(moment: datetime):
    return replace(wall_visit(moment, Window(moment - HOUR, moment)), is_invented=True)


def test_a_page_that_is_no_longer_listed_is_asked_again_conditionally(server):
    first = first_run(server)
    server.routes["/a"] = plain(b"", 304)
    (second,) = server.ask(visits=[visit_at(FIRST + DAY)], stored=[first])
    assert server.paths == ["/feed.xml", "/a"]
    assert server.log[-1][3]["If-None-Match"] == '"v1"'
    assert counts(second) == {"received": 1, "unchanged": 1}
    assert dict(second.report.total.reasons) == {"not-modified": 1}
    assert second.pages.num_rows == 0
    (row,) = [row for row in second.fetches.to_pylist() if row["purpose"] == "page"]
    assert (row["outcome"], row["listed_title"], row["listed_by"]) == ("not-modified", "Title 0", "feed")
    server.log.clear()
    (third,) = server.ask(visits=[visit_at(FIRST + DAY + HOUR)], stored=[first, second])
    assert server.paths == ["/feed.xml"]
    assert counts(third) == {}


def test_a_page_that_changed_is_stored_again_with_what_its_listing_said(server):
    first = first_run(server)
    server.routes["/a"] = plain(b"<p>two</p>", ETag='"v2"')
    (second,) = server.ask(visits=[visit_at(FIRST + DAY)], stored=[first])
    (old,), (new,) = first.pages.to_pylist(), second.pages.to_pylist()
    assert (new["body"], new["etag"], new["fetched_at"]) == (b"<p>two</p>", '"v2"', FIRST + DAY)
    assert new["page_id"] != old["page_id"]
    assert [new[name] for name in ("listed_title", "listed_at", "listed_by")] == [
        old[name] for name in ("listed_title", "listed_at", "listed_by")
    ]


@pytest.mark.parametrize("status", [404, 410])
def test_a_stored_page_that_is_gone_makes_no_quarantine_row(server, status):
    first = first_run(server)
    server.routes["/a"] = plain(b"", status)
    (second,) = server.ask(visits=[visit_at(FIRST + DAY)], stored=[first])
    assert counts(second) == {"received": 1, "failed": 1}
    assert dict(second.report.total.reasons) == {"http-error": 1}
    assert second.refusals.num_rows == 0
    assert second.fetches.to_pylist()[-1]["http_status"] == status
    server.log.clear()
    server.ask(visits=[visit_at(FIRST + DAY + n * HOUR) for n in range(1, 4)], stored=[first, second])
    assert "/a" not in server.paths
    server.ask(visits=[visit_at(FIRST + WEEK)], stored=[first, second])
    assert server.paths.count("/a") == 1


def test_a_recheck_that_fails_for_now_is_tried_at_the_next_visit(server):
    first = first_run(server)
    server.routes["/a"] = plain(b"", 503)
    (second,) = server.ask(visits=[visit_at(FIRST + DAY)], stored=[first])
    assert counts(second) == {"received": 1, "failed": 1}
    server.routes["/a"] = plain(b"<p>two</p>")
    (third,) = server.ask(visits=[visit_at(FIRST + DAY + HOUR)], stored=[first, second])
    assert counts(third) == {"received": 1, "new": 1}


def test_a_page_that_is_listed_and_due_is_counted_once(server):
    first = first_run(server)
    server.list_pages("/a?utm_source=feed")
    server.routes["/a?utm_source=feed"] = plain(b"<p>two</p>")
    (second,) = server.ask(visits=[visit_at(FIRST + DAY)], stored=[first])
    assert counts(second) == {"received": 1, "new": 1}
    assert server.paths == ["/feed.xml", "/a?utm_source=feed"]


def test_a_change_that_the_listing_tells_is_asked_for_conditionally_and_once(server):
    first = first_run(server)
    server.list_pages("/a", date="<pubDate>Mon, 02 Mar 2026 08:00:00 GMT</pubDate>")
    server.routes["/a"] = plain(b"", 304)
    visits = [visit_at(FIRST + n * HOUR) for n in range(1, 7)]
    (second,) = server.ask(visits=visits, stored=[first])
    assert server.paths.count("/a") == 1
    (asked,) = [headers for path, *_, headers in server.log if path == "/a"]
    assert asked["If-None-Match"] == '"v1"'
    assert counts(second) == {"received": 6, "unchanged": 6}
    assert second.feed_state.to_pylist()[0]["last_new_item_at"] == FIRST


def test_a_page_refused_for_good_is_not_asked_again_and_a_released_one_is(server):
    server.list_pages("/a")
    server.routes["/a"] = plain(b"", 410)
    (first,) = server.ask(visits=[visit_at(FIRST)])
    assert counts(first) == {"received": 1, "quarantined": 1}
    server.routes["/a"] = plain(b"<p>one</p>")
    (second,) = server.ask(visits=[visit_at(FIRST + DAY)], stored=[first])
    assert counts(second) == {"received": 1, "unchanged": 1}
    (third,) = server.ask(visits=[visit_at(FIRST + DAY)], stored=[first], refusals=QUARANTINE.empty())
    assert counts(third) == {"received": 1, "new": 1}


@pytest.mark.parametrize("status", [401, 403, 404])
@pytest.mark.parametrize("listed", [("/a",), ()], ids=["listed still", "listed no longer"])
def test_a_refusal_that_may_pass_is_asked_again_after_an_hour_and_a_day(server, status, listed):
    server.list_pages("/a")
    server.routes["/a"] = plain(b"", status)
    (first,) = server.ask(visits=[visit_at(FIRST)])
    assert counts(first) == {"received": 1, "quarantined": 1}
    server.list_pages(*listed)
    hours = [n * HOUR for n in (0.5, 1, 2, 23, 24, 25, 48, 72)]
    (later,) = server.ask(visits=[visit_at(FIRST + after) for after in hours], stored=[first])
    assert server.paths.count("/a") == 1 + 2
    assert counts(later)["failed"] == 2
    assert not later.refusals.num_rows, "its quarantine row stands"
    server.routes["/a"] = plain(b"<p>one</p>")
    (hour,) = server.ask(visits=[visit_at(FIRST + HOUR)], stored=[first])
    assert counts(hour) == {"received": 1, "new": 1}
    (much_later,) = server.ask(visits=[visit_at(FIRST + 5 * DAY)], stored=[first, later])
    assert "new" not in counts(much_later)


def test_a_page_that_was_had_and_is_forbidden_now_is_no_refusal_that_may_pass(server):
    first = first_run(server)
    server.routes["/a"] = plain(b"", 403)
    (later,) = server.ask(visits=[visit_at(FIRST + n * HOUR) for n in (24, 25, 48, 49)], stored=[first])
    assert server.paths.count("/a") == 1, "once after a day"
    assert not later.refusals.num_rows


def test_a_refused_page_that_a_person_keeps_out_is_not_asked_again(server):
    server.list_pages("/a")
    server.routes["/a"] = plain(b"", 404)
    (first,) = server.ask(visits=[visit_at(FIRST)])
    dropped = QUARANTINE.rows([row | {"status": "dropped"} for row in first.refusals.to_pylist()])
    (later,) = server.ask(visits=[visit_at(FIRST + HOUR)], stored=[first], refusals=dropped)
    assert server.paths.count("/a") == 1
    assert counts(later) == {"received": 1, "unchanged": 1}


def test_a_repeated_visit_asks_no_refused_page_again(server):
    server.list_pages("/a")
    server.routes["/a"] = plain(b"", 404)
    (first,) = server.ask(visits=[visit_at(FIRST)])
    (second,) = server.ask(visits=[visit_at(FIRST + HOUR)], stored=[first])
    (again,) = server.ask(visits=[visit_at(FIRST + HOUR)], stored=[first, second])
    assert server.paths.count("/a") == 2
    assert counts(again) == {"received": 1, "unchanged": 1}


def test_rechecks_wait_while_the_host_rests(server):
    first = first_run(server)
    server.routes["/feed.xml"] = plain(b"", 429, Retry_After="7200")
    (second,) = server.ask(visits=[visit_at(FIRST + DAY + n * HOUR) for n in range(2)], stored=[first])
    assert counts(second) == {}
    assert server.paths == ["/feed.xml"]
    server.list_pages()
    (third,) = server.ask(visits=[visit_at(FIRST + DAY + 2 * HOUR)], stored=[first, second])
    assert counts(third) == {"received": 1, "new": 1}


def test_a_table_without_the_newer_columns_is_read_too():
    rows = PAGES.rows([captured(URL, FIRST)]).drop_columns(["etag", "last_modified"])
    (capture,) = CrawlHistory(StoredHistory(pages=rows)).rechecks("news", wall_visit(FIRST + DAY))
    assert capture.conditions == {}
