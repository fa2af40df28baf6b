"""Extracted rows judged one by one, then as a batch."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa

from pipeline.reasons import Reason
from pipeline.tables import QUALITY_METRICS, QUARANTINE
from pipeline.tables.ids import quarantine_id
from pipeline.text.normalize import cut_text
from pipeline.validate.facts import article_facts
from pipeline.validate.suites import Verdict, quiet_great_expectations, run_suite

logger = logging.getLogger(__name__)

STAGE = "validate"
GATE_METRIC = "set_gate"
_HELD = "the whole batch is held; look at its reasons in quarantine, then mend the cause or pass the gate with a reason"
RECORD_TEXT_CHARS = 200
OBSERVED_CHARS = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """What became of a batch: passed rows + quarantined rows = rows received.

    Attributes:
        passed: EXTRACTED rows without an objection, in their order; empty when the gate tripped.
        quarantined: QUARANTINE rows, in the order of the rows they stand for.
        metrics: QUALITY_METRICS rows, one per expectation; empty for an empty batch.
        gate: Why the batch as a whole was refused, in a sentence; None where it was not.
        accepted: What the gate found, where a person's reason passed the batch; else None.
    """

    passed: pa.Table
    quarantined: pa.Table
    metrics: pa.Table
    gate: str | None
    accepted: str | None = None


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
    set_gate_min_rows: int,
    set_gate_max_refused: float,
    accept_gate: str | None = None,
    released: frozenset[str] = frozenset(),
) -> Validation:
    """Hold extracted rows against the articles suite; of several objections to a row, the suite's first counts.

    Loads Great Expectations on first use in a process (3 to 6 CPU seconds); after that a batch of 25 or of 1,000 rows
    takes about 0.4 s, for the cost is per expectation.

    Args:
        extracted: EXTRACTED rows that extraction did not refuse (reason null).
        run_id: Run that the quarantine rows and metrics belong to.
        now: When they are recorded; aware UTC.
        window_start: Start of the run's window, aware UTC; its date is their `day`.
        set_gate_min_rows: Rows below which a batch is too small to be doubted as a whole.
        set_gate_max_refused: Share of refused rows, in [0, 1], above which the whole batch is refused: each row then
            goes to quarantine with reason set-gate, and the reason of its own, if any, in the detail.
        accept_gate: Why the gate is passed, in a person's words: rows without an objection of their own then go on although
            it tripped. Its metric tells of it all the same.
        released: Ids of pages that a person let in: no objection to them counts.
    Raises:
        DaybookError: an expectation could not be evaluated.
    Refuses:
        too-short, bad-text, boilerplate, bad-field, set-gate
    """
    if not extracted.num_rows:
        return Validation(passed=extracted, quarantined=QUARANTINE.empty(), metrics=QUALITY_METRICS.empty(), gate=None)
    quiet_great_expectations()
    from expectations.articles import SUITE, articles_suite

    facts = article_facts(extracted)
    verdicts = run_suite(articles_suite(), facts)
    let_in = {i for i, page_id in enumerate(extracted["page_id"].to_pylist()) if page_id in released}
    found = _object(verdicts, facts.to_dict("list"))
    objections = {i: objection for i, objection in found.items() if i not in let_in}
    metrics = [_metric_row(SUITE, verdict) for verdict in verdicts]
    if extracted.num_rows >= set_gate_min_rows:
        metrics.append(_gate_metric(SUITE, len(objections) / extracted.num_rows, set_gate_max_refused))
    finding = _gate_finding(extracted.num_rows, len(objections), set_gate_min_rows, set_gate_max_refused)
    gate = f"{finding}: {_HELD}" if finding and not accept_gate else None
    if finding and accept_gate:
        logger.warning("stage=%s %s; passed all the same: %s", STAGE, finding, accept_gate)
    if gate:
        logger.warning("stage=%s %s", STAGE, gate)
        objections = {i: _doubt(gate, objections.get(i)) for i in range(extracted.num_rows)}
    stamp = {"run_id": run_id, "recorded_at": now, "window_start": window_start, "day": _day(window_start)}
    refused = sorted(objections)
    kept = [i for i in range(extracted.num_rows) if i not in objections]
    records = extracted.take(pa.array(refused, pa.int64())).to_pylist()
    return Validation(
        passed=extracted.take(pa.array(kept, pa.int64())),
        quarantined=QUARANTINE.rows(
            [_quarantine_row(record, objections[i], stamp) for i, record in zip(refused, records, strict=True)]
        ),
        metrics=QUALITY_METRICS.rows([metric | stamp for metric in metrics]),
        gate=gate,
        accepted=finding if accept_gate else None,
    )


def _object(verdicts: Sequence[Verdict], facts: Mapping[Any, Sequence[object]]) -> dict[int, _Objection]:
    """The first objection to each failing row, with the others named in its detail."""
    reasons: dict[int, str] = {}
    details: dict[int, list[str]] = {}
    for verdict in verdicts:
        if verdict.reason is None:
            continue
        for i in verdict.failed_rows:
            reasons.setdefault(i, verdict.reason)
            observed = _shorten(facts[verdict.column][i])
            details.setdefault(i, []).append(f"{verdict.field} {verdict.expects}; {verdict.column} is {observed}")
    return {i: _Objection(reason=reason, detail=" | ".join(details[i])) for i, reason in reasons.items()}


def _gate_finding(row_count: int, refused_count: int, min_rows: int, max_refused: float) -> str | None:
    """What speaks against a batch as a whole, or None."""
    share = refused_count / row_count
    if row_count < min_rows or share <= max_refused:
        return None
    return (
        f"{refused_count} of {row_count} articles ({share:.0%}) break an expectation, more than the {max_refused:.0%} "
        "that a sound batch may"
    )


def _doubt(gate: str, own: _Objection | None) -> _Objection:
    """The objection to a row of a batch that is refused as a whole."""
    detail = f"{own.reason}: {own.detail}" if own else "nothing against this row itself"
    return _Objection(reason=Reason.SET_GATE, detail=f"{detail} (batch: {gate})")


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


def _gate_metric(suite: str, share: float, max_refused: float) -> dict[str, object]:
    """The set gate as a metric: the share of refused rows, whoever passed the batch."""
    return {
        "suite": suite,
        "expectation": GATE_METRIC,
        "column": "",
        "success": share <= max_refused,
        "observed": share,
        "threshold": max_refused,
        "severity": "set",
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
