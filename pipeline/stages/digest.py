"""The digest of a day: close it, build, verify, publish; and a preview of the day so far."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.builds.current import builds_of, current_build
from pipeline.builds.inputs import extras_of, publishable, read_inputs, read_sources, texts_of
from pipeline.builds.recall import read_digest, rebuild_digest, verify_builds
from pipeline.digest.build import build_digest
from pipeline.digest.inputs import DIGEST_VERSION
from pipeline.digest.verify import verify_citations
from pipeline.errors import VerificationFailed
from pipeline.publish.builds import FILES, builds_folder, check_build, hash_files, point_day, write_atom, write_build
from pipeline.publish.document import make_document
from pipeline.publish.render import FEED_LENGTH, render_files
from pipeline.runs.gaps import DONE
from pipeline.runs.handover import TaskOutput, read_output, write_output
from pipeline.runs.run import Run
from pipeline.stages import stories
from pipeline.store.snapshot import Snapshot
from pipeline.store.transaction import Transaction
from pipeline.tables import DIGEST_BUILDS
from pipeline.windows import HOUR, Window

__all__ = [
    "build",
    "close_day",
    "missing_windows",
    "notify",
    "preview",
    "publish",
    "read_digest",
    "rebuild_digest",
    "verify",
    "verify_builds",
]

log = logging.getLogger(__name__)

_TABLES = ("digests", "developments", "citations", "corrections")
_PROBLEMS_SHOWN = 5


def missing_windows(run: Run) -> list[str]:
    """Name the hours of the run's day that no news_ingest run covered with success or closed as late or empty, in order."""
    day = Window.of_day(run.window.day)
    rows = run.warehouse.latest().read(
        "runs",
        columns=["window_start", "window_end"],
        where=(pc.field("dag_id") == "news_ingest")
        & pc.field("status").isin(DONE)
        & (pc.field("recorded_at") <= run.now)
        & (pc.field("window_start") < day.end)
        & (pc.field("window_end") > day.start),
    )
    done = list(zip(rows["window_start"].to_pylist(), rows["window_end"].to_pylist(), strict=True))
    hours = [Window(day.start + n * HOUR, day.start + (n + 1) * HOUR) for n in range(24)]
    return [str(hour) for hour in hours if not any(start <= hour.start and hour.end <= end for start, end in done)]


def close_day(run: Run) -> TaskOutput:
    """Cluster the run's day for good: from here on its rows are only added to."""
    clustered = stories.load_stories(run, close=True)
    return {**clustered, "day": run.window.day.isoformat(), "missing_windows": missing_windows(run)}


def build(run: Run, closed: Mapping[str, Any], *, final: bool = True) -> TaskOutput:
    """Build the digest of the run's day from what is recorded by now, and seal it in staging."""
    snapshot = run.warehouse.latest()
    inputs = read_inputs(
        snapshot,
        run.window.day,
        status="final" if final else "provisional",
        as_of=run.now,
        missing_windows=closed["missing_windows"],
    )
    draft = build_digest(inputs, run.settings, now=run.now)
    built = {
        "build_id": draft.build_id,
        "day": run.window.day.isoformat(),
        "status": inputs.status,
        "built_at": run.now.isoformat(),
        "inputs_sha256": draft.inputs_sha256,
        "snapshot": snapshot.number,
        "missing_windows": list(inputs.missing_windows),
        "story_count": draft.digests.num_rows,
        "development_count": draft.developments.num_rows,
        "correction_count": draft.corrections.num_rows,
    }
    tables = {name: write_output(run, "build", name, getattr(draft, name), {})["path"] for name in _TABLES}
    extras = pa.table({"extras": [json.dumps(extras_of(inputs, draft))]})
    return write_output(run, "build", "extras", extras, {**built, "tables": tables})


