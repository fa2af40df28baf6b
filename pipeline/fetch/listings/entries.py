"""One entry of an XML listing to the page it lists: by the names of its parts, whatever their namespace."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from lxml import etree

from pipeline.fetch.listings.items import Item, absolute, listed_instant, plain_title
from pipeline.fetch.listings.xml_entries import Entries, is_foreign, local_name
from pipeline.text.normalize import cut_text
from pipeline.text.stamps import Stamp, read_stamp

_PUBLISHED = ("pubdate", "published", "issued")
_UPDATED = ("updated", "modified", "date")
# What has titles, links and times of its own.
_OTHERS = frozenset({"source", "image", "author", "contributor", "enclosure", "group", "textinput", "video"})
_HTTP = re.compile(r"https?://[^\s<>]+", re.IGNORECASE)
_MOST_NAME = 300
_PAGES = ("text/html", "application/xhtml+xml")

Parts = dict[str, list[etree._Element]]


def read_items(entries: Entries, *, url: str) -> list[Item]:
    """Read the items of a feed or sitemap, those that name no page with the reason.

    Args:
        entries: item, entry or url elements.
        url: Where they came from; relative links count from there.
    """
    read = _page_of_sitemap if entries.name == "url" else _page_of_feed
    items = []
    for place, element in enumerate(entries.elements):
        if element is None:
            items.append(_faulty(place, None, "it cannot be read", ()))
            continue
        parts = _parts(element)
        if not entries.is_whole:
            _add_nested(parts, element)
        items.append(read(place, element, parts, url, entries.language))
    return items


def read_index(entries: Entries, *, url: str) -> list[tuple[str, Stamp | None]]:
    """The sitemaps that an index names, with the time of their last change."""
    found = []
    for element in entries.elements:
        parts = _parts(element) if element is not None else {}
        if address := _first_text(parts, ("loc",)):
            found.append((absolute(url, address), read_stamp(_first_text(parts, ("lastmod",)))))
    return found


def _page_of_feed(place: int, element: etree._Element, parts: Parts, url: str, language: str) -> Item:
    """An item of RSS or an entry of Atom."""
    title = plain_title(_first_text(parts, ("title",)))
    link = _link(element, parts)
    if link is None:
        names = [_first_text(parts, (name,)) for name in ("guid", "id", "link")]
        return _faulty(place, title, "no link", [name for name in names if name])
    published, updated = (_first_stamp(parts, names, language) for names in (_PUBLISHED, _UPDATED))
    return Item(
        url=absolute(element.base or url, link),
        title=title,
        listed_at=listed_instant(published) or listed_instant(updated),
        changed_at=max((stamp.utc for stamp in (published, updated) if stamp is not None), default=None),
    )


def _page_of_sitemap(place: int, element: etree._Element, parts: Parts, url: str, language: str) -> Item:
    """A url of a sitemap. `lastmod` says when it changed, not when it was published."""
    news = _parts(parts["news"][0]) if "news" in parts else {}
    title = plain_title(_first_text(news, ("title",)) or _first_text(parts, ("title",)))
    location = _first_text(parts, ("loc",))
    if location is None:
        return _faulty(place, title, "no location", ())
    dates = ("publication_date",)
    published = _first_stamp(news, dates, language) or _first_stamp(parts, dates, language)
    changed = _first_stamp(parts, ("lastmod",), language) or published
    return Item(
        url=absolute(url, location),
        title=title,
        listed_at=listed_instant(published),
        changed_at=changed.utc if changed else None,
    )


def _faulty(place: int, title: str | None, fault: str, names: Sequence[str]) -> Item:
    """An entry that names no page; told apart by its own id, else by its title, else by its place."""
    name = next(iter(names), None) or title or f"entry {place + 1}"
    return Item(url=cut_text(f"{fault}: {name}", _MOST_NAME), title=title, fault=fault)


def _link(element: etree._Element, parts: Parts) -> str | None:
    """The address of an entry's page: its link, else the id that is an address."""
    links = parts.get("link", [])
    for link in links:
        if "href" not in link.attrib and (text := _text(link)) and text[0] != "#":
            return text
    pages = [link for link in links if _relation(link) == "alternate" and link.get("href")]
    pages.sort(key=lambda link: (link.get("type") or "text/html").lower() not in _PAGES)
    if pages:
        return absolute(pages[0].base or "", pages[0].get("href", "").strip())
    for guid in parts.get("guid", []):
        text = _text(guid)
        if text and (_HTTP.fullmatch(text) or (guid.get("isPermaLink") or "").lower() == "true"):
            return text
    for content in parts.get("content", []):  # Atom's way to say that the whole text is elsewhere
        if (content.get("type") or "").lower() in _PAGES and content.get("src"):
            return absolute(content.base or "", content.get("src", "").strip())
    about = (value for name, value in element.attrib.items() if local_name(str(name)) == "about")
    named = (*about, *(_text(one) for one in parts.get("id", [])))
    return next((text for text in named if text and _HTTP.fullmatch(text)), None)


def _relation(link: etree._Element) -> str:
    """What a link leads to: alternate where it does not say; names of the registry stand for themselves with its address too."""
    return (link.get("rel") or "alternate").lower().removeprefix("http://www.iana.org/assignments/relation/")


def _parts(element: etree._Element) -> Parts:
    """An entry's parts by local name: those of its own vocabulary first, then those of others that say the same."""
    own: Parts = {}
    others: Parts = {}
    space = str(element.tag).rpartition("}")[0]
    for child in element:
        tag = child.tag
        if not isinstance(tag, str):
            continue
        if (tag.rpartition("}")[0] == space or "}" not in tag) and ":" not in tag.rpartition("}")[2]:
            own.setdefault(local_name(tag), []).append(child)
        elif not is_foreign(tag):
            others.setdefault(local_name(tag), []).append(child)
    for name, found in others.items():
        own.setdefault(name, []).extend(found)
    return own


def _add_nested(parts: Parts, element: etree._Element) -> None:
    """Parts that stand too deep, because one before them was not closed."""
    for child in element:
        if not isinstance(child.tag, str) or local_name(child.tag) in _OTHERS or is_foreign(child.tag):
            continue
        for inner in child.iterdescendants():
            if isinstance(inner.tag, str) and not is_foreign(inner.tag):
                parts.setdefault(local_name(inner.tag), [inner])


def _text(element: etree._Element) -> str:
    """The text of an element with all in it."""
    return ("".join(element.itertext()) if len(element) else element.text or "").strip()


def _first_text(parts: Parts, names: Iterable[str]) -> str | None:
    """The first text that is none but white space."""
    return next((text for name in names for element in parts.get(name, ()) if (text := _text(element))), None)


def _first_stamp(parts: Parts, names: Iterable[str], language: str) -> Stamp | None:
    """The first time that can be read."""
    texts = (_text(element) for name in names for element in parts.get(name, ()))
    return next((stamp for text in texts if (stamp := read_stamp(text, language=language))), None)
