"""gzip and deflate undone piece by piece, under a cap, and whether all of it came."""

from __future__ import annotations

import struct
import zlib

GZIP_MAGIC = b"\x1f\x8b"
_FLUSHED = b"\0\0\xff\xff"  # so a compressor ends what it sends on before it is done
_GZIP, _ZLIB, _BARE = 31, 15, -15  # what zlib calls the three forms
_FIRST_BYTES = 32  # of what is packed so many are never all ASCII
_STEP_BYTES, _CHUNK_BYTES = 1 << 14, 1 << 20


class TooLarge(ValueError):
    """The decoded bytes pass the cap."""


class Damaged(OSError):
    """The bytes are not encoded as they are said to be."""


class CutShort(Damaged):
    """The bytes end before what they encode does. `body` is what came out of them."""

    def __init__(self, body: bytes) -> None:
        super().__init__(f"its compression breaks off after {len(body)} unpacked bytes")
        self.body = body


def is_packed(body: bytes) -> bool:
    """Whether bytes begin as gzip or zlib do, and as no text does."""
    return body.startswith(GZIP_MAGIC) or (body[:1] == b"x" and int.from_bytes(body[:2], "big") % 31 == 0)


def is_plain(body: bytes) -> bool:
    """Whether bytes begin as text does: markup and words, behind a mark of their order if need be."""
    first = body[:_FIRST_BYTES].removeprefix(b"\xef\xbb\xbf")
    return all(0x20 <= byte < 0x7F or byte in b"\t\n\f\r" for byte in first)


class Unpacker:
    """A body on its way: never more than the cap and a byte of it is held.

    Headers say gzip of deflate, deflate of gzip and either of what is not packed at all: the first bytes tell. What loses no
    text is forgiven: a check sum that is missing at the end, an end that was flushed and never finished, deflate without the
    head that it should have, and whatever stands behind gzip and is none.

    Args:
        encoding: gzip, x-gzip or deflate; with any other the bytes stay as they are.
        limit: Cap on the decoded bytes.
    """

    def __init__(self, encoding: str, limit: int) -> None:
        self._encoding = encoding.removeprefix("x-")
        self._limit = limit
        self._held = bytearray()
        self._rest = b""
        self._is_begun = False
        self._inflater: zlib._Decompress | None = None
        self._wbits = 0
        self._member_start: int | None = None
        self._is_over = False
        self._last = b""

    @property
    def held(self) -> bytes:
        """What came out so far, the cap at most."""
        return bytes(self._held[: self._limit])

    def take(self, piece: bytes) -> None:
        """Take the next bytes.

        Raises:
            TooLarge: more than the cap comes out.
            Damaged: they are not encoded so.
        """
        if not self._is_begun:
            self._rest += piece
            if len(self._rest) < _FIRST_BYTES:
                return
            piece, self._rest = self._rest, b""
            self._tell(piece)
        if not self._encoding:
            self._hold(piece)
            return
        self._last = (self._last + piece)[-len(_FLUSHED) :]
        piece, self._rest = self._rest + piece, b""
        while piece:
            piece = self._begin(piece) if self._inflater is None else self._inflate(self._inflater, piece)

    def whole(self) -> bytes:
        """Everything, once all was taken.

        Raises:
            CutShort: it broke off.
            TooLarge, Damaged: as `take` does, of a body of a few bytes.
        """
        if not self._is_begun:
            self._tell(self._rest)
            piece, self._rest = self._rest, b""
            self.take(piece)
        if self._inflater is None or self._last == _FLUSHED or self._lacks_check_alone(self._inflater):
            return self.held
        raise CutShort(self.held)

    def _tell(self, first: bytes) -> None:
        """Tell by the first bytes how they are packed."""
        self._is_begun = True
        if self._encoding not in ("gzip", "deflate"):
            self._encoding = ""
        elif first.startswith(GZIP_MAGIC) or first == GZIP_MAGIC[:1]:
            self._encoding, self._wbits = "gzip", _GZIP
        elif is_packed(first) or (self._encoding == "deflate" and first == b"x"):
            self._encoding, self._wbits = "deflate", _ZLIB
        elif self._encoding == "gzip" or is_plain(first):
            self._encoding = ""
        else:
            self._wbits = _BARE

    def _begin(self, piece: bytes) -> bytes:
        """Begin with the first bytes, or with another member of gzip; gives what is to be inflated."""
        if self._member_start is not None:
            piece = b"" if self._is_over or self._encoding == "deflate" else piece.lstrip(b"\0")
            if not piece.startswith(GZIP_MAGIC):
                self._is_over = self._is_over or not GZIP_MAGIC.startswith(piece)
                self._rest = b"" if self._is_over else piece
                return b""
        self._inflater = zlib.decompressobj(wbits=self._wbits)
        self._member_start = len(self._held)
        return piece

    def _inflate(self, inflater: zlib._Decompress, piece: bytes) -> bytes:
        """Inflate some bytes; gives those behind the member's end."""
        try:
            self._hold(inflater.decompress(piece, self._limit + 1 - len(self._held)))
        except zlib.error as error:
            raise Damaged(str(error)) from error
        if not inflater.eof:
            return b""
        self._inflater = None
        return inflater.unused_data

    def _hold(self, decoded: bytes) -> None:
        """Hold some more, up to the cap."""
        self._held += decoded
        if len(self._held) > self._limit:
            raise TooLarge

    def _lacks_check_alone(self, inflater: zlib._Decompress) -> bool:
        """Whether the check sum is all that is missing: then what is left of the right one ends it."""
        body = self._held[self._member_start :]
        check = b""
        if self._wbits == _GZIP:
            check = struct.pack("<II", zlib.crc32(body), len(body))
        elif self._wbits == _ZLIB:
            check = struct.pack(">I", zlib.adler32(body))
        return any(_ends_with(inflater, check[given:]) for given in range(len(check)))


def _ends_with(inflater: zlib._Decompress, check: bytes) -> bool:
    """Whether a check sum, given in the place of what is missing, ends the stream and adds nothing to it."""
    copy = inflater.copy()
    try:
        return not copy.decompress(check, 1) and copy.eof
    except zlib.error:
        return False


def gunzip_readable(body: bytes, limit: int) -> bytes:
    """What can be read of gzip that may be broken, cut, or followed by something else; nothing where nothing can.

    Raises:
        TooLarge: more than `limit` bytes come out.
    """
    parts: list[bytes] = []
    at = size = 0
    is_damaged = False
    while body.startswith(GZIP_MAGIC, at) and not is_damaged:
        member = zlib.decompressobj(wbits=_GZIP)
        while at < len(body) and not member.eof and not is_damaged:
            before, given = member.copy(), body[at : at + _STEP_BYTES]
            try:
                parts.append(member.decompress(given, _CHUNK_BYTES))
                at += len(given) - len(member.unconsumed_tail) - len(member.unused_data)
            except zlib.error:
                parts.append(read_up_to_damage(before, given))
                is_damaged = True
            size += len(parts[-1])
            if size > limit:
                raise TooLarge
    return b"".join(parts)


def read_up_to_damage(inflater: zlib._Decompress, packed: bytes) -> bytes:
    """All that comes out before the damage that these bytes hold."""
    out = bytearray()
    try:
        for place in range(len(packed)):
            out += inflater.decompress(packed[place : place + 1])
    except zlib.error:
        pass
    return bytes(out)
