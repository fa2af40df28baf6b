"""Closed days that a person opens again, or has told anew."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.app import AsJson, day_app, decider, progress, show, stored_warehouse, stories_app
from pipeline.windows import parse_day

if TYPE_CHECKING:
    from pipeline.workflow.reopening import Decision

Why = Annotated[str, typer.Option(help="The reason, in words; the books keep it.")]
By = Annotated[str | None, typer.Option(help="Who decides; kept too. Default: your user name.")]


@day_app.command("reopen")
def day_reopen(
    day: Annotated[str, typer.Argument(help="The last closed day, e.g. 2026-03-04.")],
    why: Why,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Open the last closed day again, because it was closed without some of its hours.

    Its articles and ids stay. Its final digest is superseded, and readable by its build; a provisional one stands for the
    day until it is closed again, by news_digest or by `daybook run` over the whole day.
    """
    from pipeline.workflow.reopening import reopen_day

    facts = reopen_day(_decision(why, by), parse_day(day))
    missing = facts["missing_windows"]
    hours = f"; without {', '.join(missing)}" if missing else ""
    text = f"{day} is open again; superseded {facts['superseded'] or 'no build'}{hours}"
    show(facts, as_json=as_json, text=text)


@stories_app.command("rebuild")
def stories_rebuild(
    first: Annotated[str, typer.Option("--from", help="The first day, e.g. 2026-03-02.")],
    why: Why,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Tell the stories of all closed days from one on anew, and publish their digests anew.

    Each day is clustered with what is known and set today: what came too late for a day stands on it then. Articles, their
    versions and their ids stay, and so do stories whose articles are the same. A digest that comes out otherwise supersedes
    the one before. The same command goes on where an earlier one stopped.
    """
    from pipeline.workflow.reopening import rebuild_stories

    decision, start = _decision(why, by), parse_day(first)
    days = [day for day in decision.warehouse.latest().closed_days if day >= start]
    with progress("stories rebuild", len(days)) as step:
        told = rebuild_stories(decision, start, say=lambda day: step(day, done=True))
    lines = [
        f"{one['day']}  {one['build_id'][:12]}  {'as before' if one['build_id'] == one['superseded'] else 'told anew'}"
        for one in told
    ]
    show(told, as_json=as_json, text="\n".join(lines))


def _decision(why: str, by: str | None) -> Decision:
    from pipeline.workflow.reopening import Decision

    settings, warehouse = stored_warehouse()
    return Decision.of(settings, warehouse, why=why, decided_by=decider(by), started_at=datetime.now(UTC))
