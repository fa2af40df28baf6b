"""However an address inside is written, and wherever a stranger writes it, nobody inside is asked."""

from __future__ import annotations

import asyncio
import itertools
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from aiohttp.resolver import ThreadedResolver

from pipeline.fetch.http.client import HttpClient
from pipeline.fetch.http.requests import FetchRequest, FetchResponse
from pipeline.fetch.sources import Source
from pipeline.reasons import Reason

from .conftest import NOW, Server, plain

# `{port}` is that of a server inside which must never hear anything.
HOSTS = (
    # IPv4 in decimal, octal, hexadecimal, in part and in full, short, with noughts, too large, and mixed
    "127.0.0.1", "127.0.0.2", "127.255.255.254", "127.1", "127.0.1", "127.000.000.001", "0127.0.0.1", "0177.0.0.1",
    "0177.0.0.01", "0177.00.00.01", "00000177.1", "017700000001", "2130706433", "02130706433", "0x7f.0.0.1", "0x7f.1",
    "0x7f000001", "0X7F000001", "0x7F.0x0.0x0.0x1", "0x0000007f.1", "127.0x1", "0177.0x0.1", "0x7f.0.1", "127.0.0.0x1",
    "127.0.0.01", "383.0.0.1", "127.0.0.257", "6425673729", "4294967296", "0", "0.0.0.0", "0.0", "00", "0x0", "0.0.0.1",
    "127.0.0.1.", "127.0.0.1..", "2130706433.", "127.1.", ".127.0.0.1", "127..0.1",
    # the rest of what is inside
    "10.0.0.1", "10.1", "012.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.257", "3232235521",
    "169.254.169.254", "169.254.43518", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "100.64.0.1", "192.0.0.1",
    "198.18.0.1", "224.0.0.1", "255.255.255.255", "240.0.0.1",
    # names
    "localhost", "LOCALHOST", "localhost.", "localhost..", "LocalHost.", "localhost.localdomain", "ip6-localhost",
    # IPv6, and IPv4 within it: mapped, translated (NAT64, SIIT), 6to4, Teredo, ISATAP, compatible
    "[::1]", "[0:0:0:0:0:0:0:1]", "[0000:0000:0000:0000:0000:0000:0000:0001]", "[::]", "[::0001]", "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]", "[::FFFF:7F00:0001]", "[0:0:0:0:0:ffff:127.0.0.1]", "[::127.0.0.1]", "[::7f00:1]",
    "[64:ff9b::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]", "[::ffff:0:127.0.0.1]", "[::ffff:0:7f00:1]",
    "[2002:7f00:1::]", "[2002:7f00:1::1]", "[2002:a9fe:a9fe::]", "[2001:0:7f00:1::]", "[2001::ffff:80ff:fffe]",
    "[2001:470:1::5efe:7f00:1]", "[2001:470:1::200:5efe:10.0.0.1]", "[fe80::1]", "[fe80::1%25lo]", "[fe80::1%lo]",
    "[::1%25lo]", "[::1%lo]", "[fc00::1]", "[fd00::1]", "[fec0::1]", "[ff02::1]", "[100::1]", "[5f00::1]", "[2001:db8::1]",
    "[::1", "::1", "[[::1]]", "[127.0.0.1]", "[localhost]",
    # encoded by per cent, by other digits and dots, and by what is no letter at all
    "%31%32%37.0.0.1", "%31%32%37%2E%30%2E%30%2E%31", "127%2e0%2e0%2e1", "127.0.0.1%00", "127.0.0.1%20", "%6c%6f%63alhost",
    "loc%61lhost", "①②⑦.⓪.⓪.①", "１２７.０.０.１", "𝟏𝟐𝟕.𝟎.𝟎.𝟏", "127。0。0。1", "127．0．0．1", "127｡0｡0｡1", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
    "ｌｏｃａｌｈｏｓｔ", "loc\u00adalhost", "local\u200dhost", "local\u2060host", "xn--127", "ℓocalhost", "１２７.１", "١٢٧.٠.٠.١",
)  # fmt: skip
# Whole addresses that lead inside by something else than the host's form.
WHOLE = (
    "http://user@127.0.0.1:{port}/", "http://news.example@127.0.0.1:{port}/", "http://news.example:80@127.0.0.1:{port}/",
    "http://a:b@localhost:{port}/", "http://127.0.0.1:{port}#@news.example/", "http://127.0.0.1:{port}?@news.example/",
    "http://127.0.0.1:{port}\\@news.example/", "http://news.example\\@127.0.0.1:{port}/", "http:\\\\127.0.0.1:{port}\\x",
    "http:/127.0.0.1:{port}/", "http:127.0.0.1:{port}/", "http:///127.0.0.1:{port}/", "//127.0.0.1:{port}/",
    "///127.0.0.1:{port}/", "\\\\127.0.0.1:{port}\\x", "/\\127.0.0.1:{port}/", " http://127.0.0.1:{port}/ ",
    "\thttp://127.0.0.1:{port}/", "ht\ntp://127.0.0.1:{port}/", "http://127.0.\n0.1:{port}/", "HTTP://127.0.0.1:{port}/",
    "https://127.0.0.1:{port}/", "ftp://127.0.0.1:{port}/", "gopher://127.0.0.1:{port}/_GET", "dict://127.0.0.1:{port}/d",
    "file:///etc/passwd", "file://127.0.0.1:{port}/x", "file:/etc/passwd", "ldap://127.0.0.1:{port}/", "data:text/html,x",
    "jar:http://127.0.0.1:{port}/!/", "view-source:http://127.0.0.1:{port}/", "ws://127.0.0.1:{port}/", "unix:///run/x.sock",
    "javascript:alert(1)", "netdoc:///etc/passwd", "blob:http://127.0.0.1:{port}/x", "feed:http://127.0.0.1:{port}/",
    "http://127.0.0.1:{port}%0d%0aHost:%20x/", "http://127.0.0.1:{port}/%0d%0aX-Injected:%20x",
    "http://127.0.0.1%0d%0a:{port}/", "http://127.0.0.1:0{port}/", "http://127.0.0.1:+{port}/", "http://127.0.0.1: {port}/",
)  # fmt: skip
FORMS = (*(f"http://{host}:{{port}}/canary" for host in HOSTS), *WHOLE)
INSIDE = "127.0.0.1"
OUTSIDE = "93.184.215.14"


