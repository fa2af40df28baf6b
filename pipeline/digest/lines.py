"""Choose the lines of one story on one day: new, on topic, central, confirmed by others, and none said twice."""

from __future__ import annotations

import logging
import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date

import numpy as np
from scipy import sparse

from pipeline.digest.claims import add_spans, count_backing, find_evidence, is_said_before, same_frame
from pipeline.digest.cover import Field, find_main_fact, pick_lines, put_first
from pipeline.digest.evidence import Article, Candidate, Evidence, Line, StoryDay, happened_on
from pipeline.digest.factors import find_places, weigh
from pipeline.digest.features import Sentence, read_line
from pipeline.digest.figures import changed_figure
from pipeline.digest.inputs import Thresholds
from pipeline.digest.reading import fit_sentences, told_sentences
from pipeline.digest.settling import settle_lines
from pipeline.digest.trace import Choice, SentenceOutcome, trace_choice, trace_unread
from pipeline.digest.vectors import (
    Integers,
    TermWeights,
    article_rows,
    at_least,
    centrality,
    count_products,
    dense_row,
    highest,
    nearest_entries,
    similarities,
    term_rows,
    vectorise,
)

logger = logging.getLogger(__name__)

# What one story may cost, counted and not timed, so that a day gives the same lines on any machine. The largest story of
# the timelines takes 4 million products and has 3,200 near pairs; 20 million take half a second.
MOST_PRODUCTS = 20_000_000
MOST_NEAR = 1_000_000
# Where a story costs more, of each article only the first so many sentences are weighed, then half as many.
_FIRST_CUT = 2_048


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
    said = [(article, s) for article in story.fresh if article.gives_lines for s in told_sentences(article)]
    candidates = _candidates(said)
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
    rows = weighed.rows
    told = len(said) + len(published)
    lines_before = similarities(rows, vectors[len(said) : told])
    articles_before = similarities(rows, vectors[told:])
    nearest = np.maximum(highest(lines_before), highest(articles_before))
    updates = _updates(candidates, published, lines_before, thresholds)
    places = find_places(candidates)
    salience = centrality(rows, places)
    factors = weigh(story, candidates, places, salience, nearest, thresholds.core_size)
    scores = factors.product
    said_before = _said_before(story, candidates, published, lines_before, articles_before, weighed.most, thresholds)
    said_before &= ~updates
    scores[said_before] = 0.0
    near = at_least(today, thresholds.lead_similarity)
    evidence = [find_evidence(c, said, near[i] if scores[i] > 0 else [], thresholds) for i, c in enumerate(candidates)]
    origins = np.array([1 + math.log(count_backing(e)) for e in evidence])
    scores *= origins
    is_lone = len({c.article.article_id for c in candidates}) == 1
    field = Field(candidates=candidates, rows=rows, terms=weighed.terms, scores=scores, near=near, is_lone=is_lone)
    main = find_main_fact(candidates, said, near, scores, thresholds.main_similarity)
    chosen = pick_lines(field, max_lines, thresholds)
    picked = put_first(chosen.places, main, field, max_lines, thresholds.redundancy)
    picked = [*picked[:1], *in_reading_order(picked[1:], candidates)]
    picked = settle_lines(picked, candidates)
    if picked:
        weights = TermWeights(vectors, weighed.terms)
        for i in picked:
            if candidates[i].sentence is not evidence[i][0].sentence:  # it took the sentence before in
                likely = [(row, weights.likeness(candidates[i].sentence, said[row][1])) for row, _ in near[i]]
                evidence[i] = find_evidence(candidates[i], said, likely, thresholds)
            if len(story.fresh) < 2:
                continue
            likeness = dense_row(today, i)
            evidence[i] = add_spans(evidence[i], candidates[i], said, likeness, weights, thresholds)
        told_here = {(c.article.article_id, c.sentence.start, c.sentence.end) for c in (candidates[i] for i in picked)}
        for i in picked:  # a sentence that is a line tells a fact of its own
            others = (
                e for e in evidence[i][1:] if (e.article.article_id, e.sentence.start, e.sentence.end) not in told_here
            )
            evidence[i] = (evidence[i][0], *others)
    if trace is not None:
        choice = Choice(
            picked=picked,
            scores=scores,
            factors={**{f.name: getattr(factors, f.name) for f in fields(factors)}, "confirmed": origins},
            too_like=chosen.too_like,
            same_speaker=chosen.same_speaker,
            untold=chosen.untold,
            before=similarities(rows, vectors[len(said) :]),
            said_before=said_before,
            most=max_lines,
            read=weighed.most,
            thresholds=thresholds,
        )
        trace += trace_choice(story, said, candidates, choice)
    return [
        Line(
            kind=_kind(evidence[i], is_update=bool(updates[i])),
            novelty=round(1.0 - float(nearest[i]), 4),
            score=float(scores[i]),
            event_date=_event_date(candidates[i]),
            evidence=evidence[i],
        )
        for i in picked
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Weighed:
    """What is weighed of a story: all of it, or of each article the first `most` sentences."""

    most: int | None
    said: list[tuple[Article, Sentence]]
    candidates: list[Candidate]
    vectors: sparse.csr_array
    rows: sparse.csr_array
    terms: Integers
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
    longest = max(1 + s.index for _, s in said)
    longest = max(longest, *(len(article.sentences) for article in story.earlier), 2)
    while True:
        known = [article_rows(article.text, article.language, most) for article in story.earlier]
        vectors, terms = vectorise([term_rows([s for _, s in said]), term_rows(published), *known])
        rows = vectors[[c.row for c in candidates]]
        if most == 1 or count_products(rows, vectors) <= MOST_PRODUCTS:
            today = similarities(rows, vectors[: len(said)])
            if most == 1 or np.count_nonzero(today.data >= thresholds.lead_similarity) <= MOST_NEAR:
                return _Weighed(
                    most=most, said=said, candidates=candidates, vectors=vectors, rows=rows, terms=terms, today=today
                )
        most = _FIRST_CUT if most is None else most // 2
        while most >= longest:  # it would cut nothing
            most //= 2
        said = [(article, s) for article, s in said if s.index < most]
        candidates = _candidates(said)


def _candidates(said: Sequence[tuple[Article, Sentence]]) -> list[Candidate]:
    """Those of a day's sentences that could be lines."""
    return [Candidate(a, s, row) for row, (a, s) in enumerate(said) if fit_sentences(a)[s.index]]


def _event_date(candidate: Candidate) -> date | None:
    """The day that a candidate says something happened on."""
    return happened_on(candidate.article, candidate.sentence.text)


def _kind(evidence: Sequence[Evidence], *, is_update: bool) -> str:
    """What kind of line a candidate makes."""
    return "differs" if any(e.role == "differs" for e in evidence) else "updated" if is_update else "new"


def in_reading_order(picked: Sequence[int], candidates: Sequence[Candidate]) -> list[int]:
    """Order lines by weight, those of one article among themselves as the article has them."""
    by_article: defaultdict[str, list[int]] = defaultdict(list)
    for i in picked:
        by_article[candidates[i].article.article_id].append(i)
    told = {key: iter(sorted(group, key=lambda i: candidates[i].sentence.start)) for key, group in by_article.items()}
    return [next(told[candidates[i].article.article_id]) for i in picked]


def _said_before(
    story: StoryDay,
    candidates: Sequence[Candidate],
    published: Sequence[Sentence],
    lines_before: sparse.csr_array,
    articles_before: sparse.csr_array,
    most: int | None,
    thresholds: Thresholds,
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which candidates the nearest earlier line, or the nearest sentence of an earlier article, says already."""
    said = np.zeros(len(candidates), dtype=bool)
    known: list[Sentence] | None = None
    for matrix, told in ((lines_before, True), (articles_before, False)):
        least = thresholds.told_similarity if told else thresholds.seen_similarity
        for i, near in enumerate(nearest_entries(matrix)):
            if near is None or near[1] < least or said[i]:
                continue
            if not told and known is None:
                known = [s for article in story.earlier for s in article.sentences[:most]]
            earlier = (published if told or known is None else known)[near[0]]
            said[i] = is_said_before(candidates[i], earlier, near[1], thresholds, told=told)
    return said


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
