"""How Daybook asks, by the newsroom's own access log: of the whole play, of a second one, and of a day with a real gap."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise
from pathlib import Path

import pytest

from newsroom import Request, serve
from newsroom.answers import NOW_HEADER, answer, read_now
from newsroom.records import Page as NewsroomPage
from newsroom.site import Site
from pipeline.crawl.ask import ask_sources
from pipeline.crawl.sources import sources_of
from pipeline.fetch.history.rechecks import REFUSED_MARKS
from pipeline.runs.run import Run
from pipeline.settings import PROJECT, Settings
from pipeline.store.warehouse import Warehouse
from pipeline.windows import Window
from tests.newsroom.crawl_audit import Offence, find_offences, read_log
from tests.newsroom.expected_outcomes import fetch_moments, window_day
from tests.played import Play, play_days

DAY = timedelta(hours=24)
# The first test that needs the play waits for it.
pytestmark = pytest.mark.timeout(600)
HOUR = timedelta(hours=1)
ROBOTS = "/robots.txt"
GAP_SECONDS = 0.05


def at(request: Request) -> datetime:
    """The moment that a request saw."""
    assert request.now is not None, f"{request.host}{request.target} was asked without a moment"
    return read_now(request.now, datetime.min.replace(tzinfo=UTC))


def hours(first: datetime, last: datetime) -> list[datetime]:
    """The moments of hourly visits, both ends included."""
    return [first + n * HOUR for n in range(int((last - first) / HOUR) + 1)]


@pytest.fixture(scope="module")
def asked(play: Play) -> dict[str, list[Request]]:
    """The requests for each page, in their order."""
    found: dict[str, list[Request]] = defaultdict(list)
    for request in play.requests:
        if page := play.page_at(request.host, request.target):
            found[page.key].append(request)
    return found


def listing_moments(play: Play, outlet_id: str, requests: tuple[Request, ...]) -> list[datetime]:
    """When an outlet's listing was asked for."""
    (outlet,) = [outlet for outlet in play.newsroom.outlets if outlet.outlet_id == outlet_id]
    return [at(r) for r in requests if (r.host, r.target) == (outlet.host, outlet.feed.path)]


def is_daily_full_listing(offence: Offence, play: Play) -> bool:
    """A listing is asked without conditions once a day, for the servers whose validators never change."""
    is_listing = offence.request.target == play.newsroom.hosts[offence.request.host].feed.path
    return is_listing and offence.earlier is not None and at(offence.request) - at(offence.earlier) >= DAY


def test_the_server_s_judge_finds_nothing(play: Play) -> None:
    offences = find_offences(play.requests, play.newsroom)
    assert [str(offence) for offence in offences if not is_daily_full_listing(offence, play)] == []


def test_nothing_was_asked_that_is_no_page_listing_or_rules(play: Play) -> None:
    for request in play.requests:
        known = (ROBOTS, play.newsroom.hosts[request.host].feed.path)
        assert request.target in known or play.page_at(request.host, request.target), request
        assert request.user_agent is not None
        assert request.user_agent.startswith("daybook")


def test_rules_are_asked_once_a_run_and_before_all_else(play: Play) -> None:
    by_run: dict[tuple[str, object], list[str]] = defaultdict(list)
    for request in sorted(play.requests, key=lambda request: request.arrived_seconds):
        by_run[request.host, window_day(at(request))].append(request.target)
    assert len(by_run) == len(play.newsroom.outlets) * len(play.newsroom.days)
    assert {host: targets[0] for host, targets in by_run.items()} == dict.fromkeys(by_run, ROBOTS)
    assert {host: targets.count(ROBOTS) for host, targets in by_run.items()} == dict.fromkeys(by_run, 1)


def test_closed_paths_are_never_asked(play: Play, asked: dict[str, list[Request]]) -> None:
    closed = {page.key for page in play.truth.pages if any(f.reason == "robots" for f in page.fates.values())}
    assert closed
    assert closed & set(asked) == set()


def test_each_host_has_one_question_at_a_time(play: Play) -> None:
    by_host = sorted(play.requests, key=lambda request: (request.host, request.arrived_seconds))
    for _, group in groupby(by_host, key=lambda request: request.host):
        for earlier, later in pairwise(group):
            assert later.arrived_seconds >= earlier.ended_seconds, (earlier.target, later.target)


def test_a_host_that_asks_for_rest_has_it(play: Play) -> None:
    busy = datetime(2026, 3, 3, 8, tzinfo=UTC)
    moments = listing_moments(play, "skellbulletin", play.requests)
    near = [moment for moment in moments if busy - HOUR <= moment <= busy + 7 * HOUR]
    # Asked to wait for two hours at 9 and at 11: neither 10 nor 12 asks, nor is any page of the host asked.
    assert [moment.hour for moment in near] == [7, 8, 9, 11, 13, 14, 15]
    told = [r for r in play.requests if r.status == 429]
    assert [(at(r).hour, r.retry_after) for r in told] == [(9, 7200), (11, 7200)]
    (host,) = {r.host for r in told}
    meanwhile = [at(r) for r in play.requests if r.host == host and busy < at(r) <= busy + 4 * HOUR]
    assert {moment.hour for moment in meanwhile} == {9, 11}


