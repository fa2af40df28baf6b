"""Pages from paths that a person names: files, folders and archives, each page with the id that its answer carries."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from pipeline.errors import InputError
from pipeline.fetch.files.captures import BATCH_BYTES, BATCH_PAGES, PAGE_MAX_BYTES, captured_page
from pipeline.fetch.files.folders import PAGE_SUFFIXES, content_type_of, list_files, read_page_file
from pipeline.fetch.files.warc import captures
from pipeline.fetch.results import Failure, Provenance, Row, sha256_of
from pipeline.tables import PAGES
from pipeline.tables.ids import digest_of
from pipeline.windows import Window

logger = logging.getLogger(__name__)

_SOURCE_ID = "paths"
_ARCHIVES = (".warc", ".warc.gz")
_KNOWN = frozenset({"html", "htm", "txt", "gz"})


def page_name(path: Path) -> str:
    """The file's name up to the first suffix that is known.

    Example:
        >>> page_name(Path("pages/at-ORF_2024.11.html.gz"))
        'at-ORF_2024.11'
    """
    first, *rest = path.name.split(".")
    kept = [first]
    for part in rest:
        if part.lower() in _KNOWN:
            break
        kept.append(part)
    return ".".join(kept)


def read_paths(
    paths: Sequence[Path], *, now: datetime, page_max_bytes: int = PAGE_MAX_BYTES
) -> Iterator[tuple[list[str], pa.Table]]:
    """Read pages for a look at what extraction makes of them; nothing of it goes to the warehouse.

    Args:
        paths: html, htm, txt (plain or .gz) and WARC files, or folders of them. In folders other files are left out.
    Returns:
        Batches of ids (file name up to the first known suffix, or the UUID of the WARC record) and, in step, PAGES
        rows. What is no page (too large, an archived 404) is left out with a warning.
    Raises:
        InputError: a path cannot be read, or is nothing of the kind.
    """
    ids: list[str] = []
    rows: list[Row] = []
    size = 0
    for page_id, row in _pages(_expanded(paths), now, page_max_bytes):
        ids.append(page_id)
        rows.append(row)
        size += len(row["body"]) if isinstance(row["body"], bytes) else 0
        if len(rows) >= BATCH_PAGES or size >= BATCH_BYTES:
            yield ids, PAGES.rows(list(rows))
            ids, rows, size = [], [], 0
    if rows:
        yield ids, PAGES.rows(list(rows))


def _expanded(paths: Sequence[Path]) -> list[Path]:
    """The files behind the paths, known to be of a kind that can be read."""
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            files += [file for file in list_files(path) if _is_readable(file)]
        elif not path.exists():
            raise InputError(f"{path} does not exist; name a file or folder of pages")
        elif not _is_readable(path):
            kinds = ", ".join((*PAGE_SUFFIXES, *_ARCHIVES))
            raise InputError(f"{path} is no page that can be read; its name must end in one of {kinds}")
        else:
            files.append(path)
    return files


def _is_readable(path: Path) -> bool:
    return _is_archive(path) or content_type_of(path.name) is not None


def _is_archive(path: Path) -> bool:
    return path.name.lower().endswith(_ARCHIVES)


def _pages(files: Sequence[Path], now: datetime, max_bytes: int) -> Iterator[tuple[str, Row]]:
    """Id and row of every page."""
    origin = Provenance(source_id=_SOURCE_ID, window=Window.of_hour(now), run_id=_SOURCE_ID, now=now)
    for path in files:
        if _is_archive(path):
            for capture in captures(path, max_bytes=max_bytes):
                if capture.failure is None:
                    row = captured_page(capture, source_id=_SOURCE_ID, run_id=_SOURCE_ID, now=now)
                    yield capture.record_id, row
                else:
                    _warn(f"{path} record {capture.record_id}", capture.failure)
            continue
        file = read_page_file(path, max_bytes=max_bytes)
        if file.failure is not None:
            _warn(str(path), file.failure)
            continue
        page_id = digest_of(_SOURCE_ID, str(path), sha256_of(file.body))
        yield (
            page_name(path),
            origin.page(page_id=page_id, body=file.body, fetched_at=now, content_type=file.content_type),
        )


def _warn(what: str, failure: Failure) -> None:
    logger.warning("left out %s: %s", what, failure)
