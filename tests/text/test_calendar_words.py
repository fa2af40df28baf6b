"""The names of months and weekdays are CLDR's own, as babel has them.

`PYTHONPATH=. .venv/bin/python -m tests.text.test_calendar_words` writes them anew: review the difference.
"""

from __future__ import annotations

import json
import unicodedata

from babel import Locale

from pipeline.text.calendar_words import WORDS_FILE, months_of

# What newsrooms are read in, with the countries that have months of their own.
LANGUAGES = (
    "af", "am", "ar", "ar_DZ", "ar_MA", "ar_SY", "az", "be", "bg", "bn", "bs", "ca", "cs", "cy", "da", "de", "de_AT", "el", "en",
    "en_GB", "es", "et", "eu", "fa", "fi", "fil", "fr", "ga", "gl", "gu", "he", "hi", "hr", "hu", "hy", "id", "is", "it", "ka", "kk",
    "km", "kn", "lo", "lt", "lv", "mk", "ml", "mr", "ms", "my", "nb", "ne", "nl", "nn", "pa", "pl", "pt", "ro", "ru", "si", "sk",
    "sl", "sq", "sr", "sv", "sw", "ta", "te", "th", "tr", "uk", "ur", "uz", "vi",
)  # fmt: skip


def named(name: str) -> str:
    return unicodedata.normalize("NFKC", name.casefold().strip(". \u200f\u200e"))


def words_of(language: str) -> dict[str, object]:
    locale = Locale.parse(language)
    months: dict[str, int] = {}
    days: set[str] = set()
    for context in ("format", "stand-alone"):
        for width in ("wide", "abbreviated"):
            for number, name in locale.months[context][width].items():
                if not any(character.isdigit() for character in name):
                    months.setdefault(named(name), number)
            days |= {named(name) for name in locale.days[context][width].values()}
    return {"months": months, "days": sorted(days)}


def written() -> str:
    lines = ",\n".join(
        f"{json.dumps(language)}: {json.dumps(words_of(language), ensure_ascii=False)}" for language in LANGUAGES
    )
    return f"{{\n{lines}\n}}\n"


def test_the_names_are_cldrs():
    assert WORDS_FILE.read_text(encoding="utf-8") == written()


def test_a_name_is_one_month_but_for_the_croatian_ones():
    found = {name: months_of(name, frozenset()) for language in LANGUAGES for name in words_of(language)["months"]}
    assert {name for name, months in found.items() if len(months) != 1} == {
        "lip",
        "lis",
        "listopad",
        "listopada",
        "srp",
    }


if __name__ == "__main__":
    WORDS_FILE.write_text(written(), encoding="utf-8")
