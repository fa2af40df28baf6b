"""Choose the lines of one story on one day: new, on topic, central, confirmed by others, and none said twice."""

from __future__ import annotations

import logging
import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date

import numpy as np
from scipy import sparse

from pipeline.digest.candidates import can_be_line, is_furniture, leans_on_context, trim_opening
from pipeline.digest.claims import count_backing, find_evidence, same_frame
from pipeline.digest.event_dates import find_event_date
from pipeline.digest.evidence import Article, Candidate, Evidence, Line, StoryDay
from pipeline.digest.features import Sentence, article_anchors, read_line
from pipeline.digest.figures import changed_figure
from pipeline.digest.inputs import Thresholds
from pipeline.digest.trace import Choice, SentenceOutcome, trace_choice, trace_unread
from pipeline.digest.vectors import (
    Floats,
    article_rows,
    at_least,
    centrality,
    count_products,
    highest,
    similarities,
    term_rows,
    vectorise,
)

logger = logging.getLogger(__name__)

# A sentence that leans on its neighbour reads badly alone; an equal that stands alone should win.
_LEANING = 0.6
# A sentence with a single one of the story's core names is as often beside the point.
_ONE_CORE_NAME = 0.7
# One article is worth four lines at most, two origins six.
_FIRST_LINES = 2
_LINES_PER_ORIGIN = 2
# What one story may cost, counted and not timed, so that a day gives the same lines on any machine. The largest story of
# the timelines takes 4 million products and has 3,200 near pairs; 50 million take a second and half a gigabyte.
MOST_PRODUCTS = 50_000_000
MOST_NEAR = 1_000_000
# Where a story costs more, of each article only the first so many sentences are weighed, then half as many.
_FIRST_CUT = 2_048
# Each further line from the same article weighs less, so that other articles are heard.
_SAME_ARTICLE = 0.75


@dataclass(frozen=True, slots=True, kw_only=True)
class _Factors:
    """What candidates weigh, factor by factor, one number a candidate. `product` is their weight in a line's choice."""

    salience: Floats
    place: Floats
    novelty: Floats
    standing_alone: Floats
    on_topic: Floats

    @property
    def product(self) -> Floats:
        """All of them multiplied."""
        weights: Floats = self.salience * self.place * self.novelty * self.standing_alone
        return weights * self.on_topic


