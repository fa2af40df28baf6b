"""What an operator sees of a stage without opening its log: counts on the asset's event, trouble in a task's name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from airflow.sdk import Asset

from pipeline.reports import OUTCOMES, StageReport

_NAME_CHARS = 250  # what Airflow keeps of a mapped task's name


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


def sources_of_groups(
    groups: Sequence[Mapping[str, Any]], notes: Sequence[Mapping[str, Any]]
) -> tuple[dict[str, str], dict[str, str]]:
    """Sources that failed and sources that rest, each with why; a group whose task gave nothing has failed as a whole.

    Args:
        groups: What `list_sources` gave.
        notes: What those of its `fetch` tasks gave that ended well.
    """
    from pipeline.stages.failing import sources_told

    failed, resting = sources_told(notes)
    answered = {note["key"] for note in notes}
    for group in groups:
        if group["key"] not in answered:
            failed |= dict.fromkeys(group["source_ids"], "no result; the log of its fetch task says why")
    return failed, resting


def name_with_trouble(note: Mapping[str, Any]) -> str:
    """The name of a fetch task that is done: its group, and the sources in it that gave nothing.

    Example:
        >>> name_with_trouble({"key": "courier", "errors": {}})
        'courier'
        >>> name_with_trouble({"key": "a+b", "errors": {"b": "timeout: no whole answer in 30 s"}})
        'a+b: b failed (timeout)'
    """
    from pipeline.stages.failing import sources_told

    parts = [
        f"{source_id} {what} ({why.partition(':')[0]})"
        for what, told in zip(("failed", "rests"), sources_told([note]), strict=True)
        for source_id, why in sorted(told.items())
    ]
    return f"{note['key']}{': ' if parts else ''}{', '.join(parts)}"[:_NAME_CHARS]


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
