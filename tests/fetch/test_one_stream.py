"""All hosts are asked in one stream: many listings of one host, a slow one among quick ones, and more than a visit's time."""

from __future__ import annotations

import errno
import itertools
import threading
import time
from dataclasses import replace
from types import SimpleNamespace

import pytest

from pipeline.fetch import budget, polling
from pipeline.fetch.source_visit import SourceVisit
from pipeline.fetch.sources import Source
from pipeline.reasons import Reason
from pipeline.windows import HOUR, Window

from .conftest import NOW, WINDOW, plain, wall_visit
from .test_polling import counts

PAGE = plain(b"<p>news</p>")


def feed_of(server, name: str, host: str = "paper.example") -> Source:
    return Source(source_id=name, kind="feed", url=server.url(f"/{name}.xml", host))


def test_eleven_feeds_of_one_host_are_asked_one_at_a_time(server):
    sources = [feed_of(server, f"section-{n:02d}") for n in range(11)]
    for n, source in enumerate(sources):
        server.list_pages(f"/page-{n}", "/shared", path=f"/{source.source_id}.xml")
        server.routes[f"/page-{n}"] = PAGE
    server.routes["/shared"] = PAGE
    results = server.ask(*sources, settings=server.settings(fetch_gap_seconds=0.01))
    assert [counts(result)["new"] for result in results] == [2] + [1] * 10
    assert [counts(result).get("unchanged", 0) for result in results] == [0] + [1] * 10, "the first asks what all list"
    spans = sorted((start, end) for _, start, end, _ in server.log)
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(spans))


@pytest.fixture
def slow_and_quick(server, monkeypatch):
    """A slow listing and a quick one on another host; both list one page, and one of their own."""
    monkeypatch.setattr(polling, "LISTING_SECONDS", 0.2)
    for name in ("slow", "quick"):
        server.list_pages(f"/{name}", "http://both.example/both", path=f"/{name}.xml")
        server.routes[f"/{name}"] = PAGE
    server.routes["/both"] = PAGE
    return [feed_of(server, "slow", "slow.example"), feed_of(server, "quick", "quick.example")]


def hold(server, path: str, wait) -> None:
    """Let a path answer after a wait."""
    answer = server.routes[path]

    def later(handler):
        wait()
        answer(handler)

    server.routes[path] = later


def test_a_slow_listing_keeps_no_other_source_s_pages_waiting(server, slow_and_quick):
    asked = threading.Event()
    hold(server, "/quick", asked.set)
    hold(server, "/slow.xml", lambda: asked.wait(60))
    slow, quick = server.ask(*slow_and_quick, settings=server.settings(fetch_total_seconds=60.0))
    assert counts(quick) == {"received": 2, "new": 2}
    assert counts(slow) == {"received": 2, "new": 1, "unchanged": 1}
    assert server.paths.index("/quick") < server.paths.index("/slow")


def test_on_an_invented_clock_all_listings_are_waited_for(server, slow_and_quick):
    hold(server, "/slow.xml", lambda: time.sleep(0.5))
    slow, quick = server.ask(*slow_and_quick, visits=[replace(wall_visit(NOW), is_invented=True)])
    assert counts(slow) == {"received": 2, "new": 2}
    assert counts(quick) == {"received": 2, "new": 1, "unchanged": 1}


def test_listings_that_a_visit_has_no_time_for_are_asked_first_at_the_next(server, monkeypatch):
    sources = [feed_of(server, f"section-{n}") for n in range(6)]
    for source in sources:
        server.list_pages(path=f"/{source.source_id}.xml")
    readings = iter([0.0] * 6 + [1.0] * 2)  # as each begins, and at the first two turns; then it is too late
    with monkeypatch.context() as patched:
        patched.setattr(budget, "time", SimpleNamespace(monotonic=lambda: next(readings, 901.0)))
        first = server.ask(*sources)
    assert [path for path in server.paths if path.endswith(".xml")] == ["/section-0.xml", "/section-1.xml"]
    assert all(result.error is None for result in first), "it is no failure of theirs"
    assert sum(result.report.total.reasons["not-now"] for result in first) == 4
    server.log.clear()
    later = Window(WINDOW.start + HOUR, WINDOW.end + HOUR)
    server.ask(*sources, window=later, now=NOW + HOUR, stored=first)
    again = [path for path in server.paths if path.endswith(".xml")]
    assert set(again[-2:]) == {"/section-0.xml", "/section-1.xml"}


STEPS = ("ask_listing", "choose_pages", "ask_pages", "_seal_choice", "_settle_page", "_keep", "finish")


@pytest.mark.parametrize("step", STEPS)
def test_what_nobody_foresaw_fails_its_own_source_alone(server, monkeypatch, step):
    for name in ("odd", "sound"):
        server.list_pages(f"/{name}", f"http://elsewhere.example/{name}-2", path=f"/{name}.xml")
        server.routes |= {f"/{name}": PAGE, f"/{name}-2": PAGE}
    usual = getattr(SourceVisit, step)

    def fails(self, *given, **named):
        if self.source.source_id == "odd":
            raise RuntimeError("nobody foresaw this")
        return usual(self, *given, **named)

    monkeypatch.setattr(SourceVisit, step, fails)
    odd, sound = server.ask(feed_of(server, "odd"), feed_of(server, "sound"))
    assert (odd.error.reason, sound.error) == (Reason.UNFORESEEN, None)
    assert "nobody foresaw this" in odd.error.detail
    assert counts(sound) == {"received": 2, "new": 2}
    assert [state["last_success_at"] for state in sound.feed_state.to_pylist()] == [NOW]


def test_a_full_disk_is_everybody_s(server, monkeypatch):
    server.list_pages("/a")

    def fails(self, *given):
        raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr(SourceVisit, "_settle_page", fails)
    with pytest.raises(OSError, match="no space left"):
        server.ask()
