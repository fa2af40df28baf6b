"""WARC archives as pages: captures in batches, by hour of capture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

from pipeline.fetch.files.warc import Capture, captures
from pipeline.fetch.reservations import reserved_rights
from pipeline.fetch.results import (
    BATCH_BYTES,
    SEALED_PAGES,
    Failure,
    FetchResult,
    Provenance,
    ResultBuilder,
    Row,
    sha256_of,
)
from pipeline.reasons import Reason
from pipeline.tables.ids import digest_of
from pipeline.text.urls import clean_url
from pipeline.windows import Window

PAGE_MAX_BYTES = 10 * 1024 * 1024


# A refusal is a row of a few hundred bytes; so many are as good as a batch of pages.
BATCH_REFUSALS = 20_000


def check_warc(path: Path) -> None:
    """Read an archive to its end.

    Raises:
        InputError: the file cannot be read, is no WARC, or was cut.
    """
    for _ in captures(path, max_bytes=PAGE_MAX_BYTES):
        pass


def capture_days(paths: Sequence[Path], *, undated: date | None = None) -> list[date]:
    """The UTC days on which answers were captured, in order; reads all files, so that a cut one is found before any work.

    Args:
        undated: What stands for the days where there are answers, none with a readable date: they are refused on it.
    Raises:
        InputError: a file cannot be read, is no WARC, or was cut.
    """
    moments = {
        capture.captured_at.date() if capture.captured_at else None
        for path in paths
        for capture in captures(path, max_bytes=PAGE_MAX_BYTES)
        if not capture.is_revisit
    }
    days = sorted(day for day in moments if day is not None)
    return days or [undated for _ in moments if undated is not None]


def read_warc(
    paths: Sequence[Path],
    *,
    source_id: str,
    window: Window | None,
    run_id: str,
    now: datetime,
    page_max_bytes: int = PAGE_MAX_BYTES,
    agent: str = "*",
) -> Iterator[FetchResult]:
    """Read the archived answers of files as pages of the hour in which they were captured.

    Answers other than 200, of no page's content type, or too large are refused, with a row each, and so are records that
    are not whole or have no readable date: these belong to `window`, or to the hour of `now`. A revisit is counted as
    unchanged; requests and metadata are no answers and are not counted. The same capture in two places counts as a duplicate.

    Args:
        paths: WARC files, plain or gzipped, read one after the other.
        window: Only captures made in it, and what has no readable date; None takes all.
        agent: As `captured_page` has it.
    Returns:
        Batches of at most `SEALED_PAGES` pages, `BATCH_REFUSALS` refusals or about `BATCH_BYTES`, each with its own books; the
        last one, which says so, may be empty.
    Raises:
        InputError: a file cannot be read, is no WARC, or was cut: drop the batches given so far.
    """
    seen: set[bytes] = set()
    undated = window or Window.of_hour(now)
    builder = ResultBuilder(source_id)
    size = 0
    for path in paths:
        for capture in captures(path, max_bytes=page_max_bytes, window=window):
            _settle(builder, capture, seen, undated=undated, run_id=run_id, now=now, agent=agent)
            size += len(capture.body)
            if len(builder.pages) >= SEALED_PAGES or len(builder.refusals) >= BATCH_REFUSALS or size >= BATCH_BYTES:
                result = builder.result()
                builder, size = ResultBuilder(source_id), 0
                yield result
                del result  # a batch is held once while the next is read
    yield replace(builder.result(), is_last=True)


def captured_page(
    capture: Capture, captured_at: datetime, *, source_id: str, run_id: str, now: datetime, agent: str = "*"
) -> Row:
    """The PAGES row of a capture: it belongs to the hour in which it was made.

    Args:
        agent: Our product token, for what is reserved to us by name; else what is reserved to all.
    """
    origin = Provenance(source_id=source_id, window=Window.of_hour(captured_at), run_id=run_id, now=now)
    return origin.page(
        page_id=_identity(source_id, capture),
        requested_url=capture.url,
        final_url=capture.url,
        http_status=capture.http_status,
        content_type=capture.content_type,
        body=capture.body,
        fetched_at=captured_at,
        reserved=reserved_rights(capture.headers, agent, capture.body),
    )


def _settle(
    builder: ResultBuilder,
    capture: Capture,
    seen: set[bytes],
    *,
    undated: Window,
    run_id: str,
    now: datetime,
    agent: str,
) -> None:
    """Count one capture: a page, a refusal, or one that was there already."""
    identity = bytes.fromhex(_identity(builder.source_id, capture))
    if identity in seen:
        builder.count("duplicates")
        return
    seen.add(identity)
    if capture.failure is None and capture.is_revisit:
        builder.count("unchanged")
    elif capture.failure is None and capture.captured_at is not None:
        about = {"source_id": builder.source_id, "run_id": run_id, "agent": agent}
        builder.keep(captured_page(capture, capture.captured_at, now=now, **about))
    else:
        _refuse(builder, capture, undated=undated, run_id=run_id, now=now)


def _refuse(builder: ResultBuilder, capture: Capture, *, undated: Window, run_id: str, now: datetime) -> None:
    """Count a capture that is no page."""
    failure = capture.failure or Failure(reason=Reason.BAD_FIELD, detail="WARC-Date: none")
    window = Window.of_hour(capture.captured_at) if capture.captured_at else undated
    moment = _moment(capture)
    origin = Provenance(source_id=builder.source_id, window=window, run_id=run_id, now=now)
    record = {"url": capture.url, "record_id": capture.record_id, "captured_at": moment}
    what = capture.url if moment else f"{capture.url} {capture.record_id}"
    builder.refuse(origin.refusal(f"{what} {moment}", failure, record))


def _moment(capture: Capture) -> str | None:
    return capture.captured_at.isoformat() if capture.captured_at else None


def _identity(source_id: str, capture: Capture) -> str:
    """What tells one capture from another: URL, moment and bytes; record ids differ between copies of an archive."""
    what = str(capture.failure.reason) if capture.failure else sha256_of(capture.body)
    parts = [source_id, clean_url(capture.url) or capture.url, _moment(capture) or capture.record_id, what]
    return digest_of(*parts)
