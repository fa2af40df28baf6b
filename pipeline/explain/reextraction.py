"""What reading stored pages anew changed, or would change, day by day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pipeline.explain.layout import count, page_table, paragraph

_SHOWN = ("pages", "same", "texts", "fields")


def reextraction_page(told: Sequence[Mapping[str, Any]], *, only_say: bool) -> str:
    """The answer of `daybook reextract` as a page: a table of days, then kinds and refusals in words.

    Args:
        told: For each day what `load_anew` returned.
        only_say: Whether nothing was committed.
    """
    rows = [
        (
            day["day"],
            "closed" if day["closed"] else "open",
            *(day[name] for name in _SHOWN),
            sum(day["kinds"].values()),
            sum(day["refused"].values()),
            day["let_in"],
        )
        for day in told
    ]
    columns = ("day", "state", "pages", "same", "text", "other fields", "kind", "refused now", "would pass")
    lines = page_table(columns, rows, indent=0)
    kinds = _added(day["kinds"] for day in told)
    refused = _added(day["refused"] for day in told)
    if kinds:
        lines += paragraph(f"Kinds: {_named(kinds)}.", indent=0)
    if refused:
        lines += paragraph(f"Refused now, the stored version stays: {_named(refused)}.", indent=0)
    if waiting := sum(day["let_in"] for day in told if day["closed"]):
        lines += paragraph(
            f"{count(waiting, 'page')} of closed days would pass now, and stay held: `daybook quarantine release` lets them in.",
            indent=0,
        )
    if gone := {day["day"]: day["not_kept"] for day in told if day.get("not_kept")}:
        lines += paragraph(f"Not kept any more, and left as they were read: {_named(gone)}.", indent=0)
    if only_say:
        lines.append("Nothing was changed; the same command without --dry-run does it, and reads nothing twice.")
    else:
        versions = sum(day["versions"] or 0 for day in told)
        lines.append(f"{count(versions, 'article')} of closed days got a version; open days were decided anew.")
    return "\n".join(lines)


def _added(counts: Iterable[Mapping[str, int]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for one in counts:
        total.update(one)
    return total


def _named(counts: Mapping[str, int]) -> str:
    """Each name with its number, the commonest first."""
    return ", ".join(f"{name} {n}" for name, n in sorted(counts.items(), key=lambda item: (-item[1], item[0])))
