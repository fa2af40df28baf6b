"""Archived answers out of WARC files: each a page, or a refusal with its reason."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from pipeline.errors import InputError
from pipeline.fetch.bodies import UnknownEncoding, decode_captured, is_page_type
from pipeline.fetch.files.records import CutArchive, NoArchive, Record, read_headers, read_records
from pipeline.fetch.results import Failure
from pipeline.fetch.unpacking import CutShort, Damaged, TooLarge
from pipeline.reasons import Reason
from pipeline.text.urls import MOST_URL_CHARS, clean_url
from pipeline.windows import Window

# A record of more than so many times the cap on bodies is counted, but never held.
_RAW_PER_BODY = 2
_DATE = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[Tt ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,9})?)?(?:[Zz]|[+-][0-9]{2}:?[0-9]{2})?)?"
)
# Years in which pages were captured, generously: a clock that was never set, or a slip of the pen, says others.
_YEARS = range(1990, 2100)
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_INTERIM = re.compile(rb"HTTP/\S{1,20}[ \t]+(?:1[0-9]{2}\b|200 connection established)", re.IGNORECASE)
_FIGURES = re.compile(r"[0-9]{14}")  # as drafts of the format had it
_SAVED_TYPES = frozenset({"text/html", "application/xhtml+xml"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """One archived answer, or a record that might have been one.

    Attributes:
        captured_at: The WARC-Date; one that names a day only stands for the day's start. None where none can be read,
            and there is a failure then.
        headers: Of the answer, names in lower case; none of a page that was saved without one.
        is_revisit: Whether it only says that the same answer came again.
        failure: Why it is no page; its body is then empty.
    """

    record_id: str
    url: str
    captured_at: datetime | None
    http_status: int | None = None
    content_type: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    is_revisit: bool = False
    failure: Failure | None = None


def captures(path: Path, *, max_bytes: int, window: Window | None = None) -> Iterator[Capture]:
    """The archived answers of one file, in its order, one in memory at a time; broken records are among them.

    Args:
        max_bytes: Cap on a decoded body.
        window: Only captures made in it, and what has no readable date; None takes all.
    Raises:
        InputError: the file cannot be read, is no WARC, or was cut; what came before the cut was given by then.
    """
    for record in _records(path, max_bytes * _RAW_PER_BODY):
        if not _is_answer(record):
            continue
        about = _about(record)
        if about.captured_at is None or window is None or about.captured_at in window:
            yield about if about.failure or about.is_revisit else _page(about, record, max_bytes)


def read_date(text: str) -> datetime | None:
    """Read a WARC-Date in UTC; a day alone stands for its start, and a month or a year for nothing.

    Example:
        >>> read_date("2026-03-02T09:30:15Z").isoformat(), read_date("2026-03-02").isoformat(), read_date("2026")
        ('2026-03-02T09:30:15+00:00', '2026-03-02T00:00:00+00:00', None)
    """
    text = text.strip().upper()
    if _FIGURES.fullmatch(text):
        text = f"{text[:8]}T{text[8:]}Z"
    elif not _DATE.fullmatch(text):
        return None
    try:
        moment = datetime.fromisoformat(text.replace(":60", ":59"))  # a leap second is no minute's 61st elsewhere
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def record_uuid(record_id: str | None) -> str:
    """The bare UUID of a WARC-Record-ID.

    Example:
        >>> record_uuid("<urn:uuid:43e405c1-6288-59ff-a8b8-a376f4af94a9>")
        '43e405c1-6288-59ff-a8b8-a376f4af94a9'
    """
    return (record_id or "").strip().strip("<>").removeprefix("urn:uuid:")


def _records(path: Path, held_bytes: int) -> Iterator[Record]:
    """The records of a file, every way in which it can break told in one kind of error."""
    with _opened(path) as file:
        is_empty = True
        try:
            for record in read_records(file, held_bytes=held_bytes):
                is_empty = False
                yield record
        except CutArchive as error:
            raise _broken(path, "was cut or damaged", error.offset, error) from error
        except NoArchive as error:
            raise _broken(path, "is no WARC archive", 0, error) from error
        if is_empty:
            raise InputError(f"{path} is empty; fetch it anew, or leave it out")


def _is_answer(record: Record) -> bool:
    """Whether a record is an answer, a page saved without one, or so broken that nobody can tell."""
    kind = record.headers.get("warc-type", "").lower()
    if kind == "resource":
        saved = record.headers.get("content-type", "").partition(";")[0].strip().lower() in _SAVED_TYPES
        return record.trouble is not None or (saved and clean_url(_url_of(record)) is not None)
    return kind in ("response", "revisit") or record.trouble is not None


def _url_of(record: Record) -> str:
    return record.headers.get("warc-target-uri", "").strip().strip("<>")


def _about(record: Record) -> Capture:
    """What the record's own head says of it, or why that cannot be taken."""
    told = record.headers.get("warc-date", "")
    moment = read_date(told)
    captured_at = moment if moment is not None and moment.year in _YEARS else None
    failure: Failure | None = None
    if record.trouble is not None:
        failure = Failure(reason=Reason.UNREADABLE, detail=f"the record at byte {record.offset}: {record.trouble}")
    elif captured_at is None:
        failure = Failure(reason=Reason.BAD_FIELD, detail=f"WARC-Date: {told[:80]!r} is no day of a capture")
    name = record_uuid(record.headers.get("warc-record-id")) or f"byte-{record.offset}"
    return Capture(
        record_id=name[:MOST_URL_CHARS],
        url=_url_of(record)[:MOST_URL_CHARS],
        captured_at=captured_at,
        is_revisit=record.headers.get("warc-type", "").lower() == "revisit",
        failure=failure,
    )


