"""Boxes that sell or send elsewhere, told by their class and by what they hold: a class alone shows nothing.

Themes call a whole body `related-content` or a first paragraph `newsletter-lead`. A box goes where its class says so and its
content agrees: links, a call, a form, or no sentence. Where the content is prose, its class is forgotten, for the extractor's own
rules would take it out.
"""

from __future__ import annotations

import re

from lxml.etree import XPath
from lxml.html import HtmlElement

from pipeline.extract.calls import is_call, is_finished
from pipeline.extract.clean import points_elsewhere

_BOX_CHARS = 800  # a box has fewer
_LINKED = 0.4  # share of a box's letters in links
_PROSE_CHARS = 60
_TOKEN = re.compile("newsletter|promo|subscribe|read-?more|recommend|related|most-read|trending")
_CLASSED_PARAGRAPHS = XPath("//p[@class or @id]")
_OWN_MATTER = re.compile(
    r"caption|credit|copyright|author|byline|bio\b|foot|meta|tags|disclaimer|hidden|comment|date", re.IGNORECASE
)
_LINK_PARAGRAPHS = XPath(
    "//p[.//a and string-length(normalize-space(.)) < 300 and normalize-space(.) = normalize-space(.//a[1])]"
)
_LINK_LISTS = XPath("//ul[li and not(li[not(.//a) or normalize-space(.) != normalize-space(.//a[1])])]")
_CAPTIONS = XPath(
    "//figcaption | //*[contains(@class, 'caption') and string-length(normalize-space(.)) < 600 and not(descendant::p[3])]"
)


def prune_boxes(tree: HtmlElement) -> None:
    """Drop captions, boxes, and paragraphs and lists of nothing but links; forget the classes of prose.

    Args:
        tree: The page, inline elements tidied; it is changed.
    """
    for element in _LINK_PARAGRAPHS(tree):
        text = _words(element)
        if len(text) >= _PROSE_CHARS and text.endswith((".", ".”", "。")) and not points_elsewhere(text):
            _unlink(element)
        else:
            _drop(element)
    for element in _LINK_LISTS(tree):
        items = [_words(item) for item in element.findall("li")]
        if len(items) > 1 and all(len(item) >= _PROSE_CHARS / 2 and item.endswith((".", "。")) for item in items):
            _unlink(element)
        else:
            _drop(element)
    for element in _CAPTIONS(tree):
        _drop(element)
    named = [
        element
        for element in tree.iter("div", "section", "aside", "p", "ul")
        if ((name := element.get("class")) and _TOKEN.search(name)) or "newsletter" in (element.get("id") or "")
    ]
    for element in named:
        text = _words(element)
        if len(text) < _BOX_CHARS and _is_box(element, text):
            _drop(element)
    for element in _CLASSED_PARAGRAPHS(tree):
        if not _OWN_MATTER.search(f"{element.get('class') or ''} {element.get('id') or ''}") and _is_among_prose(
            element
        ):
            _forget_names(element)


def _is_box(element: HtmlElement, text: str) -> bool:
    """Whether what a box-like element holds is no prose."""
    if not text or element.find(".//form") is not None or element.find(".//input") is not None:
        return True
    linked = sum(len(_words(link)) for link in element.iter("a"))
    if linked >= _LINKED * len(text) or is_call(text, is_linked=True):
        return True
    return len(text) < 2 * _PROSE_CHARS and not is_finished(text)


def _is_prose(paragraph: HtmlElement) -> bool:
    """Whether a paragraph is made of sentences and hardly of links."""
    text = _words(paragraph)
    if len(text) < _PROSE_CHARS or not is_finished(text) or points_elsewhere(text) or is_call(text):
        return False
    return sum(len(_words(link)) for link in paragraph.iter("a")) < _LINKED * len(text)


def _is_among_prose(paragraph: HtmlElement) -> bool:
    """Whether a paragraph and the one before or behind it are prose."""
    return _is_prose(paragraph) and any(
        near is not None and near.tag == "p" and _is_prose(near)
        for near in (paragraph.getprevious(), paragraph.getnext())
    )


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
