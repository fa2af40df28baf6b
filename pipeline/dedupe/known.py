"""What the articles recorded earlier mean for a batch: where copies would belong, and who may not move."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.dedupe.candidates import known_candidates
from pipeline.tables.rows import is_among, rows_with
from pipeline.text.shingles import Hashes


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleContext:
    """What decides, beside the text, whether two articles may be copies; None where it is not known."""

    language: str | None
    publisher: str | None


class KnownArticles:
    """The known articles beside one batch. Whatever it names as a candidate is a canonical article outside the batch.

    Articles of the batch that are known already (new versions) are left out: their new text counts, not the old one.
    A known duplicate stands in for its canonical article where that one has no fingerprint here (it is older than the
    window); else the canonical article speaks for itself, and its copies do not make its shingles common.
    """

    def __init__(self, known: pa.Table, fingerprints: pa.Table, batch_ids: Sequence[str]) -> None:
        """Link the fingerprints to their canonical articles.

        Args:
            known: article_id, duplicate_of, language, publisher, canonical_url of known articles.
            fingerprints: FINGERPRINTS rows of known articles.
            batch_ids: Ids of the batch's articles, known or not.
        """
        self._known = known
        self._batch = pa.array(batch_ids, pa.string())
        ids = _flat(fingerprints["article_id"])
        links = _flat(known["duplicate_of"]).take(pc.index_in(ids, value_set=_flat(known["article_id"])))
        canonical = pc.coalesce(links, ids)
        outside = pc.invert(pc.or_(pc.is_in(ids, value_set=self._batch), pc.is_in(canonical, value_set=self._batch)))
        represents = pc.or_(pc.is_null(links), pc.invert(pc.is_in(canonical, value_set=ids)))
        self._fingerprints = fingerprints.filter(outside)
        self._canonical = canonical.filter(outside)
        self._represents = represents.filter(outside)

    def similar(self, hashes: Sequence[Hashes]) -> tuple[dict[int, set[str]], frozenset[int]]:
        """Canonical articles that share sampled shingles with each position of the batch; and hashes too common."""
        canonical = self._canonical.filter(self._represents).to_pylist()
        found, common = known_candidates(hashes, self._fingerprints.filter(self._represents))
        return {row: {canonical[other] for other in others} for row, others in found.items()}, common

    def with_key(self, text_keys: Sequence[str]) -> dict[str, set[str]]:
        """Canonical articles for each text key that a known article has."""
        has_key = is_among(self._fingerprints["text_key"], text_keys)
        keys = self._fingerprints["text_key"].filter(has_key).to_pylist()
        return _gather(keys, self._canonical.filter(has_key).to_pylist())

    def with_url(self, urls: Sequence[str]) -> dict[str, set[str]]:
        """Canonical articles for each URL that is a known article's canonical URL."""
        rows = rows_with(self._known, "canonical_url", urls)
        canonical = pc.coalesce(_flat(rows["duplicate_of"]), _flat(rows["article_id"]))
        outside = pc.invert(pc.is_in(canonical, value_set=self._batch))
        return _gather(_flat(rows["canonical_url"]).filter(outside).to_pylist(), canonical.filter(outside).to_pylist())

    def contexts(self, article_ids: Sequence[str]) -> dict[str, ArticleContext]:
        """Language and publisher of each of these articles."""
        rows = self._rows(pa.array(article_ids, pa.string()))
        if "publisher" not in rows.column_names:
            rows = rows.append_column("publisher", pa.nulls(rows.num_rows, pa.string()))
        columns = (rows[name].to_pylist() for name in ("article_id", "language", "publisher"))
        return {
            article_id: ArticleContext(language=language, publisher=publisher)
            for article_id, language, publisher in zip(*columns, strict=True)
        }

    def batch_links(self) -> dict[str, str | None]:
        """For each article of the batch that is known already, the canonical article it is attached to, or None."""
        rows = self._rows(self._batch)
        return dict(zip(rows["article_id"].to_pylist(), rows["duplicate_of"].to_pylist(), strict=True))

    def _rows(self, article_ids: pa.Array) -> pa.Table:
        """The known rows of some articles."""
        return rows_with(self._known, "article_id", article_ids)


def _gather(keys: Sequence[str], values: Sequence[str]) -> dict[str, set[str]]:
    """The values of each key."""
    gathered: dict[str, set[str]] = {}
    for key, value in zip(keys, values, strict=True):
        gathered.setdefault(key, set()).add(value)
    return gathered


def _flat(column: pa.ChunkedArray) -> pa.Array:
    """One array out of a table's column."""
    combined = column.combine_chunks()
    if isinstance(combined, pa.ChunkedArray):
        return pa.concat_arrays(combined.chunks) if combined.num_chunks else pa.array([], type=column.type)
    return combined
