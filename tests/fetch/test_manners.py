"""What a host may count on, counted at the host: how often and how many at once, and what it says is heeded, however oddly."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest

from pipeline.fetch.http import politeness
from pipeline.fetch.http.client import CONNECT_SECONDS, MAX_REDIRECTS
from pipeline.fetch.http.politeness import DEFAULT_WAIT, MAX_HOSTS_AT_ONCE, MAX_SILENCES, MAX_WAIT, wait_asked
from pipeline.fetch.http.robots import ROBOTS_MAX_BYTES
from pipeline.fetch.sources import Source
from pipeline.settings import Settings

from .conftest import NOW, Route, Server, plain
from .test_polling import counts

PAGE = plain(b"<p>news</p>")


def test_the_limits_are_what_is_promised() -> None:
    settings = Settings()
    assert (settings.fetch_total_seconds, CONNECT_SECONDS, settings.fetch_gap_seconds) == (30, 10, 5)
    assert (settings.page_max_bytes, settings.feed_max_bytes, ROBOTS_MAX_BYTES) == (10 << 20, 15 << 20, 500 << 10)
    assert (MAX_REDIRECTS, MAX_HOSTS_AT_ONCE, MAX_SILENCES) == (10, 32, 3)
    assert (settings.visit_seconds, settings.visit_bytes, settings.visit_pages) == (900, 256 << 20, 2_000)
    assert timedelta(hours=24) == MAX_WAIT


class Crowd:
    """Counts who is being answered at one moment."""

    def __init__(self, seconds: float) -> None:
        self._lock = threading.Lock()
        self._now = 0
        self._seconds = seconds
        self.most = 0

    def answer(self, route: Route) -> Route:
        def slow(handler) -> None:
            with self._lock:
                self._now += 1
                self.most = max(self.most, self._now)
            time.sleep(self._seconds)
            with self._lock:
                self._now -= 1
            route(handler)

        return slow


def test_no_more_hosts_at_once_than_are_allowed(server, monkeypatch):
    monkeypatch.setattr(politeness, "MAX_HOSTS_AT_ONCE", 4)
    crowd = Crowd(0.03)
    server.list_pages(*(server.url("/page", f"h{n}.example") for n in range(10)))
    server.routes["/page"] = crowd.answer(PAGE)
    (result,) = server.ask()
    assert counts(result) == {"received": 10, "new": 10}
    assert crowd.most == 4


def test_one_request_to_a_host_however_many_sources_list_it(server):
    crowd = Crowd(0.02)
    sources = []
    for n in range(5):
        server.list_pages(f"/{n}a", f"/{n}b", path=f"/feed{n}.xml")
        server.routes |= dict.fromkeys([f"/{n}a", f"/{n}b"], PAGE)
        sources.append(source_of(server, f"/feed{n}.xml", f"s{n}"))
    server.routes = {path: crowd.answer(route) for path, route in server.routes.items()}
    results = server.ask(*sources)
    assert [result.pages.num_rows for result in results] == [2] * 5
    assert crowd.most == 1


def source_of(server: Server, path: str, name: str) -> Source:
    return Source(source_id=name, kind="feed", url=server.url(path))


def hang_up(connection: socket.socket) -> None:
    """Take what was asked, and answer nothing."""
    connection.recv(4096)


@pytest.mark.parametrize("end", [hang_up, lambda connection: None], ids=["without an answer", "without listening"])
def test_a_host_that_is_down_is_connected_to_three_times_for_a_hundred_pages(
    server, end: Callable[[socket.socket], None]
):
    connects = 0

    def listen(listener: socket.socket) -> None:
        nonlocal connects
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connects += 1
                end(connection)

    with socket.create_server(("127.0.0.1", 0)) as down:
        thread = threading.Thread(target=listen, args=(down,), daemon=True)
        thread.start()
        server.list_pages(*(f"http://down.test/{n}" for n in range(100)))
        places = (f"example=127.0.0.1:{server.port}", f"test=127.0.0.1:{down.getsockname()[1]}")
        (result,) = server.ask(settings=server.settings(resolve=places, visit_errors=10_000))
        down.shutdown(socket.SHUT_RDWR)
    thread.join(5)
    assert counts(result) == {"received": 100, "failed": 100}
    assert 1 <= connects <= 3


def test_a_listing_that_always_says_it_is_unchanged_is_asked_in_full_after_a_day(server):
    """Some servers give one ETag whatever the listing holds."""

    def lying(handler) -> None:
        if "If-None-Match" in handler.headers:
            plain(b"", 304)(handler)
        else:
            honest(handler)

    server.list_pages("/old", ETag='"one for all"')
    server.routes |= {"/old": PAGE, "/new": PAGE}
    honest = server.routes["/feed.xml"]
    server.routes["/feed.xml"] = lying
    (first,) = server.ask()
    server.list_pages("/old", "/new", ETag='"one for all"')
    honest, server.routes["/feed.xml"] = server.routes["/feed.xml"], lying
    known = {server.url("/old"): NOW}
    (soon,) = server.ask(states=first.feed_state, now=NOW + timedelta(hours=23), known_urls=known)
    assert counts(soon) == {}
    (later,) = server.ask(states=soon.feed_state, now=NOW + timedelta(hours=24), known_urls=known)
    assert server.url("/new") in later.pages["requested_url"].to_pylist()


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        ("120", 120),
        (" 120 ", 120),
        ("9" * 400, 86_400),
        ("315360000", 86_400),
        ("Tue, 03 Mar 2026 00:01:00 GMT", 60),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400),
        ("Tue, 03 Mar 2026 00:01:00", 60),
        ("2026-03-03T00:01:00Z", 60),
        ("Tue Mar  3 00:01:00 2026", 60),
        ("1772496060", 60),
        ("1772496060000", 60),
        ("120.5", 120),
        ("120, 120", 120),
        ('"120"', 120),
        ("120s", 120),
        ("2 minutes", 120),
        ("1 hour", 3600),
        *(
            (odd, DEFAULT_WAIT.total_seconds())
            for odd in ("", "-5", "soon", "1e9", "١٢٠", "12;5", "Tue, 99 Mar", "\x00", "nan")
        ),
    ],
)
def test_a_host_that_asks_to_wait_is_heeded_for_a_day_at_most(server, value, seconds):
    assert wait_asked(value, NOW) == timedelta(seconds=seconds)
    assert wait_asked(None, NOW) == DEFAULT_WAIT


@pytest.mark.parametrize("value", ["3600", "9999999999", "-1", "soon"])
def test_a_page_that_asks_to_wait_ends_the_visit_of_its_host_at_once(server, value):
    server.list_pages(*(f"/{n}" for n in range(50)))
    server.routes |= {f"/{n}": plain(b"", 429, Retry_After=value) for n in range(50)}
    began = time.monotonic()
    (result,) = server.ask()
    assert server.paths == ["/feed.xml", "/0"]
    assert dict(result.report.total.reasons) == {"too-many-requests": 1, "not-now": 49}
    assert time.monotonic() - began < 5
