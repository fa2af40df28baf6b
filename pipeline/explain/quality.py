"""How good what came in was: day by day, source by source, expectation by expectation, with the trend of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from pipeline.explain.layout import page_table, section
from pipeline.explain.rows import Facts, records
from pipeline.reasons import TELLING_KINDS
from pipeline.store.warehouse import Warehouse

DAYS = 28
_SHOWN = 12

_REFUSING = "('extract', 'validate', 'load_articles')"
_LAST = "SELECT max(day) FROM stage_counts"
_WITHIN = f"day > ({_LAST}) - $days"
_COUNTS = f"""
SELECT day, source_id, coalesce(sum(received) FILTER (stage = 'extract'), 0)::BIGINT AS pages,
       coalesce(sum(quarantined) FILTER (stage IN {_REFUSING}), 0)::BIGINT AS refused
FROM stage_counts WHERE {_WITHIN} AND stage IN {_REFUSING} GROUP BY day, source_id
"""
_KINDS = f"""
SELECT day, source_id, content_kind AS kind, count(*) AS articles FROM articles WHERE {_WITHIN} GROUP BY day, source_id, kind
"""
_REASONS = f"""
SELECT source_id, reason, count(*) AS pages FROM quarantine WHERE {_WITHIN} AND page_id IS NOT NULL GROUP BY source_id, reason
"""
_EXPECTED = f"""
SELECT day, suite, expectation, "column", severity, run_count, failed_run_count, mean_observed, greatest_observed, threshold
FROM quality_trend WHERE {_WITHIN} AND expectation <> 'set_gate'
"""
_BY_SOURCE = f"""
SELECT source_id, "column", sum(failed_row_count)::BIGINT AS failed, sum(row_count)::BIGINT AS rows
FROM quality_by_source WHERE {_WITHIN} GROUP BY source_id, expectation, "column"
HAVING failed > 0 ORDER BY source_id, failed DESC, "column"
"""


def quality_facts(warehouse: Warehouse, days: int = DAYS) -> Facts:
    """Sum up the last days that runs counted pages of; no text is read.

    Pages are counted as often as runs brought them.

    Returns:
        `days` (ISO, each one to the last), `totals`, and per `day_rows`, `sources`, `expectations` a list of rows, each with
        a `trend`: one number a day, None where nothing came. `kinds` and `reasons` by name. Empty lists where nothing ran.
    """
    snapshot = warehouse.latest()
    with snapshot.connect(
        tables=("stage_counts", "articles", "quarantine", "quality_metrics"),
        views=("quality_trend", "quality_by_source"),
    ) as connection:
        (last,) = records(connection, f"SELECT ({_LAST}) AS day")
        found = {
            name: records(connection, query, days=days)
            for name, query in (
                ("counts", _COUNTS), ("kinds", _KINDS), ("reasons", _REASONS), ("expected", _EXPECTED), ("failing", _BY_SOURCE),
            )
        }  # fmt: skip
    shown = _days(last["day"], found, days)
    return {
        "snapshot": snapshot.number,
        "days": [day.isoformat() for day in shown],
        "totals": _totals(found),
        "day_rows": [_day_row(day, found) for day in shown],
        "sources": _sources(shown, found),
        "expectations": _expectations(shown, found["expected"]),
        "kinds": _summed(found["kinds"], "kind", "articles"),
        "reasons": _summed(found["reasons"], "reason", "pages"),
    }


def quality_page(facts: Facts) -> str:
    """The facts in words and tables, the doubtful first."""
    if not facts["days"]:
        return "no run has counted a page yet"
    totals = facts["totals"]
    lines = [
        f"{facts['days'][0]} to {facts['days'][-1]}: {totals['pages']} pages, {totals['refused']} refused"
        f" ({_percent(totals['refused'], totals['pages'])}), {totals['lineless']} articles without a line"
        f" ({_percent(totals['lineless'], totals['articles'])})"
    ]
    rows = [
        (day["day"], day["pages"], day["refused"], day["lineless"], day["failed_runs"]) for day in facts["day_rows"]
    ]
    lines += section(
        "Day by day", page_table(("day", "pages", "refused", "without a line", "not held"), rows[-_SHOWN:])
    )
    worst = [(s["source_id"], s["pages"], s["refused"], s["lineless"], s["why"]) for s in facts["sources"][:_SHOWN]]
    lines += section("Sources", page_table(("source", "pages", "refused", "without a line", "most often"), worst))
    failing = [
        (
            e["column"],
            e["severity"],
            f"{e['failed_run_count']} of {e['run_count']}",
            f"{e['greatest_observed'] or 0:.3g}",
        )
        for e in facts["expectations"]
        if e["failed_run_count"]
    ]
    lines += section(
        "Expectations not held",
        page_table(("fact", "severity", "runs", "at most"), failing[:_SHOWN]) if failing else ["  none"],
    )
    return "\n".join(lines)


def _days(last: date | None, found: dict[str, list[Facts]], most: int) -> list[date]:
    """Every day from the first that has something to the last."""
    if last is None:
        return []
    some = [row["day"] for name in ("counts", "kinds", "expected") for row in found[name] if row["day"] <= last]
    first = max(min(some, default=last), last - timedelta(most - 1))
    return [first + timedelta(n) for n in range((last - first).days + 1)]


def _totals(found: dict[str, list[Facts]]) -> Facts:
    return _counted(found["counts"]) | _told(found["kinds"])


def _counted(rows: Iterable[Facts]) -> Facts:
    """Pages and refusals of some rows."""
    chosen = list(rows)
    return {name: sum(row[name] for row in chosen) for name in ("pages", "refused")}


def _told(rows: Iterable[Facts]) -> Facts:
    """Articles of some rows, and those of them that give no line."""
    chosen = list(rows)
    silent = sum(row["articles"] for row in chosen if row["kind"] not in TELLING_KINDS)
    return {"articles": sum(row["articles"] for row in chosen), "lineless": silent}


def _day_row(day: date, found: dict[str, list[Facts]]) -> Facts:
    """One day over all sources."""
    expected = [row for row in found["expected"] if row["day"] == day]
    return {
        "day": day.isoformat(),
        **_counted(row for row in found["counts"] if row["day"] == day),
        **_told(row for row in found["kinds"] if row["day"] == day),
        "failed_runs": sum(row["failed_run_count"] for row in expected),
    }


def _sources(days: Sequence[date], found: dict[str, list[Facts]]) -> list[Facts]:
    """Each source with the trend of what is refused of it, the most refused first."""
    by_source: dict[str, dict[str, list[Facts]]] = defaultdict(lambda: defaultdict(list))
    for name in ("counts", "kinds", "reasons", "failing"):
        for row in found[name]:
            by_source[row["source_id"]][name].append(row)
    rows = []
    for source_id, of in by_source.items():
        by_day = {row["day"]: row for row in of["counts"]}
        reasons = sorted(of["reasons"], key=lambda row: (-row["pages"], row["reason"]))
        failing = [f"{row['column']} {row['failed']}" for row in of["failing"][:3]]
        rows.append(
            {
                "source_id": source_id,
                **_counted(of["counts"]),
                **_told(of["kinds"]),
                "trend": [_share(by_day.get(day)) for day in days],
                "why": ", ".join([*(f"{row['reason']} {row['pages']}" for row in reasons[:3]), *failing]),
            }
        )
    return sorted(rows, key=lambda row: (-row["refused"] / max(1, row["pages"]), -row["pages"], row["source_id"]))


def _expectations(days: Sequence[date], rows: Sequence[Facts]) -> list[Facts]:
    """Each expectation with the trend of what was observed, those that did not hold first."""
    by_key: dict[tuple[str, str, str], list[Facts]] = defaultdict(list)
    for row in rows:
        by_key[row["suite"], row["expectation"], row["column"]].append(row)
    found = [
        {
            "suite": suite,
            "expectation": expectation,
            "column": column,
            "severity": of[0]["severity"],
            "threshold": of[0]["threshold"],
            "run_count": sum(row["run_count"] for row in of),
            "failed_run_count": sum(row["failed_run_count"] for row in of),
            "greatest_observed": max((row["greatest_observed"] or 0.0 for row in of), default=None),
            "trend": [next((row["mean_observed"] for row in of if row["day"] == day), None) for day in days],
        }
        for (suite, expectation, column), of in by_key.items()
    ]
    return sorted(found, key=lambda row: (-row["failed_run_count"], row["column"], row["expectation"]))


def _share(row: Facts | None) -> float | None:
    """The refused of a day's pages."""
    return None if row is None or not row["pages"] else row["refused"] / row["pages"]


def _summed(rows: Iterable[Facts], name: str, number: str) -> dict[str, Any]:
    """Numbers by name, the greatest first."""
    total: dict[str, int] = defaultdict(int)
    for row in rows:
        total[row[name]] += row[number]
    return dict(sorted(total.items(), key=lambda item: (-item[1], item[0])))


def _percent(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "none"
