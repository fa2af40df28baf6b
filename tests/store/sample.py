"""Rows to test with: any table's columns filled with plausible values, and one small, consistent world."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.store.warehouse import Warehouse
from pipeline.tables import TABLES

DAY = date(2026, 3, 2)
NEXT_DAY = date(2026, 3, 3)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
NOW = datetime(2026, 3, 4, tzinfo=UTC)

TEXT_1 = "The harbour bridge is shut. Repairs take 3 weeks."
TEXT_2 = "The harbour bridge is shut. Repairs take 5 weeks."


def record(table: str, **given: Any) -> dict[str, Any]:
    """One row: given values, nulls where allowed, else something of the right type; `day` follows the window."""
    declared = TABLES[table]
    row: dict[str, Any] = {}
    for column in declared.columns:
        row[column.name] = given[column.name] if column.name in given else (None if column.null else _some(column.type))
    if declared.day_rule:
        window = row.get("window_start")
        row["day"] = given.get("day") or row.get("digest_date") or (window.date() if window else DAY)
    unknown = set(given) - set(row)
    assert not unknown, f"{table} has no {unknown}"
    return row


def rows(table: str, *records: dict[str, Any]) -> pa.Table:
    """Rows from what to give in each; the rest is filled."""
    return TABLES[table].rows([record(table, **given) for given in records])


def _some(type_: pa.DataType) -> Any:
    if pa.types.is_timestamp(type_):
        return NOON
    if pa.types.is_date(type_):
        return DAY
    if pa.types.is_map(type_):
        return []
    if pa.types.is_list(type_):
        return []
    if pa.types.is_binary(type_):
        return b"<p>"
    return {pa.string(): "x", pa.int64(): 1, pa.float64(): 0.5, pa.bool_(): True}[type_]


def article(
    article_id: str, publisher: str | None, title: str | None, *, text: str = TEXT_1, **given: Any
) -> dict[str, Any]:
    """What to give for an article."""
    return {
        "article_id": article_id,
        "publisher": publisher,
        "title": title,
        "text": text,
        "source_id": f"feed-{publisher}",
        "url": f"https://{article_id}.example/",
        **given,
    }


def make_world(root: Path) -> Warehouse:
    """A warehouse with two stories, one merged into another, a copy, an edit, a digest and its correction."""
    warehouse = Warehouse(root)
    second = NOON + timedelta(days=1)

    def at(hour: int) -> datetime:
        return NOON.replace(hour=hour)

    world: dict[str, list[dict[str, Any]]] = {
        "articles": [
            article("a1", "North", "Harbour bridge shut", text=TEXT_2, version=2, cause="edit", published_at=at(8)),
            article("a2", "South", "Bridge closed", duplicate_of="a1", published_at=at(9)),
            article("a3", "West", "Ferries replace bridge", text="Ferrys fahren über den Hafen.", published_at=at(10)),
            article("a4", "North", "Bridge to open in May", window_start=second, published_at=second, page_id="p4"),
            article("a5", None, None, text="An unrelated fire in a mill.", window_start=second, page_id="p5"),
        ],
        "pages": [
            {"page_id": f"p{n}", "final_url": "https://north.example/moved", "fetched_at": second + timedelta(hours=n)}
            for n in (4, 5)
        ],
        "article_history": [article("a1", "North", "Harbour bridge shut", version=1, published_at=at(8))],
        "duplicates": [{"article_id": "a2", "canonical_id": "a1", "kind": "exact", "containment": 1.0, "jaccard": 1.0}],
        "story_articles": [
            {"article_id": "a1", "story_id": "s1", "event_id": "e1", "similarity": 1.0},
            {"article_id": "a3", "story_id": "s1", "event_id": "e2"},
            {"article_id": "a4", "story_id": "s2", "event_id": "e3", "day": NEXT_DAY},
            {"article_id": "a5", "story_id": "s3", "event_id": "e4", "day": NEXT_DAY},
        ],
        "story_days": [
            {
                "story_id": "s1",
                "headline": "Harbour bridge shut",
                "status": "active",
                "article_count": 3,
                "origin_count": 2,
            },
            {"story_id": "s1", "headline": "Bridge", "status": "quiet", "article_count": 4, "day": NEXT_DAY},
            {"story_id": "s2", "headline": "Bridge to open", "status": "merged", "day": NEXT_DAY},
            {"story_id": "s3", "headline": None, "status": "active", "day": NEXT_DAY},
        ],
        "story_lineage": [
            {"from_story_id": "s0", "to_story_id": "s2", "kind": "merge"},
            {"from_story_id": "s2", "to_story_id": "s1", "kind": "merge", "day": NEXT_DAY},
            {"from_story_id": "s3", "to_story_id": "s1", "kind": "link", "day": NEXT_DAY},
        ],
        "digest_builds": [
            {"build_id": "b0", "digest_date": DAY, "status": "superseded", "built_at": NOON + timedelta(hours=30)},
            {"build_id": "b1", "digest_date": DAY, "status": "final", "built_at": NOON + timedelta(hours=20)},
            {"build_id": "b2", "digest_date": DAY, "status": "provisional", "built_at": NOON + timedelta(hours=25)},
            {"build_id": "b3", "digest_date": NEXT_DAY, "status": "provisional", "built_at": second},
        ],
        "digests": [
            {
                "build_id": "b1",
                "story_id": "s1",
                "digest_date": DAY,
                "rank": 1,
                "headline": "Harbour",
                "is_quiet": False,
            },
            {"build_id": "b2", "story_id": "s1", "digest_date": DAY, "rank": 1, "headline": "No", "is_quiet": False},
            {
                "build_id": "b3",
                "story_id": "s2",
                "digest_date": NEXT_DAY,
                "rank": 1,
                "headline": "May",
                "is_quiet": False,
            },
            {
                "build_id": "b3",
                "story_id": "s3",
                "digest_date": NEXT_DAY,
                "rank": 2,
                "headline": "Fire",
                "is_quiet": True,
            },
        ],
        "developments": [
            {
                "build_id": "b1",
                "development_id": "d1",
                "digest_date": DAY,
                "story_id": "s1",
                "event_id": "e1",
                "rank": 1,
                "text": "Repairs take 3 weeks.",
                "kind": "new",
            },
            {
                "build_id": "b3",
                "development_id": "d2",
                "digest_date": NEXT_DAY,
                "story_id": "s2",
                "event_id": "e3",
                "rank": 1,
                "text": "The harbour bridge is shut.",
                "kind": "new",
            },
        ],
        "citations": [
            {
                "build_id": "b1",
                "development_id": "d1",
                "day": DAY,
                "n": 1,
                "article_id": "a1",
                "version": 1,
                "char_start": 28,
                "char_end": 49,
                "quote": "Repairs take 3 weeks.",
                "role": "primary",
            },
            {
                "build_id": "b3",
                "development_id": "d2",
                "day": NEXT_DAY,
                "n": 1,
                "article_id": "a4",
                "version": 1,
                "char_start": 0,
                "char_end": 27,
                "quote": "The harbour bridge is shut.",
                "role": "primary",
            },
        ],
        "corrections": [
            {
                "article_id": "a1",
                "to_version": 2,
                "build_id": "b1",
                "development_id": "d1",
                "digest_date": DAY,
                "cause": "edit",
                "old_quote": "Repairs take 3 weeks.",
                "new_text": "Repairs take 5 weeks.",
                "day": NEXT_DAY,
            },
        ],
        "sources": [
            {"source_id": "feed-North", "kind": "feed", "url": "https://north.example/feed", "enabled": True},
            {"source_id": "feed-East", "kind": "feed", "url": "https://east.example/feed", "enabled": True},
        ],
        "feed_state": [{"source_id": "feed-East", "failure_streak": 3}],
        "fetches": [
            {"fetch_id": "f1", "source_id": "feed-North", "outcome": "ok", "requested_at": NOON},
            {"fetch_id": "f2", "source_id": "feed-East", "outcome": "timeout", "requested_at": NOON},
        ],
        "quarantine": [{"quarantine_id": "q1", "source_id": "feed-North", "reason": "too-short", "status": "held"}],
        "stage_counts": [
            {
                "run_id": "r1",
                "stage": "extract",
                "source_id": "feed-North",
                "received": 2,
                "new": 1,
                "updated": 0,
                "unchanged": 0,
                "duplicates": 0,
                "quarantined": 1,
                "failed": 0,
                "reasons": [("too-short", 1)],
            }
        ],
        "quality_metrics": [
            {
                "run_id": "r1",
                "suite": "articles",
                "expectation": "title",
                "column": "title",
                "success": True,
                "observed": 0.0,
            },
            {
                "run_id": "r2",
                "suite": "articles",
                "expectation": "title",
                "column": "title",
                "success": False,
                "observed": 0.2,
            },
            {
                "run_id": "r2",
                "suite": "articles@south",
                "expectation": "title",
                "column": "title",
                "success": False,
                "observed": 0.4,
                "row_count": 5,
                "source_id": "south",
            },
        ],
    }
    with warehouse.writing(NOW) as tx:
        for table, given in world.items():
            tx.upsert(table, rows(table, *given))
        tx.close_day(DAY)
        tx.commit()
    return warehouse
