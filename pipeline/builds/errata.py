"""What a build of a day says of articles that were withdrawn from the builds before it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.builds.current import builds_of
from pipeline.publish.withdrawn import erratum_of
from pipeline.store.snapshot import Snapshot

Row = dict[str, Any]


def errata_of(snapshot: Snapshot, day: date, built_at: datetime) -> list[Row]:
    """The errata that a day's build carries on: of each article that had been withdrawn from a published build of that day.

    Who reads the build that stands now must find what was said in its place, whichever build said it first.

    Args:
        built_at: When the build is made; what is withdrawn later is written into it by the withdrawal.
    """
    withdrawals = [row for row in snapshot.read("withdrawals").to_pylist() if row["withdrawn_at"] <= built_at]
    if not withdrawals:
        return []
    published = {row["build_id"] for row in builds_of(snapshot, day) if row["status"] != "provisional"}
    errata = []
    for row in sorted(withdrawals, key=lambda row: (row["withdrawn_at"], row["article_id"])):
        if held := published.intersection(row["build_ids"]):
            cited = snapshot.read(
                "citations",
                columns=["development_id"],
                days=[day],
                having=("article_id", pa.array([row["article_id"]], pa.string())),
                where=(pc.field("role") == "primary") & pc.field("build_id").isin(sorted(held)),
            )
            errata.append(erratum_of(row, sorted(set(cited["development_id"].to_pylist()))))
    return errata
