"""Which addresses may be connected to: public ones, and what the operator named. Checked on the socket, before connect.

The check stands where the address is final: names resolve to what their owner likes, and may do so anew each time.
"""

from __future__ import annotations

import errno
import ipaddress
import socket
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field

from aiohttp.abc import ResolveResult
from aiohttp.resolver import ThreadedResolver

from pipeline.errors import SettingsError

# The IANA registries of special-purpose addresses (RFC 6890 and its successors), as of 2026: what Python knows of them
# depends on its version. Some are called globally reachable there, yet lead inside (translators and tunnels may wrap a
# private IPv4 address) or to no server of pages.
_SPECIAL = tuple(
    ipaddress.ip_network(prefix)
    for prefix in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",  # own and shared
        "192.168.0.0/16",
        "192.0.0.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.175.48.0/24",  # protocols
        "192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",  # documentation, benchmarks
        "224.0.0.0/4", "240.0.0.0/4",  # multicast, reserved
        "2001::/23",  # protocols: Teredo, benchmarks, AMT, AS112, ORCHID, drones
        "2001:db8::/32", "3fff::/20",  # documentation
        "2002::/16",  # 6to4
        "2620:4f:8000::/48",  # AS112
        "3ffe::/16",  # given back: the 6bone
    )
)  # fmt: skip
# All that was ever given to anybody. Outside lie loopback, link-, site- and unique-local addresses, multicast, segment
# routing (5f00::/16), discard (100::/64), and what wraps IPv4: ::/96, ::ffff:0:0:0/96, 64:ff9b::/96, 64:ff9b:1::/48.
_UNICAST = ipaddress.ip_network("2000::/3")
_ISATAP = 0x5EFE  # RFC 5214: an interface that ends in 0000:5efe or 0200:5efe and an IPv4 address, under any prefix
_ISATAP_GLOBAL = 0x0200_0000


def is_public(address: str) -> bool:
    """Tell whether an IP address is one that anybody may be sent to.

    Example:
        >>> is_public("93.184.215.14"), is_public("169.254.169.254"), is_public("::ffff:127.0.0.1")
        (True, False, False)
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped  # not every Python looks inside by itself
    if isinstance(ip, ipaddress.IPv6Address):
        interface = int(ip) >> 32 & 0xFFFF_FFFF
        if ip not in _UNICAST or interface & ~_ISATAP_GLOBAL == _ISATAP:
            return False
    return ip.is_global and not any(ip in net for net in _SPECIAL if net.version == ip.version)


@dataclass(slots=True, kw_only=True)
class Target:
    """The host and port that a request's URL names, and the addresses that were refused on the way to it.

    `by_proxy`: the operator's proxy is connected to in its place.
    """

    host: str
    port: int
    by_proxy: bool = False
    refused: list[str] = field(default_factory=list)


# Set by the client around each request: the socket factory sees addresses only, and permission belongs to names.
current_target: ContextVar[Target | None] = ContextVar("current_target", default=None)


class AddressBook:
    """What the operator named: hosts that may be private, and domains that are found elsewhere.

    Args:
        allow_hosts: `host` or `host:port` of URLs whose address need not be public.
        resolve: `suffix=host:port`: hosts that equal the suffix or end with `.suffix` are found there.
    Raises:
        SettingsError: a pair that is none.
    """

    def __init__(self, *, allow_hosts: Sequence[str] = (), resolve: Sequence[str] = ()) -> None:
        self._allowed = frozenset(entry.lower() for entry in allow_hosts)
        self._mapped: dict[str, tuple[str, int]] = {}
        for pair in resolve:
            suffix, _, place = pair.partition("=")
            host, _, port = place.rpartition(":")
            if not suffix.strip(".") or not host or not port.isdecimal() or not 0 < int(port) < 65536:
                raise SettingsError(
                    f"DAYBOOK_RESOLVE entry {pair!r} is not suffix=host:port, e.g. example=127.0.0.1:8765"
                )
            self._mapped[suffix.strip(".").lower()] = (host.strip("[]"), int(port))

    def place_of(self, host: str) -> tuple[str, int] | None:
        """Where a host was said to be found; the longest suffix counts. None: ask the name servers."""
        labels = host.lower().rstrip(".").split(".")
        suffixes = (".".join(labels[start:]) for start in range(len(labels)))
        return next((self._mapped[suffix] for suffix in suffixes if suffix in self._mapped), None)

    def is_named(self, host: str, port: int) -> bool:
        """Whether the operator named the host, so that its address may be private."""
        name = host.lower().rstrip(".")
        return self.place_of(name) is not None or name in self._allowed or f"{name}:{port}" in self._allowed

    def open_socket(self, info: tuple[int, int, int, str, tuple[str | int, ...]]) -> socket.socket:
        """Make the socket for one address, or refuse: aiohttp calls this before it connects.

        Raises:
            OSError: the address is not public, and its host was not named.
        """
        family, kind, protocol, _, address = info
        target = current_target.get()
        is_chosen = target is not None and (target.by_proxy or self.is_named(target.host, target.port))
        if not is_public(str(address[0])) and not is_chosen:
            if target:
                target.refused.append(str(address[0]))
            raise OSError(errno.EACCES, f"{address[0]} is not a public address")
        return socket.socket(family, kind, protocol)

    async def private_addresses(self, host: str, port: int) -> list[str]:
        """Those addresses of a host, as this machine finds them, that are not public; none where it is not found here.

        For a host that a proxy asks: no socket of ours sees its address.
        """
        try:
            found = await ThreadedResolver().resolve(host, port, socket.AF_UNSPEC)
        except OSError:
            return []  # only the proxy knows it, and only its own rules can refuse it
        return [each["host"] for each in found if not is_public(each["host"])]

    def resolver(self) -> ThreadedResolver:
        """Name resolution for aiohttp that knows the named places. It needs a running event loop."""
        return _Resolver(self)


class _Resolver(ThreadedResolver):
    """The system's name resolution, after the named places."""

    def __init__(self, book: AddressBook) -> None:
        super().__init__()
        self._book = book

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Addresses of a host; those of a named place carry that place's port."""
        place = self._book.place_of(host)
        return await super().resolve(*(place or (host, port)), family=family)
