"""The newsroom's HTTP server: all outlets on one port of this machine, told apart by the Host header."""

from __future__ import annotations

import json
import threading
from dataclasses import asdict, dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer
from types import TracebackType
from typing import Self

from newsroom.answers import NOW_HEADER, answer
from newsroom.content import Newsroom, load_newsroom
from newsroom.site import Site

LOOPBACK = "127.0.0.1"
_IDLE_SECONDS = 20.0  # a kept-alive connection that says nothing more is closed


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One line of the access log. `now` is the moment asked for, as sent; `size` counts bytes on the wire."""

    method: str
    host: str
    target: str
    status: int
    size: int
    now: str | None
    user_agent: str | None
    conditional: bool


class Handle:
    """A running newsroom: `port`, and `requests` so far. Use it as a context manager, or call `close`."""

    def __init__(self, server: _Server) -> None:
        self._server = server
        self._thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="newsroom", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """Where the newsroom listens on 127.0.0.1."""
        return self._server.server_port

    @property
    def requests(self) -> tuple[Request, ...]:
        """What was asked so far, in order of answer."""
        return tuple(self._server.log)

    def close(self) -> None:
        """Stop listening; a second call does nothing."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def serve(
    port: int = 0, host: str = LOOPBACK, *, newsroom: Newsroom | None = None, log_path: Path | None = None
) -> Handle:
    """Start the newsroom in a thread of this process.

    Args:
        port: 0 takes a free one.
        host: An address of this machine's loopback, nothing else.
        log_path: Where to append the access log, one JSON object a line; None keeps it in memory only.
    Raises:
        ValueError: the host is not 127.0.0.1.
        OSError: the port is taken.
    """
    if host != LOOPBACK:
        raise ValueError(f"the newsroom serves {LOOPBACK} only, not {host}")
    return Handle(_Server((host, port), Site(newsroom or load_newsroom()), log_path))


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # idle kept-alive connections must not hold up the end
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], site: Site, log_path: Path | None) -> None:
        self.site = site
        self.log: list[Request] = []
        self._log_path = log_path
        self._writing = threading.Lock()
        super().__init__(address, _Conversation)

    def server_bind(self) -> None:
        """Bind without the base class's reverse lookup of the host's name, which may ask a name server."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = LOOPBACK, self.server_address[1]

    def note(self, request: Request) -> None:
        """Write one request into the access log."""
        with self._writing:
            self.log.append(request)
            if self._log_path is not None:
                with self._log_path.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(asdict(request)) + "\n")


class _Conversation(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = _IDLE_SECONDS
    server: _Server

    def do_GET(self) -> None:
        self._reply()

    def do_HEAD(self) -> None:
        self._reply()

    def _reply(self) -> None:
        reply = answer(self.server.site, self.path, self.headers, self.server.server_port)
        body = b"" if self.command == "HEAD" else reply.body
        self._note(reply.status, len(body))
        self.send_response_only(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.status != HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(body)

    def _note(self, status: int, size: int) -> None:
        self.server.note(
            Request(
                method=self.command,
                host=self.headers.get("Host", ""),
                target=self.path,
                status=status,
                size=size,
                now=self.headers.get(NOW_HEADER),
                user_agent=self.headers.get("User-Agent"),
                conditional="If-None-Match" in self.headers or "If-Modified-Since" in self.headers,
            )
        )

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing on stderr: the access log is `Handle.requests`."""
