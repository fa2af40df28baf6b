"""Which sentences of an article can stand as a line."""

from __future__ import annotations

import re

from pipeline.digest.features import Sentence
from pipeline.digest.standing import leans_on_context

MIN_CHARS = 40
MAX_CHARS = 360
MIN_WORDS = 6
MAX_WORDS = 60
LEAD_MAX_CHARS = 560
LEAD_MAX_WORDS = 90
LEAD_NAMES = 2
# Chinese, Japanese and Korean say in a dozen characters what takes English forty.
_DENSE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
DENSE_MIN_CHARS = 12

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
_POSSESSIVE = re.compile(r"(?:His|Her|Their|Its|Seine?|Ihre?)\b")
_LINK = re.compile(r"https?://|www\.|\S@\S+\.\w")
_ENDS, _ASKS = frozenset(".!…。！"), frozenset("?？")
_BEHIND_THE_END = "\"'”’»«“)]」』 \t\r\n\u00a0\u2009\u202f\u3000"
# A line's end inside a sentence: a heading, or a list.
_BROKEN = re.compile(r"[^.!…。！\"'”’»“)\]」』\s]\s*\n")
_QUOTES = {"“": "”", "„": "“", "«": "»", "「": "」", "『": "』"}


def can_be_line(article: str, sentence: Sentence, language: str | None, lead: int) -> bool:
    """Whether a sentence could stand alone: a whole statement of fit length that names something."""
    return why_no_line(article, sentence, language, lead) is None


def why_no_line(article: str, sentence: Sentence, language: str | None, lead: int) -> str | None:
    """What keeps a sentence from standing alone, in words; None where nothing does.

    What opens its article's news may be longer than other lines: nothing else tells it.

    Args:
        article: The text that it stands in.
        lead: Place of the sentence that opens the news.
    """
    text = sentence.text
    most_chars, most_words = MAX_CHARS, MAX_WORDS
    if (len(text) > MAX_CHARS or sentence.word_count > MAX_WORDS) and sentence.index == lead:
        most_chars, most_words = LEAD_MAX_CHARS, LEAD_MAX_WORDS
    dense = not text.isascii() and bool(_DENSE.search(text))
    least = DENSE_MIN_CHARS if dense else MIN_CHARS
    if not least <= len(text) <= most_chars:
        return f"{len(text)} characters, not {least} to {most_chars}"
    if not dense and not MIN_WORDS <= sentence.word_count <= most_words:
        return f"{sentence.word_count} words, not {MIN_WORDS} to {most_words}"
    end = _end_mark(text)
    if end in _ASKS:
        return "a question"
    if ("\n" in text and _BROKEN.search(text)) or end not in _ENDS:
        return "no whole sentence"
    if not _opens_itself(sentence, lead) and leans_on_context(sentence, language):
        return "it leans on the sentence before, and does not stand with it"
    first = text[0]
    if (first.isalpha() and first.islower()) or first in ")]}-–—•*|,;:":
        return "it begins in the middle"
    if not (sentence.anchors or sentence.opening or dense):
        return "it names nobody, no place and no number"
    is_torn = _is_torn_quote(text) or _stands_in_quotation(article, sentence.start)
    return "a quotation begins or ends outside it" if is_torn else None


def _opens_itself(sentence: Sentence, lead: int) -> bool:
    """Whether a sentence begins its article and names behind it whose: "Their savings gone, 150 people came to Oldmill." """
    is_lead = sentence.index == 0 == lead
    return is_lead and len(sentence.anchors) >= LEAD_NAMES and bool(_POSSESSIVE.match(sentence.text))


def ends_as_statement(text: str) -> bool:
    """Whether a sentence ends, and not as a question."""
    return _end_mark(text) in _ENDS


def _end_mark(text: str) -> str:
    """What a sentence ends with before quotation marks and brackets close; "" for nothing."""
    return text.rstrip(_BEHIND_THE_END)[-1:]


def is_furniture(text: str) -> bool:
    """Whether a sentence speaks of the page rather than the world."""
    return bool(_FURNITURE.search(text) or _LINK.search(text))


def _is_torn_quote(text: str) -> bool:
    """Whether a quotation begins or ends outside the sentence."""
    if text.count('"') % 2:
        return True
    if text.isascii():
        return False
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


def _stands_in_quotation(text: str, start: int) -> bool:
    """Whether a quotation that began in the sentence's paragraph is still open before it: somebody says this whom it does not name."""
    begin = text.rfind("\n", 0, start) + 1
    if text.count('"', begin, start) % 2:
        return True
    opened, closed = text.count("“", begin, start), text.count("”", begin, start)
    return "„" not in text[begin:start] and opened > closed
