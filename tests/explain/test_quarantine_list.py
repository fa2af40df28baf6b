"""`daybook quarantine list`: what was refused, filtered and told apart."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from pipeline.explain.articles import explain_article
from pipeline.explain.quarantine import list_quarantine
from pipeline.settings import Settings
from pipeline.store.warehouse import Warehouse
from tests.store.sample import rows

REFUSALS = [
    ("aaaaaaaaaa01", 2, "fetch", "robots", "courier", "held"),
    ("aaaaaaaaaa02", 3, "extract", "no-text", "courier", "held"),
    ("bbbbbbbbbb01", 3, "extract", "no-text", "ledger", "released"),
    ("cccccccccc01", 4, "validate", "too-short", "ledger", "dropped"),
]


@pytest.fixture
def refused(tmp_path):
    warehouse = Warehouse(tmp_path / "warehouse")
    records = [
        {
            "quarantine_id": quarantine_id,
            "window_start": datetime(2026, 3, day, tzinfo=UTC),
            "stage": stage,
            "reason": reason,
            "source_id": source,
            "status": status,
            "detail": f"detail of {quarantine_id}",
            "record_json": f'{{"url": "http://{source}.example/{quarantine_id}?utm_source=x"}}',
        }
        for quarantine_id, day, stage, reason, source, status in REFUSALS
    ]
    with warehouse.writing(datetime(2026, 3, 5, tzinfo=UTC)) as tx:
        tx.upsert("quarantine", rows("quarantine", *records))
        tx.commit()
    return warehouse


@pytest.mark.parametrize(
    ("wanted", "day", "found"),
    [
        ({}, None, 4),
        ({"reason": "no-text"}, None, 2),
        ({"stage": "validate"}, None, 1),
        ({"source_id": "courier"}, None, 2),
        ({"status": "held"}, None, 2),
        ({"status": "held", "reason": "no-text"}, None, 1),
        ({}, date(2026, 3, 3), 2),
        ({"reason": "set-gate"}, None, 0),
    ],
)
def test_filters(refused, wanted, day, found):
    rows_found, text = list_quarantine(refused, wanted, day=day)
    assert len(rows_found) == found
    assert f"({found} row" in text


def test_the_latest_come_first_and_a_limit_holds(refused):
    found, _ = list_quarantine(refused, {}, limit=2)
    assert [row["quarantine_id"] for row in found] == ["cccccccccc01", "aaaaaaaaaa02"]


def test_short_ids_tell_all_refusals_apart_not_only_those_shown(refused):
    found, text = list_quarantine(refused, {"source_id": "ledger"})
    assert [row["short_id"] for row in found] == ["cccccccccc01", "bbbbbbbbbb01"]
    assert "http://ledger.example/bbbbbbbbbb01?utm_source=x" in text
    assert "detail of bbbbbbbbbb01" in text


@pytest.fixture
def inbox(tmp_path):
    """An inbox of which one file was refused as such, and two as pages."""
    warehouse = Warehouse(tmp_path / "warehouse")
    at = datetime(2026, 3, 2, tzinfo=UTC)
    about = {"source_id": "inbox", "window_start": at, "status": "held", "day": at.date()}
    refusals = [
        {
            "quarantine_id": "aaaaaaaa01",
            "stage": "fetch",
            "reason": "bad-encoding",
            "record_json": '{"file": "below/a.html.gz"}',
        },
        {"quarantine_id": "bbbbbbbb01", "stage": "extract", "reason": "no-text", "page_id": "b", "record_json": "{}"},
        {
            "quarantine_id": "cccccccc01",
            "stage": "validate",
            "reason": "too-short",
            "page_id": "c",
            "record_json": "{}",
        },
    ]
    pages = [
        {
            "page_id": name,
            "file_name": f"below/{name}\n.txt",
            "source_id": "inbox",
            "window_start": at,
            "day": at.date(),
        }
        for name in "bc"
    ]
    with warehouse.writing(at) as tx:
        tx.upsert("quarantine", rows("quarantine", *(about | refusal for refusal in refusals)))
        tx.upsert("pages", rows("pages", *pages))
        tx.commit()
    return warehouse


def test_a_file_of_an_inbox_is_named_whichever_room_refused_it(inbox):
    found, text = list_quarantine(inbox, {})
    names = {row["quarantine_id"]: row["file_name"] for row in found}
    assert names == {"aaaaaaaa01": "below/a.html.gz", "bbbbbbbb01": "below/b\n.txt", "cccccccc01": "below/c\n.txt"}
    for refusal, name in names.items():
        told = " ".join(name.split())
        assert f"  {told}" in text
        for key in (refusal, name):
            facts, page = explain_article(inbox, Settings(warehouse=inbox.root), key)
            assert [row["quarantine_id"] for row in facts["refusals"]] == [refusal]
            assert f"the file {told}" in "\n".join(page)
