"""A day's articles as term counts: the only reading of their texts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

import pyarrow as pa

from pipeline.tables import ARTICLE_TERMS
from pipeline.text.terms import count_terms


def count_articles(articles: pa.Table, day: date, recorded_at: datetime) -> pa.Table:
    """Count the terms of each article.

    Args:
        articles: With article_id, version, language, title and text.
        day: The day in whose clustering they stand.
        recorded_at: What the rows are recorded as.
    Returns:
        ARTICLE_TERMS rows, sorted by article_id. An article without any term has empty lists.
    """
    columns = articles.select(["article_id", "version", "language", "title", "text"]).sort_by("article_id")
    rows: list[Mapping[str, object]] = []
    for article in columns.to_pylist():
        counts = count_terms(article["title"], article["text"], article["language"])
        rows.append(
            {
                "article_id": article["article_id"],
                "version": article["version"],
                "language": article["language"],
                "terms": list(counts),
                "counts": list(counts.values()),
                "recorded_at": recorded_at,
                "day": day,
            }
        )
    return ARTICLE_TERMS.rows(rows)
