"""Equal facts give equal hashes; any fact more or less gives another."""

from __future__ import annotations

import hashlib
import json
import random
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pipeline.errors import InputError, UsageError
from pipeline.store.content_hash import TableHash, content_columns, hash_content
from pipeline.store.recorded_columns import read_columns, record_columns
from pipeline.store.snapshot import Snapshot
from pipeline.store.warehouse import Warehouse
from pipeline.tables import INT, TABLES, Column
from tests.conftest import Daybook
from tests.store.sample import DAY, NEXT_DAY, NOON, NOW, make_world, rows

ARTICLES = [
    {"article_id": f"a{n}", "window_start": NOON + timedelta(hours=n), "authors": ["Ä", "B"], "title": f"“{n}”"}
    for n in range(20)
]


def hash_of(root: Path, *batches: list[dict[str, Any]]) -> str:
    warehouse = Warehouse(root)
    for batch in batches:
        with warehouse.writing(NOW) as tx:
            tx.upsert("articles", rows("articles", *batch))
            tx.commit()
    return warehouse.content_hash()


def test_order_and_files_do_not_matter(tmp_path: Path) -> None:
    shuffled = random.Random(1).sample(ARTICLES, len(ARTICLES))
    at_once = hash_of(tmp_path / "a", ARTICLES)
    assert hash_of(tmp_path / "b", shuffled[:7], shuffled[7:]) == at_once
    changed = [{**article, "title": "wrong"} for article in ARTICLES[:3]]
    assert hash_of(tmp_path / "c", [*changed, *ARTICLES[5:]], ARTICLES) == at_once
    warehouse = Warehouse(tmp_path / "b")
    with warehouse.writing(NOW) as tx:
        assert tx.compact("articles", DAY)
        tx.commit()
    assert warehouse.content_hash() == at_once


def test_the_encoding_is_as_described(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    with warehouse.writing(NOW) as tx:
        tx.upsert("story_lineage", rows("story_lineage", {"from_story_id": "“ä”", "score": 0.1 + 0.2, "kind": "merge"}))
        tx.upsert("corrections", rows("corrections", {"digest_date": NEXT_DAY, "day": NEXT_DAY, "noticed_at": NOON}))
        tx.commit()
    lines = {
        "story_lineage": '["“ä”","x","merge",0.30000000000000004,"2026-03-02"]',
        "corrections": '["x",1,"x","x","2026-03-03","x","x",null,"2026-03-03"]',
    }
    expected = hashlib.sha256()
    for name, table in TABLES.items():
        if table.hashed:
            columns = " ".join((*table.content_columns, "day"))
            expected.update(f"{name} {columns} {int(name in lines)}\n".encode())
            expected.update(hashlib.sha256(lines[name].encode()).digest() if name in lines else b"")
    assert warehouse.content_hash() == expected.hexdigest()
    assert make_world(tmp_path / "a").content_hash() == make_world(tmp_path / "b").content_hash()


@pytest.mark.parametrize("name", [name for name, table in TABLES.items() if table.hashed])
def test_content_counts_and_processing_does_not(tmp_path: Path, name: str) -> None:
    table = TABLES[name]
    base = rows(name, {})

    def hash_with(column: str, value: Any) -> str:
        at = base.schema.get_field_index(column)
        changed = base.set_column(at, base.schema.field(at), pa.array([value], base.schema.field(at).type))
        warehouse = Warehouse(tmp_path / column)
        with warehouse.writing(NOW) as tx:
            tx._append(tx._table(name), changed)  # past the checks: here only the hash matters
            # The views are not needed: hash what the commit would hold.
            manifest = tx._manifest()
            assert manifest is not None
            return _hash_uncommitted(warehouse, tx)

    unchanged = hash_with("day", DAY)
    for column in table.columns:
        value = _other(column.type)
        expect_equal = column.processing
        assert (hash_with(column.name, value) == unchanged) is expect_equal, column.name
    assert hash_with("day", NEXT_DAY) != unchanged


def _hash_uncommitted(warehouse: Warehouse, tx: Any) -> str:
    """What the content hash would be after the commit: files/ is laid out as a snapshot is."""
    manifest = tx._manifest()
    folder = warehouse.root / "files"
    return hash_content(Snapshot(path=folder, manifest=manifest))


def _other(type_: pa.DataType) -> Any:
    if pa.types.is_timestamp(type_):
        return NOON + timedelta(microseconds=1)
    if pa.types.is_date(type_):
        return NEXT_DAY
    if pa.types.is_list(type_):
        return ["other"]
    return {pa.string(): "other", pa.int64(): 99, pa.float64(): 0.1 + 0.2, pa.bool_(): False}[type_]


def test_a_null_is_no_empty_text(tmp_path: Path) -> None:
    base = {"article_id": "a"}
    hashes = {
        hash_of(tmp_path / str(n), [{**base, "title": title}]) for n, title in enumerate([None, "", "null", "None"])
    }
    assert len(hashes) == 4


def test_every_table_by_itself_in_the_same_encoding(tmp_path: Path) -> None:
    warehouse = make_world(tmp_path)
    hashes = {one.table: one for one in warehouse.table_hashes()}
    assert list(hashes) == list(TABLES)
    assert {one.table for one in hashes.values() if one.kind == "facts"} == {n for n, t in TABLES.items() if t.hashed}
    assert {one.table: one.rows for one in hashes.values()} == {
        name: warehouse.latest().read(name).num_rows for name in TABLES
    }
    line = hashlib.sha256(b'["feed-East",null,null,null,null,null,3,null]').digest()
    names = "source_id etag last_modified last_full_at last_success_at last_new_item_at failure_streak next_fetch_at"
    assert hashes["feed_state"].sha256 == hashlib.sha256(f"feed_state {names} 1\n".encode() + line).hexdigest()
    assert make_world(tmp_path / "again").table_hashes() == list(hashes.values())


def test_a_map_has_no_order(tmp_path: Path) -> None:
    def hash_of_counts(name: str, reasons: list[tuple[str, int]]) -> TableHash:
        warehouse = Warehouse(tmp_path / name)
        with warehouse.writing(NOW) as tx:
            tx.upsert("stage_counts", rows("stage_counts", {"reasons": reasons}))
            tx.commit()
        return warehouse.table_hashes({"stage_counts": ["reasons"]})[0]

    here = hash_of_counts("a", [("no-text", 1), ("timeout", 2)])
    assert hash_of_counts("b", [("timeout", 2), ("no-text", 1)]) == here
    assert hash_of_counts("c", [("timeout", 1), ("no-text", 2)]) != here


def test_recorded_columns_outlive_a_new_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "columns.json"
    before = make_world(tmp_path / "before").table_hashes()
    record_columns(file, content_columns())
    assert read_columns(file) == content_columns()

    wider = replace(
        TABLES["feed_state"],
        columns=(*TABLES["feed_state"].columns, Column(name="etag_age", type=INT, description="", null="-")),
    )
    other = replace(TABLES["feed_state"], name="later")
    monkeypatch.setitem(TABLES, "feed_state", wider)
    monkeypatch.setitem(TABLES, "later", other)
    warehouse = make_world(tmp_path / "after")
    assert warehouse.table_hashes(read_columns(file)) == before
    today = {one.table: one for one in warehouse.table_hashes()}
    assert "later" in today
    assert [one.table for one in before if today[one.table] != one] == ["feed_state"]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "Expecting value"),
        ('["articles"]', "it is not"),
        ("{}", "it is not"),
        ('{"articles": "title"}', "articles has no list"),
        ('{"articles": []}', "articles has no list"),
        ('{"articles": [1]}', "articles has no list"),
        ('{"articles": ["title", "title"]}', "title stands in it twice"),
        ('{"articles": ["title"], "articles": ["text"]}', "articles stands in it twice"),
        ('{"articles": ["\udcff"]}', "utf-8"),
    ],
)
def test_a_file_that_is_no_list_of_columns(tmp_path: Path, text: str, wrong: str) -> None:
    file = tmp_path / "columns.json"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(InputError, match=wrong) as raised:
        read_columns(file)
    assert str(file) in str(raised.value)


