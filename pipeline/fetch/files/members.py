"""Where the next member of a gzipped archive begins, behind one that is damaged."""

from __future__ import annotations

import os
import zlib
from typing import BinaryIO

from pipeline.fetch.unpacking import GZIP_MAGIC

_MEMBER = GZIP_MAGIC + b"\x08"
_CHUNK_BYTES = 1 << 16
# A member's own head and the first bytes of what it holds.
HEAD_BYTES = 1 << 10


def find_member(file: BinaryIO, start: int, *, opening: bytes, most_tries: int) -> tuple[int | None, int]:
    """Find the next member that opens as it should.

    Bytes that look like a member's beginning stand within compressed ones too: what counts is what comes out.

    Args:
        file: A regular file; where it is read at stays as it is.
        start: The place from which on to look.
        opening: What must come out first.
        most_tries: How many beginnings are looked into at most.
    Returns:
        Its place, or None; and how many beginnings were looked into.
    """
    held, at, tries = b"", start, 0
    while chunk := os.pread(file.fileno(), _CHUNK_BYTES, at + len(held)):
        held += chunk
        found = held.find(_MEMBER)
        while found >= 0:
            if tries >= most_tries:
                return None, tries
            tries += 1
            if _opens(os.pread(file.fileno(), HEAD_BYTES, at + found), opening):
                return at + found, tries
            found = held.find(_MEMBER, found + 1)
        kept = len(_MEMBER) - 1
        at += max(0, len(held) - kept)
        held = held[-kept:]
    return None, tries


def _opens(packed: bytes, opening: bytes) -> bool:
    """Whether a member opens so."""
    try:
        return zlib.decompressobj(wbits=31).decompress(packed, len(opening)) == opening
    except zlib.error:
        return False
