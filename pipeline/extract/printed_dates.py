"""The date as a page prints it for its readers: beside the headline, with the words that say whether it is of publication or change."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from lxml.html import HtmlElement

from pipeline.extract.date_labels import DATE_LABEL
from pipeline.extract.marks import words
from pipeline.text.stamps import Stamp, read_stamp

_MOST_CHARS = 160
_MOST_PLACES = 120
_MOST_INNER = 20  # elements of a place: a larger one is no line
_LETTERS_BESIDE, _LETTERS_MARKED = 30, 80
_BESIDE_HEADING = 4  # blocks before and behind the headline
_SOURCE = "text"

_PLACE = re.compile(
    r"date|datum|fecha|data-?line|time|publi|posted|byline|meta|stamp|info|when|updated|modified|erschienen",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(
    r"related|comment|sidebar|widget|footer|copyright|teaser|recommend|popular|latest|ticker", re.IGNORECASE
)
_CHANGE_HINTS, _PUBLISHED_HINTS = ("updat", "modif"), ("publ", "posted", "created")
_OUTSIDE = frozenset({"nav", "aside", "footer", "form"})
_LINES = frozenset({"p", "div", "li", "dd", "dt", "br", "h2", "h3", "h4", "h5", "h6"})
_BLOCKS = frozenset(
    {"p", "div", "span", "time", "small", "em", "li", "ul", "dd", "h2", "h3", "h4", "h5", "h6", "address", "header"}
)

# Whose day it is, where it is not the article's: of an event, an offer, a life, a membership.
_OF_OTHERS = re.compile(
    r"(?<!\w)(?:born|died|joined|(?:member )?since|until|till|deadline|starts?|starting|begins?|ends?|expires?|expiry|valid|due"
    r"|closes?|opens?|geboren|gestorben|mitglied|seit|bis|gültig|beginn|frist|ab dem|né[e]?|décédé|depuis|jusqu|début|fin|nacid[oa]"
    r"|desde|hasta|inicio|vence|nat[oa]|dal|fino|scade|nascid[oa]|até|prazo|sinds|tot|född|sedan|senast|født|siden|urodzon[ya]|od"
    r"|родил\w*|с|до|народи\w*)(?!\w)",
    re.IGNORECASE,
)
_PARTS = re.compile(r" ?[·|•;/／‧] | [–—] |\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """Dates that a page prints: of publication, the first ones first, and of change."""

    published: tuple[Stamp, ...] = ()
    changed: tuple[Stamp, ...] = ()


def read_printed_dates(tree: HtmlElement, language: str | None) -> Printed:
    """Read the dates printed beside the headline, or where a class or an id says that a date stands.

    A date whose words speak of a change is none of publication. Where no word speaks, it is one. Words may stand before their
    date or behind it: the first of a line tells.

    Args:
        language: The page's own tag, which may tell days from months.
    """
    published: list[tuple[bool, Stamp]] = []
    changed: list[Stamp] = []
    seen: set[str] = set()
    for element, most_letters in _places(tree):
        if sum(1 for _ in islice(element.iter(), _MOST_INNER)) == _MOST_INNER:
            continue
        text = _line(element)
        if not text or len(text) > _MOST_CHARS or text in seen or not any(c.isdecimal() for c in text):
            continue
        seen.add(text)
        named = f"{element.get('class') or ''} {element.get('id') or ''}".lower()
        for is_change, is_labelled, part in _labelled_parts(text):
            if not is_labelled and any(hint in named for hint in _CHANGE_HINTS):
                is_change = not any(hint in named for hint in _PUBLISHED_HINTS)
            if not is_labelled and sum(c.isalpha() for c in part) > most_letters:
                continue  # a sentence that tells of some day
            if not is_labelled and _OF_OTHERS.search(part):
                continue
            if (stamp := _day_or_instant(part, language)) is None:
                continue
            if is_change:
                changed.append(stamp)
            else:
                published.append((not is_labelled, stamp))
    changed_on = {stamp.instant.date() for stamp in changed}
    published = [(late, stamp) for late, stamp in published if not late or stamp.instant.date() not in changed_on]
    published.sort(key=lambda pair: pair[0])
    return Printed(published=tuple(stamp for _, stamp in published), changed=tuple(changed))


def _line(element: HtmlElement) -> str:
    """An element's text, with a bar where one block in it ends."""
    parts = [element.text or ""]
    for child in element:
        text = words(child) if isinstance(child.tag, str) else ""
        parts += [f" | {text} | " if child.tag in _LINES else text, child.tail or ""]
    return " ".join("".join(parts).split()).strip("| ")


def _day_or_instant(text: str, language: str | None) -> Stamp | None:
    """What a printed date claims: without a zone no more than its day."""
    stamp = read_stamp(text, _SOURCE, language=language)
    if stamp is None or stamp.is_zoned or stamp.precision == "day":
        return stamp
    day = stamp.instant.replace(hour=0, minute=0, second=0)
    return Stamp(instant=day, precision="day", source=_SOURCE)


def _labelled_parts(text: str) -> Iterator[tuple[bool, bool, str]]:
    """The parts of a line, each with one date's words: whether it speaks of a change, whether of anything."""
    for line in _PARTS.split(text):
        labels = list(DATE_LABEL.finditer(line))
        if not labels:
            yield False, False, line
            continue
        first_figure = next((i for i, c in enumerate(line) if c.isdecimal()), len(line))
        if labels[0].start() < first_figure:  # words before their dates
            cuts = [0, *(label.start() for label in labels[1:]), len(line)]
        else:
            cuts = [0, *(label.end() for label in labels[:-1]), len(line)]
        for label, start, end in zip(labels, cuts, cuts[1:], strict=False):
            yield bool(label[1]), True, line[start:end]


def _places(tree: HtmlElement) -> Iterator[tuple[HtmlElement, int]]:
    """Where a date may stand, the likeliest first, each with how many letters may stand beside it without a label."""
    heading = next((e for e in tree.iter("h1") if words(e)), None)
    yield from ((element, _LETTERS_BESIDE) for element in _beside(heading) if not _is_elsewhere(element))
    named = (
        element
        for element in tree.iter("time", "p", "div", "span", "small", "li", "abbr", "dd", "em")
        if element.tag == "time" or _PLACE.search(f"{element.get('class') or ''} {element.get('id') or ''}")
    )
    yield from ((element, _LETTERS_MARKED) for element in islice(named, _MOST_PLACES) if not _is_elsewhere(element))


def _beside(heading: HtmlElement | None) -> Iterator[HtmlElement]:
    """Short blocks behind and before the headline, and behind and before the box that it stands in."""
    box = heading
    for _ in range(2):
        if box is None or box.tag in ("body", "html"):
            return
        for siblings in (box.itersiblings(), box.itersiblings(preceding=True)):
            near = [sibling for _, sibling in zip(range(_BESIDE_HEADING), siblings, strict=False)]
            yield from (sibling for sibling in near if sibling.tag in _BLOCKS)
        box = box.getparent()


def _is_elsewhere(element: HtmlElement) -> bool:
    """Whether a place is another article's, a comment's or the site's own."""
    chain = [element, *element.iterancestors()]
    return any(
        e.tag in _OUTSIDE or _ELSEWHERE.search(f"{e.get('class') or ''} {e.get('id') or ''}")
        for e in chain
        if e.tag not in ("body", "html", "main", "article")
    )
