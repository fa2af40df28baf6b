"""Times of publication and change: read, told apart by source, refused when they cannot be true."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta, timezone

_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_FUTURE = timedelta(hours=24)  # a publisher's clock or zone may be off; a date further ahead is none
_CRAWL_CLOCK = timedelta(seconds=5)  # so near the capture, a page tells its own clock, not its publication

_ISO = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T\s]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?)?",
    re.IGNORECASE,
)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T?(\d{2})(\d{2})(\d{2})?(Z|[+-]\d{4})?)?")
_MONTHS = {
    "jan": 1, "feb": 2, "mar": 3, "mär": 3, "maer": 3, "apr": 4, "may": 5, "mai": 5, "jun": 6, "jul": 7, "aug": 8,
    "sep": 9, "oct": 10, "okt": 10, "nov": 11, "dec": 12, "dez": 12,
}  # fmt: skip
_ZONE = r"(Z|[A-Z]{2,5})?(?:\s*\(?([+-]\d{2}:?\d{2})\)?)?"
_CLOCK = r"(?:(?:at|um|-|–|\|)\s*)?(\d{1,2}):(\d{2})(?::(\d{2}))?\s*(?:Uhr|([AaPp])\.?[Mm]\b\.?)?"
_DAY_FIRST = re.compile(rf"(\d{{1,2}})\.?\s+([A-Za-zä]{{3,10}})\.?,?\s+(\d{{4}})(?:,?\s+{_CLOCK}\s*{_ZONE})?")
_MONTH_FIRST = re.compile(rf"([A-Za-z]{{3,10}})\.?\s+(\d{{1,2}}),?\s+(\d{{4}})(?:,?\s+{_CLOCK}\s*{_ZONE})?")
_UNIX_LINE = re.compile(rf"[A-Z][a-z]{{2}}\s+([A-Z][a-z]{{2}})\s+(\d{{1,2}})\s+{_CLOCK}\s+{_ZONE}\s*(\d{{4}})")
_JS_LINE = re.compile(rf"[A-Z][a-z]{{2}}\s+([A-Z][a-z]{{2}})\s+(\d{{1,2}})\s+(\d{{4}})\s+{_CLOCK}\s+{_ZONE}")
_DOTTED = re.compile(rf"(\d{{1,2}})\.(\d{{1,2}})\.(\d{{4}})(?:,?\s+{_CLOCK}\s*{_ZONE})?")
# Only names that mean one offset to newsrooms; CST, IST and their like mean several.
_OFFSETS = {
    "Z": 0, "UTC": 0, "GMT": 0, "WET": 0, "WEST": 60, "BST": 60, "CET": 60, "MEZ": 60, "CEST": 120, "MESZ": 120,
    "EET": 120, "EEST": 180, "MSK": 180, "JST": 540, "KST": 540, "EDT": -240, "EST": -300, "CDT": -300, "MDT": -360,
    "MST": -420, "PDT": -420, "PST": -480,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """A time as written. `instant` is naive where no zone was given; `precision` is second, minute or day."""

    instant: datetime
    precision: str
    source: str = ""

    @property
    def is_zoned(self) -> bool:
        """Whether an offset was written with it."""
        return self.instant.tzinfo is not None

    @property
    def wall(self) -> datetime:
        """What the clock showed, without offset, to the minute."""
        return self.instant.replace(tzinfo=None, second=0, microsecond=0)

    @property
    def utc(self) -> datetime:
        """The instant in UTC; a missing zone is taken as UTC."""
        try:
            return self.instant.astimezone(UTC) if self.is_zoned else self.instant.replace(tzinfo=UTC)
        except OverflowError:  # the first or last hours of the calendar: no time of publication either way
            return self.instant.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """When the publisher says it published and changed the article, in UTC; None where not known."""

    at: datetime | None = None
    source: str | None = None
    precision: str | None = None
    modified_at: datetime | None = None
    rules: tuple[str, ...] = ()


def read_stamp(text: str | None, source: str = "") -> Stamp | None:
    """Read a date or time as pages write them; None if it is none.

    Formats: ISO 8601 and its neighbours, RFC 2822, Unix and JavaScript date lines, `2 March 2026`, `March 2, 2026`,
    `2. März 2026`, `02.03.2026`, each with or without a clock and a zone. Never guesses between day and month.

    Example:
        >>> read_stamp("2026-03-02T10:00:00+01:00").utc.isoformat()
        '2026-03-02T09:00:00+00:00'
        >>> read_stamp("2. März 2026").precision
        'day'
    """
    text = (text or "").strip()[:80]
    if not text:
        return None
    for pattern, order in (
        (_ISO, "ymdhnsz"),
        (_COMPACT, "ymdhnsz"),
        (_UNIX_LINE, "bdhnspazy"),
        (_JS_LINE, "bdyhnspaz"),
        (_DAY_FIRST, "dbyhnspaz"),
        (_MONTH_FIRST, "bdyhnspaz"),
        (_DOTTED, "dmyhnspaz"),
    ):
        match = pattern.fullmatch(text) if pattern is _COMPACT else pattern.search(text)
        if match:
            return _stamp(dict(zip(order, match.groups(), strict=True)), source)
    return None


def _stamp(parts: dict[str, str | None], source: str) -> Stamp | None:
    """A stamp from its parts: y, m or b (name), d, h, n (minute), s, p (a or p of a.m., p.m.), a (zone), z (offset)."""
    name = (parts.get("b") or "").lower()
    month = int(parts["m"] or 0) if "m" in parts else _MONTHS.get(name[:4], _MONTHS.get(name[:3], 0))
    year, day, hour, minute, second = (int(parts[key] or 0) for key in "ydhns")
    if half := (parts.get("p") or "").lower():
        hour = hour % 12 + (12 if half == "p" else 0)
    try:
        wall = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - naive until the zone is known
        zone = _zone(parts.get("a"), parts.get("z"))
    except ValueError:
        return None
    if parts["h"] is None:
        return Stamp(instant=wall, precision="day", source=source)
    precision = "second" if parts["s"] is not None else "minute"
    return Stamp(instant=wall.replace(tzinfo=zone), precision=precision, source=source)


def _zone(name: str | None, offset: str | None) -> timezone | None:
    """The zone of an offset or a name that means one; None if neither is given."""
    if offset and offset[0] in "+-":
        hours, minutes = int(offset[1:3]), int(offset[3:].lstrip(":") or 0)
        return timezone((1 if offset[0] == "+" else -1) * timedelta(hours=hours, minutes=minutes))
    minutes_east = _OFFSETS.get((name or offset or "").upper())
    return None if minutes_east is None else timezone(timedelta(minutes=minutes_east))


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
        source=chosen.source,
        precision=precision,
        modified_at=_modified([_with_zone(s, [chosen, *changes]) for s in changes], chosen.utc, fetched_at),
        rules=tuple(sorted(rules)),
    )


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
