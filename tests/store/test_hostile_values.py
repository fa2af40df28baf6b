"""What strangers write into titles and names is kept to the letter, runs nowhere, and names no file."""

from __future__ import annotations

import pytest

from pipeline.store.warehouse import Warehouse
from tests.store.sample import NOW, article, rows

TITLES = (
    "'); DROP TABLE articles;--",
    "x' OR '1'='1",
    "a\"; ATTACH '/tmp/x' AS y; --",
    "$title {title} %s ?",
    "../../../../etc/passwd",
    "..\\..\\x\x00y",
    "a" * 300,
    "C:\\con\\nul",
    "=cmd|' /C calc'!A0",
    "\u202egpj.exe",
)


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    warehouse = Warehouse(tmp_path_factory.mktemp("w") / "warehouse")
    records = [article(f"a{n}", title, title, source_id=title) for n, title in enumerate(TITLES)]
    with warehouse.writing(NOW) as tx:
        tx.upsert("articles", rows("articles", *records))
        tx.commit()
    return warehouse


def test_they_come_back_letter_for_letter(stored: Warehouse) -> None:
    found = {row["article_id"]: row["title"] for row in stored.latest().read("articles").to_pylist()}
    assert [found[f"a{n}"] for n in range(len(TITLES))] == list(TITLES)


def test_as_a_value_of_a_query_they_find_themselves_alone(stored: Warehouse) -> None:
    with stored.latest().connect() as connection:
        for n, title in enumerate(TITLES):
            query = "SELECT article_id FROM articles WHERE title = $title"
            assert connection.execute(query, {"title": title}).fetchall() == [(f"a{n}",)]
        assert connection.execute("SELECT count(*) FROM articles").fetchone() == (len(TITLES),)


def test_no_file_is_named_after_them(stored: Warehouse) -> None:
    names = [path.name for path in stored.root.rglob("*")]
    assert names
    assert not [name for name in names for title in TITLES if title[:12] in name]
    assert {path.name for path in stored.root.parent.iterdir()} == {stored.root.name}
