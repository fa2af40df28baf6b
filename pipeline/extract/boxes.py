"""Boxes that sell or send elsewhere, told by their class and by what they hold: a class alone shows nothing.

Themes call a whole body `related-content` or a first paragraph `newsletter-lead`. A box goes where its class says so and its
content agrees: links, a call, a form, or no sentence. Where the content is prose, its class is forgotten, for the extractor's own
rules would take it out.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from itertools import islice

from lxml.etree import XPath
from lxml.html import HtmlElement

from pipeline.extract.calls import is_call, is_finished
from pipeline.extract.captions import find_captions, find_picture_texts, is_longer
from pipeline.extract.headed_boxes import find_cards, find_headed_boxes, find_headline_lists
from pipeline.extract.line_kinds import points_elsewhere
from pipeline.extract.names import Names

_BOX_CHARS = 800  # a box has fewer
_LINKED = 0.4  # share of a box's letters in links
_PROSE_CHARS = 60
_SENTENCE_CHARS = 10
_TOKEN = re.compile("newsletter|promo|subscribe|read-?more|recommend|related|most-read|trending")
_CLASSED_PARAGRAPHS = XPath("//p[@class or @id]")
_OWN_MATTER = re.compile(
    r"author|byline|bio\b|foot|meta|tags|disclaimer|comment|date|caption|credit|copyright|hidden", re.IGNORECASE
)
_COMMENTS = re.compile(r"^comment|(?:article|post)-comments", re.IGNORECASE)
_LINK_PARAGRAPHS = XPath(
    "//p[.//a and string-length(normalize-space(.)) < 300 and normalize-space(.) = normalize-space(.//a[1])]"
)
_LINK_LISTS = XPath("//ul[li and not(li[not(.//a) or normalize-space(.) != normalize-space(.//a[1])])]")
# Notices that a script shows over the page, by name or by role: "Saved to your list".
_NOTICE = re.compile(
    r"(?:^|[\s_-])(?:toast|snackbar|pop-?up|tooltip|modal|flash-?message)s?(?:$|[\s_-])", re.IGNORECASE
)
_NOTICE_ROLES = frozenset(["alert", "alertdialog", "dialog", "status", "tooltip"])
_NOTICE_CHARS = 200
_MOST_FIELDS = 200
_SIGNUP_CHARS = 350
_SIGNUP_SHARE = 0.25


def prune_boxes(tree: HtmlElement, names: Names, url: str | None = None) -> None:
    """Drop captions, boxes, and paragraphs and lists of nothing but links; forget the classes of prose.

    Args:
        tree: The page, inline elements tidied; it is changed.
        names: Its names.
        url: Its address; None if unknown.
    """
    for element in [*find_headed_boxes(tree), *find_headline_lists(tree), *find_cards(tree, url)]:
        _drop(element)
    for element in _LINK_PARAGRAPHS(tree):
        text = _words(element)
        if len(text) >= _PROSE_CHARS and text.endswith((".", ".”", "。")) and not points_elsewhere(text):
            _unlink(element)
        else:
            _drop(element)
    for element in _LINK_LISTS(tree):
        items = [_words(item) for item in element.findall("li")]
        if len(items) > 1 and all(len(item) >= _SENTENCE_CHARS and item.endswith((".", "。")) for item in items):
            _unlink(element)
        else:
            _drop(element)
    for element in find_picture_texts(tree):
        _drop(element)
    told: list[HtmlElement] = []
    for element in _CLASSED_PARAGRAPHS(tree):
        own = f"{element.get('class') or ''} {element.get('id') or ''}"
        beside = _count_prose_beside(element)
        if beside and (beside == 2 or not _OWN_MATTER.search(own) or _is_one_of_many(element)):
            told.append(element)
    for element in told:
        _forget_names(element)
    for element in find_captions(tree, names):
        _drop(element)
    for element in _find_signups(tree):
        _drop(element)
    boxes = {name for name in names.all if _TOKEN.search(name)}
    for element in [
        element for element in tree.iter("div", "section", "aside", "p", "ul") if _is_called(element, boxes)
    ]:
        text = _words(element)
        if len(text) < _BOX_CHARS and _is_box(element, text):
            _drop(element)
    notices = {name for name in names.by_class if _NOTICE.search(name)}
    if notices or not _NOTICE_ROLES.isdisjoint(names.roles):
        for element in [e for e in tree.iter("div", "section", "aside", "span") if _is_notice(e, notices)]:
            _drop(element)
    comments = {name for name in names.all if _COMMENTS.search(name)}
    for element in tree.iter("div", "section") if comments else ():
        if (element.get("class") in comments or element.get("id") in comments) and _is_body(element):
            _forget_names(element)


def _find_signups(tree: HtmlElement) -> list[HtmlElement]:
    """Find small boxes around a field for the reader's address: what stands in them speaks of what is sent.

    No box is one that holds a headline of the first rank, or more than a part of what the page's paragraphs say.
    """
    found: list[HtmlElement] = []
    most = None
    for field in islice(tree.iter("input"), _MOST_FIELDS):
        if (field.get("type") or "").lower() != "email" and "email" not in (field.get("name") or "").lower():
            continue
        if most is None:
            most = _SIGNUP_SHARE * sum(len(_words(p)) for p in tree.iter("p"))
        box = field
        while (around := box.getparent()) is not None and around.tag not in ("article", "main", "body", "html"):
            if is_longer(around, _SIGNUP_CHARS) or around.find(".//h1") is not None:
                break
            box = around
        if sum(len(_words(p)) for p in box.iter("p")) <= most:
            found.append(box)
    return found


def _is_called(element: HtmlElement, boxes: Collection[str]) -> bool:
    """Whether an element's class is one of a box, or its id speaks of a newsletter."""
    return bool(boxes) and (element.get("class") in boxes or "newsletter" in (element.get("id") or ""))


