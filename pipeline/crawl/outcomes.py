"""Sources that gave nothing: those that failed, and those whose host asked not to be asked for a while."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pipeline.reasons import Reason

# The reasons of a source whose host told us to wait (Retry-After, 429).
_RESTING = (Reason.NOT_NOW, Reason.TOO_MANY_REQUESTS)

NAME_CHARS = 250  # what Airflow keeps of a mapped task's name

Told = dict[str, str]


def sources_told(notes: Iterable[Mapping[str, Any] | None]) -> tuple[Told, Told]:
    """Sort what fetch tasks said of their sources.

    Args:
        notes: Hand-overs of fetch, `errors` with the reason and detail of each source; None where a task gave none.
    Returns:
        Sources that failed and sources that rest, each with why.
    """
    failed: Told = {}
    resting: Told = {}
    for note in notes:
        for source_id, error in note["errors"].items() if note is not None else ():
            told = resting if error["reason"] in _RESTING else failed
            told[source_id] = f"{error['reason']}: {error['detail']}"
    return failed, resting


def sources_of_groups(groups: Sequence[Mapping[str, Any]], notes: Sequence[Mapping[str, Any]]) -> tuple[Told, Told]:
    """Sources that failed and sources that rest, each with why; a group whose task gave nothing has failed as a whole.

    Args:
        groups: What `list_sources` gave.
        notes: What those of its `fetch` tasks gave that ended well.
    """
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
        >>> name_with_trouble({"key": "a", "errors": {"a": {"reason": "timeout", "detail": "no answer in 30 s"}}})
        'a failed (timeout)'
        >>> name_with_trouble({"key": "a+b", "errors": {"b": {"reason": "timeout", "detail": "no answer in 30 s"}}})
        'a+b: b failed (timeout)'
    """
    parts = [
        f"{source_id} {what} ({note['errors'][source_id]['reason']})"
        for what, told in zip(("failed", "rests"), sources_told([note]), strict=True)
        for source_id in sorted(told)
    ]
    name = str(note["key"])
    if parts:
        told = ", ".join(parts)
        name = told if set(note["errors"]) == {name} else f"{name}: {told}"
    return name[:NAME_CHARS]


def problem_of_sources(asked: Sequence[str], failed: Mapping[str, str], resting: Mapping[str, str]) -> str | None:
    """Say that nobody who was asked answered, or None; a source that rests was not asked."""
    if failed and set(asked) == {*failed, *resting}:
        rest = f"; resting: {named(resting)}" if resting else ""
        return f"every source failed: {named(failed)}{rest}"
    return None


def named(told: Mapping[str, str]) -> str | None:
    """Sources and why, in one line; None where there are none."""
    return "; ".join(f"{source_id}: {why}" for source_id, why in sorted(told.items())) or None
