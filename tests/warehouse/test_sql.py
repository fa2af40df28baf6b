"""Every view, macro and example query, on a real DuckDB file with real Parquet behind it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from pipeline.errors import WarehouseError
from pipeline.store.sql_files import SQL_FOLDER, load_relations
from pipeline.store.views import column_meanings
from pipeline.store.warehouse import Warehouse
from pipeline.tables import TABLES
from tests.store.sample import DAY, NEXT_DAY, NOW, TEXT_1, TEXT_2, make_world, rows

VIEWS = sorted(path.stem for path in (SQL_FOLDER / "views").glob("*.sql"))
MACRO_CALLS = {
    "story": "FROM {db}story('s2')",
    "timeline": "FROM {db}timeline('s2', '2026-03-04')",
    "digest": "FROM {db}digest('2026-03-02')",
    "article_text": "SELECT {db}article_text('a1', 2)",
    "search": "FROM {db}search('bridge')",
}
QUERIES = sorted((SQL_FOLDER / "queries").glob("*.sql"))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    return make_world(tmp_path_factory.mktemp("world [1] it's") / "data")


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    warehouse = Warehouse(tmp_path_factory.mktemp("empty"))
    with warehouse.writing(NOW) as tx:
        tx.close_day(DAY)
        tx.commit()
    return warehouse


@pytest.fixture(scope="module")
def connection(world: Warehouse) -> Iterator[duckdb.DuckDBPyConnection]:
    with world.open_readonly() as opened:
        yield opened


@pytest.fixture(scope="module")
def bare(empty: Warehouse) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to a warehouse without rows."""
    with empty.open_readonly() as opened:
        yield opened


def records(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict]:
    return connection.sql(query).to_arrow_table().to_pylist()


@pytest.mark.parametrize("name", VIEWS)
def test_every_view_answers_with_rows_and_without(
    connection: duckdb.DuckDBPyConnection, bare: duckdb.DuckDBPyConnection, name: str
) -> None:
    assert connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] > 0
    assert bare.execute(f"SELECT count(*) FROM {name}").fetchone()[0] == 0
    types = [session.execute(f"DESCRIBE {name}").fetchall() for session in (connection, bare)]
    assert types[0] == types[1]


def test_every_macro_has_a_call_here() -> None:
    assert {path.stem for path in (SQL_FOLDER / "macros").glob("*.sql")} == set(MACRO_CALLS)


@pytest.mark.parametrize("name", MACRO_CALLS)
def test_every_macro_works_opened_attached_and_used(
    world: Warehouse, connection: duckdb.DuckDBPyConnection, bare: duckdb.DuckDBPyConnection, name: str
) -> None:
    expected = connection.execute(MACRO_CALLS[name].format(db="")).fetchall()
    assert expected
    path = str(world.root / "warehouse.duckdb").replace("'", "''")
    with duckdb.connect() as session:
        session.execute(f"ATTACH '{path}' AS wh (READ_ONLY)")
        assert session.execute(MACRO_CALLS[name].format(db="wh.")).fetchall() == expected
        session.execute("USE wh")
        assert session.execute(MACRO_CALLS[name].format(db="")).fetchall() == expected
    assert bare.execute(MACRO_CALLS[name].format(db="")).fetchall() in ([], [(None,)])


def test_views_work_attached_from_another_folder(world: Warehouse, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = str(world.root / "warehouse.duckdb").replace("'", "''")
    with duckdb.connect() as session:
        session.execute(f"ATTACH '{path}' AS wh (READ_ONLY)")
        for name in [*TABLES, *VIEWS, "_meta"]:
            session.execute(f"SELECT * FROM wh.{name}").fetchall()


def test_queries_are_at_least_eight() -> None:
    assert len(QUERIES) >= 8


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.stem)
def test_every_example_query_runs(
    connection: duckdb.DuckDBPyConnection, bare: duckdb.DuckDBPyConnection, path: Path
) -> None:
    text = path.read_text()
    assert text.startswith("-- ")
    found = connection.execute(text).fetchall()
    none_expected = "there should be none" in text
    assert bool(found) is not none_expected
    bare.execute(text).fetchall()


