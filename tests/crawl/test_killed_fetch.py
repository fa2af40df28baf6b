"""A fetch that is killed keeps what it sealed: the next run of its window asks only what was on its way."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pipeline.settings import Settings
from pipeline.store.warehouse import Warehouse
from pipeline.windows import Window
from pipeline.workflow.local_run import run_window

GAP = 0.02
# What a kill may cost: the answers of the last two seconds, and those on their way.
MOST_ASKED_AGAIN = int(2.0 / GAP) + 5


class Site:
    """One host with so many pages, which counts how often each path is asked."""

    def __init__(self, count: int) -> None:
        self.asked: Counter[str] = Counter()
        items = "".join(
            f"<item><title>Page {n}</title><link>http://site.example/p{n}</link></item>" for n in range(count)
        )
        feed = f'<?xml version="1.0"?><rss version="2.0"><channel><title>T</title>{items}</channel></rss>'.encode()
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked[self.path] += 1
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


def settings_for(folder: Path, port: int, **more: object) -> Settings:
    sources = folder / "sources.toml"
    sources.write_text('[[source]]\nid = "site"\nkind = "feed"\nurl = "http://site.example/feed.xml"\n')
    return Settings(
        warehouse=folder / "w", sources=sources, resolve=(f"example=127.0.0.1:{port}",), fetch_gap_seconds=GAP,
        extract_workers=1, set_gate_max_refused=1.0, **more,
    )  # fmt: skip


def start(settings: Settings, window: Window) -> int:
    """One window in a child of this process."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setsid()
            run_window(settings, Warehouse(settings.warehouse), window, started_at=datetime.now(UTC))
            code = 0
        finally:
            os._exit(code)
    return child


def kill_after(child: int, site: Site, asked: int) -> bool:
    """Kill the child once so many pages were asked; False where it ended before."""
    while sum(n for path, n in site.asked.items() if path.startswith("/p")) < asked:
        if os.waitpid(child, os.WNOHANG)[0]:
            return False
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return True


@pytest.mark.parametrize(
    ("pages", "kills"), [(220, 1), pytest.param(361, 6, marks=pytest.mark.drill)], ids=["once", "again and again"]
)
@pytest.mark.timeout(300)
def test_what_was_sealed_is_not_asked_again(tmp_path: Path, pages: int, kills: int) -> None:
    site = Site(pages)
    settings = settings_for(tmp_path, site.port)
    window = Window.of_hour(datetime.now(UTC))
    dice, killed, threshold = random.Random(3), 0, 0
    for _ in range(kills):
        threshold += dice.randrange(150, 190)
        killed += kill_after(start(settings, window), site, threshold)
    os.waitpid(start(settings, window), 0)
    assert killed
    stored = (
        Warehouse(settings.warehouse).latest().read("pages", columns=["requested_url"])["requested_url"].to_pylist()
    )
    assert len(stored) == len(set(stored)) == pages
    asked = {path: n for path, n in site.asked.items() if path.startswith("/p")}
    assert len(asked) == pages
    assert sum(asked.values()) - pages <= killed * MOST_ASKED_AGAIN
    assert sum(asked.values()) - pages < pages * killed / 2, "nothing had been sealed"
