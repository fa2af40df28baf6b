"""WARC archives as pages: captures in batches, by hour of capture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path

from pipeline.fetch.files.warc import Capture, capture_times, captures
from pipeline.fetch.results import FetchResult, Provenance, ResultBuilder, Row, sha256_of
from pipeline.tables.ids import digest_of
from pipeline.text.urls import clean_url
from pipeline.windows import Window

# A batch is one extraction task: seconds of work, and no more memory than this.
BATCH_PAGES = 200
BATCH_BYTES = 64 * 1024 * 1024
PAGE_MAX_BYTES = 10 * 1024 * 1024


def check_warc(path: Path) -> None:
    """Read an archive to its end, bodies aside (62 MB of pages in 0.2 s).

    Raises:
        InputError: the file cannot be read, is no WARC, or was cut.
    """
    for _ in capture_times(path):
        pass


def capture_days(paths: Sequence[Path]) -> list[date]:
    """The UTC days on which answers were captured, in order; reads all files, so that a cut one is found before any work.

    Raises:
        InputError: a file cannot be read, is no WARC, or was cut.
    """
    return sorted({moment.date() for path in paths for moment in capture_times(path)})


def read_warc(
    paths: Sequence[Path],
    *,
    source_id: str,
    window: Window | None,
    run_id: str,
    now: datetime,
    page_max_bytes: int = PAGE_MAX_BYTES,
) -> Iterator[FetchResult]:
    """Read the archived answers of files as pages of the hour in which they were captured.

    Answers other than 200, of no page's content type, or too large are refused, with a row each. Requests, metadata
    and revisit records are no answers and are not counted. The same capture in two places counts as a duplicate.

    Args:
        paths: WARC files, plain or gzipped, read one after the other.
        window: Only captures made in it; None takes all.
    Returns:
        Batches of at most `BATCH_PAGES` pages or about `BATCH_BYTES`, each with its own books; at least one.
    Raises:
        InputError: a file cannot be read, is no WARC, or was cut: drop the batches given so far.
    """
    seen: set[str] = set()
    builder = ResultBuilder(source_id)
    size = batch_count = 0
    for path in paths:
        for capture in captures(path, max_bytes=page_max_bytes, window=window):
            _settle(builder, capture, seen, run_id=run_id, now=now)
            size += len(capture.body)
            if len(builder.pages) >= BATCH_PAGES or size >= BATCH_BYTES:
                yield builder.result()
                builder, size, batch_count = ResultBuilder(source_id), 0, batch_count + 1
    if builder.counts.received or not batch_count:
        yield builder.result()


def captured_page(capture: Capture, *, source_id: str, run_id: str, now: datetime) -> Row:
    """The PAGES row of a capture: it belongs to the hour in which it was made."""
    origin = Provenance(source_id=source_id, window=Window.of_hour(capture.captured_at), run_id=run_id, now=now)
    return origin.page(
        page_id=_identity(source_id, capture),
        requested_url=capture.url,
        final_url=capture.url,
        http_status=capture.http_status,
        content_type=capture.content_type,
        body=capture.body,
        fetched_at=capture.captured_at,
    )


def _settle(builder: ResultBuilder, capture: Capture, seen: set[str], *, run_id: str, now: datetime) -> None:
    """Count one capture: a page, a refusal, or one that was there already."""
    identity = _identity(builder.source_id, capture)
    if identity in seen:
        builder.count("duplicates")
        return
    seen.add(identity)
    if capture.failure is None:
        builder.keep(captured_page(capture, source_id=builder.source_id, run_id=run_id, now=now))
        return
    hour = Window.of_hour(capture.captured_at)
    moment = capture.captured_at.isoformat()
    origin = Provenance(source_id=builder.source_id, window=hour, run_id=run_id, now=now)
    record = {"url": capture.url, "record_id": capture.record_id, "captured_at": moment}
    builder.refuse(origin.refusal(f"{capture.url} {moment}", capture.failure, record))


def _identity(source_id: str, capture: Capture) -> str:
    """What tells one capture from another: URL, moment and bytes; record ids differ between copies of an archive."""
    what = capture.failure.reason if capture.failure else sha256_of(capture.body)
    return digest_of(source_id, clean_url(capture.url) or capture.url, capture.captured_at.isoformat(), what)
