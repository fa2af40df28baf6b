"""Answers to "why", on the sample newsroom's days: those that docs/explaining.md shows, and their edges.

`python -m tests.test_answers` plays the days and writes that page's answers anew; review the difference before
committing it.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shlex
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from pipeline.cli import app
from pipeline.errors import UsageError
from pipeline.store.warehouse import Warehouse
from tests.conftest import PROJECT
from tests.played import Play, play_days
from tests.typed import clean_environment

MANUAL = PROJECT / "docs" / "explaining.md"
# A command in one block, its answer in the next.
BLOCKS = re.compile(r"^```sh\n(daybook explain [^\n]+)\n```\n\n```text\n(.*?)^```", re.MULTILINE | re.DOTALL)
SHOWN: dict[str, str] = dict(BLOCKS.findall(MANUAL.read_text(encoding="utf-8")))
WIDTH = 100
LEDGER, COURIER = "http://www.vale-ledger.example", "http://www.harbour-courier.example"
WORD_FOR_WORD = (
    "daybook explain article 'http://scuttle.example/p/1001?utm_source=mail'",
    "daybook explain article http://scuttle.example/p/1007",
    f"daybook explain pair {COURIER}/2026/03/02/sarn-talks-open.html {LEDGER}/world/sarn-talks-belmora-40115/",
)
# Of the other answers what matters, by its path in --json: a comma or a threshold may change without a change here.
FACTS = {
    f"daybook explain article {LEDGER}/news/torrin-cells-to-close-40110/": {
        "article_id": ["acf581c9080f"],
        "source_id": ["ledger"],
        "requests.outcome": ["ok", "not-modified", "ok"],
        "versions.cause": ["new", "edit"],
        "versions.word_count": ["137", "164"],
        "versions.changes.old": ["1,420", ""],
        "cleaning.rules": ["title-repeated"],
        "placings.story_id": ["478357f6992a"],
        "lines.kind": ["new", "new", "corrected"],
        "lines.digest_date": ["2026-03-02", "2026-03-02", "2026-03-03"],
    },
    f"daybook explain article {LEDGER}/world/river-talks-progress-40129/": {
        "article_id": ["f9792e28e393"],
        "requests.http_status": ["200", "304"],
        "versions.cause": ["new"],
        "cleaning.rules": ["byline-placeholder", "source-link", "stay-tuned", "title-repeated", "urgent-lead"],
        "cleaning.removed.rule": ["title-repeated", "title-repeated", "urgent-lead", "stay-tuned"],
        "placings.story_id": ["5c76efcf00c7"],
        "placings.event_id": ["8c76c0a163e6"],
        "lines.role": ["primary"],
    },
    f"daybook explain article {COURIER}/partner/mattress-week.html": {
        "refusals.quarantine_id": ["b7a290adcff0"],
        "refusals.stage": ["fetch"],
        "refusals.reason": ["robots"],
        "refusals.status": ["held"],
        "requests.outcome": ["robots"],
    },
    "daybook explain story rovers": {
        "story_id": ["d01a61dc1a19"],
        "days.status": ["active", "quiet", "quiet", "active", "quiet", "active"],
        "days.article_count": ["1", "1", "1", "2", "2", "4"],
        "days.publisher_count": ["1", "1", "1", "1", "1", "2"],
        "lineage.kind": ["reopen"],
        "articles.article_id": ["0e63742b723f", "8938db18a0bc", "45b4e3e22af3", "8f70d27cecf0"],
        "lines.origin_count": ["1"] * 6 + ["2"] + ["1"] * 5,
    },
    f"daybook explain pair {COURIER}/2026/03/02/maren-lisk-aground.html "
    "http://www.overland-press.example/wire/20260305/heron-on-gravel": {
        "first.article_id": ["985c6c1ef619"],
        "second.article_id": ["e82d05381592"],
        "copy.shared_shingles": ["1"],
        "first.placing.story_id": ["6a3fd2785e0b"],
        "second.placing.story_id": ["edb7e29759ce"],
    },
    "daybook explain line 2026-03-02/1.1": {
        "development_id": ["f8efb5658f41"],
        "kind": ["new"],
        "build_status": ["final"],
        "event_date": ["2026-03-01"],
        "citations.role": ["primary", "corroborates"],
        "citations.article_id": ["b1c36cf1dd06", "985c6c1ef619"],
        "citations.char_end": ["171", "219"],
        "copies.article_id": ["bc8b786719c5"],
        "article_count": ["3"],
        "origin_count": ["2"],
    },
    "daybook explain line --text 'ferry are safe' --date 2026-03-03": {
        "sentences.article_id": ["e7b0bea35b30"],
        "sentences.means": ["the story said it before"],
        "sentences.earlier.digest_date": ["2026-03-02"],
        "sentences.earlier.development_id": ["f8efb5658f41"],
    },
}
# The first test that needs the play waits for it.
pytestmark = pytest.mark.timeout(600)


@contextlib.contextmanager
def warehouse_at(root: Path) -> Iterator[None]:
    """The command line's warehouse, for as long as this lasts."""
    with patch.dict(os.environ, clean_environment(warehouse=str(root)), clear=True):
        yield


