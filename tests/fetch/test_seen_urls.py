"""Addresses that other sources captured are found again, however they were written."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.fetch.history.seen_urls import SeenUrls
from pipeline.text.urls import clean_url

AT = datetime(2026, 3, 2, tzinfo=UTC)
INSTANT = pa.timestamp("us", "UTC")


def seen(*pairs: tuple[str | None, str | None]) -> SeenUrls:
    """Pages with these requested and final URLs."""
    count = len(pairs)
    columns = {
        "requested_url": pa.array([requested for requested, _ in pairs], pa.string()),
        "final_url": pa.array([final for _, final in pairs], pa.string()),
        "fetched_at": pa.array([AT] * count, INSTANT),
        "recorded_at": pa.array([AT] * count, INSTANT),
    }
    return SeenUrls(pa.table(columns))


@pytest.mark.parametrize(
    "written",
    [
        "http://news.example/a",
        "HTTP://News.EXAMPLE/a?utm_source=x",
        "http://news.example:80/a",
        "http://news.example./a#top",
        " http://news.example/a ",
        "http://me:secret@news.example/a",
        "http://n%65ws.example/a",
        "http://news.example//a",
    ],
)
def test_a_page_is_found_however_its_address_was_written(written):
    assert clean_url(written) == "http://news.example/a"
    assert seen((written, written)).times_of("http://news.example/a") == [(AT, AT)]


def test_both_ends_of_a_redirect_are_known():
    pages = seen(("http://a.example/short", "http://www.b.example/long"), ("http://zürich.example/x", None))
    for key in ("http://a.example/short", "http://www.b.example/long", "http://xn--zrich-kva.example/x"):
        assert pages.times_of(key) == [(AT, AT)]
    assert pages.times_of("http://a.example/long") == []


def test_nothing_is_known_of_nothing():
    assert seen().times_of("http://a.example/") == []
    assert seen((None, None)).times_of("http://a.example/") == []


@settings(deadline=None)
@given(st.lists(st.from_regex(r"https?://[A-Za-z0-9.@:%_ü\-]{1,12}/[a-z]?", fullmatch=True), max_size=6))
def test_whatever_can_be_cleaned_is_found(urls):
    pages = seen(*((url, url) for url in urls))
    for url in urls:
        key = clean_url(url)
        assert key is None or pages.times_of(key)
