"""Commands about the warehouse itself."""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline.cli.app import stored_warehouse, warehouse_app


@warehouse_app.command("path")
def warehouse_path(table: Annotated[str, typer.Argument(help="A table, e.g. articles.")]) -> None:
    """The resolved folder of one table, safe to hand to any Parquet reader."""
    _, warehouse = stored_warehouse()
    print(warehouse.latest().table_path(table))


@warehouse_app.command("hash")
def warehouse_hash() -> None:
    """The content hash: equal facts give equal hashes, whichever way they came in."""
    _, warehouse = stored_warehouse()
    print(warehouse.content_hash())


@warehouse_app.command("rebuild")
def warehouse_rebuild() -> None:
    """Write the DuckDB file of the current snapshot anew, for instance after the warehouse was moved."""
    _, warehouse = stored_warehouse()
    print(f"snapshot {warehouse.rebuild().number}: warehouse.duckdb is written anew")


@warehouse_app.command("verify")
def warehouse_verify() -> None:
    """Check every file against the manifest, and every line of every digest against its sources."""
    from pipeline.builds.recall import verify_builds

    _, warehouse = stored_warehouse()
    problems = [str(problem) for problem in warehouse.verify()]
    problems = problems or verify_builds(warehouse)  # lines are read from files: those come first
    for problem in problems:
        print(problem)
    if problems:
        raise typer.Exit(1)
    snapshot = warehouse.latest()
    print(f"snapshot {snapshot.number}: every file and every line of every digest is what it says it is")
