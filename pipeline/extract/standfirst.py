"""The standfirst: the text between headline and body, told by the page's description, by its name, or by its place and form.

Extractors lose it on a third of the pages, for it stands apart from the body; often it is the news itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import islice

from pipeline.extract.calls import is_call, is_finished
from pipeline.extract.own_text import TextRun
from pipeline.extract.titles import fold

_LEAST_LETTERS = 30
_NAMES = re.compile(
    r"(?:^|[\s_-])(?:excerpt|intro(?:duction)?|synopsis|standfirst|dek|deck|lead-?in|lede|summary|subtitle|vorspann"
    r"|unterzeile|anleser|teaser|chapo|chapeau|entradilla|bajada|copete|sumario|epigra(?:ph|fe)|sommario|sottotitolo|catenaccio|linha-?fina|subt[ií]tulo|ingress|manchet|perex|subhe(?:d|ad)(?:s|line|ing)?(?:$|[\s_-]))",
    re.IGNORECASE,
)
# What stands below a headline as well: who wrote it, what a picture shows, what a dialog says.
_OTHER_NAMES = re.compile(
    r"author|autor|byline|bio\b|caption|credit|figure|label|disclaimer|notice|disclosure|affiliate|alert|message|tooltip|newsletter"
    r"|social|share|audio|player|comment|ai-|gpt",
    re.IGNORECASE,
)
_MOST_CHARS = 800
_LOOK_BACK = 25  # runs between headline and body, byline, caption and share buttons among them
_NEAR = 3  # runs behind the headline, a kicker or a date among them
_SENTENCE_CHARS = 50
_OUT = 3  # elements around a run whose names are read


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
    near = range(max(body - _LOOK_BACK, 0), body + 1)
    own = [
        i
        for i in near
        if runs[i].element.tag not in ("title", "h1", "figcaption")
        and len(runs[i].text) <= _MOST_CHARS
        and runs[i].folded not in heads
    ]
    for i in own if told else ():
        run = runs[i]
        if any(_is_same(run.folded, text) for text in told) or (
            _is_named(run) and _shares_words(run.text, descriptions)
        ):
            return i
    headline = max(
        (i for i in near if i < body and (runs[i].element.tag == "h1" or runs[i].folded in heads)), default=None
    )
    if headline is None:
        return None
    below = [i for i in own if headline < i <= headline + _NEAR and i < body and _may_be_one(runs[i])]
    return next((i for i in below if _is_named(runs[i]) or (i == headline + 1 and is_finished(runs[i].text))), None)


def _may_be_one(run: TextRun) -> bool:
    """Whether a run is as long as a sentence, has no link, calls on nobody, and no name around it is one of other matter."""
    if len(run.text) < _SENTENCE_CHARS or run.linked or run.element.tag in ("li", "label", "td") or is_call(run.text):
        return False
    around = [run.element, *islice(run.element.iterancestors(), _OUT - 1)]
    return not any(
        _OTHER_NAMES.search(f"{e.get('class') or ''} {e.get('id') or ''}") for e in around if e.tag != "body"
    )


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
    """Whether a run is the description, or most of one of them is the other's (behind a dateline, cut short, before a rest)."""
    short, long = sorted((run, description), key=len)
    if len(short) < _LEAST_LETTERS:
        return False
    if short in long:
        return 2 * len(short) >= len(long)
    told = description[max(description.find(run[:_LEAST_LETTERS]), 0) :]  # behind a label that the run lacks
    return run.startswith(told) and 2 * len(told) >= len(short)
