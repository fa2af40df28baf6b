"""The words of dates: months and weekdays in some seventy languages (Unicode CLDR), offsets that a name means, halves of a day."""

from __future__ import annotations

import json
import unicodedata
from collections import defaultdict
from functools import cache
from pathlib import Path

WORDS_FILE = Path(__file__).with_suffix(".json")

# Short forms that newsrooms write and CLDR does not have.
_ALSO = {"mrz": 3, "maer": 3, "maerz": 3, "sept": 9, "agos": 8, "setiembre": 9}
_LEAST_PREFIX = 3

# Only names that mean one offset to newsrooms; CST, IST, AST and their like mean several. In minutes east of UTC.
ZONE_MINUTES = {
    "Z": 0, "UT": 0, "UTC": 0, "GMT": 0, "WET": 0, "WEST": 60, "BST": 60, "CET": 60, "MEZ": 60, "WAT": 60, "CEST": 120, "MESZ": 120,
    "CAT": 120, "SAST": 120, "EET": 120, "EEST": 180, "MSK": 180, "МСК": 180, "EAT": 180, "TRT": 180, "MSD": 240, "PKT": 300, "YEKT": 300,
    "NPT": 345, "WIB": 420, "ICT": 420, "WITA": 480, "PHT": 480, "HKT": 480, "SGT": 480, "MYT": 480, "AWST": 480, "WIT": 540,
    "JST": 540, "KST": 540, "ACST": 570, "AEST": 600, "ACDT": 630, "AEDT": 660, "NZST": 720, "NZDT": 780, "NDT": -150, "NST": -210,
    "BRT": -180, "ART": -180, "EDT": -240, "EST": -300, "CDT": -300, "PET": -300, "COT": -300, "MDT": -360, "MST": -420, "PDT": -420,
    "PST": -480, "AKDT": -480, "AKST": -540, "HST": -600,
}  # fmt: skip

# Names that mean another offset where a writer is at home, or several.
OTHER_ZONES = {
    "au": frozenset({"EST", "EDT", "CST", "CDT", "WST"}), "bd": frozenset({"BST"}), "ph": frozenset({"PST"}),
    "my": frozenset({"MST"}), "mm": frozenset({"MST"}), "cu": frozenset({"CST", "CDT"}),
}  # fmt: skip

# Halves of a day, as they stand before or after a clock: whether hours are those after noon.
HALVES = {
    "am": False, "a.m": False, "pm": True, "p.m": True, "午前": False, "午後": True, "上午": False, "凌晨": False, "早上": False,
    "清晨": False, "下午": True, "晚上": True, "傍晚": True, "오전": False, "오후": True, "ص": False, "صباحا": False, "صباحاً": False,
    "م": True, "مساء": True, "مساءً": True, "π.μ": False, "πμ": False, "μ.μ": True, "μμ": True, "ق.ظ": False, "ب.ظ": True,
    "पूर्वाह्न": False, "अपराह्न": True,
}  # fmt: skip


@cache
def _tables() -> tuple[dict[str, dict[int, set[str]]], dict[str, set[str]]]:
    """Months by name, each with the languages that call it so; and the languages of each weekday's name."""
    months: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    days: dict[str, set[str]] = defaultdict(set)
    for language, words in json.loads(WORDS_FILE.read_text(encoding="utf-8")).items():
        for name, month in words["months"].items():
            for form in (name, _bare(name)):
                months[form][month].add(language)
        for name in words["days"]:
            for form in (name, _bare(name)):
                days[form].add(language)
    for name, month in _ALSO.items():
        months[name][month].add("")
    return months, days


@cache
def _prefixes() -> dict[str, dict[int, set[str]]]:
    """Beginnings of months' names, of three letters or more, as some feeds cut them."""
    found: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    for name, months in _tables()[0].items():
        for month, languages in months.items():
            for length in range(_LEAST_PREFIX, len(name)):
                found[name[:length]][month] |= languages
    return found


def months_of(word: str, languages: frozenset[str], *, is_whole: bool = False) -> frozenset[int]:
    """Name the months that a word may mean: none, one, or several where languages differ.

    Args:
        word: In lower case, without dots at its ends.
        languages: Where any of these has the word, or begins a month with it, the others are not asked.
        is_whole: Whether a name's beginning is none.
    Example:
        >>> months_of("février", frozenset()), sorted(months_of("listopad", frozenset()))
        (frozenset({2}), [10, 11])
        >>> months_of("mar", languages_of("mon")), months_of("mar", languages_of("ke"))
        (frozenset({3}), frozenset({11}))
    """
    whole, begun = _tables()[0].get(word, {}), {} if is_whole else _prefixes().get(word, {})
    named = set().union(*whole.values()) & languages
    found = {month for month, users in whole.items() if users & named}
    found |= {month for month, users in begun.items() if users & (languages - named)}
    return frozenset(found or whole or begun)


def is_only_of(word: str, language: str) -> bool:
    """Whether a month's name, or its beginning, is this language's alone."""
    found = _tables()[0].get(word) or _prefixes().get(word) or {}
    return set().union(*found.values()) == {language}


def languages_of(weekday: str) -> frozenset[str]:
    """The languages that have a weekday of this name."""
    return frozenset(_tables()[1].get(weekday, ()))


def _bare(name: str) -> str:
    """A name without accents, as many write it; other scripts stay whole."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return bare if bare.isascii() else name
