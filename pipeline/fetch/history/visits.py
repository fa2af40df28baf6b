"""Visits: when a run knocks at its sources, and what it may know at that moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from pipeline.windows import HOUR, Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One round of asking.

    Attributes:
        window: The window of the run: what is brought belongs to it.
        asked: The interval that the request headers name: the run's window, or one hour of it.
        moment: What is recorded as now.
        is_invented: Whether the moment is that of invented days. Then hours may be worked on in any order, and what was
            recorded later than the moment is not known yet. On the wall clock nothing is later.
    """

    window: Window
    asked: Window
    moment: datetime
    is_invented: bool

    @property
    def mark(self) -> datetime:
        """What tells this visit's captures from those of others: an hourly and a daily run give equal marks."""
        return self.moment if self.is_invented else self.window.start

    def knows(self, recorded_at: datetime) -> bool:
        """Whether something recorded then is known at this visit."""
        return not self.is_invented or recorded_at <= self.moment

    def made(self, request: Mapping[str, object]) -> bool:
        """Whether a FETCHES row is of this visit, made by whatever run."""
        if self.is_invented:
            return request["requested_at"] == self.moment
        window_start = request["window_start"]
        return isinstance(window_start, datetime) and window_start in self.window


def visits_of(window: Window, now: datetime, *, is_invented: bool) -> list[Visit]:
    """The visits of one run, in order.

    On an invented clock a window of whole hours is visited once for each of them, so that a day's run sees what 24 hourly
    runs see. On the wall clock there is only one now, so there is one visit.

    Args:
        now: The run's now; on an invented clock its window's end.
        is_invented: Whether the clock is that of invented days.

    Example:
        >>> day = Window.parse("2026-03-02/2026-03-03")
        >>> len(visits_of(day, day.end, is_invented=True)), len(visits_of(day, day.end, is_invented=False))
        (24, 1)
    """
    if not is_invented or not (_is_whole_hour(window.start) and _is_whole_hour(window.end)):
        return [Visit(window=window, asked=window, moment=now, is_invented=is_invented)]
    hours = int((window.end - window.start) / HOUR)
    return [
        Visit(
            window=window,
            asked=Window(window.start + n * HOUR, window.start + (n + 1) * HOUR),
            moment=window.start + (n + 1) * HOUR,
            is_invented=True,
        )
        for n in range(hours)
    ]


def _is_whole_hour(instant: datetime) -> bool:
    """Whether an instant stands at minute zero in UTC."""
    utc = instant.astimezone(UTC)
    return (utc.minute, utc.second, utc.microsecond) == (0, 0, 0)
