"""Plain text as people collect it: a title or none, a byline or a placeholder, paragraphs in any shape."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.extract.bylines import choose_authors
from pipeline.extract.clean import clean_paragraphs, normal_text
from pipeline.extract.titles import fold
from pipeline.text.stamps import Stamp, read_stamp

_HEAD = 5
_MOST_TITLE = 200
_FIELD = re.compile(
    r"(title|headline|author|by|von|date|published|updated|source|url|link)\s*:\s*(\S.*)", re.IGNORECASE
)
_BYLINE = re.compile(r"(?:by|von|par|por)\s+\S.{2,80}", re.IGNORECASE)
_SENTENCE_END = (".", ":", ";", ",", "…", "。")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainText:
    """What a plain text holds; title None where no line is clearly one."""

    title: str | None
    authors: tuple[str, ...]
    stamp: Stamp | None
    paragraphs: tuple[str, ...]
    rules: tuple[str, ...]
    removed: tuple[tuple[str, str], ...] = ()


def read_plain_text(text: str) -> PlainText:
    """Read a plain text.

    The first line is a title only when it clearly is one: set apart, short, without a sentence's end, with prose
    behind it; or when it is given twice. A text that opens with its first paragraph has none.
    """
    lines = split_paragraphs(text)
    title, authors, stamp, rules = None, [], None, set[str]()
    while lines and (field := _FIELD.fullmatch(lines[0])) and len(lines[0]) <= _MOST_TITLE:
        name, value = field[1].lower(), field[2]
        if name in ("title", "headline"):
            title = title or normal_text(value)
        elif name in ("author", "by", "von"):
            authors.append(value)
        else:
            stamp = stamp or read_stamp(value, "text")
        rules.add("field-line")
        lines = lines[1:]
    if title is None and lines and is_title(lines):
        title = normal_text(lines[0].lstrip("# "))
        lines = lines[1:]
    for line in lines[:_HEAD]:
        if len(line) < 80 and stamp is None and not line.endswith(_SENTENCE_END):
            stamp = read_stamp(line, "text") if sum(char.isalpha() for char in line) < 40 else None
        if _BYLINE.fullmatch(line) and not line.endswith(_SENTENCE_END):
            authors.append(line)
    names, byline_rules = choose_authors([authors], ())
    cleaned = clean_paragraphs(lines, titles=[title] if title else [], authors=names)
    return PlainText(
        title=title,
        authors=names,
        stamp=stamp,
        paragraphs=tuple(cleaned.paragraphs),
        rules=tuple(sorted(rules | cleaned.rules | set(byline_rules))),
        removed=tuple(cleaned.removed),
    )


def split_paragraphs(text: str) -> list[str]:
    """Split a text into paragraphs: at blank lines, and at line ends that are no mere wrapping."""
    paragraphs: list[str] = []
    for block in re.split(r"\n\s*\n", text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2029", "\n\n")):
        lines = [line.strip() for line in block.split("\n") if line.strip()]
        paragraphs.extend([" ".join(lines)] if _is_wrapped(lines) else lines)
    return paragraphs


def _is_wrapped(lines: Sequence[str]) -> bool:
    """Whether a block's lines are one paragraph broken at a width: all but the last nearly as long as the longest."""
    if len(lines) < 2:
        return False
    body = [len(line) for line in lines[:-1]]
    width = max(len(line) for line in lines)
    ends = sum(line.endswith((".", "!", "?", "”", '"')) for line in lines[:-1])
    return 40 <= width <= 120 and min(body) >= width * 0.7 and ends <= len(body) / 2


def is_title(lines: Sequence[str]) -> bool:
    """Whether the first line is clearly the title of the lines behind it."""
    first, rest = lines[0].lstrip("# "), lines[1:]
    if not rest or not any(char.isalpha() for char in first) or len(first) > _MOST_TITLE:
        return False
    if fold(first) in {fold(line) for line in rest[:_HEAD]}:
        return True
    is_short = len(first) >= 8 and len(first) <= 2 * max(len(line) for line in rest) / 3
    return is_short and not first.endswith(_SENTENCE_END) and read_stamp(first) is None and not _BYLINE.fullmatch(first)
