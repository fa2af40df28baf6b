"""Line charts as one SVG that needs nothing else: panels below each other over one axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _PANEL, _LEFT, _RIGHT, _GAP, _TOP = 760, 150, 70, 190, 36, 44
_COLOURS = ("#0a6ebd", "#c2410c", "#15803d", "#7c3aed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A named line through points, in order of x."""

    name: str
    points: Sequence[tuple[float, float]]


def draw_chart(title: str, along: str, panels: Sequence[tuple[str, Sequence[Line]]]) -> str:
    """Draw panels of (unit, lines) that share their x axis, each from zero to its highest value.

    Args:
        along: What x counts.
    """
    xs = [x for _, lines in panels for line in lines for x, _ in line.points]
    low, high = min(xs), max(xs)
    height = _TOP + len(panels) * (_PANEL + _GAP) + 10
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" font-family="system-ui, sans-serif"'
        f' font-size="12"><title>{escape(title)}</title><rect width="100%" height="100%" fill="#fff"/>',
        f'<text x="{_LEFT}" y="24" font-size="16" font-weight="600">{escape(title)}</text>',
    ]
    for number, (unit, lines) in enumerate(panels):
        parts += _panel(unit, lines, _TOP + number * (_PANEL + _GAP), low, high)
    last = _TOP + len(panels) * (_PANEL + _GAP) - _GAP
    parts += [
        _label(_LEFT, last + 16, f"{along} {low:g}", "start"),
        _label(_WIDTH - _RIGHT, last + 16, f"{high:g}", "end"),
    ]
    return "\n".join([*parts, "</svg>\n"])


def _panel(unit: str, lines: Sequence[Line], top: float, low: float, high: float) -> list[str]:
    """One panel: a frame, its highest value, its lines and their names."""
    most = max(y for line in lines for _, y in line.points) or 1.0
    width, bottom = _WIDTH - _LEFT - _RIGHT, top + _PANEL
    parts = [
        f'<path d="M{_LEFT} {top}V{bottom}H{_LEFT + width}" fill="none" stroke="#9ca3af"/>',
        f'<path d="M{_LEFT} {top}H{_LEFT + width}" stroke="#e5e7eb"/>',
        _label(_LEFT - 6, top + 4, f"{most:,.0f}" if most >= 100 else f"{most:.1f}", "end"),
        _label(_LEFT - 6, bottom + 4, "0", "end"),
        _label(_LEFT - 6, top + _PANEL / 2, unit, "end") if len(unit) < 10 else _label(_LEFT, top - 6, unit, "start"),
    ]
    for number, line in enumerate(lines):
        colour = _COLOURS[number % len(_COLOURS)]
        points = " ".join(
            f"{_LEFT + width * (x - low) / max(1e-9, high - low):.1f},{bottom - _PANEL * y / most:.1f}"
            for x, y in line.points
        )
        parts += [
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5"/>',
            f'<text x="{_WIDTH - _RIGHT + 10}" y="{top + 14 + 18 * number}" fill="{colour}">{escape(line.name)}</text>',
        ]
    return parts


def _label(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" fill="#4b5563">{escape(text)}</text>'
