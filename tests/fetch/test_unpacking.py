"""gzip and deflate, whole, cut and damaged, in pieces of any size."""

from __future__ import annotations

import gzip
import random
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.fetch.bodies import decode_captured, gunzip
from pipeline.fetch.unpacking import CutShort, Damaged, TooLarge, Unpacker, gunzip_readable

MOST = 200_000
# Of text, of what cannot be packed, of a few bytes, and of one that packs into almost nothing.
BODIES = {
    "text": b"".join(b"<p>The ferry of line %d left the pier late.</p>" % n for n in range(300)),
    "noise": random.Random(3).randbytes(3_000),
    "short": b"<p>x</p>",
    "zeros": bytes(100_000),
}
TEXT = BODIES["text"]
# Brotli of one block as it is (RFC 7932, 9.2), and then an empty one.
BROTLI = ((len(TEXT) - 1) << 4 | 1 << 20).to_bytes(3, "little") + TEXT + b"\x03"
# Zstandard of one block as it is (RFC 8878, 3.1.1).
ZSTD = b"\x28\xb5\x2f\xfd\x20\x40" + (1 | 0x40 << 3).to_bytes(3, "little") + TEXT[:0x40]


def bare_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(body) + packer.flush()


PACKED: dict[str, tuple[str, Callable[[bytes], bytes], int]] = {
    "gzip": ("gzip", lambda body: gzip.compress(body, mtime=0), 8),
    "x-gzip": ("x-gzip", lambda body: gzip.compress(body, mtime=0), 8),
    "deflate": ("deflate", zlib.compress, 4),
    "bare deflate": ("deflate", bare_deflate, 0),
}


def unpack(data: bytes, encoding: str, *, limit: int = MOST, size: int = 1_000) -> bytes:
    unpacker = Unpacker(encoding, limit)
    for start in range(0, len(data), size):
        unpacker.take(data[start : start + size])
    return unpacker.whole()


@pytest.mark.parametrize("kind", PACKED)
@pytest.mark.parametrize("name", BODIES)
@given(share=st.floats(0, 1), size=st.integers(1, 5_000))
def test_a_cut_is_told_wherever_it_is_and_only_where_text_is_missing(
    kind: str, name: str, share: float, size: int
) -> None:
    encoding, pack, check = PACKED[kind]
    body = BODIES[name]
    data = pack(body)
    cut = data[: max(1, round(share * len(data)))]
    if len(cut) >= len(data) - check:
        assert unpack(cut, encoding, size=size) == body
        return
    with pytest.raises(CutShort) as found:
        unpack(cut, encoding, size=size)
    assert body.startswith(found.value.body)


@pytest.mark.parametrize("kind", PACKED)
def test_pieces_of_one_byte_make_the_whole(kind: str) -> None:
    encoding, pack, _ = PACKED[kind]
    assert unpack(pack(TEXT), encoding, size=1) == TEXT
    assert unpack(b"", encoding) == b""


@pytest.mark.parametrize("kind", PACKED)
def test_the_cap_holds_for_every_encoding(kind: str) -> None:
    encoding, pack, _ = PACKED[kind]
    unpacker = Unpacker(encoding, 10_000)
    with pytest.raises(TooLarge):
        unpacker.take(pack(bytes(50_000_000)))
    assert len(unpacker.held) == 10_000
    assert unpack(pack(bytes(10_000)), encoding, limit=10_000) == bytes(10_000)


@pytest.mark.parametrize("kind", ["gzip", "deflate"])
def test_what_is_damaged_is_never_taken_for_whole(kind: str) -> None:
    encoding, pack, _ = PACKED[kind]
    data = pack(TEXT)
    for place in range(12, len(data), 37):
        harmed = data[:place] + bytes([data[place] ^ 0x55]) + data[place + 1 :]
        with pytest.raises(Damaged):
            unpack(harmed, encoding)


