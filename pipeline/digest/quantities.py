"""The figures in a sentence: what number of what. Dates, clock times and ordinals are none."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_WORDS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17,
    "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70,
    "eighty": 80, "ninety": 90,
    "zwei": 2, "drei": 3, "vier": 4, "fünf": 5, "sechs": 6, "sieben": 7, "acht": 8, "neun": 9, "zehn": 10, "elf": 11,
    "zwölf": 12, "dreizehn": 13, "vierzehn": 14, "fünfzehn": 15, "zwanzig": 20, "dreißig": 30, "vierzig": 40,
}  # fmt: skip
_MAGNITUDES = {
    "hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000, "trillion": 10**12,
    "m": 1_000_000, "mn": 1_000_000, "bn": 1_000_000_000, "k": 1_000, "tn": 10**12,
    "tausend": 1_000, "mio": 1_000_000, "millionen": 1_000_000, "mrd": 1_000_000_000, "milliarde": 1_000_000_000,
    "milliarden": 1_000_000_000, "billionen": 10**12,
}  # fmt: skip
_MONTH_NAMES = """
    january february march april may june july august september october november december jan feb mar apr jun jul
    aug sept sep oct nov dec januar februar märz mai juni juli oktober dezember
"""
_NO_UNIT_WORDS = """
    a about after all also an and are as at be been by for from had has have in into is it its more new of off on or
    other over said so than that the their them they this to up was were will with who which per some around would could
    early late old others another additional further
    als am auf aus bei das dem den der des die ein eine für im ist mit nach und von vor war waren wurde wurden werden
    wird hat haben sind zu zum zur weitere weiteren andere anderen
"""
_TIME_WORDS = """
    am pm a.m p.m o'clock uhr gmt utc est edt et pt cet bst hours hour minutes minute years year year-old days day
    weeks week months month jahre jahren jahr tage tagen tag stunden stunde minuten wochen woche monate monaten
    th st nd rd
"""
# What may stand between a figure and what it counts: "527 were injured", "100 other people", "900 neue Fälle".
_BETWEEN_WORDS = """
    new other others another more additional further old early late were was are is been have has had be about
    wurden waren wurde sind war neue neuen andere anderen weitere weiteren
"""
_BETWEEN = frozenset(_BETWEEN_WORDS.split())
_BOUND = re.compile(
    r"\b(at least|more than|over|nearly|almost|up to|as many as|about|around|some|roughly|fewer than|less than|close to|an estimated"
    r"|mindestens|mehr als|über|fast|bis zu|rund|etwa|knapp|weniger als|circa|ungefähr)\s+(?:the\s+|[$€£¥]\s?)?$",
    re.IGNORECASE,
)
_MONTHS = frozenset(_MONTH_NAMES.split())
_NO_UNIT = frozenset(_NO_UNIT_WORDS.split())
_TIME_UNITS = frozenset(_TIME_WORDS.split())
_DECIMAL_COMMA = frozenset({"de", "fr", "es", "it", "pt", "nl", "da", "sv", "no", "fi", "pl", "cs", "ru", "tr"})

_WORD_ALTERNATIVES = "|".join(sorted(_WORDS, key=len, reverse=True))
_FIGURE = re.compile(
    rf"(?P<currency>[$€£¥]\s?|(?:USD|EUR|GBP|CHF)\s)?"
    rf"(?P<number>(?<![\w.,:/-])\d+(?:[.,]\d+)*(?![:/]\d)|\b(?:{_WORD_ALTERNATIVES})(?:-(?:{_WORD_ALTERNATIVES}))?\b)"
    rf"(?P<attached>(?:bn|m|mn|k|tn|th|st|nd|rd)\b|\s?%)?",
    re.IGNORECASE,
)
_NEXT_WORD = re.compile(r"\.?[\s-]*([^\W\d_]+(?:[.'’-][^\W\d_]+)*)")
_GROUPED = re.compile(r"\d{1,3}(?:[.,]\d{3})+")
_LAST_WORD = re.compile(r"([^\W\d_]+)[.,]?\s*(?:the\s+|den\s+|dem\s+)?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A figure: `number` in plain digits, `unit` the case-folded noun or sign it counts ("" where none is clear).

    `bound` is what hedges it, case-folded ("at least", "rund"); "" where nothing does.
    """

    number: str
    unit: str
    bound: str = ""


