"""The door against servers that drip, loop, explode and lie."""

from __future__ import annotations

import asyncio
import gzip
import time
import tracemalloc
import zlib
from collections.abc import Mapping
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from types import MappingProxyType

import pytest
from yarl import URL

from pipeline.errors import SettingsError
from pipeline.fetch.http.client import HttpClient, own_headers
from pipeline.fetch.http.requests import FetchRequest, FetchResponse
from pipeline.fetch.results import is_final
from pipeline.reasons import Reason

from .conftest import NOW, Server, plain


def ask(
    server: Server,
    url: str,
    *,
    purpose: str = "page",
    max_bytes: int = 100_000,
    headers: Mapping[str, str] = MappingProxyType({}),
    **settings: object,
) -> FetchResponse:
    """One question through a door of its own."""

    async def go() -> FetchResponse:
        async with HttpClient(server.settings(**settings), lambda: NOW) as client:
            request = FetchRequest(url=url, purpose=purpose, headers=headers, gap_seconds=0, max_bytes=max_bytes)
            return await client.ask(request, [])

    return asyncio.run(go())


def drip(head: bytes, drop: bytes) -> object:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(head)
        for _ in range(200):
            handler.wfile.write(drop)
            handler.wfile.flush()
            time.sleep(0.1)

    return answer


OK_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"


def test_a_page_comes_whole_and_says_where_it_came_from(server):
    server.routes["/old"] = plain(b"", 301, Location="/new?x=1#frag")
    server.routes["/new?x=1"] = plain(b"<p>news</p>", ETag='"7"')
    answer = ask(server, server.url("/old"))
    assert (answer.failure, answer.status, answer.body) == (None, 200, b"<p>news</p>")
    assert answer.url.startswith(server.url("/new?x=1"))
    assert answer.headers["etag"] == '"7"'
    sent = server.log[-1][3]
    assert sent["User-Agent"].startswith("daybook/")
    assert sent["Host"] == "news.example"


@pytest.mark.parametrize(
    "route",
    [
        drip(OK_HEAD + b"\r\n", b"x"),
        drip(OK_HEAD, b"X-Slow: 1\r\n"),
        drip(b"", b""),
    ],
    ids=["drips its body", "drips its headers", "says nothing"],
)
def test_a_slow_server_ends_at_the_deadline(server, route):
    server.routes["/slow"] = route
    started = time.monotonic()
    answer = ask(server, server.url("/slow"), fetch_total_seconds=0.6)
    assert answer.failure is not None
    assert answer.failure.reason is Reason.TIMEOUT
    assert time.monotonic() - started < 8
    assert not is_final(answer.failure.reason, answer.status)


def test_redirects_share_one_deadline(server):
    def slow_redirect(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(0.5)
        plain(b"", 302, Location=handler.path + "x")(handler)

    for n in range(1, 6):
        server.routes["/" + "x" * n] = slow_redirect
    started = time.monotonic()
    answer = ask(server, server.url("/x"), fetch_total_seconds=0.7)
    assert answer.failure is not None
    assert answer.failure.reason is Reason.TIMEOUT
    assert time.monotonic() - started < 8


def test_an_endless_body_stops_at_the_cap(server):
    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(OK_HEAD + b"\r\n")
        while True:
            handler.wfile.write(b"x" * 65536)

    server.routes["/endless"] = endless
    answer = ask(server, server.url("/endless"))
    assert answer.failure is not None
    assert answer.failure.reason is Reason.TOO_LARGE
    assert answer.body == b""


def test_a_gzip_bomb_stops_at_the_cap_and_in_little_memory(server):
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(200)) + packer.flush()
    server.routes["/bomb"] = plain(bomb, Content_Encoding="gzip")
    tracemalloc.start()
    try:
        answer = ask(server, server.url("/bomb"), max_bytes=1 << 20)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert answer.failure is not None
    assert answer.failure.reason is Reason.TOO_LARGE
    assert peak < 50 << 20


def test_the_cap_itself_is_allowed(server):
    server.routes["/full"] = plain(gzip.compress(b"x" * 5000), Content_Encoding="gzip")
    assert len(ask(server, server.url("/full"), max_bytes=5000).body) == 5000
    assert ask(server, server.url("/full"), max_bytes=4999).failure.reason is Reason.TOO_LARGE


