"""What a person decides of quarantine: rows released re-enter at the room that refused them, rows dropped stay out."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.articles.batches import write_batches
from pipeline.articles.landing import count_landed
from pipeline.articles.quarantine import decided
from pipeline.articles.withdrawn import dropped_pages
from pipeline.errors import UsageError
from pipeline.fetch.sources import load_registry
from pipeline.reasons import Cause, Reason
from pipeline.reports import StageReport
from pipeline.runs.books import record_books
from pipeline.runs.handover import TaskOutput, discard_outputs
from pipeline.runs.run import Run
from pipeline.settings import Settings
from pipeline.store.snapshot import Snapshot
from pipeline.store.warehouse import Warehouse
from pipeline.windows import HOUR, Window
from pipeline.workflow.chains import cluster_day, load_pages

Row = dict[str, Any]

_LEAST_PREFIX = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What became of one row. `outcome`: released, held (refused again), dropped, or asked-again (it was no page yet)."""

    quarantine_id: str
    stage: str
    reason: str
    what: str
    outcome: str
    detail: str | None = None

    @property
    def line(self) -> str:
        """The row in one line."""
        told = {
            "asked-again": "released: the next run of its source asks again",
            "held": f"refused again, stays held: {self.detail}",
        }
        return f"{self.quarantine_id[:12]}  {self.reason}  {self.what}  {told.get(self.outcome, self.outcome)}"


def choose_rows(
    snapshot: Snapshot,
    keys: Sequence[str],
    *,
    reason: str | None = None,
    day: date | None = None,
    statuses: Sequence[str] = ("held",),
) -> list[Row]:
    """Find the quarantine rows that a person names: by id or the start of it, or all that are held of a reason or day.

    Args:
        statuses: What a row named by its id may be; what a person decided before is decided anew only by name.

    Raises:
        UsageError: nothing was named, a key names no row or several, or its row is decided already.
    """
    if not keys and reason is None and day is None:
        raise UsageError("name quarantine ids, or give --reason or --day; `daybook quarantine list` shows them")
    rows: list[Row] = snapshot.read("quarantine", days=[day] if day else None).to_pylist()
    if reason is not None:
        rows = [row for row in rows if row["reason"] == reason]
    if not keys:
        rows = [row for row in rows if row["status"] == "held"]
        if not rows:
            raise UsageError("no row that is held answers to that; `daybook quarantine list` shows what is")
        return sorted(rows, key=lambda row: row["quarantine_id"])
    chosen: dict[str, Row] = {}
    for key in keys:
        found = [row for row in rows if row["quarantine_id"].startswith(key)] if len(key) >= _LEAST_PREFIX else []
        if len(found) != 1:
            told = f"{len(found)} rows begin so" if found else f"none begins so ({_LEAST_PREFIX} letters at least)"
            raise UsageError(f"quarantine id {key!r}: {told}; `daybook quarantine list` shows them")
        if found[0]["status"] not in statuses:
            raise UsageError(f"quarantine id {key!r} is {found[0]['status']} already, by {found[0]['decided_by']}")
        if found[0]["reason"] == Reason.WITHDRAWN:
            raise UsageError(f"quarantine id {key!r} is of a withdrawn article; what was withdrawn is not taken again")
        chosen[found[0]["quarantine_id"]] = found[0]
    return list(chosen.values())


def drop(
    settings: Settings, warehouse: Warehouse, rows: Sequence[Row], *, decided_by: str, started_at: datetime
) -> list[Settled]:
    """Keep rows out for good, until they are released; what is held no longer by now stays as it is."""
    now = decision_time(settings, warehouse.latest(), started_at)
    with warehouse.writing(now) as tx:
        where = pc.field("quarantine_id").isin([row["quarantine_id"] for row in rows])
        current = {row["quarantine_id"]: row for row in tx.snapshot.read("quarantine", where=where).to_pylist()}
        held = [row for row in current.values() if row["status"] == "held"]
        tx.upsert("quarantine", decided(held, "dropped", decided_by, now))
        tx.commit()
    outcomes = {key: row["status"] for key, row in current.items()} | {row["quarantine_id"]: "dropped" for row in held}
    return [_settled(row, outcomes[row["quarantine_id"]]) for row in rows]


