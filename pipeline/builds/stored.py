"""The rows that a build leaves in the warehouse: added, superseded, and previews taken away again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.builds.current import Row, current_build
from pipeline.digest.inputs import DIGEST_VERSION
from pipeline.runs.run import Run
from pipeline.store.snapshot import Snapshot
from pipeline.store.transaction import Transaction
from pipeline.tables import DIGEST_BUILDS

BUILD_TABLES = ("digests", "developments", "citations", "corrections")


def build_row(run: Run, built: Mapping[str, Any], output_sha256: str) -> Row:
    """The DIGEST_BUILDS row of a build, as its task tells of it."""
    return {
        "build_id": built["build_id"],
        "digest_date": date.fromisoformat(built["day"]),
        "status": built["status"],
        "built_at": datetime.fromisoformat(built["built_at"]),
        "snapshot": built["snapshot"],
        "code_version": DIGEST_VERSION,
        "settings_sha256": run.settings.results_sha256,
        "inputs_sha256": built["inputs_sha256"],
        "output_sha256": output_sha256,
        "missing_windows": built["missing_windows"],
        "run_id": run.run_id,
        "recorded_at": run.now,
        "day": date.fromisoformat(built["day"]),
    }


def store_build(tx: Transaction, row: Row, tables: Mapping[str, pa.Table], earlier: Sequence[Row]) -> None:
    """Add a build's rows; the day's previews go, an earlier final build becomes superseded.

    Args:
        row: Its DIGEST_BUILDS row.
        tables: Its rows of `BUILD_TABLES`.
        earlier: The day's DIGEST_BUILDS rows before.
    """
    if row["status"] == "final":
        supersede_final(tx, [r for r in earlier if r["build_id"] != row["build_id"]])
    _drop_builds(tx, row["day"], [r["build_id"] for r in earlier if r["status"] == "provisional"])
    tx.upsert("digest_builds", DIGEST_BUILDS.rows([row]))
    for name in BUILD_TABLES:
        if name == "corrections" and row["status"] != "final":
            continue  # what a preview notices may be gone by the evening
        at = pa.array([row["recorded_at"]] * tables[name].num_rows, pa.timestamp("us", tz="UTC"))
        index = tables[name].schema.get_field_index("recorded_at")
        tx.upsert(name, tables[name].set_column(index, tables[name].schema.field(index), at))


def supersede_final(tx: Transaction, builds: Iterable[Row]) -> None:
    """Make a day's final build, of its DIGEST_BUILDS rows, one that counts no more: it stays readable."""
    superseded = [{**row, "status": "superseded"} for row in builds if row["status"] == "final"]
    tx.upsert("digest_builds", DIGEST_BUILDS.rows(superseded))


def final_build(builds: Iterable[Row]) -> Row | None:
    """The final build that counts for a day, of the day's builds."""
    build = current_build(builds)
    return build if build and build["status"] == "final" else None


def latest_finals(snapshot: Snapshot, count: int) -> list[str]:
    """The final builds of so many last days, the latest first."""
    days = sorted({file.day for file in snapshot.manifest.files("digest_builds") if file.day}, reverse=True)
    latest: list[Row] = []
    while days and len(latest) < count:
        missing = count - len(latest)
        days, some = days[missing:], days[:missing]
        columns = ["build_id", "digest_date"]
        rows = snapshot.read("digest_builds", columns=columns, days=some, where=pc.field("status") == "final")
        latest += sorted(rows.to_pylist(), key=lambda row: row["digest_date"], reverse=True)
    return [row["build_id"] for row in latest[:count]]


def _drop_builds(tx: Transaction, day: date, build_ids: list[str]) -> None:
    """Delete the rows of a day's provisional builds."""
    wanted = pc.field("build_id").isin(pa.array(build_ids, pa.string()))
    for name in ("citations", "developments", "digests", "digest_builds") if build_ids else ():
        tx.delete(name, tx.snapshot.read(name, days=[day], where=wanted))
