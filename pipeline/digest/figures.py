"""Whether two sentences give the same figure, or different ones, for the same thing."""

from __future__ import annotations

import re
from collections import defaultdict

from pipeline.digest.features import Sentence
from pipeline.digest.quantities import find_quantities

# "At least 12" does not contradict "15", nor "106 billion" "105.7 billion".
_BOUND = re.compile(
    r"\b(?:at least|more than|over|nearly|almost|up to|as many as|about|around|some|roughly|fewer than|less than"
    r"|mindestens|mehr als|über|fast|bis zu|rund|etwa|knapp|weniger als)\b",
    re.IGNORECASE,
)
_ROUNDING = 0.02
# Below so many common words a shared frame is chance ("3 people were hurt", "5 people were freed").
MIN_SHARED_FRAME = 4


def changed_figure(one: Sentence, other: Sentence, language: str | None) -> bool:
    """Whether both give one figure of the same unit, and the figures differ by more than rounding.

    A figure that the other sentence holds too, of whatever, is no change: "900 of its 1,240 jobs" and "900 jobs" agree.
    """
    if one.numbers == other.numbers or not (one.numbers and other.numbers):
        return False
    mine, theirs = _by_unit(one, language), _by_unit(other, language)
    all_mine, all_theirs = _numbers(mine), _numbers(theirs)
    return any(
        len(mine[unit]) == len(theirs[unit]) == 1
        and not mine[unit] & all_theirs
        and not theirs[unit] & all_mine
        and _differ(*mine[unit], *theirs[unit])
        for unit in mine.keys() & theirs.keys() - {""}
    )


def is_bounded(sentence: Sentence) -> bool:
    """Whether the sentence hedges its figures ("at least", "rund")."""
    return bool(_BOUND.search(sentence.text))


def agrees(one: Sentence, other: Sentence, language: str | None) -> bool:
    """Whether a second sentence can stand as evidence for the first: no figure of its own speaks against it."""
    if one.numbers and other.numbers and not one.numbers & other.numbers:
        return False
    return not changed_figure(one, other, language)


def _by_unit(sentence: Sentence, language: str | None) -> dict[str, set[str]]:
    """Numbers by what they count."""
    units: defaultdict[str, set[str]] = defaultdict(set)
    for quantity in find_quantities(sentence.text, language):
        units[quantity.unit].add(quantity.number)
    return units


def _numbers(units: dict[str, set[str]]) -> set[str]:
    """All numbers, whatever they count."""
    return set().union(*units.values())


def _differ(one: str, other: str) -> bool:
    """Whether two numbers are more than rounding apart."""
    a, b = float(one), float(other)
    return abs(a - b) > _ROUNDING * max(a, b)
