"""What a commit of articles looks at: the pages of the days it touches, and what stands of the articles they concern.

Everything is read here, under the lock; what it comes to is decided in `decide`, which reads nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.articles.as_of import articles_as_of
from pipeline.articles.host_lines import read_host_lines
from pipeline.articles.quarantine import read_quarantine_state
from pipeline.dedupe.host_lines import NO_LINES, HostLines
from pipeline.dedupe.identities import find_boilerplate, settle_identities
from pipeline.reasons import WITHDRAWN_KIND, Cause
from pipeline.store.snapshot import Snapshot
from pipeline.tables import DUPLICATES, EXTRACTED
from pipeline.tables.rows import rows_with, rows_without
from pipeline.text.urls import article_id
from pipeline.windows import Window

# How far apart two articles may stand and still be compared as copies.
DUPLICATE_DAYS = timedelta(days=7)

Row = dict[str, Any]

_READING = ("page_id", "extractor_version", "text_sha256")
_VERSIONED = ("articles", "article_history")
_KNOWN = ("article_id", "duplicate_of", "language", "canonical_url", "publisher")


class TextsAsOf(Protocol):
    """Gives texts of stored articles as they stood at a day's end, by article id."""

    def __call__(self, article_ids: Sequence[str], day: date) -> dict[str, str]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DayPages:
    """The pages of one day that may be articles.

    Attributes:
        candidates: EXTRACTED rows, identities settled: of an open day all its pages, of a closed one the run's new ones.
        walls: EXTRACTED rows whose text stands for no article.
        wall_details: Why, by page id.
        standing: Ids of the run's pages that were stored with this very reading on a closed day: nothing is decided of them.
        released: Ids of pages that a person let in.
        host_lines: What is known of the candidates' hosts as of the day.
    """

    day: date
    is_open: bool
    candidates: pa.Table
    walls: pa.Table
    wall_details: Mapping[str, str]
    standing: frozenset[str]
    released: frozenset[str]
    host_lines: HostLines = NO_LINES


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What stands when a commit decides.

    Attributes:
        days: The days to decide, in order: those closed already, then the open ones.
        last_closed: The last closed day; `date.min` where none is.
        passed: The run's EXTRACTED rows that passed their expectations.
        versions: Every stored version of the articles that the days concern, oldest first; empty for an unknown one.
        current: Of these, the version that is current.
        provisional: Articles with a version of the open days, whose page was read here: it is decided anew.
        known: The articles that copies may belong to: article_id, duplicate_of, language, canonical_url, publisher, day.
        fingerprints: FINGERPRINTS rows of the days around, and of the articles concerned.
        duplicates: Keys of the DUPLICATES rows of each open day.
        texts_as_of: See `TextsAsOf`; the one thing that is read only when it is known which are wanted.
    """

    days: Sequence[DayPages]
    last_closed: date
    passed: pa.Table
    versions: Mapping[str, Sequence[Row]]
    current: Mapping[str, Row]
    provisional: frozenset[str]
    known: pa.Table
    fingerprints: pa.Table
    duplicates: Mapping[date, Sequence[tuple[Any, ...]]]
    texts_as_of: TextsAsOf

    @property
    def open_since(self) -> datetime | None:
        """The start of the first open day; None where no day is open."""
        return next((Window.of_day(pages.day).start for pages in self.days if pages.is_open), None)


def read_standing(snapshot: Snapshot, judged: pa.Table, passed: pa.Table, *, released: frozenset[str]) -> Standing:
    """Read what a run's pages touch: their days, and every open day that follows one of them.

    Args:
        snapshot: The latest state, read under the lock.
        judged: EXTRACTED rows of all pages of the run, refusals among them.
        passed: Those that passed their expectations.
        released: Pages of the run that a person lets in with this commit.
    """
    touched = sorted(set(judged["day"].to_pylist()))
    last_closed = max(snapshot.closed_days, default=date.min)
    stored = {file.day for file in snapshot.manifest.files("extractions") if file.day}
    closed = [day for day in touched if day <= last_closed]
    still_open = sorted(day for day in stored.union(touched) if last_closed < day and touched[0] <= day)
    days = [
        *(_closed_day(snapshot, day, judged, passed, released) for day in closed),
        *(_open_day(snapshot, day, judged, passed, released) for day in still_open),
    ]
    provisional = _provisional(snapshot, still_open)
    concerned = provisional.union(*(pages.candidates["article_id"].to_pylist() for pages in days))
    versions, current = _versions_of(snapshot, concerned)
    return Standing(
        days=days,
        last_closed=last_closed,
        passed=passed,
        versions=versions,
        current=current,
        provisional=provisional,
        known=_known(snapshot, days),
        fingerprints=_fingerprints_for(snapshot, days, concerned),
        duplicates={day: _duplicate_keys(snapshot, day) for day in still_open},
        texts_as_of=partial(_texts_as_of, snapshot),
    )


def stored_day(snapshot: Snapshot, day: date) -> DayPages:
    """The pages of a day that may be articles by what is stored of it alone, be it open or closed."""
    return _open_day(snapshot, day, EXTRACTED.empty(), EXTRACTED.empty(), frozenset())


def _closed_day(
    snapshot: Snapshot, day: date, judged: pa.Table, passed: pa.Table, released: frozenset[str]
) -> DayPages:
    """What a run adds to a day whose rows are fixed.

    A page that was let in before keeps what it was taken for: what came since may tell of a template or a wall.
    """
    stored, decisions = snapshot.read("extractions", days=[day]), read_quarantine_state(snapshot, [day])
    readings = _settled(stored, judged, day)
    own = rows_without(passed, "page_id", decisions.dropped - released)["page_id"]
    standing = _read_before(stored, passed) - decisions.held - decisions.dropped
    candidates = rows_without(rows_with(readings, "page_id", own), "page_id", standing)
    return _day_pages(snapshot, day, candidates, readings, decisions.released | released, standing, is_open=False)


def _open_day(snapshot: Snapshot, day: date, judged: pa.Table, passed: pa.Table, released: frozenset[str]) -> DayPages:
    """All pages of an open day, those of other runs among them."""
    stored, decisions = snapshot.read("extractions", days=[day]), read_quarantine_state(snapshot, [day])
    readings = _settled(stored, judged, day)
    kept = rows_without(stored, "page_id", judged["page_id"].to_pylist())
    kept = kept.filter(pc.is_valid(kept["text"]))  # without a text it is too old to be decided of again
    others = rows_without(kept, "page_id", decisions.objected | decisions.dropped)["page_id"]
    own = rows_without(passed, "page_id", decisions.dropped - released)["page_id"]
    candidates = rows_with(readings, "page_id", pa.chunked_array([*others.chunks, *own.chunks], pa.string()))
    return _day_pages(snapshot, day, candidates, readings, decisions.released | released, frozenset(), is_open=True)


def _settled(stored: pa.Table, judged: pa.Table, day: date) -> pa.Table:
    """All readings of a day that are no refusals, the run's in place of stored ones, their identities settled."""
    ours = judged.filter(pc.equal(judged["day"], pa.scalar(day, pa.date32())))
    others = rows_without(stored, "page_id", ours["page_id"].to_pylist())
    readings = pa.concat_tables([others, ours.cast(stored.schema)])
    return settle_identities(readings.filter(pc.is_null(readings["reason"])))


