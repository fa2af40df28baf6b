"""Ideas that many ask for stand in one place each: a second one would sooner or later say something else."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.builds.current import current_build
from pipeline.store.sql_files import with_what_they_read
from pipeline.store.warehouse import Warehouse
from pipeline.stories.state import follow_merges
from tests.conftest import PROJECT
from tests.store.sample import DAY, NOON, make_world, rows

# What a second copy of an idea would hold, and the one file that may.
_ONCE = {
    "all versions of an article": (r"(?i)\b(from|join)\s+article_history\b", "warehouse/views/article_versions.sql"),
    "where a merged story stands, in SQL": (r"kind = 'merge'", "warehouse/views/story_merges.sql"),
    "where a merged story stands, of Arrow rows": (r'"kind"\] == "merge"', "pipeline/stories/state.py"),
    "the build that counts, in SQL": (
        r"status (<>|!=|=|in|not in) \(?'superseded'|status = 'provisional' DESC",
        "warehouse/views/current_builds.sql",
    ),
    "the hash behind the id of a refusal": (
        r"_JOINED_BY\b|quarantine_id\W+(hashlib|digest_of)",
        "pipeline/tables/ids.py",
    ),
    "how a run is made": (r"\b(?<!class )Run\(|return cls\(\n\s+settings=settings", "pipeline/runs/run.py"),
    "the build that counts, of rows": (
        r"\bmax\(.*\bbuilt_at|\"final\", row\[\"built_at",
        "pipeline/builds/current.py",
    ),
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
    found = [path.relative_to(PROJECT).as_posix() for path in _CODE if re.search(pattern, path.read_text())]
    assert found == [home]


def test_rows_by_their_values_are_asked_of_one_module() -> None:
    """But for rows by their number, and arrays that are no column."""
    others = {"pipeline/store/keys.py", "pipeline/dedupe/known.py"}
    mask = r"pc\.invert\((pc\.is_in|is_among)|\.filter\(\s*(pc\.is_in|is_among)"
    found = {path.relative_to(PROJECT).as_posix() for path in _CODE if re.search(mask, path.read_text())}
    assert found - others == {"pipeline/tables/rows.py"}


def test_duckdb_is_asked_for_all_rows_or_for_a_table() -> None:
    """`fetchone` leaves a result open, and Arrow of `execute` is copied once more: DuckDB 2 refuses the one and warns of the other."""
    asks = [path for path in _CODE if path.is_relative_to(PROJECT / "pipeline")]
    found = {path.name for path in asks if re.search(r"fetchone\(|execute\([^)]*\)\s*\.to_arrow", path.read_text())}
    assert found == set()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    return make_world(tmp_path_factory.mktemp("world") / "data")


def test_a_condition_on_versions_is_asked_of_the_files_themselves(world: Warehouse) -> None:
    with world.latest().connect(tables=(), views=["article_versions"]) as connection:
        query = "SELECT version FROM article_versions WHERE article_id = 'a1'"
        ((_, plan),) = connection.execute(f"EXPLAIN {query}").fetchall()
    assert plan.count("Function:") == 2, plan
    assert plan.count("Filters:") >= 1, (
        plan
    )  # DuckDB 2 names none where a file's only value is the one that is asked for
    assert "FILTER " not in plan.upper().replace("FILTERS", "")
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
        found: list[dict[str, Any]] = connection.sql(f"FROM {name}").to_arrow_table().to_pylist()
        return found


def _merge(from_id: str, to_id: str, day: int, hour: int, kind: str = "merge") -> dict[str, Any]:
    about = {"day": DAY + timedelta(days=day), "recorded_at": NOON + timedelta(hours=hour)}
    return {"from_story_id": from_id, "to_story_id": to_id, "kind": kind} | about


_STORY_IDS = st.sampled_from("abcde")
_MERGES = st.builds(
    _merge, _STORY_IDS, _STORY_IDS, st.integers(0, 2), st.integers(0, 2), st.sampled_from(["merge"] * 4 + ["link"])
)


@settings(deadline=None, max_examples=60)
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


_BUILDS = st.builds(
    lambda day, status, built, recorded: {
        "digest_date": DAY + timedelta(days=day),
        "status": status,
        "built_at": NOON + timedelta(hours=built),
        "recorded_at": NOON + timedelta(hours=recorded),
    },
    st.integers(0, 1),
    st.sampled_from(["final", "superseded", "provisional"]),
    st.integers(0, 3),
    st.integers(0, 3),
)


@settings(deadline=None, max_examples=60)
@given(st.lists(_BUILDS, max_size=8), st.none() | st.integers(-1, 3))
def test_sql_and_python_agree_which_build_counts(builds: list[dict[str, Any]], as_of_hour: int | None) -> None:
    as_of = None if as_of_hour is None else NOON + timedelta(hours=as_of_hour)
    given_rows = rows("digest_builds", *({**build, "build_id": f"b{n}"} for n, build in enumerate(builds)))
    known = given_rows if as_of is None else given_rows.filter(pc.less_equal(given_rows["built_at"], as_of))
    said = {row["digest_date"]: row["build_id"] for row in ask_view("current_builds", "digest_builds", known)}
    by_day = {day: [row for row in given_rows.to_pylist() if row["digest_date"] == day] for day in said}
    assert said == {
        day: (current_build(builds_of_day, as_of) or {})["build_id"] for day, builds_of_day in by_day.items()
    }
    assert len(said) == len(set(known["digest_date"].to_pylist()))


def test_a_final_build_counts_until_and_after_another_took_its_place() -> None:
    first, second, preview = (
        {"build_id": build_id, "status": status, "built_at": NOON + timedelta(hours=hour), "recorded_at": NOON}
        for build_id, status, hour in (("b1", "superseded", 1), ("b2", "final", 3), ("b3", "provisional", 0))
    )
    builds = [first, second, preview]
    assert current_build(builds) == second
    assert current_build(builds, NOON + timedelta(hours=2)) == first
    assert current_build(builds[:2], NOON) is None
    reopened = {**preview, "built_at": NOON + timedelta(hours=2)}  # made after the day was opened again
    assert current_build([first, reopened]) == reopened
    slower = {**second, "built_at": NOON}  # built before the one whose place it took
    assert current_build([first, slower]) == slower
