"""What was refused."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import date

import pyarrow as pa

from pipeline.explain.layout import count, page_table, page_width, short
from pipeline.explain.rows import Facts, records
from pipeline.store.warehouse import Warehouse
from pipeline.text.controls import one_line

_LEAST_ID_CHARS = 8


def list_quarantine(
    warehouse: Warehouse, wanted: Mapping[str, str | None], *, day: date | None = None, limit: int = 50
) -> tuple[list[Facts], str]:
    """Refusals, the latest day first.

    Args:
        wanted: Values that reason, stage, source_id and status must have; None takes all.
        day: Only this day.
        limit: At most so many.
    Returns:
        The rows with `short_id`, a beginning of the id that no other one has; and a text of two lines a row.
    """
    asked = {name: wanted.get(name) for name in ("reason", "stage", "source_id", "status")}
    where = " AND ".join(f"(${name}::VARCHAR IS NULL OR q.{name} = ${name})" for name in asked)
    snapshot = warehouse.latest()
    with snapshot.connect(tables=("quarantine",)) as connection:
        rows = records(
            connection,
            f"""
            SELECT q.quarantine_id, q.day, q.stage, q.reason, q.status, q.decided_by, q.source_id,
                   json_extract_string(q.record_json, '$.url') AS url,
                   json_extract_string(q.record_json, '$.file') AS file_name, q.detail, q.page_id
            FROM quarantine q
            WHERE {where} AND ($day::DATE IS NULL OR q.day = $day)
            ORDER BY q.day DESC, q.stage, q.reason, q.quarantine_id LIMIT $limit
            """,
            **asked,
            day=day,
            limit=limit,
        )
        ids = [str(row[0]) for row in connection.execute("SELECT quarantine_id FROM quarantine").fetchall()]
    wanted = pa.array(sorted({row["page_id"] for row in rows if row["page_id"]}), pa.string())
    known = snapshot.read(
        "pages", columns=["page_id", "final_url", "requested_url", "file_name"], having=("page_id", wanted)
    )
    pages = {page["page_id"]: page for page in known.to_pylist()}
    for row in rows:
        if page := pages.get(row.pop("page_id")):
            row["url"] = page["final_url"] or page["requested_url"] or row["url"]
            row["file_name"] = page["file_name"] or row["file_name"]
    length = unique_chars(ids)
    rows = [{"short_id": row["quarantine_id"][:length], **row} for row in rows]
    return rows, _text(rows)


def unique_chars(ids: list[str]) -> int:
    """How many first characters tell all ids apart; eight at least.

    Example:
        >>> unique_chars(["0123456789a", "0123456789b", "f"]), unique_chars(["a", "b"])
        (11, 8)
    """
    ordered = sorted(set(ids))
    shared = 0
    for one, other in itertools.pairwise(ordered):
        same = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
        shared = max(shared, same)
    return max(_LEAST_ID_CHARS, shared + 1)


def _text(rows: list[Facts]) -> str:
    """A table, and under each row its URL or its file's name, and its detail."""
    if not rows:
        return "nothing answers to that (0 rows)"
    shown = [(r["short_id"], r["day"], r["stage"], r["reason"], r["status"], r["source_id"]) for r in rows]
    header, rule, *lines = page_table(("id", "day", "stage", "reason", "status", "source"), shown, indent=0)
    text = [header, rule]
    for line, row in zip(lines, rows, strict=True):
        text.append(line)
        text += [f"  {one_line(where)}"] if (where := row["url"] or row["file_name"]) else []
        text += [f"  {short(row['detail'], page_width() - 2)}"] if row["detail"] else []
    return "\n".join([*text, f"({count(len(rows), 'row')})"])