def test_false_quotes_finds_one(tmp_path: Path) -> None:
    warehouse = make_world(tmp_path)
    with warehouse.writing(NOW) as tx:
        cited = tx.snapshot.read("citations")
        tx.upsert(
            "citations",
            cited.set_column(5, cited.schema.field(5), [[start + 1 for start in cited.column(5).to_pylist()]]),
        )
        tx.commit()
    with warehouse.open_readonly() as connection:
        assert len(connection.execute((SQL_FOLDER / "queries/10_false_quotes.sql").read_text()).fetchall()) == 2


def test_story_resolves_merges_and_finds_the_lines_it_grounds(connection: duckdb.DuckDBPyConnection) -> None:
    for story_id in ("s0", "s1", "s2"):
        found = records(connection, f"FROM story('{story_id}')")
        assert [r["article_id"] for r in found] == ["a1", "a2", "a3", "a4"]
        assert {r["story_id"] for r in found} == {"s1"}
    by_id = {r["article_id"]: r for r in found}
    assert by_id["a1"]["digest_lines"] == ["Repairs take 3 weeks."]
    assert by_id["a2"]["is_copy"]
    assert by_id["a2"]["copy_of"] == "a1"
    assert not by_id["a4"]["is_copy"]
    assert by_id["a4"]["placed_in_story_id"] == "s2"


def test_stories_are_the_latest_state_without_merged_ones(connection: duckdb.DuckDBPyConnection) -> None:
    found = {r["story_id"]: r for r in records(connection, "FROM stories")}
    assert set(found) == {"s1", "s3"}
    assert found["s1"]["status"] == "quiet"
    assert (found["s1"]["first_day"], found["s1"]["last_day"], found["s1"]["last_active_day"]) == (DAY, NEXT_DAY, DAY)
    assert found["s1"]["merged_story_ids"] == ["s0", "s2"]
    assert found["s3"]["merged_story_ids"] == []


