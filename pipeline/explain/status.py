"""How things stand: runs and their books, sources, refusals, freshness, days and disk."""

from __future__ import annotations

import shutil
from datetime import datetime

from pipeline.explain.disk import bytes_a_day, measure_disk
from pipeline.explain.freshness import lag_text, measure_freshness
from pipeline.explain.layout import count, format_time, labelled, page_table, paragraph, section, span
from pipeline.explain.recent_runs import recent_runs
from pipeline.explain.rows import Facts, records
from pipeline.explain.state import judge_state, state_line
from pipeline.reports import OUTCOMES
from pipeline.runs.gaps import DAG_ID, missed_hours
from pipeline.settings import Settings
from pipeline.store.commit import set_back_from
from pipeline.store.snapshot import Snapshot
from pipeline.store.upkeep_notes import read_upkeep, read_waits
from pipeline.store.warehouse import Warehouse

_SOURCES = """
SELECT s.source_id, s.kind, s.publisher, s.enabled, f.last_success_at, f.last_new_item_at,
       coalesce(f.failure_streak, 0) AS failure_streak, f.next_fetch_at
FROM sources s LEFT JOIN feed_state f USING (source_id) ORDER BY s.source_id
"""
_REFUSED = """
SELECT stage, reason, count(*) AS pages, count(*) FILTER (status = 'held') AS held,
       count(*) FILTER (status = 'released') AS released, count(*) FILTER (status = 'dropped') AS dropped
FROM quarantine GROUP BY stage, reason ORDER BY pages DESC, stage, reason
"""
_READINGS = "SELECT extractor_version, count(*) AS readings, count(reason) AS refused FROM extractions GROUP BY extractor_version"
_ARTICLES = "SELECT extractor_version, count(*) AS articles, count(duplicate_of) AS copies FROM articles GROUP BY extractor_version"
_TOTALS = """
SELECT (SELECT count(DISTINCT story_id) FROM story_articles) AS stories,
       (SELECT count(*) FROM digest_builds WHERE status = 'final') AS final_digests
"""
_TABLES = ("articles", "extractions", "story_articles", "digest_builds", "quarantine", "sources", "feed_state")


def warehouse_status(warehouse: Warehouse, settings: Settings, now: datetime | None = None) -> tuple[Facts, str]:
    """Today's state, the last runs with their books, sources, quarantine by reason, freshness, days and disk.

    No text and no page body is read, and no table whole: what the manifest counts is taken from it, and of the other tables a column
    or a few of each.

    Args:
        now: The time, where runs follow the clock; None on invented days, where nothing can be late.
    """
    snapshot = warehouse.latest()
    runs, older = recent_runs(snapshot)
    disk = measure_disk(warehouse.root)
    with snapshot.connect(tables=_TABLES) as connection:
        articles = records(connection, _ARTICLES)
        facts: Facts = {
            "root": str(warehouse.root),
            "snapshot": snapshot.number,
            "recorded_at": snapshot.recorded_at,
            **judge_state(warehouse, snapshot, settings, now),
            "closed_days": sorted(snapshot.closed_days),
            "open_days": sorted(
                {file.day for file in snapshot.manifest.files("articles") if file.day} - snapshot.closed_days
            ),
            "pages": _rows(snapshot, "pages"),
            "articles": _rows(snapshot, "articles"),
            "duplicates": sum(row["copies"] for row in articles),
            **records(connection, _TOTALS)[0],
            "runs": runs,
            "earlier_failures": older,
            "missed": missed_hours(snapshot),
            "sources": records(connection, _SOURCES),
            "quarantine": records(connection, _REFUSED),
            "extractors": _by_version(records(connection, _READINGS), articles),
            "freshness": measure_freshness(snapshot),
            "disk_bytes": disk.bytes,
            "inodes": {"used": disk.used, "free": disk.free},
            "free_bytes": shutil.disk_usage(warehouse.root).free,
            "bytes_a_day": bytes_a_day(snapshot),
            "set_back_from": set_back_from(warehouse.root, snapshot.number),
            "past_snapshots": len(warehouse.kept()) - 1,
            "upkeep": read_upkeep(warehouse.root),
            "lock_waits": read_waits(warehouse.root),
        }
    return facts, _text(facts)


def _rows(snapshot: Snapshot, table: str) -> int:
    """How many rows a table has, by the manifest."""
    return sum(file.rows for file in snapshot.manifest.files(table))


def _by_version(readings: list[Facts], articles: list[Facts]) -> list[Facts]:
    """What each version of the extractor read and refused, and how many articles stand as it read them, the newest first."""
    found: dict[str, Facts] = {}
    for row in (*readings, *articles):
        version = row["extractor_version"]
        told = found.setdefault(version, {"extractor_version": version, "readings": 0, "refused": 0, "articles": 0})
        told |= {name: row[name] for name in ("readings", "refused", "articles") if name in row}
    return sorted(found.values(), key=lambda row: _version_order(row["extractor_version"]), reverse=True)


def _version_order(version: str | None) -> tuple[bool, int, str]:
    """Numbers by their size; what is no number, and then what has no name, comes before them."""
    number = int(version) if version and version.isdecimal() else None
    return number is not None, number or 0, version or ""


