"""Which sentences of an article can stand as a line, and where such a line begins."""

from __future__ import annotations

import re

from pipeline.digest.features import Sentence, read_sentence

MIN_CHARS = 40
MAX_CHARS = 360
MIN_WORDS = 6
MAX_WORDS = 60
# Chinese, Japanese and Korean say in a dozen characters what takes English forty.
_DENSE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
DENSE_MIN_CHARS = 12

# Labels and datelines in front of a first sentence; the line begins after them.
_LABEL = re.compile(
    r"(?:(?:urgent|breaking|live|update[ds]?|urgent update|breaking news|just in|exclusive|developing|alert|watch|correction"
    r"|eilmeldung|eil|exklusiv|korrektur)\b[ :|–—-]*[:|–—-]\s*)+",
    re.IGNORECASE,
)
# 15:05 The doors are shut | 9.30 Uhr: Die Türen … (live blogs)
_CLOCK = re.compile(
    r"\d{1,2}[:.]\d{2}(?:\s*(?:Uhr|h|[ap]\.?m\.?|GMT|UTC|CES?T|E[SD]T|BST))?(?:\s*[:|–—-])?\s+(?=[^\W\d_a-zß-ÿ]|[\"“„])"
)
_CAPITALS = r"[^\W\d_a-zß-ÿ][^\W\d_a-zß-ÿ.'’-]{2,}"
_CAPITALISED = r"[^\W\d_a-zß-ÿ][^\W\d_]+(?:[.'’-][^\W\d_]+)*"
_AGENCY = r"(?:\((?:[^()\n]{2,30})\)|-LRB-[^\n]{2,30}?-RRB-)"
_DASH = r"\s*[–—-]+\s+"
_AND_DATE = rf"(?:\s*,\s*(?:{_CAPITALISED}\.?(?:\s+\d{{1,2}})?|\d{{1,2}}\.?\s+{_CAPITALISED}|\d{{4}})){{0,3}}"
_DATELINES = tuple(
    re.compile(pattern)
    for pattern in (
        # WASHINGTON, Jan. 5 (Reuters) - | BERLIN/PARIS – | PORT-AU-PRINCE, Haiti (CNN) --
        rf"{_CAPITALS}(?:[ /]+{_CAPITALS}){{0,3}}{_AND_DATE}(?:\s*{_AGENCY})?{_DASH}",
        # Berlin (dpa) - | Geneva, March 3 (AP) --
        rf"{_CAPITALISED}(?:[ /]+{_CAPITALISED}){{0,3}}{_AND_DATE}\s*{_AGENCY}{_DASH}",
        # TRIPOLI | Fri Mar 18, 2011 7:22 pm EDT
        rf"{_CAPITALS}(?:[ ,/]+{_CAPITALS}){{0,3}}\s*\|[^|\n]{{0,60}}?\d\d?:\d\d\s*(?:[ap]m)?(?:\s+[A-Z]{{2,4}})?\s+",
        # (Reuters) - | -LRB- CNN -RRB- --
        rf"{_AGENCY}{_DASH}",
    )
)

