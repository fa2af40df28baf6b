"""Which days the lines of a topic speak for most, held against a journalist's timeline and against chance."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np

DRAWS = 1_000
_SEED = 27

Line = Mapping[str, Any]


def by_day(lines: Sequence[Line], gold: Sequence[date]) -> dict[date, list[Line]]:
    """Lines by the day they speak of, of the days between a timeline's first and last."""
    days: defaultdict[date, list[Line]] = defaultdict(list)
    for line in lines:
        day = date.fromisoformat(line["event_date"] or line["digest_date"])
        if min(gold) <= day <= max(gold):
            days[day].append(line)
    return dict(days)


def choose_days(days: Mapping[date, Sequence[Line]], most: int) -> list[date]:
    """The days with most weight, as many as asked for."""
    weights = {day: sum(line["score"] for line in told) for day, told in days.items()}
    return sorted(weights, key=lambda day: (-weights[day], day))[:most]


def against_chance(lines: Sequence[Line], gold: Sequence[date]) -> tuple[float, float]:
    """The share of the chosen days that a timeline has, and the mean of that share where as many days are drawn by lot.

    Args:
        gold: The timeline's days; days are drawn from all that a line speaks of between its first and its last.
    """
    days = by_day(lines, gold)
    if not days:
        return 0.0, 0.0
    chosen, known = choose_days(days, len(gold)), sorted(days)
    has = np.isin(np.array(known, dtype="datetime64[D]"), np.array(sorted(gold), dtype="datetime64[D]"))
    chance = np.random.default_rng(_SEED)
    drawn = [has[chance.permutation(len(known))[: len(chosen)]].mean() for _ in range(DRAWS)]
    return len(set(chosen) & set(gold)) / len(chosen), float(np.mean(drawn))
