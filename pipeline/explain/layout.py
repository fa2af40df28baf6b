"""How answers are set: a page of 100 columns, or as many as the terminal has, with headings, labels and tables."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from contextvars import ContextVar
from datetime import datetime
from typing import Any

from pipeline.text.normalize import cut_text

WIDTH = 100
_NARROWEST = 40
_width = ContextVar("width", default=WIDTH)
LABEL = 12
ID_CHARS = 12
_CELL_CHARS = 280


def fit_page(columns: int) -> None:
    """Set what follows for a terminal of so many columns; never wider than the page."""
    _width.set(min(WIDTH, max(_NARROWEST, columns)))


def page_width() -> int:
    """How many columns a page has."""
    return _width.get()


def plain_table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Rows as a plain table, as wide as it must be: a header, a rule, one line a row, their count."""
    cells = [[short(value, _CELL_CHARS) for value in row] for row in rows]
    lines = _aligned(columns, cells)
    return "\n".join([*lines, f"({count(len(rows), 'row')})"]) if columns else ""


def page_table(columns: Sequence[str], rows: Sequence[Sequence[Any]], *, indent: int = 2) -> list[str]:
    """Rows as a table within the page: the last column is shortened to what is left of the width."""
    width = page_width()
    cells = [[short(value, width) for value in row] for row in rows]
    before = [max(len(text) for text in column) for column in zip(columns, *cells, strict=True)][:-1]
    left = max(10, width - indent - sum(before) - 2 * len(before))
    cells = [[*row[:-1], short(row[-1], left)] for row in cells]
    return [" " * indent + line for line in _aligned(columns, cells)]


def _aligned(columns: Sequence[str], cells: Sequence[Sequence[str]]) -> list[str]:
    """A header, a rule and the rows, columns aligned; numbers to the right."""
    if not columns:
        return []
    widths = [max(len(text) for text in column) for column in zip(columns, *cells, strict=True)]
    numeric = [
        bool(cells) and all(re.fullmatch(r"-?\d*(?:\.\d+)?", row[place]) for row in cells)
        for place in range(len(columns))
    ]

    def line(row: Sequence[str]) -> str:
        texts = zip(row, widths, numeric, strict=True)
        return "  ".join(text.rjust(w) if right else text.ljust(w) for text, w, right in texts).rstrip()

    return [line(columns), "  ".join("-" * width for width in widths), *map(line, cells)]


class Entry(str):
    """Set text that remembers what it was set from, so that a web page may set it anew: it is that text, and is joined as such.

    Attributes:
        name: What stands beside it; None for a paragraph.
        text: All of it in one line.
        indent: Columns before it.
    """

    __slots__ = ("indent", "name", "text")
    name: str | None
    text: str
    indent: int

    @classmethod
    def of(cls, lines: Iterable[str], *, name: str | None, text: str, indent: int) -> Entry:
        """An entry of lines that are set already."""
        entry = cls("\n".join(lines))
        entry.name, entry.text, entry.indent = name, " ".join(text.split()), indent
        return entry


def section(title: str, lines: Iterable[str]) -> list[str]:
    """A heading and what stands under it; nothing where nothing does."""
    under = list(lines)
    return ["", title, *under] if under else []


def labelled(name: str, text: object, *, indent: int = 2, label: int = LABEL) -> list[str]:
    """A name and its text, wrapped beside it; `label` is how wide the names' column is."""
    hang = " " * (indent + label)
    first = f"{' ' * indent}{name:<{label - 1}} "
    return [Entry.of(_wrapped(str(text), first, hang), name=name, text=str(text), indent=indent)]


def paragraph(text: str, *, indent: int = 2, hang: int = 2) -> list[str]:
    """A paragraph, its further lines set in."""
    lines = _wrapped(text, " " * indent, " " * (indent + hang))
    return [Entry.of(lines, name=None, text=text, indent=indent)]


def _wrapped(text: str, first: str, hang: str) -> list[str]:
    """Text within the page; a URL is never broken."""
    return textwrap.wrap(
        " ".join(text.split()),
        page_width(),
        initial_indent=first,
        subsequent_indent=hang,
        break_long_words=False,
        break_on_hyphens=False,
    ) or [first.rstrip()]


def short(value: object, most: int) -> str:
    """A value on one line, cut at so many characters."""
    return cut_text(" ".join(("" if value is None else str(value)).split()), most)


def short_id(identifier: str | None) -> str:
    """The start of an id: enough to ask with."""
    return (identifier or "")[:ID_CHARS]


def format_time(instant: datetime | None) -> str:
    """An instant to the minute, or to the second where it has some."""
    if instant is None:
        return "never"
    return f"{instant:%Y-%m-%d %H:%M:%S}" if instant.second else f"{instant:%Y-%m-%d %H:%M}"


def span(start: datetime, end: datetime) -> str:
    """A window."""
    return f"{format_time(start)} to {format_time(end)} UTC"


def count(number: int, noun: str) -> str:
    """A number and its noun."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") and noun[-2] not in "aeiou" else f"{noun}s"
    return f"{number} {noun if number == 1 else plural}"


def title_of(row: Mapping[str, Any]) -> str:
    """An article in a few words: who, what, which."""
    return f"{row['publisher'] or 'unknown publisher'}: {row['title'] or '(untitled)'} [{short_id(row['article_id'])}]"


def quoted(text: str, most: int = 240) -> str:
    """A quotation, cut where it is long; single marks around one that quotes."""
    told = short(text, most)
    return f"‘{told}’" if "“" in told or "„" in told else f"“{told}”"
