"""Views files written by one DuckDB, read by others: every view and macro gives the same rows, opened and attached.

`python -m tests.drills.duckdb_versions [1.4.5 1.5.6 2.0.1]` installs each version into a temporary folder, by pip; with `--into FOLDER`
it only installs them there, for the drill of the tests: `DAYBOOK_DUCKDB_VERSIONS=FOLDER make drills`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from pipeline.settings import PROJECT

VERSIONS = ("1.4.5", "1.5.6", "2.0.1")


def install(version: str, folder: Path) -> Path:
    """Put one version of DuckDB into a folder of its own."""
    place = folder / f"duckdb-{version}"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(place), f"duckdb=={version}"]
    subprocess.run(pip, check=True)
    return place


def run(place: Path, *arguments: str) -> str:
    """Run a part of this drill with another DuckDB before ours."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join((str(place), str(PROJECT)))}
    command = [sys.executable, "-W", "ignore", "-m", "tests.drills.duckdb_versions", *arguments]
    done = subprocess.run(command, env=environment, cwd=PROJECT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{place.name} {' '.join(arguments)}:\n{done.stderr}")
    return done.stdout


def write(root: Path) -> None:
    """Make a small world whose every view has rows, in several commits, so that the views file was copied and remade."""
    from tests.store.sample import NOW, make_world, rows

    world = make_world(root)
    for number in range(12):
        with world.writing(NOW) as tx:
            tx.upsert("runs", rows("runs", {"run_id": f"r{number}"}))
            tx.commit()


def read(root: Path) -> None:
    """Print how many rows every view and macro gives, opened, attached, and attached without USE."""
    import duckdb

    from pipeline.store.sql_files import SQL_FOLDER
    from pipeline.tables import TABLES
    from tests.warehouse.test_sql import MACRO_CALLS

    views = [path.stem for path in (SQL_FOLDER / "views").glob("*.sql")]
    path = root / "warehouse.duckdb"
    told: dict[str, int] = {}
    for how in ("opened", "attached", "used"):
        session = duckdb.connect(str(path), read_only=True) if how == "opened" else duckdb.connect()
        if how != "opened":
            session.execute(f"ATTACH '{path}' AS wh (READ_ONLY)")
        if how == "used":
            session.execute("USE wh")
        db = "wh." if how == "attached" else ""
        for name in sorted([*TABLES, *views, "_meta", "_place"]):
            told[f"{how} {name}"] = len(session.execute(f"SELECT * FROM {db}{name}").fetchall())
        for name, call in sorted(MACRO_CALLS.items()):
            told[f"{how} {name}()"] = len(session.execute(call.format(db=db)).fetchall())
        session.close()
    print(json.dumps(told))


def compare(places: Mapping[str, Path], folder: Path) -> Iterator[tuple[str, int, list[str]]]:
    """Let every version from 1.5 on write, and every version read.

    Args:
        places: By version where it is installed.
        folder: Where the warehouses are made.
    Yields:
        Who wrote and who read, how many answers there were, and which differ from the first reader's.
    """
    answers: dict[str, int] = {}
    for writer in [version for version in places if not version.startswith("1.4.")]:  # we write with 1.5 and later
        root = folder / f"written-by-{writer}"
        run(places[writer], "write", str(root))
        for reader in places:
            told = json.loads(run(places[reader], "read", str(root)))
            answers = answers or told
            wrong = [name for name in {**answers, **told} if told.get(name) != answers.get(name)]
            yield f"written by {writer}, read by {reader}", len(told), wrong


def main() -> int:
    """Every writer by every reader."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("versions", nargs="*")
    options.add_argument("--into", type=Path, help="only install them, and keep them in this folder")
    given = options.parse_args()
    if given.versions[:1] in (["write"], ["read"]):
        {"write": write, "read": read}[given.versions[0]](Path(given.versions[1]))
        return 0
    differing = 0
    with tempfile.TemporaryDirectory(prefix="daybook-") as folder:
        into = given.into or Path(folder)
        places = {version: install(version, into.absolute()) for version in given.versions or VERSIONS}
        for who, count, wrong in () if given.into else compare(places, Path(folder)):
            differing += len(wrong)
            print(f"{who}: {count} answers, {len(wrong)} differ {wrong[:3] or ''}", flush=True)
    return 1 if differing else 0


if __name__ == "__main__":
    raise SystemExit(main())
