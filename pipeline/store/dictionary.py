"""The data dictionary, warehouse/README.md: written from the declarations, so that it cannot disagree with them.

`python -m pipeline.store.dictionary` writes it anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa

from pipeline.store.sql_files import SQL_FOLDER, Relation, load_relations
from pipeline.store.table_sources import duckdb_type
from pipeline.store.views import META_ABOUT, META_COLUMNS, describe_column
from pipeline.tables import SCHEMA_VERSION, TABLES, Table

README = SQL_FOLDER / "README.md"

_HEAD = f"""\
# The warehouse, column by column

<!-- Written by `python -m pipeline.store.dictionary` from pipeline/tables and the .sql files: do not edit. -->

Schema version {SCHEMA_VERSION}. All instants are UTC, in microseconds; texts are Unicode NFC.

## How to read it

In SQL, with nothing but DuckDB (1.3 or newer); the file holds views, macros and comments, and is never locked:

```sh
duckdb -readonly warehouse/data/warehouse.duckdb
```

```sql
ATTACH 'warehouse/data/warehouse.duckdb' AS wh (READ_ONLY);
USE wh;
FROM latest_digest;
```

A session stays on the snapshot it opened until it reconnects; `FROM _meta` says which one that is. The file is
read-only on purpose: opened for writing, it would lock everybody else out. A file that is missing is an error,
whatever is asked; so is every table where the file is a copy, or stands in a copy, of another folder's (`_place` says
so): then run `daybook warehouse rebuild`.

As Parquet, with pandas, pyarrow, polars or Spark: resolve `current` once, then read below the resolved path, which
never changes. `<table>/day=YYYY-MM-DD/*.parquet` is the contract there (`<table>/*.parquet` for a table without days);
what kind of links lie between is not. `_manifest.json` lists every file with rows, bytes, SHA-256 and ranges, and the
closed days; `_SUCCESS` stands beside it.

```python
from pathlib import Path
import pyarrow.dataset as ds

snapshot = Path("warehouse/data/current").resolve()
articles = ds.dataset(snapshot / "articles", partitioning="hive").to_table(columns=["title", "published_at"])
```

`daybook warehouse path TABLE` prints such a path. A resolved snapshot stays readable for two hours at least,
one that is pinned (`daybook warehouse pin`) until it is let go; `cp -rL` and `rsync -aL` follow its links.

Spans (`char_start`, `char_end`) count Unicode code points from 0, end exclusive:
`substr(text, char_start + 1, char_end - char_start) = quote`.
"""


def render_dictionary() -> str:
    """The whole data dictionary as Markdown."""
    public = [table for table in TABLES.values() if not table.internal]
    internal = [table for table in TABLES.values() if table.internal]
    lines = [
        _HEAD,
        "## Views\n",
        *_relation_rows(load_relations(SQL_FOLDER / "views"), extra=[("_meta", META_ABOUT)]),
        "\n## Macros\n",
        *_relation_rows(load_relations(SQL_FOLDER / "macros")),
        "\n## Columns of views and macros\n",
        "Those that have a meaning of their own; others mean what they mean in the table that they come from.\n",
        *_column_rows([*load_relations(SQL_FOLDER / "views"), *load_relations(SQL_FOLDER / "macros")]),
        "\n## Example queries\n",
        *_query_rows(sorted((SQL_FOLDER / "queries").glob("*.sql"))),
        "\n## Tables\n",
        "Columns marked ° say how a fact came to be known: `daybook warehouse hash` leaves them out.\n",
        *(line for table in public for line in _table_lines(table)),
        "## Internal tables\n",
        "Committed with the others, but no promise: they may change without notice.\n",
        *(line for table in internal for line in _table_lines(table)),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _table_lines(table: Table) -> Iterator[str]:
    yield f"### {table.name}\n"
    yield f"One row: {table.grain}. Key: {', '.join(f'`{name}`' for name in table.key)}." + (
        f" `day`: {table.day_rule}." if table.day_rule else " Not partitioned."
    )
    yield "\n| column | type | meaning |\n|---|---|---|"
    for column in table.columns:
        mark = " °" if column.processing else ""
        yield f"| `{column.name}`{mark} | {_type(column.type)} | {_cell(describe_column(column))} |"
    if table.day_rule:
        yield f"| `day` | DATE | Partition: {_cell(table.day_rule)}. |"
    yield ""


def _relation_rows(relations: Iterable[Relation], extra: Iterable[tuple[str, str]] = ()) -> Iterator[str]:
    yield "| name | gives |\n|---|---|"
    named = [(_call(relation), relation.about) for relation in relations]
    for name, about in sorted([*named, *extra]):
        yield f"| `{name}` | {_cell(about)} |"


def _column_rows(relations: Iterable[Relation]) -> Iterator[str]:
    yield "| column | meaning |\n|---|---|"
    named = [(f"{one.name}.{name}", text) for one in relations for name, text in one.columns.items()]
    named += [(f"_meta.{name}", text) for name, text in META_COLUMNS.items()]
    for name, text in sorted(named):
        yield f"| `{name}` | {_cell(text)} |"


def _call(relation: Relation) -> str:
    return relation.name if relation.arguments is None else f"{relation.name}({relation.arguments})"


def _query_rows(paths: Iterable[Path]) -> Iterator[str]:
    for path in paths:
        question = path.read_text(encoding="utf-8").splitlines()[0].removeprefix("--").strip()
        yield f"- [{question}](queries/{path.name})"


def _type(type_: pa.DataType) -> str:
    return duckdb_type(type_).replace("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main() -> None:
    """Write warehouse/README.md."""
    README.write_text(render_dictionary(), encoding="utf-8")


if __name__ == "__main__":
    main()
