"""New, changed or nothing new: what a page means for the articles already known."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from pipeline.dedupe.versions import decide_versions
from pipeline.tables import ARTICLE_HISTORY, ARTICLES, EXTRACTED

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def extracted(page_id: str, text: str, *, hours: int = 0, article_id: str = "a1", extractor: str = "1") -> dict:
    at = NOON + timedelta(hours=hours)
    return {
        "article_id": article_id,
        "source_id": "courier",
        "authors": [],
        "window_start": at,
        "first_seen_at": at,
        "text": text,
        "text_sha256": f"sha of {text}",
        "word_count": 3,
        "content_kind": "news",
        "cleaning_rules": [],
        "extractor_version": extractor,
        "page_id": page_id,
        "fetched_at": at,
        "run_id": "run",
        "body_sha256": "body",
        "day": at.date(),
    }


def decide(rows: list[dict], known: list[dict] = (), history: list[dict] = ()):
    return decide_versions(
        EXTRACTED.rows(rows), ARTICLES.rows(list(known)), ARTICLE_HISTORY.rows(list(history)), causes={}, now=NOON
    )


def outcomes(changes) -> dict[str, str]:
    return {page_id: outcome for page_id, (outcome, _, _) in changes.outcomes.items()}


def test_first_edit_and_repeat():
    first = decide([extracted("p1", "one")])
    assert outcomes(first) == {"p1": "new"}
    known = first.articles.to_pylist()
    assert known[0]["version"] == 1
    assert outcomes(decide([extracted("p1", "one")], known)) == {"p1": "unchanged"}
    edit = decide([extracted("p2", "two", hours=30)], known)
    assert outcomes(edit) == {"p2": "updated"}
    row = edit.articles.to_pylist()[0]
    assert (row["version"], row["cause"], row["day"]) == (2, "edit", NOON.date())
    assert row["window_start"] == NOON
    assert row["version_window_start"] == NOON + timedelta(hours=30)
    assert edit.history.to_pylist() == known


def test_rerunning_the_first_window_after_an_edit_changes_nothing():
    first = decide([extracted("p1", "one")]).articles.to_pylist()
    edit = decide([extracted("p2", "two", hours=30)], first)
    assert outcomes(decide([extracted("p1", "one")], edit.articles.to_pylist(), first)) == {"p1": "unchanged"}


def test_a_better_extractor_is_no_edit():
    known = decide([extracted("p1", "one")]).articles.to_pylist()
    again = decide([extracted("p1", "one, read better", extractor="2")], known)
    assert outcomes(again) == {"p1": "updated"}
    assert again.articles["cause"].to_pylist() == ["reextraction"]


def test_a_text_that_comes_back_is_an_edit():
    first = decide([extracted("p1", "one")]).articles.to_pylist()
    second = decide([extracted("p2", "two", hours=1)], first).articles.to_pylist()
    back = decide([extracted("p3", "one", hours=2)], second, first)
    assert back.articles["version"].to_pylist() == [3]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_order_of_rows_does_not_matter(order):
    rows = [extracted("p1", "one"), extracted("p2", "two", hours=1), extracted("p3", "two", hours=2)]
    changes = decide([rows[i] for i in order])
    assert outcomes(changes) == {"p1": "new", "p2": "updated", "p3": "unchanged"}
    assert isinstance(changes.articles, pa.Table)
    assert changes.articles["text"].to_pylist() == ["two"]
    assert changes.history["text"].to_pylist() == ["one"]
