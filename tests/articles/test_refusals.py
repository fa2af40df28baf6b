"""Refusals that meet rows of quarantine which stand already."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.articles.quarantine import undecided_refusals
from pipeline.reasons import BY_ITSELF
from pipeline.store.warehouse import Warehouse
from pipeline.tables import QUARANTINE

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def refusal(status: str = "held", decided_by: str | None = None, extractor_version: str = "1") -> dict[str, object]:
    return {
        "quarantine_id": "q", "stage": "extract", "page_id": "p", "source_id": "post", "reason": "extract-timeout",
        "record_json": "{}", "body_sha256": "b", "extractor_version": extractor_version, "status": status,
        "decided_by": decided_by, "window_start": NOW, "run_id": "r", "recorded_at": NOW, "day": NOW.date(),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("stored", "is_written"),
    [
        (refusal(), False),
        (refusal(extractor_version="0"), True),
        (refusal("released", BY_ITSELF), True),
        (refusal("released", "an editor"), False),
        (refusal("released", "an editor", extractor_version="0"), False),
        (refusal("dropped", "an editor", extractor_version="0"), False),
    ],
)
def test_only_what_nobody_decided_is_written_anew(stored: dict[str, object], is_written: bool, tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path / "w")
    with warehouse.writing(NOW) as tx:
        tx.upsert("quarantine", QUARANTINE.rows([stored]))
        tx.commit()
    assert undecided_refusals(warehouse.latest(), QUARANTINE.rows([refusal()])).num_rows == is_written
