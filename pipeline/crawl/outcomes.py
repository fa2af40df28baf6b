"""Sources that gave nothing: those that failed, and those whose host asked not to be asked for a while."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pipeline.reasons import Reason

# The reasons of a source whose host told us to wait (Retry-After, 429).
_RESTING = (Reason.NOT_NOW, Reason.TOO_MANY_REQUESTS)

# A mapped task's name: so many sources, and what of each, so that it stays below the 250 characters that Airflow keeps.
NAMED_SOURCES = 5
MOST_OF_A_FATE = 40

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


def task_name(group: Mapping[str, Any], note: Mapping[str, Any] | None = None) -> str:
    """The name of a fetch task: its first sources, and once it is done those first that gave nothing.

    Args:
        group: One that `list_sources` gave.
        note: What its task gave; None while it works.
    Example:
        >>> group = {"source_ids": ["courier", "herald", "wire"]}
        >>> task_name(group)
        'courier, herald, wire'
        >>> task_name(group, {"errors": {"wire": {"reason": "timeout", "detail": "no answer in 30 s"}}})
        'wire failed (timeout), courier, herald'
    """
    errors = note["errors"] if note is not None else {}
    fates = [
        _named(source_id, f" {what} ({errors[source_id]['reason']})")
        for what, told in zip(("failed", "rests"), sources_told([note]), strict=True)
        for source_id in sorted(told)
    ]
    fates += [_named(source_id) for source_id in group["source_ids"] if source_id not in errors]
    more = len(fates) - NAMED_SOURCES
    named = ", ".join(fates[:NAMED_SOURCES])
    if more <= 0:
        return named
    trouble = f", {len(errors)} of all in trouble" if len(errors) > NAMED_SOURCES else ""
    return f"{named} and {more} more{trouble}"


def _named(source_id: str, fate: str = "") -> str:
    """A source and its fate; a long id is cut, the fate is not."""
    room = MOST_OF_A_FATE - len(fate)
    return (source_id if len(source_id) <= room else f"{source_id[: room - 1]}…") + fate


def problem_of_sources(asked: Sequence[str], failed: Mapping[str, str], resting: Mapping[str, str]) -> str | None:
    """Say that nobody who was asked answered, or None; a source that rests was not asked."""
    if failed and set(asked) == {*failed, *resting}:
        rest = f"; resting: {named(resting)}" if resting else ""
        return f"every source failed: {named(failed)}{rest}"
    return None


def named(told: Mapping[str, str]) -> str | None:
    """Sources and why, in one line; None where there are none."""
    return "; ".join(f"{source_id}: {why}" for source_id, why in sorted(told.items())) or None
