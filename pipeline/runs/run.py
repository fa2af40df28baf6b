"""One run: what it is for, what time it is, and where it works. Every task function takes one."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from pipeline.fetch.sources import Clock
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
        source_ids: Registered sources this run is for; empty takes all that are enabled.
        inbox: A folder to read instead of the registered sources.
        archives: WARC files or folders to read instead of the registered sources.
        decided_by: Who, or for which reason, lets the run's pages in that were held; None: nobody did.
        accept_gate: Why a batch that the set gate refuses is taken all the same, in a person's words; None where it is not.
        clock: Whose time its sources are asked in: wall time, or that of invented days, whose runs are made at their
            window's end.
    """

    settings: Settings
    warehouse: Warehouse
    window: Window
    now: datetime
    run_id: str
    dag_id: str
    started_at: datetime
    source_ids: tuple[str, ...] = ()
    inbox: Path | None = None
    archives: tuple[Path, ...] = ()
    decided_by: str | None = None
    accept_gate: str | None = None
    clock: Clock = "wall"

    @classmethod
    def of(
        cls,
        settings: Settings,
        dag_id: str,
        window: Window,
        *,
        started_at: datetime,
        warehouse: Warehouse | None = None,
        name: str | None = None,
        by: str = "cli",
        clock: Clock = "wall",
        now: datetime | None = None,
        **more: Any,
    ) -> Run:
        """Make a run of a DAG.

        Args:
            warehouse: Where it works; None takes the settings' one.
            name: What tells it from other runs of the DAG; None makes a name of `by`, the window and the start.
            by: What started it: cli, release, review or days.
            now: None takes what the clock says: on invented days the window's end, else the start.
            more: Any other attribute of a run.
        """
        return cls(
            settings=settings,
            warehouse=warehouse or Warehouse(settings.warehouse, lock_timeout_seconds=settings.lock_timeout_seconds),
            window=window,
            now=now or (window.end if clock == "window-end" else started_at),
            run_id=f"{dag_id}/{name or f'{by}__{window.label}__{started_at:%Y%m%dT%H%M%S.%f}'}",
            dag_id=dag_id,
            started_at=started_at,
            clock=clock,
            **more,
        )

    def under(self, dag_id: str) -> Run:
        """The same run as another DAG would be given it."""
        return replace(self, dag_id=dag_id, run_id=dag_id + self.run_id.removeprefix(self.dag_id))

    def staging(self, stage: str, key: str) -> Path:
        """Where a task of this run seals its hand-over; the file appears by rename, whole or not at all.

        The name holds a token of the run, so that two runs of one window never take each other's files.
        """
        return self.warehouse.staging(self.dag_id, self.window.label, stage, f"{key}.{self.token}")

    @property
    def token(self) -> str:
        """Eight hex digits of the run's identity."""
        return hashlib.sha256(self.run_id.encode()).hexdigest()[:8]


def code_version() -> str:
    """The installed version of Daybook."""
    return metadata.version("daybook")
