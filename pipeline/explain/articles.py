"""The whole way of an article, from the page to the lines that stand on it; or why a page became none."""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin, urlsplit

import duckdb
import pyarrow as pa

from pipeline.errors import UsageError
from pipeline.explain import article_pages
from pipeline.explain.changes import word_changes
from pipeline.explain.digest_trace import Named, outcome_facts, trace_day
from pipeline.explain.pages import read_again
from pipeline.explain.reach import days_of_article, is_whole_id
from pipeline.explain.rows import Facts, find_articles, find_one, records
from pipeline.settings import Settings
from pipeline.store.snapshot import Snapshot
from pipeline.store.warehouse import Warehouse
from pipeline.text.urls import bare_url, clean_url

_LEAST_ID_CHARS = 8
_NO_PATH = "-//-"  # in no address

_VERSIONS = "SELECT * EXCLUDE is_current FROM article_versions WHERE article_id = $id ORDER BY version"
_PAGES = """
SELECT page_id, requested_url, final_url, file_name, http_status, content_type, octet_length(body) AS bytes, body_sha256,
       listed_title, listed_at, listed_by, window_start, fetched_at, run_id
FROM pages WHERE list_contains($page_ids, page_id) AND list_contains($days, day)
"""
_COPY_OF = """
SELECT d.canonical_id AS article_id, d.kind, d.containment, d.jaccard, d.recorded_at, a.publisher, a.title
FROM duplicates d LEFT JOIN articles a ON a.article_id = d.canonical_id WHERE d.article_id = $id ORDER BY d.recorded_at
"""
_COPIES = """
SELECT d.article_id, d.kind, d.containment, d.jaccard, d.recorded_at, a.publisher, a.title
FROM duplicates d JOIN articles a USING (article_id) WHERE d.canonical_id = $id ORDER BY d.article_id
"""
_PLACINGS = """
WITH headlines AS (SELECT story_id, arg_max(headline, day) AS headline FROM story_days GROUP BY story_id)
SELECT s.article_id, s.day, s.story_id, h.headline, s.event_id, s.similarity, s.runner_up_story_id, r.headline AS runner_up_headline,
       s.runner_up_similarity, s.settings_version
FROM story_articles s LEFT JOIN headlines h USING (story_id) LEFT JOIN headlines r ON r.story_id = s.runner_up_story_id
WHERE s.article_id = $id ORDER BY s.day, s.recorded_at
"""
_LINES = """
SELECT d.digest_date, b.status, g.rank AS story_rank, d.rank AS line_rank, d.development_id, d.story_id, d.kind, d.text,
       c.article_id, c.version, c.char_start, c.char_end, c.role
FROM citations c JOIN developments d USING (build_id, development_id) JOIN digest_builds b USING (build_id)
JOIN digests g ON g.build_id = d.build_id AND g.story_id = d.story_id
WHERE c.article_id = $id ORDER BY d.digest_date, b.built_at, g.rank, d.rank
"""
_CORRECTIONS = """
SELECT digest_date, development_id, to_version, cause, old_quote, new_text, noticed_at
FROM corrections WHERE article_id = $id ORDER BY noticed_at, digest_date
"""
_REQUESTS = """
SELECT url, requested_at, outcome, http_status, bytes, ms FROM fetches
WHERE purpose = 'page' AND list_contains($urls, url) ORDER BY requested_at, fetch_id
"""
_REFUSED_PAGES = """
SELECT page_id, requested_url, final_url, file_name, http_status, fetched_at, listed_title FROM pages
WHERE list_contains($page_ids, page_id) OR file_name = $file
    OR contains(coalesce(requested_url, ''), $path) OR contains(coalesce(final_url, ''), $path)
"""
_REFUSALS = """
SELECT quarantine_id, day, stage, reason, detail, status, decided_by, source_id, run_id, page_id,
       json_extract_string(record_json, '$.listed_title') AS listed_title, json_extract_string(record_json, '$.url') AS url,
       json_extract_string(record_json, '$.file') AS file_name
FROM quarantine
WHERE starts_with(quarantine_id, $key) OR article_id = $id OR list_contains($page_ids, page_id)
    OR json_extract_string(record_json, '$.file') = $file
    OR contains(coalesce(json_extract_string(record_json, '$.url'), ''), $path)
ORDER BY day, stage, quarantine_id
"""
_WITHDRAWAL = "SELECT withdrawn_at, why, text_sha256s FROM withdrawals WHERE article_id = $id"
_IDS = "SELECT old_id, new_id, since, why FROM article_ids WHERE old_id = $id OR new_id = $id ORDER BY since, old_id"
_LET_IN = """
SELECT article_id, any_value(title) AS title FROM article_versions
WHERE list_contains($page_ids, page_id) GROUP BY article_id ORDER BY article_id
"""


