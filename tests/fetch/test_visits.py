"""A day is visited hour by hour on an invented clock: however its hours are worked on, the same pages are captured."""

from __future__ import annotations

import random
from datetime import timedelta
from itertools import pairwise

import pytest

from pipeline.fetch.history.visits import visits_of
from pipeline.fetch.sources import Source
from pipeline.windows import HOUR, Window

from .asking import Content, Desk, at, hours_of, text_of, whole_day
from .conftest import plain
from .test_polling import counts
from .test_rechecks import visit_at

DAY = whole_day(2)
MORNING = Window(at(2, 5), at(2, 11))


def test_a_day_on_an_invented_clock_is_24_visits():
    visits = visits_of(DAY, DAY.end, is_invented=True)
    assert [visit.moment for visit in visits] == [at(2, 0) + n * HOUR for n in range(1, 25)]
    assert [visit.asked for visit in visits] == hours_of(DAY)
    assert {visit.window for visit in visits} == {DAY}
    assert [visit.mark for visit in visits] == [
        visit.mark for hour in hours_of(DAY) for visit in visits_of(hour, hour.end, is_invented=True)
    ]


@pytest.mark.parametrize(
    ("window", "now", "is_invented"),
    [
        (DAY, DAY.end + timedelta(seconds=1), False),
        (DAY, DAY.start, False),
        (DAY, DAY.end, False),  # on the wall clock, to the microsecond at the end of its window
        (Window(at(2, 0, 30), at(2, 4)), at(2, 4), True),
        (Window(at(2, 0), at(2, 4, 30)), at(2, 4, 30), True),
        (Window(at(2, 0), at(2, 1)), at(2, 1), True),
    ],
)
def test_any_other_window_is_one_visit(window, now, is_invented):
    (visit,) = visits_of(window, now, is_invented=is_invented)
    assert (visit.window, visit.asked, visit.moment) == (window, window, now)
    assert visit.is_invented is is_invented


@pytest.fixture
def content(tmp_path):
    """Three pages: one steady, one that changes twice in the day, one that robots.txt closes."""
    content = Content(tmp_path / "newsroom")
    content.page("bell", at(2, 5, 10))
    content.page("gate", at(2, 6, 30), at(2, 8, 20), at(2, 9, 40))
    content.page("desk", at(2, 7, 5), path="/closed/desk.html")
    return content


@pytest.mark.parametrize("window", [MORNING, pytest.param(DAY, marks=pytest.mark.drill)], ids=["morning", "day"])
def test_one_run_captures_what_hourly_runs_capture(content, tmp_path, window):
    with content.served() as handle:
        daily, hourly = Desk(content, handle, tmp_path / "daily"), Desk(content, handle, tmp_path / "hourly")
        result = daily.run(window)
        hourly.run_all(hours_of(window))
    assert daily.captures() == hourly.captures()
    captured = sorted((name, moment, text_of(body)) for _, name, moment, body in daily.captures())
    assert captured == [
        ("bell", at(2, 6), b"rang 3 times"),
        ("gate", at(2, 7), b"rang 3 times"),
        ("gate", at(2, 9), b"rang 4 times"),
        ("gate", at(2, 10), b"rang 5 times"),
    ]
    pages = result.pages.to_pylist()
    assert all(page["window_start"] == window.start for page in pages)
    assert all(page["recorded_at"] == page["fetched_at"] for page in pages)
    refused = [daily, hourly]
    ids = [desk.warehouse.latest().read("quarantine", columns=["quarantine_id"]) for desk in refused]
    assert ids[0]["quarantine_id"].to_pylist() == ids[1]["quarantine_id"].to_pylist()
    assert len(ids[0]) == 1


def earliest(captures):
    """When each text of each page was first captured."""
    found = {}
    for _, name, moment, body in captures:
        said = name, text_of(body)
        found[said] = min(moment, found.get(said, moment))
    return found


def test_hours_in_any_order_capture_every_text_as_early(content, tmp_path):
    hours = hours_of(MORNING)
    random.Random(4).shuffle(hours)
    assert hours != sorted(hours)
    with content.served() as handle:
        ordered, shuffled = Desk(content, handle, tmp_path / "ordered"), Desk(content, handle, tmp_path / "shuffled")
        ordered.run(MORNING)
        shuffled.run_all(hours)
    assert shuffled.captures() > ordered.captures()
    assert earliest(shuffled.captures()) == earliest(ordered.captures())
    states = [desk.warehouse.latest().read("feed_state").to_pylist() for desk in (ordered, shuffled)]
    assert [[row["recorded_at"] for row in rows] for rows in states] == [[MORNING.end], [MORNING.end]]


