"""A server on this machine that behaves as badly as a test tells it to, and what asking it takes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pyarrow as pa
import pytest

from pipeline.fetch.history.crawl_history import OTHER_COLUMNS, StoredHistory
from pipeline.fetch.history.visits import Visit
from pipeline.fetch.polling import fetch_sources
from pipeline.fetch.results import FetchResult
from pipeline.fetch.sealing import Answers
from pipeline.fetch.sources import Source
from pipeline.settings import Settings
from pipeline.tables import FEED_STATE, FETCHES, PAGES, QUARANTINE
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

    def ask(
        self,
        *sources: Source,
        now: datetime = NOW,
        window: Window = WINDOW,
        visits: Sequence[Visit] | None = None,
        settings: Settings | None = None,
        run_id: str = "run-1",
        clock: Callable[[], datetime] | None = None,
        stored: Sequence[FetchResult] = (),
        known_urls: Mapping[str, datetime] | None = None,
        **tables: Any,
    ) -> list[FetchResult]:
        """Fetch sources from this server; the first one is /feed.xml of news.example unless others are given.

        Args:
            now: The moment of the one visit, as on the wall clock, unless `visits` are given.
            stored: What earlier runs brought, in their order.
            known_urls: URLs that another source captured, with the time.
            tables: Attributes of `StoredHistory` to take instead.
        """
        wanted = sources or (Source(source_id="news", kind="feed", url=self.url("/feed.xml")),)
        known = stored_of(stored, known_urls or {})
        sealed = Answers()
        results = fetch_sources(
            wanted,
            settings=settings or self.settings(),
            visits=[wall_visit(now, window)] if visits is None else visits,
            run_id=run_id,
            stored=replace(known, **tables),
            clock=clock,
            seal=sealed.add,
        )
        return [
            replace(result, pages=PAGES.rows([row for row in sealed.pages if row["source_id"] == source.source_id]))
            for source, result in zip(wanted, results, strict=True)
        ]


def wall_visit(now: datetime, window: Window = WINDOW) -> Visit:
    """The one visit of a window on the wall clock."""
    return Visit(window=window, asked=window, moment=now, is_invented=False)


def stored_of(results: Sequence[FetchResult], known_urls: Mapping[str, datetime] | None = None) -> StoredHistory:
    """What a warehouse would hold after these results, the latest state of each source alone."""
    elsewhere = [
        {"requested_url": url, "final_url": url, "fetched_at": at, "recorded_at": at}
        for url, at in (known_urls or {}).items()
    ]
    states = {row["source_id"]: row for result in results for row in result.feed_state.to_pylist()}
    schema = pa.schema([PAGES.schema.field(name) for name in OTHER_COLUMNS])
    return StoredHistory(
        pages=pa.concat_tables([PAGES.empty(), *(result.pages for result in results)]),
        other_pages=pa.Table.from_pylist(elsewhere, schema=schema),
        refusals=pa.concat_tables([QUARANTINE.empty(), *(result.refusals for result in results)]),
        requests=pa.concat_tables([FETCHES.empty(), *(result.fetches for result in results)]),
        states=FEED_STATE.rows(list(states.values())),
    )


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
            entry = (self.path, started, started, dict(self.headers.items()))
            state.log.append(entry)  # before the answer: whoever has that finds its question here
            state.routes.get(self.path, plain(b"nothing here", 404))(self)
            if entry in state.log:
                state.log[state.log.index(entry)] = (*entry[:2], time.monotonic(), entry[3])

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