def answer(command: str) -> str:
    """What a command prints."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        app(shlex.split(command)[1:], standalone_mode=False)
    return printed.getvalue()


@pytest.fixture(scope="module")
def played(play: Play) -> Iterator[Path]:
    with warehouse_at(play.root):
        yield play.root


def told(facts: Any, path: str) -> list[str]:
    """What stands at a path of names, through all lists on the way; ids as short as pages show them."""
    found = [facts]
    for name in path.split("."):
        found = [one[name] for one in found]
        found = [one for value in found for one in (value if isinstance(value, list) else [value])]
    return [str(one)[:12] if path.endswith("_id") else str(one) for one in found]


@pytest.mark.parametrize("command", WORD_FOR_WORD)
def test_the_page_shows_word_for_word_what_is_answered(command: str, played: Path) -> None:
    assert SHOWN[command] == answer(command)


@pytest.mark.parametrize("command", FACTS)
def test_the_page_shows_the_facts_that_are_answered(command: str, played: Path) -> None:
    facts = json.loads(answer(f"{command} --json"))
    expected = FACTS[command]
    assert {path: told(facts, path) for path in expected} == expected
    words = " ".join(SHOWN[command].split())
    assert [value for values in expected.values() for value in values if value not in words] == []


@pytest.mark.parametrize("command", SHOWN)
def test_every_answer_shown_is_tested_and_stays_within_the_page(command: str) -> None:
    assert command in WORD_FOR_WORD or command in FACTS
    lines = SHOWN[command].splitlines()
    assert [line for line in lines if len(line) > WIDTH and " http" not in line and line[:4] != "http"] == []


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("daybook explain article ffffffffffff", "no article and no refused page"),
        ("daybook explain article http://nowhere.example/a", "no article and no refused page"),
        ("daybook explain story zzzz", "no story answers"),
        ("daybook explain story sarn", "story ids answer to 'sarn': "),
        ("daybook explain line 2026-03-02/1.99", "has no line 1.99; it has 1.1 to 1."),
        ("daybook explain line 2031-01-01/1.1", "there is no digest of 2031-01-01"),
        ("daybook explain line zzzz", "its place: 2026-03-04/1.2"),
        ("daybook explain line 2026-03-02/1", "its place: 2026-03-04/1.2"),
        ("daybook explain line", "give a line's KEY"),
        ("daybook explain line --text x", "give a line's KEY"),
        ("daybook explain line --text 'words that nobody wrote' --date 2026-03-02", "no article of 2026-03-02 holds"),
    ],
)
def test_keys_that_lead_nowhere_say_so(command: str, says: str, played: Path) -> None:
    with pytest.raises(UsageError, match=re.escape(says)):
        answer(command)


def test_an_ambiguous_key_names_what_it_may_mean(played: Path) -> None:
    with pytest.raises(UsageError, match=r"article ids answer to '': \w{12} \(.+\), .* and \d+ more; give more of it"):
        answer("daybook explain article ''")


def test_an_article_answers_to_every_form_of_its_address(played: Path) -> None:
    url = "http://scuttle.example/p/1001"
    by_url = json.loads(answer(f"daybook explain article {url} --json"))
    for key in (f"{url}?utm_source=mail#top", "HTTP://SCUTTLE.example:80/p/1001?fbclid=1", by_url["article_id"][:10]):
        assert json.loads(answer(f"daybook explain article '{key}' --json"))["article_id"] == by_url["article_id"]


def test_a_refused_page_answers_to_its_address_and_to_its_quarantine_id(played: Path) -> None:
    listed = json.loads(answer("daybook quarantine list --reason not-an-article --json"))
    told = [answer(f"daybook explain article '{key}'") for key in (listed[0]["url"], listed[0]["quarantine_id"][:10])]
    assert all("not-an-article" in text and "nobody has decided" in text for text in told)


def test_lines_are_explained_as_they_were_published(played: Path) -> None:
    with Warehouse(played).latest().connect() as connection:
        lines = connection.execute(
            "SELECT development_id, kind, text, novelty FROM developments WHERE digest_date = DATE '2026-03-03'"
            " QUALIFY kind <> 'new' OR row_number() OVER (PARTITION BY kind ORDER BY development_id) <= 5"
        ).fetchall()
    assert {"new", "corrected"} <= {kind for _, kind, _, _ in lines}
    for line_id, kind, text, novelty in lines:
        facts = json.loads(answer(f"daybook explain line {line_id} --json"))
        assert facts["text"] == text
        assert facts["citations"][0]["quote"] == text
        if kind == "corrected":
            assert facts["corrections"]
            continue
        assert facts["decision"]["outcome"] == "line"
        assert facts["caveat"] is None
        earlier = facts["decision"]["earlier"]
        assert 1 - (earlier["similarity"] if earlier else 0) == pytest.approx(novelty, abs=0.0002)


def test_every_sentence_of_an_article_is_a_line_or_says_why_not(played: Path) -> None:
    url = "http://www.vale-ledger.example/news/torrin-cells-to-close-40110/"
    facts = json.loads(answer(f"daybook explain article {url} --json"))
    assert [v["cause"] for v in facts["versions"]] == ["new", "edit"]
    assert {"after": "June and cut", "old": "1,420", "new": "1,240"} in facts["versions"][1]["changes"]
    for day in facts["sentences"]:
        assert day["caveat"] is None
        assert day["decisions"]
        assert all(d["outcome"] == "line" or d["means"] for d in day["decisions"])


def test_settings_that_changed_since_are_told(played: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAYBOOK_DIGEST_MAX_LINES", "1")
    facts = json.loads(answer("daybook explain line 2026-03-02/1.1 --json"))
    assert "settings, code or what is recorded have changed" in facts["caveat"]


def test_a_story_is_found_by_words_of_its_headline(played: Path) -> None:
    facts = json.loads(answer("daybook explain story 'gull BANK' --json"))
    assert facts["story_id"] == json.loads(answer(f"daybook story {facts['story_id'][:8]} --json"))["story_id"]


def test_a_pair_is_the_same_from_both_sides(played: Path) -> None:
    one, other = (
        "http://scuttle.example/p/1001",
        "http://www.harbour-courier.example/2026/03/02/maren-lisk-aground.html",
    )
    facts = json.loads(answer(f"daybook explain pair {one} {other} --json"))
    assert facts == json.loads(answer(f"daybook explain pair {other} {one} --json"))
    assert facts["copy"]["kind"] == facts["stored"][0]["kind"]
    assert facts["copy"]["containment"] == pytest.approx(facts["stored"][0]["containment"])
    with pytest.raises(UsageError, match="both keys mean"):
        answer(f"daybook explain pair {one} {one}")


def test_a_query_may_begin_with_a_comment_or_come_from_a_file(played: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert json.loads(answer("daybook sql '-- how many days?\nSELECT 6 AS days' --json")) == [{"days": 6}]
    monkeypatch.setattr("sys.stdin", (PROJECT / "warehouse" / "queries" / "12_how_fresh.sql").open())
    assert "snapshot" in answer("daybook sql -")


def write_manual() -> None:
    """Write the page's answers anew."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "warehouse"
        play_days(root)
        with warehouse_at(root):
            text = BLOCKS.sub(
                lambda shown: f"```sh\n{shown[1]}\n```\n\n```text\n{answer(shown[1])}```",
                MANUAL.read_text(encoding="utf-8"),
            )
    MANUAL.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_manual()
