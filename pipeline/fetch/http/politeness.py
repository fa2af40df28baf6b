"""Manners: one request at a time to a host, a gap after each, and hosts that are left alone for a while."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from pipeline.fetch.results import Failure
from pipeline.reasons import Reason
from pipeline.text.stamps import read_stamp

MAX_HOSTS_AT_ONCE = 32
# A host that wants more than a minute between requests is asked once a run, and the rest is put off.
MAX_WAIT_SECONDS = 60.0
# After so many requests in a row without an answer, the host is taken to be down (100 URLs of it: 3 attempts).
MAX_SILENCES = 3

DEFAULT_WAIT = timedelta(minutes=30)
MAX_WAIT = timedelta(hours=24)
_WAIT = re.compile(
    r"(\d{1,500})(?:\.\d{0,9})?\s{0,9}(?:([smh])(?:ec(?:ond)?s?|in(?:ute)?s?|(?:ou)?rs?)?)?\s{0,9}(?:$|,|;\s)",
    re.IGNORECASE | re.ASCII,
)
_UNITS = {"s": 1, "m": 60, "h": 3600}
_SINCE_1970 = 631_152_000


class Host:
    """What a run knows of one host name."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.last_end = float("-inf")
        self.last_page_end = float("-inf")
        self.silences = 0
        self.closed: str | None = None
        self.rests_until: datetime | None = None

    def close(self, why: str) -> None:
        """Leave the host alone for the rest of the visit."""
        self.closed = why

    def rest(self, until: datetime | None) -> None:
        """Heed a host that asked to be left alone until an instant; the latest one counts."""
        if until is not None and (self.rests_until is None or self.rests_until < until):
            self.rests_until = until

    def objection(self, now: datetime) -> Failure | None:
        """Why the host must not be asked yet, or None."""
        if self.rests_until is None or self.rests_until <= now:
            return None
        detail = f"the host asked not to be asked before {self.rests_until:%Y-%m-%dT%H:%M:%SZ}"
        return Failure(reason=Reason.NOT_NOW, detail=detail)

    def note(self, silence: str | None) -> None:
        """Count a request without an answer, or forget the earlier ones after an answer."""
        self.silences = self.silences + 1 if silence else 0
        if self.silences >= MAX_SILENCES:
            self.close(f"{self.silences} requests in a row failed, last {silence}")


class Hosts:
    """All hosts of a run. The key is the host's name, whatever the port: it is the name that manners are owed to."""

    def __init__(self) -> None:
        self._hosts: dict[str, Host] = {}
        self._slots = asyncio.Semaphore(MAX_HOSTS_AT_ONCE)

    def of(self, name: str) -> Host:
        """One host, made on first use."""
        return self._hosts.setdefault(name.lower().rstrip("."), Host())

    def begin(self, rests: Mapping[str, datetime]) -> None:
        """Begin a visit: what was closed is open again, and who asked for rest has it.

        Args:
            rests: Host names with the instant until which each is left alone.
        """
        for host in self._hosts.values():
            host.closed, host.silences = None, 0
        for name, until in rests.items():
            self.of(name).rest(until)

    @asynccontextmanager
    async def turn(
        self, host: Host, gap_seconds: float, crawl_delay_seconds: float | None
    ) -> AsyncIterator[Failure | None]:
        """Wait for the host's turn; yields why it must not be asked now, or None.

        Args:
            gap_seconds: Least time since any request ended.
            crawl_delay_seconds: Least time since the last request ended that was not for robots.txt; None for
                robots.txt itself.
        """
        async with host.lock:
            now = time.monotonic()
            delayed = host.last_page_end + (crawl_delay_seconds or 0.0) - now
            if host.closed is not None:
                yield Failure(reason=Reason.NOT_NOW, detail=host.closed)
                return
            if crawl_delay_seconds and delayed > MAX_WAIT_SECONDS:
                detail = f"robots.txt wants {crawl_delay_seconds:g} s between requests"
                yield Failure(reason=Reason.NOT_NOW, detail=detail)
                return
            await asyncio.sleep(max(0.0, host.last_end + gap_seconds - now, delayed))
            async with self._slots:
                try:
                    yield None
                finally:
                    host.last_end = time.monotonic()
                    if crawl_delay_seconds is not None:
                        host.last_page_end = host.last_end


def wait_asked(value: str | None, now: datetime) -> timedelta:
    """Read a Retry-After header: a number, with its unit if need be, or a date, never more than a day.

    A number of more than twenty years is no wait but an instant since 1970. Several values are one, told twice.

    Args:
        value: The header; None or nonsense gives `DEFAULT_WAIT`.
        now: The moment of the answer.
    Example:
        >>> wait_asked("120", datetime(2026, 3, 2, tzinfo=UTC)), wait_asked("9999999999", datetime(2026, 3, 2, tzinfo=UTC))
        (datetime.timedelta(seconds=120), datetime.timedelta(days=1))
    """
    text = (value or "").strip(" \t\"'")
    if number := _WAIT.match(text):
        seconds = int(number[1][:18])
        if seconds < _SINCE_1970:
            return min(timedelta(seconds=min(seconds * _UNITS[(number[2] or "s").lower()], 86400)), MAX_WAIT)
    stamp = read_stamp(text)
    try:
        until = stamp.utc if stamp and stamp.precision != "day" else parsedate_to_datetime(text)
        until = until.replace(tzinfo=UTC) if until.tzinfo is None else until
        return max(timedelta(0), min(until - now, MAX_WAIT))
    except (TypeError, ValueError, OverflowError):
        return MAX_WAIT if number else DEFAULT_WAIT
