"""Subscriptions in OPML, the form in which feed readers hand them on: read without believing it, and written.

What OPML has no word for stands in attributes of Daybook's own namespace, which other readers pass over.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from lxml import etree

from pipeline.crawl.sources_file import free_id
from pipeline.errors import InputError, SettingsError
from pipeline.fetch.sources import INBOX_ID, LISTING_KINDS, SOURCE_ID, WARC_ID, Source, check_source
from pipeline.text.urls import clean_url, registrable_domain

NAMESPACE = "urn:daybook:sources"
MOST_BYTES = 5 * 1024 * 1024  # some twenty thousand feeds
MOST_SOURCES = 5_000
_MOST_CHARS = 200  # of a title

_PARSER = {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False}
_TOLD = ("owner", "country", "section")


def read_opml(path: Path, taken: Sequence[Source], *, enabled: bool) -> tuple[list[Source], list[str]]:
    """Read the feeds of an OPML file as sources, each address once.

    Args:
        taken: The sources that there are: their ids and addresses are not given again.
        enabled: Whether the new ones are asked by scheduled runs.
    Returns:
        The new sources in the file's order, and a sentence for each outline that gives none.
    Raises:
        InputError: the file cannot be read, is too large, is no OPML, or declares entities or a document type.
    """
    ids = {source.source_id for source in taken}
    known = {clean_url(source.url) for source in taken if source.url}
    found: list[Source] = []
    passed: list[str] = []
    for outline in _outlines(path):
        url = (outline.get("xmlUrl") or "").strip()
        name = _words(outline.get("title")) or _words(outline.get("text"))
        if clean_url(url) in known:
            passed.append(f"{name or url}: its address is registered already")
            continue
        own = _own(outline, "id") or ""
        is_free = SOURCE_ID.fullmatch(own) and own not in {*ids, INBOX_ID, WARC_ID}
        told = {key: _own(outline, key) for key in _TOLD}
        source = Source(
            source_id=own if is_free else free_id(own or name or registrable_domain(url) or "source", ids),
            kind="sitemap" if _own(outline, "kind") == "sitemap" else "feed",
            url=url,
            publisher=_own(outline, "publisher") or name,
            language=(outline.get("language") or "").strip().lower()[:2] or None,
            enabled=enabled,
            **told,  # type: ignore[arg-type]
        )
        try:
            check_source(source)
        except SettingsError as error:
            passed.append(f"{name or url[:80]}: {error}")
            continue
        if len(found) == MOST_SOURCES:
            raise InputError(f"{path} has more than {MOST_SOURCES} feeds; cut it into several")
        ids.add(source.source_id)
        known.add(clean_url(url))
        found.append(source)
    return found, passed


def write_opml(sources: Iterable[Source]) -> str:
    """Feeds and sitemaps as OPML 2.0; headers, which may be nobody else's affair, folders and archives are left out."""
    root = etree.Element("opml", nsmap={"daybook": NAMESPACE}, version="2.0")
    etree.SubElement(etree.SubElement(root, "head"), "title").text = "Sources of Daybook"
    body = etree.SubElement(root, "body")
    for source in sources:
        if source.kind not in LISTING_KINDS:
            continue
        name = source.publisher or source.source_id
        values = {"text": name, "title": name, "type": "rss", "xmlUrl": source.url, "language": source.language}
        own = {"id": source.source_id, "kind": source.kind, "publisher": source.publisher}
        own |= {key: getattr(source, key) for key in _TOLD}
        outline = etree.SubElement(body, "outline")
        for key, value in [*values.items(), *((f"{{{NAMESPACE}}}{key}", value) for key, value in own.items())]:
            if value is not None:
                outline.set(key, value)
    text: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return text.decode("utf-8")


def _outlines(path: Path) -> list[etree._Element]:
    """The outlines of a file that name a feed."""
    try:
        with path.open("rb") as file:
            body = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}; name an OPML file") from error
    if len(body) > MOST_BYTES:
        raise InputError(f"{path} is larger than {MOST_BYTES} bytes, which no list of feeds is; cut it into several")
    if b"<!doctype" in body.replace(b"\0", b"").lower():  # in whatever width its characters are
        raise InputError(f"{path} declares a document type, which OPML has none of: it is not read")
    try:
        root = etree.fromstring(body, etree.XMLParser(**_PARSER))
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        raise InputError(f"{path} is no XML: {' '.join(str(error).split())[:200]}; export it anew") from error
    if etree.QName(root).localname.lower() != "opml" or root.getroottree().docinfo.doctype:
        raise InputError(f"{path} is no OPML: its root is <{str(root.tag)[:40]}>")
    return [outline for outline in root.iter("outline") if (outline.get("xmlUrl") or "").strip()]


def _own(outline: etree._Element, key: str) -> str | None:
    return _words(outline.get(f"{{{NAMESPACE}}}{key}"))


def _words(text: str | None) -> str | None:
    """A text of one line; None for nothing."""
    return " ".join("".join(char if char.isprintable() else " " for char in text or "").split())[:_MOST_CHARS] or None
