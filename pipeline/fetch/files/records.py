"""The records of a WARC file, one after the other, each proven whole or named as broken.

A record is whole when what follows its bytes is a record's end and then another record or the file's end. One that is not
is given with its trouble, and reading goes on at the next line that begins a record. So it does behind a damaged member of
gzip, at the next that begins a record. Where there is none, or where the last record breaks off, the reading ends, for the
file was cut.
"""

from __future__ import annotations

import os
import re
import zlib
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

from pipeline.fetch.files.members import HEAD_BYTES, find_member
from pipeline.fetch.unpacking import GZIP_MAGIC, read_up_to_damage

_ADDED_UP = {"x-robots-tag": "\n", "content-encoding": ", "}  # with what stands between them then
_MAGIC = b"WARC/"
_END = b"\r\n\r\n"
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_NEXT = re.compile(rb"\n(?=WARC/[01]\.\d\r?\n)")
_NEXT_BYTES = 16
_LENGTH = re.compile(r"[0-9]{1,15}")
_BLANK = b"\r\n"
# A head has some ten lines; whoever writes more than this writes no head.
_HEAD_BYTES = 1 << 18
_CHUNK_BYTES = 1 << 16
_PACKED_BYTES = 1 << 14
# What may be unpacked a second time, over a whole file, to look into records too large to hold that lied of their length,
# and behind damage.
_AGAIN_BYTES = 1 << 30
# What stands in the place of damage. Amid a record it ends a head, and no body; between two it is a record of nothing.
_DAMAGED = b"\0\r\n\r\n\0\n"
_DAMAGED_WHOLLY = _MAGIC + b"0.0\r\n\r\n"


class CutArchive(Exception):
    """The file breaks off, or its compression does. `offset` is the last byte read."""

    def __init__(self, what: str, offset: int) -> None:
        super().__init__(what)
        self.offset = offset


class NoArchive(Exception):
    """The file begins with no WARC record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record.

    Attributes:
        offset: Where it begins in the unpacked file.
        headers: Its own headers, names in lower case, the first of each.
        length: The length that it claims; 0 where it claims none.
        body: Its bytes; None when they are more than are held, or when there is trouble.
        trouble: Why it is not whole; None when it is.
    """

    offset: int
    headers: dict[str, str]
    length: int = 0
    body: bytes | None = None
    trouble: str | None = None


def read_records(file: BinaryIO, *, held_bytes: int) -> Iterator[Record]:
    """Read a regular file's records in order; never more than about `held_bytes` are in memory.

    Raises:
        NoArchive: it begins with no record.
        CutArchive: it breaks off.
        OSError: it cannot be read.
    """
    source = _Source(file)
    is_first = True
    while source.begin():
        offset = source.offset
        if not source.starts(_MAGIC):
            if is_first:
                raise NoArchive("it begins with no WARC record")
            if source.is_cut_magic:
                raise CutArchive(f"the record at byte {offset} is not whole", source.size)
            source.skip_to_next(0)
            yield Record(offset=offset, headers={}, trouble="no record begins here")
            continue
        is_first = False
        yield _record(source, held_bytes)


def read_headers(head: bytes) -> dict[str, str]:
    """The headers after the first line of a head: names in lower case, the first of each, or all where they add up.

    Folded lines are joined.
    """
    headers: dict[str, str] = {}
    last = ""
    for line in head.decode("utf-8", "replace").split("\n")[1:]:
        if line[:1] in (" ", "\t") and last:
            headers[last] += " " + line.strip()
            continue
        name, _, value = line.partition(":")
        name = name.strip().lower()
        is_more = name in headers
        last = name if name and (not is_more or name in _ADDED_UP) else ""
        if last:
            headers[last] = f"{headers[last]}{_ADDED_UP[last]}{value.strip()}" if is_more else value.strip()
    return headers


def _record(source: _Source, held_bytes: int) -> Record:
    """The record that begins here; the source stands behind it then."""
    offset = source.offset
    head = source.head()
    if head is None:
        return _broken(source, len(_MAGIC), Record(offset=offset, headers={}, trouble="its head does not end"))
    headers = read_headers(head)
    claimed = headers.get("content-length", "")
    if not _LENGTH.fullmatch(claimed):
        trouble = f"its Content-Length is {claimed[:40]!r}"
        return _broken(source, len(head), Record(offset=offset, headers=headers, trouble=trouble))
    length = int(claimed)
    if length > held_bytes:
        body, is_whole = None, source.pass_over(len(head), length)
    else:
        body, is_whole = source.take(len(head), length)
    if is_whole and source.damage_since(offset) is None:
        return Record(offset=offset, headers=headers, length=length, body=body)
    trouble = f"it claims {length} bytes, and no record ends there"
    if source.stops_at_head(len(head)):
        raise CutArchive(f"the record at byte {offset} is not whole: {trouble}", source.size)
    record = Record(offset=offset, headers=headers, length=length, trouble=trouble)
    return _broken(source, len(head) if source.offset == offset else 0, record)


