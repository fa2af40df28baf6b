"""Texts that a pattern finds hard: runs of what it repeats, of what it begins with, and near misses of its end."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

# One character of each kind that patterns tell apart.
_COMMON = "a", "A", "1", " ", "\n", "-", ".", "'", '"', "(", "<", "é", "、", "_"
_ENDS = "", "\0", "\n!"
_OF_CATEGORY = {
    sre.CATEGORY_DIGIT: "7",
    sre.CATEGORY_NOT_DIGIT: "q",
    sre.CATEGORY_SPACE: " ",
    sre.CATEGORY_NOT_SPACE: "q",
    sre.CATEGORY_WORD: "w",
    sre.CATEGORY_NOT_WORD: "#",
}
_IS_OF = {
    sre.CATEGORY_DIGIT: str.isdigit,
    sre.CATEGORY_NOT_DIGIT: lambda char: not char.isdigit(),
    sre.CATEGORY_SPACE: str.isspace,
    sre.CATEGORY_NOT_SPACE: lambda char: not char.isspace(),
    sre.CATEGORY_WORD: lambda char: char.isalnum() or char == "_",
    sre.CATEGORY_NOT_WORD: lambda char: not (char.isalnum() or char == "_"),
}
_KINDS = "q", "Q", "7", " ", "-", "#", "é"
_MOST_UNITS = 400
_MOST_TEXTS = 2_000


def hostile_texts(pattern: re.Pattern[Any]) -> list[tuple[str, str, str]]:
    """Texts to be blown up, as (beginning, what is repeated, end)."""
    tree = parser.parse(pattern.pattern, pattern.flags)
    units = dict.fromkeys(_COMMON)
    begun: dict[tuple[str, str], None] = {}
    for before, body in _repeats(list(tree), ""):
        begun[before, body] = None
        units[body] = None
    units |= dict.fromkeys(_literals(tree))
    units |= dict.fromkeys(_beginnings(list(tree), ""))
    units.pop("", None)
    kept = [*units][:_MOST_UNITS]
    texts = {("", unit, end): None for unit in kept for end in ("", "\0")}
    texts |= {(before, body, end): None for before, body in begun for end in _ENDS}
    texts |= {(before, f"{body} ", end): None for before, body in begun for end in ("", "\0")}
    return [*texts][:: -(-len(texts) // _MOST_TEXTS)]  # a set of hundreds of characters gives one text for each


def _literals(nodes: Any) -> Iterator[str]:
    """Every character that the pattern names."""
    for op, value in nodes:
        if op is sre.LITERAL:
            yield chr(value)
        elif op is sre.IN:
            yield from (chr(v) for o, v in value if o is sre.LITERAL)
        for held in _held(op, value):
            yield from _literals(held)


def _held(op: Any, value: Any) -> Iterable[Any]:
    """The patterns within one node."""
    if op in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
        return [value[2]]
    if op is sre.SUBPATTERN:
        return [value[3]]
    if op is sre.BRANCH:
        return value[1]
    if op in (sre.ASSERT, sre.ASSERT_NOT):
        return [value[1]]
    if op is sre.ATOMIC_GROUP:
        return [value]
    return []


def _repeats(nodes: list[Any], before: str) -> Iterator[tuple[str, str]]:
    """Each repetition: the shortest text that leads to it, and a text that it repeats, for each of its branches."""
    for place, (op, value) in enumerate(nodes):
        led = before + _shortest(nodes[:place])
        if op in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT) and value[1] > 3:
            bodies = [*_variants(value[2])]
            for body in bodies:
                yield led, body
            if len(bodies) > 1:
                yield led, "".join(bodies)
        for held in _held(op, value):
            yield from _repeats(list(held), led)


def _variants(nodes: Any) -> Iterator[str]:
    """Texts that match, one for each branch and each kind of character."""
    nodes = list(nodes)
    if len(nodes) == 1:
        op, value = nodes[0]
        if op is sre.BRANCH:
            for branch in value[1]:
                yield from _variants(branch)
            return
        if op is sre.SUBPATTERN:
            yield from _variants(value[3])
            return
        if op is sre.IN:
            yield from dict.fromkeys(_members(value))
            return
    yield _shortest(nodes)
    yield _shortest(nodes, fullest=True)


def _beginnings(nodes: list[Any], before: str) -> Iterator[str]:
    """The first part of a match, cut off at each place: what a search begins again and again."""
    for place in range(1, len(nodes) + 1):
        yield before + _shortest(nodes[:place])
        yield before + _shortest(nodes[:place], fullest=True)
    for place, (op, value) in enumerate(nodes):
        for held in _held(op, value):
            yield from _beginnings(list(held), before + _shortest(nodes[:place]))


def _members(members: Any) -> Iterator[str]:
    """Characters of a set, one of each kind."""
    if members and members[0][0] is sre.NEGATE:
        yield from (char for char in _KINDS if not any(_names(member, char) for member in members[1:]))
        return
    for op, value in members:
        if op is sre.LITERAL:
            yield chr(value)
        elif op is sre.RANGE:
            yield chr(value[0])
        elif op is sre.CATEGORY:
            yield _OF_CATEGORY[value]


def _names(member: Any, char: str) -> bool:
    """Whether one member of a set names a character."""
    op, value = member
    if op is sre.LITERAL:
        return ord(char) == value
    if op is sre.RANGE:
        return bool(value[0] <= ord(char) <= value[1])
    return bool(_IS_OF[value](char))


def _shortest(nodes: Any, *, fullest: bool = False) -> str:
    """A text that matches: each repetition as often as it must, or, at its fullest, once more."""
    text = ""
    for op, value in nodes:
        if op is sre.LITERAL:
            text += chr(value)
        elif op is sre.NOT_LITERAL:
            text += "q" if chr(value) != "q" else "z"
        elif op is sre.ANY:
            text += "q"
        elif op is sre.IN:
            text += next(_members(value), "")
        elif op in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
            least, most, body = value
            text += _shortest(body, fullest=fullest) * min(most, least + 1 if fullest else least)
        elif op is sre.SUBPATTERN:
            text += _shortest(value[3], fullest=fullest)
        elif op is sre.BRANCH:
            text += _shortest(value[1][0], fullest=fullest)
        elif op is sre.ATOMIC_GROUP:
            text += _shortest(value, fullest=fullest)
    return text
