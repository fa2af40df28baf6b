"""The inbox: a folder of saved pages and texts, without addresses."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from pipeline.fetch.files.folders import PageFile, iter_page_files
from pipeline.fetch.reservations import reserved_rights
from pipeline.fetch.results import (
    BATCH_BYTES,
    SEALED_PAGES,
    Failure,
    FetchResult,
    Provenance,
    ResultBuilder,
    sha256_of,
)
from pipeline.reasons import Reason
from pipeline.tables.ids import digest_of
from pipeline.text.controls import escape_bytes
from pipeline.windows import Window

PAGE_MAX_BYTES = 10 * 1024 * 1024
# Refusals are rows of a few hundred bytes: so many are given at once.
BATCH_REFUSALS = 20_000


def read_inbox(
    folder: Path,
    *,
    source_id: str,
    window: Window,
    now: datetime,
    run_id: str,
    page_max_bytes: int = PAGE_MAX_BYTES,
    agent: str = "*",
) -> Iterator[FetchResult]:
    """Read every page file of a folder and its sub-folders, by name.

    A page's id comes from its bytes, not from its name: a file that is renamed, or read again for the same window,
    stays the same page, and two files of the same bytes are one page and one duplicate.

    Args:
        folder: .html, .htm and .txt files, plain or gzipped. Hidden files are left out; any other
            is refused, as is what is empty or cannot be read.
        window: The window that the pages belong to.
        agent: Our product token, for what a page's own head reserves to us by name; else what it reserves to all.
    Returns:
        Batches of at most `SEALED_PAGES` pages, `BATCH_REFUSALS` refusals or about `BATCH_BYTES`, each with its own books; at least one.
    Raises:
        InputError: the folder cannot be listed.
    """
    origin = Provenance(source_id=source_id, window=window, run_id=run_id, now=now)
    builder = ResultBuilder(source_id)
    seen: set[bytes] = set()
    size = 0
    for file in iter_page_files(folder, max_bytes=page_max_bytes):
        _settle(builder, origin, file, escape_bytes(file.path.relative_to(folder).as_posix()), seen, agent)
        size += len(file.body)
        if len(builder.pages) >= SEALED_PAGES or len(builder.refusals) >= BATCH_REFUSALS or size >= BATCH_BYTES:
            result = builder.result()
            builder, size = ResultBuilder(source_id), 0
            yield result
            del result  # a batch is held once while the next is read
    yield builder.result()


def _settle(
    builder: ResultBuilder, origin: Provenance, file: PageFile, name: str, seen: set[bytes], agent: str
) -> None:
    """Count one file: a page, a refusal by its name, or bytes that were there already."""
    failure = file.failure
    if failure is None and not file.body:
        failure = Failure(reason=Reason.EMPTY_PAGE, detail="no bytes")  # here it has a name; as a page it had none
    if failure is not None:
        builder.refuse(origin.refusal(name, failure, {"file": name}))
        return
    page_id = digest_of(origin.source_id, origin.window.start.isoformat(), sha256_of(file.body))
    identity = bytes.fromhex(page_id)
    if identity in seen:
        builder.count("duplicates")
        return
    seen.add(identity)
    reserved = reserved_rights({}, agent, file.body)
    about = {"content_type": file.content_type, "file_name": name, "reserved": reserved}
    builder.keep(origin.page(page_id=page_id, body=file.body, fetched_at=origin.now, **about))
