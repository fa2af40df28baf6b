"""What one line is by itself: prose, a label, a meter, a pointer, a byline, a credit. Where it stands is for `clean` to weigh."""

from __future__ import annotations

import re

from pipeline.extract import furniture
from pipeline.extract.bylines import is_placeholder
from pipeline.extract.calls import is_finished, is_told
from pipeline.extract.furniture import compile_phrases
from pipeline.extract.titles import fold, is_site
from pipeline.text.stamps import read_stamp

SHORT = 250  # characters: a call to subscribe is shorter, and prose that mentions one seldom is
PROSE = 200  # characters: a paragraph this long is no list of links
_SENTENCE = 60  # characters: a whole sentence this long is prose, not a headline with a full stop
_POINTER = compile_phrases(
    r"\W*(?P<words><pointer>)(?:(?P<sign>\s*[:|»>]+\s*|\s*[–—-]+\s+)(?P<rest>\S.*)|\s*[:.…»>|–—-]*\s*)",
    pointer=furniture.POINTERS,
)
_LABEL = compile_phrases(r"\W*<label>\W*", label=furniture.LABELS)
_MESSAGE = compile_phrases(r"\W*<message>\W*", message=furniture.MESSAGES)
_CREDIT = compile_phrases(r"[(\[—–\s-]*<credit>", credit=furniture.CREDITS)
_IMPRINT = compile_phrases(r"[(\[—–\s-]{0,10}<imprint>", imprint=furniture.IMPRINTS)
_PROMISE = compile_phrases(r"<promise>\b.*", promise=furniture.PROMISES)
_READING_TIME = compile_phrases(r"\W*<time>", time=furniture.READING_TIMES)
_HEAD_MARK = compile_phrases(
    r"\W*<mark>\b\W*(?:(?:on|at|am|um|le|il|el|den|by .{3,40}? on)\b\W*)?", mark=furniture.HEAD_MARKS
)
_COUNTER = compile_phrases(
    # Atomic: 18:00:15:30 is read in one way only.
    r"\W*+(?:(?><clock>)\W++)*<counter>(?:\W++(?:<counter>|(?><clock>)))*\W*",
    counter=(*furniture.COUNTERS, *furniture.SENTENCE_COUNTERS),
    clock=furniture.CLOCKS,
)
_SENTENCE_COUNTER = compile_phrases(r"\W*+<counter>\W*", counter=furniture.SENTENCE_COUNTERS)
_QUOTE = re.compile(r"[“”\"„«»‘’']")
# "(Reuters)", "MDR (dst)", "(APA/dpa)" standing alone at the end.
_AGENCY = re.compile(
    r"(?:[A-ZÄÖÜ]{2,6}\s*)?\((?:\w+: ?)?[\w.]{2,12}(?:[/,] ?[\w.]{2,12}){0,4}\)|[A-Z]{2,6}(?:/[A-Za-z]{2,6})+\.?"
)
# "visit NPR.Source link": an aggregator's last link, alone or glued on.
_SOURCE_LINK = re.compile(
    r"(?:[\s|–—-]+|(?<=\W)|(?<=[a-zA-Z])(?=S)|^)(?:Source [Ll]ink|SOURCE LINK)\W*$"
    r"|^(?i:source|quelle|via|fuente|fonte|(?:link to )?(?:the )?original source|read (?:the )?original(?: article)?"
    r"|quelllink|lien source|enlace fuente)\W*$"
)
# "Photo: Ida Holt/AP", "| Ida Holt/dpa", "Image credit: © Ida Holt": at the end of its line.
_PICTURE_CREDIT = re.compile(
    r"(?:[|(–-] ?)?(?:(?:main |header |featured |lead |cover )?(?:photo|photograph|picture|image|illustration|foto|bild|fotografía|imagen"
    r"|obrázek|фото)(?:s|n|graf)?(?: credits?| by| courtesy(?: of)?| von| de| di)? ?[:©/] ?(?:© ?)?"
    r"|credits?: ?(?=[^|]{2,60}/)|crédit photo ?: ?|© ?"
    r"|\| (?=[^|/]{3,40}/ ?(?:ap|afp|epa|dpa|apa|efe|ansa|reuters|getty|imago|keystone|picture alliance)\b))"
    r"(?P<names>[^.!?:|]{2,80})$",
    re.IGNORECASE,
)
_ENDS = re.compile(r"[.!?…。][\"”’»“)\]]{0,3}\s{0,3}$")
_CAPTION = 300  # characters: a caption with its credit has fewer
_SOURCE_STEMS = ("sour", "quel", "via", "fuente", "fonte", "origin", "ſ")  # ignoring case, ſ is an s
_BYLINE = re.compile(
    r"\W*+(?:by|von|par|por|di|av|af|door|autor(?:in)?|author|text)(?:\s*:)?\s+(?:[\w.'’-]++(?:\s*+,)?\s*+){1,8}+",
    re.IGNORECASE,
)


