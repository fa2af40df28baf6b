"""A notice in words and as JSON: what is new, what has passed, what still stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from pipeline.notices.conditions import SEVERITIES, Condition
from pipeline.notices.memory import Told
from pipeline.text.controls import one_line
from pipeline.text.normalize import cut_text

_MOST_CHARS = 400  # of a sentence: what strangers sent may stand in it
_SUBJECT_CHARS = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What a channel is told at once.

    Attributes:
        new: Conditions that it was not told of, or that grew worse, the critical first.
        still: What it was told of before and still stands.
        passed: What it was told of before and has passed, by key.
        is_test: Whether it is only a test.
    """

    at: datetime
    new: tuple[Condition, ...] = ()
    still: tuple[Condition, ...] = ()
    passed: Mapping[str, Told]
    is_test: bool = False

    @property
    def severity(self) -> str:
        """critical, warning, recovery or test."""
        if self.is_test:
            return "test"
        return min((one.severity for one in self.new), key=SEVERITIES.index, default="recovery")

    @property
    def subject(self) -> str:
        """The notice in a line."""
        if self.is_test:
            return "[Daybook] test: notices arrive here"
        if not self.new:
            told = "all is well again" if not self.still else "passed: " + ", ".join(self.passed)
            return _line(f"[Daybook] {told}", _SUBJECT_CHARS)
        more = f" (and {len(self.new) - 1} more)" if len(self.new) > 1 else ""
        return _line(f"[Daybook] {self.severity}: {self.new[0].what}", _SUBJECT_CHARS - len(more)) + more

    @property
    def text(self) -> str:
        """The notice in full."""
        lines = [f"{self.at:%Y-%m-%d %H:%M} UTC", ""]
        if self.is_test:
            lines += ["This is a test. Daybook's notices come to this address."]
        for one in self.new:
            lines += [f"{one.severity}: {_line(one.what)}", f"    what to do: {_line(one.do)}", f"    ({one.key})"]
        if self.passed:
            lines += [
                "",
                "passed:",
                *(f"    {_line(told.what)} (since {told.since:%Y-%m-%d %H:%M})" for told in self.passed.values()),
            ]
        if self.still:
            lines += [
                "",
                "told before, and still so:",
                *(f"    {one.severity}: {_line(one.what)}" for one in self.still),
            ]
        if self.new and not self.is_test:
            lines += [
                "",
                "Each is told once, and once more when it has passed. `daybook notices silence KEY` keeps quiet about one.",
            ]
        return "\n".join(lines) + "\n"

    def to_dict(self) -> dict[str, Any]:
        """The notice as JSON: `text` says all of it, the rest is for programs."""
        return {
            "severity": self.severity,
            "subject": self.subject,
            "text": self.text,
            "at": self.at.isoformat(),
            "new": [_facts(one) for one in self.new],
            "still": [_facts(one) for one in self.still],
            "passed": [
                {"key": key, "what": _line(told.what), "since": told.since.isoformat()}
                for key, told in self.passed.items()
            ],
        }


def _facts(condition: Condition) -> dict[str, str]:
    return asdict(condition) | {"what": _line(condition.what)}


def _line(text: str, most: int = _MOST_CHARS) -> str:
    """A text of one line, with nothing in it that acts on a terminal or a mail's head."""
    return cut_text(one_line(text), most)
