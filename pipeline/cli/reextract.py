"""Read stored pages anew with today's rules."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from pipeline.cli.app import AsJson, app, progress, show, stored_warehouse
from pipeline.windows import parse_day


@app.command()
def reextract(
    first: Annotated[str, typer.Option("--from", help="The first day, e.g. 2026-03-02.")],
    last: Annotated[str, typer.Option("--to", help="The last day; it is read too.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change, day by day.")] = False,
    as_json: AsJson = False,
) -> None:
    """Read the stored pages of some days anew, with the rules of this version of Daybook.

    An article of a closed day that is read otherwise gets a version with the cause `reextraction`: no correction comes of
    it, and no published digest, story or copy changes. What was refused and would pass now stays held. Open days are decided
    anew. An article that is refused now keeps its stored version. The same command goes on where an earlier one stopped.
    """
    from pipeline.explain.reextraction import reextraction_page
    from pipeline.workflow.reextract import days_between
    from pipeline.workflow.reextract import reextract as read_all_anew

    settings, warehouse = stored_warehouse()
    days = parse_day(first), parse_day(last)
    told: list[dict[str, Any]]
    with progress("reextract", len(days_between(warehouse, *days))) as step:
        told = read_all_anew(
            settings,
            warehouse,
            *days,
            started_at=datetime.now(UTC),
            only_say=dry_run,
            say=lambda text: step(text, done=text.endswith("load_anew")),
        )
    show(told, as_json=as_json, text=reextraction_page(told, only_say=dry_run))
