"""Whether a line calls on the reader: to subscribe, to pay, to follow, to accept.

One word shows nothing: news tells of newsletters, privacy policies and people who register. A call says at least two of three
things: what to do, what of ours it is about, and that it speaks to `you` of `us`; or one of them outside a sentence.
"""

from __future__ import annotations

import re

from pipeline.extract import call_phrases as phrases
from pipeline.extract.furniture import compile_phrases

_START = r"(?:^\W{0,10}|[.!?:…|]\s{1,9})"
_DO = compile_phrases(rf"{_START}<start>|<within>", start=phrases.CALLS_TO, within=phrases.CALLS_WITHIN)
_SOFT = compile_phrases(rf"{_START}<soft>", soft=phrases.CALLS_SOFT)
_OURS = compile_phrases(r"<ours>", ours=phrases.OURS)
_OURS_SOFT = compile_phrases(r"<ours>", ours=phrases.OURS_SOFT)
_OURSELVES = compile_phrases(r"<us>", us=phrases.OURSELVES)
_READERS = compile_phrases(r"<you>", you=phrases.READERS)
_ENDED = re.compile(r"[.!?…。！？][\"'”’»“)\]]*$")
_ATTRIBUTED = compile_phrases(r",[”\"’»]?\s+(?:[\w’'-]+\s+){0,6}<said>", said=phrases.ATTRIBUTIONS)
_HOUR = re.compile(r"\d ?[ap]\.m\.$", re.IGNORECASE)
_QUOTED = re.compile(r"[“\"„«][^“”\"„«»]{3,}[”\"“»]")
_SENTENCES = re.compile(r"(?<=[.!?…])\s+")
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
    if len(line) >= _LONG:
        return _is_long_call(said)
    has_do, has_ours = bool(_DO.search(said)), bool(_OURS.search(said))
    is_soft = not has_do and bool(_SOFT.search(said))
    has_ours = has_ours or ((has_do or is_soft) and bool(_OURS_SOFT.search(said)))
    if not has_do and not has_ours:
        return False
    if has_ours:
        return has_do or is_soft or (is_linked and not is_finished(line)) or _speaks_of_ours(said)
    if len(line) >= _SHORT:
        return False
    rest = _OURS.sub(" ", said)
    return (
        bool(_OURSELVES.search(rest))
        or is_linked
        or not is_finished(line)
        or bool(_READERS.search(rest))
        or len(_DO.findall(said)) > 1
    )


def _speaks_of_ours(said: str) -> bool:
    """Whether one sentence names something of the page's own and speaks of its own side: two sentences may speak of two things."""
    return any(
        _OURSELVES.search(_OURS.sub(" ", sentence))
        for sentence in _SENTENCES.split(said)
        if _OURS.search(sentence) or _OURS_SOFT.search(sentence)
    )


def _is_long_call(said: str) -> bool:
    """Whether a paragraph asks for money, or for a name: three calls in it, and it speaks of its own side."""
    ours = {match[0].casefold() for match in _OURS.finditer(said)}
    if not ours and not _OURS_SOFT.search(said):
        return False
    do = {match[0].casefold() for match in _DO.finditer(said)}
    is_soft = bool(_SOFT.search(said))
    if do or is_soft:
        ours |= {match[0].casefold() for match in _OURS_SOFT.finditer(said)}
    return bool(ours) and len(do) + is_soft + len(ours) >= 3 and bool(_OURSELVES.search(_OURS.sub(" ", said)))


def _has_stem(line: str) -> bool:
    """Whether a line has anything that calls are made of."""
    lowered = line.lower()
    for stem in phrases.CALL_STEMS:  # noqa: SIM110 - half the time of `any`, on each line of each page
        if stem in lowered:
            return True
    return False