@pytest.mark.parametrize("first", [[MORNING], hours_of(MORNING)], ids=["by day", "by hour"])
def test_a_second_run_asks_nothing_whether_by_hour_or_by_day(content, tmp_path, first):
    with content.served() as handle:
        desk = Desk(content, handle, tmp_path / "warehouse")
        desk.run_all(first)
        before, captures = len(handle.requests), desk.captures()
        again = desk.run(MORNING)
        desk.run_all(hours_of(MORNING))
        assert len(handle.requests) == before
    assert desk.captures() == captures
    assert again.report.total.new == len(captures)


def test_pages_are_asked_again_a_day_and_a_week_later(content, tmp_path):
    content.page("quiet", at(2, 7, 10))
    with content.served() as handle:
        Desk(content, handle, tmp_path / "warehouse").run(Window(at(2, 0), at(11, 0)))
        asked = [(request.now, request.conditional) for request in handle.requests if "quiet" in request.target]
    assert asked == [("2026-03-02T08:00:00Z", False), ("2026-03-03T08:00:00Z", True), ("2026-03-09T08:00:00Z", True)]


@pytest.mark.drill
def test_rechecks_do_not_depend_on_the_length_of_the_windows(content, tmp_path):
    mornings = [MORNING, Window(at(3, 5), at(3, 9))]
    with content.served() as handle:
        long, short = Desk(content, handle, tmp_path / "long"), Desk(content, handle, tmp_path / "short")
        long.run_all(mornings)
        short.run_all(hour for morning in mornings for hour in hours_of(morning))
        asked = [request.now for request in handle.requests if "bell" in request.target]
    assert asked == ["2026-03-02T06:00:00Z", "2026-03-03T06:00:00Z"] * 2
    assert long.captures() == short.captures()


def test_robots_are_asked_once_a_run_and_obeyed(content, tmp_path):
    with content.served() as handle:
        Desk(content, handle, tmp_path / "warehouse").run(DAY)
        targets = [request.target for request in handle.requests]
    assert targets.count("/robots.txt") == 1
    assert not any("/closed/" in target for target in targets)


def test_robots_that_could_not_be_read_are_asked_at_the_next_visit(server):
    server.list_pages("/a")
    server.routes |= {"/a": plain(b"<p>x</p>"), "/robots.txt": answers(plain(b"", 503), plain(b""))}
    (result,) = server.ask(visits=[visit_at(at(2, 5)), visit_at(at(2, 6))])
    assert server.paths == ["/feed.xml", "/a"]
    assert result.error is None
    assert [row["failure_streak"] for row in result.feed_state.to_pylist()] == [0]


def answers(*routes):
    """A route that answers each time with the next one, the last for ever."""
    rest = list(routes)
    return lambda handler: (rest.pop(0) if len(rest) > 1 else rest[0])(handler)


def test_a_busy_host_is_asked_when_its_time_is_over_within_one_run(content, tmp_path):
    content.trouble = (
        "\n[[courier.trouble]]\n"
        'path = "/feed.xml"\nstatus = 429\nretry_after = 9000\nbody = "busy"\nuntil = 2026-03-02T08:00:00Z\n'
    )
    with content.served() as handle:
        desk = Desk(content, handle, tmp_path / "warehouse")
        result = desk.run(DAY)
        feed = [request.now for request in handle.requests if request.target == "/feed.xml"]
    assert feed[:4] == [f"2026-03-02T{hour:02d}:00:00Z" for hour in (1, 4, 7, 10)]
    assert feed[4] == "2026-03-02T11:00:00Z"
    assert result.error is None
    put_off = [row["requested_at"] for row in result.fetches.to_pylist() if row["outcome"] == "not-now"]
    assert put_off == [at(2, hour) for hour in (2, 3, 5, 6, 8, 9)]
    assert result.report.total.reasons["not-now"] == 6
    assert ("bell", at(2, 10)) in {(name, moment) for _, name, moment, _ in desk.captures()}


def test_all_sources_of_a_resting_host_rest(server):
    server.routes["/feed.xml"] = plain(b"", 429, Retry_After="5400")
    server.list_pages("/b", path="/other.xml")
    server.routes["/b"] = plain(b"<p>b</p>")
    one, two = (
        Source(source_id=name, kind="feed", url=server.url(path))
        for name, path in (("one", "/feed.xml"), ("two", "/other.xml"))
    )
    (first,) = server.ask(one, visits=[visit_at(at(2, 5))])
    (rested,) = server.ask(two, visits=[visit_at(at(2, 6))], stored=[first], states=first.feed_state.slice(0, 0))
    assert (rested.error, counts(rested)) == (None, {})
    assert "/other.xml" not in server.paths
    (asked,) = server.ask(two, visits=[visit_at(at(2, 7))], stored=[first, rested])
    assert counts(asked) == {"received": 1, "new": 1}


