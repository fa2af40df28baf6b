"""Legacy encodings told by what they make of a page: whole words of some alphabet, or signs amid letters."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

_WESTERN, _CENTRAL, _BALTIC = ("cp1252", "mac_roman"), ("cp1250", "iso8859-2"), ("cp1257", "iso8859-4")
_CODECS = {
    **dict.fromkeys(("de", "fr", "es", "pt", "it", "nl", "sv", "fi", "da", "nb", "is", "ca"), _WESTERN),
    **dict.fromkeys(("pl", "cs", "sk", "hu", "hr", "sl"), _CENTRAL), "ro": (*_CENTRAL, "iso8859-16"), "tr": ("cp1254",),
    "et": ("cp1257", "iso8859-15"), "lv": _BALTIC, "lt": _BALTIC, "he": ("cp1255",),
    "ru": ("cp1251", "koi8-r", "iso8859-5", "cp866"), "uk": ("cp1251", "koi8-u"), "bg": ("cp1251",), "sr": ("cp1251",),
    "el": ("cp1253", "iso8859-7"), "ar": ("cp1256", "iso8859-6"), "fa": ("cp1256",), "th": ("cp874",),
}  # fmt: skip
# The letters beyond ASCII that a language writes, in lower case: those that its capitals have besides follow from them.
_LETTERS = {
    "de": "äöüß", "fr": "àâçéèêëîïôœùûü", "es": "áéíñóúü¿¡ºª", "pt": "áâãàçéêíóôõúºª", "it": "àèéìîòóù", "nl": "éëïöèüá",
    "sv": "åäöéü", "fi": "äöå", "da": "æøåé", "nb": "æøåéòô", "is": "áðéíóúýþæö", "ca": "àçèéíïòóúü·",
    "pl": "ąćęłńóśźż", "cs": "áčďéěíňóřšťúůýž", "sk": "áäčďéíĺľňóôŕšťúýž", "hu": "áéíóöőúüű", "hr": "čćđšž", "sl": "čšž",
    "ro": "ăâîşţșț", "tr": "âçğıîöşüûİ", "et": "äõöüšž", "lv": "āčēģīķļņšūž", "lt": "ąčęėįšųūž",
    "ru": "абвгдежзийклмнопрстуфхцчшщъыьэюяё", "uk": "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя",
    "bg": "абвгдежзийклмнопрстуфхцчшщъьюя", "sr": "абвгдђежзијклљмнњопрстћуфхцчџш", "el": "αβγδεζηθικλμνξοπρστυφχψωςάέήίόύώϊϋΐΰ",
    "he": "אבגדהוזחטיכלמנסעפצקרשתךםןףץ", "ar": "ابتثجحخدذرزسشصضطظعغفقكلمنهويةىءآأؤإئًٌٍَُِّْ،؛؟ـ",
    "fa": "ابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهيیكآأئء،؛؟ً", "th": "".join(map(chr, [*range(0xE01, 0xE3B), *range(0xE40, 0xE4F)])),
}  # fmt: skip
_MARKS = frozenset("\xa0\xad–—‘’‚“”„…«»‹›•·§°©®€™№")
_NO_CASE = frozenset("ßÿºª¿¡·")

_KANA, _HANGUL, _HAN = (re.compile(f"[{span}]") for span in ("ぁ-ゖァ-ヺー", "가-힣", "\u4e00-\u9fff"))
_WIDE_MARKS = re.compile("[\u2010-\u2026\u3000-\u301f\uff01-\uff5e\xb7]")
_LANGUAGE = re.compile(rb"<html\b[^<>]{0,500}?\blang\s{0,9}=\s{0,9}[\"']?([a-z]{2})(?![a-z])", re.IGNORECASE)
_HIGH = re.compile(rb"[\x80-\xff]")
_RUN = re.compile(rb"[\x80-\xff]+")

_MOST_BYTES = 200_000
_LEAST_HIGH = 5
# Of the bytes beyond ASCII so many are letters of the alphabet; fewer where the page says that it is in the language.
_NEARLY_ALL, _MOST = 0.97, 0.85
_CAPITAL = 0.4  # KOI8 and Windows-1251 differ by little but case, and words are in lower case
# Scripts share their places: what a text of one spells in another is of that one's letters, but not of its common ones.
_COMMON = {
    "ru": "оеаинт", "uk": "оаиніе", "bg": "аоиет", "sr": "аоиен", "el": "αοιετ", "he": "יוהלא", "ar": "اليمو", "fa": "ايرندی",
    "th": "รนากอเง",
}  # fmt: skip
_LEAST_COMMON = 0.33
_LONGEST_LATIN_RUN = 2.2  # letters beyond ASCII stand alone amid Latin ones; in other scripts whole words are of them


def told_by_letters(body: bytes) -> str | None:
    """Name the codec under which nearly all bytes beyond ASCII are letters of one language; None if that is no single text's.

    Args:
        body: A page that is not UTF-8, and has no true label.
    Example:
        >>> told_by_letters("Źdźbło trawy śpi pod śniegiem, a łąka żółknie.".encode("iso8859-2"))
        'iso8859-2'
    """
    if len(body) > _MOST_BYTES:
        body = body[:_MOST_BYTES].rpartition(b"<")[0]
    counts = Counter(_HIGH.findall(body))
    if sum(counts.values()) < _LEAST_HIGH:
        return "iso2022_jp" if b"\x1b$" in body and _is_under("iso2022_jp", body) else None
    run = sum(counts.values()) / sum(1 for _ in _RUN.finditer(body))
    if run > _LONGEST_LATIN_RUN and (wide := _told_by_pairs(body)):
        return wide
    found = _LANGUAGE.search(body[:4_000])
    own = found[1].decode().lower() if found else ""
    for languages, least in (((own,) if own in _CODECS else (), _MOST), (tuple(_CODECS), _NEARLY_ALL)):
        fitting = [language for language in languages if _is_latin(language) == (run <= _LONGEST_LATIN_RUN)]
        tried = [(_share(counts, codec, language), codec) for language in fitting for codec in _CODECS[language]]
        # The first of equals, and the Macintosh last: its pages are few.
        best = max(tried, key=lambda one: (one[0], one[1] != "mac_roman"), default=(0.0, ""))
        if best[0] >= least:
            return best[1]
    return None


def _told_by_pairs(body: bytes) -> str | None:
    """The codec of Japanese, Korean or Chinese under which every byte has its place and most characters are everyday ones."""
    for codec, is_everyday in (
        ("cp932", _is_japanese), ("euc_jp", _is_japanese), ("cp949", _is_korean), ("gb18030", _is_chinese), ("big5hkscs", _is_chinese)
    ):  # fmt: skip
        if _is_under(codec, body) and is_everyday("".join(c for c in body.decode(codec) if not c.isascii()), codec):
            return codec
    return None


def _is_under(codec: str, body: bytes) -> bool:
    """Whether every byte has its place under a codec."""
    try:
        return bool(body.decode(codec))
    except UnicodeDecodeError:
        return False


def _is_japanese(text: str, codec: str) -> bool:
    kana = len(_KANA.findall(text))
    return kana >= 0.2 * len(text) and kana + len(_HAN.findall(text)) + len(_WIDE_MARKS.findall(text)) >= 0.95 * len(
        text
    )


def _is_korean(text: str, codec: str) -> bool:
    return len(_HANGUL.findall(text)) >= 0.9 * len(_WIDE_MARKS.sub("", text))


def _is_chinese(text: str, codec: str) -> bool:
    """Whether nearly all characters stand in the rows of those that are used most."""
    han = "".join(_HAN.findall(text))
    last = "\xd7" if codec == "gb18030" else "\xc6"
    first = "\xb0" if codec == "gb18030" else "\xa4"
    rows = [pair.decode("latin-1") for char in han if len(pair := char.encode(codec)) == 2]
    common = sum(first <= row[0] <= last and (codec != "gb18030" or row[1] >= "\xa1") for row in rows)
    return bool(han) and len(han) + len(_WIDE_MARKS.findall(text)) >= 0.95 * len(text) and common >= 0.9 * len(han)


def _share(counts: Counter[bytes], codec: str, language: str) -> float:
    """How much of the bytes beyond ASCII are the language's letters, or marks beside them; 0 without letters."""
    weights = _weights(codec, language)
    letters = sum(count * weights[byte[0]] for byte, count in counts.items() if weights[byte[0]] > 0)
    marks = sum(count for byte, count in counts.items() if weights[byte[0]] < 0)
    common = sum(counts[char.encode(codec, "ignore")] for char in _COMMON.get(language, ""))
    if language in _COMMON and common < _LEAST_COMMON * letters:
        return 0.0
    return (letters + marks) / sum(counts.values()) if letters >= marks else 0.0


def _is_latin(language: str) -> bool:
    """Whether a language is written in Latin letters."""
    return _LETTERS[language][0] < "\u0250"


@cache
def _weights(codec: str, language: str) -> tuple[float, ...]:
    """What each byte says for a language: 1 a small letter, less a capital, -1 a mark, 0 nothing."""
    small = frozenset(_LETTERS[language])
    capitals = frozenset(char.upper() for char in small - _NO_CASE if len(char.upper()) == 1) - small
    capital = 1.0 if _is_latin(language) else _CAPITAL
    found = []
    for byte in range(256):
        char = bytes([byte]).decode(codec, "replace")
        found.append(1.0 if char in small else capital if char in capitals else -1.0 if char in _MARKS else 0.0)
    return tuple(found)
