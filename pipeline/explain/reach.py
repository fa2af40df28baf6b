"""In which days anything of an article or a story stands: what is told of it is read from these days alone.

Ids lead there by the store's index. An address has no index: the addresses of pages, and those of what was refused before it
was a page, are read of all days, two columns of them (0.1 s of processor time for a year of 300 articles a day).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.explain.rows import UNDER_ADDRESS, addresses, records, under_address
from pipeline.store.snapshot import Snapshot
from pipeline.text.urls import clean_url

_WHOLE_ID_CHARS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pages:
    """Ids of an article's own pages, and of others at its addresses; and when what became no page was refused there."""

    own: set[str]
    foreign: set[str]
    refused_on: frozenset[date]


_AT_ADDRESS = """
SELECT page_id, requested_url, final_url FROM pages
WHERE contains(coalesce(final_url, ''), $path) OR contains(coalesce(requested_url, ''), $path)
"""
_REFUSED = """
SELECT DISTINCT day FROM quarantine
WHERE article_id = $id OR (page_id IS NULL AND contains(coalesce(json_extract_string(record_json, '$.url'), ''), $path))
"""


_PAGES_UNDER = """
SELECT day, page_id FROM pages
WHERE list_contains($urls, requested_url) OR list_contains($urls, final_url)
   OR contains(coalesce(final_url, ''), $path) OR contains(coalesce(requested_url, ''), $path)
"""
_ARTICLES_UNDER = f"SELECT article_id FROM articles WHERE {UNDER_ADDRESS}"
_REFUSALS_UNDER = """
SELECT day, page_id FROM quarantine
WHERE list_contains($page_ids, page_id) OR contains(coalesce(json_extract_string(record_json, '$.url'), ''), $path)
"""


def is_whole_id(key: str) -> bool:
    """Whether a key may be a whole id, which the index finds."""
    return len(key) == _WHOLE_ID_CHARS and set(key) <= set("0123456789abcdef")


def days_of_article(snapshot: Snapshot, article_id: str) -> frozenset[date]:
    """The days of an article's versions, pages, refusals, copies, stories and lines, and of what else its addresses held.

    Args:
        article_id: The whole id; where nothing stands under it there are no days.
    """
    own = ("article_id", _ids([article_id]))
    versions = [
        row
        for table in ("articles", "article_history")
        for row in snapshot.read(table, columns=["page_id", "url", "duplicate_of"], having=own).to_pylist()
    ]
    pages = _page_ids(snapshot, article_id, versions)
    copies = [
        row
        for name in ("article_id", "canonical_id")
        for row in snapshot.read(
            "duplicates", columns=["article_id", "canonical_id"], having=(name, own[1])
        ).to_pylist()
    ]
    canonical = {row["duplicate_of"] for row in versions if row["duplicate_of"]}
    articles = {article_id, *canonical, *(id_ for row in copies for id_ in row.values() if isinstance(id_, str))}
    articles |= _read_from(snapshot, pages.foreign)
    placed = snapshot.read(
        "story_articles",
        columns=["story_id", "runner_up_story_id"],
        having=("article_id", _ids([article_id, *canonical])),
    )
    stories = {*placed["story_id"].to_pylist(), *placed["runner_up_story_id"].to_pylist()} - {None}
    sought = [
        ("articles", "article_id", articles),
        ("article_history", "article_id", articles),
        ("pages", "page_id", pages.own | pages.foreign),
        ("quarantine", "page_id", pages.own | pages.foreign),
        ("duplicates", "article_id", {article_id}),
        ("duplicates", "canonical_id", {article_id}),
        ("story_articles", "article_id", {article_id, *canonical}),
        ("story_days", "story_id", stories),
        ("citations", "article_id", {article_id}),
        ("corrections", "article_id", {article_id}),
    ]
    return _days(snapshot, sought) | pages.refused_on


