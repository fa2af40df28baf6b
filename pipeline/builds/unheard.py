"""Sources that a day's digest should have heard and did not, by the books: silent, held, or far quieter than usual."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from statistics import median

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.digest.inputs import UNHEARD
from pipeline.reasons import Reason
from pipeline.store.snapshot import Snapshot
from pipeline.tables.rows import as_instant

_LISTINGS = ("feed", "sitemap")
_ANSWERED = ("ok", "not-modified")
# A source that brings so many articles on most days, and now at most this share of them, brought far less than usual.
USUAL_DAYS = 7
LEAST_USUAL = 4
LOW_SHARE = 0.25


def read_unheard(snapshot: Snapshot, day: date, as_of: datetime, *, is_over: bool) -> pa.Table:
    """Read which sources were not heard on a day, as it was recorded by an instant.

    Args:
        is_over: Whether the day has ended: only then can it have brought little.
    Returns:
        UNHEARD rows, one a source: the first of these that holds. `not-heard`: its listings were asked and none answered;
        `held`: all that it brought waits for a person; `quiet`: it brought a quarter of its usual articles or less.
    """
    sources = snapshot.read("sources", columns=["source_id", "publisher", "kind", "enabled"])
    known = {row["source_id"]: row for row in sources.filter(pc.fill_null(sources["enabled"], True)).to_pylist()}
    by_then = pc.field("recorded_at") <= as_instant(as_of)
    silent = _silent(snapshot, day, by_then)
    gated = snapshot.read(
        "quarantine",
        columns=["source_id"],
        days=[day],
        where=(pc.field("reason") == str(Reason.SET_GATE)) & (pc.field("status") == "held") & by_then,
    )
    held = Counter(gated["source_id"].to_pylist())
    counts = _articles(snapshot, day, as_of) if is_over or held else {}
    rows = []
    for source_id, source in sorted(known.items()):
        brought = counts.get(day, Counter())[source_id]
        usual = int(median(counts.get(day - timedelta(n), Counter())[source_id] for n in range(1, USUAL_DAYS + 1)))
        if source_id in silent:
            why = "not-heard"
        elif held[source_id] and not brought:
            why = "held"
        elif is_over and usual >= LEAST_USUAL and brought <= LOW_SHARE * usual:
            why = "quiet"
        else:
            continue
        told = {"brought": brought, "usual": usual} if why == "quiet" else {"brought": None, "usual": None}
        rows.append({"source_id": source_id, "publisher": source["publisher"], "why": why, **told})
    return pa.Table.from_pylist(rows, schema=UNHEARD)


def _silent(snapshot: Snapshot, day: date, by_then: pc.Expression) -> set[str]:
    """Sources whose listings were asked on the day and never answered."""
    asked = snapshot.read(
        "fetches",
        columns=["source_id", "outcome"],
        days=[day],
        where=pc.field("purpose").isin(pa.array(_LISTINGS)) & by_then,
    )
    is_answer = pc.is_in(asked["outcome"], pa.array(_ANSWERED))
    return {*asked["source_id"].to_pylist()} - {*asked.filter(is_answer)["source_id"].to_pylist()}


def _articles(snapshot: Snapshot, day: date, as_of: datetime) -> dict[date, Counter[str]]:
    """How many articles each source brought on the day and on each of those before it, known by then."""
    rows = snapshot.read(
        "articles",
        columns=["source_id"],
        days=[day - timedelta(n) for n in range(USUAL_DAYS + 1)],
        where=pc.field("first_seen_at") <= as_instant(as_of),
    )
    counts: dict[date, Counter[str]] = {}
    for source_id, of_day in zip(rows["source_id"].to_pylist(), rows["day"].to_pylist(), strict=True):
        counts.setdefault(of_day, Counter())[source_id] += 1
    return counts