class Canary:
    """A server inside; it hears whoever connects, whatever is said then."""

    def __init__(self) -> None:
        self.hits = 0
        self._sockets = [socket.create_server((INSIDE, 0))]
        self.port: int = self._sockets[0].getsockname()[1]
        if socket.has_dualstack_ipv6():
            self._sockets.append(socket.create_server(("::1", self.port), family=socket.AF_INET6))
        self._threads = [threading.Thread(target=self._listen, args=(one,), daemon=True) for one in self._sockets]
        for thread in self._threads:
            thread.start()

    def _listen(self, server: socket.socket) -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                self.hits += 1
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret")

    def close(self) -> None:
        for server in self._sockets:
            server.shutdown(socket.SHUT_RDWR)
            server.close()
        for thread in self._threads:
            thread.join(5)


@pytest.fixture
def canary() -> Iterator[Canary]:
    made = Canary()
    yield made
    made.close()


def written(canary: Canary) -> list[str]:
    """All forms, each leading to the canary, as a stranger would write them."""
    return [form.replace("{port}", str(canary.port)) for form in FORMS]


def escaped(address: str) -> str:
    """An address within XML."""
    return address.replace("&", "&amp;").replace("<", "&lt;")


def ask_all(server: Server, *urls: str, **settings: object) -> list[FetchResponse]:
    """Every address asked by one client, as pages."""

    async def go() -> list[FetchResponse]:
        async with HttpClient(server.settings(fetch_total_seconds=2.0, **settings), lambda: NOW) as client:
            requests = [FetchRequest(url=url, purpose="page", gap_seconds=0, max_bytes=1_000) for url in urls]
            return list(await asyncio.gather(*(client.ask(request, []) for request in requests)))

    return asyncio.run(go())


