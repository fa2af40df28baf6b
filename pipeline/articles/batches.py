"""Stored pages cut into batches for extraction: references into files, so that no step holds a window's bodies.

A batch of 200 pages takes about 6 s of one core: long against a task's overhead, short against a retry.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.crawl.parts import LIGHT_COLUMNS
from pipeline.fetch.results import BATCH_BYTES, BATCH_PAGES
from pipeline.runs.handover import TaskOutput, write_output
from pipeline.runs.run import Run
from pipeline.store.snapshot import Snapshot
from pipeline.windows import Window


def write_batches(
    run: Run, snapshot: Snapshot, window: Window, page_ids: pa.ChunkedArray, released: frozenset[str]
) -> list[TaskOutput]:
    """Cut stored pages of a window into batches, and seal each: their rows without the bodies, and where those lie.

    A batch has at most `BATCH_PAGES` pages, and about as many bytes as `BATCH_BYTES`. Pages whose body is kept no more are in none.

    Args:
        released: Ids of pages that a person let in.
    """
    wanted = pc.field("page_id").isin(page_ids.combine_chunks()) & pc.field("dropped").is_null()
    batches: list[TaskOutput] = []
    rows: list[pa.Table] = []
    files: list[str] = []
    room = 1.0  # what is left of a batch

    def close() -> None:
        nonlocal rows, files, room
        if rows:
            batches.append(_write_batch(run, len(batches), pa.concat_tables(rows), files, released))
        rows, files, room = [], [], 1.0

    for file in snapshot.files_of("pages", window.days(), window):
        found = snapshot.read("pages", columns=LIGHT_COLUMNS, files=[file.path], where=wanted)
        share = max(1 / BATCH_PAGES, snapshot.raw_bytes("pages", file) / max(1, file.rows) / BATCH_BYTES)
        while found.num_rows:
            fits = max(1, int(room / share))
            if room < share and rows:
                close()
                continue
            rows.append(found.slice(0, fits))
            files.append(file.path)
            room -= share * rows[-1].num_rows
            found = found.slice(fits)
    close()
    return batches


def _write_batch(run: Run, number: int, rows: pa.Table, files: Sequence[str], released: frozenset[str]) -> TaskOutput:
    """Seal one batch."""
    rows = rows.sort_by([("source_id", "ascending"), ("page_id", "ascending")])
    let_in = sorted(released.intersection(rows["page_id"].to_pylist()))
    note = {"page_count": rows.num_rows, "released": let_in, "files": sorted(set(files))}
    return write_output(run, "land", f"pages-{number:03d}", rows, note)
