"""A process that built the hours before builds the next one as a new process does: what it remembers changes no row."""

from __future__ import annotations

import functools
import sys
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pipeline.digest.build import build_digest
from pipeline.digest.draft import DigestDraft
from pipeline.settings import Settings

NOW = datetime(2026, 3, 5, 2, tzinfo=UTC)
DAY = date(2026, 3, 4)
SPOKEN = (
    "SKELL, March 4 (Reuters) - The river Orrel rose to {level} metres at Skell on Wednesday. It was the highest since 1987. Mayor Ida"
    " Brandt closed the lower bridge until Friday. “We will not open it for anybody,” Brandt said. An official said the cellar of the"
    " town hall was dry.\n\nOtto Lind, the official, spoke to reporters at {hour} in Skell on Wednesday."
)
GERMAN = (
    "Der Orrel ist am Mittwoch bei Skell auf {level} Meter gestiegen. Bürgermeisterin Ida Brandt ließ die untere Brücke bis Freitag"
    " sperren. Er ist der höchste Stand seit 1987.\n\n© AFP"
)
MILL = (
    "The mill at Castelan burned down on Wednesday night. Its owner Otto Lind put the damage at {level} million crowns."
)


def forget() -> None:
    """Make every function of the pipeline forget what it remembers."""
    for name, module in list(sys.modules.items()):
        if name.startswith("pipeline."):
            for each in vars(module).values():
                if isinstance(each, functools._lru_cache_wrapper) and each.cache_parameters()["maxsize"] is not None:
                    each.cache_clear()


def articles_by(hour: int, a_version: Any) -> list[dict[str, Any]]:
    """What came until an hour: the stories go on in every one, and the third has an edit."""
    rows = []
    for n in range(hour + 1):
        at = {"published_at": datetime(2026, 3, 4, 6 + n, tzinfo=UTC)}
        rows.append(a_version(f"s{n}", SPOKEN.format(level=4 + n / 10, hour=f"{6 + n} o'clock"), **at))
        rows.append(a_version(f"g{n}", GERMAN.format(level=f"4,{n}"), language="de", **at))
        if n % 2:
            rows.append(a_version(f"m{n}", MILL.format(level=n), **at))
    if hour >= 2:
        rows.append(a_version("s0", SPOKEN.format(level=5, hour="noon"), version=2, cause="edit"))
    return rows


def build_hour(hour: int, a_version: Any, make_inputs: Any) -> DigestDraft:
    rows = articles_by(hour, a_version)
    stories = {row["article_id"]: "mill" if row["article_id"].startswith("m") else "river" for row in rows}
    earlier = [row for row in rows if row["article_id"] == "s0" and row["version"] == 1]
    for row in earlier:
        row["day"] = row["version_day"] = DAY - timedelta(days=1)
    return build_digest(make_inputs(rows, stories=stories), Settings(), now=NOW)


def test_hours_in_one_process_and_each_in_its_own(a_version: Any, make_inputs: Any) -> None:
    forget()
    together = [build_hour(hour, a_version, make_inputs) for hour in range(5)]
    assert together[-1].developments.num_rows >= 3
    assert together[-1].citations.num_rows > together[-1].developments.num_rows
    for hour in (4, 1, 3):
        forget()
        assert build_hour(hour, a_version, make_inputs) == together[hour]
