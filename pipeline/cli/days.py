"""Commands about days as a whole: closed, opened again, told anew."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from pipeline.cli.app import AsJson, day_app, progress, show, stored_warehouse, stories_app
from pipeline.cli.arguments import named_person
from pipeline.errors import UsageError
from pipeline.windows import parse_day

Why = Annotated[str, typer.Option(help="Why; the books keep it.")]
By = Annotated[str | None, typer.Option(help="Who decides; kept with it. Default: your user name.")]
Day = Annotated[str, typer.Argument(help="The day, e.g. 2026-03-04.")]


@day_app.command("reopen")
def day_reopen(
    date: Day,
    why: Why,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Open the last closed day again, if it was closed before its end or with hours missing.

    Its hours may then be loaded, and the day closed again: ids stay, and the digest that was final is superseded.
    """
    from pipeline.workflow.local_run import reopen_day

    settings, warehouse = stored_warehouse()
    decided = {"by": named_person(by), "why": _in_words(why)}
    facts = reopen_day(settings, warehouse, parse_day(date), started_at=datetime.now(UTC), **decided)
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


@stories_app.command("rebuild")
def stories_rebuild(
    first: Annotated[str, typer.Option("--from", help="The first day, e.g. 2026-03-02.")],
    why: Why,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Tell the stories of all closed days from one on anew, and publish their digests anew.

    Each day is clustered with what is known and set today: what came too late for a day stands on it then. Articles, their
    versions and public ids stay. A digest that comes out otherwise supersedes the one before. The same command goes on where
    an earlier one stopped.
    """
    from pipeline.workflow.rebuild import rebuild_stories

    settings, warehouse = stored_warehouse()
    start, decided = parse_day(first), {"by": named_person(by), "why": _in_words(why)}
    days = [day for day in warehouse.latest().closed_days if day >= start]
    with progress("stories rebuild", len(days)) as step:
        told = rebuild_stories(
            settings, warehouse, start, started_at=datetime.now(UTC), say=lambda day: step(day, done=True), **decided
        )
    lines = [
        f"{one['day']}  {one['build_id'][:12]}  {'as before' if one['build_id'] == one['superseded'] else 'told anew'}"
        for one in told
    ]
    show(told, as_json=as_json, text="\n".join(lines))


def _in_words(why: str) -> str:
    """The reason.

    Raises:
        UsageError: there is none.
    """
    if not why.strip():
        raise UsageError("--why needs the reason in words; the books keep it")
    return why.strip()
