"""What was taken out of the warehouse and is not taken again: by address, by bytes, by text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.articles.changes import ArticleChanges
from pipeline.reasons import Reason
from pipeline.store.snapshot import Snapshot
from pipeline.tables import EXTRACTED, QUARANTINE
from pipeline.tables.ids import quarantine_id
from pipeline.tables.rows import rows_with, rows_with_value
from pipeline.text.urls import clean_url

Row = dict[str, Any]

DROPPED_BY_WITHDRAWAL = "withdrawal"

# What stays of a reading that is withdrawn: where it came from and by which bytes.
_KEPT_OF_READING = (
    "page_id", "article_id", "source_id", "publisher", "url", "canonical_url", "window_start", "first_seen_at", "fetched_at",
    "extractor_version", "run_id", "body_sha256", "day",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """All that was withdrawn, to hold what comes against.

    Attributes:
        rows: WITHDRAWALS rows by article id.
        urls: Cleaned URLs, each with the id of its article; so the hashes of `bodies` and `texts`.
    """

    rows: Mapping[str, Row] = field(default_factory=dict)
    urls: Mapping[str, str] = field(default_factory=dict)
    bodies: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)

    def refused_pages(self, pages: pa.Table) -> dict[str, str]:
        """Those of some PAGES rows that are not taken: page id to the id of the withdrawn article."""
        if not self.rows:
            return {}
        found = {}
        for row in pages.select(["page_id", "requested_url", "final_url", "body_sha256"]).to_pylist():
            addresses = (clean_url(row["final_url"]), clean_url(row["requested_url"]))
            article = next((self.urls[url] for url in addresses if url is not None and url in self.urls), None)
            if article := article or self.bodies.get(row["body_sha256"]):
                found[row["page_id"]] = article
        return found

    def refused_readings(self, readings: pa.Table) -> dict[str, str]:
        """Those of some EXTRACTED rows that are not taken: page id to the id of the withdrawn article."""
        if not self.rows:
            return {}
        found = {}
        for row in readings.select(["page_id", "article_id", "url", "text_sha256"]).to_pylist():
            article = row["article_id"] if row["article_id"] in self.rows else None
            if article := article or self.urls.get(row["url"]) or self.texts.get(row["text_sha256"]):
                found[row["page_id"]] = article
        return found

    def refused_versions(self, changes: ArticleChanges, passed: pa.Table) -> dict[str, str]:
        """Of the pages of a run those that give an article a withdrawn text, once the lines of its host are taken out of it."""
        if not self.rows:
            return {}
        ours = [rows_with(rows, "page_id", passed["page_id"]) for rows in (changes.articles, changes.history)]
        return {page: article for rows in ours for page, article in self.refused_readings(rows).items()}


def read_withdrawn(snapshot: Snapshot) -> Withdrawn:
    """Read what was withdrawn by a snapshot."""
    rows = {row["article_id"]: row for row in snapshot.read("withdrawals").to_pylist()}
    by = {
        name: {value: article_id for article_id, row in rows.items() for value in row[column]}
        for name, column in (("urls", "refused_urls"), ("bodies", "body_sha256s"), ("texts", "text_sha256s"))
    }
    return Withdrawn(rows=rows, **by)


def dropped_pages(snapshot: Snapshot, page_ids: pa.ChunkedArray | pa.Array) -> dict[str, str]:
    """Of some stored pages those whose body is kept no more: page id to why."""
    rows = snapshot.read(
        "pages", columns=["page_id", "dropped"], where=pc.field("dropped").is_valid(), having=("page_id", page_ids)
    )
    return dict(zip(rows["page_id"].to_pylist(), rows["dropped"].to_pylist(), strict=True))


def blank_pages(pages: pa.Table) -> pa.Table:
    """PAGES rows without what they held; addresses, times and hashes stay."""
    return rows_with_value(pages, body=b"", listed_title=None, dropped=DROPPED_BY_WITHDRAWAL)


def blank_readings(readings: pa.Table) -> pa.Table:
    """EXTRACTED rows as refusals that say nothing of the text."""
    kept = readings.select(list(_KEPT_OF_READING)).to_pylist()
    return EXTRACTED.rows([row | {"reason": Reason.WITHDRAWN.value} for row in kept])


def blank_refusal(row: Row, url: str | None = None) -> Row:
    """A QUARANTINE row that says nothing of what was refused but its address."""
    known = json.loads(row["record_json"])
    kept = {name: known[name] for name in ("page_id", "source_id", "url", "canonical_url") if known.get(name)}
    return row | {"detail": None, "record_json": json.dumps(kept or {"url": url}, sort_keys=True)}


def refusal_of_page(page: Mapping[str, Any], withdrawal: Mapping[str, Any], *, run_id: str, now: datetime) -> Row:
    """The QUARANTINE row of a stored page of a withdrawn article: dropped for good."""
    url = page["final_url"] or page["requested_url"]
    return {
        "quarantine_id": quarantine_id("extract", page["page_id"], reason=Reason.WITHDRAWN),
        "stage": "extract",
        "page_id": page["page_id"],
        "article_id": withdrawal["article_id"],
        "source_id": page["source_id"],
        "reason": Reason.WITHDRAWN.value,
        "record_json": json.dumps({"url": url}),
        "body_sha256": page["body_sha256"],
        "status": "dropped",
        "decided_by": withdrawal["why"],
        "window_start": page["window_start"],
        "run_id": run_id,
        "recorded_at": now,
        "day": page["day"],
    }


def landing_refusals(
    withdrawn: Withdrawn, refused: Mapping[str, str], pages: pa.Table, *, run_id: str, now: datetime
) -> pa.Table:
    """QUARANTINE rows of pages that came again and are not stored.

    Args:
        refused: Of some of the PAGES rows the withdrawn article, as `refused_pages` gave it.
    """
    rows = []
    for page in rows_with(pages.drop_columns("body"), "page_id", refused).to_pylist():
        row = refusal_of_page(page, withdrawn.rows[refused[page["page_id"]]], run_id=run_id, now=now)
        own_id = quarantine_id("land", page["source_id"], page["page_id"], reason=Reason.WITHDRAWN)
        rows.append(row | {"quarantine_id": own_id, "stage": "land", "page_id": None})
    return QUARANTINE.rows(rows)


def settle_withdrawn(changes: ArticleChanges, refused: Iterable[str]) -> None:
    """Give the pages that are refused here their outcome."""
    changes.outcomes |= dict.fromkeys(refused, ("quarantined", Reason.WITHDRAWN.value))
