"""What a run's pages mean for the articles: versions and copies of the open days anew, closed days only added to. Pure.

An open day is a function of its pages and of what stood at its start, so that hours, whole days and hours out of
order end in the same rows. What came into a day that is closed, or before one, is only added.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.articles.changes import ArticleChanges, Outcome
from pipeline.articles.standing import DUPLICATE_DAYS, DayPages, Row, Standing
from pipeline.dedupe.duplicates import find_duplicates
from pipeline.dedupe.fingerprints import fingerprint_articles
from pipeline.dedupe.versions import VersionChanges, decide_versions
from pipeline.reasons import Cause, Reason
from pipeline.tables import ARTICLE_HISTORY, ARTICLES, DUPLICATES, EXTRACTED, FINGERPRINTS
from pipeline.tables.rows import rows_with, rows_without
from pipeline.windows import Window

# Every version of each article touched, oldest first; empty for one that the decision makes or takes back.
Chains = dict[str, list[Row]]

# What tells when a version came, and so which day it counts for; the content of two rows may be equal all the same.
_WHENCE = ("page_id", "version_window_start", "first_seen_at", "window_start")


def decide_articles(standing: Standing, *, now: datetime) -> ArticleChanges:
    """Decide days in order, each from what the ones before it came to.

    Cost: an open day's readings are compared as a whole, 0.9 s of a core for five thousand.

    Args:
        standing: What stands, and the days to decide.
        now: The run's now.
    """
    chains = _taken_back(standing)
    fingerprints = [_fingerprint(standing, chains, [a for a, chain in chains.items() if chain])]
    duplicates: list[pa.Table] = []
    told: dict[str, Outcome] = {}
    texts: dict[str, str] = {}
    for pages in standing.days:
        _touch(standing, chains, pages)
        versions = _add_versions(chains, pages, now)
        told |= versions.outcomes
        texts |= versions.texts
        fingerprints.append(_fingerprint(standing, chains, versions.current))
        duplicates.append(_attach_copies(standing, chains, pages, versions, fingerprints))
    return _changes(standing, chains, fingerprints, duplicates, told, texts)


def _taken_back(standing: Standing) -> Chains:
    """The articles as they stood before the open days, whose versions are provisional."""
    since = standing.open_since
    if since is None:
        return {}
    return {a: _before(standing.versions[a], since) for a in standing.provisional}


def _touch(standing: Standing, chains: Chains, pages: DayPages) -> None:
    """Add the articles that a day's candidates belong to, as they stood at its start; to a closed day all that is fixed counts."""
    until = Window.of_day(pages.day).start if pages.is_open else Window.of_day(standing.last_closed).end
    for article_id in set(pages.candidates["article_id"].to_pylist()).difference(chains):
        chains[article_id] = _before(standing.versions[article_id], until)


def _before(chain: Iterable[Row], instant: datetime) -> list[Row]:
    """The versions that came before an instant; copies of the rows, for what they are attached to may change."""
    return [dict(row) for row in chain if row["version_window_start"] < instant]


def _add_versions(chains: Chains, pages: DayPages, now: datetime) -> VersionChanges:
    """Add the versions that a day's candidates make to the chains."""
    concerned = {a: chains[a] for a in set(pages.candidates["article_id"].to_pylist())}
    changes = decide_versions(
        pages.candidates,
        ARTICLES.rows([chain[-1] for chain in concerned.values() if chain]),
        ARTICLE_HISTORY.rows([row for chain in concerned.values() for row in chain[:-1]]),
        causes=dict.fromkeys(pages.released, Cause.RELEASE),
        now=now,
        host_lines=pages.host_lines,
    )
    superseded = defaultdict(list)
    for row in changes.superseded:
        superseded[row["article_id"]].append(row)
    for article_id, current in changes.current.items():
        chains[article_id] = [*chains[article_id][:-1], *superseded[article_id], current]
    return changes


