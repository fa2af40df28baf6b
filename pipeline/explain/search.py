"""Find articles, refused pages and stories, by a URL, an id, or words of their titles.

A whole id and a URL are sought by their index, so that a year of news costs what a day does; the start of an id is sought in
all days, and a URL that nothing stands under as it is among the addresses of all. Words are sought in the titles of the last days alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import duckdb
import pyarrow as pa

from pipeline.explain.articles import find_refusals
from pipeline.explain.reach import days_at_address
from pipeline.explain.rows import Facts, find_articles, records
from pipeline.store.snapshot import Snapshot
from pipeline.store.warehouse import Warehouse
from pipeline.text.urls import article_id, clean_url

DAYS = 30
LIMIT = 50
_ID = re.compile(r"[0-9a-f]{8,32}")
_WHOLE_ID_CHARS = 32

_HOLDS = "len(list_filter($words, lambda w: NOT contains(lower({}), w))) = 0"
_ARTICLES = f"""
SELECT article_id, title, publisher, day, duplicate_of IS NOT NULL AS is_copy
FROM articles WHERE {_HOLDS.format("coalesce(title, '')")} ORDER BY day DESC, published_at DESC, article_id LIMIT $limit
"""
_REFUSED = f"""
WITH refused AS (
    SELECT q.quarantine_id, q.day, q.stage, q.reason, q.detail, q.status, q.source_id,
           coalesce(p.final_url, p.requested_url, json_extract_string(q.record_json, '$.url')) AS url,
           coalesce(p.listed_title, json_extract_string(q.record_json, '$.listed_title')) AS listed_title
    FROM quarantine q LEFT JOIN (SELECT page_id, final_url, requested_url, listed_title FROM pages) p USING (page_id)
)
FROM refused WHERE {_HOLDS.format("concat_ws(' ', listed_title, url)")} ORDER BY day DESC, quarantine_id LIMIT $limit
"""
_STORIES = f"""
SELECT story_id, arg_max(headline, day) AS headline, max(day) AS day FROM story_days
WHERE headline IS NOT NULL AND {_HOLDS.format("headline")} GROUP BY story_id ORDER BY day DESC, story_id LIMIT $limit
"""
_STORY_IDS = """
SELECT story_id, arg_max(headline, day) AS headline, max(day) AS day FROM story_days
WHERE starts_with(story_id, $key) GROUP BY story_id ORDER BY story_id LIMIT $limit
"""
_REFUSED_IDS = """
SELECT quarantine_id, day, stage, reason, detail, status, source_id FROM quarantine
WHERE starts_with(quarantine_id, $key) ORDER BY day, quarantine_id LIMIT $limit
"""


def search_news(warehouse: Warehouse, asked: str, *, days: int = DAYS, limit: int = LIMIT) -> Facts:
    """Find what answers to a URL, an id, the start of one, or words.

    Args:
        days: In how many of the last stored days words are sought.
        limit: The most of each kind.
    Returns:
        `by`: key or words; `since`: the first day that words are sought in, None for a key; `articles`, `refusals` and
        `stories`, the latest first; `is_cut`: whether there may be more of a kind.
    """
    snapshot, key = warehouse.latest(), asked.strip()
    is_key = clean_url(key) is not None or _ID.fullmatch(key) is not None
    found = _by_key(snapshot, key, limit) if is_key else {}
    if not any(found.values()) and clean_url(key) is None:  # a word may look like an id
        is_key = False
        found = _by_words(snapshot, key.lower().split(), _since(snapshot, days), limit)
    return {
        "by": "key" if is_key else "words",
        "since": None if is_key else _since(snapshot, days),
        **found,
        "is_cut": any(len(rows) == limit for rows in found.values()),
    }


def _by_key(snapshot: Snapshot, key: str, limit: int) -> dict[str, list[Facts]]:
    """What a URL or an id means: first by the index, then in all days."""
    url = clean_url(key)
    found = {
        "articles": _indexed(snapshot, "articles", "article_id", article_id(url) if url else key),
        "refusals": [] if url else _indexed(snapshot, "quarantine", "quarantine_id", key),
        "stories": _last_of_each(_indexed(snapshot, "story_days", "story_id", key)),
    }
    if any(found.values()):
        return found
    if url is None:
        with snapshot.connect(tables=("articles", "quarantine", "story_days")) as connection:
            return {
                "articles": find_articles(connection, key)[:limit],
                "refusals": records(connection, _REFUSED_IDS, key=key, limit=limit),
                "stories": records(connection, _STORY_IDS, key=key, limit=limit),
            }
    days = days_at_address(snapshot, key)
    if days is not None and not days:
        return found
    tables, views = ("pages", "quarantine"), ["article_versions", "article_ids"]
    with snapshot.connect(tables=tables, views=views, days=days) as connection:
        return {
            "articles": find_articles(connection, key)[:limit],
            "refusals": find_refusals(connection, key)[:limit],
            "stories": [],
        }


def _indexed(snapshot: Snapshot, table: str, column: str, value: str) -> list[Facts]:
    """Rows by a whole id; nothing for what is none."""
    names = {
        "articles": ["article_id", "title", "publisher", "day"],
        "quarantine": ["quarantine_id", "day", "stage", "reason", "detail", "status", "source_id"],
        "story_days": ["story_id", "headline", "day"],
    }
    if table != "story_days" and len(value) != _WHOLE_ID_CHARS:
        return []
    rows: list[dict[str, Any]] = snapshot.read(
        table, columns=names[table], having=(column, pa.array([value], pa.string()))
    ).to_pylist()
    return rows


def _last_of_each(rows: Sequence[Facts]) -> list[Facts]:
    """A story's last day with a headline."""
    ordered = sorted(rows, key=lambda row: (row["headline"] is not None, row["day"]))
    return ordered[-1:]


def _by_words(snapshot: Snapshot, words: list[str], since: date | None, limit: int) -> dict[str, list[Facts]]:
    """What holds all the words in its title, its headline, or, where it was refused, its address."""
    if not words or since is None:
        return {"articles": [], "refusals": [], "stories": []}
    last = max(file.day for file in snapshot.manifest.files("pages") if file.day)
    reach = [since + timedelta(n) for n in range((last - since).days + 1)]
    with snapshot.connect(tables=("articles", "pages", "quarantine", "story_days"), days=reach) as connection:
        return {
            name: _asked(connection, query, words, limit)
            for name, query in (("articles", _ARTICLES), ("refusals", _REFUSED), ("stories", _STORIES))
        }


def _asked(connection: duckdb.DuckDBPyConnection, query: str, words: list[str], limit: int) -> list[Facts]:
    return records(connection, query, words=words, limit=limit)


def _since(snapshot: Snapshot, days: int) -> date | None:
    """The first of the last stored days."""
    last = max((file.day for file in snapshot.manifest.files("pages") if file.day), default=None)
    return last - timedelta(days - 1) if last else None
