"""A batch of extracted rows is split into passed and quarantined, and nothing is lost on the way."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from tqdm.auto import tqdm

from pipeline.errors import DaybookError
from pipeline.tables import EXTRACTED, QUALITY_METRICS, QUARANTINE
from pipeline.tables.ids import quarantine_id
from pipeline.validate.articles import Validation, validate_articles
from pipeline.validate.facts import article_facts
from pipeline.validate.gate import SourceGate
from pipeline.validate.suites import run_suite

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
WINDOW_START = datetime(2026, 3, 2, 11, tzinfo=UTC)


def row(n: int, **changes: Any) -> dict[str, Any]:
    text = changes.pop("text", f"The ferry number {n} left the harbour of Orrel at noon. " * 8)
    return {
        "article_id": hashlib.sha256(f"article {n}".encode()).hexdigest()[:32],
        "source_id": "courier",
        "publisher": "courier.example",
        "url": f"https://courier.example/{n}",
        "canonical_url": f"https://courier.example/{n}",
        "title": f"Ferry {n} leaves",
        "title_source": "jsonld",
        "authors": ["Ida Holm"],
        "published_at": NOON - timedelta(hours=3),
        "published_at_source": "jsonld",
        "published_at_precision": "second",
        "window_start": WINDOW_START,
        "first_seen_at": NOON,
        "language": "en",
        "text": text,
        "text_sha256": hashlib.sha256((text or "").encode()).hexdigest(),
        "word_count": len((text or "").split()),
        "content_kind": "news",
        "cleaning_rules": [],
        "extractor_version": "7",
        "page_id": f"page-{n}",
        "fetched_at": NOON,
        "run_id": "ingest/1",
        "body_sha256": hashlib.sha256(f"body {n}".encode()).hexdigest(),
        "day": WINDOW_START.date(),
        **changes,
    }


def validate(rows: list[dict[str, Any]], **gates: SourceGate) -> Validation:
    return validate_articles(
        EXTRACTED.rows(rows),
        run_id="ingest/1",
        now=NOON,
        window_start=WINDOW_START,
        gates=gates,
    )


def test_sound_rows_pass_unchanged_and_in_order() -> None:
    rows = [row(n) for n in (3, 1, 2)]
    validation = validate(rows)
    assert validation.passed.equals(EXTRACTED.rows(rows))
    assert validation.quarantined.num_rows == 0
    assert not validation.held


def test_gaps_that_are_allowed_pass() -> None:
    bare = dict.fromkeys(("publisher", "url", "canonical_url", "title", "title_source", "language", "published_at"))
    described = {"published_at_source": None, "published_at_precision": None, "authors": []}
    assert validate([row(1, **bare, **described)]).passed.num_rows == 1


BAD = {
    "short": (row(1, text="Chat with us in Facebook Messenger."), "too-short", "text_size is 35"),
    "undecodable": (row(1, text="Die Br\ufffdcke \ufffdber den Fluss " * 20), "bad-text", "unreadable_ratio is"),
    "control characters": (row(1, text="The bridge\x00 over the\x93 river " * 20), "bad-text", "unreadable_ratio is"),
    "wall": (row(1, text="Please enable JavaScript to continue reading. " * 6), "boilerplate", "enable JavaScript"),
    "future": (row(1, published_at=NOON + timedelta(hours=25)), "bad-field", "hours_ahead is 25"),
    "epoch": (row(1, published_at=datetime(1970, 1, 1, tzinfo=UTC)), "bad-field", "published_year is 1970"),
    "source without date": (row(1, published_at=None), "bad-field", "undescribed_dates is 1"),
    "title": (row(1, title="t" * 301), "bad-field", "title_chars is 301"),
    "url": (row(1, url="/relative"), "bad-field", "url is '/relative'"),
    "language": (row(1, language="en-GB"), "bad-field", "language is 'en-GB'"),
    "kind": (row(1, content_kind="advert"), "bad-field", "content_kind is 'advert'"),
    "id": (row(1, article_id="1"), "bad-field", "article_id is '1'"),
    "author": (row(1, authors=["Ida Holm", " "]), "bad-field", "blank_authors is 1"),
    "no text": (row(1, text=None), "bad-field", "text is never null"),
}


@pytest.fixture(scope="module")
def refused() -> Validation:
    """All the bad rows and three good ones in one batch."""
    rows = [{**bad, "page_id": name} for name, (bad, _, _) in BAD.items()]
    return validate([row(101), *rows[:5], row(102), *rows[5:], row(103)])


@pytest.mark.parametrize("name", BAD)
def test_a_bad_row_is_refused_with_its_reason(refused: Validation, name: str) -> None:
    _, reason, detail = BAD[name]
    found = {r["page_id"]: r for r in refused.quarantined.to_pylist()}[name]
    assert found["reason"] == reason
    assert detail in found["detail"]


def test_good_rows_among_bad_ones_stay_in_order(refused: Validation) -> None:
    assert refused.passed["page_id"].to_pylist() == ["page-101", "page-102", "page-103"]
    assert refused.quarantined["page_id"].to_pylist() == list(BAD)


def test_quarantine_rows_fit_the_warehouse(refused: Validation) -> None:
    assert refused.quarantined.schema.equals(QUARANTINE.row_schema)
    ids = dict(zip(*(refused.quarantined[name].to_pylist() for name in ("page_id", "quarantine_id")), strict=True))
    assert len(set(ids.values())) == len(BAD)
    assert ids["short"] == quarantine_id("validate", "short", reason="too-short")
    assert set(refused.quarantined["day"].to_pylist()) == {date(2026, 3, 2)}
    for name in ("quarantine_id", "stage", "source_id", "reason", "record_json", "status", "run_id", "recorded_at"):
        assert refused.quarantined[name].null_count == 0


def test_the_record_is_kept_without_its_body() -> None:
    text = "The bridge closed. " * 5_000
    (kept,) = validate([row(1, text=text, title="t" * 301)]).quarantined.to_pylist()
    record = json.loads(kept["record_json"])
    assert record["text"] == text[:200]
    assert record["published_at"] == "2026-03-02T09:00:00+00:00"
    assert record["authors"] == ["Ida Holm"]
    assert len(kept["record_json"]) < 2_500


def test_the_first_objection_gives_the_reason_and_all_are_told() -> None:
    (kept,) = validate([row(1, text="Short.", language="EN")]).quarantined.to_pylist()
    assert kept["reason"] == "too-short"
    assert "language is 'EN'" in kept["detail"]


def test_dense_scripts_need_half_as_many_characters() -> None:
    japanese = "宮崎県で震度五弱の地震があった。津波を観測した。" * 3
    assert 60 <= len(japanese) < 120
    assert validate([row(1, text=japanese, language="ja")]).passed.num_rows == 1
    assert validate([row(1, text=japanese, language="en")]).passed.num_rows == 0


def test_metrics_hold_one_row_an_expectation_and_one_for_each_source() -> None:
    metrics = validate([row(1), row(2, title=None), row(3, text="Short.", source_id="gull")]).metrics
    assert metrics.schema.equals(QUALITY_METRICS.row_schema)
    found = {(m["suite"], m["expectation"], m["column"]): m for m in metrics.to_pylist()}
    assert len(found) == metrics.num_rows
    rows = {(expectation, column): m for (suite, expectation, column), m in found.items() if suite == "articles"}
    between = "expect_column_values_to_be_between"
    for source_id, failed, of in (("courier", 0, 2), ("gull", 1, 1)):
        part = found[f"articles@{source_id}", between, "text_size"]
        assert (part["source_id"], part["row_count"], part["observed"]) == (source_id, of, failed / of)
        assert part["success"] is not bool(failed)
    unique = "expect_column_proportion_of_unique_values_to_be_between"
    assert [suite for suite, expectation, _ in found if expectation == unique] == ["articles"] * 2
    size = rows["expect_column_values_to_be_between", "text_size"]
    assert (size["success"], size["severity"], size["threshold"]) == (False, "critical", 0.0)
    assert size["observed"] == pytest.approx(1 / 3)
    titles = rows["expect_column_values_to_not_be_null", "title"]
    assert (titles["success"], titles["severity"]) == (False, "set")
    assert (titles["observed"], titles["threshold"]) == (pytest.approx(1 / 3), 0.3)


def test_a_gate_holds_its_whole_source_with_every_reason_and_no_row_of_another() -> None:
    rows = [row(n, text="Short.") if n % 2 else row(n) for n in range(31)] + [
        row(31, title="t" * 400),
        row(33, url="x"),
    ]
    neighbours = [row(n, source_id="herald") for n in range(40, 44)]
    validation = validate([*rows, *neighbours], courier=SourceGate(limit=0.5), herald=SourceGate(limit=0.5))
    assert list(validation.held) == ["courier"]
    assert "17 of 33 pages of courier" in validation.held["courier"]
    assert validation.passed.equals(EXTRACTED.rows(neighbours))
    assert validation.quarantined["page_id"].to_pylist() == [r["page_id"] for r in rows]
    assert set(validation.quarantined["reason"].to_pylist()) == {"set-gate"}
    details = validation.quarantined["detail"].to_pylist()
    assert details[0].startswith("nothing against this row itself")
    assert details[1].startswith("too-short: ")
    assert details[-1].startswith("bad-field: url ")


def test_a_gate_counts_what_earlier_rooms_refused() -> None:
    rows = [row(n) for n in range(10)]
    assert not validate(rows, courier=SourceGate(refused_before=10, limit=0.5)).held
    validation = validate(rows, courier=SourceGate(refused_before=11, limit=0.5))
    assert "11 of 21 pages of courier" in validation.held["courier"]
    assert validation.passed.num_rows == 0
    gate = validation.metrics.to_pylist()[-1]
    assert (gate["suite"], gate["expectation"], gate["column"], gate["row_count"]) == (
        "sources", "set_gate", "courier", 21,
    )  # fmt: skip
    assert (gate["success"], gate["threshold"], gate["observed"]) == (False, 0.5, pytest.approx(11 / 21))


def test_a_source_of_which_nothing_is_left_to_validate_trips_all_the_same() -> None:
    validation = validate([], courier=SourceGate(refused_before=40, limit=0.5))
    assert list(validation.held) == ["courier"]
    assert validation.metrics["column"].to_pylist() == ["courier"]


@pytest.mark.parametrize(("limit", "short_count", "trips"), [(None, 30, False), (0.5, 15, False), (0.5, 16, True)])
def test_a_gate_trips_above_its_limit(limit: float | None, short_count: int, trips: bool) -> None:
    rows = [row(n, text="Short.") if n < short_count else row(n) for n in range(30)]
    # Different short texts, so that only their length speaks against them.
    for n, short in enumerate(rows[:short_count]):
        short["publisher"] = f"p{n}.example"
    validation = validate(rows, courier=SourceGate(limit=limit))
    assert bool(validation.held) == trips
    assert validation.passed.num_rows + validation.quarantined.num_rows == 30
    assert validation.quarantined.num_rows == (30 if trips else short_count)


def test_a_person_passes_a_gate_and_what_it_found_is_told() -> None:
    rows = [row(1), row(2, text="Short."), row(3, text="Brief.")]
    validation = validate(rows, courier=SourceGate(limit=0.5, passed_by="the wire sends notes today"))
    assert not validation.held
    assert "2 of 3 pages of courier" in validation.accepted["courier"]
    assert validation.passed["page_id"].to_pylist() == ["page-1"]
    assert set(validation.quarantined["reason"].to_pylist()) == {"too-short"}


def test_an_empty_batch_is_no_trouble() -> None:
    validation = validate([])
    assert validation.passed.schema.equals(EXTRACTED.row_schema)
    assert (validation.passed.num_rows, validation.quarantined.num_rows, validation.metrics.num_rows) == (0, 0, 0)
    assert not validation.held


def test_chunked_batches_are_judged_by_row_not_by_chunk() -> None:
    one, two = EXTRACTED.rows([row(1), row(2, text="Short.")]), EXTRACTED.rows([row(3, text="Short."), row(4)])
    validation = validate_articles(
        pa.concat_tables([one, two]),
        run_id="r",
        now=NOON,
        window_start=WINDOW_START,
    )
    assert validation.passed["page_id"].to_pylist() == ["page-1", "page-4"]


def test_an_expectation_that_breaks_stops_the_run_instead_of_passing_rows() -> None:
    from expectations.articles import articles_suite

    with pytest.raises(DaybookError, match="could not be evaluated"):
        run_suite(articles_suite(), pd.DataFrame({"article_id": ["0" * 32]}))


def test_a_killed_child_leaves_no_lock_behind() -> None:
    """Airflow forks its tasks: one of them killed in the middle of its suite must not stop the others of the worker."""
    validate([row(1)])
    child = os.fork()
    if child == 0:
        tqdm.get_lock().acquire()
        os._exit(0)
    os.waitpid(child, 0)
    assert tqdm.get_lock().acquire(blocking=False)
    tqdm.get_lock().release()
    assert "tqdm_monitor" not in [thread.name for thread in threading.enumerate()]


def test_facts_count_code_points_and_hours() -> None:
    text = "Ein Zug 🚆 fuhr. " * 20
    facts = article_facts(EXTRACTED.rows([row(1, text=text, authors=["A", "Bodil Åkerman"])])).to_dict("records")[0]
    assert facts["text_size"] == len(text)
    assert facts["hours_ahead"] == pytest.approx(-3.0)
    assert (facts["author_count"], facts["author_chars"]) == (2, 13)
    assert facts["unreadable_ratio"] == 0
