"""A batch of pages to EXTRACTED rows, each by itself: no row depends on its neighbours."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import cast

import pyarrow as pa

from pipeline.extract.isolated import extract_each
from pipeline.extract.page import EXTRACTOR_VERSION, Extraction, Page
from pipeline.tables import EXTRACTED
from pipeline.tables.rows import release_memory
from pipeline.text.urls import article_id, choose_canonical, clean_url, registrable_domain

Row = Mapping[str, object]


def extract_pages(
    pages: pa.Table,
    *,
    workers: int,
    timeout_seconds: float,
    publishers: Mapping[str, str | None],
    released: frozenset[str] = frozenset(),
) -> pa.Table:
    """Extract every page of a batch, each in a process that can be killed without harm to its neighbours.

    Args:
        pages: PAGES rows.
        workers: Page processes; 0 takes one for each core.
        timeout_seconds: How much processor time ends a page's process.
        publishers: Publisher of each source; a missing or null one leaves it to the page's domain.
        released: Ids of pages that a person takes for articles, whatever their form says.
    Returns:
        EXTRACTED rows, one for each page, in order; refused ones have `reason` and `detail` and no article fields.
    Refuses:
        empty-page, not-text, too-complex, extract-timeout, extract-crash, extract-put-off, no-text, not-an-article
    """
    rows: list[Row] = pages.to_pylist()
    del pages  # the bodies are held once while they are read
    release_memory()
    asked = [replace(page_of(row), is_released=row["page_id"] in released) for row in rows]
    sources = [str(row["source_id"]) for row in rows]
    found = extract_each(asked, workers=workers, timeout_seconds=timeout_seconds, sources=sources)
    return build_rows(rows, found, publishers)


def page_of(row: Row) -> Page:
    """The page of a PAGES row."""
    return Page(
        body=cast(bytes, row["body"]),
        content_type=cast("str | None", row["content_type"]),
        url=_url_of(row),
        fetched_at=cast("datetime | None", row["fetched_at"]),
        listed_title=cast("str | None", row["listed_title"]),
        listed_at=cast("datetime | None", row["listed_at"]),
        listed_by=cast("str | None", row["listed_by"]),
    )


def build_rows(rows: Sequence[Row], found: Sequence[Extraction], publishers: Mapping[str, str | None]) -> pa.Table:
    """Join pages and what was read from them into EXTRACTED rows, one for each page, in order."""
    return EXTRACTED.rows(
        [
            _refused(row, extraction) if extraction.reason else _candidate(row, extraction, publishers)
            for row, extraction in zip(rows, found, strict=True)
        ]
    )


def _url_of(row: Row) -> str | None:
    """Where a page was found: its final URL, else the one asked for."""
    return cast("str | None", row["final_url"] or row["requested_url"])


def _refused(row: Row, extraction: Extraction) -> Row:
    """A refused page."""
    return {
        **_origin(row),
        "url": clean_url(_url_of(row)),
        "reason": str(extraction.reason),
        "detail": extraction.detail,
    }


def _candidate(row: Row, extraction: Extraction, publishers: Mapping[str, str | None]) -> Row:
    """An article candidate."""
    url = clean_url(_url_of(row))
    canonical, original = choose_canonical(url, extraction.declared_url)
    published = extraction.published
    return {
        **_origin(row),
        "article_id": article_id(canonical, extraction.raw_text),
        "publisher": publishers.get(str(row["source_id"])) or registrable_domain(url),
        "url": url,
        "canonical_url": canonical,
        "declared_original_url": original,
        "title": extraction.title,
        "title_source": extraction.title_source,
        "authors": list(extraction.authors),
        "published_at": published.at,
        "published_at_source": published.source,
        "published_at_precision": published.precision,
        "published_on": published.day,
        "modified_at": published.modified_at,
        "language": extraction.language,
        "text": extraction.text,
        "text_sha256": hashlib.sha256(extraction.text.encode()).hexdigest(),
        "word_count": extraction.word_count,
        "content_kind": extraction.content_kind,
        "kind_evidence": list(extraction.kind_evidence),
        "section": extraction.section,
        "keywords": list(extraction.keywords),
        "standfirst": extraction.standfirst,
        "cleaning_rules": sorted({*extraction.cleaning_rules}),
    }


def _origin(row: Row) -> dict[str, object]:
    """What a row keeps of its page, refused or not."""
    kept = ("page_id", "source_id", "window_start", "fetched_at", "body_sha256", "listed_at", "listed_by", "run_id")
    return {
        **{name: row[name] for name in kept},
        "day": cast(datetime, row["window_start"]).date(),
        "first_seen_at": row["fetched_at"],
        "extractor_version": EXTRACTOR_VERSION,
    }
