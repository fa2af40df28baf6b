"""Choose lines for what each adds to those chosen before: names, numbers and words not told yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from pipeline.digest.candidates import is_furniture
from pipeline.digest.evidence import Candidate
from pipeline.digest.inputs import Thresholds
from pipeline.digest.vectors import Floats, Integers

# A name or a number adds so many times what a plain word adds.
_ANCHOR = 2.5
# How hard it counts that a line repeats words of those before it.
_GAIN_POWER = 1.0
# Each further line from the same article weighs less, so that other articles are heard.
_SAME_ARTICLE = 0.75
# One article alone gives two lines; two more where each adds so many names or figures.
LONE_LINES = 2
LONE_LINES_AT_MOST = 4
_LONE_ADDS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """The candidates of a story's day, as they compete.

    Attributes:
        rows: Their unit rows.
        terms: The term of each column.
        scores: What each weighs by itself; 0 puts it out.
        near: For each the day's rows that are too like it.
        is_lone: Whether one article is all there is.
    """

    candidates: Sequence[Candidate]
    rows: sparse.csr_array
    terms: Integers
    scores: Floats
    near: Sequence[Sequence[tuple[int, float]]]
    is_lone: bool


def pick_lines(field: Field, most: int, thresholds: Thresholds) -> list[int]:
    """Pick greedily, best first, leaving out what a picked line says already.

    Returns:
        Places of the chosen.
    """
    candidates, scores = field.candidates, np.round(field.scores, 9)
    weights = scores.copy()
    articles = np.array([c.article.article_id for c in candidates])
    place = {c.row: i for i, c in enumerate(candidates)}
    worth = _worth(field)
    total = np.maximum(np.asarray(worth.sum(axis=1)).ravel(), 1e-12)
    told = np.zeros(worth.shape[1])
    told_anchors: set[str] = set()
    floor = 0.0
    picked: list[int] = []
    most = min(most, LONE_LINES_AT_MOST) if field.is_lone else most
    while len(picked) < most:
        gain = np.clip(1 - (worth @ told) / total, 0, 1) ** _GAIN_POWER
        values = np.round(weights * gain, 9)
        i = int(np.argmax(values))
        if values[i] <= 0 or scores[i] < floor:
            break
        weights[i] = 0.0
        adds = candidates[i].sentence.anchors - told_anchors
        if field.is_lone and len(picked) >= LONE_LINES and len(adds) < _LONE_ADDS:
            continue
        if is_furniture(candidates[i].sentence.text):  # asked last: it costs as much as all the rest
            continue
        picked.append(i)
        floor = floor or thresholds.min_score_share * float(scores[i])
        told[field.rows.indices[field.rows.indptr[i] : field.rows.indptr[i + 1]]] = 1.0
        told_anchors |= candidates[i].sentence.anchors | {candidates[i].sentence.opening}
        weights[[place[row] for row, _ in field.near[i] if row in place]] = 0.0
        weights[articles == candidates[i].article.article_id] *= _SAME_ARTICLE
    return picked


def _worth(field: Field) -> sparse.csr_array:
    """What each term of each candidate is worth: its share of the row's length, names and numbers more."""
    anchors = {term for c in field.candidates for term in c.sentence.anchor_terms}
    boost = np.where(np.isin(field.terms, np.fromiter(anchors, dtype=np.int64, count=len(anchors))), _ANCHOR, 1.0)
    rows = field.rows
    return sparse.csr_array((rows.data**2 * boost[rows.indices], rows.indices, rows.indptr), shape=rows.shape)
