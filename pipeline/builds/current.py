"""The build that counts for a day, now or at an instant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from pipeline.errors import InputError
from pipeline.store.snapshot import Snapshot

Row = dict[str, Any]

# A superseded build was the final one before another took its place: it counts where that one is not known yet.
_PRECEDENCE = ("provisional", "superseded", "final")


def current_build(builds: Iterable[Row], as_of: datetime | None = None) -> Row | None:
    """The one of a day's builds that counts: what the view current_builds says, asked of rows.

    The final one; where there was none by then, the last one superseded since, else the last preview.

    Args:
        builds: DIGEST_BUILDS rows of one day.
        as_of: Only builds made by then are known; None knows all.
    """
    known = [row for row in builds if as_of is None or row["built_at"] <= as_of]
    return max(known, key=_precedence, default=None)


def _precedence(row: Mapping[str, Any]) -> tuple[int, datetime, datetime, str]:
    return _PRECEDENCE.index(row["status"]), row["built_at"], row["recorded_at"], row["build_id"]


def builds_of(snapshot: Snapshot, day: date) -> list[Row]:
    """The builds of a day, as rows."""
    rows: list[Row] = snapshot.read("digest_builds", days=[day]).to_pylist()
    return rows


def find_build(snapshot: Snapshot, day: date, as_of: datetime | None = None) -> Row:
    """Find the build that counts for a day at an instant (None: now).

    Raises:
        InputError: there was none.
    """
    build = current_build(builds_of(snapshot, day), as_of)
    if build is None:
        when = f" as of {as_of.isoformat()}" if as_of else ""
        raise InputError(f"there is no digest of {day}{when}; `daybook status` names the days that have one")
    return build