def _fingerprint(standing: Standing, chains: Chains, article_ids: Iterable[str]) -> pa.Table:
    """Fingerprints of articles as their chains stand; those of a text that stood already are taken over."""
    rows = [chains[article_id][-1] for article_id in sorted(article_ids)]
    same = [row["article_id"] for row in rows if _is_current(standing.current.get(row["article_id"]), row)]
    stored = rows_with(standing.fingerprints, "article_id", same)
    kept = set(stored["article_id"].to_pylist())
    fresh = fingerprint_articles(ARTICLES.rows([row for row in rows if row["article_id"] not in kept]))
    return pa.concat_tables([stored, fresh])


def _is_current(stored: Row | None, row: Row) -> bool:
    """Whether the stored current version is this one, and so its fingerprint too."""
    return stored is not None and all(stored[name] == row[name] for name in ("text_sha256", "version", "day"))


def _attach_copies(
    standing: Standing, chains: Chains, pages: DayPages, versions: VersionChanges, fingerprints: Sequence[pa.Table]
) -> pa.Table:
    """Find which of a day's new articles are copies, and mark every version of theirs; gives DUPLICATES rows."""
    new = ARTICLES.rows([chains[article_id][-1] for article_id in sorted(versions.first)])
    duplicates = find_duplicates(
        new,
        rows_with(fingerprints[-1], "article_id", new["article_id"].to_pylist()),
        known=_known(standing, chains, pages, versions.first),
        known_fingerprints=_known_fingerprints(standing, chains, pages, versions.first, fingerprints),
        texts_of=lambda article_ids: _texts(standing, chains, pages, article_ids),
    )
    for row in duplicates.select(["article_id", "canonical_id"]).to_pylist():
        for version in chains[row["article_id"]]:
            version["duplicate_of"] = row["canonical_id"]
    return duplicates


def _known(standing: Standing, chains: Chains, pages: DayPages, first: Mapping[str, Row]) -> pa.Table:
    """The articles that copies may belong to: of an open day, only those of the days before it."""
    stored = rows_without(standing.known, "article_id", chains)
    if pages.is_open:
        stored = stored.filter(pc.less(stored["day"], pa.scalar(pages.day, pa.date32())))
    stored = stored.drop_columns("day")
    ours = [
        {name: chain[-1][name] for name in stored.column_names}
        for article_id, chain in chains.items()
        if chain and article_id not in first and (chain[-1]["day"] < pages.day or not pages.is_open)
    ]
    return pa.concat_tables([stored, pa.Table.from_pylist(ours, schema=stored.schema)])


def _known_fingerprints(
    standing: Standing, chains: Chains, pages: DayPages, first: Mapping[str, Row], fingerprints: Sequence[pa.Table]
) -> pa.Table:
    """Fingerprints of the days around, in their newest form; an article that is taken back has none."""
    newer = _newest(fingerprints)
    gone = [article_id for article_id, chain in chains.items() if not chain]
    stored = rows_without(standing.fingerprints, "article_id", [*newer["article_id"].to_pylist(), *gone])
    both = pa.concat_tables([stored, newer])
    earliest, latest = pages.day - DUPLICATE_DAYS, pages.day + DUPLICATE_DAYS
    is_near = pc.greater_equal(both["day"], pa.scalar(earliest, pa.date32()))
    if pages.is_open:
        is_near = pc.and_(is_near, pc.less(both["day"], pa.scalar(pages.day, pa.date32())))
    else:
        is_near = pc.and_(is_near, pc.less_equal(both["day"], pa.scalar(latest, pa.date32())))
    return rows_without(both.filter(is_near), "article_id", first)


def _texts(standing: Standing, chains: Chains, pages: DayPages, article_ids: Sequence[str]) -> dict[str, str]:
    """Texts as they stood at an open day's end; for a closed day, at the end of the last closed one.

    So an article that came first on a later closed day, loaded before this one, takes the copies of this day.
    """
    texts = {a: chain[-1]["text"] for a in article_ids if (chain := chains.get(a))}
    as_of: date = pages.day if pages.is_open else standing.last_closed
    return texts | standing.texts_as_of([a for a in article_ids if a not in texts], as_of)


