"""Bytes that killed the reader once are not tried again by it: not as the same page, not as another, until it is a newer one."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from pipeline.articles import readings
from pipeline.articles.readings import read_pages
from pipeline.extract.page import EXTRACTOR_VERSION
from pipeline.runs.run import Run
from pipeline.settings import Settings
from pipeline.store.warehouse import Warehouse
from pipeline.tables import EXTRACTED
from pipeline.windows import Window
from tests.store.sample import rows

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
POISON = b"<p>poison</p>"


def sha(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def page(name: str, body: bytes) -> dict[str, object]:
    about = {"window_start": AT, "day": AT.date(), "fetched_at": AT, "source_id": "courier"}
    return {
        "page_id": name,
        "body": body,
        "body_sha256": sha(body),
        "requested_url": f"http://a.example/{name}",
        **about,
    }


def refusal(reason: str, status: str, version: str) -> dict[str, object]:
    return {
        "quarantine_id": "q", "stage": "extract", "page_id": "earlier", "reason": reason, "detail": "took too long",
        "record_json": "{}", "body_sha256": sha(POISON), "extractor_version": version, "status": status,
        "source_id": "courier", "window_start": AT, "day": AT.date(),
    }  # fmt: skip


def read(root: Path, before: dict[str, object], monkeypatch: pytest.MonkeyPatch) -> tuple[list[str], dict[str, str]]:
    """Which pages were handed to the reader, and the reasons of those that were not."""
    warehouse = Warehouse(root / "warehouse")
    with warehouse.writing(AT) as tx:
        tx.upsert("quarantine", rows("quarantine", before))
        tx.upsert("pages", rows("pages", page("same-bytes", POISON), page("other", b"<p>sound</p>")))
        tx.commit()
    tried: list[str] = []

    def extract(pages: pa.Table, **more: object) -> pa.Table:
        tried.extend(pages["page_id"].to_pylist())
        return EXTRACTED.empty()

    monkeypatch.setattr(readings, "extract_pages", extract)
    (root / "sources.toml").write_text("")
    settings = Settings(warehouse=warehouse.root, sources=root / "sources.toml")
    run = Run.of(settings, "news_ingest", Window.of_hour(AT), started_at=AT, name="run", clock="window-end")
    snapshot = warehouse.latest()
    files = [file.path for file in snapshot.files_of("pages", [AT.date()], run.window)]
    found = read_pages(run, snapshot.read("pages"), frozenset(), files=files)
    refused = found.filter(pc.is_valid(found["reason"]))
    return sorted(tried), dict(zip(refused["page_id"].to_pylist(), refused["reason"].to_pylist(), strict=True))


@pytest.mark.parametrize("reason", ["extract-timeout", "extract-crash"])
@pytest.mark.parametrize("status", ["held", "dropped"])
def test_the_same_bytes_of_another_page_are_refused_unread(tmp_path, monkeypatch, reason, status):
    tried, refused = read(tmp_path, refusal(reason, status, EXTRACTOR_VERSION), monkeypatch)
    assert (tried, refused) == (["other"], {"same-bytes": reason})


@pytest.mark.parametrize(
    "before",
    [
        refusal("extract-timeout", "held", "of-old"),
        refusal("extract-timeout", "released", EXTRACTOR_VERSION),
        refusal("extract-put-off", "held", EXTRACTOR_VERSION),
    ],
    ids=["a newer extractor", "a person's word", "only put off"],
)
def test_they_are_tried_again_by(tmp_path, monkeypatch, before):
    tried, refused = read(tmp_path, before, monkeypatch)
    assert (tried, refused) == (["other", "same-bytes"], {})
