"""What a run asks, and of whom: its sources, what is known of them, and the pages that its window holds already."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import UsageError
from pipeline.fetch.asking import fetch_sources
from pipeline.fetch.inbox import read_inbox
from pipeline.fetch.records import FetchResult, Ledger
from pipeline.fetch.sources import Registry, Source, inbox_source, load_registry, warc_source
from pipeline.stages.run import Run
from pipeline.store.snapshot import Snapshot
from pipeline.tables import PAGES, SOURCES
from pipeline.text.urls import clean_url

MOST_GROUPS = 32
# A URL that was stored or refused within so many days is known, and asked again only if its listing says it changed.
KNOWN_DAYS = 30
# A window may ask the network until so long after its end; later runs of it work from stored pages.
ASKING_TIME = timedelta(hours=1)


def sources_of(run: Run, source_ids: Sequence[str] | None = None) -> list[Source]:
    """The sources of a run: the folder or archives it was given, else registered ones.

    Args:
        source_ids: Only these; None takes those that the run names, or all that are enabled.
    Raises:
        SettingsError: the sources file is malformed.
        UsageError: a source that is not in it.
    """
    if run.inbox is not None:
        return [inbox_source(run.inbox)]
    if run.archives:
        return [warc_source(run.archives)]
    registry: Registry = load_registry(run.settings.sources)
    wanted = source_ids or run.source_ids
    if not wanted:
        return [source for source in registry.sources if source.enabled]
    unknown = sorted(set(wanted) - set(registry.by_id))
    if unknown:
        known = ", ".join(registry.by_id) or "none"
        raise UsageError(f"there is no source {unknown[0]!r} in {run.settings.sources}; registered are: {known}")
    return [registry.by_id[source_id] for source_id in wanted]


def groups_of(sources: Sequence[Source]) -> list[dict[str, Any]]:
    """One group a host while there are at most 32 hosts, else at most 32 groups; no host stands in two of them.

    Within a group requests to one host keep their gap, so each host sees one polite connection.
    """
    hosts: dict[str, list[str]] = {}
    for source in sources:
        hosts.setdefault(source.host or source.source_id, []).append(source.source_id)
    if len(hosts) <= MOST_GROUPS:
        return [{"key": "+".join(ids), "source_ids": ids} for ids in hosts.values()]
    groups: dict[int, list[str]] = {}
    for host, ids in hosts.items():
        groups.setdefault(zlib.crc32(host.encode()) % MOST_GROUPS, []).extend(ids)
    return [{"key": f"group-{number:02d}", "source_ids": ids} for number, ids in sorted(groups.items())]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What one source brought, with the pages that the window held already counted in."""

    source: Source
    result: FetchResult


def ask_sources(run: Run, sources: Sequence[Source], snapshot: Snapshot) -> list[Asked]:
    """Ask sources for their window, and add what the warehouse holds of that window.

    Raises:
        InputError: a folder or archive cannot be read.
    """
    listed = [source for source in sources if source.kind in ("feed", "sitemap")]
    results: dict[str, FetchResult] = {}
    if listed:
        answers = fetch_sources(
            listed,
            settings=run.settings,
            window=run.window,
            now=run.now,
            run_id=run.run_id,
            states=snapshot.read("feed_state"),
            known_urls=known_urls(snapshot, run.window.day),
            already=snapshot.read(
                "fetches", days=[run.window.day], where=pc.field("window_start") == _instant(run.window.start)
            ),
            may_ask=run.now <= run.window.end + ASKING_TIME,
            clock=None if run.now == run.window.end else _wall_clock,
        )
        results = {source.source_id: answer for source, answer in zip(listed, answers, strict=True)}
    for source in sources:
        if source.kind == "inbox":
            results[source.source_id] = read_inbox(
                source.paths[0],
                source_id=source.source_id,
                window=run.window,
                now=run.now,
                run_id=run.run_id,
                page_max_bytes=run.settings.page_max_bytes,
            )
        elif source.kind == "warc":  # its captures were landed before, each in the hour it was made
            results[source.source_id] = Ledger(source.source_id).result()
    return [
        Asked(source=source, result=_with_stored(results[source.source_id], source.source_id, run, snapshot))
        for source in sources
    ]


def _with_stored(result: FetchResult, source_id: str, run: Run, snapshot: Snapshot) -> FetchResult:
    """Add the pages of this window that an earlier run stored: they are worked on again, from what is kept."""
    inside = (pc.field("window_start") >= _instant(run.window.start)) & (
        pc.field("window_start") < _instant(run.window.end)
    )
    stored = snapshot.read("pages", days=list(run.window.days()), where=inside & (pc.field("source_id") == source_id))
    again = stored.filter(pc.invert(pc.is_in(stored["page_id"], value_set=result.pages["page_id"].combine_chunks())))
    if not again.num_rows:
        return result
    report = result.report
    report.receive(again["source_id"].to_pylist())
    report.settle("new", again["source_id"].to_pylist())
    return replace(result, pages=pa.concat_tables([result.pages, again]))


def known_urls(snapshot: Snapshot, day: date) -> dict[str, datetime]:
    """Cleaned URLs that need not be asked, with the time of their last capture or refusal."""
    days = [day + timedelta(days=n) for n in range(-KNOWN_DAYS, KNOWN_DAYS + 1)]
    pages = snapshot.read("pages", columns=["requested_url", "final_url", "fetched_at"], days=days)
    refused = snapshot.read(
        "quarantine",
        columns=["record_json", "recorded_at"],
        days=days,
        where=(pc.field("stage") == "fetch") & (pc.field("status") != "released"),
    )
    seen: dict[str, datetime] = {}
    for row in pages.to_pylist():
        _note(seen, (row["requested_url"], row["final_url"]), row["fetched_at"])
    for row in refused.to_pylist():
        _note(seen, (json.loads(row["record_json"]).get("url"),), row["recorded_at"])
    return seen


def _note(seen: dict[str, datetime], urls: Iterable[str | None], at: datetime) -> None:
    """Remember the latest time at which each URL was dealt with."""
    for url in urls:
        key = clean_url(url) if url else None
        if key is not None and (key not in seen or seen[key] < at):
            seen[key] = at


def source_rows(sources: Iterable[Source], now: datetime) -> pa.Table:
    """The registry as SOURCES rows."""
    return SOURCES.rows(
        [
            {
                "source_id": source.source_id,
                "kind": source.kind,
                "url": source.url,
                "publisher": source.publisher,
                "language": source.language,
                "enabled": source.enabled,
                "recorded_at": now,
            }
            for source in sources
        ]
    )


def _instant(instant: datetime) -> pa.Scalar:
    return pa.scalar(instant, PAGES.schema.field("window_start").type)


def _wall_clock() -> datetime:
    return datetime.now(UTC)
