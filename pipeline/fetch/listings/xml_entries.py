"""The entries of an XML listing: read by the rules of XML where it keeps them, else each entry for itself.

Undeclared prefixes, bare ampersands, names of HTML's characters, numbers beyond all characters, control characters and white
space before the declaration are mended beforehand. What is broken still is cut at the entries' own tags, and each piece goes
to libxml2's recovering parser: so a fault stays within its entry. No DTD is read, and no entity is ever expanded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from html import unescape
from html.entities import html5
from itertools import islice
from xml.sax.saxutils import escape

from lxml import etree

from pipeline.fetch.listings.items import MAX_ENTRIES, NotAListing

# What lists under which root, in lower case.
_ENTRIES = {
    "rss": "item",
    "rdf": "item",
    "channel": "item",
    "feed": "entry",
    "urlset": "url",
    "sitemapindex": "sitemap",
}
# Some put urls into an index, and entries into a channel.
_OTHERWISE = {"item": "entry", "entry": "item", "url": "sitemap", "sitemap": "url"}
# Vocabularies with titles, links and addresses of their own, by the prefix that all use and by a word of their address.
_FOREIGN_PREFIXES = (
    "media|image|video|itunes|googleplay|podcast|geo|georss|gml|xhtml|slash|wfw|thr|creativecommons|cc|mobile"
)
_FOREIGN_SPACES = re.compile(
    "mrss|sitemap-(?:image|video|mobile)|podcast|itunes|googleplay|georss|/gml|xhtml|creativecommons"
)
_FOREIGN_TAG = re.compile(f"(?:{_FOREIGN_PREFIXES}):", re.IGNORECASE)

_DECLARATION = re.compile(r"<\?xml[^<>]{0,400}\?>", re.IGNORECASE)
_DOCTYPE = re.compile("<!DOCTYPE", re.IGNORECASE)
_SUBSET_END = re.compile(r"\]\s{0,99}>")
_BLANK = "\ufeff \t\r\n\x00"
_FIRST_TAG = re.compile(r"<[A-Za-z_]")
_ROOT = re.compile(r"<(?:[\w.-]{1,40}:)?(rss|rdf|feed|urlset|sitemapindex)(?=[\s>])[^<>]*>", re.IGNORECASE)
_HTML = re.compile(r"<(?:!doctype\s{1,9}html|html|head|body)\b", re.IGNORECASE)
_SPACES = re.compile(
    r"""(?:xmlns(?::[\w.-]{1,40})?|xml:(?:base|lang))\s{0,9}=\s{0,9}(?:"[^"<>&]{0,300}"|'[^'<>&]{0,300}')"""
)
_LANGUAGE = re.compile(r"<language>\s{0,9}([\w-]{2,20})\s{0,9}<", re.IGNORECASE)
_OPENING = {
    name: re.compile(rf"<(?!(?:{_FOREIGN_PREFIXES}):)((?:[\w.-]{{1,40}}:)?{name})(?=[\s>/])[^<>]*>", re.IGNORECASE)
    for name in set(_ENTRIES.values())
}
# Full texts: nothing in them is asked for, and much in them breaks.
_BULK = re.compile(
    r"<((?:[\w.-]{1,40}:)?(?:description|encoded|summary|content|fulltext|body))(?=[\s>])[^<>]*>", re.IGNORECASE
)

_MOST_OPEN_ENDED = 8
_MOST_ROOT_CHARS = 2_000  # its declarations go before each entry of a broken listing

_NO_CHARACTER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_REFERENCE = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|&(?:#(\d{1,9}|[xX][0-9a-fA-F]{1,8});|(\w{2,40});)?", re.DOTALL
)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_NO_TAG = re.compile(r"<(?![A-Za-z_/!?])")
_XMLS_OWN = frozenset({"amp", "lt", "gt", "quot", "apos"})

