"""Appenders, an upserter, readers and upkeep on one warehouse; then writers killed at random moments beside upkeep.

`python -m tests.drills.crowd [--seconds 60] [--kills 200]`: nothing is lost, torn or doubled, no reader fails, all writers get their turn.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.dataset as ds

from pipeline.store.upkeep import Retention
from pipeline.store.warehouse import Warehouse
from tests.store import writers
from tests.store.sample import NOW, rows

APPENDERS, READERS = 4, 4
_ROWS = 20


@dataclass
class Told:
    """What one process did."""

    turns: int = 0
    errors: list[str] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    held: list[float] = field(default_factory=list)


def work(report: Path, seconds: float, step: Callable[[int, Told], None]) -> None:
    """Repeat a step for some time, and write down how it went."""
    told = Told()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            step(told.turns, told)
        except Exception as error:  # the drill counts them
            told.errors.append(f"{type(error).__name__}: {error}")
        told.turns += 1
    report.write_text(json.dumps(told.__dict__))


def append(root: Path, report: Path, seconds: float, name: str) -> None:
    """Add rows nobody else has, and count them."""
    warehouse = Warehouse(root)

    def step(turn: int, told: Told) -> None:
        asked = time.monotonic()
        with warehouse.writing(NOW) as tx:
            begun = time.monotonic()
            told.waits.append(begun - asked)
            tx.upsert("runs", rows("runs", *({"run_id": f"{name}-{turn}-{n}"} for n in range(_ROWS))))
            tx.upsert("sources", rows("sources", {"source_id": name, "url": str(turn + 1)}))
            tx.commit()
            told.held.append(time.monotonic() - begun)

    work(report, seconds, step)


def upsert(root: Path, report: Path, seconds: float) -> None:
    """Change all rows of a day, each time."""
    warehouse = Warehouse(root)

    def step(turn: int, told: Told) -> None:
        asked = time.monotonic()
        with warehouse.writing(NOW) as tx:
            begun = time.monotonic()
            told.waits.append(begun - asked)
            held = ({"quarantine_id": f"q{n}", "detail": str(turn + 1)} for n in range(200))
            tx.upsert("quarantine", rows("quarantine", *held))
            tx.upsert("sources", rows("sources", {"source_id": "upserter", "url": str(turn + 1)}))
            tx.commit()
            told.held.append(time.monotonic() - begun)

    work(report, seconds, step)


def read(root: Path, report: Path, seconds: float, with_sql: bool) -> None:
    """Compare tables that are changed together."""

    def step(_: int, told: Told) -> None:
        if with_sql:
            with duckdb.connect(str(root / "warehouse.duckdb"), read_only=True) as session:
                count = session.execute("SELECT count(*) FROM runs").fetchall()[0][0]
                urls = dict(session.execute("SELECT source_id, url FROM sources").fetchall())
                details = {row[0] for row in session.execute("SELECT DISTINCT detail FROM quarantine").fetchall()}
        else:
            snapshot = (root / "current").resolve()
            count = ds.dataset(snapshot / "runs", partitioning="hive").count_rows()
            table = ds.dataset(snapshot / "sources").to_table(columns=["source_id", "url"])
            urls = dict(zip(table["source_id"].to_pylist(), table["url"].to_pylist(), strict=True))
            details = set(
                ds.dataset(snapshot / "quarantine", partitioning="hive")
                .to_table(columns=["detail"])["detail"]
                .to_pylist()
            )
        turns = sum(int(url) for name, url in urls.items() if name.startswith("appender"))
        if count != turns * _ROWS or details != ({urls["upserter"]} if "upserter" in urls else set()):
            told.errors.append(f"torn: {count} rows of {turns} commits, {details} of {urls}")

    work(report, seconds, step)


def keep_up(root: Path, report: Path, seconds: float) -> None:
    """Upkeep without a pause, as strict as it may be."""
    warehouse = Warehouse(root)

    def step(_: int, told: Told) -> None:
        now = datetime.now(UTC)
        warehouse.expire(now, Retention(cap_bytes=0))
        warehouse.collect_garbage(now)
        warehouse.compact()
        time.sleep(0.5)

    work(report, seconds, step)


def crowd(root: Path, seconds: float) -> bool:
    """All of them at once; whether all was well."""
    writers.commit_batches(root, 0)
    with Warehouse(root).writing(NOW) as tx:
        tx.upsert("sources", rows("sources", {"source_id": "appender-0", "url": "0"}))
        tx.commit()
    jobs: list[tuple[str, Callable[..., None], tuple[Any, ...]]] = [
        *((f"appender-{n}", append, (f"appender-{n}",)) for n in range(APPENDERS)),
        ("upserter", upsert, ()),
        *((f"reader-{n}", read, (n % 2 == 0,)) for n in range(READERS)),
        ("upkeep", keep_up, ()),
    ]
    reports = {name: root.parent / f"{name}.json" for name, _, _ in jobs}
    processes = [writers.start(job, root, reports[name], seconds, *arguments) for name, job, arguments in jobs]
    for process in processes:
        process.join()
    told = {name: Told(**json.loads(path.read_text())) for name, path in reports.items()}
    who = [name for name in told if told[name].held]
    share = statistics.mean(one for name in who for one in told[name].held) * (len(who) + 1)  # upkeep is a writer too
    for name, one in told.items():
        waited = (
            f", waited {max(one.waits):.2f} s at most, {max(one.waits) / share:.1f} fair shares" if one.waits else ""
        )
        print(f"{name}: {one.turns} turns, {len(one.errors)} errors{waited}", *one.errors[:2], flush=True)
    warehouse = Warehouse(root)
    problems = warehouse.verify()
    expected = sum(told[name].turns for name in who if name.startswith("appender")) * _ROWS
    count = warehouse.latest().read("runs").num_rows
    worst = max(max(told[name].waits) for name in who) / share
    print(
        f"{count} of {expected} rows, {len(problems)} problems, snapshot {warehouse.latest().number}, worst wait {worst:.1f} fair shares"
    )
    return not problems and count == expected and worst <= 5 and not any(one.errors for one in told.values())


def kill(root: Path, kills: int, seed: int) -> bool:
    """Kill a writer at random moments, with upkeep beside it; whether nothing acknowledged was lost and nothing is torn."""
    random_ = random.Random(seed)
    writers.commit_batches(root, 1)
    upkeep = writers.start(keep_up, root, root.parent / "upkeep.json", 3600.0)
    lost = torn = 0
    for number in range(kills):
        acknowledged = root.parent / f"acknowledged-{number}"
        acknowledged.write_text("0")
        process = writers.start(writers.commit_batches, root, 1000, acknowledged)
        time.sleep(random_.uniform(0.05, 1.5))
        os.kill(process.pid or 0, signal.SIGKILL)
        process.join()
        warehouse = Warehouse(root)
        lost += warehouse.latest().number < int(acknowledged.read_text() or 0)
        torn += not writers.is_whole(warehouse)
    upkeep.kill()
    upkeep.join()
    warehouse = Warehouse(root)
    problems = warehouse.verify()
    warehouse.collect_garbage(datetime.now(UTC))
    manifests = [warehouse.snapshot(number).manifest for number in warehouse.kept()]
    named = {(name, file.path) for m in manifests for name, table in m.tables.items() for file in table.files}
    stored = {(path.parts[-3], "/".join(path.parts[-2:])) for path in (root / "files").glob("*/day=*/*")}
    stored |= {(path.parent.name, path.name) for path in (root / "files").glob("*/*.parquet")}
    print(
        f"{kills} kills: {lost} lost, {torn} torn, {len(problems)} problems, {len(stored - named)} orphans after gc",
        *problems[:2],
    )
    return not (lost or torn or problems or stored - named)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("--seconds", type=float, default=60.0)
    options.add_argument("--kills", type=int, default=200)
    options.add_argument("--seed", type=int, default=4242)
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="daybook-") as folder:
        well = [crowd(Path(folder) / "crowd" / "wh", given.seconds)] if given.seconds else []
        if given.kills:
            well.append(kill(Path(folder) / "killed" / "wh", given.kills, given.seed))
    return 0 if all(well) else 1


if __name__ == "__main__":
    raise SystemExit(main())
