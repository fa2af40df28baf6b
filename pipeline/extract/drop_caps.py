"""Large initials: the first letter of a text that stands in an element of its own, and belongs to the word behind it."""

from __future__ import annotations

import re

from lxml.etree import XPath
from lxml.html import HtmlElement

_NAMES = re.compile(
    r"drop-?_?caps?|initials?(?:$|[\s_-])|first-?_?(?:letter|char)|lettrine|capitular|capolettera|versalie",
    re.IGNORECASE,
)
_LARGE = re.compile(r"float\s*:\s*left|font-size\s*:\s*(?:[2-9](?:\.\d+)?r?em|[2-9]\d\d%|[3-9]\dp[xt])", re.IGNORECASE)
_MARKED = XPath("//body//*[(@class or @style) and count(*) < 2 and string-length(.) < 20]")
_LETTER = re.compile(r"[\"“„«‘]?([^\W\d_])")
# "A man", "I saw", "É um", "O caso": what may be a word by itself is left as it stands.
_WORDS = frozenset("AEIOUYÀÁÉÓАВИКОСУЯ")
_SLAVIC_WORDS = frozenset("KSVZW")
_SLAVIC = ("cs", "sk", "pl", "sl", "hr", "bs", "sr", "mk")


def join_drop_caps(tree: HtmlElement) -> None:
    """Join large initials to their words, where white space or an element's end stands between them.

    Two signs: the element's class or style, and a capital that is no word before a small letter.
    """
    language = (tree.get("lang") or "")[:2].lower()
    words = _WORDS | _SLAVIC_WORDS if language in _SLAVIC else _WORDS
    for element in _MARKED(tree):
        match = _LETTER.fullmatch(str(element.text_content()).strip())
        behind = (element.tail or "").lstrip()
        if match is None or not match[1].isupper() or match[1] in words or not behind[:1].islower():
            continue
        if _NAMES.search(element.get("class") or "") or _LARGE.search(element.get("style") or ""):
            element.attrib.clear()
            for child in list(element):
                child.drop_tag()
            element.text = match[0]
            element.tag = "span"
            element.tail = behind
