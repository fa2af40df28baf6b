"""What a story is called: a name that stays, and each day a heading of that day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pipeline.digest.corrections import collapse
from pipeline.digest.evidence import Line
from pipeline.text.terms import count_terms

_LINES_READ = 4
_LEAST_TOLD = 1 / 3
_QUESTION_MARKS = ("?", "？", "؟", "\u037e")


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """What a story is called on a day.

    Attributes:
        of_day: The day's heading; None where no article has a title.
        name: The heading that the story had first, which it keeps.
    """

    of_day: str | None
    name: str | None


def find_heading(
    lines: Sequence[Line], fresh: Sequence[Mapping[str, Any]], before: Sequence[str], headline: str | None
) -> Heading:
    """Choose a story's heading of the day: the title of the article that its first line cites.

    A title that headed the story before is old news, one that asks says nothing, and one of a live report speaks of the whole
    story: then it is the title of today's that has most words of the first lines; where all of them headed it before, of those; if
    there is none, `headline`.

    Args:
        lines: The story's lines, first one first; without any it goes by its name.
        fresh: The versions that are new today: title, language and content_kind, earliest first.
        before: Headings of earlier digests, earliest first.
        headline: The title of the article nearest to the story's centre.
    """
    if not lines:
        name = before[0] if before else headline
        return Heading(of_day=name, name=name)
    used = {_folded(title) for title in before}
    of_day = [row for row in fresh if row["title"] and row["content_kind"] != "live"]
    stated = {row["title"]: row["language"] for row in of_day if not _asks(row["title"])}
    titles = {title: language for title, language in stated.items() if _folded(title) not in used} or stated
    first = lines[0].primary.article.title
    if first is None or first not in titles or not _is_told(first, titles[first], lines):
        first = max(titles, key=lambda title: _likeness(title, titles[title], lines), default=headline or first)
    return Heading(of_day=first, name=before[0] if before else first)


def _asks(title: str) -> bool:
    return title.rstrip("\"'”’»“ ").endswith(_QUESTION_MARKS)


def _is_told(title: str, language: str | None, lines: Sequence[Line]) -> bool:
    """Whether the lines have a third of a title's words, so that a reader finds there what it promises."""
    terms = count_terms(title, "", language).keys()
    told = frozenset[str]().union(*(_terms_of(line) for line in lines))
    return len(terms & told) >= _LEAST_TOLD * len(terms)


def _likeness(title: str, language: str | None, lines: Sequence[Line]) -> float:
    """The share of a title's words that the first lines have, and how many."""
    told = frozenset[str]().union(*(_terms_of(line) for line in lines[:_LINES_READ]))
    terms = count_terms(title, "", language).keys()
    shared = len(terms & told)
    return shared * shared / max(1, len(terms))


def _terms_of(line: Line) -> frozenset[str]:
    """The words of a line."""
    return _terms_in(line.text, line.primary.article.language)


@lru_cache(maxsize=4_000)
def _terms_in(text: str, language: str | None) -> frozenset[str]:
    """The words of a line's text. Remembered: a story without news keeps its lines from hour to hour."""
    return frozenset(count_terms(None, text, language))


def _folded(title: str) -> str:
    return collapse(title).casefold()
