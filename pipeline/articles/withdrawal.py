"""An article taken out of the warehouse: every row that holds something of its text keeps its key, its addresses and its hashes.

An article whose text is the same, letter for letter, goes with it: there is no taking out of a text that stays beside it. Copies
that differ are other texts, and stay.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.articles.withdrawn import blank_pages, blank_readings, blank_refusal, refusal_of_page
from pipeline.errors import UsageError
from pipeline.reasons import WITHDRAWN_KIND, Reason
from pipeline.store.snapshot import Snapshot
from pipeline.store.transaction import Transaction
from pipeline.store.warehouse import Warehouse
from pipeline.tables import TABLES
from pipeline.text.urls import clean_url

Row = dict[str, Any]

_VERSIONED = ("articles", "article_history")
_BLANK_TEXT = hashlib.sha256(b"").hexdigest()
_BLANK: Row = {
    "title": None, "title_source": None, "authors": [], "text": "", "text_sha256": _BLANK_TEXT, "word_count": 0,
    "content_kind": WITHDRAWN_KIND, "kind_evidence": [], "section": None, "keywords": [], "cleaning_rules": [],
}  # fmt: skip
_LINE_KIND = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a withdrawal takes out.

    Attributes:
        rows: WITHDRAWALS rows, one for the article and one for each that has the same text.
        pages: Ids of the pages that held them.
        urls: Every form in which an address of theirs is written in the warehouse.
        titles: What they were called, and no other article is.
        copies: Ids of articles that are copies of theirs, and stay.
    """

    rows: tuple[Row, ...]
    pages: frozenset[str]
    urls: frozenset[str]
    titles: frozenset[str]
    copies: tuple[str, ...]

    @property
    def article_ids(self) -> pa.Array:
        """Ids of the articles."""
        return _array(row["article_id"] for row in self.rows)


def find_withdrawal(snapshot: Snapshot, article_id: str, why: str, now: datetime) -> Found:
    """Find what goes with an article; of one that was withdrawn before, what has come back or was left.

    It looks through addresses and hashes of the whole warehouse.

    Raises:
        UsageError: there is no such article, and never was one that was withdrawn.
    """
    known = {row["article_id"]: row for row in snapshot.read("withdrawals").to_pylist()}
    ids, texts = _with_the_same_texts(snapshot, article_id, known)
    versions = _versions(snapshot, ids)
    if not versions and article_id not in known:
        raise UsageError(f"there is no article {article_id!r}; `daybook explain article URL` tells an article's id")
    rows = [_row(one, [v for v in versions if v["article_id"] == one], known.get(one), why, now) for one in sorted(ids)]
    cleaned = {url: row["article_id"] for row in rows for url in row["refused_urls"]}
    pages = _pages_of(snapshot, ids, texts, cleaned, versions)
    for row in rows:
        of = [page for page in pages if page["article_id"] == row["article_id"]]
        row["page_ids"] = sorted({*row["page_ids"], *(page["page_id"] for page in of)})
        row["body_sha256s"] = sorted({*row["body_sha256s"], *(page["body_sha256"] for page in of)})
        own = [v for v in versions if v["article_id"] == row["article_id"]]
        row["text_sha256s"] = sorted({*row["text_sha256s"], *_texts_of(snapshot, own)})
    titles = {row["title"] for row in versions if row["title"]}
    return Found(
        rows=tuple(rows),
        pages=frozenset(page for row in rows for page in row["page_ids"]),
        urls=frozenset(page[name] for page in pages for name in ("requested_url", "final_url") if page[name])
        | frozenset(cleaned),
        titles=frozenset(titles - _titles_of_others(snapshot, titles, ids)),
        copies=tuple(sorted(_column(snapshot, "duplicates", "article_id", _among("canonical_id", ids)) - ids)),
    )


def take_out(tx: Transaction, found: Found, *, run_id: str, now: datetime) -> None:
    """Write every row that holds something of the text without it; what holds nothing any more is left as it is."""
    snapshot, ids = tx.snapshot, found.article_ids
    page_ids = _array(found.pages)
    pages = snapshot.read("pages", having=("page_id", page_ids))
    tx.upsert("pages", blank_pages(pages))
    tx.upsert("extractions", blank_readings(snapshot.read("extractions", having=("page_id", page_ids))))
    for name in _VERSIONED:
        _upsert(tx, name, [row | _BLANK for row in snapshot.read(name, having=("article_id", ids)).to_pylist()])
    tx.delete("fingerprints", snapshot.read("fingerprints", columns=["article_id"], having=("article_id", ids)))
    terms = snapshot.read("article_terms", having=("article_id", ids)).to_pylist()
    _upsert(tx, "article_terms", [row | {"terms": [], "counts": []} for row in terms])
    _take_out_of_books(tx, found, pages, run_id=run_id, now=now)
    _take_out_of_digests(tx, found, now=now)


