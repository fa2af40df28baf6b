"""Whether two sentences give the same figure, or different ones, for the same thing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from pipeline.digest.features import Sentence
from pipeline.digest.quantities import Quantity, find_quantities

# Beyond so much of the larger one, no rounding explains a difference.
_MOST_ROUNDING = 0.05
# Below so many common words a shared frame is chance ("3 people were hurt", "5 people were freed").
MIN_SHARED_FRAME = 4


def changed_figure(one: Sentence, other: Sentence, language: str | None) -> bool:
    """Whether both give one figure of the same unit, and the figures differ by more than rounding.

    A figure that the other sentence holds too, of whatever, is no change: "900 of its 1,240 jobs" and "900 jobs" agree. "At
    least 12" and "15" do not differ, "at least 12" and "at least 15" do.
    """
    if one.numbers == other.numbers or not (one.numbers and other.numbers):
        return False
    ours, theirs = find_quantities(one.text, language), find_quantities(other.text, language)
    mine = _unmatched(ours, {q.number for q in theirs})
    yours = _unmatched(theirs, {q.number for q in ours})
    return any(
        len(mine[unit]) == len(yours[unit]) == 1 and _differ(mine[unit][0], yours[unit][0])
        for unit in mine.keys() & yours.keys() - {""}
    )


def agrees(one: Sentence, other: Sentence, language: str | None) -> bool:
    """Whether a second sentence can stand as evidence for the first: no figure of its own speaks against it."""
    if one.numbers and other.numbers and not one.numbers & other.numbers:
        return False
    return not changed_figure(one, other, language)


def _unmatched(quantities: Sequence[Quantity], theirs: set[str]) -> dict[str, list[Quantity]]:
    """Figures that the other sentence does not hold, by what they count."""
    units: defaultdict[str, list[Quantity]] = defaultdict(list)
    for quantity in quantities:
        if quantity.number not in theirs:
            units[quantity.unit].append(quantity)
    return units


def _differ(one: Quantity, other: Quantity) -> bool:
    """Whether two figures, hedged alike or not at all, are more than rounding apart.

    "105.7 billion" rounds to "106 billion"; 141 million and 139 million are two figures.
    """
    if one.bound != other.bound:
        return False
    a, b = sorted((float(one.number), float(other.number)))
    if b - a > _MOST_ROUNDING * b:
        return True
    return not any(_rounds_to(x, y) for x, y in ((a, b), (b, a)))


def _rounds_to(exact: float, rounded: float) -> bool:
    """Whether a figure gives another when it is cut to that one's digits."""
    digits = f"{rounded:.6f}".rstrip("0").rstrip(".")
    decimals = len(digits.partition(".")[2]) or -(len(digits) - len(digits.rstrip("0")))
    return round(exact, decimals) == rounded
