"""One story: its days, why each article joined, what merged into it or came back, its lines."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import pyarrow as pa

from pipeline.explain.article_pages import why_joined
from pipeline.explain.layout import count, labelled, paragraph, quoted, section, short_id
from pipeline.explain.reach import days_of_story, is_whole_id
from pipeline.explain.rows import Facts, find_one, records
from pipeline.store.snapshot import Snapshot
from pipeline.store.warehouse import Warehouse

_STORIES = """
SELECT p.story_id, h.headline FROM (
    SELECT story_id FROM story_articles UNION SELECT story_id FROM story_days
) p LEFT JOIN (SELECT story_id, arg_max(headline, day) AS headline FROM story_days GROUP BY story_id) h USING (story_id)
WHERE starts_with(p.story_id, $key) ORDER BY p.story_id
"""
_BY_HEADLINE = """
SELECT story_id, arg_max(headline, day) AS headline FROM story_days
WHERE headline IS NOT NULL AND len(list_filter($words, lambda w: NOT contains(lower(headline), w))) = 0 GROUP BY story_id ORDER BY story_id
"""
_MERGED = "SELECT story_id FROM story_merges WHERE standing_id = $id ORDER BY story_id"
_DAYS = """
SELECT day, status, headline, event_count, article_count, publisher_count, origin_count
FROM story_days WHERE story_id = $id ORDER BY day
"""
_ARTICLES = """
WITH headlines AS (SELECT story_id, arg_max(headline, day) AS headline FROM story_days GROUP BY story_id)
SELECT s.day, s.story_id, s.event_id, s.article_id, a.title, a.publisher, a.published_at, s.similarity, s.runner_up_story_id,
       h.headline AS runner_up_headline, s.runner_up_similarity
FROM story_articles s JOIN (SELECT article_id, title, publisher, published_at FROM articles) a USING (article_id)
LEFT JOIN headlines h ON h.story_id = s.runner_up_story_id
WHERE list_contains($ids, s.story_id) ORDER BY s.day, a.published_at, s.article_id
"""
_COPIES = """
SELECT a.article_id, a.title, a.publisher, a.day, a.duplicate_of AS canonical_id
FROM articles a WHERE a.duplicate_of IN (SELECT article_id FROM story_articles WHERE list_contains($ids, story_id))
ORDER BY a.day, a.article_id
"""
_LINEAGE = """
SELECT day, kind, from_story_id, to_story_id, score FROM story_lineage
WHERE from_story_id = $id OR to_story_id = $id ORDER BY day, kind, from_story_id, to_story_id
"""
_LINES = """
SELECT d.digest_date, b.status, g.rank AS story_rank, d.rank AS line_rank, d.development_id, d.kind, d.text,
       d.article_count, d.publisher_count, d.origin_count
FROM developments d JOIN current_builds b USING (build_id)
JOIN digests g ON g.build_id = d.build_id AND g.story_id = d.story_id
WHERE d.story_id = $id ORDER BY d.digest_date, d.rank
"""


def explain_story(warehouse: Warehouse, key: str) -> tuple[Facts, list[str]]:
    """One story: the facts, and the same as lines of text.

    Args:
        key: Its id, the start of it, or words that the headline of one story alone has held.
    Raises:
        UsageError: no story, or more than one, answers to it.
    """
    snapshot = warehouse.latest()
    if is_whole_id(key) and _stands(snapshot, key):
        story_id = key
    else:
        with snapshot.connect(tables=("story_articles", "story_days")) as connection:
            story_id = find_story(connection, key)["story_id"]
    with snapshot.connect(tables=(), views=["story_merges"]) as connection:
        ids = [story_id, *(row["story_id"] for row in records(connection, _MERGED, id=story_id))]
    with snapshot.connect(views=["current_builds"], days=days_of_story(snapshot, ids)) as connection:
        facts: Facts = {
            "story_id": story_id,
            "days": records(connection, _DAYS, id=story_id),
            "articles": records(connection, _ARTICLES, ids=ids),
            "copies": records(connection, _COPIES, ids=ids),
            "lineage": records(connection, _LINEAGE, id=story_id),
            "lines": records(connection, _LINES, id=story_id),
        }
    return facts, _text(facts)


def _stands(snapshot: Snapshot, story_id: str) -> bool:
    """Whether a whole id is a story's."""
    ids = pa.array([story_id], pa.string())
    return any(
        snapshot.read(table, columns=["story_id"], having=("story_id", ids)).num_rows
        for table in ("story_days", "story_articles")
    )