def take_out_pages(tx: Transaction, refused: Mapping[str, str], *, run_id: str, now: datetime) -> None:
    """Take out pages that turned out, when they were read, to be those of withdrawn articles: they are noted with them.

    Args:
        refused: By page id the withdrawn article.
    """
    if not refused:
        return
    having = ("page_id", _array(refused))
    pages = tx.snapshot.read("pages", having=having)
    withdrawals = {row["article_id"]: row for row in tx.snapshot.read("withdrawals").to_pylist()}
    refusals = []
    for page in pages.to_pylist():
        row = withdrawals[refused[page["page_id"]]]
        row["page_ids"] = sorted({*row["page_ids"], page["page_id"]})
        row["body_sha256s"] = sorted({*row["body_sha256s"], page["body_sha256"]})
        refusals.append(refusal_of_page(page, row, run_id=run_id, now=now))
    tx.upsert("pages", blank_pages(pages))
    tx.upsert("extractions", blank_readings(tx.snapshot.read("extractions", having=having)))
    stored = tx.snapshot.read("quarantine", having=having).to_pylist()
    known = {row["quarantine_id"] for row in refusals}
    _upsert(tx, "quarantine", [blank_refusal(row) for row in stored if row["quarantine_id"] not in known])
    _upsert(tx, "quarantine", refusals)
    _upsert(tx, "withdrawals", [withdrawals[article_id] for article_id in sorted(set(refused.values()))])


def end_holding(warehouse: Warehouse, snapshot: Snapshot) -> list[int]:
    """End every past snapshot that holds something withdrawn; only under the lock, after a commit. Gives their numbers."""
    rows = snapshot.read("withdrawals").to_pylist()
    return warehouse.end_snapshots(lambda past: bool(where_it_stands(past, rows)))


def where_it_stands(snapshot: Snapshot, rows: Collection[Mapping[str, Any]]) -> list[str]:
    """Name the tables of a snapshot in which something of withdrawn articles stands still.

    Args:
        rows: WITHDRAWALS rows.
    """
    if not rows:
        return []
    ids = _array(row["article_id"] for row in rows)
    pages = _array(page for row in rows for page in row["page_ids"])
    texts = _among("text_sha256", {text for row in rows for text in row["text_sha256s"]})
    bodies = _among("body_sha256", {body for row in rows for body in row["body_sha256s"]})
    is_read = pc.field("reason").is_null() | (pc.field("reason") != Reason.WITHDRAWN.value)
    is_told = pc.field("content_kind") != WITHDRAWN_KIND
    looks: list[tuple[str, pc.Expression | None, tuple[str, pa.Array] | None]] = [
        ("pages", pc.field("dropped").is_null(), ("page_id", pages)),
        ("pages", pc.field("dropped").is_null() & bodies, None),
        ("extractions", is_read, ("page_id", pages)),
        ("extractions", texts, None),
        ("fingerprints", None, ("article_id", ids)),
        ("article_terms", pc.list_value_length(pc.field("terms")) > 0, ("article_id", ids)),
        ("citations", pc.field("quote") != "", ("article_id", ids)),
        ("corrections", (pc.field("old_quote") != "") | pc.field("new_text").is_valid(), ("article_id", ids)),
    ]
    looks += [(name, is_told, ("article_id", ids)) for name in _VERSIONED]
    looks += [(name, texts, None) for name in _VERSIONED]
    found = [
        name
        for name, where, having in looks
        if snapshot.read(name, columns=[TABLES[name].key[0]], where=where, having=having).num_rows
    ]
    return list(dict.fromkeys(found))


def _row(article_id: str, versions: list[Row], known: Row | None, why: str, now: datetime) -> Row:
    """The WITHDRAWALS row of one article, its pages not in it yet."""
    last = max(versions, key=lambda row: row["version"], default=None)
    new: Row = {
        "article_id": article_id, "url": last and last["url"], "why": why, "withdrawn_at": now, "recorded_at": now,
        "refused_urls": [], "page_ids": [], "text_sha256s": [], "body_sha256s": [], "build_ids": [],
        "outputs_before": [], "outputs_after": [],
    }  # fmt: skip
    row = dict(known or new)
    urls = {clean_url(version[name]) for version in versions for name in ("url", "canonical_url")} - {None}
    row["refused_urls"] = sorted({*row["refused_urls"], *urls})
    row["text_sha256s"] = sorted({*row["text_sha256s"], *(v["text_sha256"] for v in versions)} - {_BLANK_TEXT})
    row["page_ids"] = sorted({*row["page_ids"], *(v["page_id"] for v in versions)})
    return row


