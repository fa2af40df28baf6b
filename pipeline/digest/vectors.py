"""Sentences as weighted term vectors, and how near they are to each other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import sparse

from pipeline.digest.features import Sentence

Floats = npt.NDArray[np.float64]


def vectorise(sentences: Sequence[Sentence]) -> sparse.csr_array:
    """Turn sentences into unit-length rows, a term weighing ln(1 + N / sentences that hold it).

    A sentence's term counts once: in text this short a repeated word is style, not weight.
    """
    lengths = np.fromiter((len(s.terms) for s in sentences), dtype=np.int64, count=len(sentences))
    terms = np.fromiter((t for s in sentences for t in s.terms), dtype=np.int64, count=int(lengths.sum()))
    columns_of, columns = np.unique(terms, return_inverse=True)
    idf = np.log1p(len(sentences) / np.bincount(columns, minlength=len(columns_of)))
    row_starts = np.concatenate([[0], np.cumsum(lengths)])
    weights = idf[columns]
    norms = np.sqrt(np.bincount(np.repeat(np.arange(len(sentences)), lengths), weights**2, minlength=len(sentences)))
    weights = weights / np.repeat(np.where(norms > 0, norms, 1), lengths)
    return sparse.csr_array((weights, columns, row_starts), shape=(len(sentences), max(1, len(columns_of))))


def similarities(rows: sparse.csr_array, others: sparse.csr_array) -> sparse.csr_array:
    """Cosines between the rows of two matrices; absent entries are 0."""
    return sparse.csr_array(rows @ others.T)


def highest(matrix: sparse.csr_array) -> Floats:
    """The highest entry of each row, 0 for an empty one, never above 1."""
    if matrix.shape[1] == 0 or matrix.nnz == 0:
        return np.zeros(matrix.shape[0])
    return np.minimum(np.asarray(matrix.max(axis=1).todense(), dtype=np.float64).ravel(), 1.0)


def centrality(rows: sparse.csr_array, weights: Floats) -> Floats:
    """How near each row is to the weighted mean of all: a cosine in [0, 1]."""
    mean = np.asarray(rows.T @ weights).ravel()
    length = float(np.sqrt((mean**2).sum()))
    return np.asarray(rows @ mean).ravel() / length if length else np.zeros(rows.shape[0])


def frame_similarity(one: Sentence, other: Sentence) -> float:
    """How alike two sentences are with their numbers left out: shared terms over the geometric mean of their counts."""
    shared = len(one.frame & other.frame)
    return shared / (len(one.frame) * len(other.frame)) ** 0.5 if shared else 0.0
