"""Commands about the warehouse itself."""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.app import AsJson, opened_warehouse, show, stored_warehouse, warehouse_app
from pipeline.errors import UsageError, WarehouseError
from pipeline.windows import parse_instant


@warehouse_app.command("path")
def warehouse_path(table: Annotated[str, typer.Argument(help="A table, e.g. articles.")]) -> None:
    """The resolved folder of one table, safe to hand to any Parquet reader."""
    _, warehouse = stored_warehouse()
    print(warehouse.latest().table_path(table))


@warehouse_app.command("manifest")
def warehouse_manifest(
    number: Annotated[int | None, typer.Argument(help="A snapshot; without it the current one.")] = None,
) -> None:
    """The manifest of a snapshot, whole: all tables and files in one JSON document, its parts put in their places."""
    _, warehouse = stored_warehouse()
    snapshot = warehouse.latest() if number is None else warehouse.snapshot(number)
    sys.stdout.write(snapshot.manifest.to_json())


@warehouse_app.command("hash")
def warehouse_hash(
    by_table: Annotated[
        bool, typer.Option("--by-table", help="One line for every table: name, rows, SHA-256, kind.")
    ] = False,
    columns: Annotated[
        Path | None,
        typer.Option(help="With --by-table: record the columns in this JSON file, or hash those recorded in it."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """The content hash: equal facts give equal hashes, whichever way they came in.

    With --by-table, the content columns of every table, each by itself. The content hash is made of the tables of kind
    `facts`; `derived` ones are counted or read anew from pages and facts; a `record` tells what was asked, what came and
    how runs went, and two ways to the same facts may leave different ones.

    With --columns, a FILE that is not there yet is written, and one that is there decides which tables and columns are
    hashed: those of today that are not in it are passed over, and one that is gone is an error (exit code 2).
    """
    from pipeline.store.content_hash import content_columns
    from pipeline.store.recorded_columns import read_columns, record_columns

    if columns is not None and not by_table:
        raise UsageError("--columns goes with --by-table; the content hash itself is always of all its columns")
    _, warehouse = stored_warehouse()
    if not by_table:
        whole = warehouse.content_hash()
        show({"sha256": whole}, as_json=as_json, text=whole)
        return
    recorded = read_columns(columns) if columns is not None and columns.exists() else None
    hashes = warehouse.table_hashes(recorded)
    if columns is not None and recorded is None:
        record_columns(columns, content_columns())
    lines = [f"{one.table:<16} {one.rows:>10}  {one.sha256}  {one.kind}" for one in hashes]
    show([asdict(one) for one in hashes], as_json=as_json, text="\n".join(lines))


@warehouse_app.command("rebuild")
def warehouse_rebuild() -> None:
    """Write the DuckDB file of the current snapshot anew, for instance after the warehouse was moved."""
    _, warehouse = stored_warehouse()
    print(f"snapshot {warehouse.rebuild().number}: warehouse.duckdb is written anew")


@warehouse_app.command("repair")
def warehouse_repair(
    keep_current: Annotated[
        bool,
        typer.Option(
            "--keep-current", help="Go on from the snapshot that `current` leads to, though later ones exist."
        ),
    ] = False,
) -> None:
    """Make lost links, files, views or a lost manifest good from what is whole, and say what cannot be (exit code 1)."""
    from pipeline.articles.derived import deriving
    from pipeline.builds.recall import verify_builds
    from pipeline.workflow.withdraw import verify_withdrawals

    settings, warehouse = opened_warehouse()
    if not warehouse.root.is_dir():
        raise UsageError(f"there is no folder {warehouse.root}; set DAYBOOK_WAREHOUSE to where the warehouse is")
    done = warehouse.repair(keep_current=keep_current, derive=deriving(settings))
    if not warehouse.latest().number:
        raise WarehouseError(f"there is no warehouse in {warehouse.root}; set DAYBOOK_WAREHOUSE to where it is")
    problems = [str(problem) for problem in warehouse.verify()]
    problems = problems or [*verify_builds(warehouse), *verify_withdrawals(warehouse)]
    for line in [*done, *problems]:
        print(line)
    if problems:
        raise typer.Exit(1)
    print(f"snapshot {warehouse.latest().number} is whole")


@warehouse_app.command("verify")
def warehouse_verify() -> None:
    """Check every file against the manifest, and every line of every digest against its sources."""
    from pipeline.builds.recall import verify_builds
    from pipeline.workflow.withdraw import verify_withdrawals

    _, warehouse = stored_warehouse()
    problems = [str(problem) for problem in warehouse.verify()]
    # lines are read from files: those come first
    problems = problems or [*verify_builds(warehouse), *verify_withdrawals(warehouse)]
    for problem in problems:
        print(problem)
    if problems:
        raise typer.Exit(1)
    snapshot = warehouse.latest()
    print(f"snapshot {snapshot.number}: every file and every line of every digest is what it says it is")


@warehouse_app.command("backup")
def warehouse_backup(
    folder: Annotated[Path, typer.Argument(help="Where to; a folder with an earlier backup gets what it lacks.")],
) -> None:
    """Copy the current snapshot and the digests to a folder that is then a warehouse too; runs may go on meanwhile."""
    _, warehouse = stored_warehouse()
    done = warehouse.back_up(folder, now=datetime.now(UTC))
    print(f"snapshot {done.snapshot} is in {folder}: {done.files} files were copied, {done.bytes / 1e6:.1f} MB")


@warehouse_app.command("restore")
def warehouse_restore(folder: Annotated[Path, typer.Argument(help="A backup.")]) -> None:
    """Copy a backup's current snapshot and digests to where DAYBOOK_WAREHOUSE is and nothing may be yet."""
    _, warehouse = opened_warehouse()
    done = warehouse.restore(folder)
    print(f"snapshot {done.snapshot} is in {warehouse.root}: {done.files} files were copied, {done.bytes / 1e6:.1f} MB")


@warehouse_app.command("compact")
def warehouse_compact() -> None:
    """Rewrite the small files of closed days as few large ones; no row changes."""
    from pipeline.store.upkeep import count_folded

    _, warehouse = stored_warehouse()
    before = warehouse.latest().number
    after = warehouse.compact()
    removed, added = count_folded(before, after.manifest)
    print(f"snapshot {after.number}: {f'{removed} files are {added} now' if removed else 'nothing to do'}")


@warehouse_app.command("upgrade")
def warehouse_upgrade() -> None:
    """Write files that lack columns of today anew, with null in them; no row changes. It may be killed and called again."""
    _, warehouse = stored_warehouse()
    count = warehouse.upgrade()
    print(f"snapshot {warehouse.latest().number}: {count} files have the columns of today now")


@warehouse_app.command("expire")
def warehouse_expire(
    hourly: Annotated[int | None, typer.Option(help="So many hours the last snapshot of each hour stays.")] = None,
    daily: Annotated[int | None, typer.Option(help="So many days the last snapshot of each day stays.")] = None,
    cap: Annotated[int | None, typer.Option(help="Most bytes that past snapshots alone may need.")] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Drop all but the current one and pinned ones: on a full disk.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say which.")] = False,
) -> None:
    """Drop past snapshots; `daybook warehouse gc` then frees their files. None of the last two hours, unless by --force."""
    from pipeline.store.upkeep import Retention

    if min(hourly or 0, daily or 0, cap or 0) < 0:
        raise UsageError("--hourly, --daily and --cap are no negative numbers")
    settings, warehouse = stored_warehouse()
    said = Retention.of(settings)
    retention = Retention(
        hourly=said.hourly if hourly is None else timedelta(hours=hourly),
        daily=said.daily if daily is None else timedelta(days=daily),
        cap_bytes=said.cap_bytes if cap is None else cap,
    )
    past = {number: warehouse.snapshot(number).recorded_at for number in warehouse.kept()} if force else {}
    gone = warehouse.expire(datetime.now(UTC), retention, force=force, only_say=dry_run)
    told = [f"{number} of {past[number]:%Y-%m-%d %H:%M}" if number in past else str(number) for number in gone]
    named = f": {', '.join(told)}" if gone else ""
    print(f"{len(gone)} snapshots {'would be' if dry_run else 'were'} dropped{named}")


@warehouse_app.command("gc")
def warehouse_gc() -> None:
    """Remove files that no snapshot needs, and hand-overs of tasks and replaced previews that are two days old."""
    from pipeline.builds.unlisted import collect_builds

    _, warehouse = stored_warehouse()
    gone, previews = warehouse.collect_garbage(datetime.now(UTC)), collect_builds(warehouse, datetime.now(UTC))
    print(f"{gone.files + previews.files} files removed, {(gone.bytes + previews.bytes) / 1e6:.1f} MB")


@warehouse_app.command("drop-pages")
def warehouse_drop_pages(
    days: Annotated[
        int | None, typer.Option(help="Keep those of so many days; without it, as DAYBOOK_PAGE_DAYS says.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say how many.")] = False,
) -> None:
    """Drop the bodies of old pages and what was read from them; rows, hashes, and what is held for a person stay.

    They cannot be read again then.
    """
    from pipeline.articles.retention import drop_old_pages

    settings, warehouse = stored_warehouse()
    if days is not None and days < 1:
        raise UsageError("--days is a number of days to keep, 1 at least")
    keep_days = settings.page_days if days is None else days
    if not keep_days:
        print("all pages are kept for ever: DAYBOOK_PAGE_DAYS is 0")
        return
    done = drop_old_pages(warehouse, datetime.now(UTC), keep_days=keep_days, only_say=dry_run)
    span = f" of {done.days[0]} to {done.days[-1]}" if done.days else ""
    print(f"{done.pages} bodies{span} {'would be' if dry_run else 'were'} dropped, {done.bytes / 1e6:.1f} MB")


@warehouse_app.command("pin")
def warehouse_pin(
    number: Annotated[int, typer.Argument(help="A snapshot.")],
    until: Annotated[str | None, typer.Option(help="An instant, e.g. 2026-03-09T12:00; without it, for good.")] = None,
) -> None:
    """Keep a snapshot for a long job or a backup, whatever its age."""
    _, warehouse = stored_warehouse()
    moment = parse_instant(until) if until else None
    if moment is not None and moment <= datetime.now(UTC):
        raise UsageError(f"--until {until} has passed; name an instant to come, or `daybook warehouse unpin {number}`")
    warehouse.pin(number, until=moment)
    print(f"snapshot {number} stays {f'until {moment:%Y-%m-%d %H:%M} UTC' if moment else 'until it is let go'}")


@warehouse_app.command("unpin")
def warehouse_unpin(number: Annotated[int, typer.Argument(help="A snapshot.")]) -> None:
    """Let a pinned snapshot go."""
    _, warehouse = stored_warehouse()
    if not warehouse.unpin(number):
        raise UsageError(f"snapshot {number} is not pinned")
    print(f"snapshot {number} is let go")
