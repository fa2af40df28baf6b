"""What all commands share: the app and its groups, the warehouse of this environment, facts as JSON or text."""

from __future__ import annotations

import json
import logging
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli.terminal import unguarded
from pipeline.errors import WarehouseError
from pipeline.settings import Settings
from pipeline.text.controls import escape_json, one_line

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
sources_app = typer.Typer(help="Which sources are watched, and what they bring.", no_args_is_help=True)
notices_app = typer.Typer(help="What somebody should be told, and was.", no_args_is_help=True)
day_app = typer.Typer(help="A day: closed, or opened again.", no_args_is_help=True)
stories_app = typer.Typer(help="Stories, and how they are told.", no_args_is_help=True)
app.add_typer(warehouse_app, name="warehouse")
app.add_typer(quarantine_app, name="quarantine")
app.add_typer(explain_app, name="explain")
app.add_typer(sources_app, name="sources")
app.add_typer(notices_app, name="notices")
app.add_typer(day_app, name="day")
app.add_typer(stories_app, name="stories")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


def opened_warehouse() -> tuple[Settings, Warehouse]:
    """The settings of this environment, and their warehouse."""
    from pipeline.store.warehouse import Warehouse

    settings = Settings.from_env(os.environ)
    return settings, Warehouse(settings.warehouse, lock_timeout_seconds=settings.lock_timeout_seconds)


def stored_warehouse() -> tuple[Settings, Warehouse]:
    """The same, for a question: a place where nothing was ever committed is most likely the wrong one.

    Raises:
        WarehouseError: there is no warehouse yet.
    """
    settings, warehouse = opened_warehouse()
    if not warehouse.latest().number:
        raise WarehouseError(
            f"there is no warehouse in {warehouse.root} yet; `make run` or `daybook run` makes the first one,"
            " or set DAYBOOK_WAREHOUSE to where it is"
        )
    return settings, warehouse


def show(facts: Any, *, as_json: bool, text: str) -> None:
    """Print facts as JSON or as text."""
    print(json_text(facts) if as_json else text)


def json_text(facts: Any) -> str:
    """Facts as JSON that a terminal may be shown."""
    return escape_json(json.dumps(_with_text_keys(facts), ensure_ascii=False, indent=2, default=str))


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

    console = Console(file=unguarded(sys.stderr))  # it draws, and is given only what may be shown
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(
        *columns, console=console, disable=not console.is_terminal, redirect_stdout=False, redirect_stderr=False
    ) as bar:
        task = bar.add_task(title, total=total)

        def step(text: str, *, done: bool = False) -> None:
            text = one_line(text)
            bar.update(task, description=text, advance=1 if done else 0)
            if done and not console.is_terminal:
                print(text, file=sys.stderr)

        yield step


@app.callback()
def configure(
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log every stage to stderr.")] = False,
) -> None:
    """Set up logging, and the width of answers for a terminal, before any command runs."""
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(message)s",
        stream=sys.stderr,
    )
    if sys.stdout.isatty():
        from pipeline.explain.layout import fit_page

        fit_page(shutil.get_terminal_size().columns)
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
