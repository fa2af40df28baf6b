"""`daybook`: the pipeline without Airflow, and every question one may ask of the warehouse.

Exit codes: 0 done, 1 refused or falls short, 2 misuse. Heavy rooms are imported by the command that needs them.
"""

from __future__ import annotations

import io
import json
import logging
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.errors import DaybookError, InputError, UsageError
from pipeline.settings import Settings
from pipeline.windows import Window, parse_day, parse_instant

if TYPE_CHECKING:
    from pipeline.store.warehouse import Warehouse

app = typer.Typer(
    help="News pages in, a daily digest of proven lines out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
warehouse_app = typer.Typer(help="The warehouse: paths, hashes, checks.", no_args_is_help=True)
quarantine_app = typer.Typer(help="What was refused, and why.", no_args_is_help=True)
explain_app = typer.Typer(help="Why a thing is as it is.", no_args_is_help=True)
app.add_typer(warehouse_app, name="warehouse")
app.add_typer(quarantine_app, name="quarantine")
app.add_typer(explain_app, name="explain")

BENCHMARKS = ("pages", "duplicates", "stories", "digest")

INTERRUPTED = 130

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


def main() -> None:
    """Run a command; an error is one line on stderr, and its kind is the exit code."""
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    signal.signal(signal.SIGTERM, _interrupt)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that knows less than UTF-8 shows escapes
    try:
        code = app(standalone_mode=False)
        if code == INTERRUPTED:
            raise KeyboardInterrupt
        sys.exit(code if isinstance(code, int) else 0)
    except DaybookError as error:
        print(f"daybook: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except (typer.Abort, KeyboardInterrupt):
        print(
            "daybook: interrupted; what was committed stands, and the same command goes on from there", file=sys.stderr
        )
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:
        print(f"daybook: {error.strerror or error}: {error.filename or 'no file named'}", file=sys.stderr)
        sys.exit(1)
    except Exception as error:
        if type(error).__module__.endswith("duckdb"):
            reason = str(error).splitlines()[0]
            print(
                f"daybook: the warehouse cannot be read: {reason}; `daybook warehouse verify` says why", file=sys.stderr
            )
            sys.exit(1)
        if not hasattr(error, "format_message"):  # Typer's own errors of usage
            raise
        if type(error).__name__ == "NoArgsIsHelpError":
            print(error.format_message(), file=sys.stderr)
            sys.exit(2)
        print(f"daybook: {error.format_message()}; see `daybook --help`", file=sys.stderr)
        sys.exit(2)


def _interrupt(*_: object) -> None:
    """A request to end is an interrupt: both leave what was committed."""
    raise KeyboardInterrupt


def opened_warehouse() -> tuple[Settings, Warehouse]:
    """The settings of this environment, and their warehouse."""
    from pipeline.store.warehouse import Warehouse

    settings = Settings.from_env(os.environ)
    return settings, Warehouse(settings.warehouse, lock_timeout_seconds=settings.lock_timeout_seconds)


def show(facts: Any, *, as_json: bool, text: str) -> None:
    """Print facts as JSON or as text."""
    print(json.dumps(_with_text_keys(facts), ensure_ascii=False, indent=2, default=str) if as_json else text)


def _with_text_keys(facts: Any) -> Any:
    """Facts whose mappings have keys that JSON knows."""
    if isinstance(facts, dict):
        return {str(key): _with_text_keys(value) for key, value in facts.items()}
    return [_with_text_keys(value) for value in facts] if isinstance(facts, (list, tuple)) else facts


@contextmanager
def progress(title: str, total: int) -> Iterator[Any]:
    """A progress display on stderr where somebody watches, a plain line a step where a log is kept."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(title, total=total)

        def step(text: str, *, done: bool = False) -> None:
            bar.update(task, description=text, advance=1 if done else 0)
            if done and not console.is_terminal:
                print(text, file=sys.stderr)

        yield step


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
    from pipeline.stages.passes import run_pass as pass_through
    from pipeline.stages.passes import windows_of

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
    from pipeline.stages.extraction import extract_paths

    settings = Settings.from_env(os.environ)
    with progress("extract", 1) as step:
        counts = extract_paths(paths, out, settings=settings, now=datetime.now(UTC), say=lambda text: step(text))
        step(f"{counts['pages']} pages: {counts['articles']} articles, {counts['refused']} refused -> {out}", done=True)


@app.command()
def digest(
    date: Annotated[str, typer.Option("--date", help="The day, e.g. 2026-03-04.")],
    as_of: Annotated[str | None, typer.Option(help="The digest as it stood at this instant.")] = None,
    rebuild: Annotated[bool, typer.Option(help="Compute it anew from the warehouse and compare.")] = False,
    format_: Annotated[str, typer.Option("--format", help="md, html or json.")] = "md",
) -> None:
    """Print the last build of a day, its bytes checked; or compute it anew and name what differs."""
    from pipeline.stages.digest_recall import read_digest, rebuild_digest

    settings, warehouse = opened_warehouse()
    day, moment = parse_day(date), parse_instant(as_of) if as_of else None
    if format_ not in ("md", "html", "json"):
        raise UsageError(f"--format {format_!r} is none of md, html, json")
    if rebuild:
        differences = rebuild_digest(warehouse, settings, day, as_of=moment)
        for line in differences:
            print(line)
        if differences:
            raise typer.Exit(1)
        print(f"the digest of {day} comes out the same, byte for byte")
        return
    sys.stdout.write(read_digest(warehouse, day, as_of=moment, format_=format_))


@app.command()
def sql(
    query: Annotated[str, typer.Argument(help="One or more SQL statements; the warehouse is open for reading only.")],
    as_json: AsJson = False,
) -> None:
    """Ask the warehouse in SQL."""
    from pipeline.stages.questions import run_sql

    _, warehouse = opened_warehouse()
    columns, rows, text = run_sql(warehouse, query)
    show([dict(zip(columns, row, strict=True)) for row in rows], as_json=as_json, text=text)


@app.command()
def status(as_json: AsJson = False) -> None:
    """The last runs and their books, quarantine by reason, sources, days and disk."""
    from pipeline.stages.questions import warehouse_status

    _, warehouse = opened_warehouse()
    facts, text = warehouse_status(warehouse)
    show(facts, as_json=as_json, text=text)


@app.command()
def story(
    story_id: Annotated[str, typer.Argument(help="The story's id, or the start of it.")], as_json: AsJson = False
) -> None:
    """One story: its days, articles and lines."""
    from pipeline.stages.questions import explain_story

    _, warehouse = opened_warehouse()
    facts, text = explain_story(warehouse, story_id)
    show(facts, as_json=as_json, text=text)


@explain_app.command("article")
def explain_article(
    article: Annotated[str, typer.Argument(help="The article's id, the start of it, or its URL.")],
    as_json: AsJson = False,
) -> None:
    """The whole way of an article: page, fields and where each came from, cleaning, duplicates, story, lines."""
    from pipeline.stages.questions import explain_article as explained

    _, warehouse = opened_warehouse()
    facts, text = explained(warehouse, article)
    show(facts, as_json=as_json, text=text)


@quarantine_app.command("list")
def quarantine_list(
    reason: Annotated[str | None, typer.Option(help="Only this reason code.")] = None,
    limit: Annotated[int, typer.Option(help="At most so many, the latest first.", min=1)] = 50,
    as_json: AsJson = False,
) -> None:
    """What was refused, the latest first."""
    from pipeline.stages.questions import list_quarantine

    _, warehouse = opened_warehouse()
    facts, text = list_quarantine(warehouse, reason=reason, limit=limit)
    show(facts, as_json=as_json, text=text)


@warehouse_app.command("path")
def warehouse_path(table: Annotated[str, typer.Argument(help="A table, e.g. articles.")]) -> None:
    """The resolved folder of one table, safe to hand to any Parquet reader."""
    _, warehouse = opened_warehouse()
    print(warehouse.latest().table_path(table))


@warehouse_app.command("hash")
def warehouse_hash() -> None:
    """The content hash: equal facts give equal hashes, whichever way they came in."""
    _, warehouse = opened_warehouse()
    print(warehouse.content_hash())


@warehouse_app.command("rebuild")
def warehouse_rebuild() -> None:
    """Write the DuckDB file of the current snapshot anew, for instance after the warehouse was moved."""
    _, warehouse = opened_warehouse()
    print(f"snapshot {warehouse.rebuild().number}: warehouse.duckdb is written anew")


@warehouse_app.command("verify")
def warehouse_verify() -> None:
    """Check every file against the manifest, and every line of every digest against its sources."""
    from pipeline.stages.digest_recall import verify_builds

    _, warehouse = opened_warehouse()
    problems = [str(problem) for problem in warehouse.verify()]
    problems = problems or verify_builds(warehouse)  # lines are read from files: those come first
    for problem in problems:
        print(problem)
    if problems:
        raise typer.Exit(1)
    snapshot = warehouse.latest()
    print(f"snapshot {snapshot.number}: every file and every line of every digest is what it says it is")


@app.command()
def bench(
    name: Annotated[str, typer.Argument(help="pages, duplicates, stories or digest.")],
    data: Annotated[Path, typer.Option(help="A folder in the format of the benchmark data.")],
    out: Annotated[Path | None, typer.Option(help="Write the raw answers here.")] = None,
) -> None:
    """Measure one claim on data of your own; figures as JSON, speed as a ratio to a baseline of the same run."""
    from importlib import import_module

    if name not in BENCHMARKS:
        raise UsageError(f"there is no benchmark {name!r}; there are {', '.join(BENCHMARKS)}")
    if not data.exists():
        raise UsageError(f"--data {data} does not exist; name the folder that holds the data")
    print(json.dumps(import_module(f"benchmarks.{name}").run(data, out), ensure_ascii=False, indent=2, default=str))


@app.callback()
def configure(
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log every stage to stderr.")] = False,
) -> None:
    """Set up logging before any command runs."""
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(message)s",
        stream=sys.stderr,
    )
    logging.getLogger("great_expectations").setLevel(logging.WARNING)


if __name__ == "__main__":
    main()