def explain_article(
    warehouse: Warehouse, settings: Settings, key: str, *, is_again: bool = True
) -> tuple[Facts, list[str]]:
    """The whole way of an article; or, where a key names only refused pages, why they were refused.

    The page is read again as extraction reads it, and the article's days are built again, for what is not stored: what
    cleaning took out, and why sentences are no lines.

    Args:
        key: The article's id, the start of it, or a URL in any form; a quarantine id, or a refused page's URL or file name, too.
        is_again: Whether to do so; else only what is stored is told.
    Returns:
        The facts, and the same as lines of text.
    Raises:
        UsageError: nothing, or more than one article, answers to it.
    """
    snapshot = warehouse.latest()
    article_id, refusals = _named_by_id(snapshot, key) if is_whole_id(key) else (None, [])
    if article_id is None and not refusals:
        with snapshot.connect(views=["article_versions", "article_ids"]) as connection:
            found = find_articles(connection, key)
            if not found:
                refusals = find_refusals(connection, key)
                found = _let_in(connection, refusals)
        if not found and not refusals:
            raise UsageError(
                f"no article and no refused page answers to {key!r}; give an id, the start of it, or a URL"
            )
        if found:
            article_id = find_one(found, key, "article", id_name="article_id", about="title")["article_id"]
    if article_id is None:
        urls = sorted({url for r in refusals for url in (r["requested_url"], r["url"]) if url})
        requests = _requests(snapshot, urls)
        return {"refusals": refusals, "requests": requests}, article_pages.refused_page(key, refusals, requests)
    facts = _stored_facts(snapshot, article_id)
    if is_again:
        facts["cleaning"], facts["identity"] = _read_again(snapshot, settings, facts)
        facts["sentences"] = _sentences(warehouse, settings, facts)
    return facts, article_pages.article_page(facts)


def _named_by_id(snapshot: Snapshot, key: str) -> tuple[str | None, list[Facts]]:
    """What a whole id names, by the index: an article, or the refusal of a page that was not let in; nothing where neither is."""
    ids = pa.array([key], pa.string())
    if snapshot.read("articles", columns=["article_id"], having=("article_id", ids)).num_rows:
        return key, []
    found = snapshot.read("quarantine", columns=["page_id", "status"], having=("quarantine_id", ids)).to_pylist()
    if not found or any(row["status"] == "released" and row["page_id"] for row in found):
        return None, []  # what a released page became no index tells
    pages = pa.array([row["page_id"] for row in found if row["page_id"]], pa.string())
    days = snapshot.days_having("quarantine", "quarantine_id", ids) | snapshot.days_having("pages", "page_id", pages)
    with snapshot.connect(tables=("quarantine", "pages"), days=days) as connection:
        return None, find_refusals(connection, key)


def _requests(snapshot: Snapshot, urls: list[str]) -> list[Facts]:
    """What was asked of some addresses, in all days."""
    with snapshot.connect(tables=("fetches",)) as connection:
        return records(connection, _REQUESTS, urls=urls)


def _let_in(connection: duckdb.DuckDBPyConnection, refusals: list[Facts]) -> list[Facts]:
    """The articles of pages that were refused and let in since."""
    page_ids = [r["page_id"] for r in refusals if r["status"] == "released" and r["page_id"]]
    return records(connection, _LET_IN, page_ids=page_ids) if page_ids else []


def find_refusals(connection: duckdb.DuckDBPyConnection, key: str) -> list[Facts]:
    """The refusals that a key names: a quarantine id, the start of one, a URL in any form, or a file."""
    return _refusals(connection, key, loosely=True)


def _refusals(
    connection: duckdb.DuckDBPyConnection,
    key: str,
    article_id: str = "",
    page_ids: tuple[str, ...] = (),
    *,
    loosely: bool = False,
) -> list[Facts]:
    """Refusals of an article's pages, or of whatever a key names: a quarantine id, the start of one, a URL in any form, a file.

    Args:
        loosely: Where none has this very URL, take those that differ from it in what may only follow a reader.
    """
    url = clean_url(key)
    is_id = url is None and len(key) >= _LEAST_ID_CHARS
    asked = {
        "key": key if is_id else "-",
        "file": "" if article_id else key,
        "id": article_id,
        "page_ids": list(page_ids),
    }
    found = _with_pages(connection, asked, urlsplit(url).path if url else _NO_PATH)
    if url is None:
        return found
    names = ("requested_url", "final_url", "url")
    exact = [r for r in found if url in {clean_url(r[name]) for name in names}]
    if exact or not loosely:
        return exact
    return [r for r in found if bare_url(url) in {bare_url(r[name]) for name in names}]


def _with_pages(connection: duckdb.DuckDBPyConnection, asked: Facts, path: str) -> list[Facts]:
    """Refusals with what is known of their pages. Tables are read one by one, for most keys lead to nothing in one of them."""
    about = {"page_ids": asked["page_ids"], "file": asked["file"], "path": path}
    pages = {page["page_id"]: page for page in records(connection, _REFUSED_PAGES, **about)}
    refusals = records(connection, _REFUSALS, **{**asked, "page_ids": [*asked["page_ids"], *pages]}, path=path)
    unread = sorted({row["page_id"] for row in refusals if row["page_id"]} - pages.keys())
    if unread:
        more = records(connection, _REFUSED_PAGES, page_ids=unread, file=None, path=_NO_PATH)
        pages |= {page["page_id"]: page for page in more}
    nothing = dict.fromkeys(("requested_url", "final_url", "file_name", "http_status", "fetched_at", "listed_title"))
    for row in refusals:
        page = pages.get(row["page_id"], nothing)
        row |= {name: page[name] for name in ("requested_url", "final_url", "http_status", "fetched_at")}
        row["url"] = page["final_url"] or page["requested_url"] or row["url"]
        row |= {name: page[name] or row[name] for name in ("file_name", "listed_title")}
    return refusals


