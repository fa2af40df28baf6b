"""One run: what it is for, what time it is, and where it works. Every task function takes one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipeline.settings import Settings
from pipeline.store.warehouse import Warehouse
from pipeline.windows import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a task function is told. `now` is the only clock that reaches the rooms.

    Attributes:
        settings: The settings.
        warehouse: The warehouse to read and write.
        window: The interval this run is for.
        now: What is recorded as now: wall time, or the window's end for the newsroom's invented days.
        run_id: Identity of the run in the books, e.g. `news_ingest/scheduled__2026-03-02T09:00`.
        dag_id: news_ingest, news_stories, news_digest, …; the command line uses the same ids.
        started_at: Wall time of the start.
        source_ids: The source set of the run; empty where a run has none.
    """

    settings: Settings
    warehouse: Warehouse
    window: Window
    now: datetime
    run_id: str
    dag_id: str
    started_at: datetime
    source_ids: tuple[str, ...] = ()

    def staging(self, stage: str, key: str) -> Path:
        """Where a task of this run seals its hand-over; the file appears by rename, whole or not at all."""
        return self.warehouse.staging(self.dag_id, self.window.label, stage, key)
