"""Answers of a fetch task, sealed in staging as they come: what a task that was killed leaves, and what landing reads.

A part is one file of PAGES rows, some of them, with the requests and refusals beside them inside: both or neither are there.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.fetch.results import BATCH_BYTES, BATCH_PAGES, Row
from pipeline.fetch.sealing import Answers
from pipeline.runs.run import Run
from pipeline.store.staging import read_sealed, read_sealed_schema, write_sealed
from pipeline.tables import FETCHES, PAGES, QUARANTINE, Table

STAGE = "fetch-parts"
_LONGEST_KEY = 100

_BESIDE: dict[str, Table] = {"requests": FETCHES, "chosen": FETCHES, "refusals": QUARANTINE}
LIGHT_COLUMNS = [name for name in PAGES.row_schema.names if name != "body"]


class Parts:
    """The parts of one fetch task, in the order in which they are sealed."""

    def __init__(self, run: Run, key: str) -> None:
        self._run = run
        self._key = _short(key)
        self._first = sum(1 for _ in part_paths(run, key, own=True))
        self.paths: list[Path] = []

    def seal(self, answers: Answers) -> None:
        """Write answers as the next part.

        Raises:
            WarehouseError: it cannot be written.
        """
        beside = {name: _packed(table.rows(getattr(answers, name))) for name, table in _BESIDE.items()}
        self.write(PAGES.rows(answers.pages), beside)

    def write(self, pages: pa.Table, beside: dict[str, bytes] | None = None) -> None:
        """Write PAGES rows as the next part."""
        number = self._first + len(self.paths)
        path = self._run.staging(STAGE, f"{self._key}~{number:05d}")
        metadata = {f"daybook.{name}".encode(): packed for name, packed in (beside or {}).items()}
        write_sealed(path, pages.replace_schema_metadata(metadata))
        self.paths.append(path)


def part_paths(run: Run, key: str, *, own: bool = False) -> list[Path]:
    """The parts of a task that runs of this window sealed, this one and, unless `own`, others that were killed.

    Another run's parts are only read: it may be alive.
    """
    one = run.staging(STAGE, f"{_short(key)}~00000")
    names = one.name.replace("00000", "*") if own else one.name.replace(f"00000.{run.token}", "*")
    return sorted(one.parent.glob(names))


def recovered(paths: Sequence[Path]) -> Answers:
    """What parts tell of the asking: PAGES rows without their bodies, requests, choices and refusals."""
    found = Answers()
    for path in paths:
        metadata = read_sealed_schema(path).metadata or {}
        beside = {name: _unpacked(metadata.get(f"daybook.{name}".encode())) for name in _BESIDE}
        found.add(Answers(pages=read_sealed(path, columns=LIGHT_COLUMNS).to_pylist(), **beside))
    return found


def landing_batches(paths: Sequence[Path], page_ids: Iterable[str]) -> Iterator[pa.Table]:
    """The pages of parts, each once, in batches that memory holds: parts are small, so several make one.

    Args:
        page_ids: Of the pages that go on; others in the parts are left out.
    """
    left = set(page_ids)
    open_: list[pa.Table] = []
    for path in paths:
        pages = read_sealed(path).replace_schema_metadata(None)
        kept = []
        for page_id in pages["page_id"].to_pylist():
            kept.append(page_id in left)
            left.discard(page_id)
        open_.append(pages.filter(pa.array(kept, pa.bool_())))
        if sum(part.num_rows for part in open_) >= BATCH_PAGES or sum(part.nbytes for part in open_) >= BATCH_BYTES:
            yield pa.concat_tables(open_)
            open_ = []
    if open_:
        yield pa.concat_tables(open_)


def _short(key: str) -> str:
    """A key that leaves room for a number and a run's token in a file's name."""
    return key if len(key) <= _LONGEST_KEY else f"{key[:60]}~{hashlib.sha256(key.encode()).hexdigest()[:12]}"


def _packed(rows: pa.Table) -> bytes:
    """A small table as bytes."""
    stream = io.BytesIO()
    with pa.ipc.new_stream(stream, rows.schema) as writer:
        writer.write_table(rows)
    return stream.getvalue()


def _unpacked(packed: bytes | None) -> list[Row]:
    """The rows of such bytes."""
    if packed is None:
        return []
    with pa.ipc.open_stream(packed) as reader:
        rows: list[dict[str, Any]] = reader.read_all().to_pylist()
        return rows