_WHOLE = {"resolve_entities": False, "no_network": True, "load_dtd": False, "remove_comments": True, "remove_pis": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entries:
    """The entries of one listing.

    Attributes:
        name: What an entry is called: item, entry, url or sitemap.
        elements: The entries in order, at most `MAX_ENTRIES`; None for one of which nothing can be read.
        language: As the listing says, empty if it does not.
        is_whole: Whether the listing keeps the rules of XML.
        beyond: How many entries there are beyond `MAX_ENTRIES`.
    """

    name: str
    elements: list[etree._Element | None] = field(default_factory=list)
    language: str = ""
    is_whole: bool = True
    beyond: int = 0


def read_entries(text: str, *, url: str) -> Entries:
    """Find the entries of an XML listing.

    Args:
        text: As decoded.
        url: Where it came from.
    Raises:
        NotAListing: its root is none of a listing's, and nothing in it looks like entries; or it is broken before the first.
    """
    text = _without_prolog(text)
    try:
        parser = etree.XMLParser(**_WHOLE)
        root = etree.fromstring(mend_references(text).encode("utf-8"), parser, base_url=url)
    except (etree.XMLSyntaxError, ValueError):
        return _read_broken(text, url)
    name = _ENTRIES.get(local_name(root.tag))
    if name is None:
        nested = next((tag for tag in ("urlset", "rss", "feed") if root.find(f".//{{*}}{tag}") is not None), None)
        if nested is None or local_name(root.tag) == "html":
            raise NotAListing(f"its root is <{local_name(root.tag)[:80]}>")
        name = _ENTRIES[nested]
    elements = _elements(root, name)
    if not elements and (others := _elements(root, _OTHERWISE[name])):
        name, elements = _OTHERWISE[name], others
    if not elements and _OPENING[name].search(text):
        return _read_broken(text, url)
    language = root.findtext("{*}channel/{*}language") or root.get("{http://www.w3.org/XML/1998/namespace}lang") or ""
    return Entries(
        name=name,
        elements=elements[:MAX_ENTRIES],
        language=language.strip(),
        beyond=max(0, len(elements) - MAX_ENTRIES),
    )


def _elements(root: etree._Element, name: str) -> list[etree._Element]:
    """The entries of that name."""
    return [element for element in root.iter(f"{{*}}{name}") if not is_foreign(element.tag)]


@lru_cache(maxsize=1024)
def local_name(tag: str) -> str:
    """A tag without its namespace or prefix, in lower case.

    Example:
        >>> local_name("{http://www.w3.org/2005/Atom}Link"), local_name("news:title")
        ('link', 'title')
    """
    return tag.rpartition("}")[2].rpartition(":")[2].lower()


@lru_cache(maxsize=1024)
def is_foreign(tag: str) -> bool:
    """Whether a tag belongs to a vocabulary whose titles and links are not the entry's."""
    space, _, name = tag.rpartition("}")
    return bool(_FOREIGN_SPACES.search(space)) if space else bool(_FOREIGN_TAG.match(name))


def mend_references(text: str) -> str:
    """Leave only such references and characters in a text as XML has.

    An ampersand that begins no reference is one; what HTML names is put for its name; a number that is no character becomes U+FFFD.

    Example:
        >>> mend_references("?id=5&lang=en &nbsp;&copy; &#x110000; <![CDATA[a & b]]>")
        '?id=5&amp;lang=en \\xa0© \\ufffd <![CDATA[a & b]]>'
    """
    return _REFERENCE.sub(_mended, _NO_CHARACTER.sub("", text)) if text else text


def _mended(match: re.Match[str]) -> str:
    """What stands for one reference."""
    whole, number, name = match[0], match[1], match[2]
    if whole[0] == "<" or name in _XMLS_OWN:
        return whole
    if number:
        point = int(number[1:], 16) if number[0] in "xX" else int(number)
        if point < 0x20:
            return whole if point in (9, 10, 13) else ""
        if 0x80 <= point < 0xA0:  # meant in Windows' own set, as browsers take it
            return unescape(whole)
        return "\ufffd" if 0xD800 <= point < 0xE000 or point in (0xFFFE, 0xFFFF) or point > 0x10FFFF else whole
    character = html5.get(f"{name};") if name else None
    return escape(character) if character else f"&amp;{whole[1:]}"


def _without_prolog(text: str) -> str:
    """The text from its first tag on: no declaration, no document type with its entities, no lines before."""
    text = text.lstrip(_BLANK)
    if (declared := _DECLARATION.search(text, 0, _first_tag(text))) is not None:
        text = f"{text[: declared.start()]}{text[declared.end() :]}"
    if (typed := _DOCTYPE.search(text, 0, _first_tag(text))) is not None:
        end, subset = text.find(">", typed.end()), text.find("[", typed.end())
        if 0 <= subset < end:
            tag = _FIRST_TAG.search(text, subset)
            closing = _SUBSET_END.search(text, subset, tag.start() if tag else len(text))
            end = closing.end() - 1 if closing else subset  # without its end it is no more than this
        text = f"{text[: typed.start()]}{text[end + 1 :]}" if end >= 0 else text
    return text.lstrip(_BLANK)


def _first_tag(text: str) -> int:
    """Where the first tag stands; at the end if there is none."""
    first = _FIRST_TAG.search(text)
    return first.start() if first else len(text)


def _read_broken(text: str, url: str) -> Entries:
    """The entries of a listing that is no XML: each between its own tags, whatever stands around it."""
    root = _ROOT.search(text)
    if root is None and _HTML.match(text):
        raise NotAListing("an HTML page")
    names = [_ENTRIES[root[1].lower()]] if root else []
    names += ["item", "entry", *(["url", "sitemap"] if not root and "loc>" in text else [])]
    name = next((name for name in names if _OPENING[name].search(text)), None)
    if name is None:
        raise NotAListing("broken before its first entry" if root else "no entries")
    head = text[: next(_OPENING[name].finditer(text)).start()]
    opening = " ".join(dict.fromkeys(_SPACES.findall(root[0][:_MOST_ROOT_CHARS]))) if root else ""
    language = _LANGUAGE.search(head)
    parser = etree.XMLParser(recover=True, **_WHOLE)
    elements = [_read_piece(piece, opening, parser, url) for piece in islice(_pieces(text, name), MAX_ENTRIES)]
    beyond = sum(1 for _ in _OPENING[name].finditer(text)) - MAX_ENTRIES if len(elements) == MAX_ENTRIES else 0
    return Entries(
        name=name, elements=elements, language=language[1] if language else "", is_whole=False, beyond=beyond
    )


def _pieces(text: str, name: str) -> Iterator[str]:
    """The text of each entry: from its tag to its end, at most to the next one's tag; comments between entries hold none."""
    last_end = commented_to = 0
    last_comment_end = text.rfind("-->")
    opening = next(matches := _OPENING[name].finditer(text), None)
    while opening is not None:
        following = next(matches, None)
        start, limit = opening.start(), following.start() if following else len(text)
        gap = text.rfind("<!--", last_end, start)
        if commented_to < start and 0 <= gap < last_comment_end and text.find("-->", gap, start) < 0:
            commented_to = text.find("-->", start)
        closing = f"</{opening[1]}"
        end = text.find(closing, opening.end(), limit)
        if end < 0:
            end = text.rfind(">", start, limit) + 1  # what a cut left of an address is none
            piece = text[start:end]
        else:
            piece = f"{text[start:end]}{closing}>"
        last_end = end
        if start >= commented_to:
            yield piece
        opening = following


def _read_piece(piece: str, opening: str, parser: etree.XMLParser, url: str) -> etree._Element | None:
    """One entry's element, as far as it can be read."""
    piece = _COMMENT.sub("", _without_bulk(piece))
    if piece.rfind("<![CDATA[") > piece.rfind("]]>"):
        piece = piece.replace("<![CDATA[", "")
    piece = _NO_TAG.sub("&lt;", mend_references(piece))
    try:
        around = etree.fromstring(f"<x {opening}>{piece}</x>".encode(), parser, base_url=url)
    except (etree.XMLSyntaxError, ValueError):
        return None
    found = [child for child in (around if around is not None else ()) if isinstance(child.tag, str)]
    for child in found[1:]:  # a tag closed twice closes the entry
        found[0].append(child)
    return found[0] if found else None


def _without_bulk(piece: str) -> str:
    """An entry without its full texts, where their end is found."""
    kept: list[str] = []
    open_ended: set[str] = set()
    at = 0
    for match in _BULK.finditer(piece):
        if match.start() < at or match[1] in open_ended:
            continue
        if len(open_ended) > _MOST_OPEN_ENDED:  # to look for each one's end would cost the square of their number
            break
        end = piece.find(f"</{match[1]}>", match.end())
        if end < 0:
            open_ended.add(match[1])
            continue
        kept.append(piece[at : match.start()])
        at = end + len(match[1]) + 3
    return "".join([*kept, piece[at:]]) if kept else piece
