"""The digest as one JSON-ready document: what digest.json says, and what the other formats are rendered from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa

Document = dict[str, Any]
Row = Mapping[str, Any]

FORMAT = "daybook.digest/1"
CONTEXT_CHARS = 180
BRIEF_LINES = 5
# Kinds that are worth a reader's while although they give no line, and what a digest calls them.
KINDS_LISTED = {"opinion": "Opinion", "press-release": "Press releases"}


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestRows:
    """All that is published of one build.

    Attributes:
        digests, developments, citations, corrections: Rows of the tables of these names.
        sources: The cited and copying article versions: article_id, version, title, publisher, url, published_at,
            published_at_precision, language, text.
        stories: By story id its language, article_count, publisher_count and origin_count so far.
        copies: Rows of development_id, article_id, version: copies that carry a line too.
        withheld: The day's articles without a line for what they are: article_id, version, kind, evidence, title, publisher,
            url, published_at (ISO 8601, or None), published_at_precision, language.
        unheard: Sources that should have been heard: source_id, publisher, why (not-heard, held or quiet), brought, usual.
        coverage: Counts of the day, told in the footer in the order given.
        errata: What earlier builds of the day said of withdrawn articles (withdrawn.erratum_of).
    """

    build_id: str
    digest_date: date
    status: str
    code_version: str
    digests: pa.Table
    developments: pa.Table
    citations: pa.Table
    corrections: pa.Table
    sources: pa.Table
    stories: Mapping[str, Row]
    copies: Sequence[Row] = ()
    withheld: Sequence[Row] = ()
    unheard: Sequence[Row] = ()
    coverage: Mapping[str, int] = field(default_factory=dict)
    missing_windows: Sequence[str] = ()
    omitted_story_count: int = 0
    errata: Sequence[Row] = ()


def make_document(rows: DigestRows) -> Document:
    """Make the document of one build; equal rows give an equal document, whatever their order.

    Returns:
        Keys `format`, `date`, `status`, `build_id`, `code_version`, `brief` (ids of at most five developments: the day in a
        few lines), `stories` (each with `developments`, each with `citations` and `copies`), `corrections` (each with its
        `kind`: corrected, or updated where the new words speak of a later time), `withheld` (each with `kind` and `evidence`),
        `unheard`, `coverage`, `missing_windows`, `omitted_story_count`; and `withdrawn` where there are errata.
        A story's `headline` is that day's, its `name` stays;
        `rests_on` names the source where all its lines come from one that was not heard well. A citation's `quote` is
        `text[char_start:char_end]` of that article version, in code points; `before` and `after` are the words around it.
    """
    sources = {(s["article_id"], s["version"]): s for s in rows.sources.to_pylist()}
    citations = _grouped(rows.citations, "development_id", "n")
    developments = _grouped(rows.developments, "story_id", "rank")
    copies: defaultdict[str, list[Row]] = defaultdict(list)
    for copy in sorted(rows.copies, key=lambda c: c["article_id"]):
        copies[copy["development_id"]].append(_article(sources[copy["article_id"], copy["version"]]))
    stories = []
    for story in sorted(rows.digests.to_pylist(), key=lambda s: s["rank"]):
        told = [
            _development(line, citations[line["development_id"]], copies[line["development_id"]], sources)
            for line in developments[story["story_id"]]
        ]
        stories.append(_story(story, rows.stories[story["story_id"]], told, rows.unheard))
    return {
        "format": FORMAT,
        "date": rows.digest_date.isoformat(),
        "status": rows.status,
        "build_id": rows.build_id,
        "code_version": rows.code_version,
        "brief": _brief(stories),
        "stories": stories,
        "corrections": _corrections(rows.corrections, sources, stories),
        "withheld": _withheld(rows.withheld),
        "unheard": [dict(source) for source in sorted(rows.unheard, key=lambda s: (s["why"], s["source_id"]))],
        "coverage": dict(rows.coverage),
        "missing_windows": sorted(rows.missing_windows),
        "omitted_story_count": rows.omitted_story_count,
    } | ({"withdrawn": [dict(erratum) for erratum in rows.errata]} if rows.errata else {})


def safe_url(url: str | None) -> str | None:
    """The URL, if it is a plain http(s) one with a host; else None."""
    if not url or any(ch.isspace() or not ch.isprintable() for ch in url) or set(url) & set("<>\"'`\\"):
        return None
    try:
        parts = urlsplit(url)
        return url if parts.scheme in ("http", "https") and parts.hostname else None
    except ValueError:
        return None


def _grouped(table: pa.Table, key: str, order: str) -> defaultdict[str, list[Row]]:
    """Rows by a column, each group in order."""
    groups: defaultdict[str, list[Row]] = defaultdict(list)
    for row in sorted(table.to_pylist(), key=lambda r: (r[key], r[order])):
        groups[row[key]].append(row)
    return groups


def publishers_of(developments: Sequence[Document]) -> list[str | None]:
    """Who reports some lines, copies among them, each once, in order."""
    told = [
        article
        for line in developments
        for article in (*(c for c in line["citations"] if c["role"] != "differs"), *line["copies"])
    ]
    return list(dict.fromkeys(article["publisher"] for article in told))


def _brief(stories: Sequence[Document]) -> list[str]:
    """The day in a few lines: the first line of a story, those first that most origins report."""
    firsts = [story["developments"][0] for story in stories if story["developments"]]
    return [line["development_id"] for line in sorted(firsts, key=lambda line: -line["origin_count"])[:BRIEF_LINES]]


def _story(story: Row, facts: Row, developments: Sequence[Document], unheard: Sequence[Row]) -> Document:
    doubtful = {source["publisher"]: source["why"] for source in unheard if source["publisher"]}
    publishers = publishers_of(developments)
    return {
        "story_id": story["story_id"],
        "rank": story["rank"],
        "headline": story["headline"],
        "name": story["story_name"],
        "rests_on": publishers[0] if len(publishers) == 1 and publishers[0] in doubtful else None,
        "language": facts["language"],
        "is_quiet": story["is_quiet"],
        "article_count": facts["article_count"],
        "publisher_count": facts["publisher_count"],
        "origin_count": facts["origin_count"],
        "developments": list(developments),
    }


def _development(
    line: Row, citations: Sequence[Row], copies: Sequence[Row], sources: Mapping[tuple[str, int], Row]
) -> Document:
    names = ("development_id", "rank", "kind", "text", "novelty", "article_count", "publisher_count", "origin_count")
    cited = [_citation(c, sources[c["article_id"], c["version"]]) for c in citations]
    return {
        **{name: line[name] for name in names},
        "language": cited[0]["language"],
        "event_date": line["event_date"].isoformat() if line["event_date"] else None,
        "citations": cited,
        "copies": list(copies),
    }


def _citation(cited: Row, source: Row) -> Document:
    start, end = cited["char_start"], cited["char_end"]
    return {
        "n": cited["n"],
        "role": cited["role"],
        "version": cited["version"],
        "char_start": start,
        "char_end": end,
        "quote": cited["quote"],
        "before": _context(source["text"][:start], before=True),
        "after": _context(source["text"][end:], before=False),
        **_article(source),
    }


def _article(source: Row) -> Document:
    """What a reader is told of an article."""
    published: datetime | None = source["published_at"]
    return {
        "article_id": source["article_id"],
        "title": source["title"],
        "publisher": source["publisher"],
        "url": safe_url(source["url"]),
        "published_at": published.strftime("%Y-%m-%dT%H:%M:%SZ") if published else None,
        "published_at_precision": source["published_at_precision"],
        "language": source["language"],
    }


def _withheld(rows: Sequence[Row]) -> list[Document]:
    """The articles without a line, by kind."""
    in_order = sorted(rows, key=lambda r: (r["kind"], r["publisher"] or "", r["title"] or "", r["article_id"]))
    return [
        {
            "kind": row["kind"],
            "evidence": row["evidence"] or None,
            "version": row["version"],
            **_article(
                {**row, "published_at": datetime.fromisoformat(row["published_at"]) if row["published_at"] else None}
            ),
        }
        for row in in_order
    ]


def _context(text: str, *, before: bool) -> str:
    """Some words next to a quote, from the same paragraph, whole words only; an ellipsis where more was cut off."""
    paragraph = text.rpartition("\n\n")[2] if before else text.partition("\n\n")[0]
    if len(paragraph) <= CONTEXT_CHARS:
        return paragraph
    if before:
        return "…" + paragraph[-CONTEXT_CHARS:].partition(" ")[2]
    return paragraph[:CONTEXT_CHARS].rpartition(" ")[0] + "…"


def _corrections(
    corrections: pa.Table, sources: Mapping[tuple[str, int], Row], stories: Sequence[Document]
) -> list[Document]:
    """What edits took from earlier lines: an update where the day's line with the new words is one, else a correction."""
    updates = {line["text"] for story in stories for line in story["developments"] if line["kind"] == "updated"}
    names = ("build_id", "development_id", "cause", "old_quote", "new_text", "to_version")
    rows = sorted(
        corrections.to_pylist(), key=lambda c: (c["digest_date"], c["article_id"], c["build_id"], c["development_id"])
    )
    return [
        {
            "digest_date": row["digest_date"].isoformat(),
            "kind": "updated" if row["new_text"] in updates else "corrected",
            **{name: row[name] for name in names},
            **_article(sources[row["article_id"], row["to_version"]]),
        }
        for row in rows
    ]