def test_recorded_columns_that_are_gone(tmp_path: Path) -> None:
    file = tmp_path / "columns.json"
    file.write_text('{"articles": ["title", "subtitle", "day"], "rumours": ["text"]}', encoding="utf-8")
    with pytest.raises(UsageError, match=r"articles\.subtitle, table rumours") as raised:
        read_columns(file)
    assert raised.value.exit_code == 2


def test_a_recorded_list_is_never_written_over(tmp_path: Path) -> None:
    file = tmp_path / "columns.json"
    file.write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="File exists"):
        record_columns(file, content_columns())
    assert file.read_text(encoding="utf-8") == "mine"
    with pytest.raises(InputError, match="No such file"):
        record_columns(tmp_path / "nowhere" / "columns.json", content_columns())


def test_on_the_command_line(tmp_path: Path, daybook: Daybook) -> None:
    warehouse = make_world(tmp_path / "warehouse")
    file = tmp_path / "columns.json"
    assert daybook("warehouse", "hash").stdout == f"{warehouse.content_hash()}\n"
    first = daybook("warehouse", "hash", "--by-table", "--columns", file).stdout
    lines = [line.split() for line in first.splitlines()]
    assert lines == [[h.table, str(h.rows), h.sha256, h.kind] for h in warehouse.table_hashes()]

    columns = json.loads(file.read_text(encoding="utf-8"))
    assert columns == content_columns()
    fewer = {"digests": columns["digests"], "articles": ["title"]}
    file.write_text(json.dumps(fewer), encoding="utf-8")
    facts = json.loads(daybook("warehouse", "hash", "--by-table", "--columns", file, "--json").stdout)
    assert facts == [asdict(one) for one in warehouse.table_hashes(fewer)]
    assert json.loads(file.read_text(encoding="utf-8")) == fewer

    file.write_text('{"articles": ["subtitle"]}', encoding="utf-8")
    gone = daybook("warehouse", "hash", "--by-table", "--columns", file, check=False)
    assert (gone.returncode, gone.stdout) == (2, "")
    assert "articles.subtitle" in gone.stderr
    alone = daybook("warehouse", "hash", "--columns", file, check=False)
    assert (alone.returncode, alone.stdout) == (2, "")
    assert "--by-table" in alone.stderr
