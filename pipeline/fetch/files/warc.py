"""Archived answers out of WARC files, and the proof that a file is whole.

fastwarc ends quietly where a file was cut. So the bytes are counted here: gzip is unpacked by Python's own reader, which
misses the end of a stream; each record must have the length it claims; and the last bytes must be a record's end. Only
a cut between two records passes, and that leaves whole records.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, TypeVar, cast

from fastwarc.warc import ArchiveIterator, WarcRecord, WarcRecordType

from pipeline.errors import InputError
from pipeline.fetch.bodies import GZIP_MAGIC, TooLarge, UnknownEncoding, decode_captured, is_page_type
from pipeline.fetch.results import Failure
from pipeline.reasons import Reason
from pipeline.text.urls import clean_url
from pipeline.windows import Window

Taken = TypeVar("Taken")

_RECORD_END = b"\r\n\r\n"
# A record of more than so many times the cap on bodies is counted, but never held.
_RAW_PER_BODY = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """One archived answer. `failure` says why it is no page; its body is then empty."""

    record_id: str
    url: str
    captured_at: datetime
    http_status: int | None = None
    content_type: str | None = None
    body: bytes = b""
    failure: Failure | None = None


def capture_times(path: Path) -> Iterator[datetime]:
    """The capture time of every archived answer, bodies unread; reads the whole file.

    Raises:
        InputError: the file cannot be read, is no WARC, or was cut.
    """
    return _answers(path, lambda record: _captured_at(record, path))


def captures(path: Path, *, max_bytes: int, window: Window | None = None) -> Iterator[Capture]:
    """The archived answers of one file, in its order, one in memory at a time.

    Args:
        max_bytes: Cap on a decoded body.
        window: Only captures made in it; None takes all.
    Raises:
        InputError: the file cannot be read, is no WARC, or was cut; what came before the cut was given by then.
    """

    def take(record: WarcRecord) -> Capture | None:
        captured_at = _captured_at(record, path)
        return _capture(record, captured_at, max_bytes) if window is None or captured_at in window else None

    return _answers(path, take)


def record_uuid(record_id: str | None) -> str:
    """The bare UUID of a WARC-Record-ID.

    Example:
        >>> record_uuid("<urn:uuid:43e405c1-6288-59ff-a8b8-a376f4af94a9>")
        '43e405c1-6288-59ff-a8b8-a376f4af94a9'
    """
    return (record_id or "").strip().strip("<>").removeprefix("urn:uuid:")


def _answers(path: Path, take: Callable[[WarcRecord], Taken | None]) -> Iterator[Taken]:
    """What `take` makes of every archived answer, given once the record proved whole; None is left out.

    Records are read inside this frame, so that every way in which a file can break ends in one kind of error.
    """
    with _opened(path) as file:
        offset = 0
        try:
            for record in ArchiveIterator(file, record_types=WarcRecordType.any_type, parse_http=False):
                offset = record.stream_pos
                taken = take(record) if record.record_type == WarcRecordType.response else None
                record.reader.consume()
                if record.reader.tell() != record.content_length:
                    raise EOFError(f"the record at byte {offset} of {record.content_length} bytes is not whole")
                if taken is not None:
                    yield taken
            if file.size and file.tail != _RECORD_END:
                raise EOFError(f"the record at byte {offset} has no end")
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise _broken(path, "was cut or damaged", file.size, error) from error
        except OSError as error:
            if error.errno is not None:
                raise _unreadable(path, error) from error
            raise _broken(
                path, "is no WARC archive from there on" if offset else "is no WARC archive", offset, error
            ) from error
        if not file.size:
            raise InputError(f"{path} is empty; fetch it anew, or leave it out")


def _captured_at(record: WarcRecord, path: Path) -> datetime:
    """The WARC-Date: without it a capture belongs to no window."""
    moment: datetime | None = record.record_date
    if moment is None:
        name = record_uuid(record.record_id)
        raise InputError(f"{path}: record {name} has no readable WARC-Date; mend the archive, or leave it out")
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _capture(record: WarcRecord, captured_at: datetime, max_bytes: int) -> Capture:
    """One archived answer, its encodings undone."""
    url = (record.headers.get("WARC-Target-URI") or "").strip().strip("<>")
    capture = Capture(record_id=record_uuid(record.record_id), url=url, captured_at=captured_at)
    if clean_url(url) is None:
        return replace(capture, failure=Failure(reason=Reason.BAD_URL, detail=f"no http(s) URL: {url[:200]!r}"))
    if record.content_length > max_bytes * _RAW_PER_BODY:
        detail = f"a record of {record.content_length} bytes"
        return replace(capture, failure=Failure(reason=Reason.TOO_LARGE, detail=detail))
    status, headers, body = _http_parts(record.reader.read())
    capture = replace(capture, http_status=status, content_type=headers.get("content-type"))
    if status != 200:
        return replace(capture, failure=Failure(reason=Reason.HTTP_ERROR, detail=f"status {status}"))
    if not is_page_type(capture.content_type):
        detail = f"content type {(capture.content_type or '')[:80]!r}"
        return replace(capture, failure=Failure(reason=Reason.NOT_TEXT, detail=detail))
    transfer, content = headers.get("transfer-encoding", ""), headers.get("content-encoding", "")
    try:
        return replace(capture, body=decode_captured(body, transfer=transfer, content=content, limit=max_bytes))
    except TooLarge:
        detail = f"more than {max_bytes} bytes once decoded"
        return replace(capture, failure=Failure(reason=Reason.TOO_LARGE, detail=detail))
    except UnknownEncoding as error:
        return replace(capture, failure=Failure(reason=Reason.BAD_ENCODING, detail=str(error)))


def _http_parts(raw: bytes) -> tuple[int | None, dict[str, str], bytes]:
    """Status, headers (names in lower case, the first of each) and body of an archived HTTP answer."""
    match = re.search(rb"\r?\n\r?\n", raw)
    head, body = (raw[: match.start()], raw[match.end() :]) if match else (raw, b"")
    lines = head.decode("utf-8", "replace").splitlines()
    status = re.match(r"HTTP/\S+\s+(\d{3})\b", lines[0]) if lines else None
    headers: dict[str, str] = {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        headers.setdefault(name.strip().lower(), value.strip())
    return int(status[1]) if status else None, headers, body


class _Counted:
    """A binary file that remembers how much was read of it, and the last bytes."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = 0
        self.tail = b""

    def read(self, size: int = -1) -> bytes:
        """As a file does."""
        data = self._file.read(size)
        self.size += len(data)
        self.tail = (self.tail + data[-len(_RECORD_END) :])[-len(_RECORD_END) :]
        return data

    def tell(self) -> int:
        """How much was read."""
        return self.size

    def seek(self, offset: int, whence: int = 0) -> int:
        """Archives are read forwards only."""
        raise OSError("archives are read forwards only")

    def close(self) -> None:
        """The file is closed where it was opened."""


@contextmanager
def _opened(path: Path) -> Iterator[_Counted]:
    """The unpacked bytes of an archive; only a regular file is opened, for a pipe could block for ever."""
    try:
        if path.exists() and not path.is_file():
            raise InputError(f"{path} is a folder or no regular file; name a WARC file (.warc or .warc.gz)")
        with path.open("rb") as raw:
            if raw.peek(2)[:2] == GZIP_MAGIC:
                with gzip.GzipFile(fileobj=raw) as unpacked:
                    yield _Counted(cast(BinaryIO, unpacked))
            else:
                yield _Counted(raw)
    except OSError as error:
        raise _unreadable(path, error) from error


def _broken(path: Path, what: str, offset: int, error: Exception) -> InputError:
    reason = " ".join(str(error).split())[:200]
    return InputError(f"{path} {what} (byte {offset} unpacked: {reason}); fetch it anew, or leave it out")


def _unreadable(path: Path, error: OSError) -> InputError:
    return InputError(
        f"cannot read {path}: {error.strerror or error}; name a WARC file (.warc or .warc.gz) that can be read"
    )
