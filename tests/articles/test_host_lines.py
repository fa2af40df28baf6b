"""Lines of a host: learned from closed days alone, the same for hours and days, and no edit when they come or go."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.articles.host_lines import learn_day, read_host_lines
from pipeline.dedupe.host_lines import NO_LINES, RULE, THRESHOLDS, HostLines, find_lines, learn_lines, line_key
from pipeline.store.warehouse import Warehouse
from pipeline.tables import HOST_LINES
from pipeline.windows import Window
from tests.articles.test_open_days import load, prose, reading

FIRST = date(2026, 3, 2)
CALL = "Keep the Post alive: our readers pay for what you read here, and so can you."
NEW_CALL = "The Post needs a new roof. Give what you can, our readers ask of you."


def day(n: int) -> date:
    return FIRST + timedelta(n)


def body(seed: int) -> str:
    return "\n\n".join(prose(10 * seed + n, 40) for n in range(4))


def news(n: int, *, furniture: str | None = CALL, count: int = 4, foot: bool = True) -> list[dict[str, object]]:
    """A day's pages of one host, each with the same line."""
    rows = []
    for k in range(count):
        own = body(100 * n + k)
        text = own if furniture is None else f"{own}\n\n{furniture}" if foot else _inside(own, furniture)
        rows.append(reading(f"day-{n}-{k}", 8 + k, text, day(n)))
    return rows


def _inside(text: str, line: str) -> str:
    parts = [*text.split("\n\n"), prose(7), prose(8), prose(9)]
    return "\n\n".join([*parts[:3], line, *parts[3:]])


def close(warehouse: Warehouse, closed: date) -> None:
    with warehouse.writing(Window.of_day(closed).end) as tx:
        tx.replace_day("host_lines", closed, learn_day(tx.snapshot, closed))
        tx.close_day(closed)
        tx.commit()


def play(root: Path, days: list[list[dict[str, object]]], *, one_by_one: bool = False) -> Warehouse:
    warehouse = Warehouse(root)
    for n, rows in enumerate(days):
        for batch in [[row] for row in rows] if one_by_one else [rows]:
            load(warehouse, batch)
        close(warehouse, day(n))
    return warehouse


def texts_of(warehouse: Warehouse, n: int) -> list[str]:
    return warehouse.latest().read("articles", days=[day(n)])["text"].to_pylist()


def test_a_line_of_many_pages_goes_once_three_days_have_closed_and_not_before(tmp_path: Path) -> None:
    warehouse = play(tmp_path, [news(n) for n in range(6)])
    held = [sum(CALL in text for text in texts_of(warehouse, n)) for n in range(6)]
    assert held == [4, 4, 4, 4, 0, 0]  # the day before a page's own may not be closed yet
    row = warehouse.latest().read("articles", days=[day(5)]).to_pylist()[0]
    assert row["host_lines_version"] == str(day(3))
    assert RULE in row["cleaning_rules"]
    assert row["word_count"] == len(row["text"].split())
    early = warehouse.latest().read("articles", days=[day(1)]).to_pylist()[0]
    assert early["host_lines_version"] is None


@pytest.mark.drill
def test_hours_days_and_whatever_order_give_one_hash(tmp_path: Path) -> None:
    days = [news(n) for n in range(6)]
    at_once = play(tmp_path / "days", days).content_hash()
    dice = random.Random(3)
    shuffled = [dice.sample(rows, len(rows)) for rows in days]
    assert play(tmp_path / "shuffled", shuffled, one_by_one=True).content_hash() == at_once


def test_the_hours_before_the_day_before_is_closed_are_judged_like_those_after(tmp_path: Path) -> None:
    days = [news(n) for n in range(6)]
    usual = play(tmp_path / "usual", days)
    late = Warehouse(tmp_path / "late")
    for n, rows in enumerate(days):
        load(late, rows[:2])
        if n:
            close(late, day(n - 1))
        load(late, rows[2:])
    close(late, day(5))
    assert late.content_hash() == usual.content_hash()


