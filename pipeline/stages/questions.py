"""Questions that people ask of the warehouse: SQL, status, why an article or a story is as it is, what was refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb

from pipeline.errors import UsageError, WarehouseError
from pipeline.stages.missed import missed_hours
from pipeline.store.warehouse import Warehouse

Facts = dict[str, Any]
_TEXT_CHARS = 280


def run_sql(warehouse: Warehouse, query: str) -> tuple[list[str], list[tuple[Any, ...]], str]:
    """Run statements on the views of warehouse.duckdb, which is open for reading only.

    Returns:
        Column names and rows of the last statement, and the table as text.
    Raises:
        UsageError: DuckDB refuses the statement; the message is DuckDB's own.
        WarehouseError: nothing was ever committed.
    """
    with warehouse.open_readonly() as connection:
        try:
            result = connection.execute(query)
            if result is None:
                raise UsageError("SQL: there is no statement; write one in quotes")
            columns = _distinct([name for name, *_ in result.description or []])
            rows = result.fetchall()
        except duckdb.IOException as error:
            raise WarehouseError(f"SQL: {str(error).splitlines()[0]}; `daybook warehouse verify` says why") from error
        except duckdb.Error as error:
            raise UsageError(f"SQL: {str(error).splitlines()[0]}") from error
    return columns, rows, as_text(columns, rows)


def _distinct(names: Sequence[str]) -> list[str]:
    """Column names, those that occur again with their place."""
    return [name if name not in names[:place] else f"{name}_{place + 1}" for place, name in enumerate(names)]


def as_text(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Rows as a plain table: a header, a rule, one line a row."""
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [max(len(text) for text in column) for column in zip(columns, *cells, strict=True)] if columns else []
    lines = [
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        for row in [columns, *cells]
    ]
    rule = "  ".join("-" * width for width in widths)
    return "\n".join([lines[0], rule, *lines[1:], f"({len(rows)} row{'' if len(rows) == 1 else 's'})"]) if lines else ""


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    text = " ".join(text.split())
    return text if len(text) <= _TEXT_CHARS else text[: _TEXT_CHARS - 1] + "…"


def warehouse_status(warehouse: Warehouse) -> tuple[Facts, str]:
    """The last runs with their books, quarantine by reason, sources, days and disk."""
    snapshot = warehouse.latest()
    with snapshot.connect() as connection:
        runs = _records(
            connection,
            """
            SELECT r.dag_id, r.window_start, r.window_end, r.status, r.detail, r.started_at, s.stage,
                   sum(s.received) AS received, sum(s.new) AS new, sum(s.updated) AS updated,
                   sum(s.unchanged) AS unchanged, sum(s.duplicates) AS duplicates,
                   sum(s.quarantined) AS quarantined, sum(s.failed) AS failed
            FROM (FROM runs WHERE status NOT IN ('late', 'empty')
                  ORDER BY recorded_at DESC, started_at DESC, run_id LIMIT 12) r
            LEFT JOIN stage_counts s USING (run_id)
            GROUP BY ALL ORDER BY r.window_start DESC, r.dag_id, s.stage
            """,
        )
        quarantine = _records(
            connection,
            "SELECT stage, reason, status, count(*) AS pages FROM quarantine GROUP BY ALL ORDER BY pages DESC, stage, reason",
        )
        sources = _records(
            connection,
            """
            SELECT s.source_id, s.kind, s.publisher, f.last_success_at, f.last_new_item_at, f.failure_streak, f.next_fetch_at
            FROM sources s LEFT JOIN feed_state f USING (source_id) ORDER BY s.source_id
            """,
        )
        totals = _records(
            connection,
            """
            SELECT (SELECT count(*) FROM pages) AS pages, (SELECT count(*) FROM articles) AS articles,
                   (SELECT count(*) FROM articles WHERE duplicate_of IS NOT NULL) AS duplicates,
                   (SELECT count(DISTINCT story_id) FROM story_articles) AS stories,
                   (SELECT count(*) FROM digest_builds WHERE status = 'final') AS final_digests
            """,
        )[0]
    disk = sum(path.stat().st_size for path in (warehouse.root / "files").rglob("*.parquet"))
    facts: Facts = {
        "root": str(warehouse.root),
        "snapshot": snapshot.number,
        "closed_days": [day.isoformat() for day in sorted(snapshot.closed_days)],
        "disk_bytes": disk,
        **totals,
        "runs": runs,
        "missed": missed_hours(snapshot),
        "quarantine": quarantine,
        "sources": sources,
    }
    return facts, _status_text(facts)