def test_merges_that_run_in_a_circle_end(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    with warehouse.writing(NOW) as tx:
        pairs = [("s1", "s2"), ("s2", "s3"), ("s3", "s1")]
        tx.upsert(
            "story_lineage",
            rows("story_lineage", *({"from_story_id": a, "to_story_id": b, "kind": "merge"} for a, b in pairs)),
        )
        tx.commit()
    assert warehouse.sql("FROM story_merges").num_rows == 3


def test_an_id_that_changed_for_an_address_is_told(connection: duckdb.DuckDBPyConnection) -> None:
    assert records(connection, "SELECT old_id, new_id, why FROM article_ids") == [
        {"old_id": "a4", "new_id": "a5", "why": "canonical"}
    ]


@pytest.mark.parametrize(
    ("captures", "expected"),
    [
        ("a a a", []),
        ("a b b", [("a", "b", "canonical")]),
        ("a b c", [("a", "c", "canonical"), ("b", "c", "canonical")]),
        ("a b a", [("b", "a", "canonical")]),
        ("a:1 b:1", [("a", "b", "reading")]),
    ],
)
def test_every_id_of_an_address_leads_to_its_last(
    tmp_path: Path, captures: str, expected: list[tuple[str, str, str]]
) -> None:
    steps = [name.partition(":") for name in captures.split()]
    page_ids = [page_id or f"p{n}" for n, (_, _, page_id) in enumerate(steps)]
    versions = [
        {"article_id": name, "version": n, "page_id": page_id, "recorded_at": NOW + timedelta(hours=n)}
        for n, ((name, _, _), page_id) in enumerate(zip(steps, page_ids, strict=True))
    ]
    pages = [
        {"page_id": page_id, "final_url": "https://north.example/moved", "fetched_at": NOW + timedelta(hours=n)}
        for n, page_id in enumerate(dict.fromkeys(page_ids))
    ]
    warehouse = Warehouse(tmp_path)
    with warehouse.writing(NOW) as tx:
        tx.upsert("pages", rows("pages", *pages))
        tx.upsert("article_history", rows("article_history", *versions))
        tx.commit()
    with warehouse.open_readonly() as opened:
        assert opened.execute("SELECT old_id, new_id, why FROM article_ids ORDER BY old_id").fetchall() == expected


def test_events_count_origins_without_copies(connection: duckdb.DuckDBPyConnection) -> None:
    found = {r["event_id"]: r for r in records(connection, "FROM events")}
    assert (found["e1"]["article_count"], found["e1"]["publisher_count"], found["e1"]["origin_count"]) == (2, 2, 1)
    assert found["e4"]["publisher_count"] == 1  # an unknown publisher counts as its own
    assert found["e1"]["title"] == "Harbour bridge shut"


def test_digest_takes_the_build_that_counts(connection: duckdb.DuckDBPyConnection) -> None:
    found = records(connection, "FROM digest(DATE '2026-03-02')")
    assert [(r["build_id"], r["headline"], r["text"], r["url"]) for r in found] == [
        ("b1", "Harbour", "Repairs take 3 weeks.", "https://a1.example/")
    ]
    assert records(connection, "FROM digest('2026-01-01')") == []


def test_latest_digest_shows_quiet_stories_without_a_line(connection: duckdb.DuckDBPyConnection) -> None:
    found = records(connection, "FROM latest_digest")
    assert [(r["story_id"], r["is_quiet"], r["text"]) for r in found] == [
        ("s1", False, "The harbour bridge is shut."),
        ("s3", True, None),
    ]


def test_article_text_by_version(connection: duckdb.DuckDBPyConnection) -> None:
    row = connection.execute(
        "SELECT article_text('a1', 1), article_text('a1', 2), article_text('a1'), article_text('a1', version := 1),"
        " article_text('a1', 9), article_text('nobody')"
    ).fetchone()
    assert row == (TEXT_1, TEXT_2, TEXT_2, TEXT_1, None, None)
    proven = connection.execute(
        "SELECT count(*) FROM citations c WHERE substr(article_text(c.article_id, c.version), c.char_start + 1,"
        " c.char_end - c.char_start) = c.quote"
    ).fetchone()
    assert proven == (2,)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("harbour bridge", ["a1", "a4", "a2"]),
        ("BRIDGE  Closed", ["a2"]),
        ("uber hafen", ["a3"]),
        ("bridge mill", []),
        ("  ", []),
        ("100% [x", []),
    ],
)
def test_search(connection: duckdb.DuckDBPyConnection, words: str, expected: list[str]) -> None:
    found = connection.execute("SELECT article_id FROM search(?)", [words]).fetchall()
    assert [row[0] for row in found] == expected


def test_search_says_where(connection: duckdb.DuckDBPyConnection) -> None:
    found = records(connection, "FROM search('closed')")
    assert found[0]["story_id"] == "s1"
    assert found[0]["is_copy"]
    assert "harbour" in found[0]["excerpt"]


def test_story_sources_name_the_first(connection: duckdb.DuckDBPyConnection) -> None:
    found = {r["publisher"]: r for r in records(connection, "FROM story_sources WHERE story_id = 's1'")}
    assert {p: (r["article_count"], r["copy_count"], r["is_first"]) for p, r in found.items()} == {
        "North": (2, 0, True),
        "South": (1, 1, False),
        "West": (1, 0, False),
    }


def test_source_health(connection: duckdb.DuckDBPyConnection) -> None:
    found = {r["source_id"]: r for r in records(connection, "FROM source_health")}
    assert found["feed-East"]["failed_request_count"] == 1
    assert found["feed-East"]["last_outcome"] == "timeout"
    assert found["feed-East"]["silent_days"] is None
    assert found["feed-North"]["silent_days"] == 0
    assert found["feed-North"]["quarantined_count"] == 1
    assert found["feed-South"]["silent_days"] == 1


