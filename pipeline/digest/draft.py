"""One build before publication: its rows, and the copies that carry its lines too."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """An article that carries the cited text of another: coverage, no evidence of its own."""

    development_id: str
    article_id: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestDraft:
    """One build before publication.

    Attributes:
        build_id: Hash of date, status, inputs, settings and code version.
        inputs_sha256: Hash of everything that went in.
        digests, developments, citations, corrections: Rows of the tables of these names, sorted by key.
        copies: Copies of the cited articles that carry a line's text too.
        omitted_count: Stories with lines that found no place under `digest_max_stories`.
    """

    build_id: str
    inputs_sha256: str
    digests: pa.Table
    developments: pa.Table
    citations: pa.Table
    corrections: pa.Table
    copies: tuple[Copy, ...]
    omitted_count: int
