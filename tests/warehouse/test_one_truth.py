"""Ideas that many ask for stand in one place each: a second one would sooner or later say something else."""

from __future__ import annotations

import re

import pytest

from pipeline.store.warehouse import Warehouse
from tests.conftest import PROJECT
from tests.store.sample import make_world

# What a second copy of an idea would hold, and the one file that may.
_ONCE = {
    "all versions of an article": (r"(?:from|join)\s+article_history\b", "warehouse/views/article_versions.sql"),
}
_CODE = [
    path
    for folder in ("pipeline", "plugins", "airflow_local", "benchmarks", "warehouse")
    for path in sorted((PROJECT / folder).rglob("*"))
    if path.suffix in (".py", ".sql")
]


@pytest.mark.parametrize("idea", _ONCE)
def test_an_idea_stands_in_one_file(idea: str) -> None:
    pattern, home = _ONCE[idea]
    found = [path.relative_to(PROJECT).as_posix() for path in _CODE if re.search(pattern, path.read_text(), re.I)]
    assert found == [home]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    return make_world(tmp_path_factory.mktemp("world") / "data")


def test_a_condition_on_versions_is_asked_of_the_files_themselves(world: Warehouse) -> None:
    with world.latest().connect(tables=(), views=["article_versions"]) as connection:
        query = "SELECT version FROM article_versions WHERE article_id = 'a1'"
        ((_, plan),) = connection.execute(f"EXPLAIN {query}").fetchall()
    assert (plan.count("Function:"), plan.count("Filters:")) == (2, 2), plan
    assert " FILTER " not in plan
    assert "text" not in plan


def test_a_connection_holds_what_was_asked_for_and_what_that_stands_on(world: Warehouse) -> None:
    with world.latest().connect(tables=["runs"], views=["digest_lines"]) as connection:
        names = {
            name for (name,) in connection.execute("SELECT view_name FROM duckdb_views() WHERE NOT internal").fetchall()
        }
    assert {"runs", "digest_lines", "article_versions", "current_builds", "story_lineage"} <= names
    assert not {"pages", "stories", "quarantine"} & names


def test_a_view_sees_no_other_rows_of_a_table_than_the_connection(world: Warehouse) -> None:
    first = {"articles": "article_id <> 'a1'", "article_history": "version < 1"}
    with world.latest().connect(tables=(), views=["article_versions"], where=first) as connection:
        found = connection.execute("SELECT article_id FROM article_versions ORDER BY article_id").fetchall()
    assert [article_id for (article_id,) in found] == ["a2", "a3", "a4", "a5"]
