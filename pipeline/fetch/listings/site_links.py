"""What a site's page says of its feeds: read in the sandbox, as whatever strangers send."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import Any

from lxml import etree

from pipeline.fetch.listings.items import absolute, plain_title
from pipeline.sandbox.pool import Death, Task, read_each
from pipeline.text.decode import decode_page
from pipeline.text.urls import clean_url

PAGE_SECONDS = 10.0
MOST_FEEDS = 12  # of those that a page names, in its order

_FEED_TYPE = re.compile(r"(?:application|text)/(?:rss|atom|rdf|feed|x-rss)?\+?(?:xml|json)\b", re.IGNORECASE)
# Without a `link` element some lead there by an ordinary link.
_FEED_PATH = re.compile(r"(?:^|/)(?:rss|feeds?|atom)(?:\.xml|\.rss)?/?$|\.(?:rss|atom)$", re.IGNORECASE)
_LANGUAGE = re.compile(r"[a-z]{2}(?=[-_]|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class SitePage:
    """What a page says of its site.

    Attributes:
        name: The site's name, in its own words; None if it gives none.
        language: ISO 639-1; None if it gives none.
        feeds: Addresses of the feeds that it names, absolute, each once, those for comments last.
    """

    name: str | None = None
    language: str | None = None
    feeds: tuple[str, ...] = ()


async def read_site_page(body: bytes, *, url: str, content_type: str | None) -> SitePage:
    """Read a site's page in a process that can be killed; one that dies of it names nothing.

    Args:
        url: Where the bytes came from; relative links count from there.
    """
    task = Task(facts={"url": url, "content_type": content_type}, body=body)
    (found,) = await asyncio.to_thread(read_each, __name__, [task], workers=1, timeout_seconds=PAGE_SECONDS, tries=1)
    if isinstance(found, Death):
        return SitePage()
    return SitePage(name=found["name"], language=found["language"], feeds=tuple(found["feeds"]))


def warm_up() -> None:
    """Have the parser loaded, in the process that will need it."""
    answer({"url": "http://news.example/", "content_type": None}, b"<html><head></head></html>")


def answer(facts: dict[str, Any], body: bytes) -> dict[str, Any]:
    """Read one page, in the process that may die of it."""
    text = decode_page(body, facts["content_type"])
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True)
    root = etree.fromstring(text.encode("utf-8", "replace"), parser) if text.strip() else None
    if root is None:
        return {"name": None, "language": None, "feeds": []}
    base = absolute(facts["url"], root.xpath("string(//base/@href)")) if root.xpath("//base/@href") else facts["url"]
    named = [
        link
        for link in root.iter("link")
        if "alternate" in (link.get("rel") or "").lower().split() and _FEED_TYPE.search(link.get("type") or "")
    ]
    linked = [link for link in root.iter("a") if _FEED_PATH.search((link.get("href") or "").partition("?")[0])]
    addresses = [absolute(base, link.get("href") or "") for link in named or linked if link.get("href")]
    feeds = [address for address in dict.fromkeys(addresses) if clean_url(address) is not None]
    site_name = root.xpath("string(//meta[@property='og:site_name']/@content)") or None
    language = _LANGUAGE.match(root.get("lang") or root.xpath("string(//html/@lang)") or "")
    return {
        "name": (plain_title(site_name) or "")[:200] or None,
        "language": language[0].lower() if language else None,
        "feeds": sorted(feeds, key=lambda address: "comment" in address.lower())[:MOST_FEEDS],
    }
