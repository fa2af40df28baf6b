"""The inbox, and paths that a person names."""

from __future__ import annotations

import gzip
import json
import os
import socket
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.errors import InputError
from pipeline.fetch.files import folders, inbox
from pipeline.fetch.files import paths as paths_module
from pipeline.fetch.files.inbox import read_inbox
from pipeline.fetch.files.paths import page_name, read_paths
from pipeline.windows import Window

NOW = datetime(2026, 3, 2, 9, 10, tzinfo=UTC)
WINDOW = Window.of_hour(NOW)


def fill(folder: Path, files: dict[str, bytes]) -> Path:
    """Write files into a folder."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def read(folder: Path, window: Window = WINDOW, **more: object):
    """The inbox of one hour."""
    batches = list(read_inbox(folder, source_id="inbox", window=window, now=NOW, run_id="run-1", **more))
    whole = batches[0]
    for batch in batches[1:]:
        whole.report.merge(batch.report)
    tables = {name: pa.concat_tables([getattr(batch, name) for batch in batches]) for name in ("pages", "refusals")}
    return replace(whole, page_ids=tuple(tables["pages"]["page_id"].to_pylist()), **tables)


def test_what_a_saved_page_reserves_is_stored_with_it(tmp_path):
    fill(tmp_path, {"a.html": b'<meta name="robots" content="noarchive"><p>a</p>', "b.txt": b"text"})
    assert read(tmp_path).pages["reserved"].to_pylist() == [["noarchive"], []]


def test_files_become_pages_by_name(tmp_path):
    fill(
        tmp_path,
        {
            "b.txt": b"text",
            "a.html": b"<p>a</p>",
            "sub/c.HTM": b"<p>c</p>",
            "d.html.gz": gzip.compress(b"<p>d</p>"),
            "e.txt.gz": gzip.compress(b"e"),
            ".hidden.html": b"<p>no</p>",
            ".git/x.html": b"<p>no</p>",
        },
    )
    result = read(tmp_path)
    rows = result.pages.to_pylist()
    assert [row["body"] for row in rows] == [b"<p>a</p>", b"text", b"<p>d</p>", b"e", b"<p>c</p>"]
    assert [row["content_type"] for row in rows] == ["text/html", "text/plain", "text/html", "text/plain", "text/html"]
    first = rows[0]
    assert (first["requested_url"], first["final_url"], first["http_status"]) == (None, None, None)
    assert (first["fetched_at"], first["window_start"], first["day"]) == (NOW, WINDOW.start, date(2026, 3, 2))
    assert result.report.total.received == result.report.total.new == 5


def test_a_page_is_its_bytes_and_window_whatever_its_name(tmp_path):
    one = read(fill(tmp_path / "one", {"a.html": b"<p>a</p>"}))
    renamed = read(fill(tmp_path / "two", {"z/renamed.html": b"<p>a</p>"}))
    packed = read(fill(tmp_path / "three", {"a.html.gz": gzip.compress(b"<p>a</p>")}))
    later = read(fill(tmp_path / "one", {}), window=Window(WINDOW.end, WINDOW.end + (WINDOW.end - WINDOW.start)))
    ids = [result.pages["page_id"].to_pylist()[0] for result in (one, renamed, packed, later)]
    assert ids[0] == ids[1] == ids[2] != ids[3]


def test_the_same_bytes_twice_are_one_page_and_one_duplicate(tmp_path):
    total = read(fill(tmp_path, {"a.html": b"x", "b.html": b"x"})).report.total
    assert (total.received, total.new, total.duplicates) == (2, 1, 1)


def test_what_is_no_page_is_refused_with_its_name(tmp_path):
    fill(
        tmp_path / "in",
        {
            "big.html": b"x" * 101,
            "bomb.html.gz": gzip.compress(bytes(5000)),
            "broken.html.gz": b"\x1f\x8bbroken",
            "report.pdf": b"%PDF",
            "fine.txt": b"fine",
            "gz": b"x",
        },
    )
    fill(tmp_path, {"secret.html": b"secret"})
    (tmp_path / "in" / "out.html").symlink_to(tmp_path / "secret.html")
    (tmp_path / "in" / "inside.txt").symlink_to(tmp_path / "in" / "big.html")
    (tmp_path / "in" / "away").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "in" / "pipe.html")
    result = read(tmp_path / "in", page_max_bytes=100)
    reasons = {json.loads(row["record_json"])["file"]: row["reason"] for row in result.refusals.to_pylist()}
    assert reasons == {
        "big.html": "too-large",
        "bomb.html.gz": "too-large",
        "broken.html.gz": "bad-encoding",
        "report.pdf": "not-text",
        "gz": "not-text",
        "out.html": "outside-folder",
        "away": "outside-folder",
        "inside.txt": "too-large",
        "pipe.html": "not-text",
    }
    assert result.pages["body"].to_pylist() == [b"fine"]


def test_an_empty_folder_is_an_empty_inbox(tmp_path):
    result = read(tmp_path)
    assert (result.pages.num_rows, result.report.total.received) == (0, 0)


def test_folders_that_cannot_be_read(tmp_path):
    with pytest.raises(InputError, match=r"nowhere is no folder"):
        read(tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"a\.html is no folder"):
        read(fill(tmp_path, {"a.html": b"x"}) / "a.html")


def refusals_of(result) -> dict[str, tuple[str, str]]:
    """Reason and detail of every refusal, by file."""
    return {
        json.loads(row["record_json"])["file"]: (row["reason"], row["detail"]) for row in result.refusals.to_pylist()
    }


def test_links_that_lead_nowhere_are_named_and_harm_no_neighbour(tmp_path):
    fill(tmp_path, {"a.html": b"<p>a</p>", "z.html": b"<p>z</p>"})
    (tmp_path / "gone.html").symlink_to(tmp_path / "never.html")
    (tmp_path / "loop.html").symlink_to(tmp_path / "loop.html")
    (tmp_path / "one.txt").symlink_to("two.txt")
    (tmp_path / "two.txt").symlink_to("one.txt")
    (tmp_path / "here").symlink_to(".")
    result = read(tmp_path)
    assert result.pages["body"].to_pylist() == [b"<p>a</p>", b"<p>z</p>"]
    refused = refusals_of(result)
    assert refused.pop("here")[0] == "not-text"
    assert refused.pop("gone.html") == ("unreadable", "cannot be read: No such file or directory")
    assert {name: reason for name, (reason, _) in refused.items()} == dict.fromkeys(
        ("loop.html", "one.txt", "two.txt"), "unreadable"
    )
    assert all("loop" in detail or "levels" in detail for _, detail in refused.values())
    total = result.report.total
    assert (total.received, total.new, dict(total.reasons)) == (7, 2, {"unreadable": 4, "not-text": 1})


def test_what_is_no_regular_file_is_refused_unopened(tmp_path):
    fill(tmp_path, {"a.html": b"a"})
    os.mkfifo(tmp_path / "pipe.html")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket.html"))
        (tmp_path / "device.html").symlink_to("/dev/zero")
        (tmp_path / "folder.html").mkdir()
        result = read(tmp_path)
    reasons = {name: reason for name, (reason, _) in refusals_of(result).items()}
    assert reasons == {"pipe.html": "not-text", "socket.html": "not-text", "device.html": "outside-folder"}
    assert result.pages["body"].to_pylist() == [b"a"]


@pytest.mark.parametrize(
    "error", [FileNotFoundError(2, "No such file or directory"), PermissionError(13, "Permission denied")]
)
def test_a_file_that_vanishes_or_may_not_be_read_is_named(tmp_path, monkeypatch, error):
    fill(tmp_path, {"a.html": b"a", "b.html": b"b", "c.html": b"c"})
    opened = os.open

    def closed(path, *more, **options):
        if str(path).endswith("b.html"):
            raise error
        return opened(path, *more, **options)

    monkeypatch.setattr(folders.os, "open", closed)
    result = read(tmp_path)
    assert result.pages["body"].to_pylist() == [b"a", b"c"]
    assert refusals_of(result) == {"b.html": ("unreadable", f"cannot be read: {error.strerror}")}


def test_what_takes_the_place_of_a_file_blocks_nobody(tmp_path, monkeypatch):
    """A pipe that nobody writes to, where a file was when it was looked at."""
    path = fill(tmp_path, {"a.html": b"a"}) / "a.html"
    about = path.stat()
    path.unlink()
    os.mkfifo(path)
    monkeypatch.setattr(Path, "stat", lambda self, **more: about)
    assert folders.read_page_file(path, max_bytes=100).body == b""


def test_a_file_that_grows_while_it_is_read_stays_bounded(tmp_path, monkeypatch):
    path = fill(tmp_path, {"a.html": b"a"}) / "a.html"
    about = path.stat()
    path.write_bytes(b"x" * 1000)
    monkeypatch.setattr(Path, "stat", lambda self, **more: about)
    failure = folders.read_page_file(path, max_bytes=100).failure
    assert failure is not None and failure.reason == "too-large"


def test_an_empty_file_is_named(tmp_path):
    fill(tmp_path, {"empty.html": b"", "nothing.txt.gz": gzip.compress(b""), "a.txt": b"a"})
    result = read(tmp_path)
    assert refusals_of(result) == {
        "empty.html": ("empty-page", "no bytes"),
        "nothing.txt.gz": ("empty-page", "no bytes"),
    }
    assert result.report.total.new == 1


def test_a_gzipped_file_that_was_cut_is_no_page(tmp_path):
    whole = gzip.compress(b"".join(b"<p>Barge %d waits at the lock.</p>" % n for n in range(200)))
    fill(tmp_path, {"half.html.gz": whole[: len(whole) // 2], "head.html.gz": whole[:12], "whole.html.gz": whole})
    fill(tmp_path, {"unsealed.txt.gz": gzip.compress(b"x" * 50)[:-8]})  # its check sum alone is missing
    result = read(tmp_path)
    assert {name: reason for name, (reason, _) in refusals_of(result).items()} == {
        "half.html.gz": "unreadable",
        "head.html.gz": "unreadable",
    }
    assert result.pages.num_rows == 2


def test_a_folder_below_that_cannot_be_listed_is_named(tmp_path, monkeypatch):
    fill(tmp_path, {"a.html": b"a", "closed/b.html": b"b", "c/c.html": b"c"})
    listed = os.scandir

    def closed(path):
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr(folders.os, "scandir", closed)
    result = read(tmp_path)
    assert result.pages["body"].to_pylist() == [b"a", b"c"]
    assert refusals_of(result) == {"closed": ("unreadable", "a folder that cannot be listed: Permission denied")}
    with pytest.raises(InputError, match=r"cannot list .*closed: Permission denied"):
        read(tmp_path / "closed")


def test_names_of_255_bytes_and_of_no_utf8(tmp_path):
    long = "n" * 250 + ".html"
    fill(tmp_path, {long: b"long", "x" * 251 + ".pdf": b"%PDF"})
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.html")).write_bytes(b"cafe")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/empty-\xe9.html")).write_bytes(b"")
    result = read(tmp_path)
    assert sorted(result.pages["body"].to_pylist()) == [b"cafe", b"long"]
    assert {name: reason for name, (reason, _) in refusals_of(result).items()} == {
        "x" * 251 + ".pdf": "not-text",
        "empty-\\udce9.html": "empty-page",
    }


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_may_not_be_read(tmp_path):
    fill(tmp_path, {"a.html": b"x", "b.html": b"b"})
    (tmp_path / "a.html").chmod(0)
    result = read(tmp_path)
    assert refusals_of(result) == {"a.html": ("unreadable", "cannot be read: Permission denied")}
    assert result.report.total.new == 1


def test_refusals_are_given_in_batches(tmp_path, monkeypatch):
    fill(tmp_path, {f"{n}.pdf": b"%PDF" for n in range(10)})
    monkeypatch.setattr(inbox, "BATCH_REFUSALS", 4)
    batches = list(inbox.read_inbox(tmp_path, source_id="inbox", window=WINDOW, now=NOW, run_id="run-1"))
    assert [batch.refusals.num_rows for batch in batches] == [4, 4, 2]


def test_pages_are_given_in_batches_of_bytes_however_well_they_are_packed(tmp_path, monkeypatch):
    monkeypatch.setattr(inbox, "BATCH_BYTES", 3_000)
    fill(tmp_path, {f"{n}.txt.gz": gzip.compress(b"%d" % n + b"x" * 1_000) for n in range(10)})
    batches = list(read_inbox(tmp_path, source_id="inbox", window=WINDOW, now=NOW, run_id="run-1"))
    assert [batch.pages.num_rows for batch in batches if batch.pages.num_rows] == [3, 3, 3, 1]


def test_a_path_that_was_named_and_cannot_be_read_is_an_error_and_one_in_a_folder_is_left_out(tmp_path, caplog):
    fill(tmp_path, {"in/a.html": b"a", "in/odd.warc": b"a letter"})
    (tmp_path / "in" / "loop.html").symlink_to("loop.html")
    (tmp_path / "in" / "gone.html").symlink_to("never.html")
    ((ids, _),) = read_paths([tmp_path / "in"], now=NOW)
    assert ids == ["a"]
    assert all(name in caplog.text for name in ("loop.html", "gone.html", "odd.warc"))
    for name in ("loop.html", "gone.html", "odd.warc", "n" * 300 + ".html"):
        with pytest.raises(InputError, match=name):
            list(read_paths([tmp_path / "in" / name], now=NOW))


def test_the_seeds(shared_data):
    result = read(shared_data / "seeds")
    assert [row["content_type"] for row in result.pages.to_pylist()] == ["text/plain"] * 2


@pytest.mark.parametrize(
    ("name", "id_"),
    [
        ("a.html.gz", "a"),
        ("2026.03.02-story.html", "2026.03.02-story"),
        ("a.HTM", "a"),
        ("a.txt.html", "a"),
        ("plain", "plain"),
    ],
)
def test_ids_are_names_up_to_the_first_known_suffix(name, id_):
    assert page_name(Path("folder") / name) == id_


def test_files_folders_and_archives_with_their_ids(tmp_path, shared_data, monkeypatch):
    fill(tmp_path, {"one.html": b"<p>1</p>", "in/two.txt": b"2", "in/notes.md": b"no", "in/.three.html": b"no"})
    archive = shared_data / "pages" / "real-pages.warc.gz"
    monkeypatch.setattr(paths_module, "BATCH_PAGES", 100)
    batches = list(read_paths([tmp_path / "one.html", tmp_path / "in", archive], now=NOW))
    assert [(len(ids), pages.num_rows) for ids, pages in batches] == [(100, 100), (33, 33)]
    ids = [id_ for batch, _ in batches for id_ in batch]
    assert ids[:3] == ["one", "two", "b2d2ae39-36cd-5c11-960d-133c2789842c"]
    assert len({page_id for _, pages in batches for page_id in pages["page_id"].to_pylist()}) == 133


def test_every_stored_page_of_a_folder_has_its_id(shared_data):
    html = shared_data / "pages" / "html"
    wanted = sorted(path.name.removesuffix(".html.gz") for path in html.iterdir())
    found = [id_ for ids, pages in read_paths([html], now=NOW) for id_ in ids]
    assert sorted(found) == wanted


def test_same_names_in_two_folders_are_two_pages(tmp_path):
    fill(tmp_path, {"x/a.html": b"same", "y/a.html": b"same"})
    ((ids, pages),) = read_paths([tmp_path], now=NOW)
    assert ids == ["a", "a"]
    assert len(set(pages["page_id"].to_pylist())) == 2


@pytest.mark.parametrize(
    ("name", "what"), [("nothing.html", "does not exist"), ("photo.png", "no page that can be read")]
)
def test_paths_that_are_no_pages(tmp_path, name, what):
    fill(tmp_path, {"photo.png": b"x"})
    with pytest.raises(InputError, match=what):
        list(read_paths([tmp_path / name], now=NOW))


def test_what_is_left_out_is_said(tmp_path, caplog):
    fill(tmp_path, {"big.html": b"x" * 200, "a.html": b"x"})
    ((ids, _),) = read_paths([tmp_path], now=NOW, page_max_bytes=100)
    assert ids == ["a"]
    assert "big.html: too-large" in caplog.text


def test_a_name_that_is_no_utf8_is_refused_by_name_and_harms_no_neighbour(tmp_path: Path) -> None:
    for name in (b"\xff\xfe.pdf", b"\xfe\xff.pdf"):
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_bytes(b"%PDF")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/link-\xff.html")).symlink_to(os.fsdecode(b"/nowhere-\xff"))
    (tmp_path / "sound.txt").write_text("A sound text about the harbour.")
    result = read(tmp_path)
    assert [bytes(row["body"]) for row in result.pages.to_pylist()] == [b"A sound text about the harbour."]
    refused = {json.loads(row["record_json"])["file"]: row["reason"] for row in result.refusals.to_pylist()}
    assert refused == {
        "\\udcff\\udcfe.pdf": "not-text",
        "\\udcfe\\udcff.pdf": "not-text",
        "link-\\udcff.html": "outside-folder",
    }
    assert len(set(result.refusals["quarantine_id"].to_pylist())) == 3
    assert any("/nowhere-\\udcff" in row["detail"] for row in result.refusals.to_pylist())


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("notes.md", "save it as .txt"),
        ("letter.EML", "save the letter's page as .html"),
        ("page.mht", "save the page as .html"),
        ("article.json", "save the article's page as .html"),
        ("addresses.csv", "source of kind sitemap"),
        ("feeds.opml", "sources.toml"),
        ("report.pdf", "save its text as .txt"),
        ("captures.warc.gz", "--warc"),
        ("pages.tar.gz", "unpack it here"),
        ("page.docx", "save its text as .txt"),
    ],
)
def test_what_is_no_page_is_told_what_to_do_instead(tmp_path: Path, name: str, instead: str) -> None:
    (refusal,) = read(fill(tmp_path, {name: b"x"})).refusals.to_pylist()
    assert json.loads(refusal["record_json"])["file"] == name
    assert instead in refusal["detail"]


def test_a_page_of_xhtml_is_a_page(tmp_path: Path) -> None:
    result = read(fill(tmp_path, {"a.xhtml": b"<html xmlns='http://www.w3.org/1999/xhtml'/>"}))
    assert result.pages["content_type"].to_pylist() == ["application/xhtml+xml"]
