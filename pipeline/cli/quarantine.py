"""Commands about what was refused."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from pipeline.cli.app import AsJson, quarantine_app, show, stored_warehouse
from pipeline.cli.arguments import named_person
from pipeline.windows import parse_day


@quarantine_app.command("list")
def quarantine_list(
    reason: Annotated[str | None, typer.Option(help="Only this reason code.")] = None,
    stage: Annotated[
        str | None, typer.Option(help="Only what this stage refused: fetch, extract, validate or load_articles.")
    ] = None,
    source: Annotated[str | None, typer.Option(help="Only what this source brought.")] = None,
    status: Annotated[str | None, typer.Option(help="Only held, released or dropped.")] = None,
    day: Annotated[str | None, typer.Option(help="Only this day, e.g. 2026-03-04.")] = None,
    limit: Annotated[int, typer.Option(help="At most so many, the latest first.", min=1)] = 50,
    as_json: AsJson = False,
) -> None:
    """What was refused, the latest first."""
    from pipeline.explain.quarantine import list_quarantine

    _, warehouse = stored_warehouse()
    wanted = {"reason": reason, "stage": stage, "source_id": source, "status": status}
    facts, text = list_quarantine(warehouse, wanted, day=parse_day(day) if day else None, limit=limit)
    show(facts, as_json=as_json, text=text)


Ids = Annotated[list[str] | None, typer.Argument(help="Quarantine ids, or the start of each.")]
Reason = Annotated[str | None, typer.Option(help="All that are held for this reason code.")]
Day = Annotated[str | None, typer.Option(help="All that are held of this day, e.g. 2026-03-04.")]
By = Annotated[str | None, typer.Option(help="Who decides, or why; kept with the rows. Default: your user name.")]


@quarantine_app.command("release")
def quarantine_release(
    ids: Ids = None, reason: Reason = None, day: Day = None, by: By = None, as_json: AsJson = False
) -> None:
    """Let rows in: each goes again through the rooms from the one that refused it.

    A page that cannot be read at all stays held. The stories of an open day are clustered anew; an article of a closed
    day joins the next open one. A URL that was no page yet is asked again by the next run of its source.
    """
    from pipeline.workflow.release import choose_rows, release

    settings, warehouse = stored_warehouse()
    rows = choose_rows(
        warehouse.latest(), ids or [], reason=reason, day=parse_day(day) if day else None, statuses=("held", "dropped")
    )
    settled = release(settings, warehouse, rows, decided_by=named_person(by), started_at=datetime.now(UTC))
    show([asdict(one) for one in settled], as_json=as_json, text="\n".join(one.line for one in settled))
    if any(one.outcome == "held" for one in settled):
        raise typer.Exit(1)


@quarantine_app.command("drop")
def quarantine_drop(
    ids: Ids = None, reason: Reason = None, day: Day = None, by: By = None, as_json: AsJson = False
) -> None:
    """Keep rows out for good, however often their pages come again; `release` takes it back."""
    from pipeline.workflow.release import choose_rows, drop

    settings, warehouse = stored_warehouse()
    rows = choose_rows(warehouse.latest(), ids or [], reason=reason, day=parse_day(day) if day else None)
    settled = drop(settings, warehouse, rows, decided_by=named_person(by), started_at=datetime.now(UTC))
    show([asdict(one) for one in settled], as_json=as_json, text="\n".join(one.line for one in settled))
