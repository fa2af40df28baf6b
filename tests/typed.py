"""The command line as a person types it, in this very process: one of its own would import everything again."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from unittest.mock import patch

PROJECT = Path(__file__).resolve().parent.parent


def clean_environment(**settings: str) -> dict[str, str]:
    """This environment without anybody's DAYBOOK_* settings, and with the given ones."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("DAYBOOK_")}
    return kept | {f"DAYBOOK_{name.upper()}": value for name, value in settings.items()}


def typed(*arguments: object, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run `daybook` with these arguments and settings in the project's folder: its exit code, and what it printed."""
    from pipeline.cli import main

    words = ["daybook", *map(str, arguments)]
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    before = signal.getsignal(signal.SIGTERM)
    code: object = 0
    try:
        with (
            patch.dict(os.environ, clean_environment(**settings), clear=True),
            patch.object(sys, "argv", words),
            chdir(PROJECT),
            redirect_stdout(out),
            redirect_stderr(err),
        ):
            main()
    except SystemExit as end:
        code = end.code
    finally:
        signal.signal(signal.SIGTERM, before)
    printed, said = (_text(stream) for stream in (out, err))
    return subprocess.CompletedProcess(words, int(str(code or 0)), printed, said)


def _text(stream: io.TextIOWrapper) -> str:
    """What was written."""
    stream.flush()
    return stream.buffer.getvalue().decode()  # type: ignore[attr-defined, no-any-return]
