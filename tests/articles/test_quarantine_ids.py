"""Ids of quarantine are public: the ones that stand in a warehouse since the first day never change."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.articles.quarantine import boilerplate_refusals, extraction_refusals
from pipeline.fetch.results import Failure, Provenance
from pipeline.reasons import Reason
from pipeline.runs.run import Run
from pipeline.settings import Settings
from pipeline.tables import EXTRACTED
from pipeline.tables.ids import quarantine_id
from pipeline.windows import Window

WINDOW = Window(datetime(2026, 3, 2, 9, tzinfo=UTC), datetime(2026, 3, 2, 10, tzinfo=UTC))

STANDING = {
    ("extract", "no-text"): "5fe4430becbfbc9e2334bcd48976815c",
    ("extract", "too-short"): "8de1b5c9beb759183f8cb5cb22b6c312",
    ("load_articles", "boilerplate"): "238d915e2fcc5329b7263ba42ded02e3",
    ("validate", "boilerplate"): "aad5a26188faf79661b94a387e88236c",
    ("validate", "too-short"): "cd196bed69c100bd197cbc5df954e27f",
}


@pytest.mark.parametrize(("stage", "reason"), STANDING)
def test_the_id_of_a_pages_refusal_stands(stage: str, reason: str) -> None:
    assert quarantine_id(stage, "p1", reason=reason) == STANDING[stage, reason]
    assert quarantine_id(stage, "p1", reason=Reason(reason)) == STANDING[stage, reason]


def test_fetch_mints_the_id_that_stands_also_for_an_address_that_is_no_unicode() -> None:
    origin = Provenance(source_id="courier", window=WINDOW, run_id="r", now=WINDOW.end)
    row = origin.refusal("https://courier.example/ä\udc80", Failure(reason=Reason.ROBOTS, detail="x"), {})
    assert row["quarantine_id"] == "6d35b2ef0d9976b2dffeeb555d0d0f60"


def test_extract_and_load_articles_mint_the_ids_that_stand(tmp_path: Path) -> None:
    run = Run.of(Settings(warehouse=tmp_path), "news_ingest", WINDOW, started_at=WINDOW.end)
    about = {"page_id": "p1", "reason": "no-text", "window_start": WINDOW.start, "day": WINDOW.day}
    read = EXTRACTED.rows([about])
    minted = [extraction_refusals(run, read), boilerplate_refusals(run, read, {"p1": "a wall"})]
    assert [rows["quarantine_id"].to_pylist() for rows in minted] == [
        [STANDING["extract", "no-text"]],
        [STANDING["load_articles", "boilerplate"]],
    ]
