"""What one source may cost at one visit. What is over is put off: it is asked at a later one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pipeline.fetch.http.requests import FetchResponse
from pipeline.fetch.results import is_final
from pipeline.reasons import Reason
from pipeline.settings import Settings


class Budget:
    """Time, bytes, new pages and failed requests of one source at one visit, counted as they are spent."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._ends_at = float("inf")
        self._bytes = self._promised = self._pages = self._errors = 0
        self._changed = asyncio.Event()

    def begin(self) -> None:
        """Let time run."""
        self._ends_at = time.monotonic() + self._settings.visit_seconds

    @property
    def is_over(self) -> bool:
        """Whether its time is over."""
        return time.monotonic() >= self._ends_at

    def exhausted(self, *, is_unknown: bool) -> str | None:
        """Say which limit stands against asking another page, or None; a page that is let through counts at once.

        Args:
            is_unknown: Whether the page is a new one.
        """
        if (over := self._used_up()) is not None:
            return over
        if is_unknown and self._pages >= self._settings.visit_pages:
            return f"this visit asked {self._settings.visit_pages} new pages already"
        self._pages += is_unknown
        return None

    @asynccontextmanager
    async def promise(self) -> AsyncIterator[str | None]:
        """Set a page's cap aside while it is on its way; gives which limit stands against it by now, or None.

        A thousand hosts may wait for their turns at once: what they bring together is known only as they bring it. While
        what is under way may use up the bytes that are left, the next one waits, unless none is.
        """
        most = self._settings.page_max_bytes
        while (over := self._used_up()) is None and self._promised:
            if self._bytes + self._promised + most <= self._settings.visit_bytes:
                break
            await self._changed.wait()
        if over is not None:
            yield over
            return
        self._promised += most
        try:
            yield None
        finally:
            self._promised -= most
            self._changed.set()  # who waits looks again once the answer is counted: the loop does not turn before
            self._changed = asyncio.Event()

    def spend(self, answer: FetchResponse) -> None:
        """Count what an answer cost."""
        self._bytes += answer.size
        failure = answer.failure
        if failure is not None and failure.reason is not Reason.NOT_NOW and not is_final(failure.reason, answer.status):
            self._errors += 1

    def _used_up(self) -> str | None:
        """Which limit is reached, that of new pages aside."""
        settings = self._settings
        if self.is_over:
            return f"this visit's {settings.visit_seconds:g} s are over"
        if self._bytes >= settings.visit_bytes:
            return f"this visit brought {settings.visit_bytes} bytes already"
        if self._errors >= settings.visit_errors:
            return f"{settings.visit_errors} requests of this visit failed"
        return None
