"""What a stranger sent shows on the terminal and never acts there; odd words of a command line are refused in one line."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.store.warehouse import Warehouse
from pipeline.tables import TABLES
from tests.digest.test_digest_stage import FLOOD, TUESDAY, Desk
from tests.typed import clean_environment, typed

ACTS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
EVIL = "red \x1b[31m title \x1b]0;owned\x07 \x9b31m \x7f \u202ekcab\u2066 \r over"
LINES_OF_FILE = "Evil file\n\n" + "\n\n".join(f"The harbour board voted on Monday for channel {n}." for n in range(9))

Daybook = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse in which everything that a stranger may choose is hostile."""
    desk = Desk(tmp_path_factory.mktemp("evil"))
    article = desk.article("a1", TUESDAY, f"{FLOOD} {EVIL}", title=EVIL, publisher=EVIL, authors=[EVIL])
    desk.day(TUESDAY, article)
    at = datetime(2026, 3, 3, 10, tzinfo=UTC)
    same = {"source_id": "feed", "window_start": at, "run_id": "news_ingest/x", "recorded_at": at, "day": TUESDAY}
    refusal = {
        "quarantine_id": "q1", "stage": "fetch", "reason": "http-error", "detail": EVIL, "status": "held",
        "record_json": json.dumps({"url": f"http://a1.example/{EVIL}", "title": EVIL}, ensure_ascii=False),
    }  # fmt: skip
    fetch = {"url": f"http://a1.example/{EVIL}", "outcome": "ok", "etag": EVIL, "content_type": EVIL}
    story = {"story_id": "river", "headline": EVIL, "status": "active"}
    names = {table: {column.name for column in TABLES[table].columns} for table in ("quarantine", "fetches")}
    desk.write(
        TUESDAY,
        {
            "quarantine": [{k: v for k, v in (same | refusal).items() if k in names["quarantine"] | {"day"}}],
            "fetches": [{k: v for k, v in (same | fetch).items() if k in names["fetches"] | {"day"}}],
            "story_days": [story],
        },
    )
    desk.publish(TUESDAY)
    return desk.warehouse.root


COMMANDS = [
    ["status"],
    ["sql", "SELECT title, publisher, text FROM articles"],
    ["sql", "SELECT detail, record_json FROM quarantine"],
    ["sql", f"SELECT '{EVIL}' AS \"{EVIL}\""],
    ["explain", "article", "a1"],
    ["explain", "story", "river"],
    ["explain", "line", "2026-03-03/1.1"],
    ["explain", "line", "--text", "burst its banks", "--date", "2026-03-03"],
    ["quarantine", "list"],
    ["digest", "--date", "2026-03-03"],
    ["digest", "--date", "2026-03-03", "--format", "html"],
    ["digest", "--date", "2026-03-03", "--format", "json"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command[:2]))
@pytest.mark.parametrize("as_json", [False, True], ids=["text", "json"])
def test_nothing_that_is_printed_acts(root: Path, command: list[str], as_json: bool) -> None:
    if command[0] == "digest" and as_json:
        pytest.skip("it has a format of its own")
    done = typed(*command, *(["--json"] if as_json else []), warehouse=str(root))
    assert done.returncode == 0, done.stderr
    assert ACTS.findall(done.stdout + done.stderr) == []
    if as_json:
        json.loads(done.stdout)


def test_json_loses_nothing(root: Path) -> None:
    (row,) = json.loads(typed("sql", "SELECT title FROM articles", "--json", warehouse=str(root)).stdout)
    assert row == {"title": EVIL}
    published = json.loads((root / "digests" / "2026-03-03" / "digest.json").read_text())
    assert (
        json.loads(typed("digest", "--date", "2026-03-03", "--format", "json", warehouse=str(root)).stdout) == published
    )


@pytest.mark.parametrize(
    "command",
    [
        ["run", "--warc", f"a{EVIL}"],
        ["run", "--inbox", f"a{EVIL}"],
        ["sql", f"SELECT {EVIL}"],
        ["explain", "article", f"x{EVIL}"],
        ["quarantine", "release", f"x{EVIL}"],
        ["digest", "--date", f"2026{EVIL}"],
        [f"no-such{EVIL}"],
        ["status", f"--{EVIL}"],
    ],
    ids=lambda command: command[0][:7],
)
def test_errors_are_one_line_that_does_not_act(root: Path, command: list[str]) -> None:
    done = typed(*command, warehouse=str(root))
    assert done.returncode in (1, 2)
    assert ACTS.findall(done.stdout + done.stderr) == []
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("daybook: ")


