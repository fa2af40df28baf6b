"""Bytes under a cap: what counts as a page's content type, and content encodings undone."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Protocol

from fastwarc.stream_io import BrotliReader, ChunkedReader, ZstdReader

from pipeline.fetch.unpacking import GZIP_MAGIC, Damaged, TooLarge, Unpacker

_CHUNK_BYTES = 1 << 16

# What servers write for no encoding at all, a charset or how it came to them among it.
PLAIN_ENCODINGS = frozenset(
    {"", "identity", "none", "null", "utf-8", "utf8", "iso-8859-1", "windows-1252", "ascii", "us-ascii", "binary", "7bit", "8bit",
     "text", "html", "text/html", "chunked", "aws-chunked"}
)  # fmt: skip

# text/* would let style sheets and scripts in; no type at all is common and left to extraction.
_PAGE_TYPES = frozenset({"", "text/html", "application/xhtml+xml", "text/plain", "text/xml", "application/xml"})


class UnknownEncoding(ValueError):
    """A content encoding is stacked or not known; the text says which."""


class _Reader(Protocol):
    def read(self, size: int = ...) -> bytes: ...


_INFLATED = frozenset({"gzip", "x-gzip", "deflate"})
# Told without being asked for, and known all the same; such a body is unpacked when all of it is there.
UNASKED_ENCODINGS = frozenset({"br", "zstd"})
KNOWN_ENCODINGS = _INFLATED | UNASKED_ENCODINGS
_DECODERS: dict[str, Callable[[io.BytesIO], _Reader]] = {
    "br": BrotliReader,
    "zstd": ZstdReader,
}


def encoding_of(told: str) -> str:
    """What a Content-Encoding header comes down to: empty for none, else the one encoding, or all of a stack as told.

    Example:
        >>> encoding_of("aws-chunked, GZIP"), encoding_of("UTF-8"), encoding_of("gzip, br")
        ('gzip', '', 'gzip,br')
    """
    return ",".join(name for part in told.split(",") if (name := part.strip().lower()) not in PLAIN_ENCODINGS)


def is_page_type(content_type: str | None) -> bool:
    """Tell whether a Content-Type may hold a news page.

    Example:
        >>> is_page_type("Text/HTML; charset=utf-8"), is_page_type("application/pdf"), is_page_type(None)
        (True, False, True)
    """
    return (content_type or "").partition(";")[0].strip().lower() in _PAGE_TYPES


def gunzip(data: bytes, limit: int) -> bytes:
    """Unpack gzip without ever holding more than the limit.

    Raises:
        TooLarge: more than `limit` bytes come out.
        Damaged: the data is no gzip, or broken; CutShort, which is one, where it breaks off.
    """
    return _unpacked(data, "gzip", limit)


def decode_captured(body: bytes, *, transfer: str, content: str, limit: int) -> bytes:
    """Undo the transfer and content encodings that an archived answer declares.

    Some crawlers store the body decoded but keep the headers: what is not encoded at all is then given back as it is.

    Args:
        transfer, content: The Transfer-Encoding and Content-Encoding headers, maybe empty.
        limit: Cap on the decoded bytes.
    Raises:
        TooLarge: the decoded body passes the limit.
        UnknownEncoding: encodings are stacked, or not known.
        Damaged: it is encoded, and broken; CutShort, which is one, where it breaks off.
    """
    if "chunked" in transfer.lower():
        body = _tried(ChunkedReader, body, limit)
    name = encoding_of(content)
    if name in _INFLATED:
        try:
            body = _unpacked(body, name, limit)
        except Damaged:
            if is_packed(body):
                raise
    elif name:
        if name not in _DECODERS:
            raise UnknownEncoding(f"content encoding {content[:80]!r} is stacked or not known")
        body = _tried(_DECODERS[name], body, limit)
    if len(body) > limit:
        raise TooLarge
    return body


def _unpacked(body: bytes, encoding: str, limit: int) -> bytes:
    """The whole of gzip or deflate; of nothing nothing."""
    unpacker = Unpacker(encoding, limit)
    unpacker.take(body)
    return unpacker.whole()


def is_packed(body: bytes) -> bool:
    """Whether bytes begin as gzip or zlib do, and as no text does."""
    return body.startswith(GZIP_MAGIC) or (body[:1] == b"x" and int.from_bytes(body[:2], "big") % 31 == 0)


def _tried(decoder: Callable[[io.BytesIO], _Reader], body: bytes, limit: int) -> bytes:
    """The decoded bytes, or the bytes themselves when they are not encoded at all."""
    try:
        return _read_all(decoder(io.BytesIO(body)), limit) if body else body
    except OSError:
        return body


def _read_all(reader: _Reader, limit: int) -> bytes:
    """Everything that a reader gives, chunk by chunk."""
    parts: list[bytes] = []
    size = 0
    while chunk := reader.read(_CHUNK_BYTES):
        size += len(chunk)
        if size > limit:
            raise TooLarge
        parts.append(chunk)
    return b"".join(parts)