def test_a_page_that_was_put_off_is_asked_when_the_time_is_over(server):
    server.list_pages("/a", ETag='"same"')
    server.routes["/a"] = answers(plain(b"", 429, Retry_After="5400"), plain(b"<p>a</p>"))
    visits = [visit_at(at(2, hour)) for hour in (5, 6, 7)]
    (result,) = server.ask(visits=visits)
    assert server.paths == ["/feed.xml", "/a", "/feed.xml", "/a"]
    assert counts(result) == {"received": 2, "new": 1, "failed": 1}
    assert result.pages["fetched_at"].to_pylist() == [at(2, 7)]
    server.log.clear()
    (again,) = server.ask(visits=visits, stored=[result])
    assert server.log == []  # at the first visit's moment the host still rests
    assert counts(again) == {"received": 2, "unchanged": 1, "failed": 1}


def test_a_page_on_another_host_that_rests_is_put_off_and_counted(server):
    there = server.url("/a", "slow.example")
    server.list_pages(there)
    server.routes["/a"] = answers(plain(b"", 429, Retry_After="5400"), plain(b"<p>a</p>"))
    (first,) = server.ask(visits=[visit_at(at(2, 5))])
    assert first.feed_state.to_pylist()[0]["next_fetch_at"] is None  # the listing's own host said nothing
    (second,) = server.ask(visits=[visit_at(at(2, 6))], stored=[first])
    assert (counts(second), dict(second.report.total.reasons)) == ({"received": 1, "failed": 1}, {"not-now": 1})
    assert server.paths.count("/a") == 1
    (third,) = server.ask(visits=[visit_at(at(2, 7))], stored=[first, second])
    assert counts(third) == {"received": 1, "new": 1}


def test_a_listing_that_always_gives_one_etag_is_read_in_full_once_a_day(server):
    server.list_pages("/a", ETag='"same"')
    server.routes["/a"] = plain(b"<p>a</p>")
    full = server.routes["/feed.xml"]
    server.routes["/feed.xml"] = lambda handler: (plain(b"", 304) if "If-None-Match" in handler.headers else full)(
        handler
    )
    moments = [at(2, 5) + n * HOUR for n in range(50)]
    (result,) = server.ask(visits=[visit_at(moment) for moment in moments])
    asked = [row for row in result.fetches.to_pylist() if row["purpose"] == "feed"]
    assert [row["requested_at"] for row in asked if row["outcome"] == "ok"] == [at(2, 5), at(3, 5), at(4, 5)]
    assert result.feed_state.to_pylist()[0]["last_full_at"] == at(4, 5)


def test_a_feed_that_lost_all_its_items_is_no_failure(server):
    server.list_pages("/a")
    server.routes["/a"] = plain(b"<p>a</p>")
    (first,) = server.ask(visits=[visit_at(at(2, 5))])
    server.list_pages()
    (second,) = server.ask(visits=[visit_at(at(2, 6))], stored=[first])
    assert (second.error, counts(second)) == (None, {})
    (state,) = second.feed_state.to_pylist()
    assert (state["failure_streak"], state["last_new_item_at"], state["last_success_at"]) == (0, at(2, 5), at(2, 6))


def test_an_older_visit_never_replaces_the_state_of_a_listing(server):
    server.list_pages(ETag='"late"')
    (late,) = server.ask(visits=[visit_at(at(2, 9))])
    server.list_pages(ETag='"early"')
    (early,) = server.ask(visits=[visit_at(at(2, 5))], stored=[late])
    sent = [headers for path, *_, headers in server.log if path == "/feed.xml"][-1]
    assert "If-None-Match" not in sent
    assert early.feed_state.num_rows == 0
    assert early.fetches.num_rows == 2


def test_what_is_no_address_is_refused_once_and_not_at_every_visit(server):
    server.list_pages("javascript:alert(1)")
    (result,) = server.ask(visits=[visit_at(at(2, hour)) for hour in (5, 6)])
    assert counts(result) == {"received": 2, "quarantined": 1, "unchanged": 1}


def test_the_gap_of_a_host_is_kept_from_visit_to_visit(server):
    server.list_pages("/a")
    server.routes["/a"] = plain(b"<p>a</p>")
    source = Source(source_id="news", kind="feed", url=server.url("/feed.xml"), gap_seconds=0.1)
    server.ask(source, visits=[visit_at(at(2, hour)) for hour in (5, 6, 7)])
    starts = sorted(started for _, started, *_ in server.log)
    assert len(starts) == 5
    assert all(later - earlier >= 0.1 for earlier, later in pairwise(starts))


def test_headers_that_are_no_text_break_nothing(server):
    server.list_pages("/a")
    server.routes["/a"] = raw(b'HTTP/1.1 200 OK\r\nETag: "\xff\xfe"\r\nContent-Length: 8\r\n\r\n<p>a</p>')
    (result,) = server.ask()
    assert counts(result) == {"received": 1, "new": 1}
    assert "?" in result.pages.to_pylist()[0]["etag"]


def raw(answer: bytes):
    """A route that answers with these very bytes."""

    def send(handler):
        handler.wfile.write(answer)
        handler.close_connection = True

    return send
