"""A batch of pages to EXTRACTED rows: identity and what only a whole batch can tell."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

import pyarrow as pa

from pipeline.extract.page import EXTRACTOR_VERSION, Extraction, Page
from pipeline.extract.pool import extract_each
from pipeline.tables import EXTRACTED
from pipeline.text.urls import article_id, choose_canonical, clean_url, registrable_domain

_SHARED_BY = 3  # so many different pages with one canonical URL, or one time of publication, mean a template's constant

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Identity:
    """The URLs of one page."""

    url: str | None
    canonical: str | None
    original: str | None


def extract_pages(
    pages: pa.Table, *, workers: int, timeout_seconds: float, publishers: Mapping[str, str | None]
) -> pa.Table:
    """Extract every page of a batch, each in a process that can be killed without harm to its neighbours.

    Args:
        pages: PAGES rows.
        workers: Page processes; 0 takes one for each core.
        timeout_seconds: When a page's process is ended.
        publishers: Publisher of each source; a missing or null one leaves it to the page's domain.
    Returns:
        EXTRACTED rows, one for each page, in order; refused ones have `reason` and `detail` and no article fields.
    Refuses:
        empty-page, not-text, too-complex, extract-timeout, extract-crash, no-text, not-an-article
    """
    rows: list[Row] = pages.to_pylist()
    found = extract_each([page_of(row) for row in rows], workers=workers, timeout_seconds=timeout_seconds)
    return build_rows(rows, found, publishers)


def page_of(row: Row) -> Page:
    """The page of a PAGES row."""
    return Page(
        body=cast(bytes, row["body"]),
        content_type=cast("str | None", row["content_type"]),
        url=_url_of(row),
        fetched_at=cast("datetime | None", row["fetched_at"]),
        listed_title=cast("str | None", row["listed_title"]),
        listed_at=cast("datetime | None", row["listed_at"]),
        listed_by=cast("str | None", row["listed_by"]),
    )


def build_rows(rows: Sequence[Row], found: Sequence[Extraction], publishers: Mapping[str, str | None]) -> pa.Table:
    """Join pages and what was read from them into EXTRACTED rows, one for each page, in order."""
    identities = _identities(rows, found)
    constants = _constant_times(found, identities)
    records = [
        _refused(row, extraction) if extraction.reason else _candidate(row, extraction, identity, constants, publishers)
        for row, extraction, identity in zip(rows, found, identities, strict=True)
    ]
    return EXTRACTED.rows(records)


def _url_of(row: Row) -> str | None:
    """Where a page was found: its final URL, else the one asked for."""
    return cast("str | None", row["final_url"] or row["requested_url"])


def _identities(rows: Sequence[Row], found: Sequence[Extraction]) -> list[_Identity]:
    """The URLs of each page; a declared canonical that unlike pages share is a template's, and is not used."""
    identities = []
    for row, extraction in zip(rows, found, strict=True):
        url = clean_url(_url_of(row))
        canonical, original = choose_canonical(url, extraction.declared_url)
        identities.append(_Identity(url=url, canonical=canonical, original=original))
    users: dict[str, dict[str | None, str]] = defaultdict(dict)
    for identity, extraction in zip(identities, found, strict=True):
        for shared in (identity.canonical, identity.original):
            if shared and shared != identity.url and not extraction.reason:
                users[shared].setdefault(identity.url, extraction.text)
    broken = {
        url for url, texts in users.items() if len(texts) >= _SHARED_BY and len(set(texts.values())) >= _SHARED_BY
    }
    return [
        _Identity(
            url=identity.url,
            canonical=identity.url if identity.canonical in broken else identity.canonical,
            original=None if identity.original in broken else identity.original,
        )
        for identity in identities
    ]


def _constant_times(found: Sequence[Extraction], identities: Sequence[_Identity]) -> set[tuple[str | None, datetime]]:
    """Times, to the minute or finer, that three different articles of one site claim: a template's constant."""
    claims: dict[tuple[str | None, datetime], set[tuple[str | None, str]]] = defaultdict(set)
    for extraction, identity in zip(found, identities, strict=True):
        at = extraction.published.at
        if (
            at
            and identity.url
            and extraction.published.precision != "day"
            and extraction.published.source in ("jsonld", "meta", "time")
        ):
            claims[(registrable_domain(identity.url), at)].add((identity.canonical, extraction.text))
    return {
        claim
        for claim, users in claims.items()
        if len({url for url, _ in users}) >= _SHARED_BY and len({text for _, text in users}) >= _SHARED_BY
    }


def _refused(row: Row, extraction: Extraction) -> Row:
    """A refused page."""
    return {
        **_origin(row),
        "url": clean_url(_url_of(row)),
        "reason": str(extraction.reason),
        "detail": extraction.detail,
    }


def _candidate(
    row: Row,
    extraction: Extraction,
    identity: _Identity,
    constants: set[tuple[str | None, datetime]],
    publishers: Mapping[str, str | None],
) -> Row:
    """An article candidate."""
    published, rules = extraction.published, set(extraction.cleaning_rules)
    at, source, precision = published.at, published.source, published.precision
    domain = registrable_domain(identity.url)
    if at and (domain, at) in constants and precision != "day":
        rules.add("constant-date")
        at = cast("datetime | None", row["listed_at"])
        source, precision = (str(row["listed_by"] or "feed"), "second") if at else (None, None)
    return {
        **_origin(row),
        "article_id": article_id(identity.canonical, extraction.raw_text),
        "publisher": publishers.get(str(row["source_id"])) or domain,
        "url": identity.url,
        "canonical_url": identity.canonical,
        "declared_original_url": identity.original,
        "title": extraction.title,
        "title_source": extraction.title_source,
        "authors": list(extraction.authors),
        "published_at": at,
        "published_at_source": source,
        "published_at_precision": precision,
        "modified_at": published.modified_at,
        "language": extraction.language,
        "text": extraction.text,
        "text_sha256": hashlib.sha256(extraction.text.encode()).hexdigest(),
        "word_count": extraction.word_count,
        "content_kind": extraction.content_kind,
        "cleaning_rules": sorted(rules),
    }


def _origin(row: Row) -> dict[str, object]:
    """What a row keeps of its page, refused or not."""
    kept = ("page_id", "source_id", "window_start", "fetched_at", "body_sha256", "run_id")
    return {
        **{name: row[name] for name in kept},
        "day": cast(datetime, row["window_start"]).date(),
        "first_seen_at": row["fetched_at"],
        "extractor_version": EXTRACTOR_VERSION,
    }
