"""Answers that never end, explode, break off or say other than they are: each ends by a cap or a deadline, with a name."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import time
import tracemalloc
import zlib
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler

import pytest

from pipeline.fetch.http.client import HttpClient
from pipeline.fetch.http.requests import FetchRequest, FetchResponse
from pipeline.fetch.results import is_final
from pipeline.reasons import Reason

from .conftest import NOW, Route, Server, plain

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
CAP = 100_000
TEXT = b"".join(b"<p>The ferry of line %d left the pier late.</p>" % n for n in range(900))


def ask(server: Server, route: Route, *, purpose: str = "page", seconds: float = 1.0) -> FetchResponse:
    """One question, answered so."""
    server.routes["/page"] = route

    async def go() -> FetchResponse:
        async with HttpClient(server.settings(fetch_total_seconds=seconds), lambda: NOW) as client:
            request = FetchRequest(url=server.url("/page"), purpose=purpose, gap_seconds=0, max_bytes=CAP)
            return await client.ask(request, [])

    return asyncio.run(go())


def reason(answer: FetchResponse) -> Reason | None:
    return answer.failure.reason if answer.failure else None


def sends(*parts: bytes, then: Iterable[bytes] = (), pause: float = 0.0) -> Route:
    """A route that writes these bytes, whatever they are, and hangs up after them."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        for part in itertools.chain(parts, then):
            handler.wfile.write(part)
            handler.wfile.flush()
            if pause:
                time.sleep(pause)

    return answer


def bare_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(9, wbits=-15)
    return packer.compress(body) + packer.flush()


PACK = {
    "gzip": lambda body: gzip.compress(body, mtime=0),
    "deflate": zlib.compress,
    "bare deflate": bare_deflate,
}


def encoding_of(kind: str) -> str:
    return kind.split()[-1]


DRIPS = {
    "a body": (HEAD + b"\r\n", b"x"),
    "a body of announced length": (HEAD + b"Content-Length: 90000\r\n\r\n", b"x"),
    "a header a line": (HEAD, b"X-Slow: 1\r\n"),
    "one header": (HEAD + b"X-Slow: ", b"x"),
    "a status line": (b"HTTP/1.1 200 ", b"O"),
    "interim answers": (b"", b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"),
    "chunks of a byte": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    "a chunk's extension": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;", b"x"),
    "trailers": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X-Slow: 1\r\n"),
    "gzip": (HEAD + b"Content-Encoding: gzip\r\n\r\n" + PACK["gzip"](TEXT)[:20], b"\0"),
    "nothing": (b"", b""),
}


@pytest.mark.parametrize("kind", DRIPS)
def test_what_drips_ends_at_the_deadline(server, kind):
    head, drop = DRIPS[kind]
    started = time.monotonic()
    answer = ask(server, sends(head, then=itertools.repeat(drop, 100), pause=0.05), seconds=0.5)
    assert reason(answer) in (Reason.TIMEOUT, Reason.BAD_ENCODING)
    assert time.monotonic() - started < 4
    assert answer.body == b""


FLOODS = {
    "a body": (HEAD + b"\r\n", b"x" * 65_536, Reason.TOO_LARGE),
    "chunks": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"8000\r\n" + b"x" * 0x8000 + b"\r\n", Reason.TOO_LARGE),
    "headers": (HEAD, b"".join(b"X-%d: y\r\n" % n for n in range(1_000)), Reason.CONNECT_ERROR),
    "one header": (HEAD + b"X-Long: ", b"x" * 65_536, Reason.CONNECT_ERROR),
    "a folded header": (HEAD + b"X-Long: x\r\n", b" x" * 30_000 + b"\r\n", Reason.CONNECT_ERROR),
    "a status line": (b"HTTP/1.1 200 ", b"O" * 65_536, Reason.CONNECT_ERROR),
    "trailers": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X-T: y\r\n" * 9_000, Reason.CONNECT_ERROR),
    "no http": (b"", b"\0\x01\x02" * 20_000, Reason.CONNECT_ERROR),
}


@pytest.mark.parametrize("kind", FLOODS)
def test_what_never_ends_is_stopped_by_a_cap_or_the_deadline_and_in_little_memory(server, kind):
    head, piece, expected = FLOODS[kind]
    tracemalloc.start()
    try:
        answer = ask(server, sends(head, then=itertools.repeat(piece)), seconds=1.0)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert reason(answer) in (expected, Reason.TIMEOUT)
    assert peak < 30 << 20
    assert answer.body == b""


def test_two_hundred_thousand_headers(server):
    answer = ask(server, sends(HEAD, b"".join(b"X-%d: y\r\n" % n for n in range(200_000)), b"\r\n<p>x</p>"))
    assert reason(answer) is Reason.CONNECT_ERROR
    assert len(answer.headers) < 1_000


@pytest.mark.parametrize("kind", PACK)
@pytest.mark.parametrize("purpose", ["page", "feed", "sitemap"])
def test_a_bomb_in_any_accepted_encoding_stops_at_the_cap_and_in_little_memory(server, kind, purpose):
    bomb = PACK[kind](bytes(80 << 20))
    tracemalloc.start()
    try:
        answer = ask(server, plain(bomb, Content_Encoding=encoding_of(kind)), purpose=purpose)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert reason(answer) is Reason.TOO_LARGE
    assert (answer.body, answer.size) == (b"", CAP)
    assert peak < 20 << 20


