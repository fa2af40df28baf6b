"""Every warehouse table, declared once, in the order in which an article walks through them.

The declarations give the check on write, the comments in DuckDB and the data dictionary (warehouse/README.md).
"""

from __future__ import annotations

from pipeline.tables.articles import (
    ARTICLE_HISTORY,
    ARTICLES,
    DUPLICATES,
    EXTRACTED,
    FINGERPRINTS,
    HOST_LINES,
    QUARANTINE,
    WITHDRAWALS,
)
from pipeline.tables.books import QUALITY_METRICS, RUNS, STAGE_COUNTS
from pipeline.tables.declaration import BOOL, BYTES, DATE, FLOAT, INSTANT, INT, STRING, STRINGS, Column, Table, column
from pipeline.tables.digests import CITATIONS, CORRECTIONS, DEVELOPMENTS, DIGEST_BUILDS, DIGESTS
from pipeline.tables.fetching import FEED_STATE, FETCHES, PAGES, SOURCES
from pipeline.tables.stories import ARTICLE_TERMS, STORY_ARTICLES, STORY_DAYS, STORY_LINEAGE

SCHEMA_VERSION = 1

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        PAGES,
        ARTICLES,
        ARTICLE_HISTORY,
        DUPLICATES,
        QUARANTINE,
        WITHDRAWALS,
        STORY_ARTICLES,
        STORY_DAYS,
        STORY_LINEAGE,
        DIGEST_BUILDS,
        DIGESTS,
        DEVELOPMENTS,
        CITATIONS,
        CORRECTIONS,
        RUNS,
        STAGE_COUNTS,
        QUALITY_METRICS,
        SOURCES,
        FEED_STATE,
        FETCHES,
        EXTRACTED,
        FINGERPRINTS,
        HOST_LINES,
        ARTICLE_TERMS,
    )
}

__all__ = [
    "ARTICLES",
    "ARTICLE_HISTORY",
    "ARTICLE_TERMS",
    "BOOL",
    "BYTES",
    "CITATIONS",
    "CORRECTIONS",
    "DATE",
    "DEVELOPMENTS",
    "DIGESTS",
    "DIGEST_BUILDS",
    "DUPLICATES",
    "EXTRACTED",
    "FEED_STATE",
    "FETCHES",
    "FINGERPRINTS",
    "FLOAT",
    "HOST_LINES",
    "INSTANT",
    "INT",
    "PAGES",
    "QUALITY_METRICS",
    "QUARANTINE",
    "RUNS",
    "SCHEMA_VERSION",
    "SOURCES",
    "STAGE_COUNTS",
    "STORY_ARTICLES",
    "STORY_DAYS",
    "STORY_LINEAGE",
    "STRING",
    "STRINGS",
    "TABLES",
    "WITHDRAWALS",
    "Column",
    "Table",
    "column",
]
