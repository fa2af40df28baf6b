"""What crosses the sandbox's wall is JSON and bytes: pages and readings come out of it as they went in."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from pipeline.extract import isolated
from pipeline.extract.page import Extraction, Page
from pipeline.reasons import Reason
from pipeline.text.dates import Published

texts = st.text()
instants = st.none() | st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))]))
pages = st.builds(
    Page, body=st.binary(), content_type=st.none() | texts, url=st.none() | texts, fetched_at=instants,
    listed_title=st.none() | texts, listed_at=instants, listed_by=st.none() | texts, is_released=st.booleans(),
)  # fmt: skip
readings = st.builds(
    Extraction, title=st.none() | texts, authors=st.lists(texts).map(tuple), text=texts, raw_text=texts,
    published=st.builds(Published, at=instants, modified_at=instants, rules=st.lists(texts).map(tuple)),
    cleaning_rules=st.lists(texts).map(tuple), removed=st.lists(st.tuples(texts, texts)).map(tuple),
    reason=st.none() | st.sampled_from(Reason), detail=st.none() | texts,
)  # fmt: skip


@given(pages)
def test_a_page_goes_in_as_it_is(page: Page) -> None:
    task = isolated._task(page)
    assert isolated._page(json.loads(json.dumps(task.facts)), task.body) == page


@given(readings)
def test_a_reading_comes_out_as_it_is(reading: Extraction) -> None:
    assert isolated._extraction(json.loads(json.dumps(isolated._facts(reading)))) == reading


def test_half_a_character_gets_through() -> None:
    """JSON escapes of pages may leave lone surrogates behind."""
    reading = Extraction(title="\ud83d", published=Published(at=datetime(2026, 3, 2, tzinfo=UTC)))
    assert isolated._extraction(json.loads(json.dumps(isolated._facts(reading)))) == reading