@pytest.mark.parametrize("kind", PACK)
def test_a_chunked_bomb_does_too(server, kind):
    bomb = PACK[kind](bytes(20 << 20))
    pieces = b"".join(
        b"%x\r\n%s\r\n" % (len(bomb[at : at + 999]), bomb[at : at + 999]) for at in range(0, len(bomb), 999)
    )
    head = HEAD + f"Content-Encoding: {encoding_of(kind)}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    assert reason(ask(server, sends(head, pieces, b"0\r\n\r\n"))) is Reason.TOO_LARGE


@pytest.mark.parametrize("kind", PACK)
@pytest.mark.parametrize("share", [0.01, 0.3, 0.9])
def test_a_body_whose_compression_breaks_off_is_a_broken_transfer(server, kind, share):
    """Its Content-Length is right: a cache that stored half an answer serves it so for ever."""
    whole = PACK[kind](TEXT)
    cut = whole[: max(2, int(share * len(whole)))]
    answer = ask(server, plain(cut, Content_Encoding=encoding_of(kind)))
    assert reason(answer) is Reason.CONNECT_ERROR
    assert "breaks off" in str(answer.failure)
    assert not is_final(Reason.CONNECT_ERROR, answer.status)
    assert answer.body == b""


def test_half_a_page_is_neither_stored_nor_given_up(server):
    whole = PACK["gzip"](TEXT)
    server.list_pages("/cut", "/whole")
    server.routes |= {
        "/cut": plain(whole[: len(whole) // 2], Content_Encoding="gzip"),
        "/whole": plain(whole, Content_Encoding="gzip"),
    }
    (result,) = server.ask()
    assert [row["body"] for row in result.pages.to_pylist()] == [TEXT]
    assert dict(result.report.total.reasons) == {"connect-error": 1}
    server.routes["/cut"] = plain(whole, Content_Encoding="gzip")
    (again,) = server.ask(stored=[result])
    assert [row["requested_url"] for row in again.pages.to_pylist()] == [server.url("/cut")]


@pytest.mark.parametrize(("kind", "check"), [("gzip", 8), ("gzip", 3), ("deflate", 4), ("deflate", 1)])
def test_a_check_sum_that_is_missing_costs_no_page(server, kind, check):
    answer = ask(server, plain(PACK[kind](TEXT)[:-check], Content_Encoding=kind))
    assert (answer.failure, answer.body) == (None, TEXT)


@pytest.mark.parametrize("kind", PACK)
def test_every_accepted_encoding_comes_whole(server, kind):
    for name in {encoding_of(kind), encoding_of(kind).upper()}:
        assert ask(server, plain(PACK[kind](TEXT), Content_Encoding=name)).body == TEXT
    assert ask(server, plain(b"", Content_Encoding=encoding_of(kind))).body == b""


@pytest.mark.parametrize(
    "encoding",
    ["compress", "exi", "pack200-gzip", "aes128gcm", "dcb", "gzip, zstd", "zstd, gzip", "x" * 500],
)
def test_an_encoding_that_was_not_offered_is_refused_by_that_name(server, encoding):
    answer = ask(server, plain(PACK["gzip"](TEXT), Content_Encoding=encoding))
    assert reason(answer) is Reason.BAD_ENCODING
    assert encoding.replace(", ", ",")[:80] in str(answer.failure)
    assert is_final(Reason.BAD_ENCODING, answer.status)


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_what_is_damaged_is_not_encoded_as_it_says(server, encoding):
    whole = PACK[encoding](TEXT)
    harmed = whole[: len(whole) // 2] + bytes(30) + whole[len(whole) // 2 + 30 :]
    assert reason(ask(server, plain(harmed, Content_Encoding=encoding))) is Reason.BAD_ENCODING


@pytest.mark.parametrize("purpose", ["page", "feed"])
def test_gzip_that_no_header_tells_of_is_undone_under_the_same_cap(server, purpose):
    assert ask(server, plain(PACK["gzip"](TEXT)), purpose=purpose).body == TEXT
    assert reason(ask(server, plain(PACK["gzip"](bytes(9 << 20))), purpose=purpose)) is Reason.TOO_LARGE
    assert reason(ask(server, plain(PACK["gzip"](TEXT)[:-90]), purpose=purpose)) is Reason.CONNECT_ERROR


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 4\r\nContent-Length: 5\r\n\r\nhalf",
        b"Content-Length: -4\r\n\r\nhalf",
        b"Content-Length: 4x\r\n\r\nhalf",
        b"Content-Length: 99999999999999999999999\r\n\r\nhalf",
        b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
        b"Transfer-Encoding: chunked\r\n\r\nzz\r\nhalf\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n4\r\nhalf",
        b"Transfer-Encoding: chunked\r\n\r\n-4\r\nhalf\r\n0\r\n\r\n",
        b"Content-Length: 400\r\n\r\nhalf",
        b"X-Na\0me: x\r\n\r\nhalf",
    ],
)
def test_lengths_that_lie_are_refused(server, head):
    assert reason(ask(server, sends(HEAD + head))) in (Reason.CONNECT_ERROR, Reason.TOO_LARGE)


def test_what_is_announced_too_large_is_not_read(server):
    started = time.monotonic()
    answer = ask(server, sends(HEAD + b"Content-Length: 10000000000\r\n\r\n", then=itertools.repeat(b"x" * 65_536)))
    assert reason(answer) is Reason.TOO_LARGE
    assert time.monotonic() - started < 2
