"""WARC archives: read as they were captured, or refused with one line when they are not whole."""

from __future__ import annotations

import gzip
import io
import json
import re
import time
import zlib
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from pipeline.errors import InputError
from pipeline.fetch.files import captures as archives
from pipeline.fetch.files import records
from pipeline.fetch.files.captures import capture_days, check_warc, read_warc
from pipeline.windows import Window

NOW = datetime(2026, 3, 9, tzinfo=UTC)
HTML = b"<html><body><p>The ferry is free.</p></body></html>"


def capture(
    url: str = "http://news.example/a",
    when: str = "2026-03-02T09:30:15Z",
    body: bytes = HTML,
    status: str = "200 OK",
    kind: str = "response",
    **headers: str,
) -> dict[str, object]:
    """One record to write."""
    return {"url": url, "when": when, "body": body, "status": status, "kind": kind, "headers": headers}


def by_hand(
    payload: bytes,
    *lines: str,
    kind: str = "response",
    url: str = "http://a.example/a",
    when: str = "2026-03-02T09:30:15Z",
    end: str = "\r\n",
) -> bytes:
    """One plain record, as no library writes it."""
    told = "text/html" if kind == "resource" else "application/http;msgtype=response"
    head = ["WARC/1.1", f"WARC-Type: {kind}", f"WARC-Target-URI: {url}", f"WARC-Date: {when}", f"Content-Type: {told}"]
    head += [*lines, f"Content-Length: {len(payload)}", "", ""]
    return end.join(head).encode() + payload + 2 * end.encode()


def archive(*records: dict[str, object], packed: bool = True) -> bytes:
    """A WARC file made by another library than the one that reads it."""
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=packed)
    writer.write_record(writer.create_warcinfo_record("made.warc", {"software": "test"}))
    for record in records:
        given = {"Content_Type": "text/html", **record["headers"]}  # type: ignore[dict-item]
        headers = StatusAndHeaders(
            str(record["status"]), [(k.replace("_", "-"), v) for k, v in given.items() if v], protocol="HTTP/1.1"
        )
        writer.write_record(
            writer.create_warc_record(
                record["url"],
                record["kind"],
                payload=io.BytesIO(record["body"]),  # type: ignore[arg-type]
                http_headers=None if record["kind"] == "metadata" else headers,
                warc_headers_dict={"WARC-Date": record["when"]},
            )
        )
    return out.getvalue()


@pytest.fixture
def write(tmp_path):
    """Write bytes into a file of the test's folder."""

    def put(data: bytes, name: str = "made.warc.gz") -> Path:
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return put


def read(*paths: Path, window: Window | None = None, **more: object):
    """All batches of some archives."""
    return list(read_warc(paths, source_id="warc", window=window, run_id="run-1", now=NOW, **more))


def pages(*paths: Path, **more: object) -> list[dict]:
    return [row for batch in read(*paths, **more) for row in batch.pages.to_pylist()]


@pytest.mark.parametrize("packed", [True, False])
def test_a_capture_belongs_to_the_hour_it_was_made_in(write, packed):
    path = write(archive(capture(Content_Type="text/html; charset=utf-8"), packed=packed))
    (page,) = pages(path)
    assert (page["requested_url"], page["final_url"], page["http_status"]) == ("http://news.example/a",) * 2 + (200,)
    assert page["body"] == HTML
    assert page["content_type"] == "text/html; charset=utf-8"
    assert page["fetched_at"] == datetime(2026, 3, 2, 9, 30, 15, tzinfo=UTC)
    assert page["window_start"] == datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert (page["day"], page["recorded_at"]) == (date(2026, 3, 2), NOW)


def test_what_an_archived_answer_reserves_is_stored_with_its_page(write):
    head = b'<html><head><meta name="tdm-reservation" content="1"></head><p>x</p>'
    both = "otherbot: noarchive\r\nX-Robots-Tag: noai"
    path = write(
        archive(capture(), capture("http://a.example/b", X_Robots_Tag=both), capture("http://a.example/c", body=head))
    )
    assert [page["reserved"] for page in pages(path)] == [[], ["noai"], ["tdm"]]
    (named,) = pages(write(archive(capture(X_Robots_Tag="daybook: noarchive"))), agent="daybook")
    assert named["reserved"] == ["noarchive"]


