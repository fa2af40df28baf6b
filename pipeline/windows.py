"""The half-open UTC interval that a run is for, and the days it touches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from pipeline.errors import UsageError

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """[start, end) in aware UTC, start before end.

    Example:
        >>> w = Window.parse("2026-03-02/2026-03-03")
        >>> w.label, w.day.isoformat()
        ('20260302T0000-20260303T0000', '2026-03-02')
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise UsageError(f"window {self.start}/{self.end} has no time zone; give UTC instants")
        if self.start >= self.end:
            raise UsageError(f"window {self.start}/{self.end} is empty; its start must lie before its end")

    @classmethod
    def parse(cls, text: str) -> Window:
        """Read `START/END`, each an ISO date or instant; a missing zone is UTC.

        Raises:
            UsageError: the text is no such pair.
        """
        parts = text.split("/")
        if len(parts) != 2:
            raise UsageError(f"window {text!r} is not START/END, for example 2026-03-02/2026-03-03")
        return cls(parse_instant(parts[0]), parse_instant(parts[1]))

    @classmethod
    def of_day(cls, day: date) -> Window:
        """The whole UTC day."""
        start = datetime(day.year, day.month, day.day, tzinfo=UTC)
        return cls(start, start + DAY)

    @classmethod
    def of_hour(cls, instant: datetime) -> Window:
        """The UTC hour that holds the instant."""
        start = instant.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        return cls(start, start + HOUR)

    @property
    def day(self) -> date:
        """The UTC day of the start: the partition that everything of this window belongs to."""
        return self.start.astimezone(UTC).date()

    @property
    def label(self) -> str:
        """A name for folders and logs, e.g. 20260302T0900-20260302T1000."""
        return f"{self.start.astimezone(UTC):%Y%m%dT%H%M}-{self.end.astimezone(UTC):%Y%m%dT%H%M}"

    def __contains__(self, instant: datetime) -> bool:
        return self.start <= instant < self.end

    def __str__(self) -> str:
        return f"{self.start.astimezone(UTC):%Y-%m-%dT%H:%MZ}/{self.end.astimezone(UTC):%Y-%m-%dT%H:%MZ}"

    def days(self) -> Iterator[date]:
        """Every UTC day that the window touches, in order."""
        day = self.day
        while Window.of_day(day).start < self.end:
            yield day
            day += DAY


def parse_instant(text: str) -> datetime:
    """Read an ISO date or instant as aware UTC; a missing zone is UTC.

    Raises:
        UsageError: the text is no ISO date or instant.
    Example:
        >>> parse_instant("2026-03-02T10:00+02:00").isoformat()
        '2026-03-02T08:00:00+00:00'
    """
    try:
        instant = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise UsageError(f"{text!r} is no ISO date or instant, for example 2026-03-02 or 2026-03-02T09:00Z") from error
    try:
        return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    except OverflowError as error:
        raise UsageError(f"{text!r} lies outside the calendar; give a year from 1 to 9999 in UTC") from error


def parse_day(text: str) -> date:
    """Read an ISO date.

    Raises:
        UsageError: the text is no ISO date.
    """
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise UsageError(f"{text!r} is no date; write it as 2026-03-02") from error
