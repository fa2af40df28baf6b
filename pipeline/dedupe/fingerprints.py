"""What is kept of a text so that its copies can be found later without reading it again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import pyarrow as pa

from pipeline.tables import FINGERPRINTS
from pipeline.text.normalize import comparable_words
from pipeline.text.shingles import Hashes, sample_hashes, shingle_hashes


@dataclass(frozen=True, slots=True, kw_only=True)
class Shingled:
    """A text as it is compared: equal keys mean equal words; the hashes are those of all its word 3-grams."""

    text_key: str
    hashes: Hashes


def shingle_text(text: str) -> Shingled:
    """Reduce a text to its key and its distinct word 3-grams, ascending."""
    words = comparable_words(text)
    key = hashlib.blake2b(" ".join(words).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    return Shingled(text_key=key, hashes=shingle_hashes(words))


def fingerprint_articles(articles: pa.Table) -> pa.Table:
    """Take the fingerprint of each article's text.

    Args:
        articles: ARTICLES rows; article_id, version, text, recorded_at and day are read.
    Returns:
        One FINGERPRINTS row per article, in order; about 370 bytes of hashes for a middling one.
    """
    texts = [shingle_text(text) for text in articles["text"].to_pylist()]
    columns = {
        "article_id": articles["article_id"],
        "version": articles["version"],
        "text_key": pa.array([text.text_key for text in texts], pa.string()),
        "shingle_count": pa.array([len(text.hashes) for text in texts], pa.int64()),
        "hashes": pa.array([sample_hashes(text.hashes) for text in texts], pa.list_(pa.uint64())),
        "recorded_at": articles["recorded_at"],
        "day": articles["day"],
    }
    return pa.table([columns[name] for name in FINGERPRINTS.row_schema.names], schema=FINGERPRINTS.row_schema)