def _changes(
    standing: Standing,
    chains: Chains,
    fingerprints: Sequence[pa.Table],
    duplicates: Sequence[pa.Table],
    told: Mapping[str, Outcome],
    texts: Mapping[str, str],
) -> ArticleChanges:
    """All days together, against what is stored."""
    copies = pa.concat_tables([DUPLICATES.empty(), *duplicates])
    return ArticleChanges(
        articles=ARTICLES.rows([chain[-1] for chain in chains.values() if chain]),
        history=ARTICLE_HISTORY.rows([row for chain in chains.values() for row in chain[:-1]]),
        duplicates=copies,
        fingerprints=_newest(fingerprints),
        gone=_gone_versions(standing, chains) | {"duplicates": _gone_duplicates(standing, copies)},
        outcomes=_outcomes(standing, chains, told, texts),
        placed=frozenset(told),
        boilerplate=pa.concat_tables([EXTRACTED.empty(), *(pages.walls for pages in standing.days)]),
        boilerplate_details={page: why for pages in standing.days for page, why in pages.wall_details.items()},
    )


def _gone_versions(standing: Standing, chains: Chains) -> dict[str, list[tuple[Any, ...]]]:
    """Keys of the stored rows that come out no more, or came otherwise than is known now."""
    gone: dict[str, list[tuple[Any, ...]]] = {"articles": [], "fingerprints": [], "article_history": []}
    for article_id, chain in chains.items():
        current = standing.current.get(article_id)
        earlier = {row["version"] for row in chain[:-1]}
        for row in standing.versions[article_id]:
            if row is not current:
                if row["version"] not in earlier or _came_otherwise(row, chain):
                    gone["article_history"].append((article_id, row["version"]))
            elif not chain or _came_otherwise(row, chain):
                gone["articles"].append((article_id,))
        if current is not None and not chain:
            gone["fingerprints"].append((article_id,))
    return gone


def _came_otherwise(stored: Row, chain: Sequence[Row]) -> bool:
    """Whether a stored version is now known from an earlier page: its row is replaced even if all else is equal."""
    same = next((row for row in chain if row["version"] == stored["version"]), None)
    return same is not None and any(same[name] != stored[name] for name in _WHENCE)


def _gone_duplicates(standing: Standing, copies: pa.Table) -> list[tuple[Any, ...]]:
    """Keys of the open days' stored duplicates that are none any more."""
    keys = [*DUPLICATES.key, "day"]
    now = {tuple(row.values()) for row in copies.select(keys).to_pylist()}
    return [key for day, stored in standing.duplicates.items() for key in stored if (*key, day) not in now]


def _outcomes(
    standing: Standing, chains: Chains, told: Mapping[str, Outcome], texts: Mapping[str, str]
) -> dict[str, tuple[str, str | None]]:
    """Outcomes of the run's pages as the warehouse sees them: what was stored before is not new again."""
    walls = {page for pages in standing.days for page in pages.wall_details}
    read_before = frozenset[str]().union(*(pages.standing for pages in standing.days))
    outcomes: dict[str, tuple[str, str | None]] = {}
    for page_id in standing.passed["page_id"].to_pylist():
        if page_id in walls:
            outcomes[page_id] = ("quarantined", Reason.BOILERPLATE)
        elif page_id in read_before:
            outcomes[page_id] = ("unchanged", None)
        elif page_id not in told:
            outcomes[page_id] = ("quarantined", "dropped")
        else:
            outcomes[page_id] = _outcome(standing, chains, told[page_id], texts[page_id])
    return outcomes


def _outcome(standing: Standing, chains: Chains, told: Outcome, text_sha256: str) -> tuple[str, str | None]:
    """One page's outcome."""
    outcome, article_id, reason = told
    stored = standing.versions[article_id]
    if outcome == "unchanged" or any(row["text_sha256"] == text_sha256 for row in stored):
        return "unchanged", reason
    if stored:
        return "updated", reason
    is_copy = outcome == "new" and chains[article_id][-1]["duplicate_of"]
    return ("duplicates" if is_copy else outcome), reason


def _newest(tables: Sequence[pa.Table]) -> pa.Table:
    """Fingerprints, each article's newest one."""
    rows = {row["article_id"]: row for table in tables for row in table.to_pylist()}
    return FINGERPRINTS.rows(list(rows.values()))
