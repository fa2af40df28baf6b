"""Without Airflow the stages come in the order of the DAGs."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from pipeline.runs.order import STAGES
from pipeline.settings import Settings
from pipeline.store.warehouse import Warehouse
from pipeline.windows import Window
from pipeline.workflow.local_run import run_window


def test_a_window_goes_through_the_stages_in_order(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    day, told = Window.of_day(date(2026, 3, 2)), []
    settings = Settings(warehouse=tmp_path / "w", extract_workers=1)
    run = {"started_at": datetime(2026, 4, 1, tzinfo=UTC), "inbox": inbox, "say": told.append}
    run_window(settings, Warehouse(settings.warehouse), Window(day.start, day.start.replace(hour=1)), **run)
    assert tuple(told) == (*STAGES["news_ingest"], *STAGES["news_stories"])
    told.clear()
    run_window(settings, Warehouse(settings.warehouse), day, **run)
    assert tuple(told) == (*STAGES["news_ingest"], *STAGES["news_digest"])
