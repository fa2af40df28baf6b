"""A date or time as strangers write it, read or refused: never filled in, never guessed.

What is not written is not claimed. Without a zone the clock is kept but `Stamp.is_zoned` is false, so that whoever asks can
claim the day alone. Day and month of `03/02/2026` are told apart only by who writes: `day_order`.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import islice
from typing import Literal

from pipeline.text.calendar_words import HALVES, OTHER_ZONES, ZONE_MINUTES, is_only_of, languages_of, months_of

Order = Literal["dmy", "mdy"]

_MOST_CHARS = 80
_FARTHEST_ZONE = 14 * 60  # minutes; the calendar's easternmost
_MOST_YEARS = 200
_BUDDHIST_YEARS = 543
_YEARS = range(1900, 2400)
_SECONDS_1990, _SECONDS_2100 = 631_152_000, 4_102_444_800

# What nearly all listings write, read at once.
_RFC_822 = re.compile(
    r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?(\d{1,2}) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) (\d{4}) "
    r"(\d{2}):(\d{2}):(\d{2}) (GMT|UTC|Z|[+-]\d{4})"
)
_RFC_3339 = re.compile(r"(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.\d{1,9})?(Z|[+-]\d{2}:\d{2})")
_ENGLISH = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_INVISIBLE = re.compile("[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_SINCE_1970 = re.compile(r"(\d{9,10})(?:\.\d{1,9})?|(\d{12,13})")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:[T ]?(\d{2})(\d{2})(\d{2})?)?(Z|[+-]\d{4})?")
_COMPACT_HOUR = re.compile(r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])(?:[0-5]\d)?")
_ERA = re.compile(r"(令和|平成|民國|民国) ?(元|\d{1,3}) ?年")
_ERA_STARTS = {"令和": 2018, "平成": 1988, "民國": 1911, "民国": 1911}
_CJK_DAY = re.compile(r"(\d{4}) ?[年년] ?(\d{1,2}) ?[月월] ?(\d{1,2}) ?[日일號号]?")
_CJK_CLOCK = re.compile(r"(\d{1,2}) ?[時时點点시](?: ?(\d{1,2}) ?[分분])?(?: ?(\d{1,2}) ?[秒초])?")
_T = re.compile(r"(?<=\d)T(?=\d)", re.IGNORECASE)
_HOURS = re.compile(r"(?<![\d:])(\d{1,2}) ?(?:h|Uhr) ?(\d{2})(?!\d)")

# Behind a number a sign makes it an offset: `2026-03-02T10+01:00`.
_CLOCK = re.compile(r"(?<![\d:.])(?<!\d[+-])(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)?(?![\d:])")
_HOUR_ALONE = re.compile(r"(?<![\d:])(?<!\d\.)(\d{1,2})(?= ?[ap]\.? ?m\b)", re.IGNORECASE)
_AFTER_NAME = r"(?![^\W\d_])"
_HALF_AFTER = re.compile(
    rf" ?(a\.? ?m|p\.? ?m|[πμ]\.? ?μ|[قب]\.ظ|صباح[اً]+|مساء[اً]*|[صم]|पूर्वाह्न|अपराह्न)\.?{_AFTER_NAME}", re.IGNORECASE
)
_HALF_BEFORE = re.compile(
    "(午前|午後|上午|凌晨|早上|清晨|下午|晚上|傍晚|오전|오후|a\\.?m\\.?|p\\.?m\\.?) ?$", re.IGNORECASE
)
_AFTER_ZONE = r"(?![^\W_])"  # `EST5EDT` means two offsets
_OFFSET = r"([+-])(\d{2}):?(\d{2})|([+-])(\d{1,2})(?::(\d{2}))?"
_ZONE = re.compile(rf" ?(?:Uhr ?)?\(?(?:([A-ZМСК]{{1,5}}|z){_AFTER_ZONE})?(?: ?\(?(?:{_OFFSET})(?![\d/.:-]))?\)?")

# One mark between all three: in `2 Mar 2026 10.15` the figures behind the year are a clock's.
_YEAR_FIRST = re.compile(r"(?<![\d-])(\d{4})([-/.]| (?=\d{1,2} )) ?(\d{1,2})\2 ?(\d{1,2})(?!\d)")
_YEAR_LAST = re.compile(r"(?<!\d)(\d{1,2}) ?([-/.]) ?(\d{1,2}) ?\2 ?(\d{4})(?!\d)")
_DAYS = re.compile(r"(?<![\d.:])(\d{1,2})\.? ?[-–—/] ?(\d{1,2})\.? ?(?=[^\W\d_])")
_ATOM = re.compile(r"\d+|[^\s\d,;:/|()\[\]<>·•\"–—-]+")
_MONTH_NUMBER_WORDS = frozenset({"tháng", "thang", "thg"})  # Vietnamese months have numbers
_LONGEST_LINK = 4  # de, of, del, the, 1er, 2nd: what may stand between a day, its month and its year


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
class _Clock:
    """A time of day: hour, minute, second (None where not written), zone (None likewise), and where it stands."""

    hour: int
    minute: int
    second: int | None
    zone: timezone | None
    start: int
    end: int


def read_stamp(text: str | None, source: str = "", *, language: str | None = None) -> Stamp | None:
    """Read a date or time; None if it is none, cannot be, or does not tell its day.

    Read are ISO 8601 and its neighbours, RFC 822, Unix and JavaScript lines, dates with the names of months in some seventy
    languages, `2026年2月27日`, figures of any script, years of Japan, Taiwan and Thailand, and seconds or milliseconds since 1970;
    each with or without a clock, halves of the day, and an offset or a zone's name that means one.

    Args:
        text: As written; 80 characters count.
        source: What the stamp is to say of where it stood.
        language: The writer's language tag: with a region it may tell which of day and month comes first (`day_order`).
    Example:
        >>> read_stamp("Ke, 04 Maa 2026 11:34:37 +0200").utc.isoformat()
        '2026-03-04T09:34:37+00:00'
        >>> read_stamp("2. März 2026").precision, read_stamp("03/02/2026"), read_stamp("31 February 2026")
        ('day', None, None)
        >>> read_stamp("03/02/2026 10:00 PM", language="en-US").wall.isoformat()
        '2026-03-02T22:00:00'
    """
    text = (text or "").strip()[:_MOST_CHARS]
    if common := _RFC_822.fullmatch(text) or _RFC_3339.fullmatch(text):
        return _common(common, source)
    text = _plain(text)
    if not text:
        return None
    if len(text) == 10 and _COMPACT_HOUR.fullmatch(text):
        return None  # an hour of this century, or a second of the next decade
    if (match := _SINCE_1970.fullmatch(text)) and not _COMPACT_HOUR.fullmatch(text):
        return _since_1970(int(match[1] or match[2]) / (1 if match[1] else 1000), source)
    if match := _COMPACT.fullmatch(text):
        return _compact(match, source)
    clock = _find_clock(text, language)
    rest = text if clock is None else f"{text[: clock.start]} | {text[clock.end :]}"
    day = _find_day(rest, language)
    if day is None or clock is None:
        return None if day is None else Stamp(instant=day, precision="day", source=source)
    return _at(day, clock.hour, clock.minute, clock.second, clock.zone, source)


def _at(
    day: datetime | None, hour: int, minute: int, second: int | None, zone: timezone | None, source: str
) -> Stamp | None:
    """The stamp of a time of a day; None where there is no such time. 24:00 is the next day's, 60 s a leap second."""
    if day is None or hour > 24 or minute > 59 or (second or 0) > 60 or (hour == 24 and (minute or second)):
        return None
    moment = day + timedelta(hours=hour, minutes=minute, seconds=min(second or 0, 59))
    precision = "minute" if second is None else "second"
    return Stamp(instant=moment.replace(tzinfo=zone), precision=precision, source=source)


