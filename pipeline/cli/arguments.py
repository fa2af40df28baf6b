"""What no command takes, whatever it is: an argument with nothing in it, and one that is no text."""

from __future__ import annotations

import getpass
import re
from collections.abc import Sequence

from pipeline.errors import UsageError
from pipeline.reasons import BY_ITSELF
from pipeline.text.controls import escape_bytes, is_utf8

_EMPTY_OPTION = re.compile(r"(--[a-z][a-z-]*)=\s*")


def check_arguments(words: Sequence[str]) -> None:
    """Check the words of a command line.

    An empty one is most likely a variable of the shell that was never set: as a folder it would mean the current one.

    Args:
        words: As they were typed, without the command's own name.
    Raises:
        UsageError: one is empty, or its bytes are no UTF-8.
    """
    for place, word in enumerate(words):
        if not is_utf8(word):
            raise UsageError(f"the argument {escape_bytes(word)!r} is no UTF-8; rename what it names, or write it anew")
        before = words[place - 1] if place else ""
        name = before if before.startswith("--") else f"argument {place + 1}"
        if found := _EMPTY_OPTION.fullmatch(word):
            name, word = found[1], ""
        if not word.strip():
            raise UsageError(f"{name} is empty; is a variable of the shell not set? Give it a value, or leave it out")


def named_person(by: str | None) -> str:
    """Who is written down as having decided; None takes the user's name.

    Raises:
        UsageError: nobody was named, or the name that the pipeline itself goes by.
    """
    name = (by if by is not None else getpass.getuser()).strip()
    if not name or name == BY_ITSELF:
        raise UsageError(f"--by {name!r} names nobody; say who decides, or why")
    return name
