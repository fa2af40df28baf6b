"""Text that was cut into tokens, written again as newspapers print it, letter for letter in the same places."""

from __future__ import annotations

# Each as long as what it stands for, so that spans stay what they are.
_SIGNS = (
    ("-LRB-", "    ("), ("-RRB-", ")    "), ("-LSB-", "    ["), ("-RSB-", "]    "),
    ("`` ", "  “"), (" ''", "”  "), ("``", " “"), ("''", "” "),
)  # fmt: skip


def as_printed(text: str) -> str:
    """Brackets and quotation marks in the place of their tokens; as long as before."""
    for token, sign in _SIGNS:
        text = text.replace(token, sign)
    return text
