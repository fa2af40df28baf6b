"""Times of publication and change: told apart by source, refused when they cannot be true."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from pipeline.text.stamps import Stamp

_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_FUTURE = timedelta(hours=24)  # a publisher's clock or zone may be off; a date further ahead is none
_CRAWL_CLOCK = timedelta(seconds=5)  # so near the capture, a page tells its own clock, not its publication


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """When the publisher says it published and changed the article, in UTC; None where not known.

    `day` is what the publisher's own calendar showed: late in the evening, or far in the east, another than that of `at`. It is
    not known of a page that writes its times in UTC alone.
    """

    at: datetime | None = None
    day: date | None = None
    source: str | None = None
    precision: str | None = None
    modified_at: datetime | None = None
    rules: tuple[str, ...] = ()


def choose_dates(
    published: Sequence[Stamp | None], modified: Iterable[Stamp | None], *, fetched_at: datetime | None
) -> Published:
    """Choose when an article was published and changed.

    The first possible stamp wins; if it gives the day alone, a later one of the same day may give the time. A time
    without zone takes the offset of another stamp of the page that shows the same clock, else one the page's clock
    uses; else it is read as UTC and only its day is claimed.

    Args:
        published: Candidates, the most trusted first.
        modified: Candidates, the most trusted first.
        fetched_at: When the page was captured; None if that is not known. Stamps over 24 h later are impossible, and
            one that equals it is the page's own clock.
    Returns:
        Rules: future-date, ancient-date, crawl-clock-date (refused); date-without-zone (only the day is claimed).
    """
    rules: set[str] = set()
    given = [stamp for stamp in published if stamp is not None]
    changes = [stamp for stamp in modified if stamp is not None]
    possible = [s for s in given if not _fault(s, fetched_at, rules)]
    if not possible:
        return Published(modified_at=_modified(changes, None, fetched_at), rules=tuple(sorted(rules)))
    chosen = possible[0]
    if chosen.precision == "day":
        finer = [s for s in possible if s.precision != "day" and s.instant.date() == chosen.instant.date()]
        chosen = finer[0] if finer else chosen
    chosen = _with_zone(chosen, [*possible, *changes])
    precision = "day" if _shows_midnight(chosen) else chosen.precision
    if not chosen.is_zoned and chosen.precision != "day":
        rules.add("date-without-zone")
        precision = "day"
    return Published(
        at=chosen.utc,
        day=_local_day(chosen, [*possible, *changes]),
        source=chosen.source,
        precision=precision,
        modified_at=_modified([_with_zone(s, [chosen, *changes]) for s in changes], chosen.utc, fetched_at),
        rules=tuple(sorted(rules)),
    )


def _local_day(stamp: Stamp, others: Sequence[Stamp]) -> date | None:
    """The day that the publisher's clock showed, by its own offset, else by that of another stamp of the page.

    None where all are written in UTC: that is how programs write a time, wherever the publisher is.
    """
    if stamp.precision != "day" and stamp.is_zoned and not stamp.instant.utcoffset():
        zoned = (other.instant for other in others if other.is_zoned and other.instant.utcoffset())
        local = next(zoned, None)
        return stamp.utc.astimezone(local.tzinfo).date() if local else None
    return stamp.instant.date()


def _shows_midnight(stamp: Stamp) -> bool:
    """Whether a time is a day in disguise: 00:00:00 local time."""
    return stamp.instant.hour == stamp.instant.minute == stamp.instant.second == 0


def _fault(stamp: Stamp, fetched_at: datetime | None, rules: set[str]) -> bool:
    """Whether a stamp cannot be a time of publication; the rule that says so is noted."""
    if stamp.utc < _EARLIEST:
        rules.add("ancient-date")
        return True
    if fetched_at is None:
        return False
    if stamp.utc > fetched_at + _FUTURE:
        rules.add("future-date")
        return True
    if stamp.precision != "day" and not _shows_midnight(stamp) and abs(stamp.utc - fetched_at) < _CRAWL_CLOCK:
        rules.add("crawl-clock-date")
        return True
    return stamp.utc == fetched_at and fetched_at.time() != time.min  # an archive may know no more than the day


def _with_zone(stamp: Stamp, others: Sequence[Stamp]) -> Stamp:
    """The stamp with the offset of one that shows the same clock, else of the first that shows local time."""
    if stamp.is_zoned or stamp.precision == "day":
        return stamp
    zoned = [other for other in others if other.is_zoned and other.precision != "day"]
    same = [other for other in zoned if other.wall == stamp.wall]
    local = [other for other in zoned if other.instant.utcoffset() and abs(other.wall - stamp.wall) < timedelta(days=7)]
    for other in (same or local)[:1]:
        return replace(stamp, instant=stamp.instant.replace(tzinfo=other.instant.tzinfo))
    return stamp


def _modified(stamps: Iterable[Stamp], published_at: datetime | None, fetched_at: datetime | None) -> datetime | None:
    """The first possible time of change that is no day in disguise and does not precede publication."""
    for stamp in stamps:
        if stamp.precision == "day" or not stamp.is_zoned or _fault(stamp, fetched_at, set()):
            continue
        if published_at is None or stamp.utc >= published_at:
            return stamp.utc
    return None
