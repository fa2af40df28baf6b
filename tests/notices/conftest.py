"""A mail server and a webhook on 127.0.0.1 that keep what they are told."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest


@dataclass
class Listener:
    """What a server was told, and how it answers."""

    port: int = 0
    got: list[Any] = field(default_factory=list)
    status: int = 200  # of the webhook; anything but 200 of the mail server refuses

    @property
    def smtp(self) -> str:
        return f"smtp+plain://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?token=secret"


def _serving(server: socketserver.BaseServer, state: Listener) -> Iterator[Listener]:
    state.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield state
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def mail() -> Iterator[Listener]:
    """A mail server without TLS; `got` holds EmailMessages."""
    state = Listener()

    class Handler(socketserver.StreamRequestHandler):
        timeout = 10

        def handle(self) -> None:
            self.wfile.write(b"220 here\r\n")
            while line := self.rfile.readline():
                verb = line[:4].upper()
                if verb == b"DATA":
                    self.wfile.write(b"354 go on\r\n")
                    lines = []
                    while (part := self.rfile.readline()) not in (b".\r\n", b""):
                        lines.append(part.removeprefix(b".") if part.startswith(b"..") else part)
                    if state.status == 200:
                        state.got.append(message_from_bytes(b"".join(lines), EmailMessage, policy=policy.default))
                    self.wfile.write(b"250 kept\r\n" if state.status == 200 else b"554 no\r\n")
                elif verb == b"QUIT":
                    self.wfile.write(b"221 bye\r\n")
                    return
                else:
                    self.wfile.write(b"250 ok\r\n")

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

    yield from _serving(Server(("127.0.0.1", 0), Handler), state)


@pytest.fixture
def hook() -> Iterator[Listener]:
    """A webhook; `got` holds what was posted, read as JSON."""
    state = Listener()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if state.status == 200:
                state.got.append(body)
            self.send_response(state.status)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    yield from _serving(ThreadingHTTPServer(("127.0.0.1", 0), Handler), state)