def _common(match: re.Match[str], source: str) -> Stamp | None:
    """A whole date of RFC 822 or RFC 3339."""
    first, month, last, hour, minute, second, zone = match.groups()
    number, first, last = (_ENGLISH.index(month) + 1, last, first) if month in _ENGLISH else (month, first, last)
    day = _day(int(first), int(number), int(last))
    offset = UTC if zone.isalpha() else _offset(zone[0], zone[1:3], zone[-2:])
    return _at(day, int(hour), int(minute), int(second), offset, source)


def is_written(day: date, text: str, *, language: str | None = None) -> bool:
    """Whether a text gives a day in a form that leaves no doubt: what others read out of it may be filled in, or guessed.

    Example:
        >>> is_written(date(2026, 2, 3), "Posted 03/02/2026"), is_written(date(2026, 2, 3), "Posted Feb 3, 2026 by")
        (False, True)
    """
    if f"{day:%Y%m%d}" in text:
        return True
    years = islice(re.finditer(f"(?<![0-9]){day.year}(?![0-9])", text), _MOST_YEARS)
    near = (
        part for at in years for part in (text[max(0, at.start() - 28) : at.end()], text[at.start() : at.end() + 8])
    )
    return any((stamp := read_stamp(part, language=language)) and stamp.instant.date() == day for part in near)