def _stored_facts(snapshot: Snapshot, article_id: str) -> Facts:
    """Everything that the warehouse holds of one article, from the days in which it stands."""
    days = days_of_article(snapshot, article_id)
    with snapshot.connect(views=["article_versions", "article_ids"], days=days) as connection:
        facts = _facts_of_days(connection, article_id)
    facts["requests"] = _requests(snapshot, sorted(facts.pop("own_urls")))
    return facts


def _facts_of_days(connection: duckdb.DuckDBPyConnection, article_id: str) -> Facts:
    """What a session of an article's days holds of it."""
    versions = records(connection, _VERSIONS, id=article_id)
    pages = {
        page["page_id"]: page
        for page in records(
            connection,
            _PAGES,
            page_ids=[v["page_id"] for v in versions],
            days=sorted({v["version_window_start"].date() for v in versions}),
        )
    }
    for before, version in zip([None, *versions], versions, strict=False):
        version["page"] = pages.get(version["page_id"])
        version["changes"] = word_changes(before["text"], version["text"]) if before else []
    now = versions[-1]
    own_urls = {now["url"] or "", *(page["requested_url"] or "" for page in pages.values())} - {""}
    refusals = _refusals(connection, "-", article_id, tuple(pages))
    for url in sorted(own_urls):
        refusals += [r for r in _refusals(connection, url) if r not in refusals]
    source = records(connection, "SELECT publisher FROM sources WHERE source_id = $id", id=now["source_id"])
    facts = {
        **{name: now[name] for name in now if name not in ("text", "page", "changes")},
        "is_publisher_of_source": any(row["publisher"] == now["publisher"] for row in source),
        "beginning": now["text"][:160],
        "versions": versions,
        "own_urls": own_urls,
        "withdrawal": next(iter(records(connection, _WITHDRAWAL, id=article_id)), None),
        "ids": records(connection, _IDS, id=article_id),
        "copy_of": records(connection, _COPY_OF, id=article_id),
        "copies": records(connection, _COPIES, id=article_id),
        "placings": records(connection, _PLACINGS, id=article_id),
        "lines": records(connection, _LINES, id=article_id),
        "corrections": records(connection, _CORRECTIONS, id=article_id),
        "refusals": refusals,
    }
    if now["duplicate_of"] and not facts["placings"]:
        facts["canonical_placings"] = records(connection, _PLACINGS, id=now["duplicate_of"])
    for version in versions:
        del version["text"]
    return facts


def _read_again(snapshot: Snapshot, settings: Settings, facts: Facts) -> tuple[Facts, Facts]:
    """What cleaning took out of the current version's page, and which URL the page declares."""
    now = facts["versions"][-1]
    is_released = now["cause"] == "release" or any(
        r["page_id"] == now["page_id"] and r["status"] == "released" for r in facts["refusals"]
    )
    day = now["version_window_start"].date()
    again = read_again(snapshot, settings, now["page_id"], day, is_released=is_released)
    declared = again.declared_url if again else None
    cleaning: Facts = {
        "rules": now["cleaning_rules"],
        "extractor_version": now["extractor_version"],
        "read_again_with": again.extractor_version if again else None,
        "is_same_reading": again is not None and again.text_sha256 == now["text_sha256"],
        "removed": [{"rule": rule, "text": text} for rule, text in again.removed] if again else [],
    }
    identity: Facts = {
        "url": now["url"],
        "canonical_url": now["canonical_url"],
        "declared_url": clean_url(urljoin(now["url"] or "", declared)) if declared else None,
        "declared_original_url": now["declared_original_url"],
    }
    return cleaning, identity


def _sentences(warehouse: Warehouse, settings: Settings, facts: Facts) -> list[Facts]:
    """What became of the article's sentences, on the days on which it was fresh."""
    days = {p["day"] for p in facts["placings"]}
    days |= {v["version_window_start"].date() for v in facts["versions"] if v["cause"] == "edit"}
    cited = {(line["version"], line["char_start"]): line["role"] for line in facts["lines"]}
    found: list[Facts] = []
    for day in sorted(days) if facts["placings"] else ():
        decided = trace_day(warehouse, settings, day)
        if decided is None:
            found.append({"day": day, "build_id": None, "caveat": "no digest of that day yet", "decisions": []})
            continue
        names = Named.of(decided.inputs)
        mine: list[dict[str, Any]] = [
            {**outcome_facts(d, names), "cited_as": cited.get((d.version, d.start))}
            for d in decided.decisions
            if d.article_id == facts["article_id"]
        ]
        mine.sort(key=lambda d: d["char_start"])
        found.append({"day": day, "build_id": decided.build["build_id"], "caveat": decided.caveat, "decisions": mine})
    return found
