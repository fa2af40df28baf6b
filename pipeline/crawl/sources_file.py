"""The sources file as a person keeps it: entries are added and switched, and comments, order and layout stay theirs.

The standard library reads TOML and does not write it. So an edit changes the few lines that it is about, and the result is
read again before it takes the old file's place: it must say exactly what was meant, else the file stays as it is.
"""

from __future__ import annotations

import copy
import fcntl
import json
import os
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline.errors import InputError, UsageError
from pipeline.fetch.sources import INBOX_ID, WARC_ID, Source, entry_of, parse_registry, read_sources_file
from pipeline.files import appearing, write_bytes

Data = dict[str, Any]

_SOURCE_LINE = re.compile(r"[ \t]*\[\[[ \t]*source[ \t]*\]\][ \t]*(?:#.*)?")
_TABLE_LINE = re.compile(r"[ \t]*\[")
_ENABLED_LINE = re.compile(r"([ \t]*(?:enabled|\"enabled\"|'enabled')[ \t]*=[ \t]*)(?:true|false)\b(.*)", re.DOTALL)


def add_sources(path: Path, sources: Sequence[Source]) -> None:
    """Write entries behind those that stand in a sources file.

    Raises:
        SettingsError: the file is malformed, or would be with them: an id is taken, for example.
        InputError: the file cannot be written.
    """
    entries = [entry_of(source) for source in sources]

    def change(text: str) -> str:
        end = "\r\n" if "\r\n" in text else "\n"
        before = text if not text or text.endswith("\n") else text + end
        return before + "".join(f"{end if before else ''}{_as_toml(entry, end)}" for entry in entries)

    def mean(data: Data) -> None:
        data["source"] = [*data.get("source", []), *entries]

    _edit(path, change, mean)


def switch_source(path: Path, source_id: str, *, enabled: bool) -> bool:
    """Enable or disable a source.

    Returns:
        Whether that changed anything.
    Raises:
        UsageError: there is no such source.
        SettingsError: the file is malformed.
        InputError: the file cannot be written, or its entry is written in a way that only a person can change.
    """
    registry = parse_registry(read_sources_file(path), path)
    if source_id not in registry.by_id:
        raise UsageError(
            f"there is no source {source_id!r} in {path}; registered are: {', '.join(registry.by_id) or 'none'}"
        )
    if registry.by_id[source_id].enabled is enabled:
        return False

    def change(text: str) -> str:
        place = next((n for n, entry in enumerate(tomllib.loads(text)["source"]) if entry["id"] == source_id), None)
        return text if place is None else _with_switch(text, place, enabled=enabled)

    def mean(data: Data) -> None:
        for entry in data["source"]:
            if entry["id"] == source_id:
                entry["enabled"] = enabled

    _edit(path, change, mean)
    return True


def free_id(wanted: str, taken: Iterable[str]) -> str:
    """An id made of some words, with a number behind it where it is taken.

    Example:
        >>> free_id("Harbour Courier: Zürich", {"harbour-courier-z-rich"})
        'harbour-courier-z-rich-2'
    """
    known = {INBOX_ID, WARC_ID, *taken}
    name = re.sub(r"[^a-z0-9]+", "-", wanted.lower()[:200])[:56].strip("-") or "source"
    return (
        name
        if name not in known
        else next(f"{name}-{n}" for n in range(2, len(known) + 3) if f"{name}-{n}" not in known)
    )


def _as_toml(entry: Data, end: str) -> str:
    """One entry; a JSON text is a TOML text, once DEL is escaped."""
    lines = [
        f"{name} = {json.dumps(value, ensure_ascii=False)}".replace("\x7f", "\\u007f") for name, value in entry.items()
    ]
    return end.join(["[[source]]", *lines, ""])


def _with_switch(text: str, place: int, *, enabled: bool) -> str:
    """The text with `enabled` of its nth [[source]] set, on its own line if it has none yet."""
    lines = re.split(r"(?<=\n)", text)
    starts = [n for n, line in enumerate(lines) if _SOURCE_LINE.fullmatch(line.rstrip("\r\n"))]
    if place >= len(starts):
        return text
    start = starts[place]
    end = next((n for n in range(start + 1, len(lines)) if _TABLE_LINE.match(lines[n])), len(lines))
    word = str(enabled).lower()
    for n in range(start + 1, end):
        if found := _ENABLED_LINE.fullmatch(lines[n]):
            lines[n] = f"{found[1]}{word}{found[2]}"
            return "".join(lines)
    ending = "\r\n" if lines[start].endswith("\r\n") else "\n"
    last = max(
        n for n in range(start, end) if n == start or (lines[n].strip() and not lines[n].lstrip().startswith("#"))
    )
    if not lines[last].endswith("\n"):
        lines[last] += ending
    lines.insert(last + 1, f"enabled = {word}{ending}")
    return "".join(lines)


def _edit(path: Path, change: Callable[[str], str], mean: Callable[[Data], None]) -> None:
    """Change the file's text as meant, or not at all; the new one appears by rename."""
    path = path.resolve()
    with _alone_in(path.parent):
        text = read_sources_file(path)
        parse_registry(text, path)
        meant = copy.deepcopy(tomllib.loads(text))
        mean(meant)
        changed = change(text)
        registry = parse_registry(changed, path)
        if tomllib.loads(changed) != meant:
            raise InputError(f"{path} is written in a way that cannot be edited safely; make this change by hand")
        assert len(registry.sources) == len(meant["source"])
        try:
            mode = path.stat().st_mode & 0o7777
            with appearing(path) as beside:
                write_bytes(beside, changed.encode("utf-8"))
                beside.chmod(mode)
        except OSError as error:
            raise InputError(
                f"cannot replace {path}: {error.strerror}; give this user the right to write in its folder (a file that is"
                " mounted by itself cannot be replaced: mount its folder)"
            ) from error


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """One editor at a time: the folder itself is the lock, which dies with its holder and leaves no file behind."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
