"""What one source may cost at one visit. What is over is put off: it is asked at a later one."""

from __future__ import annotations

import time

from pipeline.fetch.http.requests import FetchResponse
from pipeline.fetch.results import is_final
from pipeline.reasons import Reason
from pipeline.settings import Settings


class Budget:
    """Time, bytes, new pages and failed requests of one source at one visit, counted as they are spent."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._ends_at = float("inf")
        self._bytes = self._pages = self._errors = 0

    def begin(self) -> None:
        """Let time run."""
        self._ends_at = time.monotonic() + self._settings.visit_seconds

    def exhausted(self, *, is_unknown: bool) -> str | None:
        """Say which limit stands against asking another page, or None; a page that is let through counts at once.

        Args:
            is_unknown: Whether the page is a new one.
        """
        settings = self._settings
        if time.monotonic() >= self._ends_at:
            return f"this visit's {settings.visit_seconds:g} s are over"
        if self._bytes >= settings.visit_bytes:
            return f"this visit brought {settings.visit_bytes} bytes already"
        if self._errors >= settings.visit_errors:
            return f"{settings.visit_errors} requests of this visit failed"
        if is_unknown and self._pages >= settings.visit_pages:
            return f"this visit asked {settings.visit_pages} new pages already"
        self._pages += is_unknown
        return None

    def spend(self, answer: FetchResponse) -> None:
        """Count what an answer cost."""
        self._bytes += answer.size
        failure = answer.failure
        if failure is not None and failure.reason is not Reason.NOT_NOW and not is_final(failure.reason, answer.status):
            self._errors += 1