def _is_box(element: HtmlElement, text: str) -> bool:
    """Whether what a box-like element holds is no prose."""
    if not text or element.find(".//form") is not None or element.find(".//input") is not None:
        return True
    linked = sum(len(_words(link)) for link in element.iter("a"))
    if linked >= _LINKED * len(text) or is_call(text, is_linked=True):
        return True
    return len(text) < 2 * _PROSE_CHARS and not is_finished(text)


def _is_notice(element: HtmlElement, notices: Collection[str]) -> bool:
    """Whether an element is called a notice, by class or role, and is as short as one and no part of a sentence."""
    if element.get("class") not in notices and element.get("role") not in _NOTICE_ROLES:
        return False
    if (element.tail or "").strip() or len(_words(element)) >= _NOTICE_CHARS:
        return False
    parent = element.getparent()
    return element.tag != "span" or parent is None or bool(parent.tag != "p")


def _is_prose(paragraph: HtmlElement) -> bool:
    """Whether a paragraph is made of sentences and hardly of links."""
    text = _words(paragraph)
    if len(text) < _PROSE_CHARS or not is_finished(text) or points_elsewhere(text) or is_call(text):
        return False
    return sum(len(_words(link)) for link in paragraph.iter("a")) < _LINKED * len(text)


def _count_prose_beside(paragraph: HtmlElement) -> int:
    """How many of the paragraphs right before and behind a paragraph are prose; none where it is none itself."""
    beside = [near for near in (paragraph.getprevious(), paragraph.getnext()) if near is not None and near.tag == "p"]
    return sum(map(_is_prose, beside)) if beside and _is_prose(paragraph) else 0


def _is_one_of_many(paragraph: HtmlElement) -> bool:
    """Whether three and more paragraphs in a row are prose and have the same class."""
    found = 1
    for step in (HtmlElement.getprevious, HtmlElement.getnext):
        near = step(paragraph)
        while (
            found < 3
            and near is not None
            and near.tag == "p"
            and near.get("class") == paragraph.get("class")
            and _is_prose(near)
        ):
            found, near = found + 1, step(near)
    return found > 2


def _is_body(element: HtmlElement) -> bool:
    """Whether an element holds most of its page's paragraphs as its own children: readers' comments stand deeper."""
    own = [paragraph for paragraph in element.iterchildren("p") if _is_prose(paragraph)]
    return len(own) > 2 and 2 * len(own) > sum(1 for _ in element.getroottree().getroot().iter("p"))


def _words(element: HtmlElement) -> str:
    """An element's text, white space collapsed."""
    return " ".join(str(element.text_content()).split())


def _unlink(element: HtmlElement) -> None:
    """Take the links of an element away, and leave their words."""
    for link in list(element.iter("a")):
        link.drop_tag()


def _forget_names(element: HtmlElement) -> None:
    """Take an element's class and id away."""
    for name in ("class", "id"):
        element.attrib.pop(name, None)


def _drop(element: HtmlElement) -> None:
    """Take an element out of its tree, and leave what stands behind it."""
    if element.getparent() is not None:
        element.drop_tree()
