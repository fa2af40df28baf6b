"""Captions: the words beside a picture, told by two signs: their place, and their name or a credit."""

from __future__ import annotations

import re

from lxml.etree import XPath
from lxml.html import HtmlElement

from pipeline.extract.names import Names

_MOST_CHARS = 600
_CREDITED_CHARS = 300  # a lead with a picture in its box is longer as a rule, or has no credit
_CALLED = XPath(
    "//figcaption | //*[contains(@class, 'caption') and string-length(normalize-space(.)) < 600 and not(descendant::p[3])]"
)
_PICTURES = XPath("//img | //picture | //amp-img")
# `img-description`, `photo__text`, `bild-unterschrift`: a picture's word and a text's word in one name.
_NAME = re.compile(
    r"(?:^|[\s_-])(?:img|image|photo|foto|picture|pic|bild|media|figure|fig|thumb|slide)s?[\s_-]{0,2}"
    r"(?:desc(?:ription|r)?|text|txt|legende?|info|note|credits?|copyright|source|unterschrift|sub)(?:$|[\s_-])"
    r"|(?:^|[\s_-])(?:cutline|bildtext|bildzeile|pie-?(?:de-?)?(?:foto|imagen)|didascalia|onderschrift)(?:$|[\s_-])",
    re.IGNORECASE,
)
_CREDIT_NAME = re.compile(
    r"(?:^|[\s_-])(?:(?:photo|foto|image|img|bild|picture)[\s_-]{0,2})?(?:credits?|copyright|quelle|fotograf\w{0,2}|photographer)"
    r"(?:$|[\s_-])",
    re.IGNORECASE,
)
_CREDIT = re.compile(
    r"(?:\b(?:photo|photograph|foto|image|picture|bild|credit|copyright|quelle|source|courtesy|crédit|imagen|illustration)"
    r"(?:\s(?:by|credit|courtesy|von|de|di))?\s?[:/©]|©|\((?:ap|afp|epa|dpa|reuters) photo)[^.!?]{2,60}\W*$",
    re.IGNORECASE,
)
_BOXES = frozenset(["div", "section", "aside", "p", "span", "a", "center", "td", "li"])
_HOLDERS = frozenset(["picture", "figure"])
_HEADINGS = frozenset(["h1", "h2"])
_DESCRIBED_CHARS = 30
_CREDIT_CHARS = 80  # of who took the picture, behind what it shows
_OUT = 3  # boxes around a picture that are looked at


def find_captions(tree: HtmlElement, names: Names) -> list[HtmlElement]:
    """Find what is called a caption outright."""
    is_any = any("caption" in name for name in names.by_class)
    found: list[HtmlElement] = _CALLED(tree) if is_any else list(tree.iter("figcaption"))
    return found


def find_picture_texts(tree: HtmlElement) -> list[HtmlElement]:
    """Find what holds the words beside a page's pictures, under other names than caption; pictures in it go with it.

    Called a picture's text, and a picture beside it; or in one small box with a picture, and a credit or the picture's own description.
    """
    found: list[HtmlElement] = []
    for picture in _PICTURES(tree):
        found += _named_neighbours(picture)
        holder = picture
        while (box := holder.getparent()) is not None and box.tag in _HOLDERS:
            holder = box
        found += _named_neighbours(holder) if holder is not picture else []
        for _ in range(_OUT):
            if box is None or box.tag not in _BOXES or is_longer(box, _MOST_CHARS):
                break
            if text := _words(box):
                found += _described(box, picture, text)
                is_credited = len(text) < _CREDITED_CHARS and _has_credit(box, text)
                told = [box] if is_credited else _named(box)
                found += told if told and _stands_in_more(box, text) else []
            box = box.getparent()
    return found


def _described(box: HtmlElement, picture: HtmlElement, words: str) -> list[HtmlElement]:
    """The elements of a small box that say what the picture's own description says, letter for letter, at their beginning."""
    alt = " ".join((picture.get("alt") or "").split())
    if len(alt) < _DESCRIBED_CHARS or alt not in words:
        return []
    return [
        element
        for element in box.iterdescendants(*_BOXES)
        if (text := _words(element)).startswith(alt)
        and len(text) < len(alt) + _CREDIT_CHARS
        and element.find(".//img") is None
    ]


def _named(box: HtmlElement) -> list[HtmlElement]:
    """The elements of a small box that are called a picture's text."""
    return [element for element in box.iterdescendants() if (name := element.get("class")) and _NAME.search(name)]


def _named_neighbours(picture: HtmlElement) -> list[HtmlElement]:
    """What follows a picture, and is called its text."""
    following = picture.getnext()
    if following is not None and following.tag == "br":
        following = following.getnext()
    if following is None or not (name := following.get("class")) or not _NAME.search(name):
        return []
    return [] if is_longer(following, _MOST_CHARS) else [following]


def _stands_in_more(box: HtmlElement, text: str) -> bool:
    """Whether a box is part of a text that is longer by far, and no article of its own."""
    if any(element.tag in _HEADINGS for element in box.iterdescendants()):
        return False
    around = box.getparent()
    while around is not None and not is_longer(around, len(text)):
        around = around.getparent()
    return around is not None and is_longer(around, 2 * len(text))


def _has_credit(box: HtmlElement, text: str) -> bool:
    """Whether a box with a picture ends in a credit, or has an element of that name."""
    if _CREDIT.search(text):
        return True
    return any((name := element.get("class")) and _CREDIT_NAME.search(name) for element in box.iterdescendants())


def is_longer(element: HtmlElement, chars: int) -> bool:
    """Whether an element's text has more characters than so many; reads no further than it must."""
    read = 0
    for node in element.iter():
        if isinstance(node.tag, str) and node.text:
            read += len(node.text.strip())
        if node is not element and node.tail:
            read += len(node.tail.strip())
        if read > chars:
            return True
    return False


def _words(element: HtmlElement) -> str:
    """An element's text, white space collapsed."""
    return " ".join(str(element.text_content()).split())
