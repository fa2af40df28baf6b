"""`daybook`: the pipeline without Airflow, and every question one may ask of the warehouse.

Exit codes: 0 done, 1 refused or falls short, 2 misuse. Heavy rooms are imported by the command that needs them.
One module a group of commands; each puts its own into the app when it is imported here.
"""

from __future__ import annotations

import io
import os
import signal
import sys

import typer

from pipeline.cli import days, explain, notices, quality, quarantine, reextract, runs, sources, warehouse  # noqa: F401 (their commands)
from pipeline.cli.app import app
from pipeline.cli.arguments import check_arguments
from pipeline.cli.terminal import guard_streams
from pipeline.errors import DaybookError
from pipeline.text.controls import one_line

INTERRUPTED = 130


def main() -> None:
    """Run a command; an error is one line on stderr, and its kind is the exit code."""
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    signal.signal(signal.SIGTERM, _interrupt)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that knows less than UTF-8 shows escapes
    guard_streams()
    try:
        check_arguments(sys.argv[1:])
        code = app(prog_name="daybook", standalone_mode=False)
        if code == INTERRUPTED:
            raise KeyboardInterrupt
        sys.exit(code if isinstance(code, int) else 0)
    except DaybookError as error:
        print(f"daybook: {one_line(str(error))}", file=sys.stderr)
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
        told = one_line(f"{error.strerror or error}: {error.filename or 'no file named'}")
        print(f"daybook: {told}", file=sys.stderr)
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
        told = one_line(error.format_message()).rstrip(".")
        print(f"daybook: {told}; see `{_asked(error)} --help`", file=sys.stderr)
        sys.exit(2)


def _asked(error: Exception) -> str:
    """The command that a usage error is about, as one types it."""
    context = getattr(error, "ctx", None)
    return str(context.command_path) if context is not None else "daybook"


def _interrupt(*_: object) -> None:
    """A request to end is an interrupt: both leave what was committed."""
    raise KeyboardInterrupt