@lru_cache(maxsize=4_000)
def find_quantities(sentence: str, language: str | None) -> tuple[Quantity, ...]:
    """Find the figures of a sentence, in order.

    Example:
        >>> find_quantities("On 3 May at 9.30 pm the storm killed 1,200 people and cost $2.5 billion.", "en")
        (Quantity(number='1200', unit='people', bound=''), Quantity(number='2500000000', unit='$', bound=''))
    """
    found = []
    for match in _FIGURE.finditer(sentence):
        value = _value(match["number"], language)
        if value is None:
            continue
        attached = (match["attached"] or "").strip().casefold()
        unit, magnitude = _unit(sentence, match.end())
        before = _LAST_WORD.search(sentence, max(0, match.start() - 16), match.start())
        in_date = unit in _MONTHS or (before is not None and before[1].casefold() in _MONTHS)
        if in_date or attached in _TIME_UNITS or (not match["currency"] and unit in _TIME_UNITS):
            continue
        if attached == "%":
            unit, magnitude = "%", 1.0
        elif match["currency"]:
            unit = match["currency"].strip().casefold()
        if not unit and _is_year(match["number"]):
            continue
        bound = _BOUND.search(sentence, max(0, match.start() - 24), match.start())
        number = _plain(value * magnitude * _MAGNITUDES.get(attached, 1))
        found.append(Quantity(number, unit, bound[1].casefold() if bound else ""))
    return tuple(found)


def plain_number(token: str) -> str:
    """A number token in plain digits, or "" if it is none. Cheap: thousands and decimals are told apart by shape alone.

    Example:
        >>> [plain_number(t) for t in ("1,200", "7.0", "2.500", "twelve", "12:30", "May")]
        ['1200', '7', '2500', '12', '12:30', '']
    """
    if token[0].isdigit():
        if len(token) < 3:
            return token
        if _GROUPED.fullmatch(token):
            return token.replace(",", "").replace(".", "")
        return token.rstrip("0").rstrip(".") if "." in token else token
    value = _WORDS.get(token.casefold())
    return "" if value is None else str(value)


def _unit(sentence: str, at: int) -> tuple[str, float]:
    """The word that a number counts, and the magnitude in between ("2.5 million euros")."""
    magnitude = 1.0
    for _ in range(4):
        match = _NEXT_WORD.match(sentence, at)
        if match is None:
            return "", magnitude
        word = match[1].casefold()
        at = match.end()
        if word in _MAGNITUDES and magnitude == 1:
            magnitude = float(_MAGNITUDES[word])
        elif word in ("percent", "prozent") or (word == "per" and sentence.startswith(" cent", at)):
            return "%", magnitude
        elif word in _BETWEEN:
            continue
        elif word not in _NO_UNIT:
            return word, magnitude
        elif word != "of":
            return "", magnitude
    return "", magnitude


def _value(text: str, language: str | None) -> float | None:
    """The number that digits or a word stand for."""
    if text[0].isalpha():
        parts = [_WORDS.get(part) for part in text.casefold().split("-")]
        return None if None in parts else float(sum(p for p in parts if p is not None))
    decimal, thousands = (",", ".") if language in _DECIMAL_COMMA else (".", ",")
    if re.fullmatch(rf"\d{{1,3}}(?:{re.escape(thousands)}\d{{3}})+(?:{re.escape(decimal)}\d+)?", text):
        text = text.replace(thousands, "")
    digits = text.replace(",", ".")
    return float(digits) if digits.count(".") <= 1 else None


def _is_year(text: str) -> bool:
    """Whether a bare number is most likely a year."""
    return bool(re.fullmatch(r"(?:19|20)\d\d", text))


def _plain(value: float) -> str:
    """A number in plain digits, so that 1,200 and 1200 are one."""
    return f"{value:.6f}".rstrip("0").rstrip(".")
