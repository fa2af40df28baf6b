"""An invented day, as tables: what `build_digest` is given."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest

from pipeline.digest.inputs import COPIES, EARLIER_CITATIONS, EARLIER_LINES, PLACINGS, STORIES, VERSIONS, DigestInputs

DAY = date(2026, 3, 4)


def version_row(article_id: str, text: str, **columns: Any) -> dict[str, Any]:
    """One article version that arrived on the day, unless said otherwise."""
    row: dict[str, Any] = {
        "article_id": article_id,
        "version": 1,
        "cause": "new",
        "title": f"About {article_id}",
        "publisher": f"{article_id}.example",
        "url": f"https://{article_id}.example/a",
        "published_at": datetime(2026, 3, 4, 9, tzinfo=UTC),
        "published_on": None,
        "language": "en",
        "text": text,
        "content_kind": "news",
        "day": DAY,
        "version_day": DAY,
        **columns,
    }
    return {**row, "text_sha256": hashlib.sha256(row["text"].encode()).hexdigest()}


@pytest.fixture
def a_version() -> Callable[..., dict[str, Any]]:
    return version_row


@pytest.fixture
def make_inputs() -> Callable[..., DigestInputs]:
    """Make inputs from version rows: each article stands in the story that `stories` names, else in "river"."""

    def make(
        versions: list[dict[str, Any]],
        *,
        stories: dict[str, str] | None = None,
        placed: dict[str, date] | None = None,
        copies: dict[str, str] | None = None,
        earlier_lines: list[dict[str, Any]] | None = None,
        earlier_citations: list[dict[str, Any]] | None = None,
        day: date = DAY,
        status: str = "final",
    ) -> DigestInputs:
        copied = copies or {}
        articles = {v["article_id"]: v["day"] for v in versions if v["article_id"] not in copied}
        where = {article_id: (stories or {}).get(article_id, "river") for article_id in articles}
        placings = [
            {
                "article_id": article_id,
                "story_id": where[article_id],
                "event_id": f"{where[article_id]}-event",
                "day": (placed or {}).get(article_id, first),
            }
            for article_id, first in articles.items()
        ]
        facts = [
            {
                "story_id": story_id,
                "headline": f"The {story_id} story",
                "language": "en",
                "article_count": list(where.values()).count(story_id),
                "publisher_count": list(where.values()).count(story_id),
                "origin_count": list(where.values()).count(story_id),
            }
            for story_id in sorted(set(where.values()))
        ]
        copy_rows = [{"article_id": a, "canonical_id": c} for a, c in copied.items()]
        return DigestInputs(
            digest_date=day,
            status=status,
            stories=pa.Table.from_pylist(facts, schema=STORIES),
            placings=pa.Table.from_pylist(placings, schema=PLACINGS),
            versions=pa.Table.from_pylist(versions, schema=VERSIONS),
            copies=pa.Table.from_pylist(copy_rows, schema=COPIES),
            earlier_lines=pa.Table.from_pylist(earlier_lines or [], schema=EARLIER_LINES),
            earlier_citations=pa.Table.from_pylist(earlier_citations or [], schema=EARLIER_CITATIONS),
            coverage={"pages": len(versions), "articles": len(articles)},
        )

    return make
