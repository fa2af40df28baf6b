"""How every page is set: templates, the way between pages, and answers of `pipeline.explain` as HTML."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment
from markupsafe import Markup, escape

from pipeline.errors import WarehouseError
from pipeline.explain.layout import ID_CHARS, Entry, count, span
from pipeline.publish.render import html_environment, long_date
from pipeline.settings import Settings
from pipeline.store.warehouse import Warehouse

# What leads on within a text: an address, an id, the start of one in its brackets, or the day of a line.
_LEADING_ON = re.compile(
    rf"(https?://[^\s<>\"“”‘’]+)|\[([0-9a-f]{{{ID_CHARS}}})\]|\b([0-9a-f]{{32}})\b|\b(\d{{4}}-\d\d-\d\d)(?=/\d)"
)
_AT_THE_END = ".,;:!?)]}'"


def page(template: str, *, title: str, here: str, up: str = "", status: int = 200, **given: Any) -> HTMLResponse:
    """Set a page.

    Args:
        template: Its file.
        here: The page of the navigation that it belongs to.
        up: The way from its address to the first page's: relative links hold under any base path.
        given: What the template names.
    """
    text = _environment().get_template(template).render(title=title, here=here, up=up, **given)
    return HTMLResponse(text, status)


def opened() -> tuple[Settings, Warehouse]:
    """Settings and warehouse of this process's environment, read anew for each page."""
    settings = Settings.from_env(os.environ)
    return settings, Warehouse(settings.warehouse)


def stored() -> tuple[Settings, Warehouse]:
    """The same, for a question about what is stored.

    Raises:
        WarehouseError: nothing was ever committed.
    """
    settings, warehouse = opened()
    if not warehouse.latest().number:
        raise WarehouseError("there is no warehouse yet: nothing was ever run")
    return settings, warehouse


def sections(lines: Sequence[str]) -> list[tuple[str, list[Entry]]]:
    """An answer as sections: a heading and what stands under it; the heading is empty where there is none.

    Args:
        lines: What `pipeline.explain` gives: an empty line begins a section, and its heading is a plain line.
    """
    found: list[tuple[str, list[Entry]]] = [("", [])]
    is_new = False
    for line in lines:
        if not line:
            is_new = True
        elif isinstance(line, Entry):
            if is_new:
                found.append(("", []))
            found[-1][1].append(line)
            is_new = False
        elif is_new or not any(heading or entries for heading, entries in found):
            found.append((line, []))
            is_new = False
        else:
            found[-1][1].append(Entry.of([line], name=None, text=line, indent=0))
    return [(heading, entries) for heading, entries in found if heading or entries]


def leading_on(text: str, up: str) -> Markup:
    """Text made harmless, in which addresses open beside and ids lead to what they name."""
    parts: list[Markup] = []
    end = 0
    for match in _LEADING_ON.finditer(text):
        parts.append(escape(text[end : match.start()]))
        parts.append(_link(match, up))
        end = match.end()
    return Markup("").join([*parts, escape(text[end:])])


def _link(match: re.Match[str], up: str) -> Markup:
    url, short_id, whole_id, day = match.groups()
    if day:
        return Markup('<a href="{}digests/{}">{}</a>').format(up, day, day)
    if url:
        address = url.rstrip(_AT_THE_END)
        rest = url[len(address) :]
        return outward(address) + escape(rest)
    known = short_id or whole_id
    link = Markup('<a href="{}search?q={}">{}</a>').format(up, known, known)
    return Markup("[{}]").format(link) if short_id else link


def outward(url: str | None, text: str | None = None) -> Markup:
    """A link that opens beside this page; an address that is not http(s) is text and leads nowhere."""
    shown = text or url or ""
    if not url or not url.lower().startswith(("http://", "https://")):
        return escape(shown)
    return Markup('<a target="_blank" rel="noopener noreferrer" href="{}">{}</a>').format(url, shown)


def bars(values: Sequence[int], *, height: int = 28, width: int = 4) -> dict[str, Any]:
    """Where the bars of a small chart stand: one a value, from the foot, the greatest as high as the chart.

    Returns:
        `width` and `height` of the chart, `greatest`, and `bars`: x, y and height of each, one unit at least where there is a value.
    Example:
        >>> bars([0, 2, 4], height=20)["bars"]
        [(0, 20, 0), (4, 10, 10), (8, 0, 20)]
    """
    top = max(values, default=0) or 1
    tall = [max(1, round(height * value / top)) if value else 0 for value in values]
    drawn = [(n * width, height - one, one) for n, one in enumerate(tall)]
    return {
        "width": width * len(values),
        "height": height,
        "bar": width - 1,
        "greatest": max(values, default=0),
        "bars": drawn,
    }


def instant(at: datetime | None, never: str = "never") -> Markup:
    """An instant to the minute, which does not break between its parts."""
    if at is None:
        return escape(never)
    at = at.astimezone(UTC)
    return Markup('<time datetime="{:%Y-%m-%dT%H:%M:%SZ}">{:%-d %b} {:%H:%M}</time>').format(at, at, at)


def size(octets: float | None) -> str:
    """Bytes in the unit that reads best.

    Example:
        >>> size(1_600_000), size(2.5e9), size(None)
        ('1.6 MB', '2.5 GB', 'unknown')
    """
    if octets is None:
        return "unknown"
    for unit, least in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if octets >= least:
            return f"{octets / least:.1f} {unit}"
    return f"{octets / 1e3:.0f} kB"


def day_name(day: date | str) -> str:
    """A day as a reader says it."""
    return long_date(day)


def sum_of(rows: Iterable[dict[str, Any]], name: str) -> int:
    """The sum of a column."""
    return sum(row[name] or 0 for row in rows)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = html_environment(Path(__file__).parent / "templates")
    environment.filters.update(
        instant=instant,
        size=size,
        long_date=day_name,
        outward=outward,
        leading_on=leading_on,
        count=count,
        sum_of=sum_of,
    )
    environment.globals.update(bars=bars, span=span)
    return environment
