"""A closed day opened again, and the stories of some days told anew from the first of them on.

The two exceptions to "closed days are only added to": both name who did it, when and why in `runs`, both end the day's final
build, which stays readable as superseded, and neither mints another id for what stands where it stood.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from pipeline.builds.current import builds_of, current_build
from pipeline.builds.stored import final_build, latest_finals, supersede_final
from pipeline.errors import UsageError
from pipeline.publish.builds import write_atom
from pipeline.publish.render import FEED_LENGTH
from pipeline.runs.books import record_books
from pipeline.runs.run import Run
from pipeline.settings import Settings
from pipeline.store.snapshot import Snapshot
from pipeline.store.transaction import Transaction
from pipeline.store.warehouse import Warehouse
from pipeline.tables import TABLES
from pipeline.windows import Window
from pipeline.workflow.chains import close_day
from pipeline.workflow.release import cluster_anew, decision_time

DAG_ID = "news_reopen"
_STORY_TABLES = ("story_articles", "story_days", "story_lineage", "article_terms")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a person decided of closed days.

    Attributes:
        why, decided_by: The reason and the name, kept in `runs`.
        started_at: Wall time.
        now: The time that what comes of it is recorded at, on the warehouse's own clock.
    """

    settings: Settings
    warehouse: Warehouse
    why: str
    decided_by: str
    started_at: datetime
    now: datetime

    @classmethod
    def of(
        cls, settings: Settings, warehouse: Warehouse, *, why: str, decided_by: str, started_at: datetime
    ) -> Decision:
        """The decision as it is made now."""
        return cls(
            warehouse=warehouse,
            settings=settings,
            why=why,
            decided_by=decided_by,
            started_at=started_at,
            now=decision_time(settings, warehouse.latest(), started_at),
        )

    def run(self, dag_id: str, day: date) -> Run:
        """A run of one day that is part of it."""
        return Run.of(
            self.settings,
            dag_id,
            Window.of_day(day),
            started_at=self.started_at,
            warehouse=self.warehouse,
            by="reopen",
            now=self.now,
        )

    def open_again(self, tx: Transaction, days: Sequence[date]) -> None:
        """Take days from the closed ones; the stories of later days rest on theirs, and go until they are told anew."""
        for day in days:
            tx.reopen_day(day)
            supersede_final(tx, builds_of(tx.snapshot, day))
            record_books(tx, self.run(DAG_ID, day), [], detail=f"reopened by {self.decided_by}: {self.why}")
        for name in _STORY_TABLES:
            later = {file.day for file in tx.snapshot.manifest.files(name) if file.day and file.day > min(days)}
            for day in sorted(later):
                tx.replace_day(name, day, TABLES[name].empty())

    def cluster_open_days(self, first: date) -> None:
        """Cluster the open days from one on that have articles, and write their provisional digests."""
        snapshot = self.warehouse.latest()
        days = {file.day for file in snapshot.manifest.files("articles") if file.day and file.day >= first}
        cluster_anew(self.settings, self.warehouse, days, self.now, self.started_at, by="reopen")


def reopen_day(decision: Decision, day: date) -> dict[str, Any]:
    """Open the last closed day again, because it was closed without some of its hours.

    Its articles, ids and stories stay; its final build is superseded, and a provisional one stands for the day until it is
    closed again.

    Returns:
        `day`, `superseded` (the build that was final; None where there was none), `missing_windows` and `snapshot`.
    Raises:
        UsageError: it is not closed, not the last one that is, or was closed whole.
    """
    with decision.warehouse.writing(decision.now) as tx:
        closed = tx.snapshot.closed_days
        if day not in closed:
            raise UsageError(f"{day} is not closed; `daybook status` names the closed days")
        if day != max(closed):
            raise UsageError(
                f"{day} is not the last closed day, that is {max(closed)}: what came after it rests on it;"
                f" `daybook stories rebuild --from {day}` tells all of them anew"
            )
        final = final_build(builds_of(tx.snapshot, day))
        missing = list(final["missing_windows"]) if final else []
        if final and not missing and final["built_at"] >= Window.of_day(day).end:
            raise UsageError(
                f"{day} was closed after its end with all of its hours: nothing is missing from it;"
                f" `daybook stories rebuild --from {day}` tells it anew from what is known now"
            )
        decision.open_again(tx, [day])
        snapshot = tx.commit()
        write_atom(decision.warehouse.root, latest_finals(snapshot, FEED_LENGTH))
    decision.cluster_open_days(day)
    return {
        "day": day.isoformat(),
        "superseded": final["build_id"] if final else None,
        "missing_windows": missing,
        "snapshot": snapshot.number,
    }


def rebuild_stories(
    decision: Decision, first: date, say: Callable[[str], None] = lambda text: None
) -> list[dict[str, Any]]:
    """Cluster the closed days from one on anew, in order, with what is known and set today, and publish their digests anew.

    What came too late for its day is told on its own day then. A rebuild that was killed leaves days open, and the same call
    goes on with them.

    Args:
        first: The first day.
        say: Told each day as it begins.
    Returns:
        Of each day `day`, `superseded` (the build that was final before) and `build_id` (the one that is now).
    Raises:
        UsageError: no closed day lies so late.
    """
    with decision.warehouse.writing(decision.now) as tx:
        before = _ended_days(tx.snapshot, first)
        if not before:
            raise UsageError(f"no day from {first} on was ever closed; `daybook status` names the closed days")
        if still_closed := [day for day in before if day in tx.snapshot.closed_days]:
            decision.open_again(tx, still_closed)
            tx.commit()
    told = []
    for day, superseded in before.items():
        say(str(day))
        published = close_day(decision.run("news_digest", day))
        told.append({"day": day.isoformat(), "superseded": superseded, "build_id": published["build_id"]})
    decision.cluster_open_days(max(before))
    return told


def _ended_days(snapshot: Snapshot, first: date) -> dict[date, str | None]:
    """The days from one on that are closed, or were before they were opened again, each with its last final build."""
    built = {file.day for file in snapshot.manifest.files("digest_builds") if file.day}
    last = {day: _last_final(snapshot, day) for day in sorted(built | snapshot.closed_days) if day >= first}
    return {day: build_id for day, build_id in last.items() if build_id or day in snapshot.closed_days}


def _last_final(snapshot: Snapshot, day: date) -> str | None:
    """The last build of a day that is final, or was."""
    build = current_build([row for row in builds_of(snapshot, day) if row["status"] != "provisional"])
    return build["build_id"] if build else None
