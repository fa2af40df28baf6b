"""The standfirst: the text between headline and body that the page's own description confirms.

Extractors lose it on a third of the pages, for it stands apart from the body; often it is the news itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from pipeline.extract.own_text import TextRun
from pipeline.extract.titles import fold

_LEAST_LETTERS = 30
_NAMES = re.compile(
    r"(?:^|[\s_-])(?:excerpt|intro(?:duction)?|synopsis|standfirst|dek|deck|lead-?in|lede|summary|subtitle|vorspann|teaser|chapo|entradilla|bajada)",
    re.IGNORECASE,
)
_MOST_CHARS = 800
_LOOK_BACK = 25  # runs between headline and body, byline, caption and share buttons among them


def find_standfirst(
    runs: Sequence[TextRun], body: int, descriptions: Sequence[str], titles: Iterable[str]
) -> int | None:
    """Find the run that is the standfirst; None where none is confirmed.

    Args:
        runs: The page's own text.
        body: The run in which the body begins.
        descriptions: What the page gives as its description: whole, or its beginning.
        titles: Forms of its title, which no standfirst repeats.
    """
    told = {folded for text in descriptions if len(folded := fold(text)) >= _LEAST_LETTERS}
    heads = {fold(title) for title in titles}
    if not told:
        return None
    for i in range(max(body - _LOOK_BACK, 0), body + 1):
        run = runs[i]
        is_other = (
            run.element.tag in ("title", "h1", "figcaption") or len(run.text) > _MOST_CHARS or run.folded in heads
        )
        if not is_other and (
            any(_is_same(run.folded, text) for text in told)
            or (_is_named(run) and _shares_words(run.text, descriptions))
        ):
            return i
    return None


def stands_apart(run: TextRun, body: TextRun) -> bool:
    """Whether a run is set apart from the body, by its element, its class or its place; else it is the body's first paragraph."""
    if run.element.tag != body.element.tag or _NAMES.search(run.element.get("class") or ""):
        return True
    return run.element.getparent() is not body.element.getparent()


def _is_named(run: TextRun) -> bool:
    """Whether the block around a sentence, or the one around that, is called a standfirst by its class."""
    parent = run.element.getparent()
    names = f"{run.element.get('class') or ''} {parent.get('class') or '' if parent is not None else ''}"
    return len(run.text) >= 2 * _LEAST_LETTERS and run.linked < 0.5 and bool(_NAMES.search(names))


def _shares_words(text: str, descriptions: Sequence[str]) -> bool:
    """Whether a text has a third of the words of a description, short ones aside."""
    own = set(re.findall(r"\w{4,}", text.casefold()))
    others = (set(re.findall(r"\w{4,}", told.casefold())) for told in descriptions)
    return any(len(own & other) >= max(3, min(len(own), len(other)) / 3) for other in others)


def _is_same(run: str, description: str) -> bool:
    """Whether a run is the description, or one of them is most of the other (behind a dateline, before a rest)."""
    short, long = sorted((run, description), key=len)
    return len(short) >= _LEAST_LETTERS and short in long and 2 * len(short) >= len(long)
