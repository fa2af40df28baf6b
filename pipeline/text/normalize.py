"""A text in its normal form, and reduced to what two copies of it have in common: its words, in order.

Quotes, dashes, case, line breaks, invisible characters and width forms differ between copies of one text; letters and
digits do not.
"""

from __future__ import annotations

import html
import re
import unicodedata
from typing import Literal

# Chinese and Japanese are written without spaces, so each character counts as a word. Thai, Lao and Khmer are too, but
# their characters are few: single ones would make unrelated texts look alike, so their runs stay whole.
_UNSPACED = re.compile(
    r"[\u3005\u3041-\u309f\u30a1-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
_INVISIBLE = re.compile("[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufe00-\ufe0f\ufeff]")
# Latin letters and common punctuation: here a pattern finds the same words as folding does, but faster.
_PLAIN = re.compile("[\x00-\u00ac\u00ae-\u02ff\u2010-\u2027\u2030-\u205e\u20ac]*")
_WORD = re.compile(r"[^\W_]+")

# Normal forms sort the marks of one letter, in a time that grows with the square of their number. No language sets more
# than a handful; UAX #15 (Stream-Safe Text Format) allows thirty.
_MOST_MARKS = 30
# Marks, and the few characters that fall apart into nothing but marks.
_MARKS = "".join(filter(unicodedata.combining, map(chr, range(0x300, 0x1F000)))) + "\u0f73\u0f75\u0f81\uff9e\uff9f"
_ANY_MARK = re.compile(f"[{_MARKS}]")
_TOO_MANY_MARKS = re.compile(f"([{_MARKS}]{{{_MOST_MARKS}}})[{_MARKS}]+")
# int() refuses longer ones, and html.unescape with it; no character has such a number.
_MOST_DIGITS = 1_000
_LONG_REFERENCE = re.compile(rf"&#[0-9]{{{_MOST_DIGITS},}};?")


class _Folding(dict[int, str | None]):
    """What becomes of a code point: letters, marks and digits stay, anything else parts words. Filled as met."""

    def __missing__(self, code_point: int) -> str | None:
        character = chr(code_point)
        kept: str | None = character if unicodedata.category(character)[0] in "LNM" else " "
        if _INVISIBLE.match(character):
            kept = None
        elif _UNSPACED.match(character):
            kept = f" {character} "
        self[code_point] = kept
        return kept


_FOLDING = _Folding()


def compose(text: str, form: Literal["NFC", "NFKC"] = "NFC") -> str:
    """Bring a text into a normal form, in a time that grows as its length does.

    Of marks in a row without a letter between them the first thirty stay.

    Example:
        >>> compose("e\u0301"), len(compose("e" + "\u0316" * 5_000))
        ('é', 31)
    """
    if text.isascii():
        return text
    if _ANY_MARK.search(text[:: _MOST_MARKS + 1]):  # a longer run holds one of these characters
        text = _TOO_MANY_MARKS.sub(r"\1", text)
    return unicodedata.normalize(form, text)


def undo_entities(text: str) -> str:
    """Undo HTML's character references, also where a number is beyond all characters.

    Example:
        >>> undo_entities("Fish &amp; chips&#" + "9" * 5_000 + ";")
        'Fish & chips\ufffd'
    """
    return html.unescape(_LONG_REFERENCE.sub("\ufffd", text)) if "&" in text else text


def comparable_words(text: str) -> list[str]:
    """List the words of a text in the form in which copies are compared.

    Compatibility forms are unified (NFKC), case is folded, soft hyphens and other invisible characters vanish, and
    everything but letters, combining marks and digits parts words. Chinese and Japanese characters are words each.

    Args:
        text: Any text; may be empty.
    Returns:
        The words in order; empty when the text has neither letters nor digits.
    Example:
        >>> comparable_words("The Mayor’s “co\u00adoperative” — 1½ years!")
        ['the', 'mayor', 's', 'cooperative', '11', '2', 'years']
        >>> comparable_words("東京で、Ｍ６")
        ['東', '京', 'で', 'm6']
    """
    folded = compose(text, "NFKC").casefold()
    return _WORD.findall(folded) if _PLAIN.fullmatch(folded) else folded.translate(_FOLDING).split()


def cut_text(text: str, most: int) -> str:
    """A text for a message or a table, cut at so many characters.

    Example:
        >>> cut_text("a long story", 7), cut_text("a story", 7)
        ('a long…', 'a story')
    """
    return text if len(text) <= most else text[: most - 1] + "…"