def verify(run: Run, built: Mapping[str, Any]) -> TaskOutput:
    """Read every cited span again from the warehouse's files, and refuse the build if one differs.

    Raises:
        VerificationFailed: naming the lines.
    """
    tables = _open(built)
    checked = _verify(run.warehouse.latest(), built["build_id"], tables)
    log.info("stage=verify window=%s build=%s citations=%d", run.window, built["build_id"], checked)
    return {"build_id": built["build_id"], "citation_count": checked}


def publish(run: Run, built: Mapping[str, Any], *, supersede: bool = False) -> TaskOutput:
    """Write the build's files, commit its rows and point the day at it, after verifying once more under the lock.

    A day's final build is never changed: another one is refused quietly unless `supersede`, and a preview of a day that
    has a final one changes nothing. The same build again only restores the files that may be missing.

    Returns:
        build_id, status, day, path and snapshot of the build that stands for the day; `is_new` whether it was added now.
    Raises:
        VerificationFailed: a line is not what its source says; nothing is published.
    """
    day = date.fromisoformat(built["day"])
    with run.warehouse.writing(run.now) as tx:
        rows = builds_of(tx.snapshot, day)
        standing = _final(rows)
        keeps = standing is not None and standing["build_id"] != built["build_id"]
        if standing is not None and keeps and not (supersede and built["status"] == "final"):
            log.info("stage=publish window=%s kept=%s refused=%s", run.window, standing["build_id"], built["build_id"])
            _point(run, day, standing["build_id"], tx.snapshot)
            return _published(run, standing, tx.snapshot.number, is_new=False)
        tables = _open(built)
        _verify(tx.snapshot, built["build_id"], tables)
        known = next((r for r in rows if (r["build_id"], r["status"]) == (built["build_id"], built["status"])), None)
        if known is not None and not check_build(run.warehouse.root, built["build_id"], known["output_sha256"]):
            row = known  # published and whole: a later change of the templates does not touch it
        else:
            rows_told = publishable(built, tables, _read_extras(built), tx.snapshot)
            files = render_files(make_document(rows_told))
            write_build(run.warehouse.root, built["build_id"], files)
            row = _build_row(run, built, hash_files(files))
        if known is None:
            _change(tx, run, row, tables, rows)
        snapshot = tx.commit()
        _point(run, day, built["build_id"], snapshot)
    log.info(
        "stage=publish window=%s build=%s status=%s stories=%d developments=%d corrections=%d",
        run.window, row["build_id"], row["status"], built["story_count"], built["development_count"],
        built["correction_count"],
    )  # fmt: skip
    return _published(run, row, snapshot.number, is_new=known is None)


def preview(run: Run) -> TaskOutput:
    """Build, verify and publish a provisional digest of the run's day so far; a closed day keeps its final one.

    So far is what the day's runs recorded: on an invented clock an earlier hour that is worked on again, or at last, stands
    before hours that are known already.
    """
    snapshot = run.warehouse.latest()
    run = replace(run, now=max(run.now, _last_recorded(snapshot, run.window.day) or run.now))
    if run.window.day in snapshot.closed_days:
        standing = _final(builds_of(snapshot, run.window.day))
        log.info("stage=preview window=%s skipped: %s is closed", run.window, run.window.day)
        if standing is None:
            return {"build_id": None, "status": "closed", "day": run.window.day.isoformat(), "is_new": False}
        return _published(run, standing, snapshot.number, is_new=False)
    built = build(run, {"missing_windows": []}, final=False)
    verify(run, built)
    return publish(run, built)


def _last_recorded(snapshot: Snapshot, day: date) -> datetime | None:
    """When a run of the day's hours was last recorded."""
    runs = snapshot.read("runs", columns=["recorded_at"], days=[day], where=pc.field("dag_id") == "news_ingest")
    last: datetime | None = pc.max(runs["recorded_at"]).as_py()
    return last


def notify(run: Run, published: Mapping[str, Any]) -> TaskOutput:
    """Say in the log that the digest is out."""
    log.info("stage=notify window=%s digest of %s: %s", run.window, published["day"], published["path"])
    return {"build_id": published["build_id"], "day": published["day"], "path": published["path"]}