def _status_text(facts: Facts) -> str:
    """The status as a page of text."""
    days = facts["closed_days"]
    span = f"{days[0]} to {days[-1]}" if days else "none"
    head = [
        f"warehouse {facts['root']}, snapshot {facts['snapshot']}, {facts['disk_bytes'] / 1e6:.1f} MB of Parquet",
        f"{facts['pages']} pages, {facts['articles']} articles ({facts['duplicates']} copies), {facts['stories']} stories, "
        f"{facts['final_digests']} final digests; closed days: {len(days)} ({span})",
    ]
    sections = [("Last runs, by stage", facts["runs"]), ("Refused", facts["quarantine"]), ("Sources", facts["sources"])]
    if facts["missed"]:
        sections.insert(1, ("Hours without a run of their own, the last ones", facts["missed"]))
    for title, records in sections:
        head += ["", title, as_text(list(records[0]), [list(r.values()) for r in records]) if records else "none"]
    return "\n".join(head)


def list_quarantine(warehouse: Warehouse, *, reason: str | None, limit: int) -> tuple[list[Facts], str]:
    """Refusals, the latest window first."""
    with warehouse.latest().connect() as connection:
        rows = _records(
            connection,
            """
            SELECT q.quarantine_id, q.day, q.stage, q.reason, q.status, q.source_id,
                   coalesce(p.final_url, p.requested_url, json_extract_string(q.record_json, '$.url')) AS url, q.detail
            FROM quarantine q LEFT JOIN pages p USING (page_id)
            WHERE $reason IS NULL OR q.reason = $reason
            ORDER BY q.day DESC, q.stage, q.reason, q.quarantine_id LIMIT $limit
            """,
            reason=reason,
            limit=limit,
        )
    shown = [(r["day"], r["stage"], r["reason"], r["source_id"], r["url"], r["detail"]) for r in rows]
    return rows, as_text(("day", "stage", "reason", "source", "url", "detail"), shown)


def explain_story(warehouse: Warehouse, prefix: str) -> tuple[Facts, str]:
    """One story: its days, its articles with why they joined, its published lines.

    Raises:
        UsageError: no story, or more than one, begins so.
    """
    snapshot = warehouse.latest()
    with snapshot.connect() as connection:
        story_id = _only(
            connection,
            "SELECT DISTINCT story_id FROM story_articles WHERE starts_with(story_id, $key)",
            prefix,
            "story",
        )
        days = _records(
            connection,
            "SELECT day, status, headline, event_count, article_count, publisher_count, origin_count "
            "FROM story_days WHERE story_id = $id ORDER BY day",
            id=story_id,
        )
        articles = _records(
            connection,
            """
            SELECT s.day, s.event_id, a.article_id, a.title, a.publisher, a.published_at, s.similarity,
                   s.runner_up_story_id, s.runner_up_similarity
            FROM story_articles s JOIN articles a USING (article_id)
            WHERE s.story_id = $id ORDER BY s.day, s.event_id, a.published_at, a.article_id
            """,
            id=story_id,
        )
        lines = _records(
            connection,
            """
            SELECT d.digest_date, b.status, d.rank, d.kind, d.text, d.article_count, d.origin_count
            FROM developments d JOIN digest_builds b USING (build_id)
            WHERE d.story_id = $id ORDER BY d.digest_date, d.rank
            """,
            id=story_id,
        )
    facts = {"story_id": story_id, "days": days, "articles": articles, "lines": lines}
    headline = next((day["headline"] for day in reversed(days) if day["headline"]), "(no headline)")
    text = [f"{headline}", f"story {story_id}", "", "Days"]
    text += [
        f"  {d['day']}  {d['status']:<7} {d['article_count']} articles, {d['publisher_count']} publishers, "
        f"{d['origin_count']} origins, {d['event_count']} events"
        for d in days
    ]
    text += ["", "Articles"]
    text += [
        f"  {a['day']}  {a['publisher'] or 'unknown publisher'}: {a['title'] or '(untitled)'}  [{a['article_id'][:12]}]"
        f"  similarity {a['similarity']:.2f}{_runner_up(a)}"
        for a in articles
    ]
    text += ["", "Lines"]
    text += [f"  {n['digest_date']} ({n['status']}) {n['rank']}. {n['text']}  [{n['kind']}]" for n in lines] or [
        "  none"
    ]
    return facts, "\n".join(text)


