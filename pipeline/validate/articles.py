"""Extracted rows judged one by one, then source by source."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any

import pyarrow as pa

from pipeline.reasons import Reason
from pipeline.tables import QUALITY_METRICS, QUARANTINE
from pipeline.tables.ids import quarantine_id
from pipeline.text.normalize import cut_text
from pipeline.validate.facts import article_facts
from pipeline.validate.gate import METRIC, SUITE_OF_GATES, Finding, SourceGate
from pipeline.validate.suites import Verdict, quiet_great_expectations, run_suite

logger = logging.getLogger(__name__)

STAGE = "validate"
_HELD = "all of them are held; look at the reasons in quarantine, then mend the cause or pass the gate with a reason"
RECORD_TEXT_CHARS = 200
OBSERVED_CHARS = 80
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """What became of a batch: passed rows + quarantined rows = rows received.

    Attributes:
        passed: EXTRACTED rows without an objection, in their order; none of a source whose gate tripped.
        quarantined: QUARANTINE rows, in the order of the rows they stand for.
        metrics: QUALITY_METRICS rows: one per expectation, where there are rows, one per expectation of single rows and source,
            and the gate of each source.
        held: Source id to why all of it is held, in a sentence.
        accepted: Source id to what its gate found, where a person's reason passed it.
    """

    passed: pa.Table
    quarantined: pa.Table
    metrics: pa.Table
    held: Mapping[str, str]
    accepted: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Objection:
    """Why a row is refused."""

    reason: str
    detail: str


def validate_articles(
    extracted: pa.Table,
    *,
    run_id: str,
    now: datetime,
    window_start: datetime,
    gates: Mapping[str, SourceGate] = MappingProxyType({}),
    released: frozenset[str] = frozenset(),
) -> Validation:
    """Hold extracted rows against the articles suite; of several objections to a row, the suite's first counts.

    Then each source is doubted as a whole: where more of it is refused than its gate allows, its rows all go to quarantine
    with reason set-gate, and the reason of its own, if a row has one, in the detail. Another source's rows are not touched.

    Loads Great Expectations on first use in a process (3 to 6 CPU seconds); after that a batch of 25 or of 1,000 rows
    takes about 0.4 s, for the cost is per expectation.

    Args:
        extracted: EXTRACTED rows that extraction did not refuse (reason null).
        run_id: Run that the quarantine rows and metrics belong to.
        now: When they are recorded; aware UTC.
        window_start: Start of the run's window, aware UTC; its date is their `day`.
        gates: By source id; a source whose pages were all refused before has one too. Rows of a source without one are
            judged one by one only.
        released: Ids of pages that a person let in: no objection to them counts.
    Raises:
        DaybookError: an expectation could not be evaluated.
    Refuses:
        too-short, bad-text, boilerplate, bad-field, set-gate
    """
    metrics, objections = _judge(extracted, released) if extracted.num_rows else ([], {})
    source_ids = extracted["source_id"].to_pylist()
    findings = _findings(source_ids, objections, gates)
    tripped = {finding.source_id: finding for finding in findings if finding.trips}
    accepted = {source_id: str(finding) for source_id, finding in tripped.items() if gates[source_id].passed_by}
    held = {source_id: f"{finding}: {_HELD}" for source_id, finding in tripped.items() if source_id not in accepted}
    for source_id, told in sorted((accepted | held).items()):
        passed_by = gates[source_id].passed_by
        logger.warning("stage=%s %s%s", STAGE, told, f"; passed all the same: {passed_by}" if passed_by else "")
    doubted = {
        i: _doubt(held[source_id], objections.get(i)) for i, source_id in enumerate(source_ids) if source_id in held
    }
    objections |= doubted
    stamp = {"run_id": run_id, "recorded_at": now, "window_start": window_start, "day": _day(window_start)}
    refused = sorted(objections)
    kept = [i for i in range(extracted.num_rows) if i not in objections]
    records = extracted.take(pa.array(refused, pa.int64())).to_pylist()
    metrics += [_gate_metric(finding, gates[finding.source_id].passed_by) for finding in findings]
    return Validation(
        passed=extracted.take(pa.array(kept, pa.int64())),
        quarantined=QUARANTINE.rows(
            [_quarantine_row(record, objections[i], stamp) for i, record in zip(refused, records, strict=True)]
        ),
        metrics=QUALITY_METRICS.rows([metric | stamp for metric in metrics]),
        held=held,
        accepted=accepted,
    )


def _judge(extracted: pa.Table, released: frozenset[str]) -> tuple[list[dict[str, object]], dict[int, _Objection]]:
    """The expectations' metrics, and the first objection to each row that fails and was not let in."""
    quiet_great_expectations()
    from expectations.articles import SUITE, articles_suite

    facts = article_facts(extracted)
    verdicts = run_suite(articles_suite(), facts)
    found = _object(verdicts, facts.to_dict("list"))
    page_ids = extracted["page_id"].to_pylist()
    metrics = [_metric_row(SUITE, verdict) for verdict in verdicts]
    metrics += _by_source(SUITE, verdicts, extracted["source_id"].to_pylist())
    return metrics, {i: objection for i, objection in found.items() if page_ids[i] not in released}


