"""The wheel, built and used away from the checkout: its SQL is in it, and whoever imports it gets its types."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

COMMIT = """
import sys
from datetime import UTC, date, datetime
import pipeline
from pipeline.store.warehouse import Warehouse

assert pipeline.__file__.startswith(sys.argv[1]), pipeline.__file__
warehouse = Warehouse(sys.argv[2])
with warehouse.writing(datetime(2026, 3, 3, tzinfo=UTC)) as transaction:
    transaction.close_day(date(2026, 3, 2))
    transaction.commit()
assert warehouse.verify() == []
print(*(row["name"] for row in warehouse.sql("SELECT view_name AS name FROM duckdb_views() WHERE NOT internal").to_pylist()))
print(*(row["name"] for row in warehouse.sql("SELECT function_name AS name FROM duckdb_functions() WHERE NOT internal").to_pylist()))
"""


@pytest.fixture(scope="module")
def wheel(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What an installer would unpack."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=project, check=True, capture_output=True)
    (packed,) = folder.glob("daybook-*.whl")
    with zipfile.ZipFile(packed) as archive:
        archive.extractall(folder / "unpacked")
    return folder / "unpacked"


def test_a_warehouse_of_the_wheel_has_every_view_and_macro(wheel: Path, project: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", COMMIT, str(wheel), str(tmp_path / "w")],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(wheel)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    views, macros = (set(line.split()) for line in done.stdout.splitlines())
    assert views >= {path.stem for path in (project / "warehouse" / "views").glob("*.sql")}
    assert macros == {path.stem for path in (project / "warehouse" / "macros").glob("*.sql")}


def test_what_else_it_carries(wheel: Path, project: Path) -> None:
    assert (wheel / "pipeline" / "py.typed").is_file()
    shipped = {path.name for path in (wheel / "pipeline" / "store" / "sql" / "queries").glob("*.sql")}
    assert shipped == {path.name for path in (project / "warehouse" / "queries").glob("*.sql")}
    assert not {"tests", "warehouse", "views"} & {path.name for path in wheel.iterdir()}
