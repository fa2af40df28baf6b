"""The newsroom's HTTP server: all outlets on one port of this machine, told apart by the Host header."""

from __future__ import annotations

import json
import sys
import threading
import time
from dataclasses import asdict, dataclass
from datetime import datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer
from types import TracebackType
from typing import Self

from newsroom.answers import NOW_HEADER, Answer, Pace, answer, read_target
from newsroom.content import load_newsroom
from newsroom.edge_cases import DRIPPED_BYTES, FILLER
from newsroom.records import Newsroom
from newsroom.site import Site

LOOPBACK = "127.0.0.1"
_IDLE_SECONDS = 20.0  # a kept-alive connection that says nothing more is closed, and one that takes nothing more
_DRIP_SECONDS = 0.15


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One line of the access log, written as the answer ends.

    Attributes:
        now: The moment asked for, as sent.
        size: Bytes of the body on the wire.
        conditional: The asker sent a validator.
        retry_after: Seconds that the answer asked to wait.
        arrived_seconds, ended_seconds: On the machine's monotonic clock, when the question was read and when the
            answer's last bytes were handed over: a gap is one's arrival minus another's end.
    """

    method: str
    host: str
    target: str
    status: int
    size: int
    now: str | None
    user_agent: str | None
    conditional: bool
    retry_after: int | None
    arrived_seconds: float
    ended_seconds: float


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
        """What was asked so far, in the order in which the answers ended."""
        return tuple(self._server.log)

    def close(self) -> None:
        """Stop listening and break off what is still being sent; a second call does nothing."""
        if self._thread.is_alive():
            self._server.closing.set()
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
    port: int = 0,
    *,
    host: str = LOOPBACK,
    newsroom: Newsroom | None = None,
    log_path: Path | None = None,
    now: datetime | None = None,
) -> Handle:
    """Serve the newsroom in a thread of its own until the handle is closed.

    Args:
        port: 0 takes a free one.
        host: An address of this machine's loopback, nothing else.
        log_path: Where to append the access log, one JSON object a line; None keeps it in memory only.
        now: What askers see who name no moment, aware; None for the end of the last day.
    Raises:
        ValueError: the host is not 127.0.0.1.
        OSError: the port is taken.
    """
    if host != LOOPBACK:
        raise ValueError(f"the newsroom serves {LOOPBACK} only, not {host}")
    return Handle(_Server((host, port), Site(newsroom or load_newsroom(), now), log_path))


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # idle kept-alive connections must not hold up the end
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], site: Site, log_path: Path | None) -> None:
        self.site = site
        self.log: list[Request] = []
        self.closing = threading.Event()
        self._log_path = log_path
        self._writing = threading.Lock()
        super().__init__(address, _Conversation)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of an asker who hung up; whatever else goes wrong is told."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]

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
    disable_nagle_algorithm = (
        True  # head and body are two writes: together they would wait 40 ms for an acknowledgement
    )
    server: _Server

    def do_GET(self) -> None:
        self._reply()

    def do_HEAD(self) -> None:
        self._reply()

    def _reply(self) -> None:
        arrived = time.monotonic()
        reply = answer(self.server.site, self.path, self.headers, self.server.server_port)
        body = b"" if self.command == "HEAD" else reply.body
        is_endless = reply.pace is Pace.ENDLESS
        self.send_response_only(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if is_endless:
            self.send_header("Connection", "close")
        elif reply.status != HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Length", str(len(reply.body)))
        sent = 0
        try:
            if body:
                sent = self._send_beginning(body, reply.pace)
            # Noted before the last bytes leave: who has read the answer finds it in the log.
            self._note(reply, len(body), arrived)
            if body:
                self.wfile.write(body[sent:])
            else:
                self.end_headers()
        except _BrokenOff as broken:
            self.close_connection = True
            self._note(reply, broken.sent, arrived)
        except OSError:
            self.close_connection = True

    def _send_beginning(self, body: bytes, pace: Pace) -> int:
        """Send headers and whatever goes before the last bytes, in the answer's pace; gives how much of the body that was.

        Raises:
            _BrokenOff: the asker hung up or the server ends; an endless answer ends in no other way.
        """
        sent = 0
        try:
            self.end_headers()
            if pace is Pace.AT_ONCE:
                return 0
            start = len(body) - DRIPPED_BYTES if pace is Pace.DRIPPING else len(body)
            sent += self.wfile.write(body[:start])
            while pace is Pace.ENDLESS or sent < len(body) - 1:
                if self.server.closing.wait(_DRIP_SECONDS if pace is Pace.DRIPPING else 0.001):
                    raise _BrokenOff(sent)
                sent += self.wfile.write(FILLER if pace is Pace.ENDLESS else body[sent : sent + 1])
        except OSError as error:
            raise _BrokenOff(sent) from error
        self.server.closing.wait(_DRIP_SECONDS)
        return sent

    def _note(self, reply: Answer, size: int, arrived: float) -> None:
        host, target = read_target(self.path, self.headers)
        retry_after = reply.headers.get("Retry-After")
        self.server.note(
            Request(
                method=self.command,
                host=host,
                target=target,
                status=reply.status,
                size=size,
                now=self.headers.get(NOW_HEADER),
                user_agent=self.headers.get("User-Agent"),
                conditional="If-None-Match" in self.headers or "If-Modified-Since" in self.headers,
                retry_after=int(retry_after) if retry_after else None,
                arrived_seconds=arrived,
                ended_seconds=time.monotonic(),
            )
        )

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing on stderr: the access log is `Handle.requests`."""


class _BrokenOff(Exception):
    """An answer that was not sent to its end, and how much of it was."""

    def __init__(self, sent: int) -> None:
        super().__init__(sent)
        self.sent = sent
