"""Articles join by the mean of their pairs, closest first, whatever few neighbours are kept."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy import sparse

from pipeline.stories.agglomerate import Cluster, Joining, Span, agglomerate, decay
from pipeline.stories.vectors import unit_rows

THRESHOLD, SIGMA = 0.3, 3.0


def drawn(seed: int, items: int) -> tuple[sparse.csr_array, list[int], list[Span]]:
    """Vectors of few terms, so that many are alike, and where in time they stand."""
    dice = np.random.default_rng(seed)
    counts = dice.integers(0, 3, size=(items, 8)) * (dice.random((items, 8)) < 0.5)
    times = dice.integers(0, 6, size=items)
    return unit_rows(sparse.csr_array(counts.astype(float))), [1] * items, [Span(float(t), float(t)) for t in times]


def closeness(one: list[int], other: list[int], pairs: np.ndarray, spans: list[Span]) -> float:
    """Of two groups of items, by its definition: the mean over all pairs, times decay over the gap between them."""
    of_one, of_other = (
        Span(min(spans[item].first for item in group), max(spans[item].last for item in group))
        for group in (one, other)
    )
    return round(float(pairs[np.ix_(one, other)].mean()) * decay(of_one.gap(of_other), SIGMA), 9)


def joined_one_by_one(means: sparse.csr_array, spans: list[Span], standing: int) -> list[list[int]]:
    """Average linkage over every pair."""
    pairs = (means @ means.T).toarray()
    groups = {item: [item] for item in range(len(spans))}
    number = len(spans)
    while True:
        close = [
            (-closeness(groups[a], groups[b], pairs, spans), a, b)
            for a, b in combinations(sorted(groups), 2)
            if min(groups[a]) >= standing or min(groups[b]) >= standing
        ]
        best = min(close, default=(0.0, 0, 0))
        if -best[0] < THRESHOLD:
            return sorted(sorted(group) for group in groups.values())
        groups[number] = groups.pop(best[1]) + groups.pop(best[2])
        number += 1


def grouped(labels: list[int]) -> list[list[int]]:
    """Items by label."""
    return sorted([item for item, at in enumerate(labels) if at == label] for label in set(labels))


@pytest.mark.parametrize("seed", range(12))
def test_it_is_average_linkage_over_every_pair(seed: int) -> None:
    means, sizes, spans = drawn(seed, 24)
    standing = seed % 5
    labels = agglomerate(means, sizes, spans, standing, THRESHOLD, SIGMA, candidates=100)
    assert grouped(labels) == joined_one_by_one(means, spans, standing)


@pytest.mark.parametrize("seed", range(12))
def test_with_few_candidates_too_no_two_are_left_that_are_close_enough(seed: int) -> None:
    means, sizes, spans = drawn(seed, 60)
    standing = seed % 5
    groups = grouped(agglomerate(means, sizes, spans, standing, THRESHOLD, SIGMA, candidates=2))
    assert all(sum(item < standing for item in group) <= 1 for group in groups)
    pairs = (means @ means.T).toarray()
    for one, other in combinations(groups, 2):
        if min(one) >= standing or min(other) >= standing:
            assert closeness(one, other, pairs, spans) < THRESHOLD


def test_articles_that_are_all_alike_keep_few_pairs_and_become_one() -> None:
    count, candidates = 300, 4
    means = unit_rows(sparse.csr_array(np.ones((count, 3))))
    spans = [Span(0.0, 0.0)] * count
    items = [Cluster(1, span, False, np.arange(3), means.data[:3]) for span in spans]
    joining = Joining(items, 3, THRESHOLD, SIGMA, candidates)
    joining.compare_all()
    assert joining.is_cut and joining.waiting <= count * candidates
    assert set(agglomerate(means, [1] * count, spans, 0, THRESHOLD, SIGMA, candidates)) == {0}