@pytest.mark.parametrize("before", ["100 Continue", "103 Early Hints\r\nLink: </a.css>", "200 Connection established"])
def test_what_was_only_on_its_way_is_no_answer(write, before):
    answer = f"HTTP/1.1 {before}\r\n\r\n".encode() + b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + HTML
    (page,) = pages(write(by_hand(answer), "made.warc"))
    assert (page["http_status"], page["body"]) == (200, HTML)


def test_a_page_that_its_archive_broke_off_is_refused(write):
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + HTML
    whole = by_hand(answer, url="http://a.example/b")
    (batch,) = read(write(by_hand(answer, "WARC-Truncated: length") + whole, "made.warc"))
    assert batch.report.total.new == 1
    assert batch.refusals["detail"].to_pylist() == ["whoever archived it broke it off (length)"]


def test_an_archive_of_bare_line_ends_is_whole(write):
    both = [
        by_hand(HTML, kind="resource", url=f"http://a.example/{n}", when="20260302093015", end="\n") for n in (1, 2)
    ]
    found = pages(write(b"".join(both), "made.warc"))
    assert [page["fetched_at"] for page in found] == [datetime(2026, 3, 2, 9, 30, 15, tzinfo=UTC)] * 2


def test_a_saved_page_may_be_packed(write):
    data = by_hand(gzip.compress(HTML), kind="resource")
    assert [page["body"] for page in pages(write(data, "made.warc"))] == [HTML]


def test_a_whole_file_packed_as_one_stream_is_read_too(write):
    path = write(gzip.compress(archive(capture(), capture("http://news.example/b"), packed=False)))
    assert len(pages(path)) == 2


def test_content_is_decoded(write):
    chunked = b"%x\r\n" % len(HTML) + HTML + b"\r\n0\r\n\r\n"
    packed = gzip.compress(HTML)
    path = write(
        archive(
            capture("http://a.example/1", body=packed, Content_Encoding="gzip"),
            capture("http://a.example/2", body=chunked, Transfer_Encoding="chunked"),
            capture(
                "http://a.example/3",
                body=b"%x\r\n" % len(packed) + packed + b"\r\n0\r\n\r\n",
                Transfer_Encoding="chunked",
                Content_Encoding="gzip",
            ),
            capture("http://a.example/4", body=HTML, Content_Encoding="gzip", Transfer_Encoding="chunked"),
            capture("http://a.example/5", body=b"", Content_Encoding="gzip"),
        )
    )
    assert [row["body"] for row in pages(path)] == [HTML] * 4 + [b""]


def test_what_is_no_page_is_refused_and_what_is_no_answer_is_not_counted(write):
    path = write(
        archive(
            capture("http://a.example/1"),
            capture("http://a.example/2", status="404 Not Found"),
            capture("http://a.example/3", status="301 Moved", Location="/x"),
            capture("http://a.example/4", Content_Type="image/png"),
            capture("http://a.example/5", body=b"x" * 5001),
            capture("http://a.example/6", body=gzip.compress(b"x" * 5001), Content_Encoding="gzip"),
            capture("http://a.example/7", body=b"x" * 50_000),
            capture("http://a.example/8", Content_Encoding="gzip, br"),
            capture("dns:a.example"),
            capture("http://a.example/1", kind="request"),
            capture("http://a.example/1", kind="metadata"),
            capture("http://a.example/9", Content_Type=""),
        )
    )
    (batch,) = read(path, page_max_bytes=5000)
    total = batch.report.total
    assert (total.received, total.new, total.quarantined) == (10, 2, 8)
    assert dict(total.reasons) == {"http-error": 2, "not-text": 1, "too-large": 3, "bad-encoding": 1, "bad-url": 1}
    assert batch.refusals["stage"].to_pylist() == ["fetch"] * 8
    assert len(set(batch.refusals["quarantine_id"].to_pylist())) == 8


def test_a_window_chooses_by_time_of_capture(write):
    path = write(archive(*(capture(f"http://a.example/{n}", f"2026-03-02T{n:02d}:59:59Z") for n in (8, 9, 10))))
    hour = Window(datetime(2026, 3, 2, 9, tzinfo=UTC), datetime(2026, 3, 2, 10, tzinfo=UTC))
    (batch,) = read(path, window=hour)
    assert batch.report.total.received == 1
    assert batch.pages["requested_url"].to_pylist() == ["http://a.example/9"]


def test_nothing_in_the_window_is_still_a_result(write):
    (batch,) = read(write(archive(capture())), window=Window.of_day(date(2020, 1, 1)))
    assert (batch.pages.num_rows, batch.report.total.received) == (0, 0)
    assert batch.report.sources.keys() == {"warc"}


