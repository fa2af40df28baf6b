"""How long an article takes from its page to a published digest."""

from __future__ import annotations

from datetime import date, timedelta

from pipeline.explain.rows import Facts, records
from pipeline.store.snapshot import Snapshot

_DAYS = 7

# The day so far is digested anew after every hour, and a preview gives way to the next; what remains of it is the run
# that clustered the day and published the preview in one go. So the first digest of an article is the earliest of: the
# kept builds of its day, and the successful news_stories runs of its day, that are no earlier than its page.
_FRESHNESS = """
WITH digested AS (
    SELECT digest_date AS day, built_at AS at FROM digest_builds
    UNION SELECT day, recorded_at FROM runs WHERE dag_id = 'news_stories' AND status = 'success'
),
late AS (SELECT article_id, min(day) AS day FROM story_articles GROUP BY article_id),
fetched AS (
    SELECT coalesce(late.day, a.day) AS day, a.first_seen_at AS at
    FROM articles a
    LEFT JOIN late USING (article_id)
),
lags AS (
    SELECT epoch(d.at) - epoch(f.at) AS seconds
    FROM fetched f ASOF LEFT JOIN digested d ON f.day = d.day AND f.at <= d.at
)
SELECT count(*) AS articles, count(*) FILTER (seconds IS NULL) AS waiting,
       quantile_cont(seconds, 0.5) AS p50_seconds, quantile_cont(seconds, 0.95) AS p95_seconds
FROM lags
"""


def measure_freshness(snapshot: Snapshot) -> Facts:
    """Measure the time from fetch to digest over the last seven stored days; nothing of the days before them is opened.

    From `fetched_at` of an article's first page to the first published digest, provisional or final, that had its day
    (the day it was placed on, where it came too late for its own): clocks as recorded, so on invented days they are
    those days' own.

    Returns:
        articles (looked at), waiting (in no digest yet), p50_seconds and p95_seconds (None where all wait).
    """
    newest = max((file.day for file in snapshot.manifest.files("articles") if file.day), default=date.max)
    articles = snapshot.read(
        "articles", columns=["article_id", "first_seen_at"], days=[newest - timedelta(n) for n in range(_DAYS)]
    )
    # What became of them stands in these days and later ones: an article that came late is placed on a day after its own.
    days = snapshot.days_since(newest - timedelta(_DAYS - 1))
    tables = ("articles", "story_articles", "digest_builds", "runs")
    with snapshot.connect(tables=tables, days=days, rows={"articles": articles}) as connection:
        return records(connection, _FRESHNESS)[0]


def lag_text(seconds: float | None) -> str:
    """A lag in the unit that reads best.

    Example:
        >>> lag_text(95.0), lag_text(5400.0), lag_text(None)
        ('1.6 min', '1.5 h', 'unknown')
    """
    if seconds is None:
        return "unknown"
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.1f} min" if seconds < 3600 else f"{seconds / 3600:.1f} h"
