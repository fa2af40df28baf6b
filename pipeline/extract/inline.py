"""Words inside a sentence: each inline element that stands in one keeps its text there, and what is no word goes.

Extractors drop elements by name (`time`, `button`, `label`) and by class (`author`, `share`), also where a sentence runs
through them: "The council will hold a on the swimming hall in May". Where the words around an element show that it is part
of their sentence, it becomes a bare `span` before anything is extracted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from lxml.etree import Element, XPath, strip_elements
from lxml.html import HtmlElement

from pipeline.extract.concealed import is_concealed
from pipeline.extract.drop_caps import join_drop_caps
from pipeline.extract.names import Names
from pipeline.extract.own_text import BLOCKS
from pipeline.extract.titles import fold

_MOST_HIDDEN_CHARS = 300  # what hides more may be a page that its script shows
_NOTES = XPath("//body//sup | //body//a[starts-with(@href, '#') or @role='doc-noteref']")
_NOTE = re.compile(r"[\[(]?(?:\d{1,3}|[*†‡§]{1,3}|[a-z])[\])]?")
_NOTE_MARK = re.compile(r"note|ref|fn|cite", re.IGNORECASE)
_BEFORE_NOTE = re.compile(r"(?:[^\W\d_]{4}|[.,;:!?”’\"»)])$")
_DROPPED = frozenset(["time", "button", "label", "output", "noindex", "progress", "meter", "blink", "marquee"])
_ATTRIBUTED = frozenset(
    [
        "a",
        "abbr",
        "acronym",
        "b",
        "bdi",
        "bdo",
        "big",
        "cite",
        "data",
        "del",
        "dfn",
        "em",
        "font",
        "i",
        "ins",
        "mark",
        "nobr",
        "s",
        "small",
        "span",
        "strong",
        "u",
    ]
)
_INLINE = _DROPPED | _ATTRIBUTED | {"q"}
_SHARE_WORDS = frozenset(
    [
        "share",
        "shareon",
        "sharethis",
        "tweet",
        "copylink",
        "copy",
        "print",
        "email",
        "mail",
        "save",
        "follow",
        "listen",
        "play",
        "close",
        "menu",
        "subscribe",
        "login",
        "signup",
        "readmore",
        "showmore",
        "more",
        "expand",
        "teilen",
        "drucken",
        "merken",
        "partager",
        "compartir",
        "condividi",
        "delen",
        "dela",
        "del",
        "udostępnij",
        "поделиться",
    ]
)
_MOST_SHARE_CHARS = 40
_UNFINISHED = re.compile(r"[^.!?…:;。！？|•·>»\s][\"”’»“)\]]{0,5}$")  # ends in the middle of a sentence
_MOST_PIECES = 24  # so many neighbours are asked for words
_FEWEST_LETTERS = 8  # before an element that ends its run; fewer are a label ("Published 3 May")


def tidy_inline(tree: HtmlElement, names: Names, concealed: frozenset[str] = frozenset()) -> None:
    """Take hidden words, footnote marks and readings of ruby out of a page, and keep inline elements in their sentences.

    Args:
        tree: The parsed page; it is changed.
        names: Its names.
        concealed: Classes that its style sheets conceal.
    """
    join_drop_caps(tree, names)
    strip_elements(tree, "rt", "rp", "rtc", with_tail=False)
    notes = _NOTES(tree)
    has_first = any(element.text_content().strip(" []()") == "1" for element in notes)
    for element in notes:
        if element.getparent() is not None and _is_note(element, has_first=has_first):
            element.drop_tree()
    hidden, within = _find_both(tree, names, concealed)
    for element in hidden:
        if _is_seen_for_another(element, hidden):
            element.attrib.clear()
        elif (
            len(element.text_content()) < _MOST_HIDDEN_CHARS
            and element.getparent() is not None
            and element.tag != "body"
        ):
            element.drop_tree()
    for element in within:
        if element.tag == "q":
            _quote(element)
        elif _stands_in_sentence(element):
            target = element.get("href")
            element.attrib.clear()
            if element.tag == "a" and target:
                element.set("href", target)
            elif element.tag not in _ATTRIBUTED:
                element.tag = "span"


def _find_both(
    tree: HtmlElement, names: Names, concealed: frozenset[str]
) -> tuple[list[HtmlElement], list[HtmlElement]]:
    """The elements that are hidden, and those that a sentence may run through."""
    classes = [name for name in names.by_class if is_concealed({"class": name}, classes=concealed)]
    styles = [style for style in names.by_style if is_concealed({"style": style})]
    marked = names.find(classes, styles, names.veiled)
    hidden = [element for element in marked if is_concealed(element.attrib, element.tag, concealed)]
    gone = frozenset(hidden)
    inline = (e for e in tree.iter(Element) if _is_inline(e.tag)) if names.has_own_tags else tree.iter(*_INLINE)
    within = [
        element
        for element in inline
        if element not in gone and (element.tag not in _ATTRIBUTED or element.attrib) and not _is_alone(element)
    ]
    return hidden, within


def _is_inline(tag: str) -> bool:
    """Whether an element of this name may stand in a sentence."""
    return tag in _INLINE or "-" in tag


def _is_seen_for_another(element: HtmlElement, hidden: Sequence[HtmlElement]) -> bool:
    """Whether an element is seen, and beside it stands the same for those who hear the page: large initials are built so."""
    if element.get("aria-hidden") != "true" or not (text := fold(element.text_content())):
        return False
    beside = (near for near in (element.getprevious(), element.getnext()) if near is not None and near in hidden)
    return any(near.get("aria-hidden") != "true" and fold(near.text_content()) == text for near in beside)


def _is_alone(element: HtmlElement) -> bool:
    """Whether an element is plainly all that its block has: the most frequent case, told at once."""
    parent = element.getparent()
    if element.tag == "q" or parent is None or parent.tag not in BLOCKS or len(parent) != 1:
        return False
    return not (element.tail and element.tail.strip()) and not (parent.text and parent.text.strip())


def _is_note(element: HtmlElement, *, has_first: bool) -> bool:
    """Whether an element marks a footnote: raised or bracketed, short, and linked or hung onto a word that is no unit.

    A bare figure is one only where the page has a first note.
    """
    text = element.text_content().strip()
    if not _NOTE.fullmatch(text):
        return False
    marks = " ".join(element.get(name) or "" for name in ("class", "id", "role", "href"))
    if element.tag == "a":
        return bool(_NOTE_MARK.search(marks)) or text[0] in "[(" or element.getparent().tag == "sup"
    links = element.findall(".//a")
    if links or _NOTE_MARK.search(marks) or text[0] in "[(*†‡§":
        return True
    return (
        has_first
        and text.isdigit()
        and len(text) < 3
        and bool(_BEFORE_NOTE.search(_join(_before(element), reverse=True)))
    )


def _quote(element: HtmlElement) -> None:
    """A `q` with the marks that a browser sets around it."""
    element.text = f"“{element.text or ''}"
    if len(element):
        element[-1].tail = f"{element[-1].tail or ''}”"
    else:
        element.text += "”"
    element.attrib.clear()
    element.tag = "span"


def _stands_in_sentence(element: HtmlElement) -> bool:
    """Whether a sentence runs through an inline element, or begins or ends in it."""
    if any(child.tag in BLOCKS for child in element.iterdescendants()):
        return False
    text = element.text_content().strip()
    if not text or (len(text) < _MOST_SHARE_CHARS and fold(text) in _SHARE_WORDS):
        return False
    after = _join(_after(element)).lstrip()
    before = _join(_before(element), reverse=True).rstrip()
    is_open = bool(_UNFINISHED.search(before))
    if after and not is_open:  # a sentence that begins in the element
        return (text[0].isupper() or text[0].isdigit()) and (after[0].islower() or after[0] in ",;")
    if after:
        return True
    return is_open and sum(char.isalpha() for char in before) >= _FEWEST_LETTERS and element.tag != "button"


def _join(pieces: Iterator[str], *, reverse: bool = False) -> str:
    """The pieces up to the first that has words, as one text."""
    found: list[str] = []
    for piece in islice(pieces, _MOST_PIECES):
        found.append(piece)
        if piece.strip():
            break
    return "".join(reversed(found) if reverse else found)


def _before(element: HtmlElement) -> Iterator[str]:
    """What stands before an element in its block, the nearest first."""
    node = element
    while True:
        previous = node.getprevious()
        if previous is not None:
            yield previous.tail or ""
            if previous.tag in BLOCKS:
                return
            yield previous.text_content() if previous.tag not in ("script", "style") else ""
            node = previous
            continue
        parent = node.getparent()
        if parent is None:
            return
        yield parent.text or ""
        if parent.tag in BLOCKS:
            return
        node = parent


def _after(element: HtmlElement) -> Iterator[str]:
    """What stands behind an element in its block, the nearest first."""
    node = element
    while True:
        yield node.tail or ""
        following = node.getnext()
        if following is not None:
            if following.tag in BLOCKS:
                return
            yield following.text_content() if following.tag not in ("script", "style") else ""
            node = following
            continue
        node = node.getparent()
        if node is None or node.tag in BLOCKS:
            return
