"""What an operator sees of a stage without opening its log: the counts on its asset's event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from airflow.sdk import Asset

from pipeline.reports import OUTCOMES, StageReport


def announce(
    context: Mapping[str, Any], asset: Asset, window: object, handed: Mapping[str, Any], **more: object
) -> None:
    """Put the counts of a stage on the event that the task's success gives the asset.

    Args:
        context: Airflow's task context.
        asset: One of the task's outlets.
        window: What the run was for.
        handed: The stage's hand-over; its `report` is flattened, its other single values are kept.
        more: What else the event tells, JSON-ready.
    """
    context["outlet_events"][asset].extra = {"window": str(window), **event_counts(handed), **more}


def event_counts(handed: Mapping[str, Any]) -> dict[str, Any]:
    """The counts of a hand-over as flat JSON: received, each outcome that happened, reasons, ids and numbers.

    Example:
        >>> event_counts({"day": "2026-03-02", "story_count": 3, "paths": ["x"]})
        {'day': '2026-03-02', 'story_count': 3}
    """
    counts: dict[str, Any] = {k: v for k, v in handed.items() if isinstance(v, (str, int, float)) and k != "path"}
    if "report" in handed:
        total = asdict(StageReport.from_dict(handed["report"]).total)
        counts["received"] = total["received"]
        counts.update({name: total[name] for name in OUTCOMES if total[name]})
        if total["reasons"]:
            counts["reasons"] = dict(total["reasons"])
    return counts
