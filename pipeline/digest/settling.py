"""Whether lines tell their subjects in the order in which they are read, and what becomes of those that do not."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from pipeline.digest.evidence import Article, Candidate
from pipeline.digest.hanging import what_hangs
from pipeline.digest.leads import title_terms
from pipeline.digest.reading import join_before


def stands_on(page: Collection[int], candidate: Candidate) -> bool:
    """Whether a line stands under others: it names its subject, or one of these terms is that."""
    hangs_on = what_hangs(candidate.article, candidate.sentence)
    return hangs_on is None or not hangs_on.isdisjoint(page)


def settle_lines(picked: Sequence[int], candidates: list[Candidate]) -> list[int]:
    """Which of the chosen, in the order in which they are read, tell their subject; the others stand with the sentence before.

    What cannot is left out, but for the first.

    Args:
        candidates: Where a line takes the sentence before it in, that is written.
    """
    page: set[int] = set()
    settled: list[int] = []
    for i in picked:
        candidate = candidates[i]
        article, sentence = candidate.article, candidate.sentence
        page = page or set(title_terms(article))
        if not stands_on(page, candidate) and not _is_line(article, sentence.index - 1, settled, candidates):
            joined = join_before(article, sentence)
            if joined is None and settled:
                continue
            if joined is not None:
                candidate = candidates[i] = replace(candidate, sentence=joined)
        page |= set(candidate.sentence.terms)
        settled.append(i)
    return settled


def _is_line(article: Article, index: int, lines: Sequence[int], candidates: Sequence[Candidate]) -> bool:
    """Whether a sentence of an article is a line."""
    return any(candidates[i].article is article and candidates[i].sentence.index == index for i in lines)
