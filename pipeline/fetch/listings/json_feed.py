"""JSON Feed, versions 1.0 and 1.1, also one that is broken or cut."""

from __future__ import annotations

import json
import re
from typing import Any

from pipeline.fetch.listings.items import MAX_ENTRIES, Item, Listing, NotAListing, absolute, listed_instant, plain_title
from pipeline.text.normalize import cut_text
from pipeline.text.stamps import read_stamp

_VERSION = re.compile(r"https?://(?:www\.)?jsonfeed\.org/version/", re.IGNORECASE)
_ITEMS = re.compile(r'"items"\s{0,99}:\s{0,99}\[')
_MOST_NAME = 300
_MOST_FAULTS = 1_000  # each costs a look at the whole text
_MOST_TRIED = 8  # times the text's length


def read_json_feed(text: str, *, url: str) -> Listing:
    """Read the items of a JSON Feed; of a broken one, those that stand whole.

    Raises:
        NotAListing: it is JSON, but no feed.
    """
    try:
        feed = json.loads(text)
    except (ValueError, RecursionError):
        given: Any = _whole_items(text)
        if not given:
            raise NotAListing("JSON that is broken before its first whole item") from None
    else:
        given = feed.get("items") if isinstance(feed, dict) else None
        is_feed = isinstance(given, list) and (_VERSION.match(str(feed.get("version"))) or any(map(_is_item, given)))
        if not is_feed:
            raise NotAListing("JSON, but no JSON Feed")
    items = [_item(place, one, url) for place, one in enumerate(given[:MAX_ENTRIES])]
    return Listing(items=tuple(items), beyond=max(0, len(given) - MAX_ENTRIES))


def _whole_items(text: str) -> list[Any]:
    """The items of a feed that is no JSON: each object behind "items" that can be read and has an id."""
    begun = _ITEMS.search(text)
    found: list[Any] = []
    tried = faults = 0
    decoder = json.JSONDecoder(strict=False)
    at = text.find("{", begun.end()) if begun else -1
    while at >= 0 and len(found) < MAX_ENTRIES and faults < _MOST_FAULTS:
        try:
            one, end = decoder.raw_decode(text, at)
        except json.JSONDecodeError as error:
            # What came before the fault may be whole items within a broken one; to try each again has its limit.
            tried += error.pos - at
            faults += 1
            end = at + 1 if tried <= _MOST_TRIED * len(text) else max(error.pos, at + 1)
        except RecursionError:
            break
        else:
            if _is_item(one):
                found.append(one)
        at = text.find("{", end)
    return found


def _is_item(one: Any) -> bool:
    """Whether an object is an item: it has an id. Authors and attachments have none."""
    return isinstance(one, dict) and one.get("id") is not None


def _plain(value: str | float) -> str:
    """A value as text. Half of a character beyond 16 bits, as of an emoji that was cut, is JSON and no text: no row holds it."""
    return str(value).encode("utf-16", "surrogatepass").decode("utf-16", "replace").strip()


def _item(place: int, one: Any, url: str) -> Item:
    """One item; without an address there is no page."""
    known = one if isinstance(one, dict) else {}
    texts = {name: _plain(value) for name, value in known.items() if isinstance(value, str | int | float)}
    title = plain_title(texts.get("title"))
    link = texts.get("url") or texts.get("external_url") or ""
    if not link and texts.get("id", "").lower().startswith(("http://", "https://")):
        link = texts["id"]
    if not link:
        name = texts.get("id") or title or f"entry {place + 1}"
        return Item(url=cut_text(f"no link: {name}", _MOST_NAME), title=title, fault="no link")
    published, updated = (read_stamp(texts.get(name)) for name in ("date_published", "date_modified"))
    return Item(
        url=absolute(url, link),
        title=title,
        listed_at=listed_instant(published) or listed_instant(updated),
        changed_at=max((stamp.utc for stamp in (published, updated) if stamp is not None), default=None),
    )
