"""Hand-over files between tasks: they appear by rename, whole or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import InputError
from pipeline.files import appearing
from pipeline.store.trouble import warehouse_errors

_LONGEST_NAME = 180
# A reader takes up one group of rows at a time.
_GROUP_ROWS = 32_768
_GROUP_BYTES = 32 * 1024 * 1024


def staging_path(root: Path, dag_id: str, window_label: str, stage: str, key: str) -> Path:
    """Where a task seals its hand-over: below `_staging/`, whatever characters the key holds."""
    return root / "_staging" / _safe(dag_id) / _safe(window_label) / _safe(stage) / f"{_safe(key)}.parquet"


def _safe(part: str) -> str:
    """A text as one file name: letters, digits, `_`, `-`, `.`, `~` as they are, the rest percent-encoded."""
    name = quote(part, safe="")
    if not name.strip("."):
        raise InputError(f"{part!r} cannot name a staged file; give a key of at least one letter or digit")
    if len(name) > _LONGEST_NAME:  # eleven sections of one newspaper make one long key; its end tells runs apart
        digest = hashlib.sha256(name.encode()).hexdigest()[:12]
        name = f"{name[:80]}~{digest}~{name[-60:]}"
    return name


def write_sealed(path: Path, table: pa.Table) -> None:
    """Write a table to a file that appears whole; what was there is replaced.

    Two tries of one task may write at once: each has its own temporary file, and the last rename stands.

    Raises:
        WarehouseError: it could not be written; the temporary file is removed where possible.
    """
    with warehouse_errors("write", path), appearing(path) as unfinished:
        per_row = max(1, table.nbytes // max(1, table.num_rows))
        group = max(1, min(_GROUP_ROWS, _GROUP_BYTES // per_row))
        pq.write_table(table, unfinished, compression="zstd", compression_level=1, row_group_size=group)


def read_sealed(path: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """Read what `write_sealed` wrote, with its schema.

    Args:
        columns: Only these; None takes all.
    Raises:
        InputError: there is no such file, or it is no Parquet file.
    """
    with _opened(path) as file:
        return file.read(columns=None if columns is None else list(columns))


def iter_sealed(path: Path) -> Iterator[pa.Table]:
    """Read what `write_sealed` wrote in pieces of some 32 MiB, however large it is.

    Raises:
        InputError: as `read_sealed`.
    """
    with _opened(path) as file:
        for number in range(file.num_row_groups):
            yield file.read_row_group(number)


def read_sealed_schema(path: Path) -> pa.Schema:
    """Read the schema of a sealed file and its metadata, and no rows.

    Raises:
        InputError: as `read_sealed`.
    """
    with _opened(path) as file:
        return file.schema_arrow


def discard_holding(root: Path, values: Mapping[str, Set[str]]) -> Iterator[Path]:
    """Remove hand-overs that hold one of some values in a column, and all that is half-written; the tasks write them again.

    Args:
        values: By column; a file without it holds none.
    Yields:
        Each file that was removed.
    """
    for path in sorted((root / "_staging").rglob("*")):
        if path.is_file() and (path.name.startswith(".") or _rows_with(path, values)):
            path.unlink(missing_ok=True)
            yield path


def staged_holding(root: Path, values: Mapping[str, Set[str]]) -> list[Path]:
    """The hand-overs that hold one of some values in a column, and something to read beside it."""
    paths = sorted((root / "_staging").rglob("*.parquet"))
    return [path for path in paths if any(_tells(row) for row in _rows_with(path, values))]


_TOLD = ("body", "text", "title", "listed_title", "standfirst", "quote", "old_quote")


def _tells(row: Mapping[str, object]) -> bool:
    """Whether a row says more than where something came from."""
    record = str(row.get("record_json") or "")
    return any(row.get(name) for name in _TOLD) or any(f'"{name}"' in record for name in _TOLD)


def _rows_with(path: Path, values: Mapping[str, Set[str]]) -> list[dict[str, object]]:
    """The rows of a sealed file that have one of some values; of what cannot be read, none."""
    with suppress(InputError):
        names = [name for name in values if name in read_sealed_schema(path).names]
        if names:
            return [
                row
                for piece in iter_sealed(path)
                for row in piece.to_pylist()
                if any(row[name] in values[name] for name in names)
            ]
    return []


@contextmanager
def _opened(path: Path) -> Iterator[pq.ParquetFile]:
    try:
        with pq.ParquetFile(path) as file:
            yield file
    except FileNotFoundError as error:
        raise InputError(f"staged file {path} is missing; run the task that writes it again") from error
    except (OSError, pa.ArrowInvalid) as error:
        raise InputError(f"staged file {path} is unreadable ({error}); run the task that writes it again") from error
