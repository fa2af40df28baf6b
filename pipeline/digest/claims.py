"""Which sentences of other articles say what a line says: its evidence, with the origins behind it."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.digest.evidence import Article, Candidate, Evidence
from pipeline.digest.features import Sentence
from pipeline.digest.figures import MIN_SHARED_FRAME, agrees, changed_figure, is_bounded
from pipeline.digest.inputs import Thresholds
from pipeline.digest.vectors import frame_similarity


def confirms(line: Sentence, other: Sentence, likeness: float, language: str | None, thresholds: Thresholds) -> bool:
    """Whether another article's sentence may be shown as a source of a line.

    Args:
        likeness: Cosine of the two among their story's sentences.
        language: The line's article's.
    """
    return likeness >= thresholds.claim_similarity and agrees(line, other, language)


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
        article.origin != mine.origin
        and article.published_date is not None
        and article.published_date == mine.published_date
        and same_frame(candidate.sentence, sentence, thresholds.frame_similarity)
        and changed_figure(candidate.sentence, sentence, mine.language)
        and not (is_bounded(candidate.sentence) or is_bounded(sentence))
    )
    return "differs" if disputed else ""