def day_order(language: str | None) -> Order | None:
    """Say which of day and month comes first where a language tag is at home, if that is beyond doubt.

    English of the United States writes the month first, Spanish there either; of all other English only that with a region
    tells, and Canada and the Philippines write both. Languages that put the year first say nothing.

    Example:
        >>> day_order("en-US"), day_order("en-GB"), day_order("de"), day_order("en"), day_order("ja")
        ('mdy', 'dmy', 'dmy', None, None)
    """
    parts = (language or "").strip().lower().replace("_", "-").split("-")
    region = _region(language)
    if region in ("us", "pr"):
        return "mdy" if parts[0] == "en" else None  # Spanish there writes either
    if parts[0] in _DAY_FIRST_LANGUAGES and region not in ("ca", "ph", "pa", "za", "cn"):
        return "dmy"
    return "dmy" if parts[0] == "en" and region in _DAY_FIRST_ENGLISH else None


def _region(language: str | None) -> str:
    """The region of a language tag, empty if it has none."""
    parts = (language or "").strip().lower().replace("_", "-").split("-")
    return next((part for part in parts[1:] if len(part) == 2), "")


_DAY_FIRST_LANGUAGES = frozenset({
    "de", "fr", "es", "it", "pt", "nl", "da", "nb", "no", "nn", "fi", "pl", "cs", "sk", "sl", "hr", "sr", "bs", "mk", "bg", "ru",
    "uk", "be", "ro", "el", "tr", "et", "lv", "is", "ca", "gl", "ga", "cy", "ar", "he", "hi", "bn", "vi", "id", "ms", "th",
})  # fmt: skip
_DAY_FIRST_ENGLISH = frozenset({"gb", "ie", "au", "nz", "in", "pk", "ng", "ke", "sg", "my", "zm", "gh", "tz", "ug"})


def _plain(text: str) -> str:
    """Figures of any script as 0 to 9, wide forms as narrow ones, one space for white space, CJK dates as figures."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text))[: 2 * _MOST_CHARS]
        text = "".join(
            str(unicodedata.decimal(c)) if c.isdecimal() else "-" if c in "\u2010\u2011\u2212" else c for c in text
        )
        text = _ERA.sub(lambda era: f"{_ERA_STARTS[era[1]] + (1 if era[2] == '元' else int(era[2]))}年", text)
        text = _CJK_DAY.sub(r" \1-\2-\3 ", text)
        text = _CJK_CLOCK.sub(lambda c: f" {c[1]}:{int(c[2] or 0):02d}{f':{int(c[3]):02d}' if c[3] else ''} ", text)
    return _HOURS.sub(r"\1:\2", _T.sub(" ", " ".join(text.split())))


def _since_1970(seconds: float, source: str) -> Stamp | None:
    """Seconds since 1970, if they lie in the web's time."""
    if not _SECONDS_1990 <= seconds < _SECONDS_2100:
        return None
    return Stamp(instant=datetime.fromtimestamp(int(seconds), UTC), precision="second", source=source)


