"""What one task leaves for the next: sealed tables in staging, and a small JSON-ready note of paths and counts."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.reports import StageReport
from pipeline.runs.run import Run
from pipeline.store.staging import read_sealed, read_sealed_schema, write_sealed

TaskOutput = dict[str, Any]
_NOTE_KEY = b"daybook.note"


def write_output(run: Run, stage: str, key: str, table: pa.Table, note: Mapping[str, Any]) -> TaskOutput:
    """Seal a table with its note inside, so that a retry finds both or neither.

    Returns:
        The note with `key` and `path` added.
    """
    path = run.staging(stage, key)
    full = {**note, "key": key, "path": str(path)}
    kept = {**(table.schema.metadata or {}), _NOTE_KEY: json.dumps(full).encode()}
    write_sealed(path, table.replace_schema_metadata(kept))
    return full


def find_output(run: Run, stage: str, key: str) -> TaskOutput | None:
    """The note of what an earlier try of this run sealed, or None."""
    path = run.staging(stage, key)
    if not path.exists():
        return None
    note: TaskOutput = json.loads(read_sealed_schema(path).metadata[_NOTE_KEY])
    return note


def read_output(note: Mapping[str, Any], name: str = "path", *, columns: Sequence[str] | None = None) -> pa.Table:
    """The table behind a note, or some of its columns."""
    return read_sealed(Path(note[name]), columns).replace_schema_metadata(None)


def discard_outputs(run: Run, *, keep: Collection[str] = ()) -> None:
    """Remove what earlier tries of this very run left in staging: it begins anew.

    Args:
        keep: Stages whose outputs stay.
    """
    folder = run.staging("any", "any").parent.parent
    for path in folder.glob(f"*/*.{run.token}.parquet"):
        if path.parent.name not in keep:
            path.unlink(missing_ok=True)


def report_of(note: Mapping[str, Any]) -> StageReport:
    """The books in a note."""
    return StageReport.from_dict(note["report"])


def merged(stage: str, notes: Iterable[Mapping[str, Any]]) -> StageReport:
    """The books of one stage, from all its mapped parts."""
    total = StageReport(stage=stage)
    for note in notes:
        part = report_of(note)
        total.unit = part.unit
        total.merge(part)
    return total
