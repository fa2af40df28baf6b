"""Lines of a host: what stands at the edge of many of its pages, day after day, is furniture and no part of any article.

Learned from the pages of closed days, applied to the readings of later ones; the readings themselves keep every line, so that
what is learned never hides what it is learned from. Two signs, neither of which follows from the other: repetition over days and
pages of unlike articles, and place at the head or the foot of the text.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa

from pipeline.tables import HOST_LINES
from pipeline.text.words import count_words

Row = Mapping[str, Any]

RULE = "host-line"
ALL_PAGES = ""  # the key of the row that counts a host's pages


@dataclass(frozen=True, slots=True, kw_only=True)
class LineThresholds:
    """What makes a line of a host. A host that publishes little, or changes its furniture every day, has none."""

    most_chars: int = 300
    """A longer paragraph is an article's own."""
    head: int = 2
    """The first so many paragraphs of a text are its head."""
    foot: int = 3
    """And the last so many its foot."""
    least_pages_a_day: int = 2
    """A line that fewer pages of a day hold is not written down for it."""
    least_days: int = 3
    """A day's running story repeats its background; furniture is there on other days too."""
    least_pages: int = 8
    least_share: float = 0.3
    """Of the host's pages on the days on which the line was written down: a story that fills a third of a paper for days is rare."""
    least_edge_share: float = 0.8
    """Of the pages that hold it, so many hold it at the head or the foot."""
    least_left: int = 120
    """A text of which less would be left, or less than half, keeps all: it may be a list of such lines."""


THRESHOLDS = LineThresholds()


@dataclass(frozen=True, slots=True, kw_only=True)
class HostLines:
    """What is known of some hosts. `version` is the last closed day that counted, ISO; None where no line is known."""

    version: str | None = None
    lines: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def strip_text(self, url: str | None, text: str) -> str:
        """A text of a page without the lines of its host; the text itself where none stands in it, or little would be left."""
        known = self.lines.get(host_of(url)) if self.lines else None
        if not known:
            return text
        kept = "\n\n".join(part for part in text.split("\n\n") if line_key(part) not in known)
        is_most = len(kept) >= THRESHOLDS.least_left and 2 * len(kept) >= len(text)
        return kept if is_most else text

    def strip(self, page: Row) -> dict[str, Any]:
        """A reading without the lines of its host, and the version by which it was judged (None where none is known)."""
        version = self.version if self.lines and self.lines.get(host_of(page["url"])) else None
        row = {**page, "host_lines_version": version}
        text = self.strip_text(page["url"], page["text"])
        if text == page["text"]:
            return row
        return row | {
            "text": text,
            "text_sha256": hashlib.sha256(text.encode()).hexdigest(),
            "word_count": count_words(text, page["language"]),
            "cleaning_rules": sorted({*page["cleaning_rules"], RULE}),
        }


NO_LINES = HostLines()


def learn_lines(readings: Iterable[Row], day: date) -> pa.Table:
    """Count what repeats on the pages of each host on one day.

    Args:
        readings: url and text of the day's pages that are no refusals; a URL that was asked twice counts once.
        day: The day.
    Returns:
        HOST_LINES rows: of each host one for all its pages, and one for each short paragraph that two of them hold.
    """
    texts: dict[str, dict[str, str]] = defaultdict(dict)
    for row in readings:
        if host := host_of(row["url"]):
            texts[host].setdefault(row["url"], row["text"])
    rows: list[dict[str, Any]] = []
    for host, by_url in sorted(texts.items()):
        counted, at_edge = _count(by_url.values())
        rows.append(_row(host, ALL_PAGES, len(by_url), 0, day))
        rows += [
            _row(host, key, count, at_edge[key], day)
            for key, count in sorted(counted.items())
            if count >= THRESHOLDS.least_pages_a_day
        ]
    return HOST_LINES.rows(rows)


def find_lines(rows: pa.Table) -> HostLines:
    """The lines of each host by what several days counted: a pure function of the rows, in whatever order.

    Args:
        rows: HOST_LINES rows.
    """
    pages: dict[tuple[str, date], int] = {}
    seen: dict[tuple[str, str], list[Row]] = defaultdict(list)
    days = set()
    for row in rows.to_pylist():
        days.add(row["day"])
        if row["line_key"] == ALL_PAGES:
            pages[row["host"], row["day"]] = row["page_count"]
        else:
            seen[row["host"], row["line_key"]].append(row)
    lines: dict[str, set[str]] = defaultdict(set)
    for (host, key), of in seen.items():
        if _is_furniture(of, sum(pages[host, row["day"]] for row in of)):
            lines[host].add(key)
    version = max(days).isoformat() if lines else None
    return HostLines(version=version, lines={host: frozenset(keys) for host, keys in lines.items()})


def host_of(url: str | None) -> str:
    """The host of a page's URL; empty for none."""
    try:
        return (urlsplit(url).hostname or "") if url else ""
    except ValueError:
        return ""


def line_key(paragraph: str) -> str:
    """Sixteen hex digits of a paragraph, case and white space aside."""
    return hashlib.sha256(" ".join(paragraph.split()).casefold().encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _count(texts: Iterable[str]) -> tuple[Counter[str], Counter[str]]:
    """On how many pages each short paragraph stands, and on how many of them at the edge."""
    counted: Counter[str] = Counter()
    at_edge: Counter[str] = Counter()
    for text in texts:
        parts = text.split("\n\n")
        last = len(parts) - THRESHOLDS.foot
        keys = [(line_key(part), n) for n, part in enumerate(parts) if len(part) <= THRESHOLDS.most_chars]
        counted.update({key for key, _ in keys})
        at_edge.update({key for key, n in keys if n < THRESHOLDS.head or n >= last})
    return counted, at_edge


def _is_furniture(of: Sequence[Row], page_count: int) -> bool:
    """Whether a line is there on enough days and pages, and at the edge."""
    count, at_edge = (sum(row[name] for row in of) for name in ("page_count", "edge_count"))
    return (
        len(of) >= THRESHOLDS.least_days
        and count >= THRESHOLDS.least_pages
        and count >= THRESHOLDS.least_share * page_count
        and at_edge >= THRESHOLDS.least_edge_share * count
    )


def _row(host: str, key: str, count: int, at_edge: int, day: date) -> dict[str, Any]:
    return {"host": host, "line_key": key, "page_count": count, "edge_count": at_edge, "day": day}
