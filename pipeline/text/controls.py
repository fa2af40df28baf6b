"""Characters that act instead of showing, on a terminal or on a page: told apart, and written as escapes."""

from __future__ import annotations

import re

# Marks, embeddings, overrides and isolates of direction can turn the rest of a line around.
DIRECTION = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

# C0 but tab and line feed, DEL, C1, and halves of characters, which no terminal takes.
_ACTS = re.compile(rf"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff{''.join(sorted(DIRECTION))}]")


def escape_controls(text: str) -> str:
    r"""Write what would act on a terminal as an escape; tabs and line feeds stay.

    Example:
        >>> escape_controls("red: \x1b[31m, back: \u202e, byte: \udcff")
        'red: \\x1b[31m, back: \\u202e, byte: \\udcff'
    """
    return _ACTS.sub(lambda found: found[0].encode("unicode_escape", "surrogatepass").decode(), text)


def escape_json(text: str) -> str:
    r"""Write what would act on a terminal as an escape of JSON: what is read from the text stays the same.

    Args:
        text: JSON; such characters stand within its strings only.
    Example:
        >>> escape_json('{"etag": "\x9b31m"}')
        '{"etag": "\\u009b31m"}'
    """
    return _ACTS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def one_line(text: str) -> str:
    """A text on one line, with nothing in it that acts."""
    return escape_controls(" ".join(text.split()))


def is_utf8(text: str) -> bool:
    """Whether a text can be written as UTF-8: a name or an argument of other bytes cannot."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def escape_bytes(name: str) -> str:
    r"""A file's name, with bytes that are no UTF-8 as escapes.

    Example:
        >>> escape_bytes("\udcff.pdf")
        '\\udcff.pdf'
    """
    return name.encode("utf-8", "backslashreplace").decode()
