"""How things stand at an instant, in figures that a judgement can be made of; costs what a day holds, not what all days do."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

import duckdb
import pyarrow.compute as pc

from pipeline.builds.current import builds_of
from pipeline.builds.stored import final_build
from pipeline.builds.unheard import read_unheard
from pipeline.explain.disk import bytes_a_day
from pipeline.explain.rows import Facts, records
from pipeline.fetch.sources import Registry
from pipeline.reports import OUTCOMES
from pipeline.runs.gaps import DAG_ID, DONE, MOST_MISSED, SUCCESS
from pipeline.store.snapshot import Snapshot
from pipeline.store.upkeep_notes import read_upkeep
from pipeline.store.warehouse import Warehouse

LAST = timedelta(hours=24)  # what is counted by pages is counted over so long
CLUSTERING = ("news_stories", "news_digest")
_HELD = timedelta(days=30)  # what a person did not decide of within so long is no news any more

_FAILING = """
SELECT s.source_id, coalesce(arg_max(f.outcome, f.requested_at), 'not asked of late') AS reason
FROM feed_state s LEFT JOIN fetches f
  ON f.source_id = s.source_id AND f.purpose IN ('feed', 'sitemap', 'part') AND f.outcome NOT IN ('ok', 'not-modified', 'not-now')
 AND f.day >= $day
WHERE s.failure_streak > 0 GROUP BY s.source_id
"""
_GATED = """
SELECT source_id, count(*) AS pages FROM quarantine
WHERE reason = 'set-gate' AND status = 'held' AND day >= $day GROUP BY source_id
"""
_REFUSED = """
WITH refused AS (
    SELECT source_id, reason, count(*) AS pages, arg_max(detail, recorded_at) AS detail FROM quarantine
    WHERE page_id IS NOT NULL AND reason <> 'set-gate' AND status = 'held' AND window_start >= $since AND day >= $day
    GROUP BY source_id, reason
),
came AS (
    SELECT source_id, count(DISTINCT page_id) AS pages FROM pages WHERE window_start >= $since AND day >= $day GROUP BY source_id
)
SELECT source_id, came.pages AS pages, sum(refused.pages)::BIGINT AS refused, arg_max(reason, refused.pages) AS reason,
       arg_max(detail, refused.pages) AS detail
FROM refused JOIN came USING (source_id) GROUP BY source_id, came.pages
"""
_UNREAD = """
SELECT source_id, count(*) AS pages FROM quarantine
WHERE reason IN ('extract-timeout', 'extract-crash') AND status = 'held' AND window_start >= $since AND day >= $day
GROUP BY source_id
"""
_DATES = """
SELECT source_id, count(*) AS articles,
       count(*) FILTER (published_at IS NULL OR published_at < first_seen_at - to_hours($stale)) AS odd
FROM articles WHERE window_start >= $since AND day >= $day
  AND source_id IN (SELECT source_id FROM articles WHERE day < $day AND day >= $day - 7)
