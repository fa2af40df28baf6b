"""Words that a page's styles conceal from those who see it: clipped, shrunk to a point, moved off the screen."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from lxml.html import HtmlElement

from pipeline.extract.own_text import BLOCKS

_CLASSES = re.compile(r"sr-only|visually-?hidden|screen-?reader|assistive-text|hidden-visually|a11y-text")
_GONE = re.compile(r"(?:display\s*:\s*none|visibility\s*:\s*hidden)\b", re.IGNORECASE)
_CLIPPED = re.compile(
    r"\bclip\s*:\s*rect\(\s*[01](?:px)?[\s,)]|clip-path\s*:\s*inset\(\s*(?:50|100)%|\btext-indent\s*:\s*-\d{3,}|\b(?:left|top)\s*:\s*-\d{4,}",
    re.IGNORECASE,
)
# Blocks are faded in by scripts; a piece of a sentence is not.
_FADED = re.compile(r"\b(?:font-size|opacity)\s*:\s*0(?:px|em|%)?\s*(?:!|;|$)", re.IGNORECASE)
_A_POINT = re.compile(r"(?<![\w-])(?:width|height)\s*:\s*[01]px\s*(?:!|;|$)", re.IGNORECASE)
_CUT_OFF = re.compile(r"\boverflow\s*:\s*hidden\b", re.IGNORECASE)
# What may hide, each looked for by its rarest letters in a row: style sheets are long, and one pattern of all takes ten times as long.
_MAY_HIDE = (
    ("display", re.compile(r"display ?: ?none")),
    ("visibility", re.compile(r"visibility ?: ?hidden")),
    ("clip", re.compile(r"clip(?:-path)? ?:")),
    ("text-indent", re.compile(r"text-indent ?: ?-")),
    ("overflow", re.compile(r"overflow ?: ?hidden")),
)
_FAR_OFF = re.compile(r"-\d{4}")
_IS_PLACE = re.compile(r"(?:left|top) ?: ?$")
_SELECTOR = re.compile(r"\s*(?:[a-z]+)?\.([\w-]+)\s*")
_MOST_STYLE_CHARS = 500_000
_MOST_RULE_CHARS = 2_000


def is_concealed(names: Mapping[str, str], tag: object = "span", classes: frozenset[str] = frozenset()) -> bool:
    """Whether attributes hide an element from those who see the page.

    Args:
        names: The element's attributes.
        tag: Its tag; blocks that are only faded out, or hidden by a style sheet, may be shown by a script.
        classes: Classes that the page's own style sheets conceal.
    """
    if "hidden" in names or names.get("aria-hidden") == "true":
        return True
    style, name = names.get("style"), names.get("class")
    if style and _is_hiding(style, is_inline=tag not in BLOCKS):
        return True
    if not name:
        return False
    return bool(_CLASSES.search(name)) or (tag not in BLOCKS and not classes.isdisjoint(name.split()))


def read_concealed_classes(tree: HtmlElement) -> frozenset[str]:
    """Read which classes the page's style sheets conceal by themselves, outside of any condition (`@media`).

    Example:
        >>> from lxml.html import document_fromstring
        >>> page = "<style>.far{left:-9999px} @media print{.near{display:none}} .a .b{display:none}</style><p>Text</p>"
        >>> sorted(read_concealed_classes(document_fromstring(page)))
        ['far']
    """
    found: set[str] = set()
    for element in tree.iter("style"):
        style = (element.text or "")[:_MOST_STYLE_CHARS]
        depth = read = 0
        last = -1
        for hit in sorted(_find_hiding(style)):
            opened = style.rfind("{", max(last + 1, hit - _MOST_RULE_CHARS), hit)
            if opened < 0:
                continue
            depth += style.count("{", read, opened) - style.count("}", read, opened)
            read, last = opened, opened
            if depth or not _is_hiding(style[opened + 1 : style.find("}", opened)], is_inline=False):
                continue
            since = max(opened - _MOST_RULE_CHARS, 0)
            selectors = style[max(since, style.rfind("}", since, opened) + 1) : opened].split(",")
            found.update(match[1] for selector in selectors if (match := _SELECTOR.fullmatch(selector[:200])))
    return frozenset(found)


def _find_hiding(style: str) -> Iterator[int]:
    """Where a style sheet may hide something."""
    for stem, pattern in _MAY_HIDE:
        at = style.find(stem)
        while at >= 0:
            if pattern.match(style, at):
                yield at
            at = style.find(stem, at + 1)
    for far in _FAR_OFF.finditer(style):
        if _IS_PLACE.search(style[max(far.start() - 8, 0) : far.start()]):
            yield far.start()


def _is_hiding(style: str, *, is_inline: bool) -> bool:
    """Whether declarations leave nothing to be seen."""
    if _GONE.search(style) or _CLIPPED.search(style) or (is_inline and _FADED.search(style)):
        return True
    return len(_A_POINT.findall(style)) > 1 and bool(_CUT_OFF.search(style))
