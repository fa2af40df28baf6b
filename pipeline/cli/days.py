"""Commands about a day as a whole."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from pipeline.cli.app import AsJson, day_app, show, stored_warehouse
from pipeline.cli.arguments import named_person
from pipeline.errors import UsageError
from pipeline.windows import parse_day

Day = Annotated[str, typer.Argument(help="The day, e.g. 2026-03-04.")]


@day_app.command("reopen")
def day_reopen(
    date: Day,
    why: Annotated[str, typer.Option(help="Why; the books keep it.")],
    by: Annotated[str | None, typer.Option(help="Who decides; kept with it. Default: your user name.")] = None,
    as_json: AsJson = False,
) -> None:
    """Open the last closed day again, if it was closed before its end or with hours missing.

    Its hours may then be loaded, and the day closed again: ids stay, and the digest that was final is superseded.
    """
    from pipeline.workflow.local_run import reopen_day

    settings, warehouse = stored_warehouse()
    if not why.strip():
        raise UsageError("--why needs the reason in words; the books keep it")
    person = named_person(by)
    facts = reopen_day(settings, warehouse, parse_day(date), started_at=datetime.now(UTC), by=person, why=why.strip())
    text = (
        f"{facts['day']} is open again; digest {facts['superseded'][:12]} is superseded."
        f" Load its hours, then `daybook day close {facts['day']}`"
    )
    show(facts, as_json=as_json, text=text)


@day_app.command("close")
def day_close(date: Day, as_json: AsJson = False) -> None:
    """Close a day that is over and publish its final digest, with whatever hours there are; a closed one stays as it is."""
    from pipeline.fetch.sources import load_registry
    from pipeline.workflow.local_run import close_day

    settings, warehouse = stored_warehouse()
    clock = load_registry(settings.sources).clock
    built = close_day(settings, warehouse, parse_day(date), started_at=datetime.now(UTC), clock=clock)
    show(built, as_json=as_json, text=f"{built['status']} digest of {built['day']}: {built['build_id']}")