GROUP BY source_id
"""
_UNBALANCED = f"""
SELECT DISTINCT run_id FROM stage_counts
WHERE day >= $day AND received <> {" + ".join(f'"{name}"' for name in OUTCOMES)} ORDER BY run_id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusals:
    """What was refused of a source within a day: of how many pages, and the most frequent reason with an example."""

    pages: int
    refused: int
    reason: str
    detail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How things stand.

    Attributes:
        at: When.
        by_clock: Whether runs follow the clock, so that something can be late.
        asked: Ids of the enabled feeds and sitemaps.
        failing: Of these, those that failed the last time, with the reason.
        silent: Of these, those that brought far less than usual yesterday: brought and usual articles.
        gated: Source id to pages that its set gate holds.
        refused: Source id to what was refused of it in the last 24 hours.
        unread: Source id to pages that the extractor could not survive in the last 24 hours.
        odd_dates: Source id to articles of the last 24 hours, and to those without a date or with an old one; of sources that
            brought articles on an earlier day.
        first_day: The first day that was ever worked on; None: none was.
        last_hour_at: End of the last hour that is done; None: none was in the last seven days.
        unclustered_since: When the first hour was loaded for which no news_stories came; None: none waits.
        digest_day: The day whose digest is due next: yesterday.
        has_digest: Whether it has its final one.
        unbalanced: Runs since yesterday whose books do not balance.
        upkeep_at: When garbage was last collected; None: never.
        free_bytes, bytes_a_day: Of the warehouse's disk, and what the rows of a day take.
    """

    at: datetime
    by_clock: bool = True
    asked: tuple[str, ...] = ()
    failing: Mapping[str, str] = field(default_factory=dict)
    silent: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    gated: Mapping[str, int] = field(default_factory=dict)
    refused: Mapping[str, Refusals] = field(default_factory=dict)
    unread: Mapping[str, int] = field(default_factory=dict)
    odd_dates: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    first_day: date | None = None
    last_hour_at: datetime | None = None
    unclustered_since: datetime | None = None
    digest_day: date
    has_digest: bool = False
    unbalanced: tuple[str, ...] = ()
    upkeep_at: datetime | None = None
    free_bytes: int
    bytes_a_day: int = 0


def read_standing(
    warehouse: Warehouse, asked: tuple[str, ...], now: datetime, *, stale_hours: int, by_clock: bool = True
) -> Standing:
    """Read how things stand; of what is in the warehouse no text and no page body is read.

    Args:
        asked: Ids of the feeds and sitemaps that should be asked.
        stale_hours: Articles published longer before they came count as oddly dated.
    Raises:
        WarehouseError: the warehouse cannot be read.
    """
    snapshot = warehouse.latest()
    since = now - LAST
    days = {"day": since.date()}
    tables = ("feed_state", "fetches", "quarantine", "pages", "articles", "stage_counts")
    looked_at = snapshot.days_since((now - _HELD).date())
    with snapshot.connect(tables=tables, days=looked_at) as connection:
        failing = _by_source(connection, _FAILING, **days)
        gated = _by_source(connection, _GATED, day=(now - _HELD).date())
        refused = _by_source(connection, _REFUSED, since=since, **days)
        unread = _by_source(connection, _UNREAD, since=since, **days)
        dates = _by_source(connection, _DATES, since=since, stale=stale_hours, **days)
        unbalanced = records(connection, _UNBALANCED, **days)
    yesterday = now.date() - timedelta(days=1)
    unheard = read_unheard(snapshot, yesterday, now, is_over=True).to_pylist()
    collected = read_upkeep(warehouse.root).get("gc")
    return Standing(
        at=now,
        by_clock=by_clock,
        asked=asked,
        failing={name: row["reason"] for name, row in failing.items() if name in asked},
        silent={
            row["source_id"]: (row["brought"], row["usual"])
            for row in unheard
            if row["why"] == "quiet" and row["source_id"] in asked
        },
        gated={name: row["pages"] for name, row in gated.items()},
        refused={name: Refusals(**row) for name, row in refused.items()},
        unread={name: row["pages"] for name, row in unread.items()},
        odd_dates={name: (row["odd"], row["articles"]) for name, row in dates.items() if row["odd"]},
        first_day=min((file.day for file in snapshot.manifest.files("runs") if file.day), default=None),
        last_hour_at=_last_hour(snapshot, now),
        unclustered_since=_unclustered_since(snapshot, since.date()),
        digest_day=yesterday,
        has_digest=final_build(builds_of(snapshot, yesterday)) is not None,
        unbalanced=tuple(row["run_id"] for row in unbalanced),
        upkeep_at=datetime.fromisoformat(collected["at"]) if collected else None,
        free_bytes=shutil.disk_usage(warehouse.root).free,
        bytes_a_day=bytes_a_day(snapshot),
    )


def asked_by(registry: Registry) -> tuple[str, ...]:
    """Ids of the enabled feeds and sitemaps of a sources file."""
    return tuple(source.source_id for source in registry.sources if source.enabled and source.is_listing)


def _by_source(connection: duckdb.DuckDBPyConnection, query: str, **values: object) -> dict[str, Facts]:
    """Rows by their source."""
    return {row.pop("source_id"): row for row in records(connection, query, **values)}


def _last_hour(snapshot: Snapshot, now: datetime) -> datetime | None:
    """The end of the last window of news_ingest that is done; None where none was within the days that are looked at."""
    done = snapshot.read(
        "runs",
        columns=["window_end"],
        where=(pc.field("dag_id") == DAG_ID) & pc.field("status").isin(DONE),
        since=("window_end", now - MOST_MISSED),
    )
    last: datetime | None = pc.max(done["window_end"]).as_py()
    return last


def _unclustered_since(snapshot: Snapshot, first: date) -> datetime | None:
    """When the first hour of an open day was loaded that is later than the last news_stories of its day."""
    runs = snapshot.read(
        "runs",
        columns=["dag_id", "recorded_at"],
        where=pc.field("dag_id").isin([DAG_ID, *CLUSTERING]) & (pc.field("status") == SUCCESS),
        since=("window_end", datetime.combine(first, time(), UTC)),
    ).to_pylist()
    waiting = []
    for day in {row["day"] for row in runs if row["day"] >= first} - set(snapshot.closed_days):
        clustered = max((r["recorded_at"] for r in runs if r["day"] == day and r["dag_id"] in CLUSTERING), default=None)
        loaded = [row["recorded_at"] for row in runs if row["day"] == day and row["dag_id"] == DAG_ID]
        waiting += [at for at in loaded if clustered is None or at > clustered]
    return min(waiting, default=None)