def _findings(
    source_ids: Sequence[str], objections: Mapping[int, _Objection], gates: Mapping[str, SourceGate]
) -> list[Finding]:
    """What was refused of each source that has a gate, in any room."""
    rows, refused = Counter(source_ids), Counter(source_ids[i] for i in objections)
    return [
        Finding(
            source_id=source_id,
            row_count=gate.refused_before + rows[source_id],
            refused_count=gate.refused_before + refused[source_id],
            limit=gate.limit,
        )
        for source_id, gate in sorted(gates.items())
        if gate.refused_before + rows[source_id]
    ]


def _object(verdicts: Sequence[Verdict], facts: Mapping[Any, Sequence[object]]) -> dict[int, _Objection]:
    """The first objection to each failing row, with the others named in its detail."""
    reasons: dict[int, str] = {}
    details: dict[int, list[str]] = {}
    for verdict in verdicts:
        if verdict.reason is None:
            continue
        for i in verdict.failed_rows or ():
            reasons.setdefault(i, verdict.reason)
            observed = _shorten(facts[verdict.column][i])
            details.setdefault(i, []).append(f"{verdict.field} {verdict.expects}; {verdict.column} is {observed}")
    return {i: _Objection(reason=reason, detail=" | ".join(details[i])) for i, reason in reasons.items()}


def _doubt(finding: str, own: _Objection | None) -> _Objection:
    """The objection to a row of a source that is held as a whole."""
    detail = f"{own.reason}: {own.detail}" if own else "nothing against this row itself"
    return _Objection(reason=Reason.SET_GATE, detail=f"{detail} ({finding})")


def _quarantine_row(record: Mapping[str, Any], objection: _Objection, stamp: Mapping[str, object]) -> dict[str, object]:
    """The refused record, told in a quarantine row."""
    return {
        "quarantine_id": quarantine_id(STAGE, record["page_id"], reason=objection.reason),
        "stage": STAGE,
        "page_id": record["page_id"],
        "article_id": record["article_id"],
        "source_id": record["source_id"],
        "reason": str(objection.reason),
        "detail": objection.detail,
        "record_json": _as_json(record),
        "body_sha256": record["body_sha256"],
        "extractor_version": record["extractor_version"],
        "status": "held",
        "decided_by": None,
        **stamp,
    }


def _gate_metric(finding: Finding, passed_by: str | None) -> dict[str, object]:
    """A source's gate as a metric: the share that was refused, whoever passed it."""
    return {
        "suite": SUITE_OF_GATES,
        "expectation": METRIC,
        "column": finding.source_id,
        "source_id": finding.source_id,
        "success": not finding.trips,
        "observed": finding.share,
        "threshold": finding.limit,
        "severity": "set",
        "row_count": finding.row_count,
        "passed_by": passed_by if finding.trips else None,
    }


def _metric_row(suite: str, verdict: Verdict) -> dict[str, object]:
    """One verdict as a metric."""
    return {
        "suite": suite,
        "expectation": verdict.expectation,
        "column": verdict.column,
        "success": verdict.success,
        "observed": verdict.observed,
        "threshold": verdict.threshold,
        "severity": verdict.severity,
    }


def _by_source(suite: str, verdicts: Sequence[Verdict], source_ids: Sequence[str]) -> list[dict[str, object]]:
    """What each expectation of single rows found in each source's part of the batch; bounds of a set are of all of it."""
    row_counts = sorted(Counter(source_ids).items())
    rows: list[dict[str, object]] = []
    for verdict in verdicts:
        if verdict.failed_rows is None:
            continue
        failed = Counter(source_ids[i] for i in verdict.failed_rows)
        for source_id, row_count in row_counts:
            share = failed[source_id] / row_count
            rows.append(
                _metric_row(f"{suite}@{source_id}", verdict)
                | {
                    "source_id": source_id,
                    "row_count": row_count,
                    "observed": share,
                    "success": share <= (verdict.threshold or 0.0) + _ROUNDING,
                }
            )
    return rows


def _as_json(record: Mapping[str, Any]) -> str:
    """The record as JSON, its text cut to 200 characters: enough to recognise it."""
    shown = {name: value for name, value in record.items() if value is not None}
    if "text" in shown:
        shown["text"] = shown["text"][:RECORD_TEXT_CHARS]
    return json.dumps(shown, default=_as_iso, ensure_ascii=False, sort_keys=True)


def _as_iso(value: object) -> str:
    """Instants and days as ISO text."""
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    raise TypeError(f"no JSON form for {value!r}")


def _shorten(value: object) -> str:
    """An observed value in a few words."""
    text = f"{value:.4g}" if isinstance(value, float) else repr(value) if isinstance(value, str) else str(value)
    return cut_text(text, OBSERVED_CHARS)


def _day(instant: datetime) -> date:
    """The UTC day of an instant."""
    return instant.astimezone(UTC).date()
