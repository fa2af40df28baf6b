"""`daybook sql`: every question is answered, and nothing but a question is taken."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.errors import UsageError, WarehouseError
from pipeline.explain.sql import run_sql
from pipeline.store.sql_files import SQL_FOLDER
from pipeline.store.warehouse import Warehouse
from tests.store.sample import make_world

QUESTIONS = [
    "SELECT 1",
    "FROM articles LIMIT 1",
    "-- how many?\nWITH a AS (SELECT 'é;' AS x) FROM a; SELECT 2;;",
    "SUMMARIZE articles",
    "VALUES (1)",
    "TABLE sources",
    "DESCRIBE articles",
    "SHOW TABLES",
    "SHOW ALL TABLES",
    "EXPLAIN SELECT 'é' AS \"é;\"",
    "EXPLAIN ANALYZE FROM articles",
    "EXPLAIN (ANALYZE, FORMAT json) WITH a AS (SELECT 1) FROM a",
    "explain/**/(select 1)",
    "PIVOT sources ON kind IN ('feed') USING count(*)",
    "SELECT 'PRAGMA x; COPY y; query(1)' AS query",
    "FROM story('s2')",
    "FROM digest('2026-03-02')",
    "FROM search('bridge')",
    "SELECT article_text('a1', 2)",
    "(SELECT 1) UNION (SELECT 2)",
]
NO_QUESTIONS = {
    "COPY articles TO '{out}'": "COPY is refused",
    "COPY (SELECT 1) TO '{inside}'": "COPY is refused",
    "SELECT 1; COPY articles TO '{out}'": "COPY is refused",
    "EXPORT DATABASE '{out}'": "EXPORT is refused",
    "ATTACH '{out}'": "ATTACH is refused",
    "INSTALL httpfs": "INSTALL is refused",
    "LOAD httpfs": "LOAD is refused",
    "SET memory_limit = '100GB'": "SET is refused",
    "RESET memory_limit": "RESET is refused",
    "SET VARIABLE a = 1": "SET is refused",
    "PRAGMA table_info('articles')": "PRAGMA is refused",
    "/* c */ pragma enable_profiling": "PRAGMA is refused",
    "PRAGMA import_database('{out}')": "PRAGMA is refused",
    "CALL enable_logging(storage = 'file', storage_path = '{inside}')": "CALL is refused",
    "FROM enable_logging(storage = 'file', storage_path = '{inside}')": "function enable_logging is refused",
    'FROM main."Enable_Profiling" /* c */ ()': "is refused",
    "FROM query('FROM enable_' || 'profiling()')": "function query is refused",
    "FROM json_execute_serialized_sql('x')": "function json_execute_serialized_sql is refused",
    "EXPLAIN COPY articles TO '{out}'": "EXPLAIN of COPY is refused",
    "EXPLAIN ANALYZE COPY (SELECT 1) TO '{inside}'": "EXPLAIN of COPY is refused",
    "EXPLAIN (ANALYZE) COPY (SELECT 1) TO '{inside}'": "EXPLAIN of COPY is refused",
    "EXPLAIN/**/ANALYZE/*;*/COPY (SELECT 1) TO '{inside}'": "EXPLAIN of COPY is refused",
    "FROM /* x */ add_grammar_extension('x')": "the function add_grammar_extension is refused",
    "FROM register_external_resource_type('x')": "the function register_external_resource_type is refused",
    "FROM deregister_external_resource('x')": "the function deregister_external_resource is refused",
    "FROM python_arrow_scan(1, 2, 3)": "the function python_arrow_scan is refused",
    "SELECT setval('s', 1)": "the function setval is refused",
    "/* a */ -- b\nSELECT 1; /* c */ call /* d */ x()": "CALL is refused",
    "CREATE TEMP TABLE t (x INT)": "CREATE is refused",
    "INSERT INTO articles VALUES (1)": "INSERT is refused",
    "DROP VIEW articles": "DROP is refused",
    "PREPARE v AS SELECT 1": "PREPARE is refused",
    "EXECUTE v": "EXECUTE is refused",
    "BEGIN": "BEGIN is refused",
    "USE memory": "USE is refused",
    "VACUUM": "VACUUM is refused",
    "CHECKPOINT": "CHECKPOINT is refused",
    "PIVOT sources ON kind USING count(*)": "a PIVOT without IN",
    "FROM read_text('/etc/passwd')": "Permission Error",
    "FROM read_csv('{secret}')": "Permission Error",
    "FROM read_blob('{lock}')": "Permission Error",
    "FROM glob('/*')": "Permission Error",
    "FROM read_csv('http://127.0.0.1:1/a.csv')": "Permission Error",
    "FROM '{secret}'": "SQL: ",
    "FROM warehouse": "does not exist",
    "SELECT getenv('HOME')": "does not exist",
    "SELEC 1": "syntax error",
    "": "there is no statement",
    "-- nothing": "there is no statement",
    "EXPLAIN": "EXPLAIN of nothing",
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    return make_world(tmp_path_factory.mktemp("world [1] it's") / "data")


@pytest.mark.parametrize("query", QUESTIONS)
def test_questions_are_answered(world: Warehouse, query: str) -> None:
    columns, rows, text = run_sql(world, query)
    assert columns and rows and text


@pytest.mark.parametrize("path", sorted((SQL_FOLDER / "queries").glob("*.sql")), ids=lambda path: path.stem)
def test_documented_queries_are_answered(world: Warehouse, path: Path) -> None:
    assert run_sql(world, path.read_text())[0]


@pytest.mark.parametrize("query", NO_QUESTIONS)
def test_nothing_else_is_taken(world: Warehouse, tmp_path: Path, query: str) -> None:
    (tmp_path / "secret.csv").write_text("a,b\n1,2\n")
    places = {
        "out": tmp_path / "out",
        "inside": world.latest().path / "planted",
        "secret": tmp_path / "secret.csv",
        "lock": world.root / ".lock",
    }
    before = sorted(world.root.rglob("*"))
    with pytest.raises(UsageError, match="SQL: ") as refused:
        run_sql(world, query.format(**{name: str(path).replace("'", "''") for name, path in places.items()}))
    assert NO_QUESTIONS[query] in str(refused.value)
    assert "\n" not in str(refused.value)
    assert sorted(world.root.rglob("*")) == before
    assert [path.name for path in tmp_path.iterdir()] == ["secret.csv"]


def test_no_setting_can_be_changed_and_no_variable_read(world: Warehouse) -> None:
    settings = (
        "SELECT name, value FROM duckdb_settings() WHERE name IN ('enable_external_access', 'lock_configuration')"
    )
    assert dict(run_sql(world, settings)[1]) == {"enable_external_access": "false", "lock_configuration": "true"}
    assert run_sql(world, "SELECT current_setting('python_enable_replacements')")[1] == [(False,)]


def test_a_warehouse_behind_a_link_is_read_as_well(world: Warehouse, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(world.root)
    assert run_sql(Warehouse(tmp_path / "link"), "SELECT count(*) FROM articles")[1] == [(5,)]


def test_a_warehouse_that_was_moved_says_what_to_do(tmp_path: Path) -> None:
    before = make_world(tmp_path / "before")
    moved = Warehouse(before.root.rename(tmp_path / "after"))
    with pytest.raises(WarehouseError, match="daybook warehouse rebuild"):
        run_sql(moved, "FROM articles")
    moved.rebuild()
    assert run_sql(moved, "SELECT count(*) FROM articles")[1] == [(5,)]


def test_columns_of_one_name_are_told_apart(world: Warehouse) -> None:
    columns, rows, _ = run_sql(world, "SELECT 1 AS a, 2 AS a")
    assert json.loads(json.dumps(dict(zip(columns, rows[0], strict=True)))) == {"a": 1, "a_2": 2}


def test_what_is_no_text_is_no_query(world: Warehouse) -> None:
    with pytest.raises(UsageError, match="no UTF-8"):
        run_sql(world, "SELECT '\udc80'")
