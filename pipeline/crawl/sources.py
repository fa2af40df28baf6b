"""The sources of a run, and how they are shared out over its fetch tasks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa

from pipeline.errors import UsageError
from pipeline.fetch.sources import Source, inbox_source, load_registry, warc_source
from pipeline.runs.run import Run
from pipeline.tables import SOURCES


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
    registry = load_registry(run.settings.sources)
    wanted = source_ids or run.source_ids
    if not wanted:
        return [source for source in registry.sources if source.enabled]
    by_id = registry.by_id
    unknown = sorted(set(wanted) - set(by_id))
    if unknown:
        known = ", ".join(by_id) or "none"
        raise UsageError(f"there is no source {unknown[0]!r} in {run.settings.sources}; registered are: {known}")
    return [by_id[source_id] for source_id in wanted]


def groups_of(sources: Sequence[Source]) -> list[dict[str, Any]]:
    """What each fetch task asks: `listings`, with their pages, are one stream over all hosts; `folders` are read from disk.

    Returns:
        Groups of `key` and `source_ids`; one that has no source is left out.
    """
    groups: dict[str, list[str]] = {"listings": [], "folders": []}
    for source in sources:
        groups["listings" if source.is_listing else "folders"].append(source.source_id)
    return [{"key": key, "source_ids": ids} for key, ids in groups.items() if ids]


def source_rows(sources: Iterable[Source], now: datetime) -> pa.Table:
    """The registry as SOURCES rows."""
    return SOURCES.rows(
        [
            {
                "source_id": source.source_id,
                "kind": source.kind,
                "url": source.url,
                "publisher": source.publisher,
                "owner": source.owner,
                "country": source.country,
                "language": source.language,
                "section": source.section,
                "enabled": source.enabled,
                "recorded_at": now,
            }
            for source in sources
        ]
    )