def test_of_equals_in_a_source_s_health_the_same_one_is_told(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path / "wh")
    asked = {"source_id": "s", "window_start": NOW, "requested_at": NOW, "purpose": "feed"}
    refused = [("q1", "too-short"), ("q2", "too-large"), ("q3", "no-text"), ("q4", "too-short"), ("q5", "too-large")]
    with warehouse.writing(NOW) as tx:
        outcomes = {"f1": "ok", "f3": "not-modified", "f2": "timeout"}
        tx.upsert("fetches", rows("fetches", *({**asked, "fetch_id": f, "outcome": o} for f, o in outcomes.items())))
        held = ({"quarantine_id": q, "source_id": "s", "reason": reason, "window_start": NOW} for q, reason in refused)
        tx.upsert("quarantine", rows("quarantine", *held))
        tx.upsert("sources", rows("sources", {"source_id": "s"}))
        tx.commit()
    with warehouse.open_readonly() as connection:
        for _ in range(5):
            (row,) = records(connection, "FROM source_health")
            told = (row["last_outcome"], row["quarantined_count"], row["most_frequent_reason"])
            assert told == ("not-modified", 5, "too-large")


def test_syndication_and_corrections(connection: duckdb.DuckDBPyConnection) -> None:
    copied = records(connection, "FROM syndication")
    assert [(r["canonical_id"], r["copy_count"], r["publishers"], r["kinds"]) for r in copied] == [
        ("a1", 1, ["South"], ["exact"])
    ]
    log = records(connection, "FROM corrections_log")
    assert [(r["line"], r["new_text"], r["story_id"]) for r in log] == [
        ("Repairs take 3 weeks.", "Repairs take 5 weeks.", "s1")
    ]


def test_quality_trend(connection: duckdb.DuckDBPyConnection) -> None:
    found = records(connection, "FROM quality_trend")
    assert [(r["run_count"], r["failed_run_count"], r["greatest_observed"]) for r in found] == [(2, 1, 0.2)]
    parts = records(connection, "FROM quality_by_source")
    assert [(r["source_id"], r["row_count"], r["failed_row_count"]) for r in parts] == [("south", 5, 2)]


def test_meta_says_what_this_is(world: Warehouse, connection: duckdb.DuckDBPyConnection) -> None:
    (meta,) = records(connection, "FROM _meta")
    latest = world.latest()
    assert meta["snapshot"] == latest.number
    assert meta["recorded_at"] == latest.recorded_at
    assert meta["closed_days"] == [DAY]
    assert meta["last_closed_day"] == DAY
    assert meta["newest_article_window"].date() == NEXT_DAY
    assert dict(meta["row_counts"])["articles"] == 5
    assert meta["path"] == str(latest.path)


def test_every_table_view_column_and_macro_has_its_comment(connection: duckdb.DuckDBPyConnection) -> None:
    views = dict(connection.execute("SELECT view_name, comment FROM duckdb_views() WHERE NOT internal").fetchall())
    assert set(views) == {*TABLES, *VIEWS, "_meta", "_place"}
    assert all(views.values())
    assert views["articles"].startswith("One row: one article")
    columns = connection.execute(
        "SELECT table_name, column_name, comment FROM duckdb_columns() WHERE NOT internal"
    ).fetchall()
    assert [(table, column) for table, column, comment in columns if not comment] == []
    assert {table for table, _, _ in columns} == set(views)
    macros = connection.execute("SELECT function_name, comment FROM duckdb_functions() WHERE NOT internal").fetchall()
    assert {name for name, comment in macros if comment} == set(MACRO_CALLS)


def test_comments_stay_with_views_that_a_later_commit_makes_anew(tmp_path: Path) -> None:
    warehouse = make_world(tmp_path / "wh")
    with warehouse.writing(NOW) as tx:
        tx.upsert("runs", rows("runs", {"run_id": "later"}))
        tx.commit()
    with warehouse.open_readonly() as connection:
        bare = "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal AND comment IS NULL"
        assert connection.execute(bare).fetchall() == []


@pytest.mark.parametrize("folder", ["views", "macros"])
def test_every_column_that_a_view_or_macro_gives_has_a_meaning_and_no_meaning_is_of_a_column_it_has_not(
    connection: duckdb.DuckDBPyConnection, folder: str
) -> None:
    for relation in load_relations(SQL_FOLDER / folder):
        if relation.is_scalar:
            continue
        query = MACRO_CALLS[relation.name].format(db="") if folder == "macros" else f"FROM {relation.name}"
        given = [name for name, *_ in connection.execute(f"DESCRIBE {query}").fetchall()]
        assert [name for name in given if not column_meanings(relation).get(name)] == [], relation.name
        assert relation.columns.keys() <= set(given), relation.name


