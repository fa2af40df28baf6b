"""Two articles: whether one copies the other, and whether they tell of one event or story."""

from __future__ import annotations

from datetime import datetime, timedelta

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.dedupe.fingerprints import shingle_text
from pipeline.dedupe.overlap import kind_of_duplicate, measure_overlap
from pipeline.errors import UsageError
from pipeline.explain.layout import format_time, labelled, quoted, section, short_id, title_of
from pipeline.explain.rows import Facts, find_article, records
from pipeline.explain.thresholds import why_no_duplicate
from pipeline.store.snapshot import Snapshot
from pipeline.store.warehouse import Warehouse
from pipeline.stories.counting import count_articles
from pipeline.stories.settings import StorySettings
from pipeline.stories.vectors import weigh_terms
from pipeline.tables import ARTICLE_TERMS

_ARTICLE = """
SELECT article_id, version, title, publisher, language, published_at, published_at_precision, canonical_url,
       declared_original_url, duplicate_of, word_count, recorded_at, first_seen_at, day, text
FROM articles WHERE article_id = $id
"""
_PLACING = """
SELECT s.day, s.event_id, coalesce(m.standing_id, s.story_id) AS story_id, h.headline
FROM story_articles s LEFT JOIN story_merges m USING (story_id) LEFT JOIN (
    SELECT story_id, arg_max(headline, day) AS headline FROM story_days GROUP BY story_id
) h USING (story_id)
WHERE s.article_id = $id ORDER BY s.recorded_at DESC, s.day DESC LIMIT 1
"""


def explain_pair(warehouse: Warehouse, one: str, other: str) -> tuple[Facts, str]:
    """Compare two articles as the rooms do: their texts for copies, their terms for stories.

    Args:
        one: An article's id, the start of it, or its URL.
        other: Another one's.
    Raises:
        UsageError: nothing, or more than one article, answers to one of them; or both are the same article.
    """
    snapshot = warehouse.latest()
    with snapshot.connect(views=["article_versions", "article_ids", "story_merges"]) as connection:
        ids = [find_article(connection, key)["article_id"] for key in (one, other)]
        if ids[0] == ids[1]:
            raise UsageError(f"both keys mean article {short_id(ids[0])}; name two")
        pair = [_article(connection, article_id) for article_id in ids]
        stored = records(
            connection,
            "SELECT * FROM duplicates WHERE list_contains($ids, article_id) ORDER BY recorded_at, article_id",
            ids=ids,
        )
    first, second = _in_order(pair, stored)
    facts: Facts = {
        "first": first,
        "second": second,
        "copy": _compare(first, second),
        "stored": [d for d in stored if {d["article_id"], d["canonical_id"]} == set(ids)],
        "attached": [d for d in stored if {d["article_id"], d["canonical_id"]} != set(ids)],
        "cosine": _cosine(snapshot, first, second),
        "is_same_event": _same(first, second, "event_id"),
        "is_same_story": _same(first, second, "story_id"),
        "event_threshold": StorySettings().event_threshold,
    }
    for article in pair:
        del article["text"]
    return facts, _text(facts)


def _article(connection: duckdb.DuckDBPyConnection, article_id: str) -> Facts:
    """An article with its place, merges resolved; that of its canonical one where it is a copy."""
    article = records(connection, _ARTICLE, id=article_id)[0]
    placed = records(connection, _PLACING, id=article_id)
    if not placed and article["duplicate_of"]:
        placed = [
            {**row, "by": article["duplicate_of"]} for row in records(connection, _PLACING, id=article["duplicate_of"])
        ]
    article["placing"] = placed[0] if placed else None
    return article


def _in_order(pair: list[Facts], stored: list[Facts]) -> tuple[Facts, Facts]:
    """The one that would be canonical, then the one that came second: as it was decided, else as it would be."""
    copies = {d["article_id"] for d in stored if d["canonical_id"] in {a["article_id"] for a in pair}}

    def sort_key(article: Facts) -> tuple[object, ...]:
        is_timed = article["published_at_precision"] in ("second", "minute")
        published: datetime | None = article["published_at"] if is_timed else None
        return (
            article["article_id"] in copies,
            article["day"],
            article["declared_original_url"] is not None,
            published is None,
            published or article["first_seen_at"],
            -len(article["text"]),
            article["article_id"],
        )

    first, second = sorted(pair, key=sort_key)
    return first, second


def _compare(first: Facts, second: Facts) -> Facts:
    """What the second shares with the first, and what that makes of it."""
    overlap = measure_overlap(shingle_text(second["text"]), shingle_text(first["text"]))
    languages = {first["language"], second["language"]} - {None}
    is_declared = (
        second["declared_original_url"] is not None and second["declared_original_url"] == first["canonical_url"]
    )
    is_own = first["publisher"] is not None and first["publisher"] == second["publisher"]
    kind = kind_of_duplicate(overlap, is_declared=is_declared, is_own=is_own)
    why_not = why_no_duplicate(overlap, is_declared=is_declared, is_own=is_own)
    if len(languages) > 1:
        kind, why_not = None, f"language: {first['language']} and {second['language']}; only one language's texts match"
    return {
        "is_exact": overlap.is_exact,
        "shared_shingles": overlap.shared,
        "first_shingles": overlap.other_size,
        "second_shingles": overlap.own_size,
        "containment": overlap.containment,
        "jaccard": overlap.jaccard,
        "second_share": overlap.own_share,
        "is_declared": is_declared,
        "is_own_publisher": is_own,
        "kind": kind,
        "why_not": why_not,
    }


