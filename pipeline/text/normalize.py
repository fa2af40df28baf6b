"""A text reduced to what two copies of it have in common: its words, in order.

Quotes, dashes, case, line breaks, invisible characters and width forms differ between copies of one text; letters and
digits do not.
"""

from __future__ import annotations

import re
import unicodedata

# Chinese and Japanese are written without spaces, so each character counts as a word. Thai, Lao and Khmer are too, but
# their characters are few: single ones would make unrelated texts look alike, so their runs stay whole.
_UNSPACED = re.compile(
    r"[\u3005\u3041-\u309f\u30a1-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
_INVISIBLE = re.compile("[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufe00-\ufe0f\ufeff]")
# Latin letters and common punctuation: here a pattern finds the same words as folding does, but faster.
_PLAIN = re.compile("[\x00-\u00ac\u00ae-\u02ff\u2010-\u2027\u2030-\u205e\u20ac]*")
_WORD = re.compile(r"[^\W_]+")


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
    folded = unicodedata.normalize("NFKC", text).casefold()
    return _WORD.findall(folded) if _PLAIN.fullmatch(folded) else folded.translate(_FOLDING).split()


def cut_text(text: str, most: int) -> str:
    """A text for a message or a table, cut at so many characters.

    Example:
        >>> cut_text("a long story", 7), cut_text("a story", 7)
        ('a long…', 'a story')
    """
    return text if len(text) <= most else text[: most - 1] + "…"
