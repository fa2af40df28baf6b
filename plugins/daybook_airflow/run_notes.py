"""The note on a run: what it was for and what came of it, in the list of runs, without opening a log.

A task cannot write its run's note (Airflow 3.3). So tasks leave sentences as XComs, and this listener, which Airflow calls
where it closes a run, puts them together. A person's note is left as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from airflow.listeners import hookimpl

KEY = "note"
MOST_CHARS = 1000  # of a note, as Airflow's API has it
DEGRADED = "DEGRADED"


def tell(context: Mapping[str, Any], *parts: str | None) -> None:
    """Leave something for the run's note; parts that are empty are left out.

    Args:
        context: Airflow's task context.
    """
    if said := [part for part in parts if part]:
        context["ti"].xcom_push(KEY, " · ".join(said))


def ingest_parts(window: object, told: Mapping[str, Any]) -> list[str]:
    """What a run of ingest was for, what it brought and what went wrong, from what `report` returned.

    Example:
        >>> nobody = {"errors": {}, "resting": {}, "held": {}, "accepted": {}, "missed": []}
        >>> ingest_parts("09:00/10:00", nobody | {"reports": [{"stage": "load_articles", "unit": "pages", "sources": {}}]})
        ['09:00/10:00', '0 pages: 0 new, 0 updated, 0 copies, 0 refused']
    """
    from pipeline.reports import StageReport

    reports = [StageReport.from_dict(report) for report in told["reports"]]
    refused = sum(report.total.quarantined for report in reports)
    pages = next((report.total.received for report in reports if report.stage == "land"), 0)
    last = reports[-1].total
    copies = "1 copy" if last.duplicates == 1 else f"{last.duplicates} copies"
    came = f"{pages} page{'' if pages == 1 else 's'}"
    parts = [str(window), f"{came}: {last.new} new, {last.updated} updated, {copies}, {refused} refused"]
    for what, fates in (
        ("held by the set gate", told["held"]),  # which turns the run red, as no failed source does
        ("failed", told["errors"]),
        ("resting", told["resting"]),
    ):
        parts += [f"{what}: {_named(fates)}"] if fates else []
    parts += [f"gate passed for {_named(told['accepted'])}"] if told["accepted"] else []
    parts += [f"{len(told['missed'])} hours without a run closed"] if told["missed"] else []
    return [DEGRADED, *parts] if is_degraded(told) else parts


def is_degraded(told: Mapping[str, Any]) -> bool:
    """Whether a run of ingest brought less than it should have: a source failed or is held."""
    return bool(told["errors"] or told["held"])


def outcome_name(told: Mapping[str, Any]) -> str:
    """What became of a run of ingest, as its last task is named: its sources that failed or are held, or that all is well.

    Example:
        >>> outcome_name({"errors": {}, "held": {}}), outcome_name({"errors": {"wire": "timeout: no answer"}, "held": {}})
        ('well', 'DEGRADED: wire (timeout)')
    """
    held = dict.fromkeys(told["held"], "set gate")
    return f"{DEGRADED}: {_named({**told['errors'], **held})}" if is_degraded(told) else "well"


def reextraction_parts(days: Sequence[Mapping[str, Any]], *, only_say: bool) -> list[str]:
    """What reading stored pages anew changed, or would change.

    Example:
        >>> day = {"day": "2026-03-02", "pages": 9, "texts": 2, "kinds": {"news -> opinion": 1}, "refused": {}, "let_in": 0}
        >>> reextraction_parts([day], only_say=True)
        ['only said', '2026-03-02: 9 pages, 2 texts, 1 kinds, 0 refused now, 0 would pass']
    """
    parts = ["only said"] if only_say else []
    return parts + [
        f"{day['day']}: {day['pages']} pages, {day['texts']} texts, {sum(day['kinds'].values())} kinds, "
        f"{sum(day['refused'].values())} refused now, {day['let_in']} would pass"
        for day in days
    ]


def _named(fates: Mapping[str, Any], most: int = 5) -> str:
    """The first sources, each with its reason, which stands before a colon."""
    told = [f"{source_id} ({str(fate).partition(':')[0]})" for source_id, fate in sorted(fates.items())]
    more = len(told) - most
    return ", ".join(told[:most]) + (f" and {more} more" if more > 0 else "")


@hookimpl  # type: ignore[untyped-decorator]
def on_dag_run_success(dag_run: Any, msg: str) -> None:
    """Called by Airflow when a run has ended well."""
    _write_note(dag_run)


@hookimpl  # type: ignore[untyped-decorator]
def on_dag_run_failed(dag_run: Any, msg: str) -> None:
    """Called by Airflow when a run has failed."""
    _write_note(dag_run)


def _write_note(dag_run: Any) -> None:
    """Put what the tasks of a run said into its note, with the tasks that failed.

    The scheduler holds the run's row: what is written goes through its session. A test run has none of its own.
    """
    from airflow.utils.session import create_session
    from sqlalchemy.orm import object_session

    if (session := object_session(dag_run)) is not None:
        _write(dag_run, session)
        return
    from airflow.models.dagrun import DagRun

    with create_session() as own:
        _write(own.get(DagRun, dag_run.id), own)


def _write(dag_run: Any, session: Any) -> None:
    from airflow.models.xcom import XComModel

    if dag_run.dag_run_note is not None and dag_run.dag_run_note.user_id is not None:
        return
    ended = sorted(
        (ti for ti in dag_run.get_task_instances(session=session) if ti.end_date is not None),
        key=lambda ti: ti.end_date,
    )
    said = {
        row.task_id: XComModel.deserialize_value(row)
        for row in session.scalars(XComModel.get_many(run_id=dag_run.run_id, key=KEY, dag_ids=dag_run.dag_id))
    }
    parts = [said[task_id] for task_id in dict.fromkeys(ti.task_id for ti in ended) if task_id in said]
    if failed := sorted({ti.task_id for ti in ended if ti.state == "failed"}):
        parts.append(f"failed tasks: {', '.join(failed)}")
    if parts:
        dag_run.note = " · ".join(parts)[:MOST_CHARS]