_FURNITURE = re.compile(
    r"\b(?:click here|read more|read also|sign up|subscribe|newsletter|stay tuned|follow us|all rights reserved|copyright"
    r"|terms of (?:use|service)|privacy policy|cookies?\b.{0,40}\b(?:accept|use|consent)|source link|more information"
    r"|for more (?:on|about)|share this|log in|advertisement|continue reading|related (?:stories|articles|topics)"
    r"|this (?:article|story|post) (?:was|is|has|will)|(?:earlier|previous) version of this|in einer früheren (?:version|fassung)"
    r"|good (?:morning|afternoon|evening)|guten (?:morgen|tag|abend)|(?:is|as) a developing story|developing story|editing by|reporting by"
    r"|written by|contributed to this report|image (?:source|caption|copyright)|file photo|photo(?:graph)?\s?:|getty images"
    r"|watch (?:the|our|live|this)|download (?:the|our)|our app|comments? (?:are|section|below)|e-?mail us|contact us"
    r"|live updates|last updated|updated at|published (?:at|on)|page last|have your say|in pictures|listen to|tune in"
    r"|lesen sie|mehr zum thema|mehr dazu|abonnieren|jetzt anmelden|alle rechte vorbehalten|impressum|datenschutz"
    r"|folgen sie uns|hier klicken|werbung|anzeige:|zum artikel|bildquelle|foto:|mit material von|redaktion:)",
    re.IGNORECASE,
)
_LINK = re.compile(r"https?://|www\.|\S@\S+\.\w")
_ENDS = re.compile(r"[.!…。！]\s*(?:-RRB-|[\"'”’»«“)\]」』])*$")
_ASKS = re.compile(r"[?？][\"'”’»“)\]」』\s]*$")
_LEANS = re.compile(
    r"(?:he|she|it|they|this|these|that|those|but|however|and|or|so|also|meanwhile|his|her|their|its|there|then|such|both"
    r"|here|who|which|i|we|you|moreover|furthermore|despite (?:this|these|that)|according to (?:him|her|them)"
    r"|in (?:addition|return|contrast)|for (?:example|instance)|as a result|at the same time|on the other hand"
    r"|er|sie|es|dies|diese[rsmn]?|das|aber|doch|und|auch|dort|dabei|damit|dazu|zudem|außerdem|allerdings|jedoch|denn|so"
    r"|sein|seine|ihr|ihre|wir|ich|il|elle|ils|elles|mais|pero|ellos)\b",
    re.IGNORECASE,
)
_QUOTES = {"“": "”", "„": "“", "«": "»", "「": "」", "『": "』", "``": "''"}


def trim_opening(text: str, sentence: Sentence) -> Sentence:
    """Take labels and datelines off the front of a sentence, by moving its start.

    Example:
        >>> from pipeline.digest.features import read_sentences
        >>> text = "GENEVA, March 3 (Reuters) - The lake rose by two metres."
        >>> trim_opening(text, read_sentences(text, "en")[0]).text
        'The lake rose by two metres.'
    """
    at = 0
    if match := _LABEL.match(sentence.text) or _CLOCK.match(sentence.text):
        at = match.end()
    for dateline in _DATELINES if sentence.index < 3 else ():
        match = dateline.match(sentence.text, at)
        if match and not sentence.text[match.end() : match.end() + 1].islower():
            at = match.end()
            break
    if not 0 < at < len(sentence.text):
        return sentence
    return read_sentence(text, sentence.start + at, sentence.end, sentence.index)


def can_be_line(sentence: Sentence) -> bool:
    """Whether a sentence could stand alone: a whole statement of fit length that names something."""
    return why_no_line(sentence) is None


def why_no_line(sentence: Sentence) -> str | None:
    """What keeps a sentence from standing alone, in words; None where nothing does."""
    text = sentence.text
    dense = bool(_DENSE.search(text))
    least = DENSE_MIN_CHARS if dense else MIN_CHARS
    if not least <= len(text) <= MAX_CHARS:
        return f"{len(text)} characters, not {least} to {MAX_CHARS}"
    if not dense and not MIN_WORDS <= sentence.word_count <= MAX_WORDS:
        return f"{sentence.word_count} words, not {MIN_WORDS} to {MAX_WORDS}"
    if _ASKS.search(text):
        return "a question"
    if "\n" in text or not _ENDS.search(text):
        return "no whole sentence"
    first = text[0]
    if (first.isalpha() and first.islower()) or first in ")]}-–—•*|,;:":
        return "it begins in the middle"
    if not (sentence.anchors or sentence.opening or dense):
        return "it names nobody, no place and no number"
    return "a quotation begins or ends outside it" if _is_torn_quote(text) else None


def is_furniture(text: str) -> bool:
    """Whether a sentence speaks of the page rather than the world."""
    return bool(_FURNITURE.search(text) or _LINK.search(text))


def leans_on_context(sentence: Sentence) -> bool:
    """Whether a sentence points back to the one before it ("He", "But", "Dies"), or is speech and no more."""
    text = sentence.text
    return bool(_LEANS.match(text)) or text[0] in '"“„«「『‘' or text.startswith("``")


def _is_torn_quote(text: str) -> bool:
    """Whether a quotation begins or ends outside the sentence."""
    if text.count('"') % 2:
        return True
    for opening, closing in _QUOTES.items():
        if opening == "„":
            if text.count("„") > text.count("“") + text.count("”"):
                return True
        elif opening == "“":
            if "„" not in text and text.count("“") != text.count("”"):
                return True
        elif text.count(opening) != text.count(closing) and opening != "«":
            return True
    return False
