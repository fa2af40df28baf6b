"""Which articles are worth comparing in full, by the sampled shingles that they share.

A shingle that stands in more than 64 canonical articles is furniture or a formula ("this is a developing story"): it
says nothing, and would pair everything with everything. Copies are not counted, so a wire story that a hundred outlets
print does not become furniture.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipeline.text.shingles import Hashes

Indices = npt.NDArray[np.int64]

MOST_ARTICLES_OF_A_SHINGLE = 64
# Looser than what counts in the end: at the least containment of .5, 78 shingles share 4.9 sampled ones on average, and
# two or more of them in 96 % of cases. What is let in wrongly costs one comparison of 0.1 ms.
LEAST_SHARED_SAMPLES = 2
LEAST_ESTIMATE = 0.25


def is_candidate(shared: int, one_size: int, other_size: int) -> bool:
    """Whether two samples have enough in common to compare their texts; sizes are counts of sampled shingles."""
    return shared >= LEAST_SHARED_SAMPLES and shared >= LEAST_ESTIMATE * min(one_size, other_size)


def list_hashes(fingerprints: pa.Table) -> list[Hashes]:
    """The sampled hashes of each fingerprint row."""
    flat, owners = flatten_hashes(fingerprints)
    return np.split(flat, np.searchsorted(owners, np.arange(1, fingerprints.num_rows))) if fingerprints.num_rows else []


def flatten_hashes(fingerprints: pa.Table) -> tuple[Hashes, Indices]:
    """All sampled hashes in a row, and beside each the position of the row that it belongs to, ascending."""
    lists = fingerprints["hashes"].combine_chunks()
    if isinstance(lists, pa.ChunkedArray):
        lists = pa.concat_arrays(lists.chunks) if lists.num_chunks else pa.array([], type=lists.type)
    lengths = np.asarray(lists.value_lengths().fill_null(0), dtype=np.int64)
    return np.asarray(lists.flatten(), dtype=np.uint64), np.repeat(np.arange(len(lengths)), lengths)


def known_candidates(
    new_hashes: Sequence[Hashes], known_fingerprints: pa.Table
) -> tuple[dict[int, list[int]], frozenset[int]]:
    """Find the known articles worth comparing with each new one.

    Only hashes that occur among the new ones are looked at further, so a week of known articles costs one pass.

    Args:
        new_hashes: Sampled hashes of each new article.
        known_fingerprints: FINGERPRINTS rows of canonical articles (or stand-ins for one); column hashes is read.
    Returns:
        Positions of known rows for each position of a new one that has any, ascending; and the hashes that stand in
        too many known articles to mean anything.
    """
    sizes = np.array([len(hashes) for hashes in new_hashes], dtype=np.int64)
    if not len(new_hashes) or not sizes.sum() or not known_fingerprints.num_rows:
        return {}, frozenset()
    ours, our_rows = np.concatenate(new_hashes), np.repeat(np.arange(len(new_hashes)), sizes)
    order = np.argsort(ours, kind="stable")
    ours, our_rows = ours[order], our_rows[order]
    theirs, their_rows = flatten_hashes(known_fingerprints)
    their_sizes = np.bincount(their_rows, minlength=known_fingerprints.num_rows)

    first = np.searchsorted(ours, theirs, side="left")
    is_met = ours[np.minimum(first, len(ours) - 1)] == theirs
    theirs, their_rows, first = theirs[is_met], their_rows[is_met], first[is_met]
    distinct, place, count = np.unique(theirs, return_inverse=True, return_counts=True)
    is_telling = count[place] <= MOST_ARTICLES_OF_A_SHINGLE
    theirs, their_rows, first = theirs[is_telling], their_rows[is_telling], first[is_telling]

    # Each of their hashes meets all of ours with the same value: ours[first : last].
    times = np.searchsorted(ours, theirs, side="right") - first
    starts = np.repeat(first - np.concatenate(([0], np.cumsum(times)[:-1])), times) if len(times) else first
    met_rows = our_rows[starts + np.arange(len(starts))]
    pairs, shared = np.unique(met_rows * len(their_sizes) + np.repeat(their_rows, times), return_counts=True)

    found: dict[int, list[int]] = {}
    for pair, n in zip(pairs.tolist(), shared.tolist(), strict=True):
        new_row, known_row = divmod(pair, len(their_sizes))
        if is_candidate(n, int(sizes[new_row]), int(their_sizes[known_row])):
            found.setdefault(new_row, []).append(known_row)
    return found, frozenset(distinct[count > MOST_ARTICLES_OF_A_SHINGLE].tolist())


class BatchIndex:
    """The canonical articles of one batch so far, by sampled shingle. Ask first, then add what stays canonical."""

    def __init__(self, new_hashes: Sequence[Hashes], ignored: frozenset[int]) -> None:
        """Keep in mind only the hashes that two or more articles of the batch have, less the ignored ones."""
        self._sizes = [len(hashes) for hashes in new_hashes]
        flat = np.concatenate([*new_hashes, np.empty(0, dtype=np.uint64)])
        distinct, place, count = np.unique(flat, return_inverse=True, return_counts=True)
        is_kept = (count > 1) & ~np.isin(distinct, np.array(sorted(ignored), dtype=np.uint64))
        owners = np.repeat(np.arange(len(new_hashes)), self._sizes)[is_kept[place]]
        kept = place[is_kept[place]]  # in place of the hashes themselves, the numbers of their places
        ends = np.searchsorted(owners, np.arange(len(new_hashes)), side="right")
        self._hashes = np.split(kept, ends[:-1])
        self._articles: dict[int, list[int] | None] = {}

    def candidates(self, row: int) -> list[int]:
        """Positions of the canonical articles worth comparing with the article at a position, ascending."""
        met = (self._articles.get(number) or () for number in self._hashes[row].tolist())
        shared = Counter(itertools.chain.from_iterable(met))
        return sorted(other for other, n in shared.items() if is_candidate(n, self._sizes[row], self._sizes[other]))

    def add(self, row: int) -> None:
        """Let the article at a position be found as a canonical."""
        for number in self._hashes[row].tolist():
            articles = self._articles.setdefault(number, [])
            if articles is None:
                continue
            articles.append(row)
            if len(articles) > MOST_ARTICLES_OF_A_SHINGLE:
                self._articles[number] = None
