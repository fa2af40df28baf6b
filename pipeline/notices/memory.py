"""What was told through which channel, and what is to be kept silent about until when: a small file outside the warehouse."""

from __future__ import annotations

import fcntl
import json
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from pipeline.files import appearing, make_folders

logger = logging.getLogger(__name__)

FILE = "notices.json"
ALL = "all"  # the key that silences everything
_PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A condition that a channel was told of.

    Attributes:
        severity, what: How severe it was then, and in which words.
        since: Since when it stands.
        has_passed: Of a failed run: whether one of its DAG ended well since, though it was not told yet.
    """

    severity: str
    what: str
    since: datetime
    has_passed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Nothing is told of a condition, or of all below `key/`, until an instant; who said so, or why."""

    key: str
    until: datetime
    why: str

    def covers(self, key: str, now: datetime) -> bool:
        """Whether it holds for a condition now."""
        return now < self.until and (self.key in (ALL, key) or key.startswith(f"{self.key}/"))


@dataclass(slots=True, kw_only=True)
class Memory:
    """What is remembered: by channel and key what was told, and the silences."""

    told: dict[str, dict[str, Told]] = field(default_factory=dict)
    silences: list[Silence] = field(default_factory=list)

    def is_silent(self, key: str, now: datetime) -> bool:
        """Whether nothing is to be told of a condition now."""
        return any(silence.covers(key, now) for silence in self.silences)


def read_memory(folder: Path) -> Memory:
    """Read what is remembered; nothing where the file is not there, or is none: then things are told again."""
    path = folder / FILE
    try:
        data = json.loads(path.read_bytes())
        told = {
            str(channel): {str(key): _told(one) for key, one in by_key.items()}
            for channel, by_key in data["told"].items()
        }
        silences = [
            Silence(key=str(one["key"]), until=_instant(one["until"]), why=str(one["why"])) for one in data["silences"]
        ]
        return Memory(told=told, silences=silences)
    except FileNotFoundError:
        pass
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        logger.warning("what was told before cannot be read from %s, so it is told again: %r", path, error)
    return Memory()


def write_memory(folder: Path, memory: Memory, now: datetime) -> None:
    """Write what is to be remembered, in place of what stood there; silences that have ended are left out.

    Raises:
        OSError: it cannot be written.
    """
    told = {channel: {key: asdict(one) for key, one in by_key.items()} for channel, by_key in memory.told.items()}
    silences = [asdict(silence) for silence in memory.silences if now < silence.until]
    text = json.dumps({"told": told, "silences": silences}, ensure_ascii=False, indent=1, default=_as_text)
    with appearing(folder / FILE) as beside:
        beside.write_text(text + "\n", encoding="utf-8")


@contextmanager
def remembering(folder: Path) -> Iterator[None]:
    """One teller at a time; who waits for a minute, or cannot lock at all, goes on without: told twice is better than never."""
    handle = None
    try:
        make_folders(folder)
        handle = os.open(folder, os.O_RDONLY)
        ends_at = time.monotonic() + _PATIENCE_SECONDS
        while not _is_locked(handle) and time.monotonic() < ends_at:
            time.sleep(0.05)
    except OSError as error:
        logger.warning("the folder of what was told, %s, cannot be used: %r", folder, error)
    try:
        yield
    finally:
        if handle is not None:
            os.close(handle)


def _is_locked(handle: int) -> bool:
    """Take the lock if it is free; it dies with its holder."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _told(one: dict[str, Any]) -> Told:
    return Told(
        severity=str(one["severity"]),
        what=str(one["what"]),
        since=_instant(one["since"]),
        has_passed=one.get("has_passed") is True,
    )


def _instant(text: str) -> datetime:
    """An aware instant; a ValueError says that it is none."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return instant


def _as_text(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)
