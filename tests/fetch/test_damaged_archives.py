"""A damaged member of a gzipped archive is refused by name, and the reading goes on at the next."""

from __future__ import annotations

import gzip
import json
import random
import time
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import InputError
from pipeline.fetch.files import records
from pipeline.fetch.files.captures import capture_days, read_warc
from pipeline.fetch.results import FetchResult

from .test_warc import NOW, raw

WORDS = ["barge", "lock", "quay", "ferry", "tide", "mast", "crane", "pilot", "harbour", "buoy"]


def member(number: int, *, words: int = 120) -> bytes:
    """One record, packed by itself, of a text that no other has."""
    chance = random.Random(number)
    text = " ".join(f"{chance.choice(WORDS)}{chance.randrange(9999)}" for _ in range(words)).encode()
    block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>%s</p>" % text
    return gzip.compress(raw(number, block=block), mtime=0)


def read(path: Path, data: bytes, **more: Any) -> list[FetchResult]:
    path.write_bytes(data)
    return list(read_warc([path], source_id="warc", window=None, run_id="run-1", now=NOW, **more))


def kept(batches: list[FetchResult]) -> list[int]:
    """The numbers of the pages that were read."""
    return [int(url.rsplit("/", 1)[1]) for batch in batches for url in batch.pages["requested_url"].to_pylist()]


def refused(batches: list[FetchResult]) -> list[dict[str, Any]]:
    return [row for batch in batches for row in batch.refusals.to_pylist()]


def flipped(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 0xFF]) + data[place + 1 :]


LENGTH = len(member(2))
DAMAGE = {
    **{f"a byte at {place}": lambda m, place=place: flipped(m, place) for place in (0, 1, 2, 10, 11, 40)},
    **{f"a byte {share:.0%} in": lambda m, share=share: flipped(m, int(share * len(m))) for share in (0.2, 0.5, 0.9)},
    "its check sum": lambda m: flipped(m, len(m) - 6),
    "its size": lambda m: flipped(m, len(m) - 1),
    "its end is missing": lambda m: m[:-40],
    "its check sum is missing": lambda m: m[:-8],
    "its middle is missing": lambda m: m[:90] + m[130:],
    "its beginning is missing": lambda m: m[30:],
    "zeros in the middle": lambda m: m[:100] + bytes(200) + m[300:],
    "all of it is noise": lambda m: random.Random(1).randbytes(len(m)),
    "it is full of beginnings": lambda m: m[:60] + b"\x1f\x8b\x08" * 90,
    "a member that is no record stands in it": lambda m: m[:60] + gzip.compress(b"<p>no record</p>") + m[120:],
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_what_is_damaged_is_counted_and_named_and_its_neighbours_are_read(tmp_path, kind):
    path = tmp_path / "made.warc.gz"
    harmed = DAMAGE[kind](member(2))
    batches = read(path, member(1) + harmed + member(3) + member(4))
    assert kept(batches) == [1, 3, 4]
    (row,) = refused(batches)
    assert row["reason"] == "unreadable"
    assert "its compression is damaged (" in row["detail"]
    total = batches[0].report.total
    assert (total.received, total.new, total.quarantined) == (4, 3, 1)
    assert len(capture_days([path])) == 1


def test_its_address_is_told_where_it_can_still_be_read(tmp_path):
    batches = read(tmp_path / "made.warc.gz", member(1) + flipped(member(2), LENGTH // 2) + member(3))
    (row,) = refused(batches)
    assert json.loads(row["record_json"])["url"] == "http://a.example/2"
    batches = read(tmp_path / "made.warc.gz", member(1) + random.Random(1).randbytes(400) + member(3))
    (row,) = refused(batches)
    assert row["detail"].startswith("the record at byte ")


@pytest.mark.parametrize("places", [[1], [2, 3], [1, 3, 5], [1, 2, 3, 4, 5]])
@pytest.mark.parametrize("kind", ["a byte 50% in", "its check sum", "its end is missing"])
def test_several_are_each_counted(tmp_path, kind, places):
    data = b"".join(DAMAGE[kind](member(n)) if n in places else member(n) for n in range(1, 8))
    batches = read(tmp_path / "made.warc.gz", data)
    assert kept(batches) == [n for n in range(1, 8) if n not in places]
    assert len(refused(batches)) == len(places)


@pytest.mark.parametrize("size", [1, 700, 4_000])
def test_neither_the_size_of_records_nor_that_of_reading_matters(tmp_path, monkeypatch, size):
    monkeypatch.setattr(records, "_PACKED_BYTES", size)
    monkeypatch.setattr(records, "_CHUNK_BYTES", 3 * size)
    large = member(2, words=4_000)
    for harmed in (flipped(large, len(large) // 2), flipped(large, len(large) - 6), large[: len(large) // 2]):
        batches = read(tmp_path / "made.warc.gz", member(1) + harmed + member(3))
        assert kept(batches) == [1, 3]
        assert len(refused(batches)) == 1


def test_a_record_too_large_to_hold_may_be_damaged_too(tmp_path):
    large = member(2, words=4_000)
    for harmed in (flipped(large, len(large) // 2), flipped(large, len(large) - 6), large[: len(large) // 2]):
        batches = read(tmp_path / "made.warc.gz", member(1) + harmed + member(3), page_max_bytes=3_000)
        assert kept(batches) == [1, 3]
        assert [row["reason"] for row in refused(batches)] == ["unreadable"]


def test_of_records_that_share_a_member_those_before_the_damage_are_read(tmp_path):
    shared = gzip.compress(b"".join(gzip.decompress(member(n)) for n in range(1, 9)))
    batches = read(tmp_path / "made.warc.gz", flipped(shared, len(shared) // 2) + member(9))
    found = kept(batches)
    assert found[-1] == 9
    assert found[:-1] == list(range(1, len(found)))
    assert len(found) > 3
    assert len(refused(batches)) == 1


@pytest.mark.parametrize("kind", ["a byte 50% in", "its check sum", "its end is missing"])
def test_behind_the_last_one_nothing_is_to_be_found_and_the_archive_was_cut(tmp_path, kind):
    with pytest.raises(InputError, match="was cut or damaged"):
        read(tmp_path / "made.warc.gz", member(1) + member(2) + DAMAGE[kind](member(3)))


def test_many_cost_no_more_than_their_bytes(tmp_path):
    data = b"".join(flipped(member(n, words=5), 40) if n % 2 else member(n, words=5) for n in range(2_001))
    began = time.process_time()
    batches = read(tmp_path / "made.warc.gz", data + member(2_001))
    assert len(refused(batches)) == 1_000
    assert time.process_time() - began < 5


def test_what_runs_on_over_all_that_follows_is_looked_into_so_often_and_no_more(tmp_path, monkeypatch):
    """Each of these members claims stored bytes that reach over its neighbours."""
    monkeypatch.setattr(records, "_AGAIN_BYTES", 2_000_000)
    runs_on = gzip.compress(b"", mtime=0)[:10] + b"\0\xff\xff\0\0WARC/1.0\r\n"
    began = time.process_time()
    with pytest.raises(InputError, match="was cut or damaged"):
        read(tmp_path / "made.warc.gz", member(1) + runs_on * 20_000)
    assert time.process_time() - began < 5