def _read_before(stored: pa.Table, passed: pa.Table) -> frozenset[str]:
    """The run's pages that were stored with this very reading."""
    known = {tuple(row.values()) for row in stored.select(list(_READING)).to_pylist()}
    ours = (tuple(row.values()) for row in passed.select(list(_READING)).to_pylist())
    return frozenset(str(reading[0]) for reading in ours if reading in known)


def _day_pages(
    snapshot: Snapshot,
    day: date,
    candidates: pa.Table,
    readings: pa.Table,
    let_in: frozenset[str],
    standing: frozenset[str],
    *,
    is_open: bool,
) -> DayPages:
    """Part the candidates from those whose text stands for no article, seen among all the day's readings."""
    found = {page: why for page, why in find_boilerplate(readings).items() if page not in let_in}
    walls = rows_with(candidates, "page_id", found)
    asked_for = snapshot.read(
        "pages", columns=["page_id"], days=[day], where=pc.field("cause") == Cause.RELEASE.value
    )  # fetched because a person let their URL in
    return DayPages(
        day=day,
        is_open=is_open,
        candidates=rows_without(candidates, "page_id", found),
        walls=walls,
        wall_details={page: found[page] for page in walls["page_id"].to_pylist()},
        standing=standing,
        released=let_in.union(asked_for["page_id"].to_pylist()),
        host_lines=read_host_lines(snapshot, day, candidates["url"].to_pylist()),
    )