def test_ids_hang_on_the_capture_and_not_on_the_file(write):
    one = write(archive(capture(), capture("http://news.example/b")), "one.warc.gz")
    two = write(archive(capture("http://news.example/b"), capture(), packed=False), "two.warc")
    assert {row["page_id"] for row in pages(one)} == {row["page_id"] for row in pages(two)}
    (batch,) = read(one, two)
    total = batch.report.total
    assert (total.received, total.new, total.duplicates) == (4, 2, 2)


def test_two_captures_of_one_url_are_two_pages(write):
    path = write(archive(capture(), capture(when="2026-03-02T09:31:00Z"), capture(body=b"<p>changed</p>")))
    assert len({row["page_id"] for row in pages(path)}) == 3


def test_batches_are_bounded_in_pages_and_bytes(write, monkeypatch):
    path = write(archive(*(capture(f"http://a.example/{n}", body=b"x" * 1000) for n in range(10))))
    monkeypatch.setattr(archives, "SEALED_PAGES", 4)
    assert [batch.pages.num_rows for batch in read(path)] == [4, 4, 2]
    monkeypatch.setattr(archives, "BATCH_BYTES", 2500)
    assert [batch.pages.num_rows for batch in read(path)] == [3, 3, 3, 1]


def test_days_of_capture(write):
    one = write(archive(capture(when="2026-03-03T00:00:00Z"), capture(when="2026-03-02T23:59:59Z")), "one.warc.gz")
    two = write(
        archive(capture(when="2026-02-28T12:00:00Z"), capture(kind="request", when="2020-01-01T00:00:00Z")),
        "two.warc.gz",
    )
    assert capture_days([one, two]) == [date(2026, 2, 28), date(2026, 3, 2), date(2026, 3, 3)]


def ends_of_records(data: bytes) -> list[int]:
    """Where each record of an archive ends."""
    if not data.startswith(b"\x1f\x8b"):
        return [found.start() for found in re.finditer(rb"WARC/1\.\d\r\n", data) if found.start()] + [len(data)]
    ends, rest = [], data
    while rest:
        member = zlib.decompressobj(wbits=31)
        member.decompress(rest)
        rest = member.unused_data
        ends.append(len(data) - len(rest))
    return ends


@pytest.mark.parametrize("packed", [True, False])
def test_every_cut_is_found_but_one_between_records(write, packed):
    data = archive(*(capture(f"http://a.example/{n}", body=b"<p>%d</p>" % n) for n in range(2)), packed=packed)
    ends = ends_of_records(data)
    assert len(ends) == 3
    # Where content itself ends in a line break, the first half of a record's end looks like a whole one.
    harmless = {end - back for end in ends for back in ((0,) if packed else (0, 2))}
    lengths = {
        *range(1, len(data), 5),
        *(end + step for end in ends for step in range(-6, 7) if end + step <= len(data)),
    }
    for length in sorted(lengths):
        path = write(data[:length])
        try:
            check_warc(path)
        except InputError as error:
            complaint = str(error)
        else:
            assert length in harmless
            continue
        assert length not in ends
        assert "made.warc.gz" in complaint
        assert "\n" not in complaint


@pytest.mark.parametrize(
    "use", [lambda path: read(path), lambda path: capture_days([path])], ids=["read_warc", "capture_days"]
)
def test_a_cut_archive_says_what_which_and_what_to_do(write, use):
    data = archive(*(capture(f"http://a.example/{n}", body=bytes(range(256)) * 40) for n in range(20)))
    with pytest.raises(InputError, match=r"made\.warc\.gz was cut or damaged \(byte \d+ .*\); fetch it anew"):
        use(write(data[: len(data) // 2]))


def test_a_flipped_byte_is_found(write):
    data = bytearray(archive(capture(), capture("http://a.example/2")))
    data[-40] ^= 0xFF
    with pytest.raises(InputError, match="cut or damaged"):
        check_warc(write(bytes(data)))


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "is empty"),
        (b"this is a letter\n" * 20, "is no WARC archive"),
        (gzip.compress(b"this is a letter\n" * 20, mtime=0), "is no WARC archive"),
        (HTML, "is no WARC archive"),
        (b"\x1f\x8bjunk", "cut or damaged"),
        (bytes(1000), "is no WARC archive"),
    ],
)
def test_what_is_no_archive(write, data, what):
    with pytest.raises(InputError, match=what):
        check_warc(write(data))


