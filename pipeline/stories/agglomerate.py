"""Average-link agglomeration of a day's articles with each other and with the events that stand already."""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from pipeline.stories.vectors import near_rows

Floats = np.ndarray[Any, np.dtype[np.float64]]
Ints = np.ndarray[Any, np.dtype[np.int64]]

_DIGITS = 9  # of the similarities that are compared: beyond what another build of the arithmetic could change


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time: first and last publication, in days."""

    first: float
    last: float

    def gap(self, other: Span) -> float:
        """Days between two spans; 0 where they meet."""
        return max(0.0, max(self.first, other.first) - min(self.last, other.last))

    def join(self, other: Span) -> Span:
        """The span over both."""
        return Span(min(self.first, other.first), max(self.last, other.last))


def decay(gap_days: float, sigma_days: float, tail: float = 0.0) -> float:
    """How much a similarity still counts over a gap: a bell from 1 at no gap down to the tail.

    Example:
        >>> decay(0.0, 5.0), round(decay(5.0, 5.0), 3), round(decay(500.0, 5.0, 0.3), 3)
        (1.0, 0.607, 0.3)
    """
    return tail + (1.0 - tail) * math.exp(-0.5 * (gap_days / sigma_days) ** 2)


@dataclass(frozen=True, slots=True)
class Cluster:
    """Articles that are together.

    Attributes:
        size: How many.
        span: Their time.
        is_standing: Whether an event that stands already is among them; two such never become one.
        terms: The terms of their mean vector.
        weights: How much there is of each term.
    """

    size: int
    span: Span
    is_standing: bool
    terms: Ints
    weights: Floats


class Joining:
    """Clusters while they are joined, by number: the first ones are the items, and a join makes a new number.

    A mean over pairs of articles is the product of two mean vectors, so no pair of articles need be kept: a cluster
    knows which few others are nearest, and what it becomes is compared with those of both. Memory and work follow the
    clusters, even where all are alike.

    Attributes:
        living: The clusters that are part of no other, by number.
        is_cut: Whether one had more others near it than are kept.
    """

    def __init__(
        self, items: Sequence[Cluster], width: int, threshold: float, sigma_days: float, candidates: int
    ) -> None:
        self.living = dict(enumerate(items))
        self.is_cut = False
        self._threshold, self._sigma_days, self._candidates = threshold, sigma_days, candidates
        self._next = len(items)
        self._into: dict[int, int] = {}  # what each that lives no more was joined into
        self._near: dict[int, set[int]] = {number: set() for number in self.living}
        self._queue: list[
            tuple[float, int, int]
        ] = []  # closest first; pairs of which one lives no more are passed over
        self._scratch = np.zeros(width)  # a zero for each term
        spans = [(item.span.first, item.span.last, item.is_standing) for item in items]
        self._facts = np.zeros((2 * len(items), 3))
        self._facts[: len(items)] = np.array(spans).reshape(-1, 3)

    def compare_all(self) -> None:
        """Compare each cluster that is no standing event with all."""
        parts = list(self.living.values())
        terms = [np.empty(0, dtype=np.int64), *(part.terms for part in parts)]
        weights = [np.empty(0), *(part.weights for part in parts)]
        starts = np.cumsum([len(part) for part in terms])
        rows = sparse.csr_array(
            (np.concatenate(weights), np.concatenate(terms), starts), shape=(len(parts), len(self._scratch))
        )
        new = np.array([number for number, part in self.living.items() if not part.is_standing], dtype=np.int64)
        near = near_rows(sparse.csr_array(rows[new]), rows, self._threshold)
        for number, (others, similarities) in zip(new.tolist(), near, strict=True):
            self._offer(number, others, similarities)

    def join_all(self) -> None:
        """Join the closest pair until none that was compared is close enough. Ties go to the lower numbers."""
        while self._queue:
            _, a, b = heapq.heappop(self._queue)
            if a in self.living and b in self.living:
                self._join(a, b)

    @property
    def waiting(self) -> int:
        """How many pairs wait to be joined."""
        return len(self._queue)

    def root(self, item: int) -> int:
        """The living cluster that an item ended in."""
        while item in self._into:
            item = self._into[item]
        return item

    def _offer(self, number: int, others: Ints, similarities: Floats) -> None:
        """Note the nearest of some others, and queue those that are close enough.

        What is not near enough to either of two clusters, time left aside, is not near enough to both together, and is
        forgotten.
        """
        first, last, is_standing = self._facts[number]
        is_near = (similarities.round(_DIGITS) >= self._threshold) & (others != number)
        is_near &= (self._facts[others, 2] + is_standing) < 2
        others, similarities = others[is_near], similarities[is_near]
        gaps = np.maximum(0.0, np.maximum(self._facts[others, 0], first) - np.minimum(self._facts[others, 1], last))
        closeness = (similarities * np.exp(-0.5 * (gaps / self._sigma_days) ** 2)).round(_DIGITS)
        if len(others) > self._candidates:
            self.is_cut = True
            nearest = np.argsort(-closeness, kind="stable")[: self._candidates]
            others, closeness = others[nearest], closeness[nearest]
        for other, value in zip(others.tolist(), closeness.tolist(), strict=True):
            if other not in self._near[number]:
                self._near[number].add(other)
                self._near[other].add(number)
                if value >= self._threshold:
                    heapq.heappush(self._queue, (-value, min(number, other), max(number, other)))

    def _join(self, a: int, b: int) -> None:
        """Make one of two."""
        one, other = self.living.pop(a), self.living.pop(b)
        joined, size = self._next, one.size + other.size
        self._next += 1
        self._into[a] = self._into[b] = joined
        terms = _union(one.terms, other.terms)
        for part in (one, other):
            self._scratch[part.terms] += part.weights * (part.size / size)
        span, is_standing = one.span.join(other.span), one.is_standing or other.is_standing
        self.living[joined] = Cluster(size, span, is_standing, terms, self._scratch[terms])
        self._facts[joined] = span.first, span.last, is_standing
        around = np.array(sorted((self._near.pop(a) | self._near.pop(b)) - {a, b}), dtype=np.int64)
        self._near[joined] = set()
        for neighbour in around.tolist():
            self._near[neighbour] -= {a, b}
        self._offer(joined, around, np.array([self._with_scratch(neighbour) for neighbour in around.tolist()]))
        self._scratch[terms] = 0.0

    def _with_scratch(self, number: int) -> float:
        """The product of a cluster's mean vector with the one that is laid out in the scratch."""
        cluster = self.living[number]
        return float((self._scratch[cluster.terms] * cluster.weights).sum())


