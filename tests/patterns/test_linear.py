"""No pattern takes more than a time that grows as its text does, whatever a stranger writes.

All patterns of the project are found, and each is tried on texts made from its own parts: runs of what it repeats, of
what it begins with, and near misses of its end. What is measured is this process's own time.
"""

from __future__ import annotations

import re
import signal
import time
from dataclasses import dataclass

import pytest

from tests.patterns.found import Found, find_patterns
from tests.patterns.hostile import hostile_texts

# A linear pattern needs up to 6 ms for the longest text, a quadratic one 15 ms and more.
RUNGS = (60, 500, 6_000)
ENOUGH_SECONDS = 0.01
GIVE_UP_SECONDS = 0.3
MOST_GROWTH = 7  # of four times the text; the square would be 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What is kept from a pattern by the code around it, and where.

    Attributes:
        chars: It is given no more characters.
        is_tidied: White space in its texts is collapsed.
        end: Its texts end so.
    """

    why: str
    chars: int = RUNGS[-1]
    is_tidied: bool = False
    end: str = ""


# Whoever adds a line here says what bounds the text, and has looked that it does.
KEPT = {
    "pipeline.digest.candidates:_LINK": Kept(chars=360, why="is_furniture: candidates have MAX_CHARS"),
    "pipeline.digest.quantities:_LAST_WORD": Kept(chars=16, why="find_quantities: the 16 characters before a figure"),
    "pipeline.extract.bylines:_ADDRESS": Kept(chars=400, is_tidied=True, why="split_names: tidy"),
    "pipeline.extract.bylines:_AND_OR_NAME": Kept(chars=400, is_tidied=True, why="split_names: tidy"),
    "pipeline.extract.bylines:_ROLE": Kept(chars=400, is_tidied=True, why="split_names: tidy"),
    "pipeline.extract.bylines:_SPLIT": Kept(chars=400, is_tidied=True, why="split_names: tidy"),
    "pipeline.extract.bylines:_BRACKETS": Kept(chars=400, is_tidied=True, why="split_names: tidy"),
    "pipeline.extract.bylines:_RED": Kept(chars=400, is_tidied=True, why="split_names: tidy"),
    "pipeline.extract.titles:_SEPARATOR": Kept(chars=400, is_tidied=True, why="choose_title: tidy"),
    "pipeline.extract.titles:_CUT_SHORT": Kept(chars=400, is_tidied=True, why="choose_title: tidy"),
    "pipeline.extract.clean:_ALARM": Kept(chars=400, is_tidied=True, why="_cut_alarm: _LABEL_CHARS"),
    "pipeline.extract.line_kinds:_COUNTER": Kept(chars=120, is_tidied=True, why="clean_paragraphs"),
    "pipeline.extract.line_kinds:_CREDIT": Kept(chars=500, is_tidied=True, why="tail_rule"),
    "pipeline.extract.line_kinds:_POINTER": Kept(chars=250, is_tidied=True, why="is_pointer: SHORT"),
    "pipeline.extract.line_kinds:_SOURCE_LINK": Kept(chars=400, is_tidied=True, why="_cut_source_link: _LABEL_CHARS"),
    "pipeline.extract.jsonld:_COMMENTS_AND_MARKS": Kept(end="*/", why="_mend: the text up to the last end"),
    "pipeline.fetch.listings.items:_TAG_OR_COMMENT": Kept(end="-->", why="plain_title: the text up to the last end"),
}
PATTERNS = find_patterns()


class Late(Exception):
    """A text took too long."""


def _give_up(*_: object) -> None:
    raise Late


def seconds_of(found: Found, text: str) -> float:
    """The processor time that a pattern takes for a text, given up soon."""
    given = text if isinstance(found.pattern.pattern, str) else text.encode("latin-1", "ignore")
    before = signal.signal(signal.SIGPROF, _give_up)
    started = time.process_time()
    try:
        signal.setitimer(signal.ITIMER_PROF, GIVE_UP_SECONDS)
        try:
            run(found, given)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
    except Late:
        return float("inf")
    finally:
        signal.signal(signal.SIGPROF, before)
    return time.process_time() - started


def run(found: Found, text: str | bytes) -> None:
    """Use a pattern as the code does."""
    if not found.is_anchored:
        for _ in found.pattern.finditer(text):
            pass
        return
    if "match" in found.uses:
        found.pattern.match(text)
    if "fullmatch" in found.uses:
        found.pattern.fullmatch(text)


def hard_text(found: Found, kept: Kept) -> str | None:
    """A text for which a pattern takes more than its length allows, described; None where there is none."""
    for before, unit, end in hostile_texts(found.pattern):
        for most in sorted({min(rung, kept.chars) for rung in RUNGS}):
            text = written(before, unit, end, most, kept)
            if not is_hard(found, before, unit, end, most, kept, text):
                continue
            return f"{len(text)} characters of {before!r} + {unit!r} × n + {end!r}"
    return None


def is_hard(found: Found, before: str, unit: str, end: str, most: int, kept: Kept, text: str) -> bool:
    """Whether a text takes long, and four times as long a text more than four times as long, each at its quickest."""
    if seconds_of(found, text) < ENOUGH_SECONDS:
        return False
    seconds = min(seconds_of(found, text) for _ in range(3))
    if seconds < ENOUGH_SECONDS:
        return False
    if most < RUNGS[-1]:  # it may grow as it likes where the text may not
        return seconds > ENOUGH_SECONDS
    shorter = min(seconds_of(found, written(before, unit, end, most // 4, kept)) for _ in range(3))
    return seconds > MOST_GROWTH * shorter


def written(before: str, unit: str, end: str, chars: int, kept: Kept) -> str:
    """A hostile text of so many characters, as the code around a pattern lets it through."""
    text = before + unit * (chars // len(unit) + 1) + end
    if kept.is_tidied:
        text = " ".join(text.split())
    return text[: max(chars, len(before))] + kept.end if kept.chars < RUNGS[-1] else text + kept.end


def test_the_patterns_are_found() -> None:
    names = {found.name for found in PATTERNS}
    assert len(PATTERNS) > 120
    assert {"pipeline.digest.candidates:_BROKEN", "pipeline.digest.datelines:_DATELINES[0]"} <= names
    assert any(name.startswith("pipeline.digest.quantities:1") for name in names), "one that is written in its call"
    assert KEPT.keys() <= names, "a pattern that is no more"


def test_hard_patterns_are_seen_as_such() -> None:
    """What once stood in the code: twice exponential, twice quadratic."""
    once = (
        r"\s*(?:--|[–—-])+\s+",
        r"[.!…]\s*(?:-RRB-|''|[\"'”])*$",
        r"\s+$",
        r"<a[^<>]*>|<!--.*?-->",
    )
    for text in once:
        found = Found(name="once", pattern=re.compile(text, re.DOTALL), uses=frozenset(["search"]))
        assert hard_text(found, Kept(why="")), text


@pytest.mark.parametrize("found", PATTERNS, ids=lambda found: found.name)
def test_its_time_grows_as_the_text_does(found: Found) -> None:
    kept = KEPT.get(found.name, Kept(why=""))
    assert hard_text(found, kept) is None
