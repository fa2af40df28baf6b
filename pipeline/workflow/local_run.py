"""A window through all rooms without Airflow: the same task functions as the DAGs, in the same order, in one process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from pipeline.errors import UsageError
from pipeline.fetch.files.captures import capture_days
from pipeline.fetch.sources import Clock, load_registry
from pipeline.reports import StageReport
from pipeline.runs.run import Run
from pipeline.settings import Settings
from pipeline.stages import reopen
from pipeline.stages.archives import land_archives
from pipeline.store.warehouse import Warehouse
from pipeline.windows import Window
from pipeline.workflow import chains


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowSummary:
    """What one pass did: the counts of its pages, and the digest it left behind (None where there is none).

    `errors` and `held` say by source id why a source failed, and why all that it brought is held.
    """

    window: Window
    counts: dict[str, int]
    late_count: int
    build_id: str | None
    is_final: bool
    errors: dict[str, str]
    held: dict[str, str]

    @property
    def line(self) -> str:
        """The pass in one line."""
        counts = " ".join(f"{name}={count}" for name, count in self.counts.items() if count) or "no pages"
        parts = [counts]
        if self.late_count:
            parts.append(f"{self.late_count} too late for {self.window.day}, they join the next open day")
        if self.build_id:
            parts.append(f"{'final' if self.is_final else 'provisional'} digest {self.build_id[:12]}")
        parts += [f"{source_id} failed: {error}" for source_id, error in sorted(self.errors.items())]
        parts += [f"set gate: {found}" for _, found in sorted(self.held.items())]
        return "  ".join(parts)

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form."""
        return {
            "window": str(self.window),
            "day": self.window.day.isoformat(),
            "counts": self.counts,
            "late": self.late_count,
            "build_id": self.build_id,
            "final": self.is_final,
            "errors": self.errors,
            "held": self.held,
        }


def windows_of(
    settings: Settings,
    warehouse: Warehouse,
    wanted: Window | None,
    *,
    started_at: datetime,
    archives: tuple[Path, ...] = (),
) -> list[Window]:
    """The windows of a pass: archives are landed and go by the days of their captures, all else is one window.

    Args:
        wanted: What the caller asked for; None takes all days of the archives, or the current hour. Captures without a
            readable date are refused on the first day, or today where no capture has one.
    Raises:
        InputError: an archive cannot be read; nothing was committed.
    """
    if not archives:
        return [wanted or Window.of_hour(started_at)]
    days = [Window.of_day(day) for day in capture_days(archives, undated=started_at.date())]
    windows = [
        Window(max(day.start, wanted.start), min(day.end, wanted.end)) if wanted else day
        for day in days
        if wanted is None or (day.start < wanted.end and wanted.start < day.end)
    ]
    if windows:
        whole = Window(windows[0].start, windows[-1].end)
        run = Run.of(settings, "news_archive", whole, started_at=started_at, warehouse=warehouse, archives=archives)
        land_archives(run)
    return windows


def run_window(
    settings: Settings,
    warehouse: Warehouse,
    window: Window,
    *,
    started_at: datetime,
    source_ids: tuple[str, ...] = (),
    inbox: Path | None = None,
    archives: tuple[Path, ...] = (),
    accept_gate: str | None = None,
    by: str = "cli",
    say: chains.Say = chains.silent,
) -> WindowSummary:
    """Take one window through every room; a whole day that has ended is closed.

    Args:
        accept_gate: Why a batch that the set gate refuses is taken all the same; None leaves it to the gate.
        by: What started it, which the run's name begins with.
        say: Told the name of each stage as it begins.
    Raises:
        DaybookError: as the stages do; what was committed until then stands, and the same call goes on from there.
    """
    registered = inbox is None and not archives
    clock = load_registry(settings.sources).clock if registered else "wall"
    ingesting = Run.of(
        settings,
        "news_ingest",
        window,
        started_at=started_at,
        warehouse=warehouse,
        clock=clock,
        source_ids=source_ids,
        inbox=inbox,
        archives=archives,
        accept_gate=accept_gate,
        by=by,
    )
    was_closed = window.day in warehouse.latest().closed_days
    summary = chains.ingest_window(ingesting, say)
    counts = _counts([StageReport.from_dict(report) for report in summary["reports"]])
    if _is_whole_day(window) and window.end <= ingesting.now:
        built = chains.close_day(ingesting.under("news_digest"), say)
    else:
        built = chains.cluster_day(ingesting.under("news_stories"), say)
    return WindowSummary(
        window=window,
        counts=counts,
        late_count=counts["new"] if was_closed else 0,
        build_id=built.get("build_id"),
        is_final=built.get("status") == "final",
        errors=summary["errors"],
        held=summary["held"],
    )


def run_days(
    settings: Settings,
    warehouse: Warehouse,
    first: date,
    last: date,
    *,
    started_at: datetime,
    accept_gate: str | None = None,
) -> Iterator[WindowSummary]:
    """Take some days through every room, one after the other, both ends included: `run_window` of each, as it is done.

    Raises:
        UsageError: the last day lies before the first, or is not yet; nothing was done.
        DaybookError: as the stages do; days that are done stand.
    """
    if last < first:
        raise UsageError(f"{last} lies before {first}; the first day comes first")
    if last > started_at.date():
        raise UsageError(f"{last} is not yet; the last day can be {started_at.date()} at most")
    for offset in range((last - first).days + 1):
        window = Window.of_day(first + timedelta(offset))
        yield run_window(settings, warehouse, window, started_at=started_at, accept_gate=accept_gate, by="days")


def close_day(
    settings: Settings, warehouse: Warehouse, day: date, *, started_at: datetime, clock: Clock = "wall"
) -> dict[str, Any]:
    """Close a day that was worked on by the hour, and publish its final digest: what news_digest does."""
    window = Window.of_day(day)
    run = Run.of(settings, "news_digest", window, started_at=started_at, warehouse=warehouse, clock=clock)
    return chains.close_day(run)


def reopen_day(
    settings: Settings, warehouse: Warehouse, day: date, *, started_at: datetime, by: str, why: str
) -> dict[str, Any]:
    """Open the last closed day again, where it was closed too early or without all its hours."""
    run = Run.of(settings, "news_digest", Window.of_day(day), started_at=started_at, warehouse=warehouse)
    return reopen.reopen_day(run, by=by, why=why)


def _is_whole_day(window: Window) -> bool:
    day = Window.of_day(window.day)
    return window.start == day.start and window.end >= day.end


def _counts(reports: Sequence[StageReport]) -> dict[str, int]:
    """The outcomes of all that was listed: what left early is counted where it left, the rest where it ended."""
    first, *_, last = (report.total for report in reports)
    totals = [report.total for report in reports]
    return {
        "received": first.received,
        "new": last.new,
        "updated": last.updated,
        "unchanged": first.unchanged + last.unchanged,
        "duplicates": first.duplicates + last.duplicates,
        "quarantined": sum(total.quarantined for total in totals),
        "failed": sum(total.failed for total in totals),
    }