def _union(one: Ints, other: Ints) -> Ints:
    """The numbers in either, ascending; for a few hundred, `np.union1d` takes nine times as long."""
    both = np.sort(np.concatenate([one, other]), kind="stable")
    return np.concatenate([both[:1], both[1:][both[1:] != both[:-1]]])


def agglomerate(
    means: sparse.csr_array,
    sizes: Sequence[int],
    spans: Sequence[Span],
    standing: int,
    threshold: float,
    sigma_days: float,
    candidates: int,
) -> list[int]:
    """Join new articles with each other and with standing events, closest first, until no two are close enough.

    Items are the standing events, then the new articles. A standing event takes articles but never becomes one with
    another. Merging them instead gained nothing (F1 .952 both ways) and would move articles that stand.

    Args:
        means: One row an item: the mean of its articles' vectors.
        sizes: Articles in each item.
        spans: Time of each item.
        standing: How many items are standing events.
        threshold: Mean cosine times decay at which two are joined.
        sigma_days: Width of the decay over the gap between two spans.
        candidates: Each is kept beside so many others, the nearest. Where one had more, what is left in the end is
            compared anew.
    Returns:
        A label for each item, equal for items that are together; labels mean nothing else.
    """
    labels = list(range(len(sizes)))
    left = [
        Cluster(size, span, item < standing, means.indices[start:end], means.data[start:end])
        for item, (size, span, start, end) in enumerate(
            zip(sizes, spans, means.indptr[:-1].tolist(), means.indptr[1:].tolist(), strict=True)
        )
    ]
    while True:
        joining = Joining(left, means.shape[1], threshold, sigma_days, candidates)
        joining.compare_all()
        joining.join_all()
        places = {number: place for place, number in enumerate(joining.living)}
        labels = [places[joining.root(label)] for label in labels]
        if not joining.is_cut or len(joining.living) == len(left):
            return labels
        left = list(joining.living.values())
