"""Whether a line calls on the reader: to subscribe, to pay, to follow, to accept.

One word shows nothing: news tells of newsletters, privacy policies and people who register. A call says at least two of three
things: what to do, what of ours it is about, and that it speaks to `you` of `us`; or one of them outside a sentence.
"""

from __future__ import annotations

import re

from pipeline.extract import furniture
from pipeline.extract.furniture import compile_phrases

_START = r"(?:^\W*|[.!?:…|]\s+)"
_DO = compile_phrases(rf"{_START}<start>|<within>", start=furniture.CALLS_TO, within=furniture.CALLS_WITHIN)
_SOFT = compile_phrases(rf"{_START}<soft>", soft=furniture.CALLS_SOFT)
_OURS = compile_phrases(r"<ours>", ours=furniture.OURS)
_OURS_SOFT = compile_phrases(r"<ours>", ours=furniture.OURS_SOFT)
_OURSELVES = compile_phrases(r"<us>", us=furniture.OURSELVES)
_READERS = compile_phrases(r"<you>", you=furniture.READERS)
_ENDED = re.compile(r"[.!?…。！？][\"'”’»“)\]]*$")
_ATTRIBUTED = compile_phrases(r",[”\"’»]?\s+(?:[\w’'-]+\s+){0,6}<said>", said=furniture.ATTRIBUTIONS)
_HOUR = re.compile(r"\d ?[ap]\.m\.$", re.IGNORECASE)
_QUOTED = re.compile(r"[“\"„«][^“”\"„«»]{3,}[”\"“»]")
_SHORT = 110  # characters: a line that is no sentence and no longer than this is a button or its label
_LONG = 250
_MOST = 600  # a paragraph that asks for money


def is_finished(line: str) -> bool:
    """Whether a line ends as a sentence does."""
    return bool(_ENDED.search(line[-12:])) and not _HOUR.search(line[-8:])


def is_told(line: str) -> bool:
    """Whether a sentence names who said it."""
    return is_finished(line) and bool(_ATTRIBUTED.search(line))


def is_call(line: str, *, is_linked: bool = False) -> bool:
    """Whether a line calls on the reader.

    Args:
        line: A paragraph.
        is_linked: Whether links hold most of it, or a box of the page's own matters.
    """
    if len(line) > _MOST or not _has_stem(line) or is_told(line):
        return False
    said = _QUOTED.sub(" ", line)  # what a person is quoted with is no call of the page
    ours = {match[0].casefold() for match in _OURS.finditer(said)}
    do = {match[0].casefold() for match in _DO.finditer(said)}
    is_soft = bool(_SOFT.search(said))
    if is_soft or do:
        ours |= {match[0].casefold() for match in _OURS_SOFT.finditer(said)}
    if not ours and not do:
        return False
    rest = _OURS.sub(" ", said)
    speaks, asks = bool(_OURSELVES.search(rest)), bool(_READERS.search(rest))
    if len(line) >= _LONG:
        return len(do) + is_soft + len(ours) >= 3 and bool(ours) and speaks
    if ours:
        return bool(do) or is_soft or speaks or is_linked
    return len(line) < _SHORT and (speaks or asks or is_linked or not is_finished(line))


def _has_stem(line: str) -> bool:
    """Whether a line has anything that calls are made of."""
    lowered = line.lower()
    return any(stem in lowered for stem in furniture.CALL_STEMS)
