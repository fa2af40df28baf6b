"""A day's articles as term counts: the only reading of their texts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

import pyarrow as pa

from pipeline.tables import ARTICLE_TERMS, INSTANT
from pipeline.tables.rows import rows_without
from pipeline.text.terms import count_terms


def count_articles(articles: pa.Table, day: date, recorded_at: datetime, counted: pa.Table | None = None) -> pa.Table:
    """Count the terms of each article.

    Args:
        articles: With article_id, version, language, title and text.
        day: The day in whose clustering they stand.
        recorded_at: What the rows are recorded as.
        counted: ARTICLE_TERMS rows of this day from earlier in it: a version that was counted is not counted again.
    Returns:
        ARTICLE_TERMS rows, sorted by article_id. An article without any term has empty lists.
    """
    known = _known(articles, counted) if counted is not None else ARTICLE_TERMS.empty()
    columns = articles.select(["article_id", "version", "language", "title", "text"])
    rows: list[Mapping[str, object]] = []
    for article in rows_without(columns, "article_id", known["article_id"]).to_pylist():
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
    as_of_now = pa.repeat(pa.scalar(recorded_at, INSTANT), known.num_rows)
    place = known.schema.get_field_index("recorded_at")
    known = known.set_column(place, known.schema.field(place), as_of_now)
    return pa.concat_tables([ARTICLE_TERMS.rows(rows), known]).sort_by("article_id")


def _known(articles: pa.Table, counted: pa.Table) -> pa.Table:
    """The counts that stand: of articles in the same version and language."""
    same = ("article_id", "version", "language")
    columns = zip(*(articles[name].to_pylist() for name in same), strict=True)
    wanted = set(columns)
    kept = [row in wanted for row in zip(*(counted[name].to_pylist() for name in same), strict=True)]
    return counted.select(ARTICLE_TERMS.empty().schema.names).filter(pa.array(kept, pa.bool_()))
