"""Where the client may connect to."""

from __future__ import annotations

import asyncio
import socket

import pytest

from pipeline.errors import SettingsError
from pipeline.fetch.http.addresses import AddressBook, Target, current_target, is_public
from pipeline.fetch.http.client import HttpClient
from pipeline.fetch.http.requests import FetchRequest
from pipeline.reasons import Reason

from .conftest import NOW, plain

INSIDE = [
    "127.0.0.1",
    "127.1.2.3",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "192.0.0.8",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "2002:7f00:1::1",
    "2001:0:7f00:1::1",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "ff02::1",
    "2001:db8::1",
]


@pytest.mark.parametrize("address", INSIDE)
def test_addresses_that_lead_inside(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["93.184.215.14", "8.8.8.8", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::ffff:8.8.8.8"]
)
def test_addresses_that_anybody_may_ask(address):
    assert is_public(address)


def open_for(book: AddressBook, host: str, port: int, address: str) -> Target:
    """Open (and close) a socket to an address on behalf of a URL's host; gives what was refused."""
    target = Target(host=host, port=port)
    token = current_target.set(target)
    try:
        book.open_socket((socket.AF_INET, socket.SOCK_STREAM, 0, "", (address, port))).close()
    except PermissionError:
        pass
    finally:
        current_target.reset(token)
    return target


def test_permission_belongs_to_the_name_and_not_to_the_address():
    book = AddressBook(allow_hosts=("Desk.example:8080", "10.0.0.5"))
    assert not open_for(book, "desk.example", 8080, "10.0.0.9").refused
    assert open_for(book, "desk.example", 80, "10.0.0.9").refused
    assert open_for(book, "evil.example", 8080, "10.0.0.9").refused
    assert not open_for(book, "10.0.0.5", 1234, "10.0.0.5").refused
    assert not open_for(book, "anything.example", 80, "8.8.8.8").refused


def test_without_a_target_nothing_private_is_opened():
    with pytest.raises(PermissionError):
        AddressBook().open_socket((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", 80)))


def test_named_places_match_whole_labels_and_the_longest_suffix():
    book = AddressBook(resolve=("example=127.0.0.1:1", "b.example=127.0.0.1:2", "v6.test=[::1]:3"))
    assert book.place_of("A.example.") == ("127.0.0.1", 1)
    assert book.place_of("x.b.example") == ("127.0.0.1", 2)
    assert book.place_of("v6.test") == ("::1", 3)
    assert book.place_of("notexample") is None
    assert book.place_of("example.org") is None


@pytest.mark.parametrize("pair", ["example", "=127.0.0.1:1", "example=127.0.0.1", "example=:80", "a=b:0", "a=b:99999"])
def test_a_named_place_that_is_none(pair):
    with pytest.raises(SettingsError, match="DAYBOOK_RESOLVE"):
        AddressBook(resolve=(pair,))


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "127.1", "2130706433", "0x7f000001", "0.0.0.0"]
)
def test_no_spelling_of_this_machine_is_connected_to(server, host):
    server.routes["/"] = plain(b"inside")

    async def go():
        async with HttpClient(server.settings(resolve=()), lambda: NOW) as client:
            url = f"http://{host}:{server.port}/"
            return await client.ask(FetchRequest(url=url, purpose="page", gap_seconds=0, max_bytes=1000), [])

    answer = asyncio.run(go())
    assert answer.failure is not None
    assert answer.failure.reason in (Reason.FORBIDDEN_ADDRESS, Reason.BAD_URL)
    assert server.log == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_host_that_the_operator_allows(server, host):
    server.routes["/"] = plain(b"inside")

    async def go():
        settings = server.settings(resolve=(), allow_hosts=(f"{host}:{server.port}",))
        async with HttpClient(settings, lambda: NOW) as client:
            url = f"http://{host}:{server.port}/"
            return await client.ask(FetchRequest(url=url, purpose="page", gap_seconds=0, max_bytes=1000), [])

    assert asyncio.run(go()).body == b"inside"