def find_story(connection: duckdb.DuckDBPyConnection, key: str) -> Facts:
    """The one story that a key means: story_id and headline.

    Raises:
        UsageError: none, or more than one.
    """
    found = records(connection, _STORIES, key=key) if key.strip() else []
    if not found and (words := key.lower().split()):
        found = records(connection, _BY_HEADLINE, words=words)
    return find_one(found, key, "story", id_name="story_id", about="headline")


def _text(facts: Facts) -> list[str]:
    """The story as a page, line by line."""
    headline = next((day["headline"] for day in reversed(facts["days"]) if day["headline"]), "(no headline)")
    lines = [headline, f"story {facts['story_id']}"]
    lines += section("Days", [line for day in facts["days"] for line in labelled(str(day["day"]), _counts(day))])
    lines += section("What it came from and went to", [line for r in facts["lineage"] for line in _lineage(r, facts)])
    lines += section("Articles", _articles(facts))
    return [*lines, *section("Lines", _lines(facts["lines"]) or paragraph("none"))]


def _counts(day: Facts) -> str:
    """What a story had come to on a day."""
    counts = (count(day[f"{noun}_count"], noun) for noun in ("article", "publisher", "origin", "event"))
    return f"{day['status']}: {', '.join(counts)} so far"


def _lineage(row: Facts, facts: Facts) -> list[str]:
    """One link to another story."""
    score = f", similarity {row['score']:.2f}" if row["score"] is not None else ""
    if row["kind"] == "reopen":
        return labelled(str(row["day"]), "reopened: articles came after it had been quiet")
    is_from = row["from_story_id"] == facts["story_id"]
    other = short_id(row["to_story_id"] if is_from else row["from_story_id"])
    words = {
        ("merge", True): f"became part of story {other}",
        ("merge", False): f"took in story {other}",
        ("split", True): f"story {other} split off",
        ("split", False): f"split off from story {other}",
        ("link", True): f"is tied to story {other}",
        ("link", False): f"is tied to story {other}",
    }
    return labelled(str(row["day"]), f"{words.get((row['kind'], is_from), row['kind'])}{score}")


def _articles(facts: Facts) -> list[str]:
    """Each article with why it joined, its copies below it."""
    lines = []
    for a in facts["articles"]:
        lines += paragraph(f"{a['day']}  {a['publisher'] or 'unknown publisher'}: {a['title'] or '(untitled)'}")
        came = f", came with story {short_id(a['story_id'])}" if a["story_id"] != facts["story_id"] else ""
        lines += paragraph(
            f"[{short_id(a['article_id'])}] event {short_id(a['event_id'])}{came}: {why_joined(a)}", indent=6
        )
        for copy in facts["copies"]:
            if copy["canonical_id"] == a["article_id"]:
                name = f"{copy['publisher'] or 'unknown publisher'}: {copy['title'] or '(untitled)'}"
                lines += paragraph(f"copied by {name} [{short_id(copy['article_id'])}]", indent=6)
    return lines


def _lines(rows: Sequence[Facts]) -> list[str]:
    """Its lines, day by day."""
    lines = []
    for n in rows:
        place = f"{n['digest_date']}/{n['story_rank']}.{n['line_rank']}"
        by = f"{count(n['article_count'], 'article')}, {count(n['origin_count'], 'origin')}"
        lines += paragraph(f"{place} ({n['status']}, {n['kind']}, {by}): {quoted(n['text'])}")
    return lines
