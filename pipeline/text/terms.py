"""Term counts: what an article is about, as weighted words, for clustering.

A term is a folded, lightly stemmed word; a name keeps its capital (`Dmitriev`), so one list serves both the words of an
article and the names in it. Scripts without spaces between words give pairs of characters instead.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator

from pipeline.text.stopwords import is_stop_word

TITLE_WEIGHT = 3.0
LEAD_WEIGHT = 2.0
BODY_WEIGHT = 1.0
LEAD_CHARS = 400
BODY_CHARS = 3000

# Thai to Lao, Khmer, kana, Han.
_UNSPACED = "\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_UNSPACED_RUN = re.compile(rf"[{_UNSPACED}]+")
_TOKEN = re.compile(rf"[{_UNSPACED}]+|(?:(?![{_UNSPACED}])[^\W\d_])[^\W\d_{_UNSPACED}\u0300-\u036f]*|\d+(?:[.,]\d+)*")
# Hiragana writes endings and particles; what a Japanese text is about stands in the other scripts.
_PARTICLES = re.compile("[\u3040-\u309f]+")
# The first word of a sentence, heading or quotation: its capital says nothing.
_OPENING_WORD = re.compile(r"(?:^|[.!?:;\n\"“”„«»–—]\s*)\W*\w+")


def count_terms(title: str | None, text: str, language: str | None) -> dict[str, float]:
    """Count the terms of an article; a word of the title counts three times, one of the lead twice.

    Plural endings of English are cut: B-cubed F1 .952 against .949 without; cutting words to 5, 6 or 7 letters gives
    .954, .954 and .952 but makes terms that nobody can read.

    Args:
        title: Headline; None if it has none.
        text: Body; what lies beyond its first 3,000 characters is not read.
        language: ISO 639-1 code, which decides stop words and stemming; None for unknown.
    Returns:
        Weighted count of each term, in order of the terms. A term with a capital is a name: a word that the text writes
        with a capital inside its sentences, and never without.
    Example:
        >>> count_terms("Talks on the treaty", "Ministers met in Oslo. The treaties wait.", "en")
        {'Oslo': 2.0, 'met': 2.0, 'minister': 2.0, 'talk': 3.0, 'treaty': 5.0, 'wait': 2.0}
    """
    heading = unicodedata.normalize("NFC", title or "")
    body = unicodedata.normalize("NFC", text[:BODY_CHARS])
    lead, rest = _cut(body, LEAD_CHARS)
    tokens: Counter[str] = Counter()
    for part, weight in ((heading, TITLE_WEIGHT), (lead, LEAD_WEIGHT), (rest, BODY_WEIGHT)):
        for token, count in Counter(_TOKEN.findall(part)).items():
            tokens[token] += count * weight  # type: ignore[assignment]  # weights are floats
    names = _names(body)
    counts: dict[str, float] = {}
    for token, weighted in tokens.items():
        is_name = token.casefold() in names
        for term in _fold(token, language):
            key = term.capitalize() if is_name else term
            counts[key] = counts.get(key, 0.0) + weighted
    return dict(sorted(counts.items()))


def _cut(body: str, chars: int) -> tuple[str, str]:
    """The lead and the rest, cut between words."""
    at = body.find(" ", chars) if len(body) > chars else -1
    return (body, "") if at < 0 else (body[:at], body[at:])


def _names(body: str) -> set[str]:
    """The words, folded, that stand with a capital inside sentences and never without."""
    inner = set(_TOKEN.findall(_OPENING_WORD.sub(" ", body)))
    plain = {token for token in inner if token[0].islower()}
    capital = (token.casefold() for token in inner if len(token) > 1 and token[0].isupper())
    return {word for word in capital if word not in plain}


def _fold(token: str, language: str | None) -> Iterator[str]:
    """The terms of one token: none for a stop word, one for a word, pairs for a run without spaces."""
    if _UNSPACED_RUN.fullmatch(token):
        pairs = (token[i : i + 2] for i in range(max(1, len(token) - 1)))
        yield from (pair for pair in pairs if not _PARTICLES.fullmatch(pair))
        return
    word = token.casefold()
    if len(word) < 2 or (word[0].isalpha() and is_stop_word(word, language)):
        return
    yield _stem_english(word) if language == "en" else word


def _stem_english(word: str) -> str:
    """The word without a plural ending."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word
