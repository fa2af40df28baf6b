"""Bad input gets one line that says what, which and what to do; the exit code says whose fault; the warehouse stays whole."""

from __future__ import annotations

import gzip
import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.typed import PROJECT, clean_environment

PAGE = """<!doctype html><html lang="en"><head><title>{title}</title>
<link rel="canonical" href="http://www.lakeside-post.example/news/{slug}"></head>
<body><article><h1>{title}</h1>{body}</article></body></html>"""


def write_inbox(folder: Path, slugs: tuple[str, ...] = ("mill", "ferry", "school")) -> Path:
    folder.mkdir(exist_ok=True)
    for slug in slugs:
        body = "".join(
            f"<p>The town council of Lakeside voted on Monday to spend {n} thousand crowns on the {slug}, and the mayor, "
            f"Ida Holm, said that work number {n} would begin in spring and end before the {slug} opens again.</p>"
            for n in range(3, 9)
        )
        (folder / f"{slug}.html").write_text(PAGE.format(title=f"Council pays for the {slug}", slug=slug, body=body))
    return folder


def one_line(done: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert done.returncode == code, done.stderr
    assert lines and lines[-1].startswith("daybook: "), done.stderr
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in lines[-1]


def test_an_unknown_setting(daybook):
    one_line(daybook("status", check=False, colour="blue"), 2, "DAYBOOK_COLOUR", ".env.example")


def test_an_unknown_option_and_an_unknown_command(daybook):
    one_line(daybook("status", "--colour", check=False), 2, "--colour")
    one_line(daybook("frobnicate", check=False), 2, "frobnicate")


def test_misuse_leads_to_the_help_of_the_command_that_was_meant(daybook):
    one_line(daybook("explain", "article", check=False), 2, "'key'; see `daybook explain article --help`")


@pytest.mark.parametrize("asked", ["status", "warehouse verify", "warehouse hash", "quarantine list", "story ferry"])
def test_a_place_without_a_warehouse_is_no_empty_warehouse(daybook, asked):
    one_line(daybook(*asked.split(), check=False), 1, "there is no warehouse in", "DAYBOOK_WAREHOUSE")


def test_a_window_that_is_none(daybook, tmp_path):
    one_line(daybook("run", "--inbox", tmp_path, "--window", "yesterday", check=False), 2, "yesterday")


def test_nothing_to_read_and_too_much(daybook, tmp_path):
    one_line(daybook("run", check=False), 2, "--inbox")
    one_line(daybook("run", "--inbox", tmp_path, "--warc", tmp_path, check=False), 2, "--warc")


def test_an_unknown_source(daybook):
    one_line(daybook("run", "--source", "no-such-paper", check=False), 2, "no-such-paper")


def test_a_folder_that_is_not_there(daybook, tmp_path):
    one_line(daybook("run", "--inbox", tmp_path / "nowhere", check=False), 1, "nowhere")
    one_line(daybook("extract", tmp_path / "nowhere", "--out", tmp_path / "out.jsonl", check=False), 1, "nowhere")


def test_a_digest_of_a_day_without_one(daybook):
    one_line(daybook("digest", "--date", "2031-01-01", check=False), 1, "2031-01-01")


def test_an_archive_cut_in_half(daybook, shared_data, tmp_path):
    daybook("run", "--inbox", write_inbox(tmp_path / "inbox"), "--window", "2026-03-02/2026-03-03")
    before = daybook("warehouse", "hash").stdout
    whole = (shared_data / "pages" / "real-pages.warc.gz").read_bytes()
    cut = tmp_path / "cut.warc.gz"
    cut.write_bytes(whole[: len(whole) // 2])
    one_line(daybook("run", "--warc", cut, check=False), 1, "cut.warc.gz")
    assert daybook("warehouse", "hash").stdout == before
    daybook("warehouse", "verify")


def test_an_archive_with_odd_records_is_read_and_tells_of_them(daybook, tmp_path):
    def record(name: str, date: str, more: int = 0) -> bytes:
        page = (write_inbox(tmp_path / "pages", (name,)) / f"{name}.html").read_bytes()
        answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + page
        head = f"WARC/1.1\r\nWARC-Type: response\r\nWARC-Target-URI: http://a.example/2026/{name}\r\n{date}"
        return head.encode() + b"Content-Length: %d\r\n\r\n" % (len(answer) + more) + answer + b"\r\n\r\n"

    when = "WARC-Date: 2026-03-02T09:00:00Z\r\n"
    odd = tmp_path / "odd.warc"
    odd.write_bytes(
        record("mill", when)
        + record("ferry", when, more=20)
        + record("bridge", "")
        + record("harbour", "WARC-Date: 9999-12-31T23:30:00Z\r\n")
        + record("school", when)
    )
    daybook("run", "--warc", odd)
    stored = json.loads(daybook("sql", "SELECT requested_url FROM pages ORDER BY 1", "--json").stdout)
    assert [row["requested_url"][-6:] for row in stored] == ["6/mill", "school"]
    refused = json.loads(daybook("sql", "SELECT reason, detail, day FROM quarantine ORDER BY 2", "--json").stdout)
    assert [row["reason"] for row in refused] == ["bad-field", "bad-field", "unreadable"]
    assert {row["day"][:10] for row in refused} == {"2026-03-02"}
    counted = "SELECT sum(received) AS received, sum(quarantined) AS refused FROM stage_counts WHERE unit = 'captures'"
    assert json.loads(daybook("sql", counted, "--json").stdout) == [{"received": 5, "refused": 3}]
    undated = tmp_path / "undated.warc"
    undated.write_bytes(record("bakery", ""))
    daybook("run", "--warc", undated)
    again = json.loads(daybook("sql", "SELECT count(*) AS n FROM quarantine", "--json").stdout)
    assert again == [{"n": 4}]
    daybook("warehouse", "verify")


@pytest.mark.drill
def test_an_inbox_file_is_named_by_whichever_room_refuses_it(daybook, tmp_path):
    inbox = write_inbox(tmp_path / "inbox")
    (inbox / "below").mkdir()
    named = {
        "minutes.pdf": "not-text",
        "below/blank.html": "empty-page",
        "below/picture.html": "no-text",
        "data.txt": "not-text",
        "brief.txt": "too-short",
    }
    (inbox / "minutes.pdf").write_bytes(b"%PDF-1.7")
    (inbox / "below" / "blank.html").write_bytes(b"")
    (inbox / "below" / "picture.html").write_text("<html><body><img src='pier.png'></body></html>")
    (inbox / "data.txt").write_text('{"pier": 7}')
    (inbox / "brief.txt").write_text("Pier shut\n\nThe pier is shut today.")
    daybook("run", "--inbox", inbox, "--window", "2026-03-02/2026-03-03")
    listed = json.loads(daybook("quarantine", "list", "--json").stdout)
    assert {row["file_name"]: row["reason"] for row in listed} == named
    assert {row["stage"] for row in listed} == {"fetch", "extract", "validate"}
    printed = daybook("quarantine", "list").stdout
    assert all(f"  {name}\n" in printed for name in named)
    for row in listed[-2:]:
        key = row["file_name"] if row is listed[-1] else row["quarantine_id"]
        assert f"the file {row['file_name']}" in daybook("explain", "article", key).stdout.split("was refused", 1)[1]
    (mill,) = json.loads(daybook("sql", "SELECT article_id FROM articles WHERE title LIKE '%mill'", "--json").stdout)
    assert "the file mill.html" in daybook("explain", "article", mill["article_id"]).stdout


def test_a_file_that_is_no_archive(daybook, tmp_path):
    odd = tmp_path / "odd.warc.gz"
    odd.write_bytes(gzip.compress(b"this is a letter, not an archive\n" * 20))
    one_line(daybook("run", "--warc", odd, check=False), 1, "odd.warc.gz")


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become an unprivileged user")
def test_an_unreadable_path_for_an_unprivileged_user(tmp_path):
    inbox = write_inbox(tmp_path / "inbox")
    inbox.chmod(0)
    warehouse = tmp_path / "warehouse"
    warehouse.mkdir()
    warehouse.chmod(0o777)
    for folder in (tmp_path, *list(tmp_path.parents)[:3]):
        folder.chmod(folder.stat().st_mode | 0o055)
    # Everything is imported by a first, hopeless call, for the interpreter itself may lie where nobody else may look.
    script = f"""
import contextlib, io, os, sys
from pipeline.cli import main
sys.argv = ["daybook", "run", "--inbox", {str(tmp_path / "nowhere")!r}]
with contextlib.suppress(SystemExit), contextlib.redirect_stderr(io.StringIO()):
    main()
os.setgroups([]); os.setgid(65534); os.setuid(65534)
sys.argv[-1] = {str(inbox)!r}
main()
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=PROJECT,
        env=clean_environment(warehouse=str(warehouse)),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    one_line(done, 2, "inbox", "not readable")


def test_a_full_disk(daybook, tmp_path):
    """A limit on file size stands in for a full disk: the same write fails in the same place."""
    inbox = write_inbox(tmp_path / "inbox")
    daybook("run", "--inbox", inbox, "--window", "2026-03-02/2026-03-03")
    before = daybook("warehouse", "hash").stdout
    write_inbox(inbox, tuple(f"bridge-{n}" for n in range(30)))
    done = subprocess.run(
        [sys.executable, "-m", "pipeline.cli", "run", "--inbox", str(inbox), "--window", "2026-03-03/2026-03-04"],
        cwd=PROJECT,
        env=clean_environment(warehouse=str(tmp_path / "warehouse")),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)),
    )
    one_line(done, 1)
    assert daybook("warehouse", "hash").stdout == before
    daybook("warehouse", "verify")
