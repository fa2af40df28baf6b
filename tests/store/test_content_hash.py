"""Equal facts give equal hashes; any fact more or less gives another."""

from __future__ import annotations

import hashlib
import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pipeline.store.content_hash import hash_content
from pipeline.store.snapshot import Snapshot
from pipeline.store.warehouse import Warehouse
from pipeline.tables import TABLES
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