@pytest.mark.parametrize(("encoding", "wbits"), [("gzip", 31), ("deflate", 15), ("deflate", -15)])
@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_what_was_flushed_and_never_finished_is_whole(encoding: str, wbits: int, size: int) -> None:
    packer = zlib.compressobj(wbits=wbits)
    flushed = packer.compress(TEXT) + packer.flush(zlib.Z_SYNC_FLUSH)
    assert unpack(flushed, encoding, size=size) == TEXT
    with pytest.raises(CutShort):
        unpack(flushed[:-1], encoding, size=size)


@pytest.mark.parametrize("size", [1, 7, 10_000])
@pytest.mark.parametrize("behind", [b"<!-- cached -->", b"\n", b"\0" * 40, b"\x1f", b"\x1fx"])
def test_what_stands_behind_gzip_and_is_none_is_passed_over(behind: bytes, size: int) -> None:
    assert unpack(gzip.compress(TEXT) + behind, "gzip", size=size) == TEXT


@pytest.mark.parametrize("size", [1, 7, 10_000])
@pytest.mark.parametrize("between", [b"", b"\0" * 9])
def test_members_of_gzip_follow_each_other(between: bytes, size: int) -> None:
    both = gzip.compress(TEXT) + between + gzip.compress(BODIES["short"])
    assert unpack(both, "gzip", size=size) == TEXT + BODIES["short"]
    with pytest.raises(CutShort):
        unpack(both[:-9], "gzip", size=size)


def test_an_archived_body_that_is_cut_or_damaged_is_told_from_one_that_was_stored_decoded() -> None:
    for kind in ("gzip", "x-gzip", "deflate"):
        encoding, pack, _ = PACKED[kind]
        assert decode_captured(pack(TEXT), transfer="", content=encoding, limit=MOST) == TEXT
        assert decode_captured(TEXT, transfer="", content=encoding, limit=MOST) == TEXT
        with pytest.raises(CutShort):
            decode_captured(pack(TEXT)[:-50], transfer="", content=encoding, limit=MOST)
        with pytest.raises(Damaged):
            decode_captured(pack(TEXT)[:40] + bytes(20) + pack(TEXT)[60:], transfer="", content=encoding, limit=MOST)
    assert decode_captured(bare_deflate(TEXT), transfer="", content="deflate", limit=MOST) == TEXT


def test_br_zstd_and_chunks_that_break_off_are_refused() -> None:
    packed = {"br": BROTLI, "zstd": ZSTD}
    for encoding, whole in packed.items():
        assert decode_captured(whole, transfer="", content=encoding, limit=MOST)
        assert decode_captured(TEXT, transfer="", content=encoding, limit=MOST) == TEXT
        for kept in (len(whole) - 1, len(whole) // 2, 7):
            with pytest.raises(CutShort):
                decode_captured(whole[:kept], transfer="", content=encoding, limit=MOST)
    chunked = b"%x\r\n%s\r\n%x;name=value\r\n%s\r\n0\r\n\r\n" % (len(TEXT), TEXT, 8, BODIES["short"])
    assert decode_captured(chunked, transfer="chunked", content="", limit=MOST) == TEXT + BODIES["short"]
    assert decode_captured(TEXT, transfer="chunked", content="", limit=MOST) == TEXT
    with pytest.raises(CutShort):
        decode_captured(chunked[:500], transfer="chunked", content="", limit=MOST)


@given(place=st.integers(12, 400), size=st.integers(1, 40))
def test_of_broken_gzip_what_stands_before_the_damage_is_read(place: int, size: int) -> None:
    packed = gzip.compress(TEXT, mtime=0)
    assert TEXT.startswith(gunzip_readable(packed[:place], MOST))
    assert gunzip_readable(packed + packed + b"junk", MOST) == TEXT + TEXT
    with pytest.raises(TooLarge):
        gunzip_readable(packed, 500)


def test_a_cut_file_is_no_whole_one() -> None:
    with pytest.raises(CutShort, match="its compression breaks off after"):
        gunzip(gzip.compress(TEXT)[:-60], MOST)
