"""Extracted lines held against the page's own text: what lacks words is mended, what the page does not say is refused.

An extractor chooses lines; on the way it drops elements, splits sentences and loses characters. Each line is found again
among the page's runs, letter for letter; where it covers but a part of a sentence, it is widened to the whole.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate

from pipeline.extract.own_text import TextRun
from pipeline.extract.titles import fold

_ANCHOR = 16  # letters: a piece of a line by which its place on the page is found
_GLUED = 0.8  # share of a line's letters
_MOST_ANCHORS = 30  # so many pieces of a line are looked for
_MOST_UNPROVEN = 100  # so many lines of a page are looked for twice
_LEAST_GLUED = 500  # letters: a shorter line is not made of many runs
_MOST_RESTORED = 400  # letters that may be missing from one line
_OPENING = "“„«‘(["
_CLOSING = '.,;:!?…。！？"”’»“)]'
_SENTENCE_EDGE = re.compile(r"[.!?…。！？][\"”’»“)\]]*\s+|[。！？]|\n")


@dataclass(slots=True, kw_only=True)
class Proven:
    """Lines in the page's own letters.

    Attributes:
        lines: The lines, in order.
        runs: For each line the run in which it begins; None where it comes from elsewhere on the page.
        restored: Lines as they stood before words were put back.
        refused: Lines that the page does not say.
    """

    lines: list[str] = field(default_factory=list)
    runs: list[int | None] = field(default_factory=list)
    restored: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a line lies in the page's letters: a half-open interval, and whether letters are missing in it."""

    start: int
    end: int
    is_torn: bool = False


def prove_lines(
    lines: Iterable[str], runs: Sequence[TextRun], elsewhere: Callable[[], Iterable[str]] = tuple
) -> Proven:
    """Find each line among the page's runs and give it in the page's own letters.

    Args:
        lines: What was extracted, in order.
        runs: The page's own text.
        elsewhere: Gives other texts of the page (with its controls, in JSON-LD); asked only for a line that no run has.
    """
    page = _Letters(runs)
    others: list[str] | None = None
    done = Proven()
    before: _Span | None = None
    for line in lines:
        folded = fold(line)
        if not folded:
            continue
        place = page.find(folded)
        if place is None:
            if len(done.refused) >= _MOST_UNPROVEN:
                done.refused.append(line)
                continue
            parts = page.spread(folded)
            others = [fold(text) for text in elsewhere()] if others is None and not parts else others
            if parts:
                done.lines += [runs[i].text for i in parts]
                done.runs += parts
            elif any(folded in other for other in others or ()):
                done.lines.append(line)
                done.runs.append(None)
            else:
                done.refused.append(line)
            before = None
            continue
        span = page.span(place)
        if span is None:
            first, final = page.run_at(place.start), page.run_at(place.end - 1)
            text = " ".join(run.text for run in runs[first : final + 1]) if place.is_torn else line
            done.lines.append(text)
            done.runs.append(first)
        elif before is not None and span.run == before.run and span.start < before.stop:
            if span.stop > before.stop:  # the line before was widened over the beginning of this one
                span = _Span(before.run, before.start, span.stop)
                done.lines[-1] = page.read(span)
            else:
                span = before
        else:
            done.lines.append(page.read(span))
            done.runs.append(span.run)
        before = span
        if place.is_torn or (span is not None and len(fold(done.lines[-1])) > len(folded) and done.lines[-1] != line):
            done.restored.append(line)
    return done


@dataclass(frozen=True, slots=True)
class _Span:
    """An interval of a run's text, half-open, in code points."""

    run: int
    start: int
    stop: int