def test_an_announced_size_is_believed_when_it_is_too_large(server):
    server.routes["/big"] = plain(b"x" * 300_000)
    assert "announced" in str(ask(server, server.url("/big")).failure)


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("file:///etc/passwd", Reason.BAD_REDIRECT),
        ("ftp://news.example/x", Reason.BAD_REDIRECT),
        ("javascript:alert(1)", Reason.BAD_REDIRECT),
        ("http://user:word@news.example/x", Reason.BAD_REDIRECT),
        ("http://[::1", Reason.BAD_REDIRECT),
        ("/loop", Reason.BAD_REDIRECT),
        ("http://169.254.169.254/latest/meta-data/", Reason.FORBIDDEN_ADDRESS),
        ("http://127.0.0.1:{port}/secret", Reason.FORBIDDEN_ADDRESS),
        ("http://[::ffff:127.0.0.1]:{port}/secret", Reason.FORBIDDEN_ADDRESS),
        ("http://localhost:{port}/secret", Reason.FORBIDDEN_ADDRESS),
    ],
)
def test_a_redirect_leads_nowhere_it_should_not(server, location, reason):
    server.routes["/loop"] = plain(b"", 302, Location=location.format(port=server.port))
    server.routes["/secret"] = plain(b"secret")
    answer = ask(server, server.url("/loop"))
    assert answer.failure is not None
    assert answer.failure.reason is reason
    assert "/secret" not in server.paths


def test_ten_redirects_are_followed_and_eleven_are_not(server):
    for n in range(11):
        server.routes[f"/{n}"] = plain(b"", 302, Location=f"/{n + 1}")
    server.routes["/11"] = plain(b"arrived")
    assert ask(server, server.url("/1")).body == b"arrived"
    assert ask(server, server.url("/0")).failure.reason is Reason.BAD_REDIRECT


@pytest.mark.parametrize(
    ("status", "headers", "reason", "final"),
    [
        (404, {}, Reason.HTTP_ERROR, True),
        (410, {}, Reason.HTTP_ERROR, True),
        (403, {}, Reason.HTTP_ERROR, True),
        (500, {}, Reason.HTTP_ERROR, False),
        (503, {}, Reason.HTTP_ERROR, False),
        (503, {"Retry_After": "60"}, Reason.TOO_MANY_REQUESTS, False),
        (429, {}, Reason.TOO_MANY_REQUESTS, False),
        (304, {}, Reason.HTTP_ERROR, True),
        (204, {}, Reason.HTTP_ERROR, True),
    ],
)
def test_other_statuses_have_reasons(server, status, headers, reason, final):
    server.routes["/page"] = plain(b"", status, **headers)
    answer = ask(server, server.url("/page"))
    assert answer.failure is not None
    assert (answer.failure.reason, answer.status) == (reason, status)
    assert is_final(answer.failure.reason, answer.status) is final


def keeps_cookies(handler: BaseHTTPRequestHandler) -> None:
    """Send whoever has no cookie back to where it came from, with one."""
    if "visitor=7" in (handler.headers.get("Cookie") or ""):
        plain(b"<p>welcome</p>")(handler)
    else:
        plain(b"", 302, Location=handler.path, Set_Cookie="visitor=7; Path=/")(handler)


def test_a_cookie_is_sent_along_its_chain_of_redirects_and_forgotten_then(server):
    server.routes["/page"] = keeps_cookies
    for _ in range(2):
        assert ask(server, server.url("/page")).body == b"<p>welcome</p>"
    cookies = [headers.get("Cookie") for path, _, _, headers in server.log if path == "/page"]
    assert cookies == [None, "visitor=7", None, "visitor=7"]


@pytest.mark.parametrize("value", ["abc/d==", '{"seen":1}', "a,b", '"a/b"', "x@y", "a%2Fb"])
def test_a_cookie_is_sent_as_it_came(server, value):
    server.routes["/page"] = plain(b"", 302, Location="/there", Set_Cookie=f"visitor={value}; Path=/; HttpOnly")
    server.routes["/there"] = plain(b"<p>news</p>")
    ask(server, server.url("/page"), headers={"cookie": "reader=1"})
    cookies = [headers.get("Cookie") for path, _, _, headers in server.log if path == "/there"]
    assert cookies == [f"reader=1; visitor={value}"]


