"""A digest's inputs are the same, whether all rows are read or only those that it can hang on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from newsroom import DAYS
from pipeline.builds import inputs as builds_inputs
from pipeline.builds.inputs import read_inputs
from pipeline.builds.reach import read_reach
from pipeline.digest.inputs import DigestInputs
from pipeline.store.warehouse import Warehouse
from pipeline.tables import TABLES
from tests.played import Play


def told(inputs: DigestInputs) -> dict[str, object]:
    tables = {name: sorted(map(repr, table.to_pylist())) for name, (table, _) in inputs.tables().items()}
    return {**tables, "coverage": dict(inputs.coverage)}


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_what_is_out_of_reach_changes_nothing(play: Play, day, monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot = Warehouse(play.root).latest()
    evening = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
    for as_of in (evening, evening - timedelta(hours=9), datetime(2030, 1, 1, tzinfo=UTC)):
        near = told(read_inputs(snapshot, day, status="final", as_of=as_of))
        with monkeypatch.context() as patch:
            patch.setattr(
                builds_inputs, "read_reach", lambda *_: {name: snapshot.read(name) for name in read_reach(*_)}
            )
            assert told(read_inputs(snapshot, day, status="final", as_of=as_of)) == near
    assert any(near.values())
    assert TABLES.keys() >= read_reach(snapshot, day, evening).keys()
