"""Airflow's own log lines go to a file, and what is meant for people to the terminal."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO


@contextmanager
def redirected_output(path: Path) -> Iterator[TextIO]:
    """Send everything that this process and its children write into a file, and give the terminal as a stream.

    File descriptors are redirected, since loggers and child processes keep streams of their own.

    Args:
        path: Written anew; its folder is made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = [os.dup(1), os.dup(2)]
    with path.open("wb") as log, os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8") as terminal:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
        try:
            yield terminal
        finally:
            for number, descriptor in enumerate(kept, start=1):
                os.dup2(descriptor, number)
                os.close(descriptor)