class _Letters:
    """The letters of all runs in a row, with a place behind which the next line is looked for first."""

    def __init__(self, runs: Sequence[TextRun]) -> None:
        self.runs = runs
        self.letters = "".join(run.folded for run in runs)
        self.starts = [0, *accumulate(len(run.folded) for run in runs)]
        self.whole: dict[str, list[int]] = {}
        for i, run in enumerate(runs):
            self.whole.setdefault(run.folded, []).append(i)
        self.at = 0
        self._cuts: dict[int, _Cuts | None] = {}

    def run_at(self, position: int) -> int:
        """The run that holds a letter."""
        return bisect_right(self.starts, position) - 1

    def find(self, folded: str) -> _Place | None:
        """Where a line lies: as a whole run, letter for letter, or with letters missing; None if nowhere."""
        place = self._find_whole(folded) or self._find_exact(folded) or self._find_torn(folded)
        if place is not None:
            self.at = place.end
        return place

    def _find_whole(self, folded: str) -> _Place | None:
        """A run that has these letters and no other: the next one, else the first."""
        found = self.whole.get(folded)
        if not found:
            return None
        later = bisect_left(found, bisect_left(self.starts, self.at))
        i = found[later] if later < len(found) else found[0]
        return _Place(self.starts[i], self.starts[i + 1])

    def _find_exact(self, folded: str) -> _Place | None:
        """These letters in a row."""
        start = self.letters.find(folded, self.at)
        start = start if start >= 0 else self.letters.find(folded)
        return _Place(start, start + len(folded)) if start >= 0 else None

    def _find_torn(self, folded: str) -> _Place | None:
        """These letters in order, with others between them, found by the first and the last piece that the page has."""
        pieces = range(0, max(len(folded) - _ANCHOR, 0) + 1, _ANCHOR)[:_MOST_ANCHORS]
        for origin in dict.fromkeys((self.at, 0)):
            first = next(
                ((i, at) for i in pieces if (at := self.letters.find(folded[i : i + _ANCHOR], origin)) >= 0), None
            )
            if first is None:
                continue
            i, at = first
            start = at if i == 0 else self._back(folded[:i], at)
            end = self._forward(folded[i:], at)
            if start is not None and end is not None and end - start - len(folded) <= _MOST_RESTORED:
                return _Place(start, end, is_torn=True)
        return None

    def _forward(self, letters: str, at: int) -> int | None:
        """Where these letters end, read from a place on with others between them."""
        most = at + len(letters) + _MOST_RESTORED
        for letter in letters:
            at = self.letters.find(letter, at, most) + 1
            if at == 0:
                return None
        return at

    def _back(self, letters: str, at: int) -> int | None:
        """Where these letters begin, read backwards from a place with others between them."""
        least = max(at - len(letters) - _MOST_RESTORED, 0)
        for letter in reversed(letters):
            at = self.letters.rfind(letter, least, at)
            if at < 0:
                return None
        return at

    def spread(self, folded: str) -> list[int]:
        """The runs that a line was glued from, in order, where they make nearly all of it; what else it has are controls."""
        found: list[int] = []
        at = 0
        if len(folded) < _LEAST_GLUED:
            return found
        for i, run in enumerate(self.runs):
            place = folded.find(run.folded, at) if len(run.folded) >= _ANCHOR else -1
            if place >= 0:
                found.append(i)
                at = place + len(run.folded)
        return found if sum(len(self.runs[i].folded) for i in found) >= _GLUED * len(folded) else []

    def span(self, place: _Place) -> _Span | None:
        """A place as whole sentences of one run; None where it reaches over several, or its letters cannot be told."""
        i = self.run_at(place.start)
        if i != self.run_at(place.end - 1):
            return None
        run = self.runs[i]
        start, end = place.start - self.starts[i], place.end - self.starts[i]
        if start == 0 and end == len(run.folded):
            return _Span(i, 0, len(run.text))
        if i not in self._cuts:
            self._cuts[i] = _read_cuts(run)
        cuts = self._cuts[i]
        return None if cuts is None else cuts.widen(run.text, i, start, end)

    def read(self, span: _Span) -> str:
        """The words of a span."""
        return self.runs[span.run].text[span.start : span.stop].strip()


@dataclass(frozen=True, slots=True)
class _Cuts:
    """Where the letters and the sentences of a run lie.

    Attributes:
        counts: How many letters the text has up to and with each of its characters.
        edges: Where sentences begin and end, the text's own ends among them.
    """

    counts: list[int]
    edges: list[int]

    def widen(self, text: str, i: int, start: int, end: int) -> _Span:
        """The sentences of run `i` that hold an interval of its letters.

        Where two words stand together without a blank, a style sets them apart: no sentence reaches over such an edge.
        """
        left = bisect_right(self.counts, start)
        right = bisect_left(self.counts, end) + 1
        while right < len(text) and text[right] in _CLOSING:
            right += 1
        while left > 0 and text[left - 1] in _OPENING:
            left -= 1
        begin = left if _is_glued(text, left) else self.edges[bisect_right(self.edges, left) - 1]
        stop = right if _is_glued(text, right) else self.edges[bisect_left(self.edges, right)]
        return _Span(i, begin, stop)


def _read_cuts(run: TextRun) -> _Cuts | None:
    """The cuts of a run; None if its letters cannot be told, or are code."""
    letters = [_fold_char(char) for char in run.text]
    if run.element.tag == "pre" or "".join(letters) != run.folded:
        return None
    edges = [0, *(match.end() for match in _SENTENCE_EDGE.finditer(run.text)), len(run.text)]
    return _Cuts(counts=list(accumulate(map(len, letters))), edges=sorted(set(edges)))


@lru_cache(maxsize=4096)
def _fold_char(char: str) -> str:
    """One character as `fold` leaves it."""
    return fold(char)


def _is_glued(text: str, at: int) -> bool:
    """Whether a word begins at a place without a blank before it, though with a capital."""
    return 0 < at < len(text) and not text[at - 1].isspace() and text[at].isupper() and not text[at - 1].isupper()
