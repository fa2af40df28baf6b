"""Views files by one DuckDB, read by another: with what `tests.drills.duckdb_versions --into` has installed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.drills.duckdb_versions import VERSIONS, compare

FOLDER = os.environ.get("DAYBOOK_DUCKDB_VERSIONS")  # read here: no test sees a setting of somebody's


@pytest.mark.drill
def test_every_view_and_macro_answers_alike_whichever_version_wrote_or_reads(tmp_path: Path) -> None:
    places = {version: Path(FOLDER or "").absolute() / f"duckdb-{version}" for version in VERSIONS}
    missing = [version for version, place in places.items() if not FOLDER or not (place / "duckdb").is_dir()]
    if missing:
        pytest.skip(
            f"DuckDB {', '.join(missing)} is not in DAYBOOK_DUCKDB_VERSIONS: `python -m tests.drills.duckdb_versions --into FOLDER`"
        )
    told = list(compare(places, tmp_path))
    assert len(told) == 2 * len(VERSIONS)
    assert [(who, wrong) for who, _, wrong in told if wrong] == []
    assert all(count >= 120 for _, count, _ in told)