def test_instants_are_shown_in_utc_and_columns_are_as_declared(connection: duckdb.DuckDBPyConnection) -> None:
    for name, table in TABLES.items():
        schema = connection.sql(f"SELECT * FROM {name}").to_arrow_table().schema
        assert schema.names == table.row_schema.names
        assert [f.type for f in schema] == [f.type for f in table.row_schema]


def test_the_file_opened_elsewhere_answers_only_when_told_that_it_is_the_same_place(
    world: Warehouse, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.duckdb"
    shutil.copy(world.root / "warehouse.duckdb", copy)
    with duckdb.connect(str(copy), read_only=True) as session:
        for name in [*TABLES, *VIEWS]:
            if not world.sql(f"SELECT 1 FROM {name} LIMIT 1").num_rows:
                continue  # no file is read for it
            with pytest.raises(duckdb.Error, match="opened elsewhere"):
                session.execute(f"SELECT count(*) FROM {name}").fetchall()
        for call in MACRO_CALLS.values():
            with pytest.raises(duckdb.Error, match="opened elsewhere"):
                session.execute(call.format(db="")).fetchall()
        session.execute("SET VARIABLE same_place = true")
        assert session.execute("SELECT count(*) FROM articles").fetchone() == (5,)
    with duckdb.connect() as session:  # beside the one it was copied from
        for path, name in ((world.root / "warehouse.duckdb", "here"), (copy, "there")):
            escaped = str(path).replace("'", "''")
            session.execute(f"ATTACH '{escaped}' AS {name} (READ_ONLY)")
        with pytest.raises(duckdb.Error, match="opened elsewhere"):
            session.execute("SELECT count(*) FROM there.articles").fetchall()


def test_there_is_nothing_to_write_in_it(world: Warehouse) -> None:
    assert (world.root / "warehouse.duckdb").stat().st_mode & 0o222 == 0
    with world.open_readonly() as connection, pytest.raises(duckdb.InvalidInputException, match="read-only"):
        connection.execute("CREATE TABLE t (x INT)")


def test_a_header_that_lacks_its_reads_line_is_refused(tmp_path: Path) -> None:
    (tmp_path / "odd.sql").write_text("-- Something.\nSELECT 1\n")
    with pytest.raises(WarehouseError, match=r"odd\.sql needs .* reads"):
        load_relations(tmp_path)


def test_views_that_read_each_other_are_refused(tmp_path: Path) -> None:
    (tmp_path / "one.sql").write_text("-- One.\n-- reads: two\nFROM two\n")
    (tmp_path / "two.sql").write_text("-- Two.\n-- reads: one\nFROM one\n")
    with pytest.raises(WarehouseError, match="reads itself"):
        load_relations(tmp_path)


@pytest.mark.parametrize("folder", ["views", "macros", "inputs"])
def test_headers_name_exactly_what_the_body_reads(folder: str) -> None:
    relations = load_relations(SQL_FOLDER / folder)
    known = {*TABLES, *VIEWS, *(relation.name for relation in relations)}
    for relation in relations:
        defined = set(re.findall(r"(\w+) AS \(", relation.body))
        named = set(re.findall(r"(?:FROM|JOIN|,)\s+(\w+)", relation.body)) & known - defined
        assert set(relation.reads) == named, relation.name
        if folder == "inputs":
            assert set(relation.parameters) == set(re.findall(r"\$(\w+)", relation.body)) - {""}, relation.name


@pytest.mark.parametrize("missing", ["views", "macros"])
def test_without_its_sql_nothing_is_committed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    folder = tmp_path / "sql"
    for name in {"views", "macros"} - {missing}:
        shutil.copytree(SQL_FOLDER / name, folder / name)
    monkeypatch.setattr("pipeline.store.views.SQL_FOLDER", folder)
    warehouse = Warehouse(tmp_path / "w")
    with warehouse.writing(NOW) as tx:
        tx.close_day(DAY)
        with pytest.raises(WarehouseError, match=rf"no \.sql file in .*{missing}"):
            tx.commit()
    assert warehouse.latest().number == 0
