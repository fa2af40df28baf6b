"""When it happened, where a sentence says so: explicit dates, weekdays and "yesterday", in English and German."""

from __future__ import annotations

import re
from datetime import date, timedelta

from pipeline.text.sentences import find_sentences

_MONTHS = {
    name: number
    for number, names in enumerate(
        ("january jan januar jänner", "february feb februar", "march mar märz", "april apr", "may mai", "june jun juni",
         "july jul juli", "august aug", "september sept sep", "october oct oktober okt", "november nov",
         "december dec dezember dez"),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_WEEKDAYS = {
    name: number
    for number, names in enumerate(
        ("monday montag", "tuesday dienstag", "wednesday mittwoch", "thursday donnerstag", "friday freitag",
         "saturday samstag sonnabend", "sunday sonntag")
    )
    for name in names.split()
}  # fmt: skip
_NUMBERS = {
    "a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "ein": 1, "einem": 1, "zwei": 2,
    "drei": 3, "vier": 4, "fünf": 5, "sechs": 6, "sieben": 7,
}  # fmt: skip
_RELATIVE = {
    "today": 0, "tonight": 0, "this morning": 0, "this afternoon": 0, "this evening": 0, "earlier today": 0,
    "yesterday": 1, "last night": 1, "day before yesterday": 2, "the day before yesterday": 2,
    "heute": 0, "heute früh": 0, "gestern": 1, "gestern abend": 1, "vorgestern": 2,
}  # fmt: skip


def _any(words: object) -> str:
    """An alternative of words, the longest first."""
    return "|".join(sorted(words, key=lambda w: (-len(w), w)))  # type: ignore[call-overload]


_MONTH = rf"(?P<month>{_any(_MONTHS)})\b\.?"
# A capital is asked of months, weekdays and "Mai": "may" and "mar" are words of their own.
_EXPLICIT = re.compile(
    rf"\b(?P<iso>\d{{4}}-\d{{2}}-\d{{2}})\b"
    rf"|\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\.?\s+(?:of\s+)?{_MONTH}(?:,?\s+(?P<year>(?:19|20)\d\d)\b)?"
    rf"|\b(?P<month2>{_any(_MONTHS)})\b\.?\s+(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?\b(?!\s*(?:[.:]\d|percent|per cent|%))"
    rf"(?:\s?,?\s+(?P<year2>(?:19|20)\d\d)\b)?"
    rf"|\b(?P<day3>\d{{1,2}})\.\s?(?P<month3>\d{{1,2}})\.\s?(?P<year3>(?:19|20)\d\d)\b",
    re.IGNORECASE,
)
_DAY_PARTS = "abend|morgen|nachmittag|vormittag|nacht|mittag"
_WEEKDAY = re.compile(
    rf"\b(?:(?P<before>last|next|this|every|each|since|from|until|till|by|letzten|vergangenen|nächsten|kommenden|jeden|seit"
    rf"|bis|ab|von(?=\s+\w+\s+an\b))\s+)?(?P<name>{_any(_WEEKDAYS)})(?P<part>{_DAY_PARTS})?(?P<plural>s)?\b"
    rf"(?P<possessive>\s?['’]s)?",
    re.IGNORECASE,
)
_SAID = re.compile(rf"\b(?:{_any(_RELATIVE)})\b", re.IGNORECASE)
_AGO = re.compile(
    rf"\b(?P<n>\d|{_any(_NUMBERS)})\s+(?P<unit>days?|weeks?)\s+ago\b"
    rf"|\bvor\s+(?P<n2>\d|{_any(_NUMBERS)})\s+(?P<unit2>tag(?:en)?|wochen?)\b",
    re.IGNORECASE,
)
_NEXT = frozenset({"next", "nächsten", "kommenden", "from", "until", "till", "bis", "by", "ab", "von"})
_NEVER = frozenset({"every", "each", "jeden", "since", "seit"})
_FUTURE = re.compile(
    r"\b(?:will|would|may|might|could|(?:is|are|was|were) (?:due|expected|scheduled|slated|set|to)"
    r"|plan(?:s|ned|ning)? (?:to|for)|scheduled (?:to|for)|expected to"
    r"|(?:until|till|bis)(?:\s\w+){1,2}|(?:soll|sollen|sollte|sollten|will|wollen|wird|werden|dürfte|könnte)\s(?!von))\b",
    re.IGNORECASE,
)
_UNDER_WAY = re.compile(r"\b(?:is|are) (?:[a-z]+ly )?[a-z]{2,}ing\b")  # "is going to Rome on Monday"
# "The statement on Thursday will show": what stands right behind a time word may look ahead too.
_FUTURE_BEHIND = re.compile(
    r"(?:\s(?:morning|afternoon|evening|night))?\s(?:will|would|may|might|could|(?:is|are) (?:due|expected|scheduled|set|to)"
    r"|soll|sollen|wird|werden)\b",
    re.IGNORECASE,
)
# Who reports is done with it: "may be cut, the bank said on Tuesday".
_REPORTS = re.compile(
    r"\b(?:said|says|told|announced|reported|confirmed|warned|added|stated|wrote|sagten?|teilten?|erklärten?|berichteten?"
    r"|meldeten?|kündigten?|bestätigten?|schrieb)\b",
    re.IGNORECASE,
)
# "The draw is on Saturday" looks ahead, "the draw was on Saturday" back: without a sign of the past a weekday stays open.
_PAST_VERBS = """
    was were had did didn't didn’t wasn't wasn’t has have said told took came went fell ran left made met won lost beat struck hit
    broke began gave got
    held kept led paid put sent set shot sold spoke stood stole swept threw wrote drew flew grew knew rose saw sank sat slid
    spent split spread swore taught tore wore built bought brought caught cut dealt died drove fought found felt fled hung
    hid hurt laid lay lent lit meant quit rang sang shook shut chose became burst blew bid drove wrote withdrew upheld
    hat haben hatte hatten war waren wurde wurden ist sind fiel fielen brach brachen kam kamen ging gingen stieg stiegen
    begann gab gaben nahm nahmen fand fanden traf trafen lag lagen blieb sprach starb starben schlug zog verlor gewann floh
    flohen rief schrieb bat fuhr trat verließ erhielt hielt ließ schloss sank einigten
"""
_PAST = re.compile(
    r"\b(?!(?:need|indeed|speed|feed|hundred|proceed|exceed|succeed|often|listen|erste|letzte|zweite|dritte|heute|leute|rechte|breite)n?\b)"
    rf"(?:[a-zà-ÿ]\w+ed|[a-zà-ÿ]\w{{2,}}ten?|{_any(_PAST_VERBS.split())})\b"
)


_TIME_WORD = rf"(?:{_any(_RELATIVE)}|{_any(_WEEKDAYS)})"
# What a sentence tells in passing: relative clauses, a time word of what was before or since, and possessives.
_IN_PASSING = re.compile(
    r",\s(?:who|which|whose|where|whom|der|die|das|dessen|deren|dem|den|nachdem|bevor)\s(?!\d)[^,;.]*+"
    rf"|\b(?:after|before|since|ahead of|following|until|till|seit|bis)\s(?:[^\W\d_]+\s){{0,6}}(?:{_any(_WEEKDAYS)})\b"
    rf"|\bthat\s(?:[^\W\d_]+\s){{1,3}}on\s(?:{_any(_WEEKDAYS)})\b"
    rf"|\b{_TIME_WORD}\s?['’]s\b",
    re.IGNORECASE,
)
_WITH_WEEKDAY = re.compile(
    rf"\b(?:{_any(_WEEKDAYS)}),?\s(?:(?:den|the)\s)?"
    rf"(?P<date>\d{{1,2}}(?:st|nd|rd|th)?\.?\s+(?:of\s+)?(?:{_any(_MONTHS)})\b|(?:{_any(_MONTHS)})\b\.?\s+\d{{1,2}})",
    re.IGNORECASE,
)


# What somebody says counts from his own day, and may be irony: of a quotation nothing is taken.
_QUOTED = re.compile(r"[\"“„«「『][^\"”“„«»「」『』]*+[\"”“»」』]")
# "The Oct. 13 attack", "a Nov. 5 letter", "his Monday tweet": the time tells which one, not when this happened.
_DETERMINER = re.compile(
    r"(?<!,\s)(?:\b(?:the|a|an|this|that|his|her|its|their|der|den|des|dem|das|die)|['’]s|s['’])\s$", re.IGNORECASE
)
_NOUN_BEHIND = re.compile(
    r"\s(?!(?:and|or|but|in|at|on|by|of|to|for|from|with|when|where|as|after|before|that|which|who|und|oder|in|im|am|an|auf|mit|von)\b)"
    r"[a-zß-ÿ][\w-]+|\s[A-ZÄÖÜ]\w*(?:-\w+)+"
)
# "Since 5 May", "from 3 to 5 June", "vor dem 1. März": a bound, no day.
_BOUND = re.compile(
    r"\b(?:since|until|till|by|from|before|after|between|through|following|ahead of|as of|seit|bis|ab|vor|nach|zwischen|zum)\s"
    r"(?:(?:the|dem|den|der)\s)?$",
    re.IGNORECASE,
)


# "…, the board said on Wednesday.", "…, teilte die Behörde am Mittwoch mit."
_TELLING = re.compile(
    r",\s(?:[^,;.]{1,80}\s)?(?:said|says|announced|reported|confirmed|told|sagte|teilte|erklärte|berichtete|bestätigte|meldete)\b"
    r"[^,;.]{0,80}\.?\s*$"
)
_DAYS_OF_WEEK = 7
_TOKEN = re.compile(r"[^\W_]++")
_PARTS_OF_DAY = ("", "s", *(part + s for part in _DAY_PARTS.split("|") for s in ("", "s")))
_TIME_TOKENS = {*_MONTHS, *(day + part for day in _WEEKDAYS for part in _PARTS_OF_DAY), "ago", "vor"} | {
    word
    for words in _RELATIVE
    for word in words.split()
    if word not in ("this", "earlier", "last", "the", "day", "before")
}
_DATE_IN_DIGITS = re.compile(r"\d[-.]\s?\d")


def find_event_date(
    sentence: str, published: date | None, *, edited: date | None = None, is_certain: bool = True
) -> date | None:
    """Find the day that a sentence says something happened on.

    Words that count from the article's own day come first, for they tell the news; an explicit date is as often
    background. What lies ahead of publication has not happened: null.

    In a version that was edited on a later day, a weekday may be older than the edit or have come with it; the last such
    day up to the edit is right for both. "Yesterday" has two meanings there, and so none.

    Args:
        sentence: One sentence.
        published: The article's day of publication; None leaves only dates that are written with their year.
        edited: The day of the edit that gave the version its words; None for the first version.
        is_certain: Whether `published` is the publisher's own day. A day off, "yesterday" is another day, and so is the weekday
            of the day behind.
    Returns:
        The day; None where none is said, or none for certain.
    Example:
        >>> find_event_date("The bridge fell on Tuesday, police said.", date(2026, 3, 5))
        datetime.date(2026, 3, 3)
        >>> find_event_date("Talks will resume on Tuesday.", date(2026, 3, 5)) is None
        True
    """
    found = date_sentence(sentence, published, edited=edited, is_certain=is_certain)
    return found[0] if found else None


def date_sentence(
    sentence: str, published: date | None, *, edited: date | None = None, is_certain: bool = True
) -> tuple[date, str] | None:
    """Find the day that a sentence says something happened on, and by what: relative, weekday or explicit.

    Example:
        >>> date_sentence("The bridge fell on Tuesday, police said.", date(2026, 3, 5))
        (datetime.date(2026, 3, 3), 'weekday')
    """
    if not _may_name_day(sentence):
        return None
    sentence = _main_clause(_first_sentence(sentence))
    written = max(published, edited) if published and edited else published
    if written is not None:
        if (beside := _beside_weekday(sentence, written)) is not None:
            return beside, "explicit"
        if written == published and is_certain and (found := _relative_date(sentence, written)):
            return found, "relative"
        found = _weekday_date(sentence, written)
        if found and (is_certain or (written - found).days < _DAYS_OF_WEEK - 1):
            return found, "weekday"
    explicit = _explicit_date(sentence, written)
    return (explicit, "explicit") if explicit else None


def _may_name_day(sentence: str) -> bool:
    """Whether any word or figure of it could name a day: of three sentences two have none, and asking costs a tenth of looking."""
    return not _TIME_TOKENS.isdisjoint(_TOKEN.findall(sentence.casefold())) or bool(_DATE_IN_DIGITS.search(sentence))


def _first_sentence(line: str) -> str:
    """What a line of several sentences begins with: those behind it tell how it came to that, or what comes of it."""
    spans = find_sentences(line, "de")  # its rules leave "8. Mai" whole
    return line[: spans[0].end] if spans else line


def _main_clause(sentence: str) -> str:
    """A sentence with blanks for what it quotes or tells in passing: relative clauses, what was before or since, possessives."""
    for aside in (_QUOTED, _IN_PASSING):
        sentence = aside.sub(lambda match: " " * len(match[0]), sentence)
    return sentence


def _beside_weekday(sentence: str, written: date) -> date | None:
    """A date written out beside a weekday, past and not ahead: it says which of all such days it was."""
    for match in _WITH_WEEKDAY.finditer(sentence):
        found = _explicit_date(match["date"], written)
        if found is not None and not _is_future(sentence, match.start(), match.end()):
            return found
    return None


def _relative_date(sentence: str, published: date) -> date | None:
    """ "Yesterday", "last night", "two days ago"."""
    if match := _SAID.search(sentence):
        return (
            None
            if _is_future(sentence, match.start(), match.end())
            else published - timedelta(_RELATIVE[match[0].casefold()])
        )
    if match := _AGO.search(sentence):
        text = (match["n"] or match["n2"]).casefold()
        number = int(text) if text.isdigit() else _NUMBERS[text]
        unit = (match["unit"] or match["unit2"]).casefold()
        # "A week ago" is a rough measure, "two days ago" is not.
        return None if unit.startswith("w") else published - timedelta(number)
    return None


def _weekday_date(sentence: str, published: date) -> date | None:
    """The last such weekday up to the day on which it was written; None where two days are named.

    The day of who tells it at the end is no second one where the other ends its clause: within, it may be that of an attribute.
    """
    days = {
        match.end(): day for match in _WEEKDAY.finditer(sentence) if (day := _weekday_of(match, sentence, published))
    }
    if len(set(days.values())) > 1 and (telling := _TELLING.search(sentence)):
        days = {end: day for end, day in days.items() if end <= telling.start()}
        if not all(sentence.startswith(",", end) for end in days):
            return None
    return days.popitem()[1] if len(set(days.values())) == 1 else None


def _weekday_of(match: re.Match[str], sentence: str, published: date) -> date | None:
    """The past day that one weekday's name means; None where it is none, or may be to come."""
    before = (match["before"] or "").casefold()
    is_name = match["name"][0].isupper()
    if not is_name or match["plural"] or before in _NEVER | _NEXT:
        return None
    if _is_future(sentence, match.start(), match.end()) or _is_attribute(sentence, match):
        return None
    back = (published.weekday() - _WEEKDAYS[match["name"].casefold()]) % 7
    if before in ("last", "letzten", "vergangenen"):
        return published - timedelta(back or 7)
    if back and _is_future(sentence, match.start(), match.end(), signs=_UNDER_WAY):
        return None
    return published - timedelta(back) if back == 0 or _PAST.search(sentence) else None


def _explicit_date(sentence: str, published: date | None) -> date | None:
    """The first date written out and past; one without a year takes the year that brings it nearest to publication."""
    for match in _EXPLICIT.finditer(sentence):
        month_name = match["month"] or match["month2"]
        if month_name and not month_name[0].isupper():
            continue
        if _BOUND.search(sentence, max(0, match.start() - 24), match.start()) or _is_attribute(sentence, match):
            continue
        if _is_future(sentence, match.start(), match.end()) and not (match["year"] or match["year2"]):
            continue
        try:
            found = _read(match, month_name, published)
        except ValueError:  # 31 February, or a thing that only looks like a date
            continue
        if found is not None and (published is None or found <= published):
            return found
    return None


def _is_attribute(sentence: str, match: re.Match[str]) -> bool:
    """Whether a time word stands between a determiner and its noun: it tells which one, not when."""
    return bool(
        _DETERMINER.search(sentence, max(0, match.start() - 8), match.start())
        and _NOUN_BEHIND.match(sentence, match.end())
    )


def _read(match: re.Match[str], month_name: str | None, published: date | None) -> date | None:
    """The date of one match; None where the year is open and cannot be told."""
    if match["iso"]:
        return date.fromisoformat(match["iso"])
    day = int(match["day"] or match["day2"] or match["day3"])
    month = _MONTHS[month_name.casefold()] if month_name else int(match["month3"])
    year = match["year"] or match["year2"] or match["year3"]
    if year:
        return date(int(year), month, day)
    if published is None:
        return None
    return min((date(published.year + step, month, day) for step in (-1, 0, 1)), key=lambda day: abs(day - published))


def _is_future(sentence: str, at: int, end: int, signs: re.Pattern[str] = _FUTURE) -> bool:
    """Whether the clause around a time word speaks of what is still to come."""
    if _FUTURE_BEHIND.match(sentence, end):
        return True
    begin = max(sentence.rfind(". ", 0, at), sentence.rfind(";", 0, at)) + 1
    last = max((match.end() for match in signs.finditer(sentence, begin, at)), default=None)
    return last is not None and not _REPORTS.search(sentence, last, at)
