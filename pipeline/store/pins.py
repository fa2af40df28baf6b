"""Pins: snapshots that stay readable for a long job or a backup, whatever their age, until a day or until they are let go."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from pipeline.errors import WarehouseCorrupt
from pipeline.files import appearing

_PINS = "pins.json"

Pins = Mapping[int, datetime | None]


def read_pins(root: Path) -> dict[int, datetime | None]:
    """The pinned snapshots by number, each with the instant until which, or None for good.

    Raises:
        WarehouseCorrupt: the file of pins cannot be read: nothing may expire before somebody has looked at it.
    """
    path = root / _PINS
    try:
        told = json.loads(path.read_bytes())
        return {int(number): datetime.fromisoformat(until) if until else None for number, until in told.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise WarehouseCorrupt(f"{path} cannot be read ({error}); remove it, and pin again what is to stay") from error


def write_pins(root: Path, pins: Pins) -> None:
    """Replace the pins; the caller holds the lock."""
    told = {str(number): until.isoformat() if until else None for number, until in sorted(pins.items())}
    with appearing(root / _PINS) as unfinished:
        unfinished.write_text(json.dumps(told) + "\n", encoding="utf-8")


def standing(pins: Pins, now: datetime) -> frozenset[int]:
    """The numbers that are pinned at an instant."""
    return frozenset(number for number, until in pins.items() if until is None or until > now)
