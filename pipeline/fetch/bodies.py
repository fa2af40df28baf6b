"""Bytes under a cap: what counts as a page's content type, and content encodings undone."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Protocol

from fastwarc.stream_io import BrotliReader, ZstdReader

from pipeline.fetch.unpacking import GZIP_MAGIC, CutShort, TooLarge, Unpacker, is_plain
from pipeline.text.decode import codec_of

_CHUNK_BYTES = 1 << 16
_CHUNK_HEAD = re.compile(rb"([0-9a-fA-F]{1,8})[ \t]{0,8}(?:;[^\r\n]{0,200})?\r?\n")

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


_ALIKE = {
    "x-gzip": "gzip",
    "application/gzip": "gzip",
    "application/x-gzip": "gzip",
    "x-deflate": "deflate",
    "zlib": "deflate",
}
_INFLATED = frozenset({"gzip", "deflate"})
# Told without being asked for, and known all the same; such a body is unpacked when all of it is there.
UNASKED_ENCODINGS = frozenset({"br", "zstd"})
KNOWN_ENCODINGS = _INFLATED | UNASKED_ENCODINGS
_DECODERS: dict[str, Callable[[io.BytesIO], _Reader]] = {
    "br": BrotliReader,
    "zstd": ZstdReader,
}


def encoding_of(told: str) -> str:
    """What a Content-Encoding header comes down to: empty for none, else the one encoding, or all of a stack as told.

    One that is told twice is one, for no server packs twice what it says it did: the bytes tell whether it was.

    Example:
        >>> encoding_of("aws-chunked, GZIP;q=1.0"), encoding_of("windows-1250"), encoding_of("gzip, gzip"), encoding_of("gzip, br")
        ('gzip', '', 'gzip', 'gzip,br')
    """
    names = (part.partition(";")[0].strip(" \t\"'").lower() for part in told.split(","))
    return ",".join(dict.fromkeys(_ALIKE.get(name, name) for name in names if not _is_plain_name(name)))


def _is_plain_name(name: str) -> bool:
    """Whether a name is no encoding of a content, but a charset's, or one for none."""
    return name in PLAIN_ENCODINGS or codec_of(name) is not None


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
    if "chunked" in transfer.lower() and _CHUNK_HEAD.match(body):
        body = _joined(body)
    name = encoding_of(content)
    if name in _INFLATED:
        body = _unpacked(body, name, limit)
    elif name:
        if name not in _DECODERS:
            raise UnknownEncoding(f"content encoding {content[:80]!r} is stacked or not known")
        if not is_plain(body) and not body.startswith(GZIP_MAGIC):
            body = _decoded(_DECODERS[name], body, limit)
    body = _unpacked(body, "gzip", limit)  # told, twice, or not told at all
    if len(body) > limit:
        raise TooLarge
    return body


def _unpacked(body: bytes, encoding: str, limit: int) -> bytes:
    """The whole of gzip or deflate; of nothing nothing."""
    unpacker = Unpacker(encoding, limit)
    unpacker.take(body)
    return unpacker.whole()


def _decoded(decoder: Callable[[io.BytesIO], _Reader], body: bytes, limit: int) -> bytes:
    """The decoded bytes.

    Raises:
        CutShort: they break off; readers do not tell that from other damage.
    """
    parts: list[bytes] = []
    try:
        _read_all(decoder(io.BytesIO(body)), limit, parts)
    except OSError as error:
        raise CutShort(b"".join(parts)) from error
    return b"".join(parts)


def _joined(body: bytes) -> bytes:
    """The chunks of a transfer, put together; what was stored decoded begins with no head of one.

    Raises:
        CutShort: the last one is missing, or not whole.
    """
    parts: list[bytes] = []
    at = 0
    while head := _CHUNK_HEAD.match(body, at):
        length = int(head[1], 16)
        if length == 0:
            return b"".join(parts)
        parts.append(body[head.end() : head.end() + length])
        at = head.end() + length
        at += 2 if body.startswith(b"\r\n", at) else 1
    raise CutShort(b"".join(parts))


def _read_all(reader: _Reader, limit: int, parts: list[bytes]) -> None:
    """Everything that a reader gives, chunk by chunk."""
    size = 0
    while chunk := reader.read(_CHUNK_BYTES):
        parts.append(chunk)
        size += len(chunk)
        if size > limit:
            raise TooLarge
