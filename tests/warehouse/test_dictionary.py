"""The data dictionary agrees with the declarations, and the declarations with what is really stored."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq

from pipeline.store.dictionary import README, render_dictionary
from pipeline.tables import TABLES
from tests.store.sample import make_world


def test_readme_is_up_to_date() -> None:
    assert README.read_text(encoding="utf-8") == render_dictionary(), "run: python -m pipeline.store.dictionary"


def test_readme_names_every_column_of_every_table() -> None:
    text = README.read_text(encoding="utf-8")
    for table in TABLES.values():
        section = text.split(f"### {table.name}\n")[1].split("\n### ")[0]
        for name in table.row_schema.names:
            assert f"\n| `{name}`" in section, f"{table.name}.{name}"


def test_stored_columns_are_the_declared_ones(tmp_path: Path) -> None:
    snapshot = make_world(tmp_path).latest()
    for name in snapshot.manifest.tables:
        for path in (snapshot.path / name).rglob("*.parquet"):
            schema = pq.ParquetFile(path).schema_arrow
            assert schema.names == TABLES[name].schema.names
            assert schema.equals(TABLES[name].schema), f"{path} is not as declared"
            assert "day" not in schema.names