def days_at_address(snapshot: Snapshot, url: str) -> frozenset[date] | None:
    """The days of what an address leads to: of pages, refusals and the one article that were asked or stand under it, trackers apart.

    Each table is read once, and where nothing is found, nothing more: most addresses that no index knows lead nowhere.

    Returns:
        None for all days, where several articles answer: which of them has the address now, only all that they were read from tells.
    """
    path = urlsplit(clean_url(url) or url).path
    with snapshot.connect(tables=("pages", "articles", "quarantine")) as connection:
        pages = records(connection, _PAGES_UNDER, urls=addresses(url), path=path)
        page_ids = {row["page_id"] for row in pages}
        articles = {row["article_id"] for row in records(connection, _ARTICLES_UNDER, **under_address(url))}
        refused = records(connection, _REFUSALS_UNDER, page_ids=sorted(page_ids), path=path)
    articles |= _read_from(snapshot, page_ids)
    if len(articles) > 1:
        return None
    sought = [
        ("articles", "article_id", articles),
        ("article_history", "article_id", articles),
        ("pages", "page_id", {row["page_id"] for row in refused} - {None}),
    ]
    return _days(snapshot, sought) | {row["day"] for row in (*pages, *refused)}


def days_of_story(snapshot: Snapshot, story_ids: Iterable[str]) -> frozenset[date]:
    """The days of a story, and of those that merged into it: of their articles and copies, lineage and lines."""
    ids = set(story_ids)
    placed = snapshot.read(
        "story_articles", columns=["article_id", "runner_up_story_id"], having=("story_id", _ids(ids))
    )
    articles = set(placed["article_id"].to_pylist())
    sought = [
        ("story_articles", "story_id", ids),
        ("story_days", "story_id", ids | (set(placed["runner_up_story_id"].to_pylist()) - {None})),
        ("story_lineage", "from_story_id", ids),
        ("story_lineage", "to_story_id", ids),
        ("developments", "story_id", ids),
        ("articles", "article_id", articles),
        ("articles", "duplicate_of", articles),
    ]
    return _days(snapshot, sought)


def _page_ids(snapshot: Snapshot, article_id: str, versions: Sequence[Mapping[str, Any]]) -> _Pages:
    """The pages that versions were read from, and those that came from the same addresses."""
    own = {row["page_id"] for row in versions if row["page_id"]}
    known = snapshot.read("pages", columns=["requested_url", "final_url"], having=("page_id", _ids(own)))
    urls = {*known["requested_url"].to_pylist(), *known["final_url"].to_pylist(), *(row["url"] for row in versions)}
    addresses = {clean_url(url) for url in urls - {None}} - {None}
    paths = sorted({urlsplit(url).path for url in addresses if url})
    with snapshot.connect(tables=("pages", "quarantine")) as connection:
        there = [row for path in paths for row in records(connection, _AT_ADDRESS, path=path)]
        refused = [row for path in paths or ["-//-"] for row in records(connection, _REFUSED, id=article_id, path=path)]
    foreign = {
        row["page_id"] for row in there if {clean_url(row[n] or "") for n in ("requested_url", "final_url")} & addresses
    }
    return _Pages(own=own, foreign=foreign - own, refused_on=frozenset(row["day"] for row in refused))


def _read_from(snapshot: Snapshot, page_ids: Iterable[str]) -> set[str]:
    """The articles that were read from some pages; which ones, no index tells."""
    wanted = _ids(page_ids)
    if not len(wanted):
        return set()
    return {
        article_id
        for table in ("articles", "article_history")
        for article_id in snapshot.read(table, columns=["article_id"], where=pc.field("page_id").isin(wanted))[
            "article_id"
        ].to_pylist()
    }


def _days(snapshot: Snapshot, sought: Iterable[tuple[str, str, Iterable[str]]]) -> frozenset[date]:
    """The days in which rows with one of these values may stand."""
    return frozenset(
        day for table, column, values in sought for day in snapshot.days_having(table, column, _ids(values))
    )


def _ids(values: Iterable[str]) -> pa.Array:
    return pa.array(sorted(set(values)), pa.string())