def head_rule(line: str, authors: set[str], sites: frozenset[str]) -> str | None:
    """The rule by which a line at the head is furniture."""
    line = line.removeprefix("- ")
    if len(line) > 120:
        return None
    if _is_banner(line, sites):
        return "site-line"
    if is_placeholder(line):
        return "byline-placeholder"
    if fold(line) in authors:
        return "byline-line"
    if _BYLINE.fullmatch(line) and not is_finished(line) and _is_named(line):
        return "byline-line"
    if _READING_TIME.fullmatch(line) and not is_finished(line):
        return "head-mark"
    mark = _HEAD_MARK.match(line)
    return "head-mark" if _is_date(line[mark.end() :] if mark else line) or (mark and _is_date(line)) else None


def _is_banner(line: str, sites: frozenset[str]) -> bool:
    """Whether a line is the site's name, alone or with its claim behind a bar; behind a dash it may be a dateline."""
    name, sign, rest = re.match(r"(.*?)(?:\s([|–—·-])\s(.*))?$", line, re.DOTALL).groups("")  # type: ignore[union-attr]
    return is_site(name, sites) and (not sign or (not is_finished(rest) and (sign in "|·" or len(rest.split()) < 4)))


def _is_date(line: str) -> bool:
    """Whether a line is a date, and no sentence that has one."""
    return len(line) < 50 and sum(char.isalpha() for char in line) < 30 and read_stamp(line) is not None


def _is_named(line: str) -> bool:
    """Whether a line is made of names, for the most part: few words begin with a small letter."""
    words = [word for word in re.findall(r"[^\W\d_][\w’'.-]*", line) if word.casefold() not in furniture.NAME_LINKS]
    small = sum(word[0].islower() for word in words)
    return bool(words) and small * 4 <= len(words)


def is_caption(line: str) -> bool:
    """Whether a line is the credit of a picture, or its caption: a credit word or an agency, and names with no sentence behind it."""
    is_short = len(line) < _CAPTION and not line.startswith(
        ("©", "(c)")
    )  # an imprint, which is furniture at the tail alone
    match = _PICTURE_CREDIT.search(line) if is_short else None
    if match is None or line.count(" | ") > 1 or not _is_named(match["names"].split("/")[0]):
        return False
    return bool(_ENDS.search(line[: match.start()]) or not line[: match.start()].strip(" ([|–-"))


def find_source_link(line: str, since: int) -> int | None:
    """Where an aggregator's link to its source begins at the end of a line, looked for from a character on."""
    match = _SOURCE_LINK.search(line, since)
    return match.start() if match else None


def is_source_link(line: str) -> bool:
    """Whether a line is nothing but an aggregator's link to its source."""
    if len(line) >= 40 or not (stripped := line.strip()):
        return False
    lowered = stripped.lower()
    return any(stem in lowered for stem in _SOURCE_STEMS) and not _SOURCE_LINK.sub("", stripped)


def is_prose(line: str) -> bool:
    """Whether a line is a long one, or a whole sentence."""
    return len(line) >= PROSE or (len(line) >= _SENTENCE and is_finished(line))


def is_label(line: str, is_linked: bool = False) -> bool:
    """Whether a line is a template's word or message: nothing else in it, and neither a sentence nor said by somebody."""
    if len(line) < 2 * SHORT and _MESSAGE.fullmatch(line):
        return True
    if len(line) >= 80 or not _LABEL.fullmatch(line):
        return False
    return is_linked or not (is_finished(line) or _QUOTE.search(line))


def is_counter(line: str) -> bool:
    """Whether a line is a page's meter: no sentence, or one that speaks of its page."""
    if len(line) >= 120:
        return False
    return bool(_SENTENCE_COUNTER.fullmatch(line) or (_COUNTER.fullmatch(line) and not is_finished(line)))


def is_pointer(line: str, is_linked: bool) -> bool:
    """Whether a line points to another page: its words, and a link or the form of a headline behind a sign."""
    match = _POINTER.fullmatch(line) if len(line) < SHORT else None
    if match is None or line.count(" | ") > 1:  # a row of a table
        return False
    rest, sign = match["rest"] or "", match["sign"] or ""
    if is_linked:
        return True
    if not rest:
        return not (
            line.endswith(("!", "?", "”", '"', "’"))
            or line[0] in '“"„«'
            or (line.endswith(".") and not line.endswith("..") and " " not in line)
        )
    is_dash = not sign.strip(" –—-")
    return not is_finished(rest) and not (is_dash and " " not in match["words"])


def points_elsewhere(line: str) -> bool:
    """Whether a line that is a link points to another page."""
    return is_pointer(line, is_linked=True)


def tail_rule(line: str, *, is_last: bool, is_linked: bool) -> str | None:
    """The rule by which a line at the tail is furniture."""
    if len(line) < 2 * SHORT:
        credit = _CREDIT.match(line)
        if _IMPRINT.match(line) or (credit and (is_linked or _is_named(line) or _is_short_label(line))):
            return "credit-line"
    if is_promise(line):
        return "stay-tuned"
    if is_last and _AGENCY.fullmatch(line):
        return "credit-line"
    if is_last and is_placeholder(line):
        return "byline-placeholder"
    return None


def is_promise(line: str) -> bool:
    """Whether a line promises to tell more, and nobody is named who said so."""
    return len(line) < SHORT and bool(_PROMISE.fullmatch(line.lstrip("(*_[ "))) and not is_told(line)


def _is_short_label(line: str) -> bool:
    """Whether a line is short and no sentence."""
    return len(line) < 80 and not is_finished(line)
