"""Batches: one row a page, each by itself."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime

import pyarrow as pa

from pipeline.extract.batch import build_rows, extract_pages, page_of
from pipeline.extract.page import EXTRACTOR_VERSION, extract_page
from pipeline.tables import EXTRACTED, PAGES
from pipeline.text.urls import article_id

START = datetime(2026, 3, 3, 9, tzinfo=UTC)
TEXT = "The harbour board of Quillmouth voted on Tuesday to dredge channel number {n} for the first time in years. "


def html(n: int, head: str = "") -> bytes:
    paragraphs = "".join(f"<p>{TEXT.format(n=n)} Paragraph {i}.</p>" for i in range(4))
    return f"<html><head><title>Channel {n} dredged</title>{head}</head><body><article>{paragraphs}</article></body></html>".encode()


def row(n: int, body: bytes, url: str | None, **more: object) -> dict[str, object]:
    return {
        "page_id": f"page-{n}", "source_id": "post", "requested_url": url, "final_url": url, "http_status": 200 if url else None,
        "window_start": START, "fetched_at": START.replace(minute=10), "content_type": "text/html" if url else "text/plain",
        "body": body, "body_sha256": hashlib.sha256(body).hexdigest(), "listed_title": None, "listed_at": None, "listed_by": None,
        "cause": "new", "run_id": "run", "recorded_at": START, "day": START.date(), **more,
    }  # fmt: skip


def extracted(*rows: dict[str, object], publishers: dict[str, str | None] | None = None) -> list[dict[str, object]]:
    found = [extract_page(page_of(one)) for one in rows]
    table = build_rows(rows, found, publishers or {})
    assert table.schema == EXTRACTED.row_schema
    return table.to_pylist()


def url(n: int) -> str:
    return f"https://www.post.example/harbour/channel-dredged-again-{n}"


def test_extract_pages_gives_one_row_a_page_in_order() -> None:
    pages = PAGES.rows(
        [row(1, html(1), url(1)), row(2, b"%PDF-1.4", url(2)), row(3, html(3), url(3)), row(4, b"", None)]
    )
    table = extract_pages(pages, workers=2, timeout_seconds=30, publishers={"post": "The Post"})
    assert table.schema == EXTRACTED.row_schema
    assert table["page_id"].to_pylist() == ["page-1", "page-2", "page-3", "page-4"]
    assert table["reason"].to_pylist() == [None, "not-text", None, "empty-page"]
    first, refused, *_ = table.to_pylist()
    assert first["publisher"] == "The Post"
    assert first["article_id"] == article_id(url(1))
    assert first["text_sha256"] == hashlib.sha256(first["text"].encode()).hexdigest()
    assert first["extractor_version"] == EXTRACTOR_VERSION
    assert (first["day"], first["first_seen_at"]) == (date(2026, 3, 3), START.replace(minute=10))
    assert refused["text"] is None
    assert refused["extractor_version"] == EXTRACTOR_VERSION


def test_an_empty_batch() -> None:
    table = extract_pages(PAGES.empty(), workers=0, timeout_seconds=5, publishers={})
    assert table.schema == EXTRACTED.row_schema
    assert table.num_rows == 0


def test_publisher_is_the_source_s_else_the_domain_else_unknown() -> None:
    rows = (row(1, html(1), url(1)), row(2, TEXT.encode() * 4, None))
    assert [one["publisher"] for one in extracted(*rows)] == ["post.example", None]
    assert [one["publisher"] for one in extracted(*rows, publishers={"post": "P"})] == ["P", "P"]


def test_a_text_without_url_is_named_by_its_text() -> None:
    body = (TEXT * 4).encode()
    one, two = extracted(row(1, body, None), row(2, body.replace(b" ", b"\n  ", 3), None))
    assert one["article_id"] == two["article_id"]
    assert one["url"] is one["canonical_url"] is None


def canonical(target: str) -> str:
    return f'<link rel="canonical" href="{target}">'


def test_a_declared_canonical_on_the_same_domain_is_the_identity() -> None:
    one = extracted(row(1, html(1, canonical(url(9))), url(1) + "?utm_source=x"))[0]
    assert (one["url"], one["canonical_url"], one["article_id"]) == (url(1), url(9), article_id(url(9)))


def test_a_canonical_elsewhere_is_a_declared_original() -> None:
    one = extracted(row(1, html(1, canonical("https://wire.example/one-two-three")), url(1)))[0]
    assert (one["canonical_url"], one["declared_original_url"]) == (url(1), "https://wire.example/one-two-three")


def test_rows_do_not_depend_on_their_neighbours_order() -> None:
    rows = [row(n, html(n, canonical(url(n % 2))), url(n)) for n in range(5)]
    there = {one["page_id"]: one for one in extracted(*rows)}
    back = {one["page_id"]: one for one in extracted(*reversed(rows))}
    assert there == back
    assert isinstance(pa.Table.from_pylist(list(there.values())), pa.Table)
