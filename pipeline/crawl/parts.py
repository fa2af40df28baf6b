"""Answers of a fetch task, sealed in staging as they come: what a task that was killed leaves, and what landing reads.

A part is one file of PAGES rows, some of them, with the requests and refusals beside them inside: both or neither are there.
One that an older Daybook sealed lands after an upgrade too.
"""

from __future__ import annotations

import hashlib
import io
import logging
import secrets
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.errors import InputError
from pipeline.fetch.results import BATCH_BYTES, SEALED_PAGES, Row
from pipeline.fetch.sealing import Answers
from pipeline.files import link_or_copy
from pipeline.runs.run import Run
from pipeline.store.staging import iter_sealed, read_sealed, read_sealed_schema, write_sealed
from pipeline.tables import FEED_STATE, FETCHES, PAGES, QUARANTINE, Table
from pipeline.tables.rows import release_memory, rows_as_declared

logger = logging.getLogger(__name__)

STAGE = "fetch-parts"
_LONGEST_KEY = 100

_BESIDE: dict[str, Table] = {"requests": FETCHES, "chosen": FETCHES, "refusals": QUARANTINE, "states": FEED_STATE}
LIGHT_COLUMNS = [name for name in PAGES.row_schema.names if name != "body"]
_LIGHT = pa.schema([PAGES.row_schema.field(name) for name in LIGHT_COLUMNS])


class Parts:
    """The parts of one fetch task, in the order in which they are sealed."""

    def __init__(self, run: Run, key: str) -> None:
        self._run = run
        # Two tries of one task may live at once: neither writes over the other's parts.
        self._name = f"{_short(key)}~{secrets.token_hex(4)}"
        self.paths: list[Path] = []
        self._count = 0

    def take_over(self) -> list[Path]:
        """Take over what runs of this window left, this one's earlier tries included; gives the parts taken.

        They are linked under names of this run's own: another run may be alive, and removes its parts when it ends.
        """
        taken: list[Path] = []
        folder = self._run.staging(STAGE, "any").parent
        seen: set[int] = set()
        for path in sorted(folder.glob("*.parquet")):
            with suppress(FileNotFoundError):  # its run has ended, and its pages are stored
                inode = path.stat().st_ino
                if inode not in seen:
                    seen.add(inode)
                    own = self._next()
                    link_or_copy(path, own)
                    taken.append(own)
        return taken

    def _next(self) -> Path:
        """The path of the next part."""
        self._count += 1
        return self._run.staging(STAGE, f"{self._name}~{self._count:05d}")

    def seal(self, answers: Answers) -> None:
        """Write answers as the next part.

        Raises:
            WarehouseError: it cannot be written.
        """
        beside = {name: _packed(table.rows(getattr(answers, name))) for name, table in _BESIDE.items()}
        self.write(PAGES.rows(answers.pages), beside)

    def write(self, pages: pa.Table, beside: dict[str, bytes] | None = None) -> None:
        """Write PAGES rows as the next part."""
        path = self._next()
        metadata = {f"daybook.{name}".encode(): packed for name, packed in (beside or {}).items()}
        write_sealed(path, pages.replace_schema_metadata(metadata))
        self.paths.append(path)
        release_memory()


def recovered(paths: Sequence[Path], source_ids: Collection[str]) -> tuple[Answers, list[Path]]:
    """What parts tell of the asking of some sources: PAGES rows without their bodies, and all that was sealed beside them.

    Returns:
        Each row once, whoever sealed it; and the parts that could be read: of another one the pages are asked again.
    """
    found, readable = Answers(), []
    for path in paths:
        try:
            metadata = read_sealed_schema(path).metadata or {}
            beside = {n: _unpacked(metadata.get(f"daybook.{n}".encode()), table) for n, table in _BESIDE.items()}
            pages = rows_as_declared(read_sealed(path, columns=LIGHT_COLUMNS), _LIGHT)
            part = Answers(pages=pages.to_pylist(), **beside)
        except (InputError, pa.ArrowException) as error:
            logger.warning("stage=fetch a part of an earlier run cannot be read, its pages are asked again: %s", error)
            continue
        readable.append(path)
        found.add(part)
    keys = {
        "pages": ("page_id",),
        "requests": ("fetch_id",),
        "chosen": ("fetch_id",),
        "refusals": ("quarantine_id",),
        "states": ("source_id", "recorded_at"),
    }
    once = {
        name: list(
            {tuple(row[k] for k in key): row for row in getattr(found, name) if row["source_id"] in source_ids}.values()
        )
        for name, key in keys.items()
    }
    return Answers(**once), readable


def landing_batches(paths: Sequence[Path], page_ids: Iterable[str]) -> Iterator[pa.Table]:
    """The pages of parts, each once, in batches that memory holds: parts are small, so several make one.

    Args:
        page_ids: Of the pages that go on; others in the parts are left out.
    """
    left = set(page_ids)
    open_: list[pa.Table] = []
    rows = size = 0
    for piece in (piece.replace_schema_metadata(None) for path in paths for piece in iter_sealed(path)):
        pages = rows_as_declared(piece, PAGES.row_schema)
        kept = []
        for page_id in pages["page_id"].to_pylist():
            kept.append(page_id in left)
            left.discard(page_id)
        wanted = pages if all(kept) else pages.filter(pa.array(kept, pa.bool_()))
        if open_ and (rows + wanted.num_rows > SEALED_PAGES or size + wanted.nbytes > BATCH_BYTES):
            yield pa.concat_tables(open_)
            open_, rows, size = [], 0, 0
            release_memory()
        open_.append(wanted)
        rows, size = rows + wanted.num_rows, size + wanted.nbytes
    if open_:
        yield pa.concat_tables(open_)
    release_memory()


def _short(key: str) -> str:
    """A key that leaves room for a number and a run's token in a file's name."""
    return key if len(key) <= _LONGEST_KEY else f"{key[:60]}~{hashlib.sha256(key.encode()).hexdigest()[:12]}"


def _packed(rows: pa.Table) -> bytes:
    """A small table as bytes."""
    stream = io.BytesIO()
    with pa.ipc.new_stream(stream, rows.schema) as writer:
        writer.write_table(rows)
    return stream.getvalue()


def _unpacked(packed: bytes | None, table: Table) -> list[Row]:
    """The rows of such bytes."""
    if packed is None:
        return []
    with pa.ipc.open_stream(packed) as reader:
        rows: list[dict[str, Any]] = rows_as_declared(reader.read_all(), table.row_schema).to_pylist()
        return rows