def _compact(match: re.Match[str], source: str) -> Stamp | None:
    """Figures without anything between them: 20260302, 20260302T101500Z."""
    year, month, day, hour, minute, second, zone = match.groups()
    midnight = _day(int(year), int(month), int(day))
    if midnight is None or hour is None:
        return None if midnight is None else Stamp(instant=midnight, precision="day", source=source)
    offset = None if zone is None else UTC if zone == "Z" else _offset(zone[0], zone[1:3], zone[3:])
    return _at(midnight, int(hour), int(minute), int(second) if second else None, offset, source)


def _find_clock(text: str, language: str | None) -> _Clock | None:
    """The first time of day, with its half of the day and its zone."""
    match = _CLOCK.search(text)
    alone = None if match else _HOUR_ALONE.search(text)
    if match is None and alone is None:
        return None
    found = match or alone
    assert found is not None
    start, end, hour = found.start(), found.end(), int(found[1])
    before, after = _HALF_BEFORE.search(text[:start]), _HALF_AFTER.match(text, end)
    half = after or before
    if half is not None:
        is_late = HALVES.get("".join(half[1].lower().split()).rstrip("."))
        if is_late is not None and 1 <= hour <= 12:
            hour = hour % 12 + 12 * is_late
        start, end = (start, half.end()) if after else (half.start(), end)
    zone, end = _read_zone(text, end, language)
    minute, second = (int(match[2]), int(match[3]) if match[3] else None) if match else (0, None)
    return _Clock(hour=hour, minute=minute, second=second, zone=zone, start=start, end=end)


def _read_zone(text: str, at: int, language: str | None) -> tuple[timezone | None, int]:
    """The zone that is written at a place, if one is, and where it ends."""
    match = _ZONE.match(text, at)
    if match is None or not match[0].strip("( )"):
        return None, at
    name, sign = match[1], match[2] or match[5]
    if sign and name != "Z":
        zone = _offset(sign, match[3] or match[6], match[4] or match[7] or "0")
        return zone, match.end() if zone else at
    minutes = ZONE_MINUTES.get((name or "").upper())
    if (name or "").upper() in OTHER_ZONES.get(_region(language), ()):
        return None, match.end()
    if minutes is None or sign or text[match.end() : match.end() + 1] in ("+", "-"):
        return None, at
    return timezone(timedelta(minutes=minutes)), match.end()


def _offset(sign: str, hours: str, minutes: str) -> timezone | None:
    """The zone of an offset, if there is a place with it."""
    total = 60 * int(hours) + int(minutes)
    if total > _FARTHEST_ZONE or int(minutes) > 59:
        return None
    return timezone(timedelta(minutes=-total if sign == "-" else total))


def _find_day(text: str, language: str | None) -> datetime | None:
    """The first date of a text, naive, at midnight."""
    year_first, year_last = _YEAR_FIRST.search(text), _YEAR_LAST.search(text)
    if year_first and (year_last is None or year_first.start() <= year_last.start()):
        return _day(int(year_first[1]), int(year_first[3]), int(year_first[4]))
    if year_last:
        order = day_order(language)
        first, second, year = int(year_last[1]), int(year_last[3]), int(year_last[4])
        is_english = (language or "").lower()[:2] == "en"
        if year_last[2] == "." and is_english and order != "dmy" and first <= 12 and first != second and second <= 12:
            return None  # some Americans write dots, and many a German site calls itself en-US
        if year_last[2] == "." or first == second or first > 12 or (order == "dmy" and second <= 12):
            return _day(year, second, first)
        return _day(year, first, second) if second > 12 or order == "mdy" else None
    return _find_named_day(text, language)


