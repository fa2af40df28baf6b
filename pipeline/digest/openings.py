"""Where a line begins: labels, datelines, captions, clock stamps and connectives are left out by moving its start."""

from __future__ import annotations

import re

from pipeline.digest.datelines import find_signature, skip_dateline, skip_place
from pipeline.digest.features import Sentence, read_sentence

# Of the first so many sentences one may have a dateline: behind a standfirst or a caption.
_MAY_HAVE_DATELINE = 3
_SIGNED_CHARS = 80
# Labels in front of a first sentence; the line begins after them.
_LABEL = re.compile(
    r"(?:(?:urgent|breaking|live|update[ds]?|urgent update|breaking news|just in|exclusive|developing|alert|watch|correction"
    r"|eilmeldung|eil|exklusiv|korrektur)\b[ :|–—-]*[:|–—-]\s*)+",
    re.IGNORECASE,
)
_ZONE = r"(?:Uhr|h|[ap]\.?m\.?|GMT|UTC|CES?T|[ECMP][SD]?T|BST)"
# 15:05 The doors are shut | 9.30 Uhr: Die Türen … | 11.20am GMT: … (live blogs)
_CLOCK = re.compile(rf"\d{{1,2}}[:.]\d{{2}}(?:\s*{_ZONE}){{0,2}}(?:\s*[:|–—-])?\s+(?=[^\W\d_a-zß-ÿ]|[\"“„])")
# What joins a sentence to the one before it and says nothing itself. No cause ("as a result"), no exchange ("in return"),
# no hedge and no attribution is among them: without those the sentence would say something else.
_CONNECTIVE = re.compile(
    r"(?:(?:but|and|yet|aber|doch|und|mais|et|pero|y)\s+"
    r"|(?:however|still|meanwhile|moreover|furthermore|additionally|separately|also|besides|nevertheless|nonetheless|similarly"
    r"|likewise|elsewhere|in addition|in (?:a|an) (?:related|separate|similar|unrelated) (?:development|matter|move|case|incident)"
    r"|at the same time|on the other hand|by contrast|in contrast|in turn|in the meantime|for (?:his|her|its|their) part"
    r"|cependant|toutefois|en outre|sin embargo|además),\s+)",
    re.IGNORECASE,
)
_NAME_OR_FIGURE = re.compile(r"\d|[$€£¥]|[^\W\d_a-zß-ÿ][\w.]")
# What begins a clause with a capital only because the connective was cut away is no name: "But I", "But She".
_NO_NAME = re.compile(r"(?:I|He|She|It|They|We|You|This|That|These|Those|His|Her|Their|Its|Er|Sie|Es|Wir|Ich)\b")


def trim_opening(text: str, sentence: Sentence) -> Sentence:
    """Take labels, datelines and connectives off the front of a sentence, by moving its start.

    Example:
        >>> from pipeline.digest.features import read_sentences
        >>> text = "GENEVA, March 3 (Reuters) - The lake rose by two metres."
        >>> trim_opening(text, read_sentences(text, "en")[0]).text
        'The lake rose by two metres.'
    """
    at = _after_label(sentence.text)
    # Behind furniture, or a second report in one text: what is signed is a dateline wherever a paragraph begins.
    is_signed = "(" in sentence.text[:_SIGNED_CHARS] and text[: sentence.start].endswith("\n")
    if sentence.index < _MAY_HAVE_DATELINE or (is_signed and find_agency(sentence.text)):
        at = skip_dateline(sentence.text, skip_dateline(sentence.text, at))  # a page's own, and the agency's behind it
        at = skip_place(text, sentence.text, at) if sentence.index == 0 and at == 0 else at
    at = _after_connective(sentence.text, at)
    if not 0 < at < len(sentence.text):
        return sentence
    return read_sentence(text, sentence.start + at, sentence.end, sentence.index)


def find_agency(sentence: str) -> str | None:
    """The agency that a first sentence's dateline names, case-folded; None where it has none.

    Example:
        >>> find_agency("GENEVA, March 3 (Reuters) - The lake rose."), find_agency("The lake (in Geneva) rose.")
        ('reuters', None)
    """
    start = _after_label(sentence)
    return find_signature(sentence[start : skip_dateline(sentence, skip_dateline(sentence, start))])


def _after_label(sentence: str) -> int:
    match = _LABEL.match(sentence) or _CLOCK.match(sentence)
    return match.end() if match else 0


def _after_connective(sentence: str, at: int) -> int:
    """Where a sentence goes on behind a connective that a name or a figure follows; `at` where there is none."""
    match = _CONNECTIVE.match(sentence, at)
    if match and _NAME_OR_FIGURE.match(sentence, match.end()) and not _NO_NAME.match(sentence, match.end()):
        return match.end()
    return at