def expected_moments(play: Play, page: NewsroomPage) -> list[datetime]:
    """When a page is to be asked for: a refused one once, and where that may pass, after an hour and a day again."""
    moments = sorted(fetch_moments(play.newsroom, page))
    first = next(iter(play.truth.by_key[page.key].fates.values()), None)
    if first is None or first.kind != "quarantined":
        return moments
    if first.reason == "robots":
        return []
    again = [moments[0] + after for after in REFUSED_MARKS] if page.is_missing else []
    return moments[:1] + [moment for moment in again if moment <= play.newsroom.end]


def test_each_page_is_asked_when_it_is_listed_when_its_feed_says_and_after_a_day(
    play: Play, asked: dict[str, list[Request]]
) -> None:
    wrong = {}
    for page in play.newsroom.pages:
        moments, expected = [at(request) for request in asked[page.key]], expected_moments(play, page)
        if moments != expected:
            wrong[page.key] = (moments, expected)
    assert wrong == {}


def test_an_announced_edit_is_fetched_within_its_hour(play: Play, asked: dict[str, list[Request]]) -> None:
    edits = [(p, v) for p in play.newsroom.pages for v in p.versions[1:] if not v.is_silent]
    assert edits
    for page, version in edits:
        after = [request for request in asked[page.key] if at(request) > version.at]
        assert at(after[0]) - version.at <= HOUR, page.key
        assert after[0].status == 200, page.key


def test_a_silent_edit_is_found_by_asking_again_after_a_day(play: Play, asked: dict[str, list[Request]]) -> None:
    edits = [(p, v) for p in play.newsroom.pages for v in p.versions[1:] if v.is_silent]
    assert edits
    for page, version in edits:
        (found,) = [r for r in asked[page.key] if at(r) > version.at and r.status == 200]
        assert at(found) == at(asked[page.key][0]) + DAY, page.key


def test_whoever_asks_again_gets_only_what_changed(play: Play, asked: dict[str, list[Request]]) -> None:
    site = Site(play.newsroom)
    not_modified = 0
    for page in play.newsroom.pages:
        for earlier, later in pairwise(asked[page.key] if not page.is_missing else ()):
            is_same = served(site, page, at(earlier)) == served(site, page, at(later))
            assert (later.conditional, later.status) == (True, 304 if is_same else 200), (page.key, later.now)
            not_modified += is_same
    assert not_modified > 50


def served(site: Site, page: NewsroomPage, now: datetime) -> bytes:
    """A page's bytes as they stood."""
    return answer(site, page.path, {"Host": page.outlet.host, NOW_HEADER: now.isoformat()}, 80).body


@pytest.fixture(scope="module")
def second(play: Play, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[Request, ...]]:
    """The same days once more, into the same warehouse."""
    folder = tmp_path_factory.mktemp("second")
    root, log = play.copy(folder / "warehouse"), folder / "access.jsonl"
    play_days(root, log_path=log)
    return root, read_log(log)


@pytest.mark.drill
def test_a_second_play_asks_only_for_listings_that_never_could_be_read(
    play: Play, second: tuple[Path, tuple[Request, ...]]
) -> None:
    _, requests = second
    first, last = datetime(2026, 3, 2, 1, tzinfo=UTC), play.newsroom.end
    unreadable = {
        "lanternpost": hours(first, datetime(2026, 3, 5, 7, tzinfo=UTC)),  # a web page until then
        "gullgazette": hours(first, last),  # breaks off, to the end
    }
    hosts = {outlet.host: outlet.outlet_id for outlet in play.newsroom.outlets}
    assert {hosts[r.host] for r in requests} == set(unreadable)
    for outlet_id, moments in unreadable.items():
        assert listing_moments(play, outlet_id, requests) == moments
    days = sum(len({moment.date() for moment in map(_just_before, moments)}) for moments in unreadable.values())
    assert len([r for r in requests if r.target == ROBOTS]) == days
    assert len(requests) == days + sum(map(len, unreadable.values()))
    assert find_offences(requests, play.newsroom) == []


def _just_before(moment: datetime) -> datetime:
    return moment - timedelta(microseconds=1)


@pytest.mark.drill
def test_a_second_play_changes_nothing(play: Play, second: tuple[Path, tuple[Request, ...]]) -> None:
    root, _ = second
    assert Warehouse(root).content_hash() == Warehouse(play.root).content_hash()


def test_gaps_are_kept(play: Play, tmp_path: Path) -> None:
    sources = tmp_path / "sources.toml"
    text = (PROJECT / "newsroom" / "sources.toml").read_text(encoding="utf-8")
    sources.write_text(text.replace("gap_seconds = 0.005", f"gap_seconds = {GAP_SECONDS}"), encoding="utf-8")
    window = Window.of_day(play.newsroom.days[0])
    with serve() as server:
        settings = Settings(
            warehouse=tmp_path / "warehouse", sources=sources, resolve=(f"example=127.0.0.1:{server.port}",)
        )
        run = Run.of(settings, "news_ingest", window, started_at=window.end, clock="window-end")
        ask_sources(run, sources_of(run), run.warehouse.latest(), "newsroom")
        requests = server.requests
    assert len(requests) > 24 * len(play.newsroom.outlets)
    assert [str(offence) for offence in find_offences(requests, play.newsroom, gap_seconds=GAP_SECONDS)] == []
