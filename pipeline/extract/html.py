"""A page's tree: parsed, measured, and put right where its body is split, or hidden in a script."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from lxml.etree import ElementDefaultClassLookup, HTMLParser, ParserError, XPath
from lxml.html import HtmlElement, document_fromstring
from trafilatura.utils import is_dubious_html, repair_faulty_html

from pipeline.extract.titles import fold

# Real pages: 99 % have fewer than 3,108 elements, none of 1,038 more than 5,516. trafilatura's time grows faster than
# the count: 40,000 take 20 s. Beyond some 250 levels libxml2 gives up silently, and the text is gone.
MOST_ELEMENTS = 20_000
MOST_DEPTH = 250

_PROSE_CHARS = 80
_SCRIPT_STRING = re.compile(r'(?<!\\)"(?:[^"\\]|\\.){500,}"')


_HEAD_CHARS = 4096  # trafilatura mends declarations and root elements, which stand here
_NO_XML = bytes([*range(9), 11, 12, *range(14, 32)])  # control characters that no XML has
_TOO_DEEP = XPath(f"boolean(.{'/*' * MOST_DEPTH})")
# As trafilatura's, but all elements are of one class: lxml.html's own look-up is a call of Python for each of them.
_PARSER = HTMLParser(collect_ids=False, default_doctype=False, encoding="utf-8", remove_comments=True, remove_pis=True)
_PARSER.set_element_class_lookup(ElementDefaultClassLookup(element=HtmlElement))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How large a parsed page is; `is_deep` where it nests more than 250 levels."""

    elements: int
    is_deep: bool

    @property
    def fault(self) -> str | None:
        """Why the extractor would not survive it; None if it would."""
        if self.elements > MOST_ELEMENTS:
            return f"{self.elements} elements, more than {MOST_ELEMENTS}"
        return f"nested more than {MOST_DEPTH} levels deep" if self.is_deep else None


def parse_page(text: str) -> HtmlElement | None:
    """Parse a decoded page; None if there is no HTML in it."""
    head = text[:50].lower()
    source = (repair_faulty_html(text[:_HEAD_CHARS], head) + text[_HEAD_CHARS:]).encode("utf-8", "ignore")
    try:
        tree = document_fromstring(source.translate(None, _NO_XML), parser=_PARSER)
    except ParserError:
        return None
    if not isinstance(tree.tag, str):
        return None
    return tree if len(tree) > 1 or not is_dubious_html(head) or _is_fragment(tree) else None


def _is_fragment(tree: HtmlElement) -> bool:
    """Whether a page without html and head holds markup all the same: two elements side by side, if only within a third."""
    body = tree.find("body")
    if body is None or not len(body):
        return False
    return len(body if len(body) > 1 else body[0]) > 1


def measure(tree: HtmlElement) -> Shape:
    """Count a tree's elements, and its levels where the elements are not too many."""
    elements = int(tree.xpath("count(.//*)"))
    is_deep = elements <= MOST_ELEMENTS and bool(_TOO_DEEP(tree))
    return Shape(elements=elements, is_deep=is_deep)


def embedded_body(scripts: Iterable[str]) -> HtmlElement | None:
    """Find the body of a page that only a browser would draw: the longest markup in a string of its scripts.

    Returns:
        A page made of that markup; None where the scripts hold no text of several paragraphs.
    """
    longest = ""
    for script in scripts:
        for match in _SCRIPT_STRING.finditer(script):
            with contextlib.suppress(ValueError):
                value = json.loads(match[0], strict=False)
                if value.count("<p") > 1 and len(value) > len(longest):
                    longest = value
    return parse_page(f"<html><body><article>{longest}</article></body></html>") if longest else None


def join_split_body(tree: HtmlElement, extracted: str) -> bool:
    """Put a body that is split over look-alike containers of one article into the first of them; say if it was.

    Magazines cut long texts into sections with advertising between them. trafilatura takes the best section and
    leaves the rest: half the text, on three of 228 pages. Nothing is moved where the text has all sections, or none.

    Args:
        tree: The parsed page; it is changed.
        extracted: What was extracted so far, folded.
    """
    groups: dict[tuple[HtmlElement, str, str], list[tuple[HtmlElement, bool]]] = {}
    root = "article" if tree.find(".//article") is not None else "main"
    for container in tree.iterfind(f".//{root}//*"):
        name = container.get("class") or ""
        if container.tag not in ("div", "section") or not name or "comment" in name:
            continue
        prose = [p for p in container.iterchildren("p") if len(p.text_content()) >= _PROSE_CHARS]
        article = next(container.iterancestors(root), None)
        if len(prose) > 1 and article is not None:
            is_known = fold(prose[0].text_content())[:60] in extracted
            groups.setdefault((article, str(container.tag), name), []).append((container, is_known))
    is_joined = False
    for group in groups.values():
        if len({is_known for _, is_known in group}) < 2:
            continue
        first = group[0][0]
        for container, _ in group[1:]:
            if first not in container.iterancestors():
                first.extend(list(container))
                is_joined = True
    return is_joined