def _point(run: Run, day: date, build_id: str, snapshot: Snapshot) -> None:
    """Lead the day and the feed to the builds that stand: also after a death between commit and link."""
    point_day(run.warehouse.root, day, build_id)
    write_atom(run.warehouse.root, _latest_finals(snapshot))


def _read_extras(built: Mapping[str, Any]) -> dict[str, Any]:
    extras: dict[str, Any] = json.loads(read_output(built)["extras"][0].as_py())
    return extras


def _open(built: Mapping[str, Any]) -> dict[str, pa.Table]:
    """The sealed rows of a build, by table."""
    return {name: read_output(built["tables"], name) for name in _TABLES}


def _verify(snapshot: Snapshot, build_id: str, tables: Mapping[str, pa.Table]) -> int:
    """Verify a build's lines against a snapshot; the number of citations read."""
    texts = texts_of(read_sources(snapshot, tables["citations"]))
    problems = verify_citations(tables["developments"], tables["citations"], texts)
    if problems:
        more = f"; and {len(problems) - _PROBLEMS_SHOWN} more" if len(problems) > _PROBLEMS_SHOWN else ""
        raise VerificationFailed(
            f"build {build_id} is not published: {'; '.join(problems[:_PROBLEMS_SHOWN])}{more}. Build the day again; "
            "if it stays so, run `daybook warehouse verify`"
        )
    return int(tables["citations"].num_rows)


def _build_row(run: Run, built: Mapping[str, Any], output_sha256: str) -> dict[str, Any]:
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


def _change(
    tx: Transaction, run: Run, row: Mapping[str, Any], tables: Mapping[str, pa.Table], rows: list[dict[str, Any]]
) -> None:
    """Add a build's rows; the day's previews go, an earlier final build becomes superseded."""
    superseded = [{**r, "status": "superseded"} for r in rows if r["status"] == "final" and row["status"] == "final"]
    _drop_builds(tx, row["day"], [r["build_id"] for r in rows if r["status"] == "provisional"])
    tx.upsert("digest_builds", DIGEST_BUILDS.rows([*superseded, row]))
    for name in _TABLES:
        if name == "corrections" and row["status"] != "final":
            continue  # what a preview notices may be gone by the evening
        at = pa.array([run.now] * tables[name].num_rows, pa.timestamp("us", tz="UTC"))
        index = tables[name].schema.get_field_index("recorded_at")
        tx.upsert(name, tables[name].set_column(index, tables[name].schema.field(index), at))


def _drop_builds(tx: Transaction, day: date, build_ids: list[str]) -> None:
    """Delete the rows of a day's provisional builds."""
    wanted = pc.field("build_id").isin(pa.array(build_ids, pa.string()))
    for name in ("citations", "developments", "digests", "digest_builds") if build_ids else ():
        tx.delete(name, tx.snapshot.read(name, days=[day], where=wanted))


def _final(builds: Iterable[dict[str, Any]]) -> dict[str, Any] | None:
    """The final build that counts for a day, of the day's builds."""
    build = current_build(builds)
    return build if build and build["status"] == "final" else None


def _latest_finals(snapshot: Snapshot) -> list[str]:
    """The final builds of the last days, for the feed."""
    rows = snapshot.read("digest_builds", columns=["build_id", "digest_date"], where=pc.field("status") == "final")
    latest = sorted(rows.to_pylist(), key=lambda row: row["digest_date"], reverse=True)[:FEED_LENGTH]
    return [row["build_id"] for row in latest]


def _published(run: Run, row: Mapping[str, Any], snapshot: int, *, is_new: bool) -> TaskOutput:
    folder = builds_folder(run.warehouse.root) / row["build_id"]
    return {
        "build_id": row["build_id"],
        "status": row["status"],
        "day": row["digest_date"].isoformat(),
        "path": str(folder / FILES[0]),
        "snapshot": snapshot,
        "is_new": is_new,
    }
