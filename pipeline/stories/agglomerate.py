"""Average-link agglomeration of a day's articles with each other and with the events that stand already."""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass, field

from scipy import sparse
from scipy.sparse.csgraph import connected_components


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


@dataclass(slots=True)
class Clusters:
    """Clusters under agglomeration, by number. The first ones are the items; a join makes a new number.

    Attributes:
        sizes: Articles in each.
        spans: Time of each.
        fixed: Whether it holds an event that stands already; two such never become one.
        near: Mean similarity to each neighbour; empty once joined.
        parents: What each was joined into; itself while it lives.
    """

    sizes: list[int]
    spans: list[Span]
    fixed: list[bool]
    near: list[dict[int, float]]
    threshold: float
    sigma_days: float
    parents: list[int] = field(init=False)
    queue: list[tuple[float, int, int]] = field(init=False)

    def __post_init__(self) -> None:
        self.parents = list(range(len(self.sizes)))
        self.queue = []
        for item, neighbours in enumerate(self.near):
            for other, similarity in neighbours.items():
                if item < other:
                    self._offer(item, other, similarity)

    def _offer(self, a: int, b: int, similarity: float) -> None:
        """Queue a pair if it may be joined."""
        if similarity < self.threshold or (self.fixed[a] and self.fixed[b]):
            return
        closeness = similarity * decay(self.spans[a].gap(self.spans[b]), self.sigma_days)
        if closeness >= self.threshold:
            heapq.heappush(self.queue, (-closeness, a, b))

    def join_all(self) -> None:
        """Join the closest pair until none is close enough. Ties go to the lower numbers."""
        while self.queue:
            _, a, b = heapq.heappop(self.queue)
            if self.parents[a] == a and self.parents[b] == b:
                self._join(a, b)

    def _join(self, a: int, b: int) -> None:
        """Make one of two; its similarity to a third is the mean over all pairs of articles."""
        joined = len(self.sizes)
        self.parents[a] = self.parents[b] = joined
        self.parents.append(joined)
        self.sizes.append(self.sizes[a] + self.sizes[b])
        self.spans.append(self.spans[a].join(self.spans[b]))
        self.fixed.append(self.fixed[a] or self.fixed[b])
        of_a, of_b = self.near[a], self.near[b]
        self.near[a], self.near[b] = {}, {}
        mine: dict[int, float] = {}
        self.near.append(mine)
        for other in of_a.keys() | of_b.keys():
            if other in (a, b):
                continue
            total = self.sizes[a] * of_a.get(other, 0.0) + self.sizes[b] * of_b.get(other, 0.0)
            theirs = self.near[other]
            theirs.pop(a, None)
            theirs.pop(b, None)
            mine[other] = theirs[joined] = total / self.sizes[joined]
            self._offer(other, joined, mine[other])

    def root(self, item: int) -> int:
        """The living cluster that an item ended in."""
        while self.parents[item] != item:
            item = self.parents[item]
        return item


def agglomerate(
    similarities: sparse.csr_array, sizes: list[int], spans: list[Span], threshold: float, sigma_days: float
) -> list[int]:
    """Join new articles with each other and with standing events, closest first.

    Items are the standing events, then the new articles. A standing event takes articles but never becomes one with
    another. Merging them instead gained nothing (F1 .952 both ways) and would move articles that stand.

    Args:
        similarities: One row a new article, one column an item: mean cosine; small ones may be missing and count as 0.
        sizes: Articles in each item.
        spans: Time of each item.
        threshold: Mean cosine times decay at which two are joined.
        sigma_days: Width of the decay over the gap between two spans.
    Returns:
        A label for each item, equal for items that are together; labels mean nothing else.
    """
    count = len(sizes)
    standing = count - similarities.shape[0]
    near: list[dict[int, float]] = [{} for _ in sizes]
    pairs = similarities.tocoo()
    rows, columns = pairs.coords[0] + standing, pairs.coords[1]
    # What no chain of close pairs connects can never become one: a mean is below its highest part.
    close = pairs.data >= threshold
    _, parts = connected_components(
        sparse.coo_array((pairs.data[close], (rows[close], columns[close])), shape=(count, count)), directed=False
    )
    kept = (parts[rows] == parts[columns]) & (rows != columns)
    for item, column, similarity in zip(
        rows[kept].tolist(), columns[kept].tolist(), pairs.data[kept].tolist(), strict=True
    ):
        near[item][column] = near[column][item] = similarity
    fixed = [item < standing for item in range(count)]
    clusters = Clusters(list(sizes), list(spans), fixed, near, threshold, sigma_days)
    clusters.join_all()
    return [clusters.root(item) for item in range(count)]