def _cosine(snapshot: Snapshot, first: Facts, second: Facts) -> float | None:
    """Cosine of their term vectors, against the memory of the later one's day; None across languages."""
    if first["language"] != second["language"]:
        return None
    settings = StorySettings()
    days = [a["placing"]["day"] if a["placing"] else a["day"] for a in (first, second)]
    since, until = max(days) - timedelta(days=settings.memory_days), max(days)
    language = first["language"]
    of_it = pc.field("language").is_null() if language is None else pc.field("language") == language
    span = (pc.field("day") >= pa.scalar(since, pa.date32())) & (pc.field("day") <= pa.scalar(until, pa.date32()))
    terms = snapshot.read("article_terms", where=of_it & span)
    ids = [first["article_id"], second["article_id"]]
    missing = [a for a in (first, second) if a["article_id"] not in set(terms["article_id"].to_pylist())]
    if missing:  # copies are not clustered
        columns = ("article_id", "version", "language", "title", "text")
        rows = pa.Table.from_pylist([{name: a[name] for name in columns} for a in missing])
        terms = pa.concat_tables(
            [terms, count_articles(rows, until, first["recorded_at"]).cast(ARTICLE_TERMS.row_schema)]
        )
    places = [terms["article_id"].to_pylist().index(article_id) for article_id in ids]
    is_known = pc.less(terms["day"], pa.scalar(until, pa.date32())).to_pylist()
    vectors = weigh_terms(terms, is_known, settings.prior_documents)
    return round(float((vectors[[places[0]]] @ vectors[[places[1]]].T).sum()), 4)


def _same(first: Facts, second: Facts, name: str) -> bool | None:
    """Whether both stand in the same event or story; None where one stands nowhere."""
    if not (first["placing"] and second["placing"]):
        return None
    return bool(first["placing"][name] == second["placing"][name])


def _text(facts: Facts) -> str:
    """The pair as a page."""
    lines = [line for label in ("first", "second") for line in labelled(label, title_of(facts[label]), indent=0)]
    lines += section("As copies", _copies(facts))
    return "\n".join([*lines, *section("As stories", _stories(facts))])


def _copies(facts: Facts) -> list[str]:
    """What they share, and what that makes of the second."""
    copy = facts["copy"]
    verdict = f"the second is a duplicate: {copy['kind']}" if copy["kind"] else f"none. {copy['why_not']}"
    lines = labelled("verdict", verdict)
    lines += labelled("same words", "yes" if copy["is_exact"] else "no")
    sizes = f"{copy['first_shingles']} of the first and {copy['second_shingles']} of the second"
    lines += labelled("shared", f"{copy['shared_shingles']} word 3-grams, of {sizes}")
    ratios = f"containment {copy['containment']:.3f}, Jaccard {copy['jaccard']:.3f}"
    lines += labelled("overlap", f"{ratios}, of the second's own {copy['second_share']:.3f}")
    for label in ("first", "second"):
        a = facts[label]
        published = (
            f"published {format_time(a['published_at'])} UTC" if a["published_at"] else "published at an unknown time"
        )
        lines += labelled(
            label, f"{a['publisher'] or 'unknown publisher'}, language {a['language'] or 'unknown'}, {published}"
        )
        if a["declared_original_url"]:
            lines += labelled("", f"declares as its original {a['declared_original_url']}")
    for d in facts["stored"]:
        ratios = f"containment {d['containment']:.3f}, Jaccard {d['jaccard']:.3f}"
        lines += labelled(
            "stored", f"{short_id(d['article_id'])} is {d['kind']} of {short_id(d['canonical_id'])}: {ratios}"
        )
    for d in facts["attached"]:
        lines += labelled(
            "stored",
            f"{short_id(d['article_id'])} is attached to another one: {short_id(d['canonical_id'])}, {d['kind']}",
        )
    if not facts["stored"] and not facts["attached"]:
        lines += labelled("stored", "neither is attached to any article")
    return lines


def _stories(facts: Facts) -> list[str]:
    """Where each stands, and how near they are."""
    if facts["is_same_event"]:
        verdict = "one event"
    elif facts["is_same_story"]:
        verdict = "one story, two events"
    else:
        verdict = "two stories" if facts["is_same_story"] is False else "one of them stands in no story"
    lines = labelled("verdict", verdict)
    if facts["cosine"] is None:
        lines += labelled("cosine", "none: stories do not cross languages")
    else:
        bound = f"an article joins an event from a mean of {facts['event_threshold']:g} with its articles on"
        lines += labelled("cosine", f"{facts['cosine']:.3f} between the two; {bound}")
    for label in ("first", "second"):
        placing = facts[label]["placing"]
        if placing is None:
            lines += labelled(label, "in no story yet")
            continue
        where = f"{quoted(placing['headline'] or 'no headline')} [{short_id(placing['story_id'])}]"
        by = f", with its canonical article {short_id(placing['by'])}" if "by" in placing else ""
        lines += labelled(label, f"{where}, event {short_id(placing['event_id'])}, since {placing['day']}{by}")
    return lines
