"""Commands that answer: SQL, the status, and why a thing is as it is."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from pipeline.cli.app import AsJson, app, explain_app, show, stored_warehouse
from pipeline.errors import UsageError
from pipeline.windows import parse_day


@app.command(context_settings={"ignore_unknown_options": True})  # a query may begin with a comment: -- …
def sql(
    query: Annotated[
        str,
        typer.Argument(help="SQL statements, of which the last one is shown; - reads them from standard input."),
    ],
    as_json: AsJson = False,
) -> None:
    """Ask the warehouse in SQL; it is open for reading only."""
    from pipeline.explain.sql import run_sql

    _, warehouse = stored_warehouse()
    try:
        query = sys.stdin.read() if query == "-" else query
    except UnicodeDecodeError as error:
        raise UsageError(f"SQL: standard input is no UTF-8 at byte {error.start}; write it anew") from error
    columns, rows, text = run_sql(warehouse, query)
    show([dict(zip(columns, row, strict=True)) for row in rows], as_json=as_json, text=text)


@app.command()
def status(as_json: AsJson = False) -> None:
    """Today's state, the last runs and their books, sources, quarantine, freshness, days and disk."""
    from pipeline.explain.state import clock_time
    from pipeline.explain.status import warehouse_status

    settings, warehouse = stored_warehouse()
    facts, text = warehouse_status(warehouse, settings, clock_time(settings, datetime.now(UTC)))
    show(facts, as_json=as_json, text=text)


@app.command()
def story(
    key: Annotated[str, typer.Argument(help="The story's id, the start of it, or words of its headline.")],
    as_json: AsJson = False,
) -> None:
    """One story: its days, articles and lines. The same as `explain story`."""
    explain_story(key, as_json=as_json)


@explain_app.command("story")
def explain_story(
    key: Annotated[str, typer.Argument(help="The story's id, the start of it, or words of its headline.")],
    as_json: AsJson = False,
) -> None:
    """A story: its days, why each article joined, what merged or came back, its lines."""
    from pipeline.explain.stories import explain_story as explained

    _, warehouse = stored_warehouse()
    facts, lines = explained(warehouse, key)
    show(facts, as_json=as_json, text="\n".join(lines))


@explain_app.command("article")
def explain_article(
    key: Annotated[
        str, typer.Argument(help="The article's id, the start of it, or its URL; a refused page's URL too.")
    ],
    as_json: AsJson = False,
) -> None:
    """The whole way of an article: page, fields, versions, cleaning, copies, story, lines, refusals."""
    from pipeline.explain.articles import explain_article as explained

    settings, warehouse = stored_warehouse()
    facts, lines = explained(warehouse, settings, key)
    show(facts, as_json=as_json, text="\n".join(lines))


@explain_app.command("pair")
def explain_pair(
    one: Annotated[str, typer.Argument(help="An article's id, the start of it, or its URL.")],
    other: Annotated[str, typer.Argument(help="Another one's.")],
    as_json: AsJson = False,
) -> None:
    """Two articles: whether one copies the other, and whether they tell of one event or story."""
    from pipeline.explain.pairs import explain_pair as explained

    _, warehouse = stored_warehouse()
    facts, text = explained(warehouse, one, other)
    show(facts, as_json=as_json, text=text)


@explain_app.command("line")
def explain_line(
    key: Annotated[
        str | None, typer.Argument(help="The line's id, the start of it, or DATE/STORY.LINE: 2026-03-04/1.2.")
    ] = None,
    text: Annotated[str | None, typer.Option(help="Words of a sentence, chosen or not; with --date.")] = None,
    date: Annotated[str | None, typer.Option(help="The day whose articles hold the sentence.")] = None,
    as_json: AsJson = False,
) -> None:
    """A line of a digest: its proof, and what it won against. Or, with --text, why a sentence is no line."""
    from pipeline.explain.lines import explain_line as explained
    from pipeline.explain.sentences import explain_sentence

    settings, warehouse = stored_warehouse()
    if text is not None and date is not None and key is None:
        facts, lines = explain_sentence(warehouse, settings, text, parse_day(date))
        page = "\n".join(lines)
    elif key is not None and text is None and date is None:
        facts, page = explained(warehouse, settings, key)
    else:
        raise UsageError("give a line's KEY, or --text WORDS and --date DAY")
    show(facts, as_json=as_json, text=page)
