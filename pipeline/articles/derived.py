"""Readings and articles derived anew, for a file of them that is lost: from the stored pages, and from what the books say of them.

A reading is a function of its page, and the versions of an article of readings, the host's lines and what persons decided.
When a version was recorded is known by its fingerprint, else by its run. The store takes what comes of it only if the
file's hash agrees (store.made_again), so that rows which came to be in another way (an extractor of before, a body that is not kept)
are told as lost and never guessed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.articles.quarantine import read_quarantine_state
from pipeline.articles.standing import stored_day
from pipeline.articles.withdrawn import DROPPED_BY_WITHDRAWAL
from pipeline.dedupe.versions import decide_versions
from pipeline.extract.batch import extract_pages
from pipeline.reasons import Cause
from pipeline.settings import Settings
from pipeline.store.made_again import Derive, within
from pipeline.store.manifest import StoredFile
from pipeline.store.snapshot import Snapshot
from pipeline.tables import ARTICLE_HISTORY, ARTICLES, DATE, EXTRACTED, PAGES
from pipeline.tables.rows import rows_with, rows_without

Row = dict[str, Any]

_BATCH = 256
_NOT_KNOWN = datetime(1970, 1, 1, tzinfo=UTC)
_WITHOUT_BODY = tuple(name for name in PAGES.row_schema.names if name != "body")


def deriving(settings: Settings) -> Derive:
    """What repair asks for the rows of lost files; the settings bound the processes that read pages."""

    def derive(snapshot: Snapshot, table: str, file: StoredFile) -> Iterator[pa.Table]:
        if table == EXTRACTED.name:
            yield from _readings(snapshot, file, settings)
        elif file.day is not None:
            yield _versions(snapshot, table, file, file.day)

    return derive


def _readings(snapshot: Snapshot, file: StoredFile, settings: Settings) -> Iterator[pa.Table]:
    """Readings of a day's pages that no whole file holds; where a person let some in, also as if nobody had yet."""
    days = [file.day] if file.day else None
    kept = pc.field("dropped").is_null() | (pc.field("dropped") != DROPPED_BY_WITHDRAWAL)
    pages = snapshot.read("pages", columns=_WITHOUT_BODY, days=days, where=kept)
    read = snapshot.read("extractions", columns=["page_id"], days=days)
    page_ids = within(EXTRACTED, file, rows_without(pages, "page_id", read["page_id"]))["page_id"].to_pylist()
    stored = snapshot.read("sources", columns=["source_id", "publisher"])
    publishers = dict(zip(stored["source_id"].to_pylist(), stored["publisher"].to_pylist(), strict=True))
    released = read_quarantine_state(snapshot, days or []).released & set(page_ids)
    for let_in in (released, frozenset[str]()) if released else (released,):
        parts = [EXTRACTED.empty()]
        for start in range(0, len(page_ids), _BATCH):
            some = pa.array(page_ids[start : start + _BATCH], pa.string())
            parts.append(
                extract_pages(
                    snapshot.read("pages", days=days, having=("page_id", some)),
                    workers=settings.extract_workers,
                    timeout_seconds=settings.extract_timeout_seconds,
                    publishers=publishers,
                    released=let_in,
                )
            )
        yield pa.concat_tables(parts)


def _versions(snapshot: Snapshot, table: str, file: StoredFile, day: date) -> pa.Table:
    """The versions of a day's articles that no whole file of their table holds, decided from the readings of this day and later ones."""
    standing = snapshot.read("articles", columns=["article_id", "version"])
    current = dict(zip(standing["article_id"].to_pylist(), standing["version"].to_pylist(), strict=True))
    earlier = frozenset(standing.filter(pc.less(standing["day"], pa.scalar(day, DATE)))["article_id"].to_pylist())
    last = date.fromisoformat(str(file.ranges["version_window_start"][1])[:10])
    chains: dict[str, list[Row]] = {}
    for n in range((last - day).days + 1):
        _add_day(snapshot, day + timedelta(days=n), chains, earlier, may_begin=n == 0)
    if table == "articles":
        return ARTICLES.rows(_as_recorded(snapshot, day, [c[-1] for a, c in chains.items() if a not in current]))
    stored = snapshot.read("article_history", columns=["article_id", "version"], days=[day]).to_pylist()
    have = {(row["article_id"], row["version"]) for row in stored}
    past = [row for a, chain in chains.items() for row in chain if row["version"] < current.get(a, 0)]
    missing = [row for row in past if (row["article_id"], row["version"]) not in have]
    return ARTICLE_HISTORY.rows(_as_recorded(snapshot, day, missing))


def _add_day(
    snapshot: Snapshot, day: date, chains: dict[str, list[Row]], earlier: frozenset[str], *, may_begin: bool
) -> None:
    """Add the versions that a day's pages make to the chains; only the first day's may begin one."""
    pages = stored_day(snapshot, day)
    wanted = rows_with(pages.candidates, "article_id", chains)
    if may_begin:
        wanted = rows_without(pages.candidates, "article_id", earlier)
    changes = decide_versions(
        wanted,
        ARTICLES.rows([chain[-1] for chain in chains.values()]),
        ARTICLE_HISTORY.rows([row for chain in chains.values() for row in chain[:-1]]),
        causes=dict.fromkeys(pages.released, Cause.RELEASE),
        now=_NOT_KNOWN,
        host_lines=pages.host_lines,
    )
    for row in (*changes.superseded, *changes.current.values()):
        chain = chains.setdefault(row["article_id"], [])
        if all(row["version"] != known["version"] for known in chain):
            chain.append(row)
    for chain in chains.values():
        chain.sort(key=lambda row: int(row["version"]))


def _as_recorded(snapshot: Snapshot, day: date, rows: list[Row]) -> list[Row]:
    """Versions of a day's articles with what was found out of them later, and when they were recorded."""
    copies = snapshot.read("duplicates", columns=["article_id", "canonical_id"], days=[day]).to_pylist()
    canonical = {row["article_id"]: row["canonical_id"] for row in copies}
    prints = snapshot.read("fingerprints", columns=["article_id", "version", "recorded_at"], days=[day]).to_pylist()
    at = {(row["article_id"], row["version"]): row["recorded_at"] for row in prints}
    run_ids = pa.array(sorted({row["run_id"] for row in rows}), pa.string())
    runs = snapshot.read("runs", columns=["run_id", "recorded_at"], having=("run_id", run_ids)).to_pylist()
    of_run = {row["run_id"]: row["recorded_at"] for row in runs}
    return [
        row
        | {
            "duplicate_of": canonical.get(row["article_id"]),
            "recorded_at": at.get((row["article_id"], row["version"])) or of_run.get(row["run_id"], _NOT_KNOWN),
        }
        for row in rows
    ]
