"""What upkeep last did, and how long writers waited for each other: notes beside the data, kept where there is room for them."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from pipeline.files import appearing

_UPKEEP = "upkeep.json"
_WAITS = "lock-waits.json"
_WAITS_KEPT = 50
NOTED_SECONDS = 1.0  # a shorter wait is no news


def note_upkeep(root: Path, step: str, now: datetime, did: str) -> None:
    """Note what a step did, in place of what it did the time before; on a full disk it stays unsaid. The caller holds the lock."""
    _write(root / _UPKEEP, {**read_upkeep(root), step: {"at": now.isoformat(timespec="seconds"), "did": did}})


def read_upkeep(root: Path) -> dict[str, Any]:
    """Each step with when it was last done (`at`) and what it did (`did`)."""
    told = _read(root / _UPKEEP)
    return told if isinstance(told, dict) else {}


def note_wait(root: Path, now: datetime, seconds: float, waiter: int) -> None:
    """Note a wait for the lock that just ended; the caller holds the lock."""
    wait = {"at": now.isoformat(timespec="seconds"), "seconds": round(seconds, 1), "pid": waiter}
    _write(root / _WAITS, [*read_waits(root), wait][-_WAITS_KEPT:])


def read_waits(root: Path) -> list[dict[str, Any]]:
    """The last waits of at least a second: `at`, `seconds`, `pid`."""
    told = _read(root / _WAITS)
    return told if isinstance(told, list) else []


def _read(path: Path) -> Any:
    with suppress(OSError, ValueError):
        return json.loads(path.read_bytes())
    return None


def _write(path: Path, told: object) -> None:
    with suppress(OSError), appearing(path) as unfinished:
        unfinished.write_text(json.dumps(told) + "\n", encoding="utf-8")
