"""Pages from paths that a person names: files, folders and archives, each page with the id that its answer carries."""

from __future__ import annotations

import errno
import logging
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from pipeline.errors import InputError
from pipeline.fetch.files.captures import PAGE_MAX_BYTES, captured_page
from pipeline.fetch.files.folders import PAGE_SUFFIXES, PageFile, content_type_of, is_folder, list_files, read_page_file
from pipeline.fetch.files.warc import captures
from pipeline.fetch.results import BATCH_BYTES, BATCH_PAGES, Failure, Provenance, Row, sha256_of
from pipeline.reasons import Reason
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
        rows. What is no page (too large, an archived 404) is left out with a warning, and so is what lies in a folder
        and cannot be read.
    Raises:
        InputError: a path that was named cannot be read, or is nothing of the kind.
    """
    ids: list[str] = []
    rows: list[Row] = []
    size = 0
    for page_id, row in _pages(paths, now, page_max_bytes):
        ids.append(page_id)
        rows.append(row)
        size += len(row["body"]) if isinstance(row["body"], bytes) else 0
        if len(rows) >= BATCH_PAGES or size >= BATCH_BYTES:
            yield ids, PAGES.rows(list(rows))
            ids, rows, size = [], [], 0
    if rows:
        yield ids, PAGES.rows(list(rows))


def _check_path(path: Path) -> None:
    """Refuse a named path that is nothing of the kind, before any is read."""
    if is_folder(path):
        return
    try:
        path.stat()
    except OSError as error:
        if error.errno != errno.ENOENT:
            raise InputError(f"cannot read {path}: {error.strerror}; make it readable, or leave it out") from error
        raise InputError(f"{path} does not exist; name a file or folder of pages") from error
    if not _is_readable(path):
        kinds = ", ".join((*PAGE_SUFFIXES, *_ARCHIVES))
        raise InputError(f"{path} is no page that can be read; its name must end in one of {kinds}")


def _is_readable(path: Path) -> bool:
    return _is_archive(path) or content_type_of(path.name) is not None


def _is_archive(path: Path) -> bool:
    return path.name.lower().endswith(_ARCHIVES)


def _pages(paths: Sequence[Path], now: datetime, max_bytes: int) -> Iterator[tuple[str, Row]]:
    """Id and row of every page."""
    for path in paths:
        _check_path(path)
    for path in paths:
        if not is_folder(path):
            yield from _file_pages(path, now, max_bytes, is_named=True)
            continue
        unlisted: list[PageFile] = []
        for name in list_files(path, unlisted):
            if _is_readable(Path(name)):
                yield from _file_pages(path / name, now, max_bytes, is_named=False)
        for folder in unlisted:
            _warn(str(folder.path), folder.failure)


def _file_pages(path: Path, now: datetime, max_bytes: int, *, is_named: bool) -> Iterator[tuple[str, Row]]:
    """Id and row of a file's page, or of an archive's pages; what cannot be read is an error where it was named."""
    if _is_archive(path):
        try:
            yield from _captured_pages(path, now, max_bytes)
        except InputError as error:
            if is_named:
                raise
            logger.warning("left out the rest of an archive: %s", error)
        return
    file = read_page_file(path, max_bytes=max_bytes)
    if file.failure is not None:
        if is_named and file.failure.reason is Reason.UNREADABLE:
            raise InputError(f"{path} {file.failure.detail}; make it readable, or leave it out")
        _warn(str(path), file.failure)
        return
    page_id = digest_of(_SOURCE_ID, str(path), sha256_of(file.body))
    origin = Provenance(source_id=_SOURCE_ID, window=Window.of_hour(now), run_id=_SOURCE_ID, now=now)
    yield page_name(path), origin.page(page_id=page_id, body=file.body, fetched_at=now, content_type=file.content_type)


def _captured_pages(path: Path, now: datetime, max_bytes: int) -> Iterator[tuple[str, Row]]:
    """Id and row of an archive's pages."""
    for capture in captures(path, max_bytes=max_bytes):
        if capture.is_revisit:
            continue
        if capture.failure is not None or capture.captured_at is None:
            _warn(f"{path} record {capture.record_id}", capture.failure)
            continue
        row = captured_page(capture, capture.captured_at, source_id=_SOURCE_ID, run_id=_SOURCE_ID, now=now)
        yield capture.record_id, row


def _warn(what: str, failure: Failure | None) -> None:
    logger.warning("left out %s: %s", what, failure)
