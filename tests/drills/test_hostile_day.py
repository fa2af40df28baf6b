"""A day with pages of nothing but signs costs little more than the same day with prose, and its neighbours lose no line."""

from __future__ import annotations

import json
import random
import resource
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.typed import PROJECT, clean_environment

SIGNS = (
    "-", "–", "—", "--", '"', "'", "''", "``", "“", "”", "„", "«", "»", "「", "」", "『", "』", "(", ")", "[", "]", "{", "}",
    "<", ">", "(“", "?”", "*", "|", ". ", "…", "7:77:", "@", "//",
)  # fmt: skip
LENGTHS = (70, 7_000, 70_000)
SYLLABLES = (
    """ha bor chan nel may win ter bud get scho bri dge ri ver mar ket storm po lice mi ni ster uni on stri ke"""
)
LEAD = "The harbour board of Quillmouth voted on Tuesday to dredge its channel, and the mayor, Ida Holm, said when it begins."
WINDOW = ("--window", "2025-12-20/2025-12-21")


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What a day cost in processor seconds, and the lines that the sound articles gave."""

    seconds: float
    lines: list[str]


def prose(chars: int, chance: random.Random) -> str:
    """Sentences of words that no two of these texts have in the same order."""
    text = ""
    while len(text) < chars:
        words = [
            "".join(chance.choices(SYLLABLES.split(), k=chance.randint(1, 3))) for _ in range(chance.randint(8, 18))
        ]
        text += " ".join(words).capitalize() + ". "
    return text[:chars]


def page(number: int, chars: int, filling: str) -> str:
    """A text that holds the filling where datelines and quotations are looked for."""
    first = f"Harbour report {number} of {chars}\n\nLONDON (AP) {filling}x {LEAD}"
    return f"{first}\n\nThe mayor of Quillmouth said on Monday: “No!{filling}x\n\n{LEAD} Case {number} of {chars}."


def lived(folder: Path, seeds: Path, fill) -> Day:
    """Run the seeds' day with one page of each sign and length; `fill` gives what is in it, None for no page."""
    inbox = folder / "inbox"
    shutil.copytree(seeds, inbox)
    for number, sign in enumerate(SIGNS):
        for chars in LENGTHS:
            if (filling := fill(sign, chars)) is not None:
                (inbox / f"odd-{number:02}-{chars}.txt").write_text(page(number, chars, filling))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    ask(folder, "run", "--inbox", str(inbox), *WINDOW)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    query = """SELECT text FROM developments WHERE development_id NOT IN (
        SELECT development_id FROM citations JOIN articles USING (article_id) WHERE articles.text LIKE '%Quillmouth%')"""
    lines = [row["text"] for row in json.loads(ask(folder, "sql", query, "--json"))]
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Day(seconds=seconds, lines=sorted(lines))


def ask(folder: Path, *arguments: str) -> str:
    """The command line, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "pipeline.cli", *arguments],
        cwd=PROJECT,
        env=clean_environment(warehouse=str(folder / "warehouse")),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.drill
@pytest.mark.timeout(1_200)
def test_signs_cost_at_most_half_as_much_again_as_prose(shared_data: Path, tmp_path: Path) -> None:
    chance = random.Random(5)
    seeds = shared_data / "seeds"
    days = {
        "seeds alone": lived(tmp_path / "alone", seeds, lambda sign, chars: None),
        "prose": lived(tmp_path / "prose", seeds, lambda sign, chars: prose(chars, chance)),
        "signs": lived(tmp_path / "signs", seeds, lambda sign, chars: (sign * chars)[:chars]),
    }
    print({name: round(day.seconds, 1) for name, day in days.items()})
    assert len(days["seeds alone"].lines) > 1
    assert days["signs"].lines == days["prose"].lines == days["seeds alone"].lines
    assert days["signs"].seconds <= 1.5 * days["prose"].seconds
