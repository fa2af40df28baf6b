"""Ideas that many ask for stand in one place each: a second one would sooner or later say something else."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.store.views import with_what_they_read
from pipeline.store.warehouse import Warehouse
from pipeline.stories.records import follow_merges
from tests.conftest import PROJECT
from tests.store.sample import DAY, NOON, make_world, rows

# What a second copy of an idea would hold, and the one file that may.
_ONCE = {
    "all versions of an article": (r"(?:from|join)\s+article_history\b", "warehouse/views/article_versions.sql"),
    "where a merged story stands, in SQL": (r"kind = 'merge'", "warehouse/views/story_merges.sql"),
    "where a merged story stands, of Arrow rows": (r'"kind"\] == "merge"', "pipeline/stories/records.py"),
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


def ask_view(name: str, table: str, given: pa.Table) -> list[dict[str, Any]]:
    """What a view says of the rows of one table."""
    with duckdb.connect() as connection:
        connection.register(table, given)
        for view in with_what_they_read([name]):
            connection.execute(f"CREATE TEMP VIEW {view.name} AS {view.body}")
        found: list[dict[str, Any]] = connection.execute(f"FROM {name}").to_arrow_table().to_pylist()
        return found


def _merge(from_id: str, to_id: str, day: int, hour: int, kind: str = "merge") -> dict[str, Any]:
    about = {"day": DAY + timedelta(days=day), "recorded_at": NOON + timedelta(hours=hour)}
    return {"from_story_id": from_id, "to_story_id": to_id, "kind": kind} | about


_STORY_IDS = st.sampled_from("abcde")
_MERGES = st.builds(
    _merge, _STORY_IDS, _STORY_IDS, st.integers(0, 2), st.integers(0, 2), st.sampled_from(["merge"] * 4 + ["link"])
)


@given(st.lists(_MERGES, max_size=8))
@example([_merge("a", "b", 0, 0), _merge("b", "c", 1, 0), _merge("c", "a", 2, 0)])  # a circle
@example([_merge("a", "c", 1, 0), _merge("a", "b", 0, 0)])  # merged twice
@example([_merge("a", "c", 0, 1), _merge("a", "b", 0, 2)])  # twice on a day
@example([_merge("a", "a", 0, 0), _merge("b", "a", 0, 0)])
def test_sql_and_python_agree_where_merged_stories_stand(merges: list[dict[str, Any]]) -> None:
    lineage = rows("story_lineage", *merges)
    said = ask_view("story_merges", "story_lineage", lineage)
    assert {row["story_id"]: row["standing_id"] for row in said} == follow_merges(lineage)


def test_of_several_merges_the_latest_counts_and_a_circle_ends_before_it_closes() -> None:
    twice = rows("story_lineage", _merge("a", "c", 1, 0), _merge("a", "b", 0, 2), _merge("c", "d", 0, 0))
    circle = rows("story_lineage", _merge("a", "b", 0, 0), _merge("b", "c", 0, 0), _merge("c", "a", 0, 0))
    assert follow_merges(twice) == {"a": "d", "c": "d"}
    assert follow_merges(circle) == {"a": "c", "b": "a", "c": "b"}
