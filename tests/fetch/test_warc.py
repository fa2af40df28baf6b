"""WARC archives: read as they were captured, or refused with one line when they are not whole."""

from __future__ import annotations

import gzip
import io
import re
import zlib
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from pipeline.errors import InputError
from pipeline.fetch.files import captures as archives
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
            capture("http://a.example/8", Content_Encoding="gzip, gzip"),
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
    monkeypatch.setattr(archives, "BATCH_PAGES", 4)
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


def test_a_record_without_a_date_belongs_to_no_window(write):
    data = archive(capture(), packed=False).replace(b"WARC-Date: 2026-03-02T09:30:15Z", b"WARC-Date: some day last wk")
    with pytest.raises(InputError, match="no readable WARC-Date"):
        check_warc(write(data, "made.warc"))


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