def test_paths_that_cannot_be_read(tmp_path):
    with pytest.raises(InputError, match=r"missing\.warc.*No such file"):
        check_warc(tmp_path / "missing.warc")
    with pytest.raises(InputError, match="folder"):
        check_warc(tmp_path)


def raw(
    number: int,
    *,
    date_line: bytes = b"WARC-Date: 2026-03-02T09:30:15Z\r\n",
    more: int = 0,
    length: bytes | None = None,
    block: bytes | None = None,
    kind: bytes = b"response",
    type_line: bytes = b"Content-Type: application/http; msgtype=response\r\n",
) -> bytes:
    """One plain record as no library would write it: `more` is what its length lies by."""
    if block is None:
        block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>Page %d of the harbour.</p>" % number
    claimed = b"%d" % (len(block) + more) if length is None else length
    return (
        b"WARC/1.1\r\nWARC-Type: %s\r\nWARC-Record-ID: <urn:uuid:%d>\r\n" % (kind, number)
        + b"WARC-Target-URI: http://a.example/%d\r\n" % number
        + date_line
        + type_line
        + b"Content-Length: %s\r\n\r\n" % claimed
        + block
        + b"\r\n\r\n"
    )


def packings(*records: bytes) -> dict[str, bytes]:
    """Records in the three forms in which archives come."""
    whole = b"".join(records)
    return {
        "plain.warc": whole,
        "each.warc.gz": b"".join(gzip.compress(record, mtime=0) for record in records),
        "one.warc.gz": gzip.compress(whole, mtime=0),
    }


PACKED = gzip.compress(b"".join(b"<p>Barge %d waits at the lock.</p>" % n for n in range(100)), mtime=0)
PACKED_HEAD = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n"
ODD_RECORDS = {
    "a compressed body that is cut": (raw(2, block=PACKED_HEAD + PACKED[:-80]), "unreadable", "breaks off after"),
    "one that is damaged": (
        raw(2, block=PACKED_HEAD + PACKED[:60] + bytes(20) + PACKED[80:]),
        "bad-encoding",
        "invalid",
    ),
    "20 bytes too many": (raw(2, more=20), "unreadable", "no record ends there"),
    "five bytes too many": (raw(2, more=5), "unreadable", "no record ends there"),
    "20 bytes too few": (raw(2, more=-20), "unreadable", "no record ends there"),
    "more than the file": (raw(2, length=b"4000"), "unreadable", "claims 4000 bytes"),
    "more than is ever held": (raw(2, length=b"99999999999"), "unreadable", "claims 99999999999 bytes"),
    "a negative length": (raw(2, length=b"-5"), "unreadable", "Content-Length is '-5'"),
    "a length in words": (raw(2, length=b"many"), "unreadable", "Content-Length is 'many'"),
    "a length of 5,000 digits": (raw(2, length=b"9" * 5000), "unreadable", "Content-Length is '999"),
    "no date": (raw(2, date_line=b""), "bad-field", "WARC-Date: '' is no day"),
    "a date in words": (raw(2, date_line=b"WARC-Date: last week\r\n"), "bad-field", "'last week'"),
    "a year": (raw(2, date_line=b"WARC-Date: 2026\r\n"), "bad-field", "'2026' is no day"),
    "the 30th of February": (raw(2, date_line=b"WARC-Date: 2026-02-30T00:00:00Z\r\n"), "bad-field", "2026-02-30"),
    "the last hour there is": (raw(2, date_line=b"WARC-Date: 9999-12-31T23:59:59Z\r\n"), "bad-field", "9999-12-31"),
    "the last day there is": (raw(2, date_line=b"WARC-Date: 9999-12-31\r\n"), "bad-field", "9999-12-31"),
    "before the first hour": (raw(2, date_line=b"WARC-Date: 0001-01-01T00:00+02:00\r\n"), "bad-field", "0001-01-01"),
    "an answer without a head": (raw(2, block=b"<p>no head</p>"), "unreadable", "no head of an HTTP answer"),
    "an answer of nothing": (raw(2, block=b""), "unreadable", "no head of an HTTP answer"),
    "a status in words": (raw(2, block=b"HTTP/1.1 fine\r\n\r\n<p>x</p>"), "unreadable", "HTTP/1.1 fine"),
    "a head that is bytes": (raw(2, block=bytes(range(256))), "unreadable", "no head of an HTTP answer"),
}


