"""What `make run` prints of its days: a line each, then the digest, the books, and where everything lies."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from pipeline.reports import OUTCOMES
from pipeline.runs.order import COUNTED

if TYPE_CHECKING:
    from pipeline.store.warehouse import Warehouse


def day_line(warehouse: Warehouse, day: date, run_ids: list[str]) -> str:
    """One day in a line: pages and what became of them, stories, lines of the digest."""
    query = """
        SELECT coalesce(sum(received) FILTER (stage = 'extract'), 0),
               coalesce(sum(new + updated) FILTER (stage = 'load_articles'), 0),
               coalesce(sum(unchanged) FILTER (stage = 'load_articles'), 0),
               coalesce(sum(duplicates) FILTER (stage = 'load_articles'), 0),
               coalesce(sum(quarantined) FILTER (stage <> 'fetch'), 0),
               (SELECT count(*) FROM story_days WHERE day = $day),
               (SELECT count(*) FROM developments JOIN digest_builds USING (build_id)
                WHERE digest_builds.digest_date = $day AND status = 'final')
        FROM stage_counts WHERE run_id IN (SELECT unnest($run_ids))
    """
    with warehouse.latest().connect() as connection:
        ((pages, stored, known, copies, refused, stories, lines),) = connection.execute(
            query, {"day": day, "run_ids": run_ids}
        ).fetchall()
    return (
        f"{pages:3} pages  {stored:3} articles  {known:3} known  {copies:2} copies  {refused:2} refused"
        f"  {stories:2} stories  {lines:3} lines"
    )


def show(console: Console, warehouse: Warehouse, days: tuple[date, ...], run_ids: list[str]) -> None:
    """Print the last day's digest as one screen, the books of all days, and where everything lies."""
    from pipeline.builds.recall import read_digest
    from pipeline.publish.terminal import render_screen

    console.rule(f"Digest of {days[-1]}")
    document = json.loads(read_digest(warehouse, days[-1], format_="json"))
    console.print(render_screen(document, width=min(console.width, 100), height=None), markup=False, end="")
    console.rule("Books")
    console.print(books(warehouse, run_ids))
    console.print("fetch counts listed URLs, load_stories articles, the other stages pages")
    root = shown(warehouse.root)
    console.print(f"\nWarehouse    {root}  (Parquet below {root}/current, DuckDB views in {root}/warehouse.duckdb)")
    console.print(f"HTML digest  {root}/digests/{days[-1]}/digest.html  (each line opens onto its source)")
    console.print('SQL          .venv/bin/daybook sql "FROM latest_digest"')


def books(warehouse: Warehouse, run_ids: list[str]) -> Table:
    """What every stage of these runs received and what became of it.

    Stories of an open day are made anew by each run; the last run's count is the day's.
    """
    with warehouse.latest().connect() as connection:
        rows = connection.execute(
            """
            SELECT stage, sum(received), sum(new), sum(updated), sum(unchanged), sum(duplicates),
                   sum(quarantined), sum(failed)
            FROM (
                SELECT * FROM stage_counts WHERE run_id IN (SELECT unnest(?))
                QUALIFY dense_rank() OVER (
                    PARTITION BY stage, window_start ORDER BY list_position(?, run_id) DESC) = 1
            ) GROUP BY stage
            ORDER BY list_position(?, stage), stage
            """,
            [run_ids, run_ids, COUNTED],
        ).fetchall()
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False)  # within 80 columns
    table.add_column("stage", no_wrap=True)
    for name in ("received", *OUTCOMES):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(*(str(cell) for cell in row))
    return table


def shown(path: Path) -> str:
    """A path as one would type it in the current folder."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
