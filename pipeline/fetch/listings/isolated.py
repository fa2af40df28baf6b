"""Listings read in the sandbox: what crosses its wall is JSON and the answer's bytes, and a death is no listing."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import datetime
from functools import cache, partial
from typing import Any

from pipeline.fetch.listings.items import Item, Listing, NotAListing
from pipeline.fetch.listings.reader import parse_listing
from pipeline.sandbox.pool import Death, Task, core_count, read_each

# The largest listing that is taken (15 MiB of nothing but entries, and broken) is read in four seconds.
LISTING_SECONDS = 10.0

_INSTANTS = ("listed_at", "changed_at")
_DEATHS = {
    "timeout": "reading it {detail}",
    "stalled": "reading it was {detail}",
    "recursion": "it is {detail}",
    "memory": "reading it went {detail}",
    "crash": "reading it failed: {detail}",
}
_WARM_UP = (
    b"<rss version='2.0'><channel><item><title>A</title><link>http://news.example/a</link></item></channel></rss>"
)


async def read_listing(body: bytes, *, kind: str, url: str, content_type: str | None, max_bytes: int) -> Listing:
    """Read a feed or sitemap in a process that can be killed; one process serves many listings.

    Args:
        body: The answer's bytes.
        kind: "feed" or "sitemap".
        url: Where they came from.
        content_type: As answered.
        max_bytes: Cap on what a gzipped listing may unpack to.
    Raises:
        NotAListing: as `parse_listing` says, or its process died of it.
    """
    facts = {"kind": kind, "url": url, "content_type": content_type, "max_bytes": max_bytes}
    # One try: the listing is asked again with the next visit anyhow.
    read = partial(
        read_each, __name__, [Task(facts=facts, body=body)], workers=1, timeout_seconds=LISTING_SECONDS, tries=1
    )
    (found,) = await asyncio.get_running_loop().run_in_executor(_threads(os.getpid()), read)
    if isinstance(found, Death):
        raise NotAListing(_DEATHS[found.kind].format(detail=found.detail))
    if "fault" in found:
        raise NotAListing(found["fault"])
    items = tuple(_item(facts) for facts in found["items"])
    return Listing(items=items, sitemaps=tuple(found["sitemaps"]), beyond=found["beyond"])


@cache
def _threads(process: int) -> ThreadPoolExecutor:
    """Threads of this very process that wait for listings, and no others: names of hosts are looked up in the loop's own.

    As many as cores: more reading processes would only be started for nothing.
    """
    return ThreadPoolExecutor(max_workers=core_count(), thread_name_prefix="listing")


def warm_up() -> None:
    """Have the parsers loaded, in the process that will need them."""
    parse_listing(_WARM_UP, url="http://news.example/feed", kind="feed", max_bytes=len(_WARM_UP))


def answer(facts: dict[str, Any], body: bytes) -> dict[str, Any]:
    """Read one listing, in the process that may die of it."""
    try:
        listing = parse_listing(body, **facts)
    except NotAListing as error:
        return {"fault": str(error)}
    items = [_facts(item) for item in listing.items]
    return {"items": items, "sitemaps": listing.sitemaps, "beyond": listing.beyond}


def _facts(item: Item) -> dict[str, str | None]:
    """An item as JSON."""
    instants = {name: getattr(item, name) for name in _INSTANTS}
    return asdict(item) | {name: at.isoformat() if at else None for name, at in instants.items()}


def _item(facts: dict[str, Any]) -> Item:
    """The item that JSON tells of."""
    return Item(**facts | {name: facts[name] and datetime.fromisoformat(facts[name]) for name in _INSTANTS})