@pytest.mark.parametrize("packing", ["plain.warc", "each.warc.gz", "one.warc.gz"])
@pytest.mark.parametrize("odd", ODD_RECORDS)
def test_one_odd_record_is_refused_by_name_and_harms_no_neighbour(write, odd, packing):
    record, reason, detail = ODD_RECORDS[odd]
    path = write(packings(raw(1), record, raw(3))[packing], packing)
    (batch,) = read(path, page_max_bytes=5000)
    assert batch.pages["requested_url"].to_pylist() == ["http://a.example/1", "http://a.example/3"]
    (refusal,) = batch.refusals.to_pylist()
    assert (refusal["reason"], detail in refusal["detail"]) == (reason, True), refusal["detail"]
    assert json.loads(refusal["record_json"])["url"] == "http://a.example/2"
    total = batch.report.total
    assert (total.received, total.new, total.quarantined, dict(total.reasons)) == (3, 2, 1, {reason: 1})
    assert capture_days([path]) == [date(2026, 3, 2)]


@pytest.mark.parametrize("packing", ["plain.warc", "each.warc.gz", "one.warc.gz"])
@pytest.mark.parametrize("odd", ODD_RECORDS)
def test_an_odd_record_may_be_the_last_or_the_first(write, odd, packing):
    record, reason, _ = ODD_RECORDS[odd]
    for both in ([record, raw(3)], [raw(1), record]):
        (batch,) = read(write(packings(*both)[packing], packing), page_max_bytes=5000)
        assert batch.report.total.new == 1
        assert dict(batch.report.total.reasons) == {reason: 1}


def test_line_breaks_of_another_kind_end_a_record_too(write):
    sloppy = raw(1, more=1) + raw(2)[:-2] + raw(3)
    for name, data in packings(sloppy, raw(4)).items():
        assert len(pages(write(data, name))) == 4


def test_what_stands_between_records_is_named(write):
    (batch,) = read(write(raw(1) + b"\r\n\r\n" + raw(2) + b"WARC/1.1\r\njunk\r\n\r\n" + raw(3), "made.warc"))
    assert batch.pages["requested_url"].to_pylist() == [f"http://a.example/{n}" for n in (1, 2, 3)]
    assert batch.report.total.reasons == {"unreadable": 1}


def test_a_record_without_a_date_belongs_to_the_window_of_the_run(write):
    path = write(raw(1, date_line=b"") + raw(2, date_line=b"") + raw(3), "made.warc")
    day = Window.of_day(date(2026, 3, 2))
    (batch,) = read(path, window=day)
    assert batch.refusals["window_start"].to_pylist() == [day.start] * 2
    assert batch.report.total.quarantined == 2
    (again,) = read(path, window=day)
    assert again.refusals["quarantine_id"].to_pylist() == batch.refusals["quarantine_id"].to_pylist()
    (batch,) = read(path)
    assert batch.refusals["window_start"].to_pylist() == [NOW.replace(minute=0)] * 2


def test_an_archive_without_any_date_is_refused_on_the_day_of_the_run(write):
    path = write(raw(1, date_line=b""), "made.warc")
    assert capture_days([path]) == []
    assert capture_days([path], undated=date(2026, 3, 9)) == [date(2026, 3, 9)]
    assert capture_days([write(archive())], undated=date(2026, 3, 9)) == []


@pytest.mark.parametrize(
    "text", ["2026-03-02", "2026-03-02T00:00:00Z", "2026-03-02t00:00:00.000000000z", "2026-03-02T02:00+02:00"]
)
def test_a_day_stands_for_its_start(write, text):
    (page,) = pages(write(raw(1, date_line=b"WARC-Date: " + text.encode() + b"\r\n"), "made.warc"))
    assert page["fetched_at"] == page["window_start"] == datetime(2026, 3, 2, tzinfo=UTC)


def test_a_leap_second_is_a_moment(write):
    (page,) = pages(write(raw(1, date_line=b"WARC-Date: 2016-12-31T23:59:60Z\r\n"), "made.warc"))
    assert page["day"] == date(2016, 12, 31)


@pytest.mark.parametrize("name", ["utf-8", "UTF8", "none", "None", "identity", "binary"])
def test_what_is_no_encoding_is_none(write, name):
    (page,) = pages(write(archive(capture(Content_Encoding=name))))
    assert page["body"] == HTML


