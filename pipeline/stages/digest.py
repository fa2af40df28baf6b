"""The digest of a day: close it, build, verify, publish; and a preview of the day so far."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.builds.current import builds_of
from pipeline.builds.inputs import extras_of, publishable, read_inputs, read_sources, texts_of
from pipeline.builds.stored import BUILD_TABLES, build_row, final_build, latest_finals, store_build
from pipeline.builds.told import keep_told, read_told
from pipeline.digest.build import build_digest
from pipeline.digest.told import ToldStories
from pipeline.digest.verify import verify_citations
from pipeline.errors import UsageError, VerificationFailed
from pipeline.publish.builds import FILES, builds_folder, check_build, hash_files, point_day, write_atom, write_build
from pipeline.publish.document import make_document
from pipeline.publish.render import FEED_LENGTH, render_files
from pipeline.runs.gaps import missing_windows, precedes_everything
from pipeline.runs.handover import TaskOutput, read_output, write_output
from pipeline.runs.run import Run
from pipeline.stages import stories
from pipeline.store.snapshot import Snapshot
from pipeline.windows import Window

logger = logging.getLogger(__name__)

_PROBLEMS_SHOWN = 5


def close_day(run: Run) -> TaskOutput:
    """Cluster the run's day for good: from here on its rows are only added to.

    Raises:
        UsageError: the day is not over, by the wall clock or by the run's own; or it lies before all that was ever asked.
    """
    day = Window.of_day(run.window.day)
    if min(run.now, run.started_at) < day.end:
        raise UsageError(
            f"{run.window.day} is not over: it can be closed from {day.end:%Y-%m-%d %H:%M} UTC on; until then"
            " its digest is provisional"
        )
    if precedes_everything(run):
        raise UsageError(
            f"nothing was asked or read on {run.window.day} or before it: there is no day to close;"
            " `daybook status` names the days that there are"
        )
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
    told = ToldStories(read_told(run.warehouse.root, run.window.day))
    draft = build_digest(inputs, run.settings, now=run.now, told_before=told)
    keep_told(run.warehouse.root, run.window.day, told.used)
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
    tables = {name: write_output(run, "build", name, getattr(draft, name), {})["path"] for name in BUILD_TABLES}
    extras = pa.table({"extras": [json.dumps(extras_of(inputs, draft))]})
    return write_output(run, "build", "extras", extras, {**built, "tables": tables})


def verify(run: Run, built: Mapping[str, Any]) -> TaskOutput:
    """Read every cited span again from the warehouse's files, and refuse the build if one differs.

    Raises:
        VerificationFailed: naming the lines.
    """
    tables = _open(built)
    checked = _verify(run.warehouse.latest(), built["build_id"], tables)
    logger.info("stage=verify window=%s build=%s citations=%d", run.window, built["build_id"], checked)
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
        standing = final_build(rows)
        keeps = standing is not None and standing["build_id"] != built["build_id"]
        if standing is not None and keeps and not (supersede and built["status"] == "final"):
            logger.info(
                "stage=publish window=%s kept=%s refused=%s", run.window, standing["build_id"], built["build_id"]
            )
            _point(run, day, standing["build_id"], tx.snapshot)
            return _published(run, standing, tx.snapshot.number, is_new=False)
        tables = _open(built)
        _verify(tx.snapshot, built["build_id"], tables)
        known = _known(rows, built)
        if known is not None and not check_build(run.warehouse.root, built["build_id"], known["output_sha256"]):
            row = known  # published and whole: a later change of the templates does not touch it
        else:
            rows_told = publishable(built, tables, _read_extras(built), tx.snapshot)
            files = render_files(make_document(rows_told))
            write_build(run.warehouse.root, built["build_id"], files)
            row = build_row(run, built, hash_files(files))
        if known is None or known not in rows:
            store_build(tx, row, tables, rows)
        snapshot = tx.commit()
        _point(run, day, built["build_id"], snapshot)
    logger.info(
        "stage=publish window=%s build=%s status=%s stories=%d developments=%d corrections=%d",
        run.window, row["build_id"], row["status"], built["story_count"], built["development_count"],
        built["correction_count"],
    )  # fmt: skip
    return _published(run, row, snapshot.number, is_new=known is None)


def _known(builds: Sequence[dict[str, Any]], built: Mapping[str, Any]) -> dict[str, Any] | None:
    """The day's stored row of a build; one that was superseded and comes out again is final as of when it was made."""
    for row in builds:
        if row["build_id"] == built["build_id"] and row["status"] in (built["status"], "superseded"):
            return {**row, "status": built["status"]}
    return None


def preview(run: Run) -> TaskOutput:
    """Build, verify and publish a provisional digest of the run's day so far; a closed day keeps its final one.

    So far is what the day's runs recorded: on an invented clock an earlier hour that is worked on again, or at last, stands
    before hours that are known already.
    """
    snapshot = run.warehouse.latest()
    run = replace(run, now=max(run.now, _last_recorded(snapshot, run.window.day) or run.now))
    if run.window.day in snapshot.closed_days:
        standing = final_build(builds_of(snapshot, run.window.day))
        logger.info("stage=preview window=%s skipped: %s is closed", run.window, run.window.day)
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
    logger.info("stage=notify window=%s digest of %s: %s", run.window, published["day"], published["path"])
    return {"build_id": published["build_id"], "day": published["day"], "path": published["path"]}


def _point(run: Run, day: date, build_id: str, snapshot: Snapshot) -> None:
    """Lead the day and the feed to the builds that stand: also after a death between commit and link."""
    point_day(run.warehouse.root, day, build_id)
    write_atom(run.warehouse.root, latest_finals(snapshot, FEED_LENGTH))


def _read_extras(built: Mapping[str, Any]) -> dict[str, Any]:
    extras: dict[str, Any] = json.loads(read_output(built)["extras"][0].as_py())
    return extras


def _open(built: Mapping[str, Any]) -> dict[str, pa.Table]:
    """The sealed rows of a build, by table."""
    return {name: read_output(built["tables"], name) for name in BUILD_TABLES}


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
