"""Term counts as sparse unit vectors, weighted by how rare a term is among the articles known by then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse


def weigh_terms(terms: pa.Table, known: Sequence[bool], prior_documents: float) -> sparse.csr_array:
    """Turn ARTICLE_TERMS rows into TF-IDF vectors; the rows that are known are the background.

    Counts go in as 1 + ln(count); rarity is ln((known + prior) / (known with the term + 1)), which stays near one value
    for all terms while there are few documents, so that two lone articles are compared by their words alone. A row that
    is not known changes no other row's vector.

    Args:
        terms: ARTICLE_TERMS rows of one language.
        known: Of each row whether it counts towards rarity.
        prior_documents: Documents thought to be known besides the real ones.
    Returns:
        One row an article, of length 1; zeros for an article without terms.
    """
    lengths = pc.list_value_length(terms["terms"]).to_numpy()
    rows = np.repeat(np.arange(terms.num_rows), lengths)
    columns = pc.list_flatten(terms["terms"]).combine_chunks().dictionary_encode().indices.to_numpy()
    is_known = np.asarray(known, dtype=bool)
    documents = np.bincount(columns, weights=is_known[rows], minlength=1)
    rarity = np.log((is_known.sum() + prior_documents) / (documents + 1.0))
    values = (1.0 + np.log(pc.list_flatten(terms["counts"]).to_numpy())) * rarity[columns]
    starts = np.concatenate([[0], np.cumsum(lengths)])
    vectors = sparse.csr_array((values, columns, starts), shape=(terms.num_rows, len(documents)))
    vectors.sort_indices()
    return unit_rows(vectors)


def unit_rows(matrix: sparse.csr_array) -> sparse.csr_array:
    """The rows scaled to length 1; rows of zeros stay."""
    entries = np.diff(matrix.indptr)
    rows = np.repeat(np.arange(matrix.shape[0]), entries)
    lengths = np.sqrt(np.bincount(rows, weights=matrix.data**2, minlength=matrix.shape[0]))
    scale = np.divide(1.0, lengths, out=np.zeros_like(lengths), where=lengths > 0)
    return sparse.csr_array((matrix.data * scale[rows], matrix.indices, matrix.indptr), shape=matrix.shape)


def mean_rows(matrix: sparse.csr_array, groups: Sequence[Sequence[int]]) -> sparse.csr_array:
    """One row a group: the mean of its rows."""
    lengths = np.array([len(group) for group in groups], dtype=np.int64)
    rows = np.repeat(np.arange(len(groups)), lengths)
    columns = np.array([member for group in groups for member in group], dtype=np.int64)
    weights = 1.0 / np.repeat(lengths, lengths)
    return sparse.csr_array(sparse.csr_array((weights, (rows, columns)), shape=(len(groups), matrix.shape[0])) @ matrix)


def dots(left: sparse.csr_array, right: sparse.csr_array, row_of: np.ndarray[Any, Any]) -> list[float]:
    """The dot product of each left row with its row on the right, which has every column that the left one has."""
    of_entry = np.repeat(np.arange(left.shape[0]), np.diff(left.indptr))
    right.sort_indices()
    values = left.data * np.asarray(right[row_of[of_entry], left.indices]).ravel()
    return list(np.bincount(of_entry, weights=values, minlength=left.shape[0]).tolist())


def near_rows(
    left: sparse.csr_array, right: sparse.csr_array, floor: float, block_entries: int = 2_000_000
) -> Iterator[tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]]:
    """For each left row, the right rows whose dot product with it reaches the floor, ascending, and the products.

    Products are made for as many left rows at a time as keep a block within so many entries were all rows alike.
    """
    turned = right.T.tocsr()
    block_rows = max(1, block_entries // max(1, right.shape[0]))
    for start in range(0, left.shape[0], block_rows):
        block = sparse.csr_array(left[start : start + block_rows] @ turned)
        block.data[block.data < floor] = 0.0
        block.eliminate_zeros()
        block.sort_indices()
        for row in range(block.shape[0]):
            entries = slice(block.indptr[row], block.indptr[row + 1])
            yield block.indices[entries], block.data[entries]