def choose_lines(
    story: StoryDay, *, max_lines: int, thresholds: Thresholds, trace: list[SentenceOutcome] | None = None
) -> list[Line]:
    """Choose the lines of a story's day, best first.

    Args:
        story: The story; its articles' order decides ties, so give them in a fixed one.
        max_lines: Most lines to choose.
        thresholds: What decides novelty, sameness and redundancy.
        trace: Where what became of every fresh sentence is written down; None costs nothing.
    Returns:
        Lines of kind new, updated or differs; empty when the day says nothing new.
    """
    said = [(article, s) for article in story.fresh if article.gives_lines for s in trimmed_sentences(article)]
    candidates = [Candidate(a, s, row) for row, (a, s) in enumerate(said) if can_be_line(s)]
    if not candidates or max_lines < 1:
        if trace is not None:
            trace += trace_choice(story, said, candidates, None)
        return []
    published = [read_line(text) for text in story.earlier_lines]
    weighed = _weigh(story, said, candidates, published, thresholds)
    if weighed.most is not None:
        logger.warning("story=%s too large: the first %d sentences of each article count", story.story_id, weighed.most)
    if trace is not None and weighed.most is not None:
        trace += trace_unread(story, [(a, s) for a, s in said if s.index >= weighed.most], weighed.most)
    said, candidates, vectors, today = weighed.said, weighed.candidates, weighed.vectors, weighed.today
    if not candidates:
        if trace is not None:
            trace += trace_choice(story, said, candidates, None)
        return []
    rows = [c.row for c in candidates]
    told = len(said) + len(published)
    lines_before = similarities(vectors[rows], vectors[len(said) : told])
    nearest = np.maximum(highest(lines_before), highest(similarities(vectors[rows], vectors[told:])))
    updates = _updates(candidates, published, lines_before, thresholds)
    salience = centrality(vectors[rows], _positions(candidates))
    factors = _factors(story, candidates, salience, nearest, thresholds)
    scores = factors.product
    said_before = (nearest >= thresholds.seen_similarity) & ~updates
    scores[said_before] = 0.0
    near = at_least(today, thresholds.redundancy)
    evidence = [find_evidence(c, said, near[i] if scores[i] > 0 else [], thresholds) for i, c in enumerate(candidates)]
    origins = np.array([1 + math.log(count_backing(e)) for e in evidence])
    scores *= origins
    most = min(max_lines, _FIRST_LINES + _LINES_PER_ORIGIN * len({a.origin for a in story.fresh if a.gives_lines}))
    picked = _pick(candidates, scores, near, most, thresholds)
    if trace is not None:
        choice = Choice(
            picked=picked,
            scores=scores,
            factors={**{f.name: getattr(factors, f.name) for f in fields(factors)}, "confirmed": origins},
            near=near,
            before=similarities(vectors[rows], vectors[len(said) :]),
            said_before=said_before,
            most=most,
            read=weighed.most,
            thresholds=thresholds,
        )
        trace += trace_choice(story, said, candidates, choice)
    lines = [
        Line(
            kind=_kind(evidence[i], is_update=bool(updates[i])),
            novelty=round(1.0 - float(nearest[i]), 4),
            score=float(scores[i]),
            event_date=_event_date(candidates[i]),
            evidence=evidence[i],
        )
        for i in picked
    ]
    return in_reading_order(lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Weighed:
    """What is weighed of a story: all of it, or of each article the first `most` sentences."""

    most: int | None
    said: list[tuple[Article, Sentence]]
    candidates: list[Candidate]
    vectors: sparse.csr_array
    today: sparse.csr_array


def _weigh(
    story: StoryDay,
    said: list[tuple[Article, Sentence]],
    candidates: list[Candidate],
    published: Sequence[Sentence],
    thresholds: Thresholds,
) -> _Weighed:
    """Turn a story's sentences into vectors; of one that would cost too much only the beginnings of its articles."""
    most: int | None = None
    while True:
        known = [article_rows(article.text, article.language, most) for article in story.earlier]
        vectors = vectorise([term_rows([s for _, s in said]), term_rows(published), *known])
        rows = [c.row for c in candidates]
        if most == 1 or count_products(vectors, rows) <= MOST_PRODUCTS:
            today = similarities(vectors[rows], vectors[: len(said)])
            if most == 1 or np.count_nonzero(today.data >= thresholds.redundancy) <= MOST_NEAR:
                return _Weighed(most=most, said=said, candidates=candidates, vectors=vectors, today=today)
        most = _FIRST_CUT if most is None else most // 2
        said = [(article, s) for article, s in said if s.index < most]
        candidates = [Candidate(a, s, row) for row, (a, s) in enumerate(said) if can_be_line(s)]


def _event_date(candidate: Candidate) -> date | None:
    """The day that a candidate says something happened on."""
    article = candidate.article
    return find_event_date(candidate.sentence.text, article.published_date, edited=article.edited_date)


def _kind(evidence: Sequence[Evidence], *, is_update: bool) -> str:
    """What kind of line a candidate makes."""
    return "differs" if any(e.role == "differs" for e in evidence) else "updated" if is_update else "new"


def in_reading_order(lines: Sequence[Line]) -> list[Line]:
    """Order lines by weight, those of one article among themselves as the article has them."""
    by_article: defaultdict[str, list[Line]] = defaultdict(list)
    for line in lines:
        by_article[line.primary.article.article_id].append(line)
    told = {key: iter(sorted(group, key=lambda line: line.primary.sentence.start)) for key, group in by_article.items()}
    return [next(told[line.primary.article.article_id]) for line in lines]


def trimmed_sentences(article: Article) -> list[Sentence]:
    """An article's sentences; labels and datelines are taken off the first ones, clock times off all."""
    return [trim_opening(article.text, s) if s.index < 3 or s.text[0].isdigit() else s for s in article.sentences]


def _positions(candidates: Sequence[Candidate]) -> Floats:
    """What a sentence's place is worth: 1 for the first, a half for the sixth, never below a quarter."""
    return np.array([max(0.25, 1 / (1 + 0.2 * c.sentence.index)) for c in candidates])


def _factors(
    story: StoryDay, candidates: Sequence[Candidate], salience: Floats, nearest: Floats, thresholds: Thresholds
) -> _Factors:
    """Salience, position, novelty, standing alone and being on topic.

    Novelty also counts the names and numbers that the story never held.
    """
    seen: set[str] = set()
    for article in story.earlier:
        seen |= article_anchors(article.text, article.language)[1]
    for text in story.earlier_lines:
        seen |= article_anchors(text, None)[1]
    unseen = np.array([_unseen_share(c.sentence.anchors, seen) for c in candidates])
    return _Factors(
        salience=salience,
        place=_positions(candidates),
        novelty=(1 - nearest) * (0.5 + 0.5 * unseen),
        standing_alone=np.array([_LEANING if leans_on_context(c.sentence) else 1.0 for c in candidates]),
        on_topic=_on_topic(story, candidates, thresholds.core_size),
    )


def _unseen_share(anchors: frozenset[str], seen: set[str]) -> float:
    """Share of a sentence's names and numbers that the story never held; 0 where it has none."""
    return len(anchors - seen) / len(anchors) if anchors else 0.0


def _on_topic(story: StoryDay, candidates: Sequence[Candidate], core_size: int) -> Floats:
    """What a sentence's hold on the story's core names is worth: nothing without any (furniture about other stories).

    The core are the names that most of the story's articles hold; a text without capitals has none, and is let pass.
    """
    holding: Counter[str] = Counter()
    articles = [*story.earlier, *(a for a in story.fresh if a.gives_lines)]
    for article in articles:
        holding.update(article_anchors(article.text, article.language)[0])
    shared = min(2, (len(articles) + 1) // 2)
    ranked = sorted((name for name, count in holding.items() if count >= shared), key=lambda n: (-holding[n], n))
    core = frozenset(ranked[:core_size] if len(articles) > 2 else ranked)
    if not core:
        return np.ones(len(candidates))
    held = (len((c.sentence.names | {c.sentence.opening}) & core) for c in candidates)
    return np.array([(0.0, _ONE_CORE_NAME, 1.0)[min(2, n)] for n in held])


def _updates(
    candidates: Sequence[Candidate], published: Sequence[Sentence], similar: sparse.csr_array, thresholds: Thresholds
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which candidates say an earlier line again with another figure."""
    updates = np.zeros(len(candidates), dtype=bool)
    for i, (candidate, near) in enumerate(zip(candidates, at_least(similar, thresholds.redundancy), strict=True)):
        updates[i] = any(
            candidate.sentence.numbers - published[j].numbers
            and same_frame(candidate.sentence, published[j], thresholds.update_similarity)
            and changed_figure(candidate.sentence, published[j], candidate.article.language)
            for j, _ in near
        )
    return updates


def _pick(
    candidates: Sequence[Candidate],
    scores: Floats,
    near: Sequence[Sequence[tuple[int, float]]],
    max_lines: int,
    thresholds: Thresholds,
) -> list[int]:
    """Pick greedily, best first, leaving out what a picked line says already."""
    weights = np.round(scores, 9)
    floor = 0.0
    picked: list[int] = []
    articles = np.array([c.article.article_id for c in candidates])
    place = {c.row: i for i, c in enumerate(candidates)}
    while len(picked) < max_lines:
        i = int(np.argmax(weights))
        if weights[i] <= 0 or scores[i] < floor:
            break
        weights[i] = 0.0
        if is_furniture(candidates[i].sentence.text):  # asked last: it costs as much as all the rest
            continue
        picked.append(i)
        floor = floor or thresholds.min_score_share * float(scores[i])
        weights[[place[row] for row, _ in near[i] if row in place]] = 0.0
        weights[articles == candidates[i].article.article_id] *= _SAME_ARTICLE
    return picked