def test_a_cookie_goes_to_no_other_host(server):
    server.routes["/page"] = plain(b"", 302, Location=server.url("/there", "other.example"), Set_Cookie="visitor=7")
    server.routes["/there"] = plain(b"arrived")
    assert ask(server, server.url("/page")).body == b"arrived"
    assert [headers.get("Cookie") for path, _, _, headers in server.log if path == "/there"] == [None]


@pytest.mark.parametrize(
    ("told", "path"),
    [(b"/caf\xe9/\xfcber", "/caf%E9/%FCber"), ("/café/über".encode(), "/caf%C3%A9/%C3%BCber"), (b"/a b", "/a%20b")],
    ids=["latin-1", "utf-8", "space"],
)
def test_a_redirect_in_bytes_of_any_charset_is_followed_as_a_browser_would(server, told, path):
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 302 Found\r\nLocation: " + told + b"\r\nContent-Length: 0\r\n\r\n")

    server.routes["/page"] = answer
    server.routes[path] = plain(b"arrived")
    answer_there = ask(server, server.url("/page"))
    assert (answer_there.failure, answer_there.body) == (None, b"arrived")


def brotli(data: bytes) -> bytes:
    """Brotli of one block as it is (RFC 7932, 9.2)."""
    return ((len(data) - 1) << 4 | 1 << 20).to_bytes(3, "little") + data + b"\x03"


def zstd(data: bytes) -> bytes:
    """Zstandard of one block as it is (RFC 8878, 3.1.1); fewer than 256 bytes."""
    return b"\x28\xb5\x2f\xfd\x20" + bytes([len(data)]) + (1 | len(data) << 3).to_bytes(3, "little") + data


NEWS = b"<p>The ferry is free again.</p>"


@pytest.mark.parametrize(
    ("told", "sent"),
    [
        ("br", brotli(NEWS)),
        ("zstd", zstd(NEWS)),
        ("BR", NEWS),
        ("none", NEWS),
        ("UTF-8", NEWS),
        ("aws-chunked", NEWS),
        ("aws-chunked, gzip", gzip.compress(NEWS)),
        ("gzip, identity", gzip.compress(NEWS)),
        ("gzip", NEWS),
        ("x-gzip", gzip.compress(NEWS) + b"<!-- cached -->"),
        ("gzip", gzip.compress(gzip.compress(NEWS))),
        ("", gzip.compress(NEWS)),
        ("gzip, gzip", gzip.compress(NEWS)),
        ("gzip, gzip", gzip.compress(gzip.compress(NEWS))),
        ("gzip;q=1.0", gzip.compress(NEWS)),
        ('"gzip"', gzip.compress(NEWS)),
        ("application/x-gzip", gzip.compress(NEWS)),
        ("deflate", NEWS),
        ("deflate", gzip.compress(NEWS)),
        ("gzip", zlib.compress(NEWS)),
        ("windows-1250", NEWS),
        ("koi8-r, gzip", gzip.compress(NEWS)),
        ("br", gzip.compress(NEWS)),
    ],
    ids=range(23),
)
@pytest.mark.parametrize("purpose", ["page", "feed"])
def test_odd_encodings_are_read(server, told, sent, purpose):
    server.routes["/page"] = plain(sent, **({"Content_Encoding": told} if told else {}))
    answer = ask(server, server.url("/page"), purpose=purpose)
    assert (answer.failure, answer.body) == (None, NEWS)


@pytest.mark.parametrize("pack", [brotli, gzip.compress])
def test_a_body_beyond_the_cap_is_refused_whatever_it_is_packed_with(server, pack):
    name = "br" if pack is brotli else "gzip"
    server.routes["/page"] = plain(pack(b"x" * 3000), Content_Encoding=name)
    assert ask(server, server.url("/page"), max_bytes=1000).failure.reason is Reason.TOO_LARGE


