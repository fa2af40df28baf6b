"""The build that counts for a day, now or at an instant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from pipeline.errors import InputError
from pipeline.store.snapshot import Snapshot

Row = dict[str, Any]


def current_build(builds: Iterable[Row], as_of: datetime | None = None) -> Row | None:
    """The one of a day's builds that counts: what the view current_builds says, asked of rows.

    The final one, else the last one made: one that was superseded since, or a preview of the day before it was closed, or
    after it was opened again.

    Args:
        builds: DIGEST_BUILDS rows of one day.
        as_of: Only builds made by then are known; None knows all.
    """
    known = [row for row in builds if as_of is None or row["built_at"] <= as_of]
    return max(known, key=_precedence, default=None)


def _precedence(row: Mapping[str, Any]) -> tuple[bool, datetime, datetime, bool, str]:
    # A preview never stands beside a superseded build but for a day that was opened again: it is the later one.
    is_preview = row["status"] == "provisional"
    return row["status"] == "final", row["built_at"], row["recorded_at"], is_preview, row["build_id"]


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
