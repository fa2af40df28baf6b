"""A closed day opened again: the last one, where it was closed too early or without all its hours."""

from __future__ import annotations

import logging
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.builds.current import Row, builds_of
from pipeline.builds.stored import final_build, supersede_final
from pipeline.errors import UsageError
from pipeline.runs.books import record_books
from pipeline.runs.gaps import REOPENING
from pipeline.runs.run import Run
from pipeline.store.snapshot import Snapshot
from pipeline.store.transaction import Transaction
from pipeline.windows import Window

logger = logging.getLogger(__name__)


def reopen_day(run: Run, *, by: str, why: str) -> dict[str, Any]:
    """Open the run's day again: its rows are provisional once more, and its final build is superseded.

    The ids of its events and stories were public, and stay with the articles that they were minted from. Who, when and
    why stand in `runs`; jobs see that the day is no longer among the manifest's closed days. Done twice by one run, it is done
    once.

    Args:
        run: The day is that of its window's start.
        by: Who decides.
        why: Their reason, in words.
    Returns:
        `day`, `superseded` (the build that was the final one) and `snapshot` (its number).
    Raises:
        UsageError: the day is not closed, a later one is, or nothing was missing when it was closed.
    """
    day = run.window.day
    run = run.under(REOPENING)
    with run.warehouse.writing(run.now) as tx:
        known = tx.snapshot.read("runs", columns=["run_id"], days=[day], where=pc.field("run_id") == run.run_id)
        if known.num_rows:
            return {"day": day.isoformat(), "superseded": None, "snapshot": tx.snapshot.number}
        build = _checked(tx.snapshot, run)
        open_again(tx, run, by=by, why=why)
        _take_back(tx, run)
        snapshot = tx.commit()
    logger.info("stage=reopen_day window=%s by=%s superseded=%s", run.window, by, build["build_id"])
    return {"day": day.isoformat(), "superseded": build["build_id"], "snapshot": snapshot.number}


def open_again(tx: Transaction, run: Run, *, by: str, why: str) -> None:
    """Take the run's day from the closed ones: its final build is superseded, its public ids are kept, with who and why."""
    day = run.window.day
    minted = tx.snapshot.read("story_articles", columns=["event_id", "story_id"], days=[day])
    ids = sorted({*minted["event_id"].to_pylist(), *minted["story_id"].to_pylist()})
    tx.reopen_day(day)
    supersede_final(tx, builds_of(tx.snapshot, day))
    record_books(tx, run, [], detail=f"reopened by {by}: {why}", minted=ids)


def _checked(snapshot: Snapshot, run: Run) -> Row:
    """The final build of a day that may be reopened."""
    day = run.window.day
    if day not in snapshot.closed_days:
        raise UsageError(f"{day} is not closed; what its hours bring is taken as it comes")
    last = max(snapshot.closed_days)
    if day < last:
        raise UsageError(
            f"{day} stays closed, for {last} was closed after it and stands on it; only the last can be reopened"
        )
    build = final_build(builds_of(snapshot, day))
    if build is None:
        raise UsageError(f"{day} has no final digest yet; run news_digest for it again instead")
    if not build["missing_windows"] and build["built_at"] >= Window.of_day(day).end:
        raise UsageError(f"{day} stays closed: it was closed after its end, and none of its hours was missing")
    return build


def _take_back(tx: Transaction, run: Run) -> None:
    """Take the day's own late articles out of the open days that took them in: it takes them itself now."""
    day = run.window.day
    own = tx.snapshot.read("articles", columns=["article_id"], days=[day])
    for table, key in (("story_articles", ["article_id", "recorded_at"]), ("article_terms", ["article_id"])):
        is_later = pc.field("day") > pa.scalar(day)
        later = tx.snapshot.read(table, columns=key, where=is_later, having=("article_id", own["article_id"]))
        if later.num_rows:
            tx.delete(table, later)