def test_a_window_that_is_run_again_takes_the_version_it_first_had(tmp_path: Path) -> None:
    days = [news(n) for n in range(6)]
    warehouse = play(tmp_path, days)
    before = warehouse.content_hash()
    assert {outcome for outcome, _ in load(warehouse, days[1]).values()} == {"unchanged"}
    assert {outcome for outcome, _ in load(warehouse, days[5]).values()} == {"unchanged"}
    assert warehouse.content_hash() == before
    late = reading("late", 9, f"{body(999)}\n\n{CALL}", day(1))  # a page of a day on which nothing was known yet
    load(warehouse, [late])
    row = warehouse.latest().read("articles", having=("article_id", pa.array([late["article_id"]]))).to_pylist()[0]
    assert row["host_lines_version"] is None


def test_a_change_of_furniture_is_no_edit(tmp_path: Path) -> None:
    days = [news(n) for n in range(6)]
    again = reading("day-0-0", 15, body(0), day(5))  # first seen with the line; asked again without it
    other = reading("day-1-0", 15, f"{body(100)}\n\n{CALL}", day(5))  # and one that has it still
    warehouse = play(tmp_path, [*days[:5], [*days[5], again, other]])
    versions = warehouse.latest().read("articles", days=[day(0), day(1)])
    assert set(versions["version"].to_pylist()) == {1}
    edited = reading("day-2-0", 15, f"{body(200)} And the bridge is shut.\n\n{CALL}", day(6))
    load(warehouse, [edited])
    row = warehouse.latest().read("articles", having=("article_id", pa.array([edited["article_id"]]))).to_pylist()[0]
    assert (row["version"], row["cause"]) == (2, "edit")
    assert row["text"].endswith("And the bridge is shut.")


def test_readings_keep_every_line_so_that_what_is_learned_is_not_forgotten(tmp_path: Path) -> None:
    warehouse = play(tmp_path, [news(n) for n in range(12)])
    assert all(CALL in text for text in warehouse.latest().read("extractions")["text"].to_pylist())
    assert not any(CALL in text for text in texts_of(warehouse, 11))


@pytest.mark.parametrize(
    ("name", "days"),
    [
        ("a sentence of one running story", [news(n, count=2) + news(n + 50, furniture=None, count=8) for n in range(6)]),
        ("a paragraph in the middle of texts", [news(n, foot=False) for n in range(6)]),
        ("a line of two days", [news(n, furniture=CALL if n < 2 else None) for n in range(6)]),
        ("a long paragraph", [news(n, furniture=prose(3, 80)) for n in range(6)]),
        ("a line of one page a day", [news(n, count=1) for n in range(6)]),
    ],
)  # fmt: skip
def test_what_one_sign_alone_speaks_against_stays(
    tmp_path: Path, name: str, days: list[list[dict[str, object]]]
) -> None:
    moved = [
        [row | {"day": day(n), "window_start": Window.of_day(day(n)).start} for row in rows]
        for n, rows in enumerate(days)
    ]
    rows = [row for n, of in enumerate(moved) for row in learn_lines(of, day(n)).to_pylist()]
    assert find_lines(HOST_LINES.rows(rows)).lines == {}, name


def test_a_text_that_would_be_gone_is_kept() -> None:
    url = "https://www.post.example/a"
    known = HostLines(version="2026-03-02", lines={"www.post.example": frozenset({line_key(CALL), line_key(NEW_CALL)})})
    assert known.strip_text(url, f"{CALL}\n\n{NEW_CALL}") == f"{CALL}\n\n{NEW_CALL}"
    assert known.strip_text(url, f"{body(1)}\n\n{CALL}") == body(1)
    assert known.strip_text("https://other.example/a", f"{body(1)}\n\n{CALL}").endswith(CALL)
    assert known.strip_text(None, CALL) == CALL
    assert NO_LINES.strip_text(url, CALL) == CALL


def test_only_the_hosts_that_are_asked_for_are_read(tmp_path: Path) -> None:
    def gull(row: dict[str, object]) -> dict[str, object]:
        return row | {"page_id": f"gull-{row['page_id']}", "url": str(row["url"]).replace("post", "gull")}

    warehouse = play(tmp_path, [[*news(n), *map(gull, news(n))] for n in range(5)])
    known = read_host_lines(warehouse.latest(), day(8), ["https://www.gull.example/x", None, "no url"])
    assert set(known.lines) == {"www.gull.example"}
    assert known.version == str(day(4))
    assert read_host_lines(warehouse.latest(), day(2), ["https://www.gull.example/x"]).version is None
    assert THRESHOLDS.least_days == 3
