"""Which sentence of an article opens its news, and whether that is the news of another."""

from __future__ import annotations

import re
from functools import lru_cache

from pipeline.digest.evidence import Article, Candidate
from pipeline.digest.features import Sentence, read_line, read_sentences
from pipeline.digest.names import GENERIC_NAMES

# Of so many first sentences one is the lead; an opening that shares no word with the title only sets the scene. What is no whole
# statement is none: a place that stands alone, a standfirst without a full stop, a question.
_LEADS = 4
_FRAGMENTS = 4
_WHOLE_WORDS = 6
_WHOLE = re.compile(r"[.!…。！][\"'”’»“)\]」』\s]*$")
_SHARED_WITH_TITLE = 2
# Titles that share less of the shorter one are of different news; those that share more than the second are of one.
_SAME_NEWS = 0.3
_AKIN = 0.5
_NEW_NAMES = 2
# An article opens with its first paragraph and the two behind it. What shares so much of the shorter there is told twice.
_OPENING_PARAGRAPHS = 3
_TOLD_TWICE = 1 / 3
_LEAST_SHARED = 3


def find_lead(article: Article) -> int:
    """Which sentence opens the news: the first, or the first to speak of the title's matter where that does not at all."""
    return find_lead_of(article.title, article.text, article.language)


@lru_cache(maxsize=4_000)
def find_lead_of(title: str | None, text: str, language: str | None) -> int:
    """The same for a text under a title."""
    terms = _terms_of(title)
    first = read_sentences(text, language)[: _LEADS + _FRAGMENTS]
    whole = [s for s in first if s.word_count >= _WHOLE_WORDS and _WHOLE.search(s.text)][:_LEADS]
    shared = [len(terms.intersection(s.terms)) for s in whole]
    if not shared or shared[0] or max(shared) < _SHARED_WITH_TITLE:
        return whole[0].index if whole else 0
    return next(s.index for s, n in zip(whole, shared, strict=True) if n >= _SHARED_WITH_TITLE)


def is_lead(candidate: Candidate) -> bool:
    """Whether a candidate opens its article's news, alone or with the sentence behind."""
    return candidate.sentence.index - candidate.is_joined == find_lead(candidate.article)


def is_other_news(one: Candidate, other: Candidate) -> bool:
    """Whether two leads open different news of one story, as their titles say; not known, and so no, without titles.

    Titles that share some words are of different news only where the first lead has a figure that the other has not.
    """
    mine, theirs = title_terms(one.article), title_terms(other.article)
    if not (mine and theirs and is_lead(one) and is_lead(other)):
        return False
    shared = len(mine & theirs) / min(len(mine), len(theirs))
    most = _AKIN if one.sentence.numbers - other.sentence.numbers else _SAME_NEWS
    return shared < most


def opens_news(candidate: Candidate, earlier: Sentence) -> bool:
    """Whether a lead has a figure or two names that an earlier sentence has not."""
    if not is_lead(candidate):
        return False
    names = candidate.sentence.names - earlier.names - {earlier.opening} - GENERIC_NAMES
    return bool(candidate.sentence.numbers - earlier.numbers) or len(names) >= _NEW_NAMES


def opens_twice(one: Candidate, other: Candidate) -> bool:
    """Whether two sentences of one article tell its opening twice: as standfirst, and once more where the body begins.

    One stands in the first paragraph, one in the two behind it. Their likeness says little: the words of its opening are
    an article's commonest, and weigh least in it.
    """
    first, second = sorted((one, other), key=lambda candidate: candidate.sentence.start)
    text = first.article.text
    if first.article is not second.article or "\n\n" in text[: first.sentence.end]:
        return False
    if not 1 <= text.count("\n\n", 0, second.sentence.start) < _OPENING_PARAGRAPHS:
        return False
    mine, theirs = set(first.sentence.terms), set(second.sentence.terms)
    if len(theirs) < len(mine) and second.sentence.numbers - first.sentence.numbers:
        return False  # shorter, and with a figure of its own: it goes on
    shared = len(mine & theirs)
    return shared >= _LEAST_SHARED and shared >= _TOLD_TWICE * min(len(mine), len(theirs))


def title_terms(article: Article) -> frozenset[int]:
    """The terms of an article's title; none where it has no title."""
    return _terms_of(article.title)


@lru_cache(maxsize=4_000)
def _terms_of(title: str | None) -> frozenset[int]:
    return frozenset(read_line(title).terms) if title else frozenset()
