"""A small press of its own: articles to place, and a newsroom desk that clusters one day after the other."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa

from pipeline.stories.clustering import cluster_day
from pipeline.stories.settings import StorySettings
from pipeline.stories.state import (
    ARTICLE_COLUMNS,
    COPY_COLUMNS,
    LINEAGE_COLUMNS,
    NEW_ARTICLE_COLUMNS,
    PLACEMENT_COLUMNS,
    DayClusters,
    StoryState,
)
from pipeline.tables import ARTICLES

FIRST_DAY = date(2026, 3, 2)

FERRY = """The ferry Maren ran aground on a sandbank outside Port Aldery with 184 passengers. Tugs failed to free the ferry
at high tide, and lifeboats brought the passengers ashore. The captain said that the steering had failed."""
FERRY_LATER = """Divers looked at the hull of the ferry on the sandbank off Port Aldery. The steering pump had failed
minutes before the Maren ran aground, investigators said. Passengers will be paid, and tugs wait for the tide."""
BRIDGE = """The stone bridge at Lower Hythe opened again after two years of repairs. Masons replaced 640 blocks, and the
council paid 3 million crowns. Cyclists crossed first, then a brass band."""
STRIKE = """Workers at the battery plant in Brennick voted to strike against its closure. The union guards the gates. The
company wants to move production abroad and cut 900 jobs by autumn."""
ELECTION = """Voters in Tavia chose a new parliament. The Reform party lost its majority, and the president asked the
Greens to form a coalition. Turnout was the highest in twenty years, the electoral commission said."""


def article(article_id: str, text: str, *, day: date = FIRST_DAY, hour: int = 9, **given: Any) -> dict[str, Any]:
    """One article to place; published at an hour of its day if nothing else is given."""
    published_at = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
    return {
        "article_id": article_id,
        "title": None,
        "publisher": None,
        "published_at": published_at,
        "first_seen_at": published_at,
        "day": day,
        "version": 1,
        "language": "en",
        "text": text,
    } | given


def table(articles: list[dict[str, Any]]) -> pa.Table:
    """Articles as the clustering is given them."""
    return pa.Table.from_pylist(articles, pa.schema([ARTICLES.row_schema.field(n) for n in NEW_ARTICLE_COLUMNS]))


class Desk:
    """Clusters one day after the other and remembers, as the warehouse would."""

    def __init__(self, settings: StorySettings | None = None) -> None:
        self.settings = settings or StorySettings()
        self.state = StoryState.empty()
        self.copies: list[dict[str, Any]] = []

    def cluster(
        self, articles: list[dict[str, Any]], day: date = FIRST_DAY, minted: frozenset[str] = frozenset()
    ) -> DayClusters:
        """What the day would come to; nothing is remembered."""
        copies = pa.Table.from_pylist(self.copies, pa.schema([ARTICLES.row_schema.field(n) for n in COPY_COLUMNS]))
        now = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
        return cluster_day(day, table(articles), self.state, copies, self.settings, recorded_at=now, minted=minted)

    def close(self, articles: list[dict[str, Any]], day: date = FIRST_DAY) -> DayClusters:
        """Cluster the day and go on from there."""
        clusters = self.cluster(articles, day)
        facts = table(articles).select(list(ARTICLE_COLUMNS))
        state = self.state
        self.state = StoryState(
            placements=pa.concat_tables([state.placements, clusters.story_articles.select(list(PLACEMENT_COLUMNS))]),
            terms=pa.concat_tables([state.terms, clusters.article_terms]),
            articles=pa.concat_tables([state.articles, facts]),
            lineage=pa.concat_tables([state.lineage, clusters.story_lineage.select(list(LINEAGE_COLUMNS))]),
        )
        return clusters