def _provisional(snapshot: Snapshot, days: Sequence[date]) -> frozenset[str]:
    """Ids of the stored articles with a version of the open days whose page was read here.

    What was withdrawn, or is too old to be read again, stays as it is.
    """
    if not days:
        return frozenset()
    since = ("version_window_start", Window.of_day(days[0]).start)
    told = pc.field("content_kind") != WITHDRAWN_KIND
    columns = ["article_id", "page_id"]
    rows = pa.concat_tables(snapshot.read(name, columns=columns, where=told, since=since) for name in _VERSIONED)
    is_whole = pc.field("text").is_valid() | pc.field("reason").is_valid()
    read = snapshot.read("extractions", columns=["page_id"], days=days, where=is_whole)
    return frozenset(rows_with(rows, "page_id", read["page_id"])["article_id"].to_pylist())


def _versions_of(snapshot: Snapshot, article_ids: Iterable[str]) -> tuple[dict[str, list[Row]], dict[str, Row]]:
    """Every version of some articles, oldest first, and the current one of each."""
    versions: dict[str, list[Row]] = {article_id: [] for article_id in article_ids}
    wanted = ("article_id", pa.array([*versions], pa.string()))
    current = {row["article_id"]: row for row in snapshot.read("articles", having=wanted).to_pylist()}
    for row in [*current.values(), *snapshot.read("article_history", having=wanted).to_pylist()]:
        versions[row["article_id"]].append(row)
    for chain in versions.values():
        chain.sort(key=lambda row: row["version"])
    return versions, current


def _known(snapshot: Snapshot, days: Sequence[DayPages]) -> pa.Table:
    """The articles of the days around, those that candidates declare as their original, and the canonical ones of both.

    An original's id is that of its URL.
    """
    around = snapshot.read("articles", columns=list(_KNOWN), days=_days_around(days))
    declared = pa.concat_tables([pages.candidates.select(["declared_original_url"]) for pages in days])
    originals = [article_id(url) for url in pc.unique(declared["declared_original_url"]).drop_null().to_pylist()]
    known = pa.concat_tables([around, _articles(snapshot, set(originals), around)])
    canonical = pc.unique(known["duplicate_of"]).drop_null().to_pylist()
    return pa.concat_tables([known, _articles(snapshot, set(canonical), known)])


def _articles(snapshot: Snapshot, article_ids: set[str], known: pa.Table) -> pa.Table:
    """Articles by id that are not known yet."""
    missing = pa.array(sorted(article_ids.difference(known["article_id"].to_pylist())), pa.string())
    return snapshot.read("articles", columns=list(_KNOWN), having=("article_id", missing))


def _days_around(days: Sequence[DayPages]) -> set[date]:
    """The days whose articles those of the days may be copies of."""
    return {
        pages.day + timedelta(days=n)
        for pages in days
        for n in range(-DUPLICATE_DAYS.days, 1 if pages.is_open else DUPLICATE_DAYS.days + 1)
    }


def _fingerprints_for(snapshot: Snapshot, days: Sequence[DayPages], concerned: Iterable[str]) -> pa.Table:
    """Fingerprints of the days around, and of the articles concerned, whatever day they are of."""
    around = snapshot.read("fingerprints", days=_days_around(days))
    others = pa.array(sorted(set(concerned).difference(around["article_id"].to_pylist())), pa.string())
    return pa.concat_tables([around, snapshot.read("fingerprints", having=("article_id", others))])


def _duplicate_keys(snapshot: Snapshot, day: date) -> list[tuple[Any, ...]]:
    """The keys of a day's stored DUPLICATES rows."""
    keys = list(DUPLICATES.key)
    return [
        tuple(row.values()) for row in snapshot.read("duplicates", columns=keys, days=[day]).select(keys).to_pylist()
    ]


def _texts_as_of(snapshot: Snapshot, article_ids: Sequence[str], day: date) -> dict[str, str]:
    """Texts as they stood at a day's end."""
    wanted = pa.chunked_array([pa.array([*article_ids], pa.string())])
    rows = articles_as_of(snapshot, wanted, ("article_id", "text"), day)
    return dict(zip(rows["article_id"].to_pylist(), rows["text"].to_pylist(), strict=True))
