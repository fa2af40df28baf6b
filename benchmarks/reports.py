"""Measure digests of events that several publishers reported in full: how many lines have more than one origin behind them."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.digest.build import build_digest
from pipeline.digest.draft import DigestDraft
from pipeline.digest.features import read_line
from pipeline.digest.inputs import COPIES, EARLIER_CITATIONS, EARLIER_LINES, PLACINGS, STORIES, VERSIONS, DigestInputs
from pipeline.settings import Settings
from pipeline.windows import Window

# Sets of full texts; the others are excerpts, or have no sources.
_SETS = ("basil", "g5w", "handpicked", "wikinews_big")

Row = Mapping[str, Any]


def score_reports(data: Path) -> dict[str, Any] | None:
    """Tell each event of several publishers as one day and count origins behind its lines.

    Args:
        data: The folder that holds stories/stream.parquet.
    Returns:
        events, lines, lines with more than one origin (share), such lines an event, words a line; the share of events whose first
        line, or one of the first two, has most of the words that two titles share; None without the file.
    """
    stream = data / "stories" / "stream.parquet"
    if not stream.is_file():
        return None
    rows = pq.read_table(stream).to_pylist()
    told = tell_events(rows)
    drafts = list(told.values())
    titled = [_titled(draft, [row for row in rows if _event_of(row) == event]) for event, draft in told.items()]
    lines = [line for draft in drafts for line in draft.developments.to_pylist()]
    confirmed = sum(line["origin_count"] > 1 for line in lines)
    words = sorted(len(line["text"].split()) for line in lines)
    return {
        "events": len(drafts),
        "lines": len(lines),
        "confirmed": round(confirmed / max(1, len(lines)), 4),
        "confirmed_an_event": round(confirmed / max(1, len(drafts)), 4),
        "median_words": words[len(words) // 2] if words else 0,
        "titled_first": round(sum(at == 0 for at in titled) / max(1, len(titled)), 4),
        "titled_in_two": round(sum(at < 2 for at in titled) / max(1, len(titled)), 4),
    }


def tell_events(rows: Sequence[Row], sets: Sequence[str] = _SETS) -> dict[str, DigestDraft]:
    """The digest of each event that more than one publisher reports, told as if all of it came on its last day."""
    events: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row["set"] in sets and row["text"]:
            events[_event_of(row)].append(row)
    return {
        event: _tell(event, members)
        for event, members in sorted(events.items())
        if len({row["source"] for row in members}) > 1
    }


def _event_of(row: Row) -> str:
    return f"{row['set']}:{row['event']}"


def _titled(draft: DigestDraft, rows: Sequence[Row]) -> int:
    """The place of the line that has most of the words which at least two titles share; a sign of the day's main fact, not a proof."""
    titles = [set(read_line(row["title"]).terms) for row in rows if row["title"] and row["text"]]
    counts = Counter(term for title in titles for term in title)
    least = 1 if len(titles) == 1 else 2
    lines = sorted(draft.developments.to_pylist(), key=lambda line: line["rank"])
    shares = [sum(counts[t] for t in set(read_line(line["text"]).terms) if counts[t] >= least) for line in lines]
    return shares.index(max(shares)) if shares else 0


def _tell(event: str, rows: Sequence[Row]) -> DigestDraft:
    day = max(row["published_at"] for row in rows).date()
    versions = [
        {
            **row, "article_id": row["id"], "version": 1, "cause": "new", "content_kind": "news", "publisher": row["source"], "url": None,
            "text_sha256": hashlib.sha256(row["text"].encode()).hexdigest(), "day": day, "version_day": day,
        }
        for row in rows
    ]  # fmt: skip
    count = len(rows)
    story = {"story_id": event, "article_count": count, "publisher_count": count, "origin_count": count}
    placings = [{"article_id": row["id"], "story_id": event, "event_id": event, "day": day} for row in rows]
    inputs = DigestInputs(
        digest_date=day,
        status="final",
        stories=pa.Table.from_pylist([story], schema=STORIES),
        placings=pa.Table.from_pylist(placings, schema=PLACINGS),
        versions=pa.Table.from_pylist(versions, schema=VERSIONS),
        copies=COPIES.empty_table(),
        earlier_lines=EARLIER_LINES.empty_table(),
        earlier_citations=EARLIER_CITATIONS.empty_table(),
        coverage={},
    )
    return build_digest(inputs, Settings(stale_hours=100_000), now=Window.of_day(day).end)
