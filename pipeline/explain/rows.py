"""Rows as facts, and the one thing that answers to a key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb

from pipeline.errors import UsageError
from pipeline.explain.layout import short, short_id
from pipeline.text.urls import bare_url, clean_url

Facts = dict[str, Any]
_CANDIDATES_NAMED = 5
_KEYS = {
    "article": "an id, the start of it, or a URL",
    "story": "an id, the start of it, or words of its headline",
    "line": "an id, the start of it, or its place: 2026-03-04/1.2",
}

# What is an article's own address, and what differs from it in what may only follow a reader; `under_address` gives the values.
_IS_OWN = "list_contains($urls, canonical_url) OR list_contains($urls, url)"
UNDER_ADDRESS = f"{_IS_OWN} OR starts_with(url, $start)"


def records(connection: duckdb.DuckDBPyConnection, query: str, **parameters: object) -> list[Facts]:
    """Rows as dictionaries."""
    result = connection.execute(query, parameters or None)
    names = [name for name, *_ in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def find_one(found: Sequence[Mapping[str, Any]], key: str, noun: str, *, id_name: str, about: str) -> Facts:
    """The one row that answers to a key.

    Args:
        found: Rows that answer.
        key: What was asked for.
        noun: What it is called: article, story or line.
        id_name: The column with its id.
        about: The column that tells rows apart for a reader.
    Raises:
        UsageError: none does, or more than one: these are named.
    """
    if len(found) == 1:
        return dict(found[0])
    if not found:
        raise UsageError(f"no {noun} answers to {key!r}; give {_KEYS[noun]}")
    names = [f"{short_id(row[id_name])} ({short(row[about] or 'untitled', 60)})" for row in found[:_CANDIDATES_NAMED]]
    more = f" and {len(found) - len(names)} more" if len(found) > len(names) else ""
    raise UsageError(f"{len(found)} {noun} ids answer to {key!r}: {', '.join(names)}{more}; give more of it")


def addresses(key: str) -> list[str]:
    """A URL as it was given and in its one normal form; nothing for what is no URL."""
    cleaned = clean_url(key)
    return sorted({key, cleaned}) if cleaned else []


def under_address(url: str) -> Facts:
    """The values of `UNDER_ADDRESS`."""
    return {"urls": addresses(url), "start": (bare_url(url) or "").partition("?")[0]}


def find_articles(connection: duckdb.DuckDBPyConnection, key: str) -> list[Facts]:
    """The articles that a key may mean: by id, start of it, own or canonical URL, or the URL that was asked.

    A URL that is one article's own address is no other's; of the ids that an address had, the one that it has now answers.
    """
    found = _find_articles(connection, key)
    if len(found) < 2:
        return found
    moved = connection.execute(
        "SELECT old_id FROM article_ids WHERE list_contains($ids, old_id) AND list_contains($ids, new_id)",
        {"ids": [row["article_id"] for row in found]},
    ).fetchall()
    return [row for row in found if (row["article_id"],) not in moved] or found


def _find_articles(connection: duckdb.DuckDBPyConnection, key: str) -> list[Facts]:
    """All that answer to a key."""
    urls = addresses(key)
    if not urls:
        return records(
            connection,
            "SELECT article_id, title, publisher, day FROM articles WHERE starts_with(article_id, $key) ORDER BY article_id",
            key=key,
        )
    bare = bare_url(key) or ""
    near = records(
        connection,
        f"""
        SELECT article_id, title, publisher, day, url, {_IS_OWN} AS is_own
        FROM articles WHERE {UNDER_ADDRESS} ORDER BY article_id
        """,
        **under_address(key),
    )
    about = [(row.pop("url"), row.pop("is_own")) for row in near]
    by_address = [row for row, (_, is_own) in zip(near, about, strict=True) if is_own]
    by_page = by_address or _find_by_page(connection, urls)
    # Else those whose address differs in what may only follow a reader.
    return by_page or [row for row, (url, _) in zip(near, about, strict=True) if url and bare_url(url) == bare]


def _find_by_page(connection: duckdb.DuckDBPyConnection, urls: list[str]) -> list[Facts]:
    """The articles that were read from a page at one of some addresses."""
    pages = connection.execute(
        "SELECT page_id FROM pages WHERE list_contains($urls, requested_url) OR list_contains($urls, final_url)",
        {"urls": urls},
    ).fetchall()
    if not pages:
        return []
    return records(
        connection,
        """
        SELECT DISTINCT a.article_id, a.title, a.publisher, a.day
        FROM article_versions v JOIN articles a ON a.article_id = v.article_id
        WHERE list_contains($page_ids, v.page_id) ORDER BY a.article_id
        """,
        page_ids=[page_id for (page_id,) in pages],
    )


def find_article(connection: duckdb.DuckDBPyConnection, key: str) -> Facts:
    """The one article that a key means: article_id, title, publisher and day.

    Raises:
        UsageError: none, or more than one.
    """
    return find_one(find_articles(connection, key), key, "article", id_name="article_id", about="title")
