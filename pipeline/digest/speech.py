"""Who speaks in a sentence, where it reports what somebody said.

Two sentences of one speaker are as often two facts as one: the speaker alone never makes one a source of the other. It only keeps
a line from being told that adds nothing to what the same speaker was told to have said.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipeline.digest.features import sound_name

_SAYS = (
    r"(?:said|says|told|tells|stated|states|confirmed|confirms|announced|announces|added|adds|noted|notes|insisted|insists|claimed"
    r"|claims|warned|warns|argued|argues|explained|explains|declared|declares|shared|emphasi[sz]ed|stressed|acknowledged"
    r"|conceded|admitted|reported|reports|suggested|revealed|wrote|tweeted|commented|remarked|reiterated|maintained"
    r"|sagte|sagt|erklärte|erklärt|teilte|betonte|kündigte|bestätigte|warnte|meinte|schrieb|berichtete|räumte|behauptete"
    r"|a déclaré|dijo|ha detto)"
)
_NAME = r"(?<![^\W\d_])(?<![.'’-])[^\W\d_a-zß-ÿ][^\W\d_]++(?:[.'’-][^\W\d_]++)*+"
# Dmitri Vance said | Vance, the mayor, has now confirmed | Vance on Monday told
_BEFORE = re.compile(
    rf"(?P<name>{_NAME})(?:,\s[^,.;“”\"\n]{{1,60}},|,)?(?:\s(?:has|had|have|hat|also|later|just|now|then|again|earlier|on\s{_NAME})"
    rf"\b){{0,3}}\s{_SAYS}\b"
)
# “…,” said Dmitri Vance | sagte die Sprecherin Ida Holm
_BEHIND = re.compile(rf"\b{_SAYS}\s(?:[a-zäöüß]+\s){{0,2}}(?P<name>{_NAME}(?:\s{_NAME}){{0,2}})")
_SOMEBODY = re.compile(
    rf"(?P<somebody>(?:An?|One|Ein|Eine)\s(?:[\w’'.-]+\s){{0,3}}(?P<noun>[^\W\d_]{{4,}}))"
    rf"(?:\s(?:of|for|from|der|des|in|at)\s[^.,;“”\"]{{1,30}})?(?:\s(?:has|had|have|hat|also|later))?\s{_SAYS}\b"
)
_INDEFINITE = ("A ", "An ", "One ", "Ein ", "Eine ")
_SPEECH_VERB = re.compile(rf"\b{_SAYS}\b")


def find_speakers(sentence: str) -> frozenset[str]:
    """Last names of those whose words a sentence reports, as they sound.

    Example:
        >>> sorted(find_speakers("Ida Holm, the mayor, has confirmed that the bridge is shut, and Jon Verne said why."))
        ['holm', 'verne']
        >>> find_speakers("The bridge is shut.")
        frozenset()
    """
    if not _SPEECH_VERB.search(sentence):
        return frozenset()
    found = [match["name"].split()[-1] for match in (*_BEFORE.finditer(sentence), *_BEHIND.finditer(sentence))]
    return frozenset(sound_name(name.casefold()) for name in found)


@dataclass(frozen=True, slots=True)
class Somebody:
    """A speaker without a name: the words for it, and the name that the same article gives it, as it sounds."""

    words: str
    name: str


def find_somebody(sentence: str, article: str) -> Somebody | None:
    """Find "an official" whose words a sentence reports, where the same article names that official.

    Example:
        >>> text = "A harbour official said all is well. Ida Holm, the official, came on Monday."
        >>> find_somebody("A harbour official said all is well.", text)
        Somebody(words='A harbour official', name='holm')
        >>> find_somebody("A harbour official said all is well.", "A harbour official said all is well.") is None
        True
    """
    match = _SOMEBODY.match(sentence) if sentence.startswith(_INDEFINITE) else None
    if match is None:
        return None
    named = re.search(rf"({_NAME}),\s(?:the|der|die)\s(?:\w+\s)?{re.escape(match['noun'])}\b", article)
    return Somebody(match["somebody"], sound_name(named[1].casefold())) if named else None
