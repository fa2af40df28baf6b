"""Which sentences of other articles say what a line says: its evidence, with the origins behind it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.digest.candidates import ends_as_statement
from pipeline.digest.evidence import Article, Candidate, Evidence
from pipeline.digest.features import Sentence, read_sentence
from pipeline.digest.figures import MIN_SHARED_FRAME, agrees, changed_figure
from pipeline.digest.inputs import Thresholds
from pipeline.digest.leads import opens_news
from pipeline.digest.names import GENERIC_NAMES
from pipeline.digest.vectors import Floats, TermWeights, frame_similarity

# What a sentence must be, and share, to be shown as a source; measured in docs/decisions/0016-one-fact-all-its-sources.md
# and 0027-spans-datelines-and-what-is-not-shown.md.
MIN_STATEMENT_WORDS = 8
MIN_SHARED_PLAIN = 2
# Of two sentences that are a source together, each must be as near as this; and the line must name so much.
MIN_SPAN_PART = 0.1
MIN_SPAN_ANCHORS = 2
MAX_SPAN_CHARS = 420
# Where they hold all of so many names of the line, and this share of its weight, one plain word beside will do.
MANY_NAMES = 4
MOST_OF_LINE = 2 / 3
NOUNS_HAVE_CAPITALS = frozenset({"de", "lb"})


def confirms(line: Sentence, other: Sentence, likeness: float, language: str | None, thresholds: Thresholds) -> bool:
    """Whether another article's sentence may be shown as a source of a line.

    Args:
        likeness: Cosine of the two among their story's sentences.
        language: The line's article's.
    """
    return (
        likeness >= thresholds.claim_similarity
        and is_statement(other)
        and shares_ground(line, other, language)
        and agrees(line, other, language)
    )


def _names(sentence: Sentence) -> frozenset[str]:
    """The names in a sentence, its first word among them."""
    return (sentence.names | {sentence.opening}) - GENERIC_NAMES - {""}


def is_statement(sentence: Sentence) -> bool:
    """Whether a sentence states something whole, so that a reader can check a line by it: no question, no fragment."""
    return sentence.word_count >= MIN_STATEMENT_WORDS and ends_as_statement(sentence.text)


def shares_ground(one: Sentence, other: Sentence, language: str | None) -> bool:
    """Whether two sentences share a name or a number, and two plain words beside it.

    Where nouns have capitals too, a name cannot be told from a noun: there any three words will do, one of them such. Where
    nothing has capitals, three words.
    """
    shared = len(one.frame & other.frame)
    names = (one.names & other.names) | ({one.opening, other.opening} & (one.names | other.names)) - {""}
    if one.opening and one.opening == other.opening:
        names |= {one.opening}
    anchors = len(names) + len(one.numbers & other.numbers)
    if not (one.names or one.opening or other.names or other.opening):
        return shared >= MIN_SHARED_PLAIN + 1
    if language in NOUNS_HAVE_CAPITALS:
        return anchors >= 1 and shared >= MIN_SHARED_PLAIN + 1
    return anchors >= 1 and shared - len(names) >= MIN_SHARED_PLAIN


def find_evidence(
    candidate: Candidate,
    said: Sequence[tuple[Article, Sentence]],
    near: Sequence[tuple[int, float]],
    thresholds: Thresholds,
) -> tuple[Evidence, ...]:
    """The candidate itself, then the best sentence of every other article that says the same or another figure."""
    mine = candidate.article
    best: dict[str, tuple[float, Evidence]] = {}
    for j, value in near:
        article, sentence = said[j]
        if article.article_id == mine.article_id or value <= best.get(article.article_id, (0.0,))[0]:
            continue
        if role := _role(candidate, article, sentence, value, thresholds):
            best[article.article_id] = (value, Evidence(article=article, sentence=sentence, role=role))
    others = sorted(best.values(), key=lambda b: (b[1].role, -b[0], b[1].article.article_id))
    return (Evidence(article=mine, sentence=candidate.sentence, role="primary"), *(e for _, e in others))


def is_said_before(
    candidate: Candidate, earlier: Sentence, likeness: float, thresholds: Thresholds, *, told: bool
) -> bool:
    """Whether an earlier sentence said it: in nearly the same words, or in like words where it opens no news.

    Reports of one matter repeat its names and its nouns each day: what is new is the name or the figure beside them.

    Args:
        earlier: The nearest sentence of before.
        likeness: Cosine of the two.
        told: Whether it was a line of a digest.
    """
    if likeness >= thresholds.surely_said:
        return True
    if likeness < (thresholds.told_similarity if told else thresholds.seen_similarity):
        return False
    sentence, language = candidate.sentence, candidate.article.language
    return shares_ground(sentence, earlier, language) and not opens_news(candidate, earlier)


def add_spans(
    evidence: tuple[Evidence, ...],
    candidate: Candidate,
    said: Sequence[tuple[Article, Sentence]],
    likeness: Floats,
    weights: TermWeights,
    thresholds: Thresholds,
) -> tuple[Evidence, ...]:
    """A line's evidence, and where two sentences of another article say together what none says alone, those two as one span.

    Such a span holds every name, place and figure of the line.

    Args:
        likeness: Of the line to each of the day's sentences.
        weights: What the story's terms weigh.
    """
    line = candidate.sentence
    wanted = line.anchors - GENERIC_NAMES
    if len(wanted) < MIN_SPAN_ANCHORS:
        return evidence
    heard = {e.article.article_id for e in evidence}
    found: dict[str, tuple[float, Evidence]] = {}
    for j in np.flatnonzero((likeness[:-1] >= MIN_SPAN_PART) & (likeness[1:] >= MIN_SPAN_PART)).tolist():
        (article, first), (other, second) = said[j], said[j + 1]
        if article is not other or article.article_id in heard or second.end - first.start > MAX_SPAN_CHARS:
            continue
        if second.index != first.index + 1 or not wanted <= first.anchors | second.anchors | {
            first.opening,
            second.opening,
        }:
            continue
        span = read_sentence(article.text, first.start, second.end, first.index)
        value = weights.likeness(line, span)
        if value <= found.get(article.article_id, (0.0,))[0]:
            continue
        if not ends_as_statement(first.text):
            continue
        language = candidate.article.language
        if confirms(line, span, value, language, thresholds) or _holds_all(line, span, language, weights):
            found[article.article_id] = (value, Evidence(article=article, sentence=span, role="corroborates"))
    if not found:
        return evidence
    backing = [e for e in evidence[1:] if e.role != "differs"]
    backing += [e for _, e in sorted(found.values(), key=lambda f: (-f[0], f[1].article.article_id))]
    return (evidence[0], *backing, *(e for e in evidence[1:] if e.role == "differs"))


def _holds_all(line: Sentence, span: Sentence, language: str | None, weights: TermWeights) -> bool:
    """Whether two sentences hold all of a line's many names, one plain word more, and most of what it weighs."""
    names = _names(line)
    if len(names) < MANY_NAMES or not names <= _names(span) or not is_statement(span):
        return False
    plain = len(line.frame & span.frame) - len(names)
    return plain >= 1 and weights.held_share(line, span) >= MOST_OF_LINE and agrees(line, span, language)


def same_frame(one: Sentence, other: Sentence, least: float) -> bool:
    """Whether two sentences speak of the same figure."""
    enough = len(one.frame & other.frame) >= MIN_SHARED_FRAME
    return enough and frame_similarity(one, other) >= least


def count_backing(evidence: Sequence[Evidence]) -> int:
    """Independent origins that say what the first evidence says."""
    return len({e.article.origin for e in evidence if e.role != "differs"})


def _role(candidate: Candidate, article: Article, sentence: Sentence, value: float, thresholds: Thresholds) -> str:
    """What another article's sentence does for a candidate; "" for nothing."""
    mine = candidate.article
    if confirms(candidate.sentence, sentence, value, mine.language, thresholds):
        return "corroborates"
    disputed = (
        candidate.sentence.numbers != sentence.numbers  # asked first: it costs least and is mostly so
        and article.origin != mine.origin
        and article.published_date is not None
        and article.published_date == mine.published_date
        and same_frame(candidate.sentence, sentence, thresholds.frame_similarity)
        and changed_figure(candidate.sentence, sentence, mine.language)
    )
    return "differs" if disputed else ""
