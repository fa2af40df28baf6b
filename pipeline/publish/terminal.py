"""A digest for a terminal: the day on one screen, or every line with its sources."""

from __future__ import annotations

import textwrap

from pipeline.publish.document import Document
from pipeline.publish.render import changes_of, clean, counted, line_publishers, long_date, told_of, unheard_of

_MOST_WIDTH = 100


def render_screen(document: Document, *, width: int, height: int | None) -> str:
    """Render what is most important of the day, then the headings of all stories, as far as the screen goes.

    Args:
        width, height: Of the screen, in characters and lines; None takes as many lines as there are.
    """
    told = told_of(document)
    lines = {line["development_id"]: line for story in told for line in story["developments"]}
    head = [*_head(document, width), ""]
    for n, one in enumerate(document.get("brief", []), start=1):
        head += _item(f"{n}. ", f"{lines[one]['text']} ({line_publishers(lines[one])})", width)
    headings = [
        _item("- ", f"{story['headline'] or 'Untitled story'} ({len(story['developments'])})", width) for story in told
    ]
    again = f"Every line with its sources: daybook digest --date {document['date']} --sources; the page: --format html"
    tail = ["", *_item("", again, width)]
    room = None if height is None else max(3, height - len(head) - len(tail) - 3)
    shown = [line for heading in headings for line in heading]
    if room is not None and len(shown) > room:
        kept: list[str] = []
        count = 0
        for heading in headings:
            if len(kept) + len(heading) > room:
                break
            kept += heading
            count += 1
        shown = [*kept, f"and {counted(len(told) - count, 'story')} more"]
    return "\n".join([*head, "", *shown, *tail, ""])


def render_sources(document: Document, *, width: int) -> str:
    """Render every line with what it stands on."""
    parts = _head(document, width)
    for story in told_of(document):
        parts += ["", *_item("", story["headline"] or "Untitled story", width), ""]
        for line in story["developments"]:
            parts += _item("- ", line["text"], width)
            for article in (*line["citations"], *line["copies"]):
                other = f"says otherwise: “{article['quote']}” " if article.get("role") == "differs" else ""
                by = f"{article['publisher'] or 'Unknown publisher'}, {article['url'] or article['title']}"
                parts += _item("    ", other + by, width)
    return "\n".join([*parts, ""])


def _head(document: Document, width: int) -> list[str]:
    told = told_of(document)
    developments = sum(len(story["developments"]) for story in told)
    so_far = " so far" if document["status"] == "provisional" else ""
    counts = f"{counted(developments, 'development')} in {counted(len(told), 'story')}"
    parts = _item("", f"Daybook, {long_date(document['date'])}{so_far}: {counts}", width)
    if unheard := unheard_of(document):
        parts += _item("", f"Not heard: {'; '.join(unheard)}.", width)
    if document["missing_windows"]:
        parts += _item("", f"Hours without a finished run: {', '.join(document['missing_windows'])}.", width)
    for heading, changes in changes_of(document):
        parts += _item("", f"{heading}: {len(changes)}.", width)
    return parts


def _item(mark: str, text: str, width: int) -> list[str]:
    """A text as lines, the first one after its mark."""
    return textwrap.wrap(
        str(clean(text)),
        max(20, min(width, _MOST_WIDTH) - 1),
        initial_indent=mark,
        subsequent_indent=" " * len(mark),
        break_on_hyphens=False,
    )
