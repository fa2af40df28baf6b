"""What Daybook should make of the newsroom: each page's fate and facts, and what a digest must and must not say."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from newsroom.content import FOLDER, Newsroom, Page, day_end, load_newsroom


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What happens to a page on one day: new, updated, unchanged, duplicate (`of` a URL) or quarantined (`reason`)."""

    kind: str
    room: str
    of: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageTruth:
    """One page; times are UTC, and `texts` holds the article by the day on which it came to say so.

    `standfirst` may stand before the text or be left out: outlets and extractors differ on whether it belongs to it.
    `story` and `event` are names of this file, equal for pages that belong together; None for a refused page.
    """

    key: str
    url: str
    source_id: str
    day: date
    fates: dict[date, Fate]
    story: str | None
    event: str | None
    title: str | None
    authors: tuple[str, ...]
    published_at: datetime
    language: str
    kind: str
    rules: tuple[str, ...]
    texts: dict[date, str]
    standfirst: str | None

    @property
    def text(self) -> str:
        """The article as first published, paragraphs split by a blank line."""
        return self.texts[self.day]


@dataclass(frozen=True, slots=True, kw_only=True)
class Must:
    """Some line of the story's digest of the day holds one of `any_of`."""

    story: str
    day: date
    any_of: tuple[str, ...]
    room: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MustNot:
    """No line of the story's digest of the day holds `text`."""

    story: str
    day: date
    text: str
    room: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A page that takes back words it said before; `day` is when it does."""

    url: str
    day: date
    old: str
    new: str
    room: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Differ:
    """A line on whose figures the outlets differ: it holds `text` and one of `figures`. No other line differs."""

    story: str
    day: date
    text: str
    figures: tuple[str, ...]
    room: str


@dataclass(frozen=True)
class Truth:
    """Everything that is expected. `rooms` names the room that answers for each field of a page."""

    pages: tuple[PageTruth, ...]
    musts: tuple[Must, ...]
    must_nots: tuple[MustNot, ...]
    corrections: tuple[Correction, ...]
    differs: tuple[Differ, ...]
    furniture: tuple[str, ...]
    rooms: dict[str, str]

    @cached_property
    def by_key(self) -> dict[str, PageTruth]:
        """Each page by outlet and file name."""
        return {page.key: page for page in self.pages}

    @cached_property
    def by_url(self) -> dict[str, PageTruth]:
        """Each page by its address."""
        return {page.url: page for page in self.pages}

    def fates(self, day: date) -> dict[str, Fate]:
        """What becomes on a day of every URL that a feed lists at its end."""
        return {page.url: page.fates[day] for page in self.pages if day in page.fates}


def load_truth(newsroom: Newsroom | None = None, folder: Path = FOLDER) -> Truth:
    """Read the files of truth/, and fill in what the content files say.

    Raises:
        ValueError: a page has no entry, or an entry no page; the message names them.
    """
    newsroom = newsroom or load_newsroom(folder)
    declared: dict[str, Any] = {"page": {}, "must": [], "must_not": [], "correction": [], "differ": []}
    for path in sorted((folder / "truth").glob("*.toml")):
        for name, more in tomllib.loads(path.read_text(encoding="utf-8")).items():
            declared[name] = declared.get(name, {}) | more if isinstance(more, dict) else declared[name] + more
    entries, pages = declared["page"], {page.key: page for page in newsroom.pages}
    if odd := sorted(set(entries) ^ set(pages)):
        raise ValueError(f"truth/ and content/ disagree about {', '.join(odd)}; each page needs exactly one entry")
    return Truth(
        pages=tuple(
            _page_truth(newsroom, page, entries[page.key], pages, declared["rooms"]) for page in newsroom.pages
        ),
        musts=tuple(Must(**line | {"any_of": tuple(line["any_of"])}, room="digest") for line in declared["must"]),
        must_nots=tuple(MustNot(**line, room="digest") for line in declared["must_not"]),
        corrections=tuple(
            Correction(url=pages[line["page"]].url, day=line["day"], old=line["old"], new=line["new"], room="digest")
            for line in declared["correction"]
        ),
        differs=tuple(Differ(**e | {"figures": tuple(e["figures"])}, room="digest") for e in declared["differ"]),
        furniture=tuple(declared["furniture"]["words"]),
        rooms=declared["rooms"],
    )


def _page_truth(
    newsroom: Newsroom, page: Page, entry: dict[str, Any], pages: dict[str, Page], rooms: dict[str, str]
) -> PageTruth:
    """One page's entry, with the content file's own facts where the entry says nothing."""
    first = dict(entry.get("fate", {"kind": "new", "room": rooms["fate"]}))
    if "of" in first:
        first["of"] = pages[first["of"]].url
    published_at = page.published_at.astimezone(UTC)
    return PageTruth(
        key=page.key,
        url=page.url,
        source_id=page.outlet.outlet_id,
        day=published_at.date(),
        fates=_fates(newsroom, page, Fate(**first), rooms["fate"]),
        story=entry.get("story"),
        event=entry.get("event"),
        title=entry.get("title", page.title),
        authors=tuple(entry.get("authors", page.authors)),
        published_at=published_at,
        language=entry.get("language", page.outlet.language),
        kind=entry.get("kind", page.kind),
        rules=tuple(entry.get("rules", ())),
        texts={version.at.astimezone(UTC).date(): "\n\n".join(version.clean) for version in page.versions},
        standfirst=page.standfirst,
    )


def _fates(newsroom: Newsroom, page: Page, first: Fate, room: str) -> dict[date, Fate]:
    """The page's fate on each day at whose end the feed lists it; a refused page is refused each time."""
    changed = {version.at.astimezone(UTC).date() for version in page.versions[1:]}
    fates: dict[date, Fate] = {}
    for day in newsroom.days:
        if page not in newsroom.listed(page.outlet, day_end(day)):
            continue
        if not fates or first.kind == "quarantined":
            fates[day] = first
        else:
            fates[day] = Fate(kind="updated" if day in changed else "unchanged", room=room)
    return fates
