"""Large initials: the first letter of a text that stands in an element of its own, and belongs to the word behind it."""

from __future__ import annotations

import re

from lxml.html import HtmlElement

from pipeline.extract.names import Names

_NAMES = re.compile(
    r"drop-?_?caps?|initials?(?:$|[\s_-])|first-?_?(?:letter|char)|lettrine|capitular|capolettera|versalie",
    re.IGNORECASE,
)
_LARGE = re.compile(r"float\s*:\s*left|font-size\s*:\s*(?:[2-9](?:\.\d+)?r?em|[2-9]\d\d%|[3-9]\dp[xt])", re.IGNORECASE)
_MOST_CHARS = 20
_LETTER = re.compile(r"[\"“„«‘]?([^\W\d_])")
# "A man", "I saw", "É um", "O caso": what may be a word by itself is left as it stands.
_WORDS = frozenset("AEIOUYÀÁÉÓАВИКОСУЯ")
_SLAVIC_WORDS = frozenset("KSVZW")
_SLAVIC = ("cs", "sk", "pl", "sl", "hr", "bs", "sr", "mk")


def join_drop_caps(tree: HtmlElement, names: Names) -> None:
    """Join large initials to their words, where white space or an element's end stands between them.

    Two signs: the element's class or style, and a capital that is no word before a small letter.
    """
    language = (tree.get("lang") or "")[:2].lower()
    words = _WORDS | _SLAVIC_WORDS if language in _SLAVIC else _WORDS
    classes = [name for name in names.by_class if _NAMES.search(name)]
    styles = [style for style in names.by_style if _LARGE.search(style)]
    for element in names.find(classes, styles):
        if len(element) > 1 or element.tag == "body":
            continue
        text = str(element.text_content())
        match = _LETTER.fullmatch(text.strip()) if len(text) < _MOST_CHARS else None
        behind = (element.tail or "").lstrip()
        if match is None or not match[1].isupper() or match[1] in words or not behind[:1].islower():
            continue
        element.attrib.clear()
        for child in list(element):
            child.drop_tag()
        element.text = match[0]
        element.tag = "span"
        element.tail = behind
