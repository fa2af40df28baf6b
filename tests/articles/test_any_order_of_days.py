"""Days are loaded and closed in any order (a parallel backfill): one article a URL and one canonical a text, all the same."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import date
from itertools import permutations
from pathlib import Path

import pytest

from pipeline.store.warehouse import Warehouse
from tests.articles.test_open_days import close, load, prose, reading

DAYS = (date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 3))
TEXT = prose(1)
# One text: under one URL on the first two days, on the second in another outlet too, on the third in a third one.
PAGES = {
    DAYS[0]: [reading("mill", 9, TEXT, DAYS[0])],
    DAYS[1]: [reading("mill", 9, TEXT, DAYS[1]), reading("mirrored", 12, TEXT + " Ours.", DAYS[1], outlet="mirror")],
    DAYS[2]: [reading("elsewhere", 9, TEXT, DAYS[2], outlet="gull")],
}

Step = tuple[str, date]


def orders() -> Iterator[tuple[Step, ...]]:
    """Every order of three loads, each day closed at any time after its load, up to the last load: what follows moves nothing."""
    steps = [(what, day) for day in DAYS for what in ("load", "close")]
    seen = set()
    for order in permutations(steps):
        if all(order.index(("load", day)) < order.index(("close", day)) for day in DAYS):
            last = max(i for i, (what, _) in enumerate(order) if what == "load")
            seen.add(order[: last + 1])
    yield from sorted(seen)


def step(warehouse: Warehouse, what: str, day: date) -> None:
    if what == "load":
        load(warehouse, PAGES[day])
    else:
        close(warehouse, day)


def warehouse_after(order: tuple[Step, ...], folder: Path) -> Warehouse:
    """The warehouse after some steps; what a shorter order came to is taken from where it stands."""
    names = [f"{what[0]}{day.day}" for what, day in order]
    root = folder / "-".join(names)
    if not root.exists():
        if len(order) > 1:
            shutil.copytree(
                warehouse_after(order[:-1], folder).root,
                root,
                symlinks=True,
                copy_function=os.link,
                dirs_exist_ok=False,
            )
        step(Warehouse(root), *order[-1])
    return Warehouse(root)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("orders")


def is_telling(order: tuple[Step, ...]) -> bool:
    """Whether no day is closed before the last load, or the last day before an earlier one is loaded: the rest is a drill."""
    closed = [day for what, day in order if what == "close"]
    return not closed or DAYS[-1] in closed


@pytest.mark.parametrize(
    "order",
    [pytest.param(order, marks=[] if is_telling(order) else [pytest.mark.drill]) for order in orders()],
    ids=lambda order: "-".join(f"{what[0]}{day.day}" for what, day in order),
)
def test_one_article_and_one_canonical(order: tuple[Step, ...], folder: Path) -> None:
    snapshot = warehouse_after(order, folder).latest()
    articles = snapshot.read("articles", columns=["url", "article_id", "duplicate_of"]).to_pylist()
    assert len({row["url"] for row in articles}) == len(articles) == 3
    (canonical,) = [row["article_id"] for row in articles if row["duplicate_of"] is None]
    assert {row["duplicate_of"] for row in articles} == {None, canonical}
    assert set(snapshot.read("duplicates")["canonical_id"].to_pylist()) == {canonical}
    assert snapshot.read("duplicates").num_rows == 2
