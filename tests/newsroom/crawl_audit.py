"""What in an access log a polite crawler would not have done.

`python -m tests.newsroom.crawl_audit LOG [--gap SECONDS]` names it, and ends with 1 where there is anything.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from newsroom.answers import read_now
from newsroom.content import load_newsroom
from newsroom.records import Newsroom
from newsroom.server import Request

_EARLY = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offence:
    """One breach: together, hurried, closed, repeated or impatient; `earlier` is the request that it comes too soon after."""

    kind: str
    request: Request
    earlier: Request | None = None

    def __str__(self) -> str:
        since = f", {self.request.arrived_seconds - self.earlier.ended_seconds:.3f} s after" if self.earlier else ""
        before = f" {self.earlier.target}" if self.earlier else ""
        return f"{self.kind}: {self.request.host}{self.request.target}{since}{before}"


def read_log(path: Path) -> tuple[Request, ...]:
    """Read an access log that the server wrote.

    Raises:
        ValueError, TypeError: a line is no request.
    """
    return tuple(Request(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines())


def find_offences(requests: Iterable[Request], newsroom: Newsroom, *, gap_seconds: float = 0.0) -> list[Offence]:
    """Name what a polite crawler would not have done, in the order of arrival.

    A page counts as stored once it was answered 200; from then on each request of it must carry a validator. A wait of
    Retry-After is counted on the newsroom's clock where both requests name a moment, else on the wall.

    Args:
        requests: The access log, or what `Handle.requests` gives.
        gap_seconds: Least time between the end of an answer and the arrival of the next request at its host.
    """
    by_host: dict[str, list[Request]] = defaultdict(list)
    for request in sorted(requests, key=lambda request: request.arrived_seconds):
        by_host[request.host.rsplit(":", 1)[0].lower()].append(request)
    found: list[Offence] = []
    for host, asked in by_host.items():
        found += [*_crowded(asked, gap_seconds), *_impatient(asked), *_repeated(asked, host, newsroom)]
        outlet = newsroom.hosts.get(host)
        if outlet is not None and outlet.forbidden:
            found += [Offence(kind="closed", request=r) for r in asked if r.target.startswith(outlet.forbidden)]
    return sorted(found, key=lambda offence: offence.request.arrived_seconds)


def _crowded(asked: list[Request], gap_seconds: float) -> Iterator[Offence]:
    """Requests to one host while another is being answered, or too soon after."""
    for number, request in enumerate(asked[1:], 1):
        last = max(asked[:number], key=lambda earlier: earlier.ended_seconds)
        if request.arrived_seconds < last.ended_seconds:
            yield Offence(kind="together", request=request, earlier=last)
        elif request.arrived_seconds - last.ended_seconds < gap_seconds:
            yield Offence(kind="hurried", request=request, earlier=last)


def _impatient(asked: list[Request]) -> Iterator[Offence]:
    """Requests of an address before the time that its last answer asked for."""
    waits: dict[str, Request] = {}
    for request in asked:
        earlier = waits.pop(request.target, None)
        if earlier is not None and _waited_seconds(earlier, request) < (earlier.retry_after or 0):
            yield Offence(kind="impatient", request=request, earlier=earlier)
        if request.retry_after is not None:
            waits[request.target] = request


def _waited_seconds(earlier: Request, later: Request) -> float:
    """The time between two requests; without end where the later one asks for an earlier moment."""
    if earlier.now is None or later.now is None:
        return later.arrived_seconds - earlier.ended_seconds
    waited = read_now(later.now, _EARLY) - read_now(earlier.now, _EARLY)
    return waited.total_seconds() if waited >= timedelta() else float("inf")


def _moment(request: Request, newsroom: Newsroom) -> datetime:
    """The moment that a request saw; the end of the days where it named none that can be read."""
    try:
        return read_now(request.now, newsroom.end)
    except ValueError:
        return newsroom.end


def _repeated(asked: list[Request], host: str, newsroom: Newsroom) -> Iterator[Offence]:
    """Requests, without a validator, of what was sent whole before; an answer in trouble is worth no storing."""
    stored: dict[str, Request] = {}
    outlet = newsroom.hosts.get(host)
    for request in asked:
        page = newsroom.page_at(outlet, request.target) if outlet else None
        if (
            request.method != "GET"
            or urlsplit(request.target).path == "/robots.txt"
            or (page and page.behaviour == "endless")
        ):
            continue
        address = page.url if page else request.target
        if address in stored and not request.conditional:
            yield Offence(kind="repeated", request=request, earlier=stored[address])
        if request.status == 200 and not (
            outlet and outlet.trouble_at(urlsplit(request.target).path, _moment(request, newsroom))
        ):
            stored[address] = request


def main(arguments: list[str] | None = None) -> int:
    """Judge one access log."""
    parser = argparse.ArgumentParser(description="Name what in an access log of the newsroom is impolite.")
    parser.add_argument("log", type=Path)
    parser.add_argument("--gap", type=float, default=0.0, help="seconds between two requests to one host")
    options = parser.parse_args(arguments)
    offences = find_offences(read_log(options.log), load_newsroom(), gap_seconds=options.gap)
    print("\n".join(map(str, offences)) or "Nothing impolite.")
    return 1 if offences else 0


if __name__ == "__main__":
    sys.exit(main())
