"""Articles, versions and copies of the open days, decided anew from all their pages at every commit.

An open day is a pure function of its pages and of what stood at its start, so that hours, whole days and hours out of
order end in the same rows. What came into a day that is closed, or before one, is only added.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.articles.as_of import articles_as_of
from pipeline.articles.changes import Decision
from pipeline.articles.quarantine import Decisions, read_decisions
from pipeline.dedupe.duplicates import find_duplicates
from pipeline.dedupe.fingerprints import fingerprint_articles
from pipeline.dedupe.identities import find_boilerplate, settle_identities
from pipeline.dedupe.versions import VersionChanges, decide_versions
from pipeline.reasons import Cause, Reason
from pipeline.store.snapshot import Snapshot
from pipeline.tables import ARTICLE_HISTORY, ARTICLES, DUPLICATES, EXTRACTED, FINGERPRINTS
from pipeline.windows import Window

# How far apart two articles may stand and still be compared as copies.
DUPLICATE_DAYS = timedelta(days=7)

Row = dict[str, Any]

_READING = ("page_id", "extractor_version", "text_sha256")
# What tells when a version came, and so which day it counts for; the content of two rows may be equal all the same.
_WHENCE = ("page_id", "version_window_start", "first_seen_at", "window_start")
_VERSIONED = ("articles", "article_history")
_KNOWN = ("article_id", "duplicate_of", "language", "canonical_url", "publisher")


def decide_articles(
    snapshot: Snapshot, judged: pa.Table, passed: pa.Table, *, released: frozenset[str], now: datetime
) -> Decision:
    """Decide what a run's pages mean for the articles.

    Cost: the open day's extractions are read and compared as a whole, 0.9 s of a core for five thousand.

    Args:
        snapshot: The latest state, read under the lock.
        judged: EXTRACTED rows of all pages of the run, refusals among them.
        passed: Those that passed their expectations.
        released: Pages of the run that a person lets in with this commit.
        now: The run's now.
    """
    days = sorted(set(judged["day"].to_pylist()))
    last_closed = max(snapshot.closed_days, default=date.min)
    stored = {file.day for file in snapshot.manifest.files("extractions") if file.day}
    open_days = sorted(day for day in stored.union(days) if last_closed < day and days[0] <= day)
    deciding = _Deciding(snapshot, judged, passed, released, now)
    if open_days:
        deciding.take_back(open_days)
    for day in days:
        if day <= last_closed:
            deciding.add_to_closed(day, last_closed)
    for day in open_days:
        deciding.decide_anew(day)
    return deciding.decision()


class _Deciding:
    """One commit on its way. Days are decided in order; each sees what the ones before it came to."""

    def __init__(
        self, snapshot: Snapshot, judged: pa.Table, passed: pa.Table, released: frozenset[str], now: datetime
    ) -> None:
        self._snapshot = snapshot
        self._judged = judged
        self._passed = passed
        self._released = released
        self._now = now
        self._chains: dict[str, list[Row]] = {}  # every version of each article touched, oldest first
        self._duplicates: list[pa.Table] = []
        self._gone_duplicates: list[tuple[Any, ...]] = []
        self._fingerprints: list[pa.Table] = []
        self._outcomes: dict[str, tuple[str, str, str | None]] = {}
        self._standing: frozenset[str] = frozenset()
        self._boilerplate: list[pa.Table] = []
        self._boilerplate_details: dict[str, str] = {}

    def take_back(self, days: Sequence[date]) -> None:
        """Leave the articles as they stood before the open days, whose versions are provisional."""
        start = Window.of_day(days[0]).start
        self._read_chains(self._with_versions_since(start, days), before=start)
        self._fingerprints.append(
            self._fingerprinted(article_id for article_id, chain in self._chains.items() if chain)
        )

    def add_to_closed(self, day: date, last_closed: date) -> None:
        """Add what passed to a day whose rows are fixed: nothing that stands there moves.

        A page that was let in before keeps what it was taken for: what came since may tell of a template or a wall.
        """
        decisions, evidence, _, own = self._pages_of(day)
        standing = self._read_before(day) - decisions.held - decisions.dropped
        self._standing |= standing
        candidates = _less(_only(evidence, "page_id", own), "page_id", standing)
        candidates = self._without_boilerplate(candidates, evidence, decisions)
        self._read_chains(candidates["article_id"], before=Window.of_day(last_closed).end)
        changes = self._decide_versions(day, candidates, decisions)
        self._attach_copies(day, changes, is_open=False, as_of=last_closed)

    def decide_anew(self, day: date) -> None:
        """Decide a day from all its pages, in place of what was decided before."""
        decisions, evidence, others, own = self._pages_of(day)
        accepted = pa.chunked_array([*others.chunks, *own.chunks], pa.string())
        candidates = self._without_boilerplate(_only(evidence, "page_id", accepted), evidence, decisions)
        self._read_chains(candidates["article_id"], before=Window.of_day(day).start)
        changes = self._decide_versions(day, candidates, decisions)
        self._attach_copies(day, changes, is_open=True, as_of=day)

    def _pages_of(self, day: date) -> tuple[Decisions, pa.Table, pa.ChunkedArray, pa.ChunkedArray]:
        """What persons decided; the day's readings, identities settled; ids of the stored ones let in, and of the run's."""
        decisions = read_decisions(self._snapshot, [day])
        ours = self._judged.filter(pc.equal(self._judged["day"], pa.scalar(day, pa.date32())))
        stored = _less(self._snapshot.read("extractions", days=[day]), "page_id", ours["page_id"].to_pylist())
        evidence = pa.concat_tables([stored, ours.cast(stored.schema)])
        evidence = settle_identities(evidence.filter(pc.is_null(evidence["reason"])))
        others = _less(stored, "page_id", decisions.objected | decisions.dropped)["page_id"]
        own = _less(self._passed, "page_id", decisions.dropped - self._released)["page_id"]
        return decisions, evidence, others, own

    def _read_before(self, day: date) -> frozenset[str]:
        """The run's pages of a day that were stored with this very reading."""
        stored = self._snapshot.read("extractions", columns=list(_READING), days=[day])
        known = {tuple(row.values()) for row in stored.select(_READING).to_pylist()}
        ours = (tuple(row.values()) for row in self._passed.select(_READING).to_pylist())
        return frozenset(str(reading[0]) for reading in ours if reading in known)

    def _with_versions_since(self, start: datetime, days: Sequence[date]) -> pa.ChunkedArray:
        """Ids of the stored articles with a version of these days, whose page was read here."""
        where = pc.field("version_window_start") >= pa.scalar(start, pa.timestamp("us", "UTC"))
        rows = pa.concat_tables(
            self._snapshot.read(name, columns=["article_id", "page_id"], where=where) for name in _VERSIONED
        )
        read = self._snapshot.read("extractions", columns=["page_id"], days=days)
        return rows.filter(pc.is_in(rows["page_id"], value_set=read["page_id"].combine_chunks()))["article_id"]

    def _without_boilerplate(self, candidates: pa.Table, evidence: pa.Table, decisions: Decisions) -> pa.Table:
        """Candidates less those whose text stands for no article, which are noted."""
        let_in = decisions.released | self._released
        found = {page: why for page, why in find_boilerplate(evidence).items() if page not in let_in}
        walls = _only(candidates, "page_id", pa.chunked_array([pa.array([*found], pa.string())]))
        self._boilerplate.append(walls)
        self._boilerplate_details |= {page: found[page] for page in walls["page_id"].to_pylist()}
        return _less(candidates, "page_id", found)

    def _read_chains(self, article_ids: pa.ChunkedArray, *, before: datetime) -> None:
        """Read the versions of articles not touched yet, those of `before` and later left out."""
        wanted = pa.array([a for a in pc.unique(article_ids).to_pylist() if a not in self._chains], pa.string())
        is_earlier = pc.field("version_window_start") < pa.scalar(before, pa.timestamp("us", "UTC"))
        where = pc.field("article_id").isin(wanted) & is_earlier
        chains: dict[str, list[Row]] = {article_id: [] for article_id in wanted.to_pylist()}
        for name in _VERSIONED:
            for row in self._snapshot.read(name, where=where).to_pylist():
                chains[row["article_id"]].append(row)
        for chain in chains.values():
            chain.sort(key=lambda row: row["version"])
        self._chains |= chains

    def _decide_versions(self, day: date, candidates: pa.Table, decisions: Decisions) -> VersionChanges:
        """Add the candidates' versions to the chains."""
        chains = {article_id: self._chains[article_id] for article_id in set(candidates["article_id"].to_pylist())}
        changes = decide_versions(
            candidates,
            ARTICLES.rows([chain[-1] for chain in chains.values() if chain]),
            ARTICLE_HISTORY.rows([row for chain in chains.values() for row in chain[:-1]]),
            causes=dict.fromkeys(decisions.released | self._released | self._asked_for(day), Cause.RELEASE),
            now=self._now,
        )
        superseded = defaultdict(list)
        for row in changes.superseded:
            superseded[row["article_id"]].append(row)
        for article_id, current in changes.current.items():
            self._chains[article_id] = [*chains[article_id][:-1], *superseded[article_id], current]
        self._outcomes |= {page_id: (o, a, reason) for page_id, (o, a, reason) in changes.outcomes.items()}
        return changes

    def _asked_for(self, day: date) -> frozenset[str]:
        """Pages of a day that were fetched because a person let their URL in."""
        is_release = pc.field("cause") == Cause.RELEASE.value
        rows = self._snapshot.read("pages", columns=["page_id"], days=[day], where=is_release)
        return frozenset(rows["page_id"].to_pylist())

    def _attach_copies(self, day: date, changes: VersionChanges, *, is_open: bool, as_of: date) -> None:
        """Find which of the day's new articles are copies of texts as they stood at a day's end; mark every version of theirs."""
        fingerprints = self._fingerprinted(changes.current)
        new = ARTICLES.rows([self._chains[article_id][-1] for article_id in sorted(changes.first)])
        duplicates = find_duplicates(
            new,
            _only(fingerprints, "article_id", new["article_id"]),
            known=self._known(day, changes, is_open=is_open),
            known_fingerprints=self._known_fingerprints(day, changes, fingerprints, is_open=is_open),
            texts_of=lambda article_ids: self._texts_of(article_ids, as_of),
        )
        for row in duplicates.select(["article_id", "canonical_id"]).to_pylist():
            for version in self._chains[row["article_id"]]:
                version["duplicate_of"] = row["canonical_id"]
        self._duplicates.append(duplicates)
        self._fingerprints.append(fingerprints)
        if is_open:
            keys = list(DUPLICATES.key)
            stored = self._snapshot.read("duplicates", columns=keys, days=[day]).select(keys).to_pylist()
            now = {tuple(row.values()) for row in duplicates.select(keys).to_pylist()}
            self._gone_duplicates += [key for row in stored if (key := tuple(row.values())) not in now]

    def _fingerprinted(self, article_ids: Iterable[str]) -> pa.Table:
        """Fingerprints of articles as their chains stand; those of a text that stood already are taken over."""
        rows = [self._chains[article_id][-1] for article_id in sorted(article_ids)]
        ids = pa.array([row["article_id"] for row in rows], pa.string())
        where = pc.field("article_id").isin(ids)
        texts = self._snapshot.read(
            "articles", columns=["article_id", "text_sha256", "version"], where=where
        ).to_pylist()
        same = {row["article_id"]: (row["text_sha256"], row["version"], row["day"]) for row in texts}
        standing = [
            row["article_id"]
            for row in rows
            if same.get(row["article_id"]) == (row["text_sha256"], row["version"], row["day"])
        ]
        stored = self._snapshot.read("fingerprints", where=pc.field("article_id").isin(pa.array(standing, pa.string())))
        kept = set(stored["article_id"].to_pylist())
        fresh = fingerprint_articles(ARTICLES.rows([row for row in rows if row["article_id"] not in kept]))
        return pa.concat_tables([stored, fresh])

    def _known(self, day: date, changes: VersionChanges, *, is_open: bool) -> pa.Table:
        """The articles that copies may belong to: of an open day, only those of the days before it."""
        stored = self._snapshot.read("articles", columns=list(_KNOWN))
        if is_open:
            stored = stored.filter(pc.less(stored["day"], pa.scalar(day, pa.date32())))
        stored = _less(stored, "article_id", self._chains)
        ours = [
            {name: chain[-1][name] for name in _KNOWN}
            for article_id, chain in self._chains.items()
            if chain and article_id not in changes.first and (chain[-1]["day"] < day or not is_open)
        ]
        stored = stored.select(list(_KNOWN))
        return pa.concat_tables([stored, pa.Table.from_pylist(ours, schema=stored.schema)])

    def _known_fingerprints(
        self, day: date, changes: VersionChanges, fingerprints: pa.Table, *, is_open: bool
    ) -> pa.Table:
        """Fingerprints of the days around, in their newest form; an article that this commit takes back has none."""
        near = [day + timedelta(days=n) for n in range(-DUPLICATE_DAYS.days, 1 if is_open else DUPLICATE_DAYS.days + 1)]
        stored = self._snapshot.read("fingerprints", days=near)
        newer = _latest([*self._fingerprints, fingerprints])
        newer = newer.filter(pc.is_in(newer["day"], value_set=pa.array(near, pa.date32())))
        gone = [article_id for article_id, chain in self._chains.items() if not chain]
        stored = _less(stored, "article_id", [*newer["article_id"].to_pylist(), *gone])
        both = pa.concat_tables([stored, newer])
        if is_open:
            both = both.filter(pc.less(both["day"], pa.scalar(day, pa.date32())))
        return _less(both, "article_id", changes.first)

    def _texts_of(self, article_ids: Sequence[str], day: date) -> dict[str, str]:
        """Texts as they stood at the day's end."""
        texts = {a: chain[-1]["text"] for a in article_ids if (chain := self._chains.get(a))}
        others = pa.chunked_array([pa.array([a for a in article_ids if a not in texts], pa.string())])
        rows = articles_as_of(self._snapshot, others, ("article_id", "text"), day)
        return texts | dict(zip(rows["article_id"].to_pylist(), rows["text"].to_pylist(), strict=True))

    def decision(self) -> Decision:
        """All days together, against what is stored."""
        ids = pa.array([*self._chains], pa.string())
        where = pc.field("article_id").isin(ids)
        columns = ["article_id", "version", "text_sha256", *_WHENCE]
        stored, past = (self._snapshot.read(name, columns=columns, where=where).to_pylist() for name in _VERSIONED)
        kept = {(row["article_id"], row["version"]) for chain in self._chains.values() for row in chain[:-1]}
        gone = [(row["article_id"],) for row in stored if not self._chains[row["article_id"]]]
        return Decision(
            articles=ARTICLES.rows([chain[-1] for chain in self._chains.values() if chain]),
            history=ARTICLE_HISTORY.rows([row for chain in self._chains.values() for row in chain[:-1]]),
            duplicates=pa.concat_tables([DUPLICATES.empty(), *self._duplicates]),
            fingerprints=_latest(self._fingerprints),
            gone={
                "articles": [*gone, *((row["article_id"],) for row in stored if self._came_otherwise(row))],
                "fingerprints": gone,
                "article_history": [
                    key
                    for row in past
                    if (key := (row["article_id"], row["version"])) not in kept or self._came_otherwise(row)
                ],
                "duplicates": self._gone_duplicates,
            },
            outcomes=self._told(stored, past),
            placed=frozenset(self._outcomes),
            boilerplate=pa.concat_tables([EXTRACTED.empty(), *self._boilerplate]),
            boilerplate_details=self._boilerplate_details,
        )

    def _came_otherwise(self, stored: Row) -> bool:
        """Whether a stored version is now known from an earlier page: its row is replaced even if all else is equal."""
        chain = self._chains[stored["article_id"]]
        same = next((row for row in chain if row["version"] == stored["version"]), None)
        return same is not None and any(same[name] != stored[name] for name in _WHENCE)

    def _told(self, stored: Iterable[Row], past: Iterable[Row]) -> dict[str, tuple[str, str | None]]:
        """Outcomes of the run's pages as the warehouse sees them: what was stored before is not new again."""
        known: dict[str, set[str]] = defaultdict(set)
        for row in (*stored, *past):
            known[row["article_id"]].add(row["text_sha256"])
        texts = dict(zip(self._passed["page_id"].to_pylist(), self._passed["text_sha256"].to_pylist(), strict=True))
        told: dict[str, tuple[str, str | None]] = {}
        for page_id, text in texts.items():
            if page_id in self._boilerplate_details:
                told[page_id] = ("quarantined", Reason.BOILERPLATE)
            elif page_id in self._standing:
                told[page_id] = ("unchanged", None)
            elif page_id not in self._outcomes:
                told[page_id] = ("quarantined", "dropped")
            else:
                told[page_id] = self._outcome(page_id, text, known)
        return told

    def _outcome(self, page_id: str, text: str, known: Mapping[str, set[str]]) -> tuple[str, str | None]:
        """One page's outcome."""
        outcome, article_id, reason = self._outcomes[page_id]
        if outcome == "unchanged" or text in known.get(article_id, ()):
            return "unchanged", reason
        if article_id in known:
            return "updated", reason
        is_copy = outcome == "new" and self._chains[article_id][-1]["duplicate_of"]
        return ("duplicates" if is_copy else outcome), reason


def _only(rows: pa.Table, column: str, values: pa.ChunkedArray) -> pa.Table:
    """The rows that hold one of the values."""
    return rows.filter(pc.is_in(rows[column], value_set=values.combine_chunks()))


def _less(rows: pa.Table, column: str, values: Iterable[str]) -> pa.Table:
    """The rows without those that hold one of the values."""
    return rows.filter(pc.invert(pc.is_in(rows[column], value_set=pa.array([*values], pa.string()))))


def _latest(tables: Sequence[pa.Table]) -> pa.Table:
    """Fingerprints, each article's newest one."""
    rows = {row["article_id"]: row for table in tables for row in table.to_pylist()}
    return FINGERPRINTS.rows(list(rows.values()))
