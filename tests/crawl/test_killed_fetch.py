"""A fetch that is killed keeps what it sealed: the next run of its window asks only what was on its way.

The default gap of 5 s and a visit of 15 minutes make 180 pages of one host an hour, so that 361 new pages take three hours
and 2,000 take twelve. Here a hundredth of each makes the same hours.
"""

from __future__ import annotations

import json
import os
import random
import secrets
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pipeline.fetch import sealing
from pipeline.reports import Counts, StageReport
from pipeline.runs.handover import discard_outputs, merged
from pipeline.runs.run import Run
from pipeline.settings import Settings
from pipeline.stages import ingest
from pipeline.store.warehouse import Warehouse
from pipeline.windows import HOUR, Window
from pipeline.workflow.local_run import run_window

GAP = 0.05
VISIT_SECONDS = 9.0


def most_asked_again(gap: float, seconds: float) -> int:
    """What a kill may cost: the answers since the last seal, and those on their way."""
    return int(seconds / gap) + 5


class Site:
    """One host with so many pages, which counts how often each path is asked."""

    def __init__(self, count: int) -> None:
        self.asked: Counter[str] = Counter()
        self.page_count = 0  # a source has one request at a time under way to a host
        items = "".join(
            f"<item><title>Page {n}</title><link>http://site.example/p{n}</link></item>" for n in range(count)
        )
        feed = f'<?xml version="1.0"?><rss version="2.0"><channel><title>T</title>{items}</channel></rss>'.encode()
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked[self.path] += 1
                site.page_count += self.path.startswith("/p")
                number = self.path.removeprefix("/p")
                page = f"<html><body><article><p>{'The harbour of page ' + number + ' was dredged again. '} </p></article></body></html>"
                body = feed if self.path == "/feed.xml" else page.encode()
                is_known = self.path == "/feed.xml" or number.isdecimal()
                self.send_response(200 if is_known else 404)
                self.send_header("Content-Type", "application/rss+xml" if self.path == "/feed.xml" else "text/html")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()


def settings_for(folder: Path, port: int, gap: float = GAP, **more: object) -> Settings:
    sources = folder / "sources.toml"
    sources.write_text('[[source]]\nid = "site"\nkind = "feed"\nurl = "http://site.example/feed.xml"\n')
    return Settings(
        warehouse=folder / "w", sources=sources, resolve=(f"example=127.0.0.1:{port}",), fetch_gap_seconds=gap,
        extract_workers=1, set_gate_max_refused=1.0, **more,
    )  # fmt: skip


def start(work: Callable[[], object]) -> int:
    """Some work in a child of this process."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setsid()
            work()
            code = 0
        finally:
            os._exit(code)
    return child


def fetch_hour(settings: Settings, window: Window, books: Path) -> None:
    """Fetch a window and land it, and leave behind what was counted."""
    run = Run.of(settings, "news_ingest", window, started_at=window.start + HOUR / 12, name=secrets.token_hex(4))
    notes = [ingest.fetch(run, group) for group in ingest.list_sources(run)]
    ingest.land(run, notes)
    discard_outputs(run)
    books.write_text(json.dumps(merged("fetch", notes).to_dict()))


def kill_after(child: int, site: Site, asked: int) -> bool:
    """Kill the child once so many pages were asked; False where it ended before."""
    while site.page_count < asked:
        if os.waitpid(child, os.WNOHANG)[0]:
            return False
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return True


def fetch_through_kills(
    folder: Path, site: Site, settings: Settings, *, most_kills: int, asked_before_kill: range, dice: random.Random
) -> tuple[int, list[Counts]]:
    """Fetch hour by hour until nothing is left over, each hour until it ends; gives the kills, and each hour's counts."""
    kills, counts, hour = 0, list[Counts](), Window.of_hour(datetime.now(UTC) - 40 * HOUR)
    while not counts or counts[-1].failed:
        assert len(counts) < 40, "it never ends"
        books = folder / f"books-{len(counts)}"
        while not books.exists():
            child = start(partial(fetch_hour, settings, hour, books))
            if kills < most_kills:
                kills += kill_after(child, site, site.page_count + dice.choice(asked_before_kill))
            else:
                assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        counts.append(StageReport.from_dict(json.loads(books.read_text())).total)
        hour = Window(hour.end, hour.end + HOUR)
    return kills, counts


@pytest.mark.parametrize(
    ("pages", "most_kills", "gap", "visit_seconds", "seal_seconds", "asked_before_kill"),
    [
        pytest.param(40, 1, 0.01, 60.0, 0.1, range(20, 25), id="forty pages, killed once"),
        pytest.param(361, 6, GAP, VISIT_SECONDS, 2.0, range(60, 150), id="361 pages", marks=pytest.mark.drill),
        pytest.param(2000, 20, GAP, VISIT_SECONDS, 2.0, range(50, 180), id="2,000 pages", marks=pytest.mark.drill),
    ],
)
@pytest.mark.timeout(1200)
def test_every_page_is_stored_once_over_the_hours_that_manners_allow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pages: int, most_kills: int, gap: float, visit_seconds: float,
    seal_seconds: float, asked_before_kill: range,
) -> None:  # fmt: skip
    monkeypatch.setattr(sealing, "SEAL_SECONDS", seal_seconds)
    site = Site(pages)
    settings = settings_for(tmp_path, site.port, gap, visit_seconds=visit_seconds)
    kills, counts = fetch_through_kills(
        tmp_path, site, settings, most_kills=most_kills, asked_before_kill=asked_before_kill, dice=random.Random(7)
    )
    assert kills
    urls = Warehouse(settings.warehouse).latest().read("pages", columns=["requested_url"])["requested_url"].to_pylist()
    assert len(urls) == len(set(urls)) == pages
    asked = {path: n for path, n in site.asked.items() if path.startswith("/p")}
    assert len(asked) == pages
    assert sum(asked.values()) - pages <= kills * most_asked_again(gap, seal_seconds)
    left = pages
    for hour in counts:
        assert hour.new + hour.failed == left, "each page that is not stored yet is counted once, an hour"
        assert hour.reasons["not-now"] == hour.failed
        left -= hour.new
    assert left == 0


@pytest.mark.drill
@pytest.mark.timeout(600)
def test_a_whole_run_goes_on_from_what_was_sealed(tmp_path: Path) -> None:
    pages, kills = 361, 6
    site = Site(pages)
    settings = settings_for(tmp_path, site.port)
    window = Window.of_hour(datetime.now(UTC))
    work = partial(run_window, settings, Warehouse(settings.warehouse), window, started_at=datetime.now(UTC))
    dice, killed, threshold = random.Random(3), 0, 0
    for _ in range(kills):
        threshold += dice.randrange(90, 120)
        killed += kill_after(start(work), site, threshold)
    os.waitpid(start(work), 0)
    assert killed
    stored = (
        Warehouse(settings.warehouse).latest().read("pages", columns=["requested_url"])["requested_url"].to_pylist()
    )
    assert len(stored) == len(set(stored)) == pages
    asked = {path: n for path, n in site.asked.items() if path.startswith("/p")}
    assert len(asked) == pages
    assert sum(asked.values()) - pages <= killed * most_asked_again(GAP, 2.0)
    assert sum(asked.values()) - pages < pages * killed / 2, "nothing had been sealed"
