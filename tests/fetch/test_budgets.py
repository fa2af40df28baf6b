"""What one source may cost at a visit, and what becomes of the rest: put off, kept, and asked at a later visit, listed or not."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest

from pipeline.fetch import budget
from pipeline.fetch.sources import Source
from pipeline.windows import HOUR, Window

from .conftest import NOW, WINDOW, plain
from .test_polling import counts

PAGE = plain(b"<p>news</p>")
LINKS = tuple(f"/p{n}" for n in range(6))


def next_window(n: int = 1) -> Window:
    return Window(WINDOW.start + n * HOUR, WINDOW.end + n * HOUR)


@pytest.fixture
def listed(server):
    server.list_pages(*LINKS)
    server.routes |= dict.fromkeys(LINKS, PAGE)
    return server


@pytest.mark.parametrize(
    ("limits", "asked"),
    [({"visit_pages": 2}, 2), ({"visit_bytes": 20}, 2)],
    ids=["pages", "bytes"],
)
def test_what_is_over_is_put_off_with_its_url(listed, limits, asked):
    settings = listed.settings(**limits, fetch_gap_seconds=0.002)
    (result,) = listed.ask(settings=settings)
    assert (
        counts(result) == {"received": 6, "new": asked, "failed": 6 - asked} if asked else {"received": 6, "failed": 6}
    )
    assert dict(result.report.total.reasons) == {"not-now": 6 - asked}
    assert result.error is None, "a page left for later turns no run red"
    left = [row for row in result.fetches.to_pylist() if row["outcome"] == "not-now"]
    assert len({row["url"] for row in left}) == 6 - asked
    assert all(row["listed_by"] == "feed" for row in left)


def test_many_hosts_at_once_bring_no_more_than_the_budget(server):
    links = [f"http://h{n}.example/heavy" for n in range(40)]
    server.list_pages(*links)
    server.routes["/heavy"] = plain(b"x" * 1000)
    (result,) = server.ask(settings=server.settings(page_max_bytes=1000, visit_bytes=5000))
    assert counts(result) == {"received": 40, "new": 5, "failed": 35}
    assert dict(result.report.total.reasons) == {"not-now": 35}
    assert server.paths.count("/heavy") == 5
    left = [row["url"] for row in result.fetches.to_pylist() if row["outcome"] == "not-now"]
    assert len(left) == len(set(left)) == 35


def test_small_pages_do_not_wait_for_each_other_while_the_budget_has_room(server):
    server.list_pages(*(f"http://h{n}.example/p" for n in range(20)))
    server.routes["/p"] = plain(b"x" * 10)
    (result,) = server.ask(settings=server.settings(page_max_bytes=1000, visit_bytes=1500))
    assert counts(result) == {"received": 20, "new": 20}


def test_a_visit_ends_when_its_time_is_over(listed, monkeypatch):
    readings = iter(
        [0.0, 0.0, 0.0, 1.0, 1.0, 899.0, 899.0]
    )  # as the listing is asked, at its turn, as pages begin; twice for each page, at last when it is its turn
    monkeypatch.setattr(budget, "time", SimpleNamespace(monotonic=lambda: next(readings, 901.0)))
    (result,) = listed.ask()
    assert counts(result) == {"received": 6, "new": 2, "failed": 4}
    assert dict(result.report.total.reasons) == {"not-now": 4}


def test_what_was_put_off_is_asked_at_the_next_visit_though_nobody_lists_it_any_more(listed):
    settings = listed.settings(visit_pages=2)
    (first,) = listed.ask(settings=settings)
    listed.list_pages("/new")
    listed.routes["/new"] = PAGE
    (second,) = listed.ask(settings=settings, window=next_window(), now=NOW + HOUR, run_id="run-2", stored=[first])
    (third,) = listed.ask(
        settings=settings, window=next_window(2), now=NOW + 2 * HOUR, run_id="run-3", stored=[first, second]
    )
    (fourth,) = listed.ask(
        settings=settings, window=next_window(3), now=NOW + 3 * HOUR, run_id="run-4", stored=[first, second, third]
    )
    came = [
        [urlsplit(url).path for url in result.pages["requested_url"].to_pylist()]
        for result in (first, second, third, fourth)
    ]
    assert sorted(path for paths in came for path in paths) == sorted([*LINKS, "/new"])
    assert came[1] == ["/p2", "/p3"], "the oldest first"
    assert [row["window_start"] for row in second.pages.to_pylist()] == [next_window().start] * 2


def test_a_host_that_breaks_ends_the_visit_after_so_many_errors(server):
    server.list_pages(*(f"http://h{n}.example/broken" for n in range(6)))
    server.routes["/broken"] = plain(b"", 500)
    (result,) = server.ask(settings=server.settings(visit_errors=3))
    assert counts(result) == {"received": 6, "failed": 6}
    asked = [row for row in result.fetches.to_pylist() if row["purpose"] == "page" and row["http_status"] == 500]
    assert 3 <= len(asked) <= 6
    assert server.paths.count("/broken") == len(asked)


def test_two_sources_of_one_host_take_turns(server):
    many = [f"/many{n}" for n in range(30)]
    server.list_pages(*many)
    server.list_pages("/few0", "/few1", path="/other.xml")
    server.routes |= dict.fromkeys([*many, "/few0", "/few1"], PAGE)
    sources = [
        Source(source_id=name, kind="feed", url=server.url(path))
        for name, path in (("a", "/feed.xml"), ("b", "/other.xml"))
    ]
    server.ask(*sources, settings=server.settings(fetch_gap_seconds=0.002))
    pages = [path for path in server.paths if path.startswith(("/many", "/few"))]
    assert pages.index("/few1") <= 4


def test_a_repeated_window_takes_up_only_its_own_rest(listed):
    settings = listed.settings(visit_pages=2)
    (first,) = listed.ask(settings=settings)
    listed.log.clear()
    (again,) = listed.ask(settings=listed.settings(), run_id="run-2", stored=[first], now=NOW + timedelta(minutes=5))
    assert listed.paths == list(LINKS[2:])
    assert again.pages.num_rows == 4


def test_a_backlog_that_fails_starves_nobody_and_is_written_down_once(server):
    bad = [f"/bad{n}" for n in range(5)]
    server.routes |= dict.fromkeys(bad, plain(b"", 500))
    settings, results, came = server.settings(visit_errors=3), [], []
    for n in range(6):
        server.list_pages(*(bad if n < 2 else ()), f"/new{n}")
        server.routes[f"/new{n}"] = PAGE
        (result,) = server.ask(
            settings=settings, window=next_window(n), now=NOW + n * HOUR, run_id=f"run-{n}", stored=results
        )
        results.append(result)
        came += [urlsplit(url).path for url in result.pages["requested_url"].to_pylist()]
    assert {f"/new{n}" for n in range(2, 6)} <= set(came)
    rows = [result.fetches.num_rows for result in results]
    assert rows[-1] <= 4, f"robots, feed, the new page: {rows}"


def test_a_body_that_is_refused_counts_all_the_same(server):
    server.list_pages(*LINKS)
    server.routes |= dict.fromkeys(LINKS, plain(b"x" * 3000))
    (result,) = server.ask(settings=server.settings(page_max_bytes=1000, visit_bytes=2500))
    assert sum(path in LINKS for path in server.paths) <= 6
    assert result.pages.num_rows == 0
