"""Commands about what was refused."""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline.cli.app import AsJson, opened_warehouse, quarantine_app, show
from pipeline.windows import parse_day


@quarantine_app.command("list")
def quarantine_list(
    reason: Annotated[str | None, typer.Option(help="Only this reason code.")] = None,
    stage: Annotated[str | None, typer.Option(help="Only what this stage refused: fetch, extract or validate.")] = None,
    source: Annotated[str | None, typer.Option(help="Only what this source brought.")] = None,
    status: Annotated[str | None, typer.Option(help="Only held, released or dropped.")] = None,
    day: Annotated[str | None, typer.Option(help="Only this day, e.g. 2026-03-04.")] = None,
    limit: Annotated[int, typer.Option(help="At most so many, the latest first.", min=1)] = 50,
    as_json: AsJson = False,
) -> None:
    """What was refused, the latest first."""
    from pipeline.stages.questions.quarantine import list_quarantine

    _, warehouse = opened_warehouse()
    wanted = {"reason": reason, "stage": stage, "source_id": source, "status": status}
    facts, text = list_quarantine(warehouse, wanted, day=parse_day(day) if day else None, limit=limit)
    show(facts, as_json=as_json, text=text)