def test_saved_pages_without_an_answer_are_pages(write):
    saved = [
        raw(n, kind=b"resource", block=HTML + b"%d" % n, type_line=b"Content-Type: " + kind + b"\r\n")
        for n, kind in enumerate([b"text/html", b"application/xhtml+xml; charset=utf-8", b"image/png", b"text/plain"])
    ]
    other = raw(7, kind=b"resource", block=HTML, type_line=b"Content-Type: text/html\r\n")
    other = other.replace(b"http://a.example/7", b"urn:pageinfo:a.exa")
    (batch,) = read(write(b"".join(saved) + other, "made.warc"))
    assert [row["body"] for row in batch.pages.to_pylist()] == [HTML + b"0", HTML + b"1"]
    assert [(row["http_status"], row["content_type"]) for row in batch.pages.to_pylist()] == [
        (None, "text/html"),
        (None, "application/xhtml+xml; charset=utf-8"),
    ]
    assert batch.report.total.received == 2
    (batch,) = read(write(b"".join(saved), "made.warc"), page_max_bytes=10)
    assert dict(batch.report.total.reasons) == {"too-large": 2}


def test_a_record_too_large_to_hold_is_passed_over_and_one_that_only_says_so_is_not(write):
    large = raw(2, block=b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 300_000)
    lies = raw(4, length=b"200000")
    for name, data in packings(raw(1), large, raw(3), lies, raw(5), large, raw(6)).items():
        batches = read(write(data, name), page_max_bytes=5000)
        kept = [url for batch in batches for url in batch.pages["requested_url"].to_pylist()]
        assert kept == [f"http://a.example/{n}" for n in (1, 3, 5, 6)]
        assert [row["reason"] for batch in batches for row in batch.refusals.to_pylist()] == ["too-large", "unreadable"]


def test_a_body_that_looks_like_a_record_is_none(write):
    inner = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<pre>\r\n\r\n" + raw(9) + b"</pre>"
    for name, data in packings(raw(1), raw(2, block=inner), raw(3)).items():
        assert [row["requested_url"][-1] for row in pages(write(data, name))] == ["1", "2", "3"]


def test_refusals_are_given_in_batches_too(write, monkeypatch):
    monkeypatch.setattr(archives, "BATCH_REFUSALS", 4)
    path = write(b"".join(raw(n, date_line=b"") for n in range(10)), "made.warc")
    assert [batch.refusals.num_rows for batch in read(path)] == [4, 4, 2]


def test_lies_about_lengths_cost_no_more_than_their_bytes(write):
    """Each of these records claims all that comes after it."""
    path = write(b"".join(raw(n, length=b"%d" % (9_000_000 + n)) for n in range(20_000)), "made.warc")
    began = time.process_time()
    assert sum(batch.report.total.quarantined for batch in read(path)) == 20_000
    assert time.process_time() - began < 20


def test_lies_about_lengths_in_gzip_are_read_twice_at_most_so_often(write, monkeypatch):
    monkeypatch.setattr(records, "_AGAIN_BYTES", 100_000)
    path = write(gzip.compress(b"".join(raw(n, length=b"99999999") for n in range(300))), "made.warc.gz")
    batches = read(path, page_max_bytes=1000)
    assert 0 < sum(batch.report.total.quarantined for batch in batches) < 300


def test_real_pages(shared_data):
    path = shared_data / "pages" / "real-pages.warc.gz"
    days = capture_days([path])
    found = pages(path)
    assert len(found) == len({row["page_id"] for row in found}) == 131
    assert sorted({row["day"] for row in found}) == days
    assert all(row["fetched_at"].date() == row["day"] for row in found)
    busiest = max(days, key=lambda day: sum(row["day"] == day for row in found))
    of_day = pages(path, window=Window.of_day(busiest))
    assert of_day == [row for row in found if row["day"] == busiest]


def test_real_pages_cut_in_half(shared_data, write):
    data = (shared_data / "pages" / "real-pages.warc.gz").read_bytes()
    with pytest.raises(InputError, match="cut or damaged"):
        capture_days([write(data[: len(data) // 2])])


def test_a_revisit_says_that_nothing_changed_and_makes_no_page(write):
    path = write(
        archive(
            capture(),
            capture(when="2026-03-03T09:30:15Z", kind="revisit", body=b""),
            capture(url="http://news.example/b", when="2026-03-02T10:00:00Z"),
        )
    )
    (result,) = read(path)
    assert result.pages["requested_url"].to_pylist() == ["http://news.example/a", "http://news.example/b"]
    counts = result.report.total
    assert (counts.received, counts.new, counts.unchanged, counts.quarantined) == (3, 2, 1, 0)
    assert capture_days([path]) == [date(2026, 3, 2)], "a day without a page is no day to work on"
