"""What Daybook should make of the newsroom: each page's fate and facts, and what a digest must and must not say."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from newsroom.content import load_newsroom
from newsroom.records import Newsroom, Page
from tests.newsroom.expected_outcomes import Fate, page_fates, page_texts

FOLDER = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True, kw_only=True)
class PageTruth:
    """One page; times are UTC.

    Attributes:
        day: The day whose hours first bring the page.
        fates: What it comes to by the end of that day, and of each later day on which its text changes.
        story, event: Names of this file, equal for pages that belong together; None for a refused page.
        texts: The article by the end of its first day, and of each day on which it changed.
        standfirst: May stand before the text or be left out: outlets and extractors differ on whether it belongs to it.
        to_come: Fields that the room which answers for them does not get right yet.
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
    to_come: frozenset[str]

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
    expected_to_come: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MustNot:
    """No line of the story's digest of the day holds `text`."""

    story: str
    day: date
    text: str
    room: str
    expected_to_come: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A page that takes back words it said before; `day` is when it does, `kind` what its line is: corrected or updated."""

    url: str
    day: date
    old: str
    new: str
    room: str
    kind: str = "corrected"
    expected_to_come: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Differ:
    """A line on whose figures the outlets differ: it holds `text` and one of `figures`. No other line differs."""

    story: str
    day: date
    text: str
    figures: tuple[str, ...]
    room: str
    expected_to_come: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """Stories that turn out to be one on a day."""

    stories: tuple[str, ...]
    day: date
    room: str
    expected_to_come: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """A story that turns out to be several on a day."""

    story: str
    into: tuple[str, ...]
    day: date
    room: str
    expected_to_come: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """One line of the truth: which room answers for it, what it says, and whether tests wait for it still."""

    room: str
    text: str
    is_to_come: bool


@dataclass(frozen=True)
class Truth:
    """Everything that is expected. `rooms` names the room that answers for each field of a page."""

    pages: tuple[PageTruth, ...]
    musts: tuple[Must, ...]
    must_nots: tuple[MustNot, ...]
    corrections: tuple[Correction, ...]
    differs: tuple[Differ, ...]
    merges: tuple[Merge, ...]
    splits: tuple[Split, ...]
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
        """What becomes on a day of every URL that is new or changed by its end."""
        return {page.url: page.fates[day] for page in self.pages if day in page.fates}


def what_is_expected(truth: Truth) -> list[Expectation]:
    """Every line of the truth, by room: what tests assert, and what is expected to come."""
    found = [
        Expectation(
            room=fate.room, text=f"{page.key} is {_fate_words(fate)} on {day}", is_to_come="fate" in page.to_come
        )
        for page in truth.pages
        for day, fate in page.fates.items()
    ]
    for page in truth.pages:
        if any(fate.kind == "quarantined" for fate in page.fates.values()):
            continue  # no article, so nobody reads its fields
        found += [
            Expectation(room=room, text=f"{page.key}: {name}", is_to_come=name in page.to_come)
            for name, room in truth.rooms.items()
            if name != "fate" and getattr(page, "texts" if name == "text" else name)
        ]
    said: list[tuple[Must | MustNot | Correction | Differ | Merge | Split, str]] = [
        *((must, f"{must.day} {must.story} says: {' / '.join(must.any_of)}") for must in truth.musts),
        *((must, f"{must.day} {must.story} does not say: {must.text}") for must in truth.must_nots),
        *((line, f"{line.day} {line.url} corrects “{line.old}” to “{line.new}”") for line in truth.corrections),
        *(
            (line, f"{line.day} {line.story} differs on {' and '.join(line.figures)}: {line.text}")
            for line in truth.differs
        ),
        *((line, f"{line.day} {' and '.join(line.stories)} become one story") for line in truth.merges),
        *((line, f"{line.day} {line.story} splits into {' and '.join(line.into)}") for line in truth.splits),
    ]
    found += [Expectation(room=line.room, text=text, is_to_come=line.expected_to_come) for line, text in said]
    return sorted(found, key=lambda line: (line.room, line.text))


def _fate_words(fate: Fate) -> str:
    """A fate in words."""
    return " ".join(filter(None, (fate.kind, fate.reason, f"of {fate.of}" if fate.of else None)))


def load_truth(newsroom: Newsroom | None = None, folder: Path = FOLDER) -> Truth:
    """Read the files of truth/, and fill in what the content files say.

    Raises:
        ValueError: a page has no entry, or an entry no page; the message names them.
    """
    newsroom = newsroom or load_newsroom()
    declared = _read_files(folder / "truth")
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
            Correction(url=pages[line.pop("page")].url, **line, room="digest") for line in declared["correction"]
        ),
        differs=tuple(Differ(**e | {"figures": tuple(e["figures"])}, room="digest") for e in declared["differ"]),
        merges=tuple(Merge(stories=tuple(e["stories"]), day=e["day"], room="stories") for e in declared["merge"]),
        splits=tuple(
            Split(story=e["story"], into=tuple(e["into"]), day=e["day"], room="stories") for e in declared["split"]
        ),
        furniture=tuple(declared["furniture"]["words"]),
        rooms=declared["rooms"],
    )


def _read_files(folder: Path) -> dict[str, Any]:
    """The files as one: lists are joined, and so are the tables' entries and the lists within them."""
    lines = ("must", "must_not", "correction", "differ", "merge", "split")
    declared: dict[str, Any] = {"page": {}, "rooms": {}, "furniture": {"words": []}} | {name: [] for name in lines}
    for path in sorted(folder.glob("*.toml")):
        more = tomllib.loads(path.read_text(encoding="utf-8"))
        if twice := sorted(set(declared["page"]) & set(more.get("page", {}))):
            raise ValueError(f"{path.name} speaks of {', '.join(twice)} again; each page needs exactly one entry")
        for name in ("page", "rooms"):
            declared[name] |= more.pop(name, {})
        declared["furniture"]["words"] += more.pop("furniture", {"words": []})["words"]
        if odd := sorted(set(more) - set(lines)):
            raise ValueError(f"{path.name}: no kind of line is called {', '.join(odd)}")
        for name, found in more.items():
            declared[name] += found
    return declared


def _page_truth(
    newsroom: Newsroom, page: Page, entry: dict[str, Any], pages: dict[str, Page], rooms: dict[str, str]
) -> PageTruth:
    """One page's entry, with the content file's own facts where the entry says nothing."""
    first = dict(entry.get("fate", {"kind": "new", "room": rooms["fate"]}))
    if "of" in first:
        first["of"] = pages[first["of"]].url
    published_at = page.published_at.astimezone(UTC)
    fates = page_fates(newsroom, page, Fate(**first), rooms["fate"])
    texts = page_texts(newsroom, page)
    return PageTruth(
        key=page.key,
        url=page.url,
        source_id=page.outlet.outlet_id,
        day=next(iter(fates), published_at.date()),
        fates=fates,
        story=entry.get("story"),
        event=entry.get("event"),
        title=entry.get("title", page.title),
        authors=tuple(entry.get("authors", page.authors)),
        published_at=published_at,
        language=entry.get("language", page.outlet.language),
        kind=entry.get("kind", page.kind),
        rules=tuple(entry.get("rules", ())),
        texts=texts or {published_at.date(): "\n\n".join(page.versions[0].clean)},
        standfirst=page.standfirst,
        to_come=frozenset(entry.get("expected_to_come", ())),
    )
