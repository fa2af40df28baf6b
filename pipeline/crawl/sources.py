"""The sources of a run, and how they are shared out over its fetch tasks."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa

from pipeline.errors import UsageError
from pipeline.fetch.sources import Registry, Source, inbox_source, load_registry, warc_source
from pipeline.runs.run import Run
from pipeline.tables import SOURCES

MOST_GROUPS = 32


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