def _text(facts: Facts) -> str:
    """The status as a page."""
    lines = [
        f"{facts['root']}, snapshot {facts['snapshot']} of {format_time(facts['recorded_at'])} UTC",
        f"{count(facts['pages'], 'page')}, {count(facts['articles'], 'article')} ({facts['duplicates']} copies), "
        f"{count(facts['stories'], 'story')}, {count(facts['final_digests'], 'final digest')}",
    ]
    lines += ["", *paragraph(state_line(facts), indent=0)]
    lines += section("Last runs", _runs(facts["runs"]))
    lines += section("Failed before these", _runs(facts["earlier_failures"]))
    missed = [(hour["window"], hour["status"], hour["detail"]) for hour in facts["missed"]]
    table = page_table(("window", "status", "detail"), missed) if missed else []
    lines += section("Hours without a run of their own, the last ones", table)
    lines += section("Sources", _sources(facts["sources"]))
    refused = [tuple(row.values()) for row in facts["quarantine"]]
    columns = ("stage", "reason", "pages", "held", "released", "dropped")
    lines += section("Quarantine", page_table(columns, refused) if refused else ["  nothing was refused"])
    read = [tuple(row.values()) for row in facts["extractors"]]
    headings = ("extractor", "pages read", "of them refused", "articles")
    lines += section("Read by extractor version", page_table(headings, read) if read else [])
    return "\n".join([*lines, *_figures(facts)])


def _runs(runs: list[Facts]) -> list[str]:
    """Each run in a line, with `!` where something is wrong; its stages, and its trouble or what it did, below it.

    What a run of news_ingest says though it succeeded is which sources failed; others say what they did.
    """
    if not runs:
        return []
    widths = {name: max(7, len(name) + 1) for name in ("received", *OUTCOMES)}  # 80 columns in all
    lines = [f"   {'stage':<13}" + "".join(f"{name:>{width}}" for name, width in widths.items())]
    for run in runs:
        mark = "!!" if run["status"] != "success" else "! " if run["detail"] and run["dag_id"] == DAG_ID else "  "
        status = run["status"].upper() if run["status"] != "success" else "success"
        began = f"began {format_time(run['started_at'])}" if run["started_at"] else ""
        lines.append(
            f"{mark}{run['dag_id']}  {span(run['window_start'], run['window_end'])}  {status}  {began}".rstrip()
        )
        lines += paragraph(run["detail"], indent=4) if run["detail"] else []
        lines += [
            f"   {stage['stage']:<13}" + "".join(f"{stage[name] or '.':>{width}}" for name, width in widths.items())
            for stage in run["stages"]
        ]
    return lines


def _sources(sources: list[Facts]) -> list[str]:
    """One line a source, `!` where it failed the last time."""
    if not sources:
        return ["  none was asked yet"]
    rows = [
        (
            "!" if s["failure_streak"] else "",
            s["source_id"] + ("" if s["enabled"] else " (off)"),
            s["kind"],
            format_time(s["last_success_at"]),
            format_time(s["last_new_item_at"]),
            s["failure_streak"],
            format_time(s["next_fetch_at"]) if s["next_fetch_at"] else "any time",
        )
        for s in sources
    ]
    columns = ("", "source", "kind", "last success", "last new item", "failed in a row", "next fetch")
    return page_table(columns, rows, indent=0)


def _figures(facts: Facts) -> list[str]:
    """Freshness, days and disk."""
    fresh, disk = facts["freshness"], facts["disk_bytes"]
    waiting = (
        f"; {fresh['waiting']} of {count(fresh['articles'], 'article')} in no digest yet" if fresh["waiting"] else ""
    )
    within = (
        f"half within {lag_text(fresh['p50_seconds'])}, 95 % within {lag_text(fresh['p95_seconds'])}"
        if fresh["p50_seconds"] is not None
        else "no article is in a digest yet"
    )
    closed = facts["closed_days"]
    span_of_days = f" ({closed[0]} to {closed[-1]})" if closed else ""
    sizes = ", ".join(f"{name} {size / 1e6:.1f} MB" for name, size in disk.items() if name != "total")
    return [
        *section(
            "Freshness, from fetch to digest, last seven stored days",
            [f"  {within}{waiting}"],
        ),
        *section(
            "Days and disk",
            [
                *labelled("closed", f"{count(len(closed), 'day')}{span_of_days}"),
                *labelled("open", ", ".join(map(str, facts["open_days"])) or "none"),
                *labelled(
                    "disk", f"{disk['total'] / 1e6:.1f} MB: {sizes}; {facts['free_bytes'] / 1e9:.1f} GB are free"
                ),
                *labelled("growth", f"{facts['bytes_a_day'] / 1e6:.2f} MB a day, over the last seven days with rows"),
                *labelled("inodes", f"{facts['inodes']['used']} used, {facts['inodes']['free']} free"),
                *labelled("past", f"{count(facts['past_snapshots'], 'snapshot')} before the current one can be read"),
                *_set_back(facts["set_back_from"]),
                *labelled("upkeep", _upkeep(facts["upkeep"])),
                *labelled("lock", _waits(facts["lock_waits"])),
            ],
        ),
    ]


def _set_back(last: int | None) -> list[str]:
    """What is wrong with `current`; nothing where it leads to the last snapshot."""
    if last is None:
        return []
    return labelled("current", f"!! set back: snapshot {last} was published; `daybook warehouse repair` sets it right")


def _upkeep(upkeep: Facts) -> str:
    """What each step last did, in the order of the nightly run."""
    steps = [name for name in ("pages", "expire", "gc", "compact") if name in upkeep]
    return "; ".join(f"{name} {upkeep[name]['at'][:16]}: {upkeep[name]['did']}" for name in steps) or "never done"


def _waits(waits: list[Facts]) -> str:
    """The longest of the noted waits, and the last."""
    if not waits:
        return "no writer waited a second for another one"
    longest = max(waits, key=lambda wait: float(wait["seconds"]))
    return (
        f"of the last {count(len(waits), 'wait')} the longest took {longest['seconds']} s ({longest['at'][:16]}),"
        f" the last {waits[-1]['seconds']} s ({waits[-1]['at'][:16]})"
    )