def _broken(source: _Source, start: int, record: Record) -> Record:
    """A record with trouble, once the next was found; the last one of a file that ends amid it was cut."""
    source.skip_to_next(start)
    if damage := source.damage_since(record.offset):
        record = replace(record, trouble=f"its compression is damaged ({damage})")
    if source.is_cut:
        raise CutArchive(f"the record at byte {record.offset} is not whole: {record.trouble}", source.size)
    return record


class _Source:
    """The unpacked bytes of a file, of which a part is held; `offset` is where the reading stands."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._held = bytearray()
        self._at_end = False
        self.offset = 0
        self._again_bytes = 0
        self._damages: dict[int, str] = {}
        file.seek(0)
        self._packed = file.read(2) == GZIP_MAGIC
        self._size = os.fstat(file.fileno()).st_size
        self._restart(0, 0)

    @property
    def size(self) -> int:
        """How many unpacked bytes are known."""
        return self.offset + len(self._held)

    @property
    def is_cut(self) -> bool:
        """Whether nothing is left, and what was read ended in no record's end; gzip that is whole was not cut."""
        return not self._packed and not self._fill(1) and self._last_bytes() != _END

    def stops_at_head(self, start: int) -> bool:
        """Whether the file ends behind a record's head, or behind the head of the answer in it: in no record's end."""
        if self._packed or not self._at_end:
            return False
        first = _HEAD_END.search(self._held, start)
        return len(self._held) == start or (first is not None and first.end() == len(self._held))

    @property
    def is_cut_magic(self) -> bool:
        """Whether all that is left are the first letters of a record."""
        return not self._fill(len(_MAGIC)) and _MAGIC.startswith(self._held)

    def damage_since(self, offset: int) -> str | None:
        """What damage lies between a place and where the reading stands."""
        return next((what for place, what in self._damages.items() if offset <= place < self.offset), None)

    def begin(self) -> bool:
        """Pass over blank lines; tell whether anything is left."""
        while self._fill(1):
            first = bytes(self._held[:_NEXT_BYTES])
            blank = len(first) - len(first.lstrip(_BLANK))
            self._drop(blank)
            if blank < len(first):
                return True
        return False

    def starts(self, magic: bytes) -> bool:
        """Whether these bytes stand here."""
        self._fill(len(magic))
        return self._held.startswith(magic)

    def head(self) -> bytes | None:
        """The lines up to the first blank one, with it; None where there is none in reach."""
        wanted = 1 << 10
        while True:
            is_all = not self._fill(wanted)
            if found := _HEAD_END.search(self._held, 0, _HEAD_BYTES):
                return bytes(self._held[: found.end()])
            if is_all or wanted >= _HEAD_BYTES:
                return None
            wanted *= 4

    def take(self, start: int, length: int) -> tuple[bytes | None, bool]:
        """The bytes from `start` on, and whether a record ends behind them; stays where it was if none does."""
        end = start + length
        self._fill(end + _NEXT_BYTES)
        if len(self._held) < end or not self._ends_at(end):
            return None, False
        body = bytes(self._held[start:end])
        self._drop(end)
        return body, True

    def pass_over(self, start: int, length: int) -> bool:
        """Pass over so many bytes, unheld; tell whether a record ends behind them. Goes back if none does, where it can."""
        here = self.offset
        end = here + start + length
        if not self._packed:
            if end > self._size:
                return False
            self._restart(end, end)
        else:
            raw, unpacked = max(member for member in self._members if member[1] <= here)
            while self.offset < end and self._fill(1):
                self._drop(min(end - self.offset, len(self._held)))
        self._fill(_NEXT_BYTES)
        if self.offset == end and self._ends_at(0):
            return True
        if not self._packed:
            self._restart(here, here)
        elif self._again_bytes + self.offset - unpacked <= _AGAIN_BYTES:
            self._again_bytes += self.offset - unpacked
            self._restart(raw, unpacked)
            while self.offset < here and self._fill(1):
                self._drop(min(here - self.offset, len(self._held)))
        return False

    def skip_to_next(self, start: int) -> None:
        """Go to the next line, from `start` on, that begins a record, or to the end."""
        self._drop(min(max(0, start - 1), len(self._held)))
        searched = 0
        while True:
            if found := _NEXT.search(self._held, searched):
                self._drop(found.end())
                return
            searched = max(0, len(self._held) - _NEXT_BYTES)
            if searched > _CHUNK_BYTES:
                self._drop(searched)
                searched = 0
            if not self._fill(len(self._held) + 1):
                self._drop(len(self._held))
                return

    def _ends_at(self, at: int) -> bool:
        """Whether a record ends at this place of what is held: blank lines, and then a record or nothing."""
        after = bytes(self._held[at : at + _NEXT_BYTES])
        rest = after.lstrip(_BLANK)
        if not rest:
            return after.startswith((_END, b"\n\n"))
        return len(rest) < len(after) and (rest.startswith(_MAGIC) or _MAGIC.startswith(rest))

    def _last_bytes(self) -> bytes:
        """The last bytes of a plain file."""
        return os.pread(self._file.fileno(), len(_END), max(0, self._size - len(_END)))

    def _fill(self, count: int) -> bool:
        """Hold so many bytes, if there are; False when the file has fewer."""
        while len(self._held) < count and not self._at_end:
            chunk = self._unpacked() if self._packed else self._file.read(_CHUNK_BYTES)
            if chunk:
                self._held += chunk
            else:
                self._at_end = True
        return len(self._held) >= count

    def _drop(self, count: int) -> None:
        """Go on by so many held bytes."""
        del self._held[:count]
        self.offset += count

    def _restart(self, raw: int, unpacked: int) -> None:
        """Read from a place of the file on, which is this one unpacked."""
        self._file.seek(raw)
        self._held.clear()
        self._at_end = False
        self.offset = unpacked
        self._raw_offset = raw
        self._pending = b""
        self._member: zlib._Decompress | None = None
        self._members = deque([(raw, unpacked)])

    def _unpacked(self) -> bytes:
        """The next bytes out of gzip, with a mark in the place of damage; nothing at the end."""
        while True:
            is_last = not self._pending and not self._read_packed()
            if self._member is None:
                if is_last:
                    return b""
                self._begin_member()
                continue
            before = self._member.copy()
            try:
                chunk = self._member.decompress(self._pending, _CHUNK_BYTES)
            except zlib.error as error:
                return self._pass_damage(read_up_to_damage(before, self._pending), str(error))
            is_over = self._member.eof
            self._pending = self._member.unused_data if is_over else self._member.unconsumed_tail
            if is_over:
                self._member = None
            if chunk:
                return chunk
            if is_last and not is_over:
                return self._pass_damage(b"", "it breaks off")

    def _pass_damage(self, read: bytes, what: str) -> bytes:
        """Go to the next member that begins a record; gives what was read of the damaged one, and the mark behind it."""
        raw, unpacked = self._members[-1]
        place = self.size + len(read)
        self._again_bytes += self._raw_offset - raw
        most_tries = max(0, _AGAIN_BYTES - self._again_bytes) // HEAD_BYTES
        found, tries = find_member(self._file, raw + 1, opening=_MAGIC, most_tries=most_tries)
        if found is None:
            raise CutArchive(f"its compression is damaged, and no record begins behind that: {what}", place)
        self._again_bytes += tries * HEAD_BYTES
        self._damages[place] = what
        self._file.seek(found)
        self._raw_offset = found
        self._pending = b""
        self._member = None
        return read + (_DAMAGED if place > unpacked else _DAMAGED_WHOLLY)

    def _read_packed(self) -> bool:
        """Hold more of what is packed; False at the file's end."""
        self._pending = self._file.read(_PACKED_BYTES)
        self._raw_offset += len(self._pending)
        return bool(self._pending)

    def _begin_member(self) -> None:
        """Begin the next member of gzip, past the zeros that may pad the one before."""
        self._pending = self._pending.lstrip(b"\0")
        if not self._pending:
            return
        self._member = zlib.decompressobj(wbits=31)
        if self._members[-1][1] == self.size:  # the one before was empty
            self._members.pop()
        self._members.append((self._raw_offset - len(self._pending), self.size))
        while len(self._members) > 1 and self._members[1][1] <= self.offset:
            self._members.popleft()
