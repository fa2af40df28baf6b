"""The inbox: a folder of saved pages and texts, without addresses."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from pipeline.fetch.files.folders import iter_page_files
from pipeline.fetch.results import FetchResult, Provenance, ResultBuilder, sha256_of
from pipeline.tables.ids import digest_of
from pipeline.windows import Window

PAGE_MAX_BYTES = 10 * 1024 * 1024


def read_inbox(
    folder: Path,
    *,
    source_id: str,
    window: Window,
    now: datetime,
    run_id: str,
    page_max_bytes: int = PAGE_MAX_BYTES,
) -> FetchResult:
    """Read every page file of a folder and its sub-folders, by name.

    A page's id comes from its bytes, not from its name: a file that is renamed, or read again for the same window,
    stays the same page, and two files of the same bytes are one page and one duplicate.

    Args:
        folder: .html, .htm and .txt files, plain or gzipped. Hidden files are left out; any other is refused.
        window: The window that the pages belong to.
    Raises:
        InputError: the folder or a file in it cannot be read.
    """
    origin = Provenance(source_id=source_id, window=window, run_id=run_id, now=now)
    builder = ResultBuilder(source_id)
    seen: set[str] = set()
    for file in iter_page_files(folder, max_bytes=page_max_bytes):
        name = file.path.relative_to(folder).as_posix()
        if file.failure is not None:
            builder.refuse(origin.refusal(name, file.failure, {"file": name}))
            continue
        page_id = digest_of(source_id, window.start.isoformat(), sha256_of(file.body))
        if page_id in seen:
            builder.count("duplicates")
            continue
        seen.add(page_id)
        builder.keep(origin.page(page_id=page_id, body=file.body, fetched_at=now, content_type=file.content_type))
    return builder.result()