def _with_the_same_texts(snapshot: Snapshot, article_id: str, known: Mapping[str, Row]) -> tuple[set[str], set[str]]:
    """An article and all that have a text of one that goes with it, and the hashes of all their texts.

    An article goes with all its versions, and each of their texts with whoever has it: none is refused that still stands.
    """
    ids, texts, fresh = {article_id}, set[str](), {article_id}
    while fresh:
        texts |= {text for one in fresh if one in known for text in known[one]["text_sha256s"]}
        texts |= _texts_of(snapshot, _versions(snapshot, fresh))
        same = _among("text_sha256", texts)
        fresh = set[str]().union(*(_column(snapshot, name, "article_id", same) for name in _VERSIONED)) - ids
        ids |= fresh
    return ids, texts


def _texts_of(snapshot: Snapshot, versions: Collection[Row]) -> set[str]:
    """The hashes of the texts of some versions, and of those that their pages were read as, where lines of the host stand in them."""
    having = ("page_id", _array(row["page_id"] for row in versions))
    read = snapshot.read("extractions", columns=["text_sha256"], having=having)["text_sha256"].drop_null().to_pylist()
    return {*read, *(row["text_sha256"] for row in versions)} - {_BLANK_TEXT}


def _versions(snapshot: Snapshot, article_ids: Iterable[str]) -> list[Row]:
    """All versions of some articles."""
    columns = ["article_id", "version", "url", "canonical_url", "title", "text_sha256", "page_id"]
    having = ("article_id", _array(article_ids))
    return [row for name in _VERSIONED for row in snapshot.read(name, columns=columns, having=having).to_pylist()]


def _pages_of(
    snapshot: Snapshot, ids: set[str], texts: set[str], cleaned: Mapping[str, str], versions: Iterable[Row]
) -> list[Row]:
    """The pages that held some articles, or that were read from their addresses, each with its article's id."""
    of_version = {row["page_id"]: row["article_id"] for row in versions}
    where = _among("article_id", ids) | _among("text_sha256", texts)
    where = where | _among("url", cleaned) | _among("canonical_url", cleaned)
    columns = ["page_id", "article_id", "url", "canonical_url"]
    readings = snapshot.read("extractions", columns=columns, where=where).to_pylist()
    addresses = snapshot.read("pages", columns=["page_id", "requested_url", "final_url"])
    raw = {url for name in ("requested_url", "final_url") for url in _written_as(addresses[name], cleaned)}
    asked = addresses.filter(
        pc.or_(*(pc.is_in(addresses[name], value_set=_array(raw)) for name in ("requested_url", "final_url")))
    )
    wanted = {*of_version, *(row["page_id"] for row in readings), *asked["page_id"].to_pylist()}
    about = ["page_id", "requested_url", "final_url", "body_sha256"]
    rows = snapshot.read("pages", columns=about, having=("page_id", _array(wanted))).to_pylist()
    first = min(ids)
    by_reading = {row["page_id"]: row["article_id"] for row in readings if row["article_id"] in ids}
    for row in rows:
        by_address = (cleaned.get(clean_url(row[name]) or "") for name in ("final_url", "requested_url"))
        named = (of_version.get(row["page_id"]), by_reading.get(row["page_id"]), *by_address)
        row["article_id"] = next(filter(None, named), first)
    return list(rows)


def _written_as(urls: pa.ChunkedArray, cleaned: Collection[str]) -> set[str]:
    """The forms in which some cleaned URLs are written in a column."""
    found: set[str] = set()
    for host in {urlsplit(url).hostname or "" for url in cleaned}:
        likely = urls.filter(pc.match_substring(urls, host, ignore_case=True))
        found |= {url for url in pc.unique(likely).to_pylist() if clean_url(url) in cleaned}
    return found


def _titles_of_others(snapshot: Snapshot, titles: Collection[str], ids: Collection[str]) -> set[str]:
    """Those of some titles that other articles have too: what is called so may be called after them."""
    where = _among("title", titles) & ~_among("article_id", ids)
    return set().union(*(_column(snapshot, name, "title", where) for name in _VERSIONED))