def _find_named_day(text: str, language: str | None) -> datetime | None:
    """A date with its month's name: `2 March 2026`, `March 2, 2026`, `2026 March 2`, in any of the languages."""
    if (days := _DAYS.search(text)) and int(days[1]) < int(days[2]):
        return None  # `2-3 March` is when something happens
    atoms = _ATOM.findall(text.casefold())
    words = [atom.strip(".'’`") for atom in atoms]
    # A word between two numbers is no weekday: `mar, 03 mar 2026`.
    between = {i for i in range(1, len(words) - 1) if words[i - 1].isdigit() and words[i + 1].isdigit()}
    weekdays = {i for i, word in enumerate(words) if languages_of(word) and i not in between}
    languages = frozenset().union(*(languages_of(words[i]) for i in weekdays))
    languages = languages or frozenset({(language or "").lower()[:2]})
    for i in sorted(range(len(words)), key=lambda i: (i in weekdays, i)):
        if not words[i] or words[i][0].isdigit():
            continue
        months, end = _months_at(words, i, languages, is_weekday=i in weekdays)
        if not months or not (day := _day_and_year(words, i, end, has_weekday=bool(weekdays))):
            continue
        year = day[1] - _BUDDHIST_YEARS if day[1] not in _YEARS and is_only_of(words[i], "th") else day[1]
        return _day(year, min(months), day[0]) if len(months) == 1 else None
    return None


def _months_at(words: list[str], at: int, languages: frozenset[str], *, is_weekday: bool) -> tuple[frozenset[int], int]:
    """The months that the word at a place may name, with the next one or alone, and where the name ends."""
    pair = words[at : at + 2]
    if pair[0] in _MONTH_NUMBER_WORDS and pair[-1].isdigit():
        return frozenset({int(pair[1])}), at + 2
    if len(pair) == 2 and (months := months_of(" ".join(pair), languages, is_whole=True)):
        return months, at + 2
    if is_weekday:
        return months_of(pair[0], languages, is_whole=True), at + 1
    # Hebrew writes its "in" as the word's first letter.
    return months_of(pair[0], languages) or months_of(pair[0].removeprefix("ב"), languages), at + 1


def _day_and_year(words: list[str], start: int, end: int, *, has_weekday: bool) -> tuple[int, int] | None:
    """The day and the year beside a month's name; a year of two figures only in the form of RFC 822, which has it."""
    before, after = _number(words, start - 1, -1), _number(words, end, 1)
    if before and after and len(before) <= 2 and len(after) == 4:
        return int(before), int(after)
    if before and after and has_weekday and len(before) <= 2 and len(after) == 2 and words[end] == after:
        return int(before), int(after) + (2000 if int(after) < 50 else 1900)
    if after and len(after) <= 2:
        at = words.index(after, end)
        year = _number(words, at + 1, 1) if not before or len(before) != 4 else before
        return (int(after), int(year)) if year and len(year) == 4 else None
    return None


def _number(words: list[str], at: int, step: int) -> str | None:
    """The number at a place, or past at most two short words."""
    for _ in range(3):
        if not 0 <= at < len(words) or (len(words[at]) > _LONGEST_LINK and not words[at].isdigit()):
            return None
        if words[at].isdigit():
            return words[at]
        at += step
    return None


def _day(year: int, month: int, day: int) -> datetime | None:
    """Midnight of a day, naive; None if there is no such day."""
    try:
        return datetime(year, month, day) if year in _YEARS else None  # noqa: DTZ001 - naive until the zone is known
    except ValueError:
        return None
