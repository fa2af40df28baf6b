"""Commands that work: a pass of all rooms, extraction alone, digests, benchmarks."""

from __future__ import annotations

import json
import os
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.cli.app import AsJson, app, json_text, opened_warehouse, progress, show
from pipeline.errors import InputError, UsageError
from pipeline.settings import Settings
from pipeline.text.controls import escape_json
from pipeline.windows import Window, parse_day, parse_instant

BENCHMARKS = ("pages", "duplicates", "stories", "digest")
MADE_BENCHMARKS = (
    "memory",
    "fetch",
    "warehouse",
    "throughput",
    "digest_speed",
    "soak",
)  # those that make their own input


@app.command()
def run(
    source: Annotated[list[str] | None, typer.Option(help="Ask this registered source; may be repeated.")] = None,
    inbox: Annotated[Path | None, typer.Option(help="Read the pages in this folder.")] = None,
    warc: Annotated[
        list[Path] | None, typer.Option(help="Read the captures in this WARC file; may be repeated.")
    ] = None,
    window: Annotated[str | None, typer.Option(help="START/END in UTC, e.g. 2026-03-02/2026-03-03.")] = None,
    accept_gate: Annotated[
        str | None, typer.Option(help="Why a batch that the set gate refuses is sound all the same.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """One pass of all rooms, without Airflow: pages, articles, stories, digest.

    A whole day that has ended is closed, and its digest is final. A WARC without --window goes through its capture days
    in order; everything else without --window belongs to the current hour.
    """
    from pipeline.workflow.local_run import run_window as pass_through
    from pipeline.workflow.local_run import windows_of

    settings, warehouse = opened_warehouse()
    started_at = datetime.now(UTC)
    wanted = Window.parse(window) if window is not None else None
    archives = tuple(warc or ())
    if sum(map(bool, (source, inbox, archives))) != 1:
        raise UsageError("give one of --source ID, --inbox DIR and --warc PATH")
    if accept_gate is not None and not accept_gate.strip():
        raise UsageError("--accept-gate needs the reason in words; the books keep it")
    windows = windows_of(settings, warehouse, wanted, started_at=started_at, archives=archives)
    if not windows:
        raise InputError(f"no capture lies in {wanted}; leave --window out to take all")
    summaries = []
    with progress("daybook run", len(windows)) as step:
        for one in windows:
            summary = pass_through(
                settings,
                warehouse,
                one,
                started_at=started_at,
                source_ids=tuple(source or ()),
                inbox=inbox,
                archives=archives,
                accept_gate=accept_gate,
                say=lambda stage, one=one: step(f"{one.day} {stage}"),  # type: ignore[misc]
            )
            step(f"{one}  {summary.line}", done=True)
            summaries.append(summary)
    facts = [summary.to_dict() for summary in summaries]
    lines = [f"{len(windows)} window{'s' if len(windows) != 1 else ''}: {total_line(facts)}"]
    lines += [
        f"digest of {day}: {build}"
        for day, build in sorted({(d["day"], d["build_id"]) for d in facts if d["build_id"]})
    ][-5:]
    show(facts, as_json=as_json, text="\n".join(lines))


def total_line(facts: list[dict[str, Any]]) -> str:
    """The sum of the counts of all windows, in words."""
    names = ("received", "new", "updated", "unchanged", "duplicates", "quarantined", "failed")
    totals = {name: sum(fact["counts"].get(name, 0) for fact in facts) for name in names}
    return ", ".join(f"{count} {name}" for name, count in totals.items() if count or name == "received")


@app.command()
def extract(
    paths: Annotated[list[Path], typer.Argument(help="Files or folders: html, html.gz, txt, warc.gz.")],
    out: Annotated[Path, typer.Option(help="JSON lines, one a page.")],
) -> None:
    """Pages to articles, one JSON object a line; nothing is stored in the warehouse."""
    from pipeline.workflow.extract_files import extract_paths

    settings = Settings.from_env(os.environ)
    with progress("extract", 1) as step:
        counts = extract_paths(paths, out, settings=settings, now=datetime.now(UTC), say=lambda text: step(text))
        step(f"{counts['pages']} pages: {counts['articles']} articles, {counts['refused']} refused -> {out}", done=True)


@app.command()
def digest(
    date: Annotated[str, typer.Option("--date", help="The day, e.g. 2026-03-04.")],
    as_of: Annotated[str | None, typer.Option(help="The digest as it stood at this instant.")] = None,
    rebuild: Annotated[bool, typer.Option(help="Compute it anew from the warehouse and compare.")] = False,
    format_: Annotated[str, typer.Option("--format", help="text, md, html or json.")] = "text",
    sources: Annotated[bool, typer.Option(help="As text: every line with its sources.")] = False,
) -> None:
    """Print the last build of a day, its bytes checked; or compute it anew and name what differs."""
    from pipeline.builds.recall import read_digest, rebuild_digest
    from pipeline.publish.terminal import render_screen, render_sources

    settings, warehouse = opened_warehouse()
    day, moment = parse_day(date), parse_instant(as_of) if as_of else None
    if format_ not in ("text", "md", "html", "json"):
        raise UsageError(f"--format {format_!r} is none of text, md, html, json")
    if sources and format_ != "text":
        raise UsageError("--sources goes with --format text; the others have all sources")
    if rebuild and (sources or format_ != "text"):
        raise UsageError("--rebuild prints what differs, and no digest: leave --format and --sources out")
    if rebuild:
        differences = rebuild_digest(warehouse, settings, day, as_of=moment)
        for line in differences:
            print(line)
        if differences:
            raise typer.Exit(1)
        print(f"the digest of {day} comes out the same, byte for byte")
        return
    if format_ == "text":
        document = json.loads(read_digest(warehouse, day, as_of=moment, format_="json"))
        screen = shutil.get_terminal_size()
        height = screen.lines if sys.stdout.isatty() else None
        print(
            render_sources(document, width=screen.columns)
            if sources
            else render_screen(document, width=screen.columns, height=height),
            end="",
        )
        return
    text = read_digest(warehouse, day, as_of=moment, format_=format_)
    sys.stdout.write(escape_json(text) if format_ == "json" else text)


@app.command()
def bench(
    name: Annotated[
        str,
        typer.Argument(
            help="pages, duplicates, stories, digest, memory, fetch, warehouse, throughput, digest_speed or soak."
        ),
    ],
    data: Annotated[
        Path | None,
        typer.Option(
            help="A folder in the format of the benchmark data; for those that make their own input, where it is made."
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write the raw answers here.")] = None,
    scale: Annotated[float, typer.Option(help="those that make their own input: what share of the full count.")] = 1.0,
    only: Annotated[
        list[str] | None,
        typer.Option(
            help="memory: this scenario; fetch: this client; warehouse: so many days; throughput: this way; may be repeated."
        ),
    ] = None,
) -> None:
    """Measure one claim; figures as JSON, speed as a ratio to a baseline of the same run, or of memory a line a scenario."""
    from importlib import import_module

    if name not in (*BENCHMARKS, *MADE_BENCHMARKS):
        raise UsageError(f"there is no benchmark {name!r}; there are {', '.join((*BENCHMARKS, *MADE_BENCHMARKS))}")
    if data is None and name in BENCHMARKS:
        raise UsageError("give --data; it names the folder that holds the data")
    if data is not None and not data.exists():
        raise UsageError(f"--data {data} does not exist; name the folder that holds the data")
    module = import_module(f"benchmarks.{name}")
    if name in BENCHMARKS:
        print(json_text(module.run(data, out)))
        return
    figures = module.run(data, out, scale=scale, only=tuple(only or ()))
    if not all(figure["is_within"] for figure in figures.values()):
        raise typer.Exit(1)