def _take_out_of_books(tx: Transaction, found: Found, pages: pa.Table, *, run_id: str, now: datetime) -> None:
    """What was asked and refused, without titles; each page's row of quarantine keeps it out for good."""
    requests = tx.snapshot.read("fetches", columns=["url"], where=pc.field("listed_title").is_valid())
    cleaned = {url for row in found.rows for url in row["refused_urls"]}
    asked = _written_as(requests["url"], cleaned) | found.urls
    rows = tx.snapshot.read("fetches", where=_among("url", asked) & pc.field("listed_title").is_valid()).to_pylist()
    _upsert(tx, "fetches", [row | {"listed_title": None} for row in rows])
    refusals = tx.snapshot.read("quarantine", having=("page_id", _array(found.pages))).to_pylist()
    of_urls = tx.snapshot.read("quarantine", where=pc.field("page_id").is_null()).to_pylist()
    refusals += [row for row in of_urls if any(url in row["record_json"] for url in asked)]
    _upsert(tx, "quarantine", [blank_refusal(row) for row in refusals])
    by_page = {page: row for row in found.rows for page in row["page_ids"]}
    kept = {row["quarantine_id"] for row in refusals if row["reason"] == Reason.WITHDRAWN}
    fresh = [refusal_of_page(p, by_page[p["page_id"]], run_id=run_id, now=now) for p in pages.to_pylist()]
    _upsert(tx, "quarantine", [row for row in fresh if row["quarantine_id"] not in kept])


def _take_out_of_digests(tx: Transaction, found: Found, *, now: datetime) -> None:
    """Lines and what they cite, corrections, headings; each line of a published digest that lost its ground gets an erratum."""
    snapshot, ids = tx.snapshot, found.article_ids
    citations = snapshot.read("citations", having=("article_id", ids)).to_pylist()
    _upsert(tx, "citations", [row | {"quote": ""} for row in citations])
    own = {(c["build_id"], c["development_id"]) for c in citations if c["role"] == "primary"}
    builds = _array({build_id for build_id, _ in own})
    lines = [
        row
        for row in snapshot.read("developments", having=("build_id", builds)).to_pylist()
        if (row["build_id"], row["development_id"]) in own
    ]
    _upsert(tx, "developments", [row | {"text": "", "kind": _LINE_KIND} for row in lines])
    corrections = snapshot.read("corrections", having=("article_id", ids)).to_pylist()
    told = {tuple(row[name] for name in TABLES["corrections"].key): row for row in corrections}
    final = {
        row["build_id"]
        for row in snapshot.read(
            "digest_builds", having=("build_id", _array({c["build_id"] for c in citations}))
        ).to_pylist()
        if row["status"] != "provisional"
    }
    last = {row["article_id"]: row["version"] for row in sorted(_versions(snapshot, ids.to_pylist()), key=_by_version)}
    for cited in citations:
        key = (cited["article_id"], last.get(cited["article_id"]), cited["build_id"], cited["development_id"])
        if cited["build_id"] in final and key[1] is not None and key not in told:
            names = TABLES["corrections"].key
            told[key] = dict(zip(names, key, strict=True)) | {
                "digest_date": cited["day"], "cause": "withdrawal", "noticed_at": now, "recorded_at": now,
                "day": now.date(),
            }  # fmt: skip
    _upsert(tx, "corrections", [row | {"old_quote": "", "new_text": None} for row in told.values()])
    for name, columns in (("story_days", ("headline",)), ("digests", ("headline", "story_name"))):
        is_called_so = reduce(or_, (_among(column, found.titles) for column in columns))
        rows = snapshot.read(name, where=is_called_so).to_pylist() if found.titles else []
        _upsert(tx, name, [row | {c: None for c in columns if row[c] in found.titles} for row in rows])


def _upsert(tx: Transaction, name: str, rows: list[Row]) -> None:
    tx.upsert(name, TABLES[name].rows(rows))


def _by_version(row: Row) -> int:
    return int(row["version"])


def _column(snapshot: Snapshot, table: str, column: str, where: pc.Expression) -> set[str]:
    """The values of a column in some rows."""
    return set(snapshot.read(table, columns=[column], where=where)[column].to_pylist())


def _among(column: str, values: Iterable[str]) -> pc.Expression:
    return pc.field(column).isin(_array(values))


def _array(values: Iterable[str]) -> pa.Array:
    return pa.array(sorted(set(values)), pa.string())
