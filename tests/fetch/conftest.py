"""A server on this machine that behaves as badly as a test tells it to, and what asking it takes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from pipeline.fetch.asking import fetch_sources
from pipeline.fetch.records import FetchResult
from pipeline.fetch.sources import Source
from pipeline.settings import Settings
from pipeline.tables import FEED_STATE, FETCHES
from pipeline.windows import Window

Route = Callable[[BaseHTTPRequestHandler], None]
NOW = datetime(2026, 3, 3, tzinfo=UTC)
WINDOW = Window(datetime(2026, 3, 2, tzinfo=UTC), NOW)


def plain(body: bytes, status: int = 200, content_type: str | None = "text/html", **headers: str) -> Route:
    """A route that answers honestly."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        if content_type:
            handler.send_header("Content-Type", content_type)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        if status != 304:
            handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


@dataclass(slots=True)
class Server:
    """The server: `routes` by path, and `log` of (path, start, end, headers)."""

    routes: dict[str, Route] = field(default_factory=dict)
    log: list[tuple[str, float, float, dict[str, str]]] = field(default_factory=list)
    port: int = 0

    @property
    def paths(self) -> list[str]:
        """What was asked, robots.txt aside."""
        return [path for path, *_ in self.log if path != "/robots.txt"]

    def url(self, path: str, host: str = "news.example") -> str:
        """An address on an invented host that is found here."""
        return f"http://{host}{path}"

    def settings(self, **changes: object) -> Settings:
        """Settings that lead to this server, with deadlines fit for tests."""
        defaults: dict[str, object] = {
            "resolve": (f"example=127.0.0.1:{self.port}",),
            "fetch_total_seconds": 3.0,
            "fetch_gap_seconds": 0.0,
        }
        return Settings(**{**defaults, **changes})  # type: ignore[arg-type]

    def list_pages(self, *links: str, path: str = "/feed.xml", date: str = "", **headers: str) -> None:
        """Let a path answer with an RSS feed of these links."""
        items = "".join(
            f"<item><title>Title {n}</title><link>{link}</link>{date}</item>" for n, link in enumerate(links)
        )
        feed = f'<?xml version="1.0"?><rss version="2.0"><channel><title>News</title>{items}</channel></rss>'
        self.routes[path] = plain(feed.encode(), content_type="application/rss+xml", **headers)

    def ask(self, *sources: Source, **changes: object) -> list[FetchResult]:
        """Fetch sources from this server; the first one is /feed.xml of news.example unless others are given."""
        given = {"settings": self.settings(), "window": WINDOW, "now": NOW, "run_id": "run-1"}
        given |= {"states": FEED_STATE.empty(), "known_urls": {}, "already": FETCHES.empty()}
        wanted = sources or (Source(source_id="news", kind="feed", url=self.url("/feed.xml")),)
        return fetch_sources(wanted, **{**given, **changes})  # type: ignore[arg-type]


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients hang up on hostile answers; that is what is tested."""


@pytest.fixture
def server() -> Iterator[Server]:
    """A running server; unknown paths answer 404."""
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 10

        def do_GET(self) -> None:
            started = time.monotonic()
            state.routes.get(self.path, plain(b"nothing here", 404))(self)
            state.log.append((self.path, started, time.monotonic(), dict(self.headers.items())))

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    http = _Quiet(("127.0.0.1", 0), Handler)
    state.port = http.server_address[1]
    thread = threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield state
    http.shutdown()
    http.server_close()
    thread.join()
