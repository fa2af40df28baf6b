"""Same article or another, same text or a new version: what each page means for the articles already known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyarrow as pa

from pipeline.dedupe.host_lines import NO_LINES, HostLines
from pipeline.reasons import Cause
from pipeline.tables import ARTICLE_HISTORY, ARTICLES

Row = dict[str, Any]

_COLUMNS = tuple(ARTICLES.row_schema.names)

# What stays with the article for ever, whichever version is current.
_OF_THE_FIRST_VERSION = ("window_start", "first_seen_at", "source_id", "day", "duplicate_of")


@dataclass(slots=True, kw_only=True)
class VersionChanges:
    """What a batch of pages changes.

    Attributes:
        current: Article rows to store, one for each new or changed article.
        first: Of those, the articles that were not known before.
        superseded: Rows that become history.
        outcomes: For each page id its outcome (new, updated, unchanged), article id and, where it helps, a reason.
        texts: For each page id the hash of its text without the lines of its host.
    """

    current: dict[str, Row] = field(default_factory=dict)
    first: dict[str, Row] = field(default_factory=dict)
    superseded: list[Row] = field(default_factory=list)
    outcomes: dict[str, tuple[str, str, str | None]] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)

    @property
    def history(self) -> pa.Table:
        """The rows that become history, ARTICLE_HISTORY rows."""
        return ARTICLE_HISTORY.rows(self.superseded)

    @property
    def articles(self) -> pa.Table:
        """The rows to store, ARTICLES rows."""
        return ARTICLES.rows(list(self.current.values()))


def decide_versions(
    passed: pa.Table,
    known: pa.Table,
    history: pa.Table,
    *,
    causes: Mapping[str, str],
    now: datetime,
    host_lines: HostLines = NO_LINES,
) -> VersionChanges:
    """Decide for each page whether it is a new article, a new version of a known one, or nothing new.

    Pages count in the order of their capture, so the order of rows does not matter. A page that is read again, or an
    older capture that comes in late, changes nothing; another text under the same identity is an edit, unless a newer
    extractor read it: what that changed is not told from what the publisher did, and only an edit may raise a correction.
    Lines of the host are no part of a text: one that came or went since is no edit.

    Args:
        passed: EXTRACTED rows without a refusal.
        known: ARTICLES rows of the same article ids, if any.
        history: ARTICLE_HISTORY rows of the same article ids, if any.
        causes: Page id to the cause it came with (`release`, else `new`); absent ones are new.
        now: The run's now.
        host_lines: What is known of the pages' hosts.
    Returns:
        The changes; `outcomes` has every page of `passed`.
    """
    changes = VersionChanges()
    current: dict[str, Row] = {row["article_id"]: row for row in known.to_pylist()}
    seen: dict[str, set[tuple[str, str]]] = defaultdict(set)
    texts: dict[str, set[str]] = defaultdict(set)
    for row in [*current.values(), *history.to_pylist()]:
        seen[row["article_id"]].add((row["page_id"], row["extractor_version"]))
        texts[row["article_id"]].add(row["text_sha256"])

    for page in sorted(passed.to_pylist(), key=lambda row: (row["fetched_at"], row["page_id"])):
        page = host_lines.strip(page)
        article_id, page_id = page["article_id"], page["page_id"]
        changes.texts[page_id] = page["text_sha256"]
        before = current.get(article_id)
        outcome, reason = _judge(page, before, seen[article_id], texts[article_id])
        if outcome == "updated" and before and host_lines.strip_text(page["url"], before["text"]) == page["text"]:
            outcome = "unchanged"
        changes.outcomes[page_id] = (outcome, article_id, reason)
        if outcome == "unchanged":
            continue
        row = _article_row(page, before, cause=causes.get(page_id, Cause.NEW), now=now)
        if before is not None:
            changes.superseded.append(before)
        else:
            changes.first[article_id] = row
        current[article_id] = changes.current[article_id] = row
        seen[article_id].add((page_id, page["extractor_version"]))
        texts[article_id].add(page["text_sha256"])
    return changes


def _judge(page: Row, before: Row | None, seen: set[tuple[str, str]], texts: set[str]) -> tuple[str, str | None]:
    """The outcome of one page against the article's current version."""
    if before is None:
        return "new", None
    if page["text_sha256"] == before["text_sha256"] or (page["page_id"], page["extractor_version"]) in seen:
        return "unchanged", None
    if page["page_id"] != before["page_id"] and page["fetched_at"] <= before["fetched_at"]:
        return "unchanged", None if page["text_sha256"] in texts else "older-capture"
    return "updated", None


def _article_row(page: Row, before: Row | None, *, cause: str, now: datetime) -> Row:
    """The ARTICLES row of a page that is new or changed."""
    row = {name: page.get(name) for name in _COLUMNS}
    row |= {"version": 1, "cause": cause, "version_window_start": page["window_start"], "recorded_at": now}
    if before is None:
        return row
    row |= {name: before[name] for name in _OF_THE_FIRST_VERSION}
    read_otherwise = page["page_id"] == before["page_id"] or page["extractor_version"] != before["extractor_version"]
    row |= {"version": before["version"] + 1, "cause": Cause.REEXTRACTION if read_otherwise else Cause.EDIT}
    return row
