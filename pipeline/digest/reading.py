"""A story's day as sentences: where each begins, and which stand only together with the one before."""

from __future__ import annotations

from functools import lru_cache

from pipeline.digest.candidates import MAX_CHARS, MAX_WORDS, can_be_line, ends_as_statement, is_furniture
from pipeline.digest.evidence import Article
from pipeline.digest.features import Sentence, read_sentence, read_sentences
from pipeline.digest.hanging import find_bare_subject
from pipeline.digest.leads import find_lead, find_lead_of
from pipeline.digest.openings import trim_opening
from pipeline.digest.standing import leans_on_context


def told_sentences(article: Article) -> tuple[Sentence, ...]:
    """An article's sentences as a digest may tell them, one for each of the text's, in order.

    Labels, datelines, clock stamps and connectives are off. A sentence that leans on the one before it is the span of both
    where that is fit to be shown, else itself; then it still leans.
    """
    return tell_sentences(article.text, article.language)


def fit_sentences(article: Article) -> tuple[bool, ...]:
    """Of each of an article's told sentences whether it can be a line."""
    return _fit_sentences(article.title, article.text, article.language)


@lru_cache(maxsize=4_000)
def _fit_sentences(title: str | None, text: str, language: str | None) -> tuple[bool, ...]:
    lead = find_lead_of(title, text, language)
    return tuple(can_be_line(text, sentence, language, lead) for sentence in tell_sentences(text, language))


@lru_cache(maxsize=4_000)
def tell_sentences(text: str, language: str | None) -> tuple[Sentence, ...]:
    """The sentences of a text, as `told_sentences` gives those of an article; remembered."""
    told: list[Sentence] = []
    before: Sentence | None = None
    for sentence in read_sentences(text, language):
        alone = trim_opening(text, sentence)
        joined = _joined(text, before, alone, language) if before and leans_on_context(alone, language) else None
        told.append(joined or alone)
        before = alone
    return tuple(told)


def join_before(article: Article, sentence: Sentence) -> Sentence | None:
    """A sentence that stands alone with the one before it, trimmed as that is told; None where the two are no line.

    Args:
        sentence: One of `told_sentences`.
    """
    sentences = article.sentences
    if not sentence.index or sentence.start < sentences[sentence.index].start:
        return None
    before = trim_opening(article.text, sentences[sentence.index - 1])
    if find_bare_subject(before, article.language) is not None and before.index != find_lead(article):
        return None
    return _joined(article.text, before, sentence, article.language)


def _joined(text: str, before: Sentence, leaning: Sentence, language: str | None) -> Sentence | None:
    """A leaning sentence with the one before it; None where that leans too, is no statement, or both are too long."""
    fits = leaning.end - before.start <= MAX_CHARS and before.word_count + leaning.word_count <= MAX_WORDS
    if not fits or before.index != leaning.index - 1 or text[before.end : leaning.start].strip():
        return None
    if leans_on_context(before, language) or not ends_as_statement(before.text) or is_furniture(before.text):
        return None
    return read_sentence(text, before.start, leaning.end, leaning.index)