@pytest.mark.parametrize("encoding", ["br, gzip", "compress", "gzip, br"])
def test_encodings_that_were_not_offered_are_refused(server, encoding):
    server.routes["/page"] = plain(gzip.compress(gzip.compress(b"x")), Content_Encoding=encoding)
    assert ask(server, server.url("/page")).failure.reason is Reason.BAD_ENCODING


def test_two_encoding_headers_are_a_stack(server):
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(OK_HEAD + b"Content-Encoding: gzip\r\nContent-Encoding: br\r\nContent-Length: 0\r\n\r\n")

    server.routes["/page"] = answer
    assert ask(server, server.url("/page")).failure.reason is Reason.BAD_ENCODING


def test_a_body_that_is_not_encoded_as_it_says(server):
    server.routes["/page"] = plain(b"\xff\xfe no deflate at all", Content_Encoding="deflate")
    assert ask(server, server.url("/page")).failure.reason is Reason.BAD_ENCODING


@pytest.mark.parametrize("content_type", ["image/png", "application/pdf", "text/css", "application/json"])
def test_a_page_must_be_of_a_pages_type(server, content_type):
    server.routes["/page"] = plain(b"bytes", content_type=content_type)
    assert ask(server, server.url("/page")).failure.reason is Reason.NOT_TEXT
    assert ask(server, server.url("/page"), purpose="feed").body == b"bytes"


def test_no_content_type_at_all_is_let_through(server):
    server.routes["/page"] = plain(b"bytes", content_type=None)
    assert ask(server, server.url("/page")).body == b"bytes"


def test_a_transfer_that_breaks_off(server):
    def broken(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(OK_HEAD + b"Content-Length: 500\r\n\r\nhalf")
        handler.close_connection = True

    server.routes["/page"] = broken
    assert ask(server, server.url("/page")).failure.reason is Reason.CONNECT_ERROR


def test_an_answer_that_is_no_http(server):
    server.routes["/page"] = lambda handler: (handler.wfile.write(b"\x00\x01 hello\r\n\r\n"), None)[1]
    assert ask(server, server.url("/page")).failure.reason is Reason.CONNECT_ERROR


def test_too_many_headers(server):
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(OK_HEAD + b"".join(b"X-%d: y\r\n" % n for n in range(100_000)) + b"\r\n")

    server.routes["/page"] = answer
    assert ask(server, server.url("/page")).failure.reason is Reason.CONNECT_ERROR


def test_a_port_where_nobody_listens(server):
    answer = ask(server, "http://dead.test/", resolve=("test=127.0.0.1:9",))
    assert answer.failure.reason is Reason.CONNECT_ERROR


def test_retry_after_is_remembered_and_not_slept_for(server):
    server.routes["/page"] = plain(b"", 429, Retry_After="3600")
    started = time.monotonic()
    answer = ask(server, server.url("/page"))
    assert answer.wait_until == NOW + timedelta(hours=1)
    assert time.monotonic() - started < 10
    assert server.paths == ["/page"]


@pytest.mark.parametrize(
    ("asked", "hop", "are_sent"),
    [
        ("https://news.example/feed", "https://news.example/feed", True),
        ("https://news.example/feed", "https://www.news.example/feed", True),
        ("http://news.example/feed", "https://news.example/feed", True),
        ("http://news.example/feed", "http://news.example/feed", True),
        ("https://news.example/feed", "http://news.example/feed", False),
        ("HTTPS://news.example/feed", "http://news.example/feed", False),
        ("https://news.example/feed", "https://other.example/feed", False),
    ],
)
def test_a_sources_own_headers_stay_with_it_and_under_tls(asked, hop, are_sent):
    request = FetchRequest(
        url=asked, purpose="feed", headers={"X-Key": "k"}, is_own=lambda host: host.endswith("news.example"),
        gap_seconds=0, max_bytes=1,
    )  # fmt: skip
    assert own_headers(request, URL(hop)) == ({"X-Key": "k"} if are_sent else {})


def test_a_user_agent_is_required(server):
    with pytest.raises(SettingsError, match="DAYBOOK_USER_AGENT"):
        ask(server, server.url("/page"), user_agent=" ")


def test_proxies_of_the_environment_are_not_used(server, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    server.routes["/page"] = plain(b"direct")
    assert ask(server, server.url("/page")).body == b"direct"