def test_progress_and_log_on_a_real_terminal_draw_and_pass_nothing_on(tmp_path: Path) -> None:
    """A terminal is given what draws the bar, and of a file's name nothing that acts."""
    inbox = tmp_path / "in\x1b]0;owned\x07"
    inbox.mkdir()
    (inbox / "a.txt").write_text(LINES_OF_FILE)
    (inbox / "b\x1b]0;owned\x07\x1b[2J.pdf").write_text("%PDF")
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "pipeline.cli",
            "-v",
            "extract",
            str(inbox),
            "--out",
            str(tmp_path / "o\x1b]0;owned\x07"),
        ],
        cwd=Path(__file__).parents[2],
        env=clean_environment(warehouse=str(tmp_path / "w"), extract_workers="1") | {"TERM": "xterm", "COLUMNS": "300"},
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:
            break
        if not part:
            break
        shown += part
    os.close(ours)
    assert process.wait(60) == 0, shown
    assert b"\x1b[" in shown, "the bar is drawn"
    assert b"owned" in shown
    assert b"\x1b]0;" not in shown
    assert b"\x07" not in shown
    assert b"\x1b[2J" not in shown


def test_what_a_library_says_while_it_reads_a_page_stays_in_its_process(tmp_path: Path) -> None:
    said = f"print({EVIL!r}); sys.stderr.write({EVIL!r}); warnings.warn({EVIL!r})"
    reader = f"import sys, warnings\ndef warm_up():\n    {said}\n    raise ValueError({EVIL!r})\n"
    (tmp_path / "loud_reader.py").write_text(reader)
    project = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-m", "pipeline.sandbox.worker", "loud_reader"],
        cwd=project,
        env=clean_environment() | {"PYTHONPATH": f"{project}:{tmp_path}"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert ACTS.findall(done.stderr) == []
    assert done.stderr.count("owned") == 2, "the error alone, and the line that raised it"
    assert "ValueError: red" in done.stderr


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["run", "--inbox", ""], "--inbox is empty"),
        (["run", "--inbox="], "--inbox is empty"),
        (["run", "--inbox", "  "], "--inbox is empty"),
        (["run", "--warc", ""], "--warc is empty"),
        (["run", "--source", ""], "--source is empty"),
        (["run", "--inbox", "x", "--window", ""], "--window is empty"),
        (["run", "--inbox", "x", "--accept-gate", " "], "--accept-gate is empty"),
        (["extract", "samples/pages", "--out", ""], "--out is empty"),
        (["extract", "", "--out", "x"], "argument 2 is empty"),
        (["explain", "article", ""], "argument 3 is empty"),
        (["explain", "line", ""], "argument 3 is empty"),
        (["story", ""], "argument 2 is empty"),
        (["quarantine", "release", ""], "argument 3 is empty"),
        (["quarantine", "drop", "--by", ""], "--by is empty"),
        (["sql", ""], "argument 2 is empty"),
        (["digest", "--date", ""], "--date is empty"),
        (["warehouse", "hash", "--by-table", "--columns", ""], "--columns is empty"),
        (["explain", "article", "a\udcff"], "is no UTF-8"),
        (["sql", "SELECT '\udc80'"], "is no UTF-8"),
        (["run", "--inbox", "\udcff"], "is no UTF-8"),
    ],
)
def test_empty_and_odd_words_are_refused(daybook: Daybook, words: list[str], names: str, tmp_path: Path) -> None:
    done = daybook(*words, check=False)
    assert done.returncode == 2
    assert names in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert ACTS.findall(done.stderr) == []
    assert not (tmp_path / "warehouse").exists()


@pytest.mark.parametrize("value", ["", "  "])
def test_an_empty_warehouse_is_not_the_default_one(daybook: Daybook, value: str) -> None:
    done = daybook("status", check=False, warehouse=value)
    assert done.returncode == 2
    assert "DAYBOOK_WAREHOUSE is empty" in done.stderr


def test_a_real_process_refuses_bytes_that_are_no_text(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pipeline.cli", "explain", "article", b"\xff\x1b[31m"],
        cwd=Path(__file__).parents[2],
        env=clean_environment(warehouse=str(tmp_path)),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith(b"daybook: the argument ") and done.stderr.count(b"\n") == 1
    assert b"\x1b" not in done.stderr


def test_a_query_from_a_file_that_is_no_text_is_refused(root: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pipeline.cli", "sql", "-"],
        cwd=Path(__file__).parents[2],
        env=clean_environment(warehouse=str(root)) | {"PYTHONIOENCODING": "utf-8"},
        input=b"SELECT '\xff\x1b[31m'",
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr.count(b"\n")) == (2, 1)
    assert b"no UTF-8" in done.stderr


def test_what_was_written_is_hostile(root: Path) -> None:
    (article,) = Warehouse(root).latest().read("articles").to_pylist()
    assert ACTS.search(article["title"])
