"""What is asked when a visit is made again: a pure rule."""

from __future__ import annotations

import pytest

from pipeline.fetch.history.frontier import plan_requests
from pipeline.fetch.results import is_final
from pipeline.reasons import Reason


def asked(purpose: str, outcome: str, url: str = "http://a.example/x", status: int | None = None) -> dict[str, object]:
    listed = {"listed_title": "T", "listed_at": None, "listed_by": "feed"}
    return {"purpose": purpose, "outcome": outcome, "url": url, "http_status": status, **listed}


FEED_OK = asked("feed", "ok", "http://a.example/feed", 200)


def test_a_new_visit_asks_its_listing():
    plan = plan_requests([])
    assert (plan.ask_listing, plan.retry, plan.settled) == (True, (), frozenset())


@pytest.mark.parametrize("outcome", ["ok", "not-modified"])
def test_a_listing_that_was_read_is_not_asked_again(outcome):
    assert not plan_requests([asked("sitemap", outcome)]).ask_listing


@pytest.mark.parametrize("outcome", ["not-a-feed", "http-error", "timeout", "robots", "too-large"])
def test_a_listing_that_failed_is_asked_again(outcome):
    assert plan_requests([asked("feed", outcome, status=404)]).ask_listing


@pytest.mark.parametrize(
    ("outcome", "status", "again"),
    [
        ("ok", 200, False),
        ("http-error", 404, False),
        ("http-error", 500, True),
        ("http-error", 408, True),
        ("http-error", None, True),
        ("robots", None, False),
        ("too-large", 200, False),
        ("timeout", None, True),
        ("connect-error", None, True),
        ("too-many-requests", 429, True),
        ("not-now", None, True),
    ],
)
def test_pages_are_asked_again_while_time_may_mend_it(outcome, status, again):
    plan = plan_requests([FEED_OK, asked("page", outcome, status=status)])
    assert [wanted.url for wanted in plan.retry] == (["http://a.example/x"] if again else [])
    assert plan.settled == (frozenset() if again else {"http://a.example/x"})


def test_one_success_settles_all_tries_of_one_address():
    rows = [FEED_OK, asked("page", "timeout", "http://a.example/x?utm_source=f"), asked("page", "ok")]
    plan = plan_requests(rows)
    assert plan.retry == ()
    assert plan.attempts["page", "http://a.example/x"] == 1


def test_a_page_tried_twice_is_asked_once():
    plan = plan_requests([FEED_OK, asked("page", "timeout"), asked("page", "not-now")])
    assert [(wanted.url, wanted.listed_title) for wanted in plan.retry] == [("http://a.example/x", "T")]


def test_robots_requests_settle_nothing():
    plan = plan_requests([asked("robots", "ok", "http://a.example/robots.txt")])
    assert plan.ask_listing
    assert plan.settled == frozenset()


def test_every_reason_of_fetch_is_final_or_not():
    later = {reason for reason in Reason if not is_final(reason, None)}
    assert later == {"timeout", "connect-error", "too-many-requests", "not-now", "http-error"}
