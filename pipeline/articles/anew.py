"""What a later reading of stored pages means for what stands: compared page by page, and the versions that closed days get.

A closed day's articles keep their ids, days, copies and places in stories: only what extraction reads is new. What a later
reading refuses keeps its stored version, on open days too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.articles.host_lines import read_host_lines
from pipeline.articles.quarantine import read_quarantine_state
from pipeline.articles.withdrawn import dropped_pages
from pipeline.dedupe.identities import settle_identities
from pipeline.reasons import Cause, Reason
from pipeline.store.snapshot import Snapshot
from pipeline.tables import ARTICLE_HISTORY, ARTICLES
from pipeline.tables.rows import rows_with, rows_without

Row = dict[str, Any]

# What a reading gives an article; the rest of its row says whence it came and where it stands.
_READ = (
    "title", "title_source", "authors", "published_at", "published_at_source", "published_at_precision", "published_on", "modified_at",
    "language", "text", "text_sha256", "word_count", "content_kind", "kind_evidence", "section", "keywords",
    "cleaning_rules", "extractor_version", "host_lines_version",
)  # fmt: skip
# How it was read, what is said of the text by its hash, and the day of a time: no difference by themselves.
_NOT_COMPARED = frozenset(
    {"text", "word_count", "title_source", "cleaning_rules", "extractor_version", "host_lines_version", "published_on"}
)
_COMPARED = tuple(name for name in _READ if name not in _NOT_COMPARED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How the readings of a day differ from the stored ones, page ids by what became of them.

    Attributes:
        texts: The text is another one.
        kinds: The kind is another one: the old and the new, whatever else differs.
        fields: Text and kind are the same, something else differs.
        same: Nothing differs.
        refused: Stood as an article, and is refused now: why. Its stored version stays.
        let_in: Was refused, and is an article now.
        still_refused: Was refused, and is.
    """

    texts: frozenset[str] = frozenset()
    kinds: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    fields: frozenset[str] = frozenset()
    same: frozenset[str] = frozenset()
    refused: Mapping[str, str] = field(default_factory=dict)
    let_in: frozenset[str] = frozenset()
    still_refused: frozenset[str] = frozenset()

    def to_dict(self) -> dict[str, Any]:
        """Counts, JSON-ready."""
        kinds = Counter(f"{old} -> {new}" for old, new in self.kinds.values())
        return {
            "texts": len(self.texts),
            "kinds": dict(sorted(kinds.items())),
            "fields": len(self.fields),
            "same": len(self.same),
            "refused": dict(sorted(Counter(self.refused.values()).items())),
            "let_in": len(self.let_in),
            "still_refused": len(self.still_refused),
        }


def days_read(snapshot: Snapshot, first: date, last: date) -> list[date]:
    """The days from the first to the last one of which readings are stored, in order."""
    stored = {file.day for file in snapshot.manifest.files("extractions") if file.day}
    return sorted(day for day in stored if first <= day <= last)


def pages_to_read(snapshot: Snapshot, day: date, extractor_version: str) -> pa.ChunkedArray:
    """Ids of a day's pages that another extractor read and whose bodies are kept, but for those a person dropped.

    What was put off is its own window's.
    """
    other = (pc.field("extractor_version") != extractor_version) & (
        pc.field("reason").is_null() | (pc.field("reason") != str(Reason.EXTRACT_PUT_OFF))
    )
    read = snapshot.read("extractions", columns=["page_id"], days=[day], where=other)
    kept = rows_without(read, "page_id", dropped_pages(snapshot, read["page_id"]))
    return rows_without(kept, "page_id", read_quarantine_state(snapshot, [day]).dropped)["page_id"]


def pages_standing(snapshot: Snapshot, day: date) -> frozenset[str]:
    """Ids of a day's pages that count as articles: read, and neither held nor dropped."""
    read = snapshot.read("extractions", columns=["page_id"], days=[day], where=pc.field("reason").is_null())
    decisions = read_quarantine_state(snapshot, [day])
    return frozenset(read["page_id"].to_pylist()) - decisions.held - decisions.dropped


def compare_readings(
    stored: pa.Table, fresh: pa.Table, *, standing: frozenset[str], refusals: Mapping[str, str]
) -> Difference:
    """Compare pages as they were read with how they are read now.

    Args:
        stored: EXTRACTED rows as they stand.
        fresh: EXTRACTED rows of the same pages, read anew.
        standing: Of these, the pages that count as articles.
        refusals: Of these, the pages that are refused now, and why.
    """
    before = {row["page_id"]: row for row in stored.to_pylist()}
    texts, fields, same, let_in, still = (set[str]() for _ in range(5))
    kinds: dict[str, tuple[str, str]] = {}
    refused: dict[str, str] = {}
    for row in fresh.to_pylist():
        page, old = row["page_id"], before[row["page_id"]]
        if page in refusals:
            if page in standing:
                refused[page] = refusals[page]
            else:
                still.add(page)
            continue
        if page not in standing:
            let_in.add(page)
            continue
        if row["content_kind"] != old["content_kind"]:
            kinds[page] = (old["content_kind"], row["content_kind"])
        if row["text_sha256"] != old["text_sha256"]:
            texts.add(page)
        elif page not in kinds:
            (fields if is_read_otherwise(old, row) else same).add(page)
    return Difference(
        texts=frozenset(texts), kinds=kinds, fields=frozenset(fields), same=frozenset(same), refused=refused,
        let_in=frozenset(let_in), still_refused=frozenset(still),
    )  # fmt: skip


def is_read_otherwise(before: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Whether two readings of a page differ in anything that an article says; no list is as good as an empty one."""
    return any((before[name] or None) != (now[name] or None) for name in _COMPARED)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVersions:
    """`articles`: ARTICLES rows, one for each article that is read otherwise now. `history`: what stood in their place."""

    articles: pa.Table
    history: pa.Table


def versions_read_anew(snapshot: Snapshot, day: date, fresh: pa.Table, *, run_id: str, now: datetime) -> NewVersions:
    """The versions that a closed day's pages, read anew, give to the articles that stand on them.

    An article whose current version came from another page is left as it is: this page's text is its past.

    Args:
        fresh: EXTRACTED rows that are no refusals, of pages that count as articles.
    """
    stored = snapshot.read("extractions", days=[day], where=pc.field("reason").is_null())
    others = rows_without(stored, "page_id", fresh["page_id"])
    settled = settle_identities(pa.concat_tables([others, fresh.cast(stored.schema)]))
    rows = rows_with(settled, "page_id", fresh["page_id"]).to_pylist()
    host_lines = read_host_lines(snapshot, day, [row["url"] for row in rows])
    readings = {row["page_id"]: host_lines.strip(row) for row in rows}
    ids = {*rows_with(stored, "page_id", fresh["page_id"])["article_id"].to_pylist()}
    ids |= {row["article_id"] for row in settle_identities(stored).select(["article_id"]).to_pylist()}
    current = snapshot.read("articles", having=("article_id", pa.array(sorted(ids), pa.string()))).to_pylist()
    old = [row for row in current if row["page_id"] in readings and is_read_otherwise(row, readings[row["page_id"]])]
    about = {"cause": Cause.REEXTRACTION.value, "run_id": run_id, "recorded_at": now}
    new = [
        row | {name: readings[row["page_id"]][name] for name in _READ} | about | {"version": row["version"] + 1}
        for row in old
    ]
    return NewVersions(articles=ARTICLES.rows(new), history=ARTICLE_HISTORY.rows(old))