def _page(about: Capture, record: Record, max_bytes: int) -> Capture:
    """A whole record of a known moment, its encodings undone."""
    if clean_url(_url_of(record)) is None:
        return _refused(about, Reason.BAD_URL, f"no http(s) URL: {about.url[:200]!r}")
    if told := record.headers.get("warc-truncated"):
        return _refused(about, Reason.UNREADABLE, f"whoever archived it broke it off ({told[:40]})")
    if record.body is None:
        return _refused(about, Reason.TOO_LARGE, f"a record of {record.length} bytes")
    if record.headers["warc-type"].lower() == "resource":
        if len(record.body) > max_bytes:
            return _refused(about, Reason.TOO_LARGE, f"a record of {record.length} bytes")
        about = replace(about, content_type=record.headers["content-type"])
        return _decoded(about, record.body, "", "", max_bytes)
    status, headers, body = _http_parts(record.body)
    if status is None:
        return _refused(about, Reason.UNREADABLE, f"no head of an HTTP answer: {record.body[:40]!r}")
    about = replace(about, http_status=status, content_type=headers.get("content-type"), headers=headers)
    if status != 200:
        return _refused(about, Reason.HTTP_ERROR, f"status {status}")
    if not is_page_type(about.content_type):
        return _refused(about, Reason.NOT_TEXT, f"content type {(about.content_type or '')[:80]!r}")
    return _decoded(about, body, headers.get("transfer-encoding", ""), headers.get("content-encoding", ""), max_bytes)


def _decoded(about: Capture, body: bytes, transfer: str, content: str, max_bytes: int) -> Capture:
    """A page with its encodings undone."""
    try:
        return replace(about, body=decode_captured(body, transfer=transfer, content=content, limit=max_bytes))
    except TooLarge:
        return _refused(about, Reason.TOO_LARGE, f"more than {max_bytes} bytes once decoded")
    except CutShort as error:
        return _refused(about, Reason.UNREADABLE, str(error))
    except (UnknownEncoding, Damaged) as error:
        return _refused(about, Reason.BAD_ENCODING, str(error))


def _refused(about: Capture, reason: Reason, detail: str) -> Capture:
    return replace(about, failure=Failure(reason=reason, detail=detail))


def _http_parts(raw: bytes) -> tuple[int | None, dict[str, str], bytes]:
    """Status, headers (as `read_headers` gives them) and body of an archived HTTP answer, behind what was only on its way."""
    body = raw
    while True:
        match = _HEAD_END.search(body)
        head, body = (body[: match.start()], body[match.end() :]) if match else (body, b"")
        if not (_INTERIM.match(head) and body.startswith(b"HTTP/")):
            break
    status = re.match(rb"HTTP/\S{1,20}[ \t]+([0-9]{3})(?![0-9A-Za-z])", head)
    return int(status[1]) if status else None, read_headers(head), body


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """An archive's file; only a regular file is opened, for a pipe could block for ever."""
    try:
        if path.exists() and not path.is_file():
            raise InputError(f"{path} is a folder or no regular file; name a WARC file (.warc or .warc.gz)")
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise _unreadable(path, error) from error


def _broken(path: Path, what: str, offset: int, error: Exception) -> InputError:
    reason = " ".join(str(error).split())[:200]
    return InputError(f"{path} {what} (byte {offset} unpacked: {reason}); fetch it anew, or leave it out")


def _unreadable(path: Path, error: OSError) -> InputError:
    return InputError(
        f"cannot read {path}: {error.strerror or error}; name a WARC file (.warc or .warc.gz) that can be read"
    )
