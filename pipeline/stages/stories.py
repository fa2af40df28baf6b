"""The task function of `news_stories`: cluster the run's day and commit, or close it for good."""

from __future__ import annotations

import logging
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.articles.as_of import articles_as_of
from pipeline.articles.host_lines import learn_day
from pipeline.articles.remembered import read_state
from pipeline.reports import StageReport
from pipeline.runs.books import check_books, record_books
from pipeline.runs.gaps import REOPENING
from pipeline.runs.run import Run
from pipeline.store.snapshot import Snapshot
from pipeline.store.unplaced import Unplaced, find_unplaced, keep_unplaced
from pipeline.stories.clustering import cluster_day
from pipeline.stories.settings import StorySettings
from pipeline.stories.state import COPY_COLUMNS, NEW_ARTICLE_COLUMNS
from pipeline.tables.rows import rows_without

logger = logging.getLogger(__name__)


def load_stories(run: Run, *, close: bool = False, settings: StorySettings | None = None) -> dict[str, Any]:
    """Cluster the run's day anew from the stories as of its start, and commit.

    The rows of an open day are provisional and replaced as a whole, so that however often it is done, and with however
    few articles at first, the last time decides. Articles of closed days that came too late for them are placed on this
    day. A day that is closed already is left as it is, and its articles count as unchanged.

    Args:
        run: The day is that of its window's start.
        close: Whether the day ends here: its rows are then only added to.
        settings: Thresholds and spans; None takes the measured ones.
    Returns:
        `report`, `day`, `story_count`, `event_count` and `article_count` of what was placed that day, `late_count` of
        articles from earlier days, `closed` and `snapshot` (its number).
    """
    day = run.window.day
    report = StageReport(stage="load_stories", unit="articles")
    with run.warehouse.writing(run.now) as tx:
        snapshot = tx.snapshot
        if day in snapshot.closed_days:
            placements = snapshot.read("story_articles", columns=["article_id", "story_id", "event_id"], days=[day])
            sources = articles_as_of(snapshot, placements["article_id"], ("article_id", "source_id", "day"), day)
            outcome = "unchanged"
        else:
            unplaced = find_unplaced(snapshot)
            sources = articles = _to_place(snapshot, day, unplaced)
            settings = settings or StorySettings()
            state = read_state(snapshot, day, settings.memory_days)
            members = pa.chunked_array(
                [*state.articles["article_id"].chunks, *articles["article_id"].chunks], pa.string()
            )
            clusters = cluster_day(
                day,
                articles,
                state,
                _copies(snapshot, day, members),
                settings,
                recorded_at=run.now,
                counted=snapshot.read("article_terms", days=[day]),
                minted=_minted(snapshot, day),
            )
            placements = clusters.story_articles
            for table in ("story_articles", "story_days", "story_lineage", "article_terms"):
                tx.replace_day(table, day, getattr(clusters, table))
            if close:
                tx.close_day(day)
                tx.replace_day("host_lines", day, learn_day(snapshot, day))
            keep_unplaced(run.warehouse.root, unplaced)
            outcome = "new"
        source_ids = sources["source_id"].to_pylist()
        report.receive(source_ids)
        report.settle(outcome, source_ids)
        check_books([report])
        if outcome == "new":
            record_books(tx, run, [report])
        snapshot = tx.commit()
    logger.info("%s", report.line(run.window))
    return {
        "report": report.to_dict(),
        "day": day.isoformat(),
        "story_count": pc.count_distinct(placements["story_id"]).as_py(),
        "event_count": pc.count_distinct(placements["event_id"]).as_py(),
        "article_count": placements.num_rows,
        "late_count": sources.filter(pc.not_equal(sources["day"], pa.scalar(day, pa.date32()))).num_rows,
        "closed": day in snapshot.closed_days,
        "snapshot": snapshot.number,
    }


def _minted(snapshot: Snapshot, day: date) -> frozenset[str]:
    """Ids that stay, where the day was closed before and reopened."""
    opened = snapshot.read("runs", columns=["minted"], days=[day], where=pc.field("dag_id") == REOPENING)
    return frozenset(minted for ids in opened["minted"].to_pylist() for minted in ids or ())


def _to_place(snapshot: Snapshot, day: date, unplaced: Unplaced) -> pa.Table:
    """The day's canonical articles, and those of closed days that stand nowhere yet, as they were at the day's end."""
    canonical = pc.field("duplicate_of").is_null()
    late = pa.array(unplaced.article_ids, pa.string())
    is_earlier = pc.field("day") < pa.scalar(day)
    ids = pa.concat_tables(
        [
            snapshot.read("articles", columns=["article_id"], days=[day], where=canonical),
            snapshot.read(
                "articles", columns=["article_id"], where=canonical & is_earlier, having=("article_id", late)
            ),
        ]
    )
    elsewhere = snapshot.read(
        "story_articles",
        columns=["article_id"],
        where=pc.field("day") != pa.scalar(day),
        having=("article_id", ids["article_id"]),
    )
    wanted = rows_without(ids, "article_id", elsewhere["article_id"])
    return articles_as_of(snapshot, wanted["article_id"], (*NEW_ARTICLE_COLUMNS, "source_id"), day)


def _copies(snapshot: Snapshot, day: date, members: pa.ChunkedArray) -> pa.Table:
    """The copies of some articles known by the day's end that were not placed themselves before they were found to be copies."""
    until = pc.field("day") <= pa.scalar(day)
    copies = snapshot.read("articles", columns=list(COPY_COLUMNS), where=until, having=("duplicate_of", members))
    placed = snapshot.read(
        "story_articles", columns=["article_id"], where=until, having=("article_id", copies["article_id"])
    )
    return rows_without(copies, "article_id", placed["article_id"])
