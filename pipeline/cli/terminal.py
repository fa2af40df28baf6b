"""What is printed: whatever a stranger sent shows, and nothing of it acts on the terminal.

Titles, headers, file names and errors come from everywhere and are printed in many places, so it is not those that are
guarded but the two streams that all of them go through.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any, TextIO, cast

from pipeline.text.controls import escape_controls


class ShownText:
    """A text stream in which control characters are written as escapes; else it is the stream that it stands for."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        """Write a text as it may be shown."""
        self.stream.write(escape_controls(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write each of the texts."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


def guard_streams() -> None:
    """Guard standard output and standard error of this process; done again, it changes nothing."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if not isinstance(stream, ShownText):
            setattr(sys, name, ShownText(stream))


def unguarded(stream: object) -> TextIO:
    """The stream itself, for what draws with control characters of its own and guards its texts by itself."""
    return cast(TextIO, stream.stream if isinstance(stream, ShownText) else stream)
