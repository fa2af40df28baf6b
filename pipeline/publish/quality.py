"""The quality of what came in as a page that needs nothing else: tables, and trends drawn as lines. Names are never trusted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.publish.render import html_template

WIDTH, HEIGHT = 120, 24
_EDGE = 2


def render_quality(facts: Mapping[str, Any]) -> str:
    """Render the page: inline style, no script, no link out.

    Args:
        facts: `days` (ISO), `totals`, `day_rows`, `sources`, `expectations`, `kinds` and `reasons`, as
            `pipeline.explain.quality` gives them.
    """
    days = facts["day_rows"]
    trends = {
        "pages": [day["pages"] for day in days],
        "refused": [day["refused"] / day["pages"] if day["pages"] else None for day in days],
        "lineless": [day["lineless"] / day["articles"] if day["articles"] else None for day in days],
        "failed_runs": [day["failed_runs"] for day in days],
    }
    return html_template("quality.html.j2").render(
        facts=facts, trends=trends, draw=draw_trend, width=WIDTH, height=HEIGHT
    )


def draw_trend(values: Sequence[float | None]) -> dict[str, Any]:
    """Where a trend's line runs in a box of WIDTH by HEIGHT, from 0 at the foot to its greatest value at the top.

    Returns:
        `lines`: for each stretch of known values the points of a polyline; a single value is a short stroke. `last`: the last
        point, or None without values. `least`, `greatest`: of the known values, None without any.
    Example:
        >>> draw_trend([0.0, None, 1.0])["lines"]
        ['1.0,22.0 3.0,22.0', '117.0,2.0 119.0,2.0']
        >>> draw_trend([None])["last"] is None
        True
    """
    known = [value for value in values if value is not None]
    top = max(known, default=0.0) or 1.0
    step = (WIDTH - 2 * _EDGE) / max(1, len(values) - 1)
    stretches: list[list[tuple[float, float]]] = [[]]
    for n, value in enumerate(values):
        if value is None:
            stretches.append([])
        else:
            height = HEIGHT - _EDGE - (HEIGHT - 2 * _EDGE) * value / top
            stretches[-1].append((round(_EDGE + n * step, 1), round(height, 1)))
    drawn = [points if len(points) > 1 else _stroke(points[0]) for points in stretches if points]
    last = next((points[-1] for points in reversed(stretches) if points), None)
    return {
        "lines": [" ".join(f"{x},{y}" for x, y in points) for points in drawn],
        "last": last,
        "least": min(known, default=None),
        "greatest": max(known, default=None),
    }


def _stroke(point: tuple[float, float]) -> list[tuple[float, float]]:
    """A single value as a stroke that can be seen."""
    x, y = point
    return [(x - 1, y), (x + 1, y)]