def _runner_up(article: Facts) -> str:
    """The next best story, where there was one."""
    if article["runner_up_story_id"] is None:
        return ""
    return f", next best story {article['runner_up_story_id'][:12]} at {article['runner_up_similarity']:.2f}"


def explain_article(warehouse: Warehouse, key: str) -> tuple[Facts, str]:
    """The whole way of an article: page, fields, cleaning, duplicates, story, lines; or why a page was refused.

    Args:
        key: The article's id, the start of it, or its URL.
    Raises:
        UsageError: nothing, or more than one article, answers to it.
    """
    snapshot = warehouse.latest()
    with snapshot.connect() as connection:
        refusals = _records(
            connection,
            """
            SELECT q.stage, q.reason, q.detail, q.status, q.day, p.requested_url, p.final_url
            FROM quarantine q LEFT JOIN pages p USING (page_id)
            WHERE q.article_id = $key OR p.requested_url = $key OR p.final_url = $key
            ORDER BY q.day, q.stage
            """,
            key=key,
        )
        found = connection.execute(
            "SELECT article_id FROM articles WHERE starts_with(article_id, $key) OR url = $key OR canonical_url = $key",
            {"key": key},
        ).fetchall()
        if not found and refusals:
            refused = [
                f"  {r['day']} {r['stage']} refused it: {r['reason']} ({r['detail'] or 'no detail'}), {r['status']}"
                for r in refusals
            ]
            return {"refusals": refusals}, "\n".join([f"{key} is no article", *refused])
        article_id = _only(
            connection,
            "SELECT article_id FROM articles WHERE starts_with(article_id, $key) OR url = $key OR canonical_url = $key",
            key,
            "article",
        )
        facts = _article_facts(connection, article_id)
    facts["refusals"] = refusals
    return facts, _article_text(facts)


def _article_facts(connection: duckdb.DuckDBPyConnection, article_id: str) -> Facts:
    """Everything known of one article."""
    versions = _records(
        connection,
        """
        SELECT a.* EXCLUDE (text), left(a.text, 160) AS beginning, length(a.text) AS text_chars, p.requested_url, p.http_status
        FROM (SELECT * FROM articles WHERE article_id = $id UNION ALL BY NAME SELECT * FROM article_history WHERE article_id = $id) a
        LEFT JOIN pages p USING (page_id) ORDER BY a.version
        """,
        id=article_id,
    )
    return {
        "article_id": article_id,
        "versions": versions,
        "copy_of": _records(connection, "SELECT * FROM duplicates WHERE article_id = $id", id=article_id),
        "copies": _records(
            connection,
            "SELECT d.*, a.publisher, a.title FROM duplicates d JOIN articles a USING (article_id) "
            "WHERE d.canonical_id = $id ORDER BY d.article_id",
            id=article_id,
        ),
        "placings": _records(
            connection,
            """
            SELECT s.*, (SELECT arg_max(headline, day) FROM story_days t WHERE t.story_id = s.story_id) AS headline
            FROM story_articles s WHERE article_id = $id ORDER BY day
            """,
            id=article_id,
        ),
        "lines": _records(
            connection,
            """
            SELECT d.digest_date, b.status, d.rank, d.text, c.version, c.char_start, c.char_end, c.role
            FROM citations c JOIN developments d USING (build_id, development_id) JOIN digest_builds b USING (build_id)
            WHERE c.article_id = $id ORDER BY d.digest_date, d.rank
            """,
            id=article_id,
        ),
        "corrections": _records(connection, "SELECT * FROM corrections WHERE article_id = $id", id=article_id),
    }


