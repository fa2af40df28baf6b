"""The registered sources, and what the warehouse knows of each."""

from __future__ import annotations

from pipeline.explain.layout import format_time
from pipeline.explain.rows import Facts, records
from pipeline.fetch.sources import Registry, entry_of
from pipeline.store.warehouse import Warehouse

_STATES = "SELECT source_id, last_success_at, last_new_item_at, failure_streak, next_fetch_at FROM feed_state"
_COLUMNS = ("publisher", "owner", "country", "language", "section")


def registered_sources(registry: Registry, warehouse: Warehouse) -> list[Facts]:
    """One row a source, in the file's order; where it was never asked, or there is no warehouse yet, its state says so."""
    snapshot = warehouse.latest()
    known: dict[str, Facts] = {}
    if snapshot.number:
        with snapshot.connect(tables=["feed_state"], views=()) as connection:
            known = {row["source_id"]: row for row in records(connection, _STATES)}
    facts = []
    for source in registry.sources:
        state = known.get(source.source_id, {})
        facts.append(
            {
                "source_id": source.source_id,
                "kind": source.kind,
                "enabled": source.enabled,
                "url": source.url,
                "paths": [str(path) for path in source.paths],
                **{name: entry_of(source).get(name) for name in _COLUMNS},
                **{name: state.get(name) for name in ("last_success_at", "last_new_item_at", "next_fetch_at")},
                "failure_streak": state.get("failure_streak", 0),
                "state": _state(state),
            }
        )
    return facts


def _state(state: Facts) -> str:
    """How it went the last times, in a few words."""
    if not state:
        return "never asked"
    if state["failure_streak"]:
        return f"failed {state['failure_streak']} times in a row"
    return f"answered {format_time(state['last_success_at'])}"
