"""Every command, query and program that README and docs show is run here, on the sample newsroom's warehouse."""

from __future__ import annotations

import gzip
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.settings import Settings
from pipeline.store.warehouse import Warehouse
from tests.conftest import PROJECT
from tests.played import Play
from tests.typed import clean_environment, typed

PAGES = [PROJECT / "README.md", PROJECT / "CONTRIBUTING.md", *sorted((PROJECT / "docs").glob("*.md"))]
FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
# What takes minutes, and is run whole elsewhere: by the tests of the DAGs and of answers, and as drills.
ELSEWHERE = ("make ", "daybook bench", "daybook explain")
# What is about the samples is run in the order shown, on a warehouse of its own.
ON_SAMPLES = re.compile(r"samples/|2025-11-\d\d")


def blocks(*kinds: str) -> list[tuple[str, str]]:
    return [
        (page.name, code)
        for page in PAGES
        for kind, code in FENCE.findall(page.read_text(encoding="utf-8"))
        if kind in kinds
    ]


def shown_commands(*, on_samples: bool) -> list[str]:
    """Each command once, where it is shown first."""
    lines = [line.split("  #")[0].strip() for _, code in blocks("sh") for line in code.splitlines()]
    wanted = (line for line in lines if line and not line.startswith(ELSEWHERE))
    return list(dict.fromkeys(line for line in wanted if bool(ON_SAMPLES.search(line)) is on_samples))


WRITTEN = ("preds.jsonl", "quality.html")


def run_command(command: str, warehouse: Path, out: Path | None = None) -> str:
    """Run a command as it is shown, and give what it says; what it writes goes to `out`."""
    words = shlex.split(command)
    assert words[0] == "daybook", f"what is {command!r}? run it here, or say where it is run"
    arguments = (str(out) if word in WRITTEN else word for word in words[1:])
    done = typed(*arguments, warehouse=str(warehouse))
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def played(play: Play, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample newsroom's days, through all rooms: a copy, for some of the commands write."""
    return play.copy(tmp_path_factory.mktemp("played") / "warehouse")


@pytest.mark.parametrize("command", sorted(shown_commands(on_samples=False)))
def test_commands(command: str, played: Path, tmp_path: Path):
    assert run_command(command, played, tmp_path / "out").strip()


@pytest.fixture(scope="module")
def sampled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the shown commands on the samples worked, in the order shown: w/, preds.jsonl."""
    folder = tmp_path_factory.mktemp("samples")
    commands = shown_commands(on_samples=True)
    assert {command.split()[1] for command in commands} == {"run", "extract", "digest"}
    for command in commands:
        assert run_command(command, folder / "w", folder / "preds.jsonl").strip(), command
    return folder


def test_the_samples_bring_articles(sampled: Path):
    warehouse = Warehouse(sampled / "w")
    articles = warehouse.sql("SELECT title, authors, text, duplicate_of FROM articles").to_pylist()
    assert len(articles) == 10
    assert sum(article["duplicate_of"] is not None for article in articles) == 1
    assert [row["reason"] for row in warehouse.sql("SELECT reason FROM quarantine").to_pylist()] == ["too-short"]
    assert not any("admin" in name.lower() for article in articles for name in article["authors"])
    for dirt in ("source link", "urgent", "stay tuned", "read also", "read more", "newsletter", "share", "cookie"):
        assert not any(dirt in article["text"].lower() for article in articles), dirt
    lines = (sampled / "preds.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == len(list((PROJECT / "samples" / "pages").glob("*.html")))
    assert all(len(json.loads(line)["text"]) > 250 for line in lines)


def test_the_samples_bring_a_digest_a_day_and_a_correction(sampled: Path):
    warehouse = Warehouse(sampled / "w")
    days = warehouse.sql("SELECT digest_date, count(text) AS lines FROM digest_lines GROUP BY 1 ORDER BY 1").to_pylist()
    assert [str(row["digest_date"]) for row in days] == ["2025-11-10", "2025-11-11", "2025-11-12"]
    assert all(row["lines"] >= 2 for row in days), days  # a lone article gives two
    widest = warehouse.sql("SELECT article_count FROM stories ORDER BY 1 DESC LIMIT 2").to_pylist()
    assert [row["article_count"] for row in widest] == [5, 4]  # the cable car, and the wells
    (correction,) = warehouse.sql("SELECT old_quote, new_text FROM corrections").to_pylist()
    assert "to half of" in correction["old_quote"]
    assert "to a third of" in correction["new_text"]


def test_the_packed_samples_are_the_pages():
    sys.path.insert(0, str(PROJECT / "scripts"))
    try:
        from pack_samples import ARCHIVE, pack_samples
    finally:
        sys.path.pop(0)
    assert gzip.decompress(ARCHIVE.read_bytes()) == gzip.decompress(pack_samples()), (
        "run: python scripts/pack_samples.py"
    )


@pytest.mark.parametrize(("page", "query"), blocks("sql"))
def test_queries(page: str, query: str, played: Path):
    with Warehouse(played).open_readonly() as connection:
        rows = connection.execute(query).fetchall()
    if "<> c.quote" in query:
        assert rows == []
    else:
        assert rows, f"{page} shows a query without an answer"


@pytest.mark.parametrize(("page", "program"), blocks("python"))
def test_programs(page: str, program: str, played: Path):
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=clean_environment(warehouse=str(played)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{page}: {done.stderr}"


def test_make_verbs_are_those_that_exist():
    shown = {line.split()[1] for _, code in blocks("sh") for line in code.splitlines() if line.startswith("make ")}
    verbs = set(re.findall(r"^(\w+):.*##", (PROJECT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert shown <= verbs
    assert {"setup", "run", "test", "drills", "check", "up", "airflow", "bench", "docs", "clean"} == verbs - {"help"}


def test_readme_shows_the_two_commands_within_twenty_lines():
    head = (PROJECT / "README.md").read_text(encoding="utf-8").splitlines()[:20]
    assert any(line.startswith("make run") for line in head)
    assert any(line.startswith("make test") for line in head)


def test_every_setting_is_in_the_example_file():
    from dataclasses import fields

    example = (PROJECT / ".env.example").read_text(encoding="utf-8")
    for field in fields(Settings):
        assert re.search(rf"^#DAYBOOK_{field.name.upper()}(?:_[A-Z_]+)?=", example, re.MULTILINE), field.name
    assert Settings.from_env({k: v for k, v in os.environ.items() if not k.startswith("DAYBOOK_")}) == Settings()