def _article_text(facts: Facts) -> str:
    """The way of an article as a page of text."""
    now = facts["versions"][-1]
    kind = f"{now['content_kind']}, {now['language'] or 'language unknown'}, {now['word_count']} words"
    lines = [
        now["title"] or "(untitled)",
        f"article {facts['article_id']}, version {now['version']}, {kind}",
        "",
        f"came from  source {now['source_id']}, window {now['window_start']:%Y-%m-%d %H:%M} UTC, page {now['page_id'][:12]}",
        f"asked for  {now['requested_url'] or 'a file, no URL'}"
        + (f" (HTTP {now['http_status']})" if now["http_status"] else ""),
        f"identity   {now['canonical_url'] or 'hash of the text: there is no URL'}",
        f"publisher  {now['publisher'] or 'unknown'}",
        f"title      from {now['title_source'] or 'nowhere'}",
        f"authors    {', '.join(now['authors']) or 'none named'}",
        f"published  {_published(now)}",
        f"cleaned    {', '.join(now['cleaning_rules']) or 'nothing to clean'}",
    ]
    if now["declared_original_url"]:
        lines.append(f"original   declared as {now['declared_original_url']}")
    lines += [
        f"version {v['version']}  {v['cause']}, captured {v['fetched_at']:%Y-%m-%d %H:%M} UTC"
        for v in facts["versions"]
    ]
    lines += [
        f"copy of    {d['canonical_id'][:12]}: {d['kind']}, containment {d['containment']:.2f}, Jaccard {d['jaccard']:.2f}"
        for d in facts["copy_of"]
    ]
    lines += [
        f"copied by  {d['publisher'] or 'unknown publisher'}: {d['title'] or '(untitled)'}, {d['kind']}, containment {d['containment']:.2f}"
        for d in facts["copies"]
    ]
    lines += [
        f"story      {p['headline'] or p['story_id'][:12]} on {p['day']}, similarity {p['similarity']:.2f}{_runner_up(p)}"
        for p in facts["placings"]
    ]
    lines += [f"line       {n['digest_date']} ({n['status']}), {n['role']}: {n['text']}" for n in facts["lines"]]
    lines += [
        f"corrected  a line of {c['digest_date']} lost its ground: {c['old_quote']}" for c in facts["corrections"]
    ]
    lines += [f"refused    {r['day']} by {r['stage']}: {r['reason']}" for r in facts["refusals"]]
    return "\n".join(lines)


def _published(row: Facts) -> str:
    if row["published_at"] is None:
        return "not known"
    return f"{row['published_at']:%Y-%m-%d %H:%M:%S} UTC (from {row['published_at_source']}, to the {row['published_at_precision']})"


def _only(connection: duckdb.DuckDBPyConnection, query: str, key: str, noun: str) -> str:
    """The one id that answers to a key."""
    found = [row[0] for row in connection.execute(query, {"key": key}).fetchall()]
    if len(found) == 1:
        return str(found[0])
    if found:
        raise UsageError(f"{len(found)} {noun} ids answer to {key!r}; give more of it, for example {found[0]}")
    raise UsageError(f"no {noun} answers to {key!r}")


def _records(connection: duckdb.DuckDBPyConnection, query: str, **parameters: object) -> list[Facts]:
    """Rows as dictionaries."""
    result = connection.execute(query, parameters or None)
    names = [name for name, *_ in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