@pytest.fixture(autouse=True)
def no_name_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers and this machine's own names are resolved as ever; whatever else would ask a network is unknown."""
    resolve = socket.getaddrinfo

    def resolved(host: Any, *more: Any, **named: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else str(host)
        if name.strip(".").lower().startswith(("localhost", "ip6-")) or not name.strip(".")[-1:].isalpha():
            return resolve(host, *more, **named)
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    monkeypatch.setattr(socket, "getaddrinfo", resolved)


def test_there_are_enough_forms_and_the_canary_hears() -> None:
    canary = Canary()
    assert len(set(FORMS)) == len(FORMS) > 150
    socket.create_connection((INSIDE, canary.port), timeout=5).close()
    for _ in range(100):
        if canary.hits:
            break
        threading.Event().wait(0.02)
    assert canary.hits == 1
    canary.close()


def test_asked_for_itself_no_form_leads_inside(server, canary):
    answers = ask_all(server, *written(canary))
    assert canary.hits == 0
    assert [answer.url for answer in answers if answer.failure is None or answer.body] == []
    reasons = {answer.failure.reason for answer in answers if answer.failure}
    assert reasons <= {Reason.FORBIDDEN_ADDRESS, Reason.BAD_URL, Reason.CONNECT_ERROR, Reason.TIMEOUT, Reason.NOT_NOW}


def test_a_redirect_to_any_form_leads_nowhere(server, canary):
    forms = written(canary)
    for n, form in enumerate(forms):
        location = form.replace("\n", "%0a").encode().decode("latin-1")
        server.routes[f"/{n}"] = plain(b"", 302, Location=location)
    answers = ask_all(server, *(server.url(f"/{n}") for n in range(len(forms))))
    assert canary.hits == 0
    assert [answer.url for answer in answers if answer.failure is None or answer.body] == []
    assert len([path for path in server.paths if path[1:].isdigit()]) == len(forms)


@pytest.mark.parametrize("status", [301, 303, 307, 308])
def test_nor_does_a_chain_of_redirects_through_strangers(server, canary, status):
    server.routes["/1"] = plain(b"", status, Location="http://other.example/2")
    server.routes["/2"] = plain(b"", status, Location=f"http://0x7f000001:{canary.port}/")
    (answer,) = ask_all(server, server.url("/1"))
    assert answer.failure is not None
    assert answer.failure.reason in (Reason.FORBIDDEN_ADDRESS, Reason.BAD_REDIRECT)
    assert canary.hits == 0


def test_a_robots_file_that_redirects_inside_is_not_followed(server, canary):
    server.routes["/robots.txt"] = plain(b"", 302, Location=f"http://127.0.0.1:{canary.port}/robots.txt")
    server.routes["/page"] = plain(b"<p>news</p>")
    ask_all(server, server.url("/page"))
    assert canary.hits == 0


@pytest.mark.parametrize("kind", ["feed", "sitemap"])
def test_a_listed_address_of_any_form_is_refused_and_its_neighbour_is_read(server, canary, kind):
    forms = [*written(canary), server.url("/good")]
    server.routes["/good"] = plain(b"<p>news</p>")
    if kind == "feed":
        server.list_pages(*(escaped(form) for form in forms))
    else:
        entries = "".join(f"<url><loc>{escaped(form)}</loc></url>" for form in forms)
        listing = f'<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</urlset>'
        server.routes["/feed.xml"] = plain(listing.encode(), content_type="application/xml")
    source = Source(source_id="news", kind=kind, url=server.url("/feed.xml"))
    settings = server.settings(fetch_total_seconds=2.0, visit_errors=10_000)
    (result,) = server.ask(source, settings=settings)
    assert canary.hits == 0
    own = [url for url in result.pages["requested_url"].to_pylist() if not url.startswith("http://news.example/")]
    assert own == []
    assert server.url("/good") in result.pages["requested_url"].to_pylist()
    total = result.report.total
    assert total.received == total.new + total.quarantined + total.failed + total.unchanged + total.duplicates
    assert total.received > 100


@pytest.mark.parametrize("kind", ["feed", "sitemap"])
def test_a_source_whose_own_address_leads_inside_is_not_asked(server, canary, kind):
    hosts = ("127.0.0.1", "0x7f.1", "2130706433", "localhost", "[::1]", "[::ffff:127.0.0.1]")
    sources = [
        Source(source_id=f"s{n}", kind=kind, url=f"http://{host}:{canary.port}/x") for n, host in enumerate(hosts)
    ]
    results = server.ask(*sources)
    assert all(result.error is not None for result in results)
    assert canary.hits == 0


def resolving(monkeypatch: pytest.MonkeyPatch, *answers: tuple[str, ...]) -> list[str]:
    """Let the name servers answer so, one after the other and then as at last; gives the names that were asked for."""
    asked: list[str] = []
    given = itertools.chain(answers, itertools.repeat(answers[-1]))

    async def resolve(self: ThreadedResolver, host: str, port: int = 0, family: int = 0) -> list[dict[str, object]]:
        asked.append(host)
        return [
            {
                "hostname": host,
                "host": address,
                "port": port,
                "family": socket.AF_INET6 if ":" in address else socket.AF_INET,
                "proto": 0,
                "flags": 0,
            }
            for address in next(given)
        ]

    monkeypatch.setattr(ThreadedResolver, "resolve", resolve)
    return asked


@pytest.mark.parametrize(
    "answers",
    [
        [(INSIDE,)],
        [(OUTSIDE,), (INSIDE,)],
        [(OUTSIDE,), (OUTSIDE,), (INSIDE,)],
        [(OUTSIDE, INSIDE)],
        [(INSIDE, OUTSIDE)],
        [("::1", OUTSIDE)],
        [("2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::ffff:127.0.0.1", INSIDE)],
        [("64:ff9b::7f00:1",), ("2002:7f00:1::1",), ("::1",)],
    ],
)
def test_a_name_that_resolves_inside_is_refused_whenever_it_does(server, canary, monkeypatch, answers):
    """First answers outside, later ones inside, both in one answer: what counts is the address that is connected to."""

    async def sock_connect(self: Any, sock: socket.socket, address: Any) -> None:
        if address[0] in (INSIDE, "::1"):
            canary.hits += 1
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(asyncio.SelectorEventLoop, "sock_connect", sock_connect)
    asked = resolving(monkeypatch, *answers)
    urls = [f"http://rebound.invalid:{canary.port}/{n}" for n in range(4)]
    got = [ask_all(server, url, resolve=())[0] for url in urls]
    assert asked
    assert canary.hits == 0
    reasons = [answer.failure.reason for answer in got if answer.failure]
    assert len(reasons) == len(got)
    assert Reason.FORBIDDEN_ADDRESS in reasons
    assert {*reasons} <= {Reason.FORBIDDEN_ADDRESS, Reason.CONNECT_ERROR}


def test_each_hop_is_resolved_and_checked_anew(server, canary, monkeypatch):
    """robots.txt came from a named place; the page's own name leads inside by then."""
    server.list_pages(f"http://rebound.invalid:{canary.port}/page", "/good")
    server.routes["/good"] = plain(b"<p>news</p>")
    (result,) = server.ask()
    assert result.pages.num_rows == 1
    resolving(monkeypatch, (INSIDE,))
    answers = ask_all(server, f"http://rebound.invalid:{canary.port}/page", resolve=())
    assert [answer.failure.reason for answer in answers if answer.failure] == [Reason.FORBIDDEN_ADDRESS]
    assert canary.hits == 0