def release(
    settings: Settings, warehouse: Warehouse, rows: Sequence[Row], *, decided_by: str, started_at: datetime
) -> list[Settled]:
    """Let rows in: each goes again through the rooms from the one that refused it, whose objection no longer counts.

    A page that cannot be read at all stays held. The stories of a day that is still open are clustered anew; an article
    of a closed day joins the next open one. A URL that was refused before it was a page is asked again by the next run
    of its source; robots.txt and the address rules hold for it all the same.

    Args:
        rows: QUARANTINE rows, held or dropped.
        decided_by: Who decides, or why; recorded.
        started_at: Wall time; the newsroom's invented days keep their own clock.
    """
    unread = [row for row in rows if row["page_id"] is None]
    snapshot = warehouse.latest()
    now = decision_time(settings, snapshot, started_at)
    if unread:
        with warehouse.writing(now) as tx:
            tx.upsert("quarantine", decided(unread, "released", decided_by, now))
            tx.commit()
    windows: dict[Window, list[Row]] = defaultdict(list)
    for row in rows:
        if row["page_id"] is not None:
            windows[window_of(snapshot, row)].append(row)
    for window in sorted(windows):
        run = Run.of(
            settings,
            "news_review",
            window,
            started_at=started_at,
            warehouse=warehouse,
            by="release",
            now=now,
            decided_by=decided_by,
        )
        _work_through(run, windows[window])
    cluster_anew(settings, warehouse, {window.day for window in windows}, now, started_at)
    return what_became(warehouse.latest(), rows)


def _work_through(run: Run, rows: Sequence[Row]) -> None:
    """The tasks of news_ingest behind fetch, for the pages of some rows."""
    wanted = pa.array(sorted({row["page_id"] for row in rows}), pa.string())
    snapshot = run.warehouse.latest()
    about = ["page_id", "source_id"]
    pages = snapshot.read("pages", columns=about, days=[run.window.day], where=pc.field("page_id").isin(wanted))
    report = count_landed(pages, dropped_pages(snapshot, pages["page_id"]), cause=Cause.RELEASE)
    landed: TaskOutput = {
        "batches": write_batches(
            run, snapshot, Window.of_day(run.window.day), pages["page_id"], frozenset(wanted.to_pylist())
        ),
        "report": report.to_dict(),
    }
    _, validated, loaded = load_pages(run, landed)
    reports = [report, *(StageReport.from_dict(part) for part in (*validated["reports"], loaded["report"]))]
    with run.warehouse.writing(run.now) as tx:
        record_books(tx, run, reports, detail=f"released by {run.decided_by}")
        tx.commit()
    discard_outputs(run)


def cluster_anew(
    settings: Settings,
    warehouse: Warehouse,
    days: Iterable[date],
    now: datetime,
    started_at: datetime,
    by: str = "release",
) -> None:
    """What news_stories does, for the days that are open still."""
    for day in sorted(days):
        if day in warehouse.latest().closed_days:
            continue
        window = Window.of_day(day)
        run = Run.of(settings, "news_stories", window, started_at=started_at, warehouse=warehouse, by=by, now=now)
        cluster_day(run)


def decision_time(settings: Settings, snapshot: Snapshot, started_at: datetime) -> datetime:
    """What a decision is recorded as: wall time, or on the newsroom's invented days the last moment known there."""
    is_invented = load_registry(settings.sources).clock == "window-end" and snapshot.number > 0
    return snapshot.recorded_at if is_invented else started_at


def window_of(snapshot: Snapshot, row: Row) -> Window:
    """The window of the run that refused a row."""
    runs = snapshot.read("runs", columns=["window_end"], days=[row["day"]], where=pc.field("run_id") == row["run_id"])
    end = runs["window_end"][0].as_py() if runs.num_rows else row["window_start"] + HOUR
    return Window(row["window_start"], end)


def what_became(snapshot: Snapshot, rows: Sequence[Row]) -> list[Settled]:
    """The state of the rows now, and why a page was refused again."""
    pages = pa.array(sorted({row["page_id"] for row in rows if row["page_id"]}), pa.string())
    ids = pa.array([row["quarantine_id"] for row in rows], pa.string())
    where = pc.field("quarantine_id").isin(ids) | pc.field("page_id").isin(pages)
    found = snapshot.read("quarantine", where=where).to_pylist()
    now = {row["quarantine_id"]: row for row in found}
    settled = []
    for row in rows:
        if row["page_id"] is None:
            settled.append(_settled(row, "asked-again"))
            continue
        status = now[row["quarantine_id"]]["status"]
        others = [f"{r['reason']}" for r in found if r["page_id"] == row["page_id"] and r["status"] == "held"]
        settled.append(_settled(row, status, ", ".join(sorted(set(others))) or None))
    return settled


def _settled(row: Row, outcome: str, detail: str | None = None) -> Settled:
    """A row and what became of it."""
    record = json.loads(row["record_json"])
    what = (
        record.get("url") or record.get("canonical_url") or record.get("file") or record.get("title") or row["page_id"]
    )
    return Settled(
        quarantine_id=row["quarantine_id"],
        stage=row["stage"],
        reason=row["reason"],
        what=str(what),
        outcome=outcome,
        detail=detail,
    )
