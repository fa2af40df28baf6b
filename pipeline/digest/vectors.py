"""Sentences as weighted term vectors, and how near they are to each other."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, pairwise

import numpy as np
import numpy.typing as npt
from scipy import sparse

from pipeline.digest.features import Sentence, read_sentences

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class TermRows:
    """Sentences as flat arrays: how many terms each has, and all their terms in a row."""

    lengths: Integers
    terms: Integers


def term_rows(sentences: Sequence[Sentence]) -> TermRows:
    """Flatten the terms of some sentences."""
    lengths = np.fromiter((len(s.terms) for s in sentences), dtype=np.int64, count=len(sentences))
    terms = np.fromiter(chain.from_iterable(s.terms for s in sentences), dtype=np.int64, count=int(lengths.sum()))
    return TermRows(lengths=lengths, terms=terms)


@lru_cache(maxsize=4_000)
def article_rows(text: str, language: str | None, most: int | None = None) -> TermRows:
    """The terms of all sentences of a text, or of so many of the first, remembered."""
    return term_rows(read_sentences(text, language)[:most])


def vectorise(parts: Sequence[TermRows]) -> tuple[sparse.csr_array, Integers]:
    """Turn sentences into unit-length rows, a term weighing ln(1 + N / sentences that hold it).

    A sentence's term counts once: in text this short a repeated word is style, not weight.

    Returns:
        The rows, and the term of each column.
    """
    lengths = np.concatenate([part.lengths for part in parts])
    count = len(lengths)
    columns_of, columns = np.unique(np.concatenate([part.terms for part in parts]), return_inverse=True)
    idf = np.log1p(count / np.bincount(columns, minlength=len(columns_of)))
    weights = idf[columns]
    norms = np.sqrt(np.bincount(np.repeat(np.arange(count), lengths), weights**2, minlength=count))
    weights = weights / np.repeat(np.where(norms > 0, norms, 1), lengths)
    row_starts = np.concatenate([[0], np.cumsum(lengths)])
    return sparse.csr_array((weights, columns, row_starts), shape=(count, max(1, len(columns_of)))), columns_of


class TermWeights:
    """What the terms of a story weigh, for sentences that have no row."""

    def __init__(self, rows: sparse.csr_array, terms: Integers) -> None:
        counts = np.bincount(rows.indices, minlength=rows.shape[1])
        weights = np.log1p(rows.shape[0] / np.maximum(counts[: len(terms)], 1))
        self._squares = dict(zip(terms.tolist(), (weights**2).tolist(), strict=True))

    def likeness(self, one: Sentence, other: Sentence) -> float:
        """Cosine of two sentences."""
        shared = set(one.terms) & set(other.terms)
        lengths = self._length(one.terms) * self._length(other.terms)
        return round(self._length(shared) / math.sqrt(lengths), 9) if lengths else 0.0

    def held_share(self, one: Sentence, other: Sentence) -> float:
        """How much of what the first weighs the second holds, in [0, 1]."""
        length = self._length(one.terms)
        return self._length(set(one.terms) & set(other.terms)) / length if length else 0.0

    def _length(self, terms: Iterable[int]) -> float:
        """Sum of the squared weights."""
        return math.fsum(self._squares.get(term, 0.0) for term in terms)


def similarities(rows: sparse.csr_array, others: sparse.csr_array) -> sparse.csr_array:
    """Cosines between the rows of two matrices; absent entries are 0."""
    if not others.shape[0]:  # most stories have no past
        return sparse.csr_array((rows.shape[0], 0))
    return sparse.csr_array(rows @ others.T)


def count_products(rows: sparse.csr_array, vectors: sparse.csr_array) -> int:
    """Count the multiplications that comparing some rows with all takes: what it costs, whatever the machine."""
    width = vectors.shape[1]
    return int(np.bincount(rows.indices, minlength=width) @ np.bincount(vectors.indices, minlength=width))


def weighted_sums(rows: sparse.csr_array, weights: Floats) -> Floats:
    """The product of a matrix and a vector, summed from the left, so that it is the same to the last digit everywhere."""
    places = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
    return np.bincount(places, rows.data * weights[rows.indices], minlength=rows.shape[0]).astype(
        np.float64, copy=False
    )


def at_least(matrix: sparse.csr_array, least: float) -> list[list[tuple[int, float]]]:
    """For each row its entries of at least so much, as (column, value) by column."""
    pairs: list[list[tuple[int, float]]] = [[] for _ in range(matrix.shape[0])]
    places = np.flatnonzero(matrix.data >= least)
    rows = np.searchsorted(matrix.indptr, places, side="right") - 1
    columns, values = matrix.indices[places], np.round(matrix.data[places], 9)
    order = np.lexsort((columns, rows))
    for row, *pair in zip(rows[order].tolist(), columns[order].tolist(), values[order].tolist(), strict=True):
        pairs[row].append(tuple(pair))
    return pairs


def dense_row(matrix: sparse.csr_array, row: int) -> Floats:
    """One row with its zeros."""
    values = np.zeros(matrix.shape[1])
    of_row = slice(matrix.indptr[row], matrix.indptr[row + 1])
    values[matrix.indices[of_row]] = matrix.data[of_row]
    return values


def product(rows: sparse.csr_array, one: int, other: int) -> float:
    """The product of two rows of one matrix, summed from the left: their cosine where they are of length 1."""
    of_other = slice(rows.indptr[other], rows.indptr[other + 1])
    return float(sum((dense_row(rows, one)[rows.indices[of_other]] * rows.data[of_other]).tolist()))


def highest(matrix: sparse.csr_array) -> Floats:
    """The highest entry of each row, 0 for an empty one, never above 1."""
    result = np.zeros(matrix.shape[0])
    filled = np.flatnonzero(np.diff(matrix.indptr))
    if len(filled):
        result[filled] = np.maximum.reduceat(matrix.data, matrix.indptr[filled])
    return np.minimum(result, 1.0)


def nearest_entries(matrix: sparse.csr_array) -> list[tuple[int, float] | None]:
    """For each row its highest entry as (column, value), the first of equal ones; None for an empty row."""
    found: list[tuple[int, float] | None] = []
    for start, end in pairwise(matrix.indptr.tolist()):
        if start == end:
            found.append(None)
            continue
        values, columns = np.round(matrix.data[start:end], 9), matrix.indices[start:end]
        top = np.flatnonzero(values == values.max())
        at = top[np.argmin(columns[top])]
        found.append((int(columns[at]), float(values[at])))
    return found


def centrality(rows: sparse.csr_array, weights: Floats) -> Floats:
    """How near each row is to the weighted mean of all: a cosine in [0, 1]."""
    of_rows = np.repeat(weights, np.diff(rows.indptr))
    mean = np.bincount(rows.indices, rows.data * of_rows, minlength=rows.shape[1]).astype(np.float64, copy=False)
    length = float(np.sqrt((mean**2).sum()))
    return weighted_sums(rows, mean) / length if length else np.zeros(rows.shape[0])


def frame_similarity(one: Sentence, other: Sentence) -> float:
    """How alike two sentences are with their numbers left out: shared terms over the geometric mean of their counts."""
    shared = len(one.frame & other.frame)
    return shared / (len(one.frame) * len(other.frame)) ** 0.5 if shared else 0.0
