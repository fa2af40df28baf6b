"""When a page is asked again although nothing says that it changed: pure rules.

Outlets correct quietly. Most edits come within a day of publication, and what a week has not changed stays as it is. And a
page may be listed before it is published, or stand behind a wall for an hour.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

# Counted from the first capture: asked once after a day and once after a week.
MARKS = (timedelta(hours=24), timedelta(days=7))
# Counted from the first refusal of a page that was never had, where the refusal may pass: so often, and no more.
REFUSED_MARKS = (timedelta(hours=1), timedelta(hours=24))
PASSING_STATUSES = frozenset({401, 403, 404})
# Pages that were first captured or refused longer ago are left alone.
WATCHED = timedelta(days=8)
# After an outage all marks have passed at once: so many a source and visit take 17 minutes with a gap of 5 s, and the
# rest stays due.
MOST_A_VISIT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownCapture:
    """One stored page, as far as asking it again needs it. `key` is the cleaned URL that was asked."""

    key: str
    url: str
    page_id: str
    captured_at: datetime
    recorded_at: datetime
    etag: str | None = None
    last_modified: str | None = None
    listed_title: str | None = None
    listed_at: datetime | None = None
    listed_by: str | None = None

    @property
    def conditions(self) -> dict[str, str]:
        """The request headers that ask for the page only if it changed since."""
        return conditions_of(self.etag, self.last_modified)


def conditions_of(etag: str | None, last_modified: str | None) -> dict[str, str]:
    """The request headers that send an earlier answer's validators back.

    Example:
        >>> conditions_of('"a1"', None)
        {'If-None-Match': '"a1"'}
    """
    validators = (("If-None-Match", etag), ("If-Modified-Since", last_modified))
    return {name: value for name, value in validators if value}


def is_due(first_at: datetime, last_asked_at: datetime, moment: datetime, marks: Sequence[timedelta] = MARKS) -> bool:
    """Tell whether a page is to be asked again.

    It is, from each mark on until it was asked since that mark. A mark that passed unasked is caught up, once.

    Args:
        first_at: Its first capture, or refusal.
        last_asked_at: The last time it was asked with an answer that settles it: a page, a 304, a refusal for good.
        moment: Now.
        marks: How long after the first time it is asked again.
    Example:
        >>> from datetime import UTC
        >>> noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
        >>> is_due(noon, noon, noon + timedelta(hours=23)), is_due(noon, noon, noon + timedelta(hours=24))
        (False, True)
    """
    if moment - first_at > WATCHED:
        return False
    passed = [first_at + after for after in marks if first_at + after <= moment]
    return bool(passed) and last_asked_at < passed[-1]


def last_of(captures: Iterable[KnownCapture]) -> KnownCapture | None:
    """The latest capture of a page; None where there is none."""
    return max(captures, key=lambda capture: (capture.captured_at, capture.recorded_at), default=None)
