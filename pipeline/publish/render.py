"""Render a digest's document as HTML, Markdown and JSON, and many as an Atom feed. Article text is never trusted."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from pipeline.publish.document import KINDS_LISTED, Document, publishers_of
from pipeline.text.controls import DIRECTION

FEED_LENGTH = 20
MOST_NAMED = 3  # publishers of a line
MOST_WITHHELD = 200  # on a page's foot; the JSON has all

_CHANGES = {"corrected": "Corrections to earlier digests", "updated": "Earlier lines brought up to date"}
_LINE_ENDS = frozenset("\n\r\t\u2028\u2029")
_MARKDOWN = re.compile(r"([\\`*_\[\]<>|~&$]|^[#+=-])")
_AUTOLINK = re.compile(r"(://|@|(?<=www)\.)", re.IGNORECASE)
# Not from the locale: the same bytes everywhere.
_MONTH_NAMES = "January February March April May June July August September October November December"
_WEEKDAY_NAMES = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
_MONTHS = _MONTH_NAMES.split()
_WEEKDAYS = _WEEKDAY_NAMES.split()
_NUMBERS = ["no", "one", "two", "three", "four", "five"]


def render_files(document: Document) -> dict[str, bytes]:
    """Render the files of one build, by name."""
    return {
        "digest.html": render_html(document).encode(),
        "digest.md": render_markdown(document).encode(),
        "digest.json": render_json(document).encode(),
    }


def render_html(document: Document) -> str:
    """Render a page that needs nothing else: inline style, no script, links to sources only."""
    return _HTML.get_template("digest.html.j2").render(_parts(document))


def render_markdown(document: Document) -> str:
    """Render Markdown with a footnote for each citation."""
    text = _MD.get_template("digest.md.j2").render(_parts(document))
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def render_json(document: Document) -> str:
    """The document itself; quotes stand in it exactly as in their article."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def render_atom(documents: Sequence[Document]) -> str:
    """Render a feed of the latest digests, newest first; its times are the ends of the digests' days."""
    latest = sorted(documents, key=lambda d: (d["date"], d["build_id"]), reverse=True)[:FEED_LENGTH]
    entries = [
        {
            **_parts(digest),
            "closed": (closed := date.fromisoformat(digest["date"]) + timedelta(1)),
            "updated": _changed(digest, closed),
        }
        for digest in latest
    ]
    return _HTML.get_template("atom.xml.j2").render(entries=entries)


def html_template(name: str) -> Template:
    """A template of this room for a page, in which every value is made harmless."""
    return _HTML.get_template(name)


def clean(value: object) -> object:
    """Text without control characters, line ends as spaces; anything else as it is."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    if value.isascii() and value.isprintable():
        return value
    return "".join(" " if ch in _LINE_ENDS else ch for ch in value if ch in _LINE_ENDS or not _is_control(ch))


@lru_cache(maxsize=4096)
def _is_control(ch: str) -> bool:
    """Whether a character acts instead of showing: controls, surrogates, private use, noncharacters."""
    return ch in DIRECTION or unicodedata.category(ch) in ("Cc", "Cs", "Co") or ord(ch) & 0xFFFE == 0xFFFE


def escape_markdown(value: object) -> object:
    """Cleaned text in which nothing is markup."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    escaped = _MARKDOWN.sub(r"\\\1", str(clean(value)))
    return re.sub(r"^(\d+)\.", r"\1\\.", _AUTOLINK.sub(r"\\\1", escaped))


def long_date(day: str | date) -> str:
    """A day in words, e.g. Wednesday, 4 March 2026."""
    day = date.fromisoformat(day) if isinstance(day, str) else day
    return f"{_WEEKDAYS[day.weekday()]}, {day.day} {_MONTHS[day.month - 1]} {day.year}"


def _short_date(day: str, seen_from: str) -> str:
    """A day without weekday, and without its year where that is the year of the day it is seen from, e.g. 4 March."""
    parsed = date.fromisoformat(day)
    year = "" if parsed.year == date.fromisoformat(seen_from).year else f" {parsed.year}"
    return f"{parsed.day} {_MONTHS[parsed.month - 1]}{year}"


def _when(article: Document) -> str:
    """When an article was published, as exactly as is known."""
    if article["published_at"] is None:
        return "time unknown"
    at = datetime.fromisoformat(article["published_at"])
    known_to_the_day = article["published_at_precision"] == "day"
    return f"{at.day} {_MONTHS[at.month - 1]} {at.year}" + ("" if known_to_the_day else f", {at:%H:%M} UTC")


def counted(number: int, noun: str) -> str:
    """A number with its noun, e.g. `1 story`, `2 stories`."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"


def line_publishers(line: Document) -> str:
    """Who reports a line, by name."""
    names = [name or "Unknown publisher" for name in publishers_of([line])]
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _lone_publisher(story: Document) -> str | None:
    """The one publisher who reports a story, if nobody else does."""
    names = publishers_of(story["developments"])
    return names[0] if story["publisher_count"] == len(names) == 1 else None


def _unheard(source: Document) -> str:
    """What is known of a source that was not heard."""
    name = source["publisher"] or source["source_id"]
    if source["why"] == "quiet":
        return f"{name} brought {counted(source['brought'], 'article')} where {source['usual']} are usual"
    if source["why"] == "held":
        return f"all that {name} brought is held for a person"
    return f"{name} could not be reached or read"


def _parts(document: Document) -> dict[str, object]:
    """What the templates of a page are given."""
    told = told_of(document)
    lines = {line["development_id"]: line for story in told for line in story["developments"]}
    return {
        "digest": document,
        "told": told,
        "changes": changes_of(document),
        "brief": [lines[one] for one in document.get("brief", [])],  # older documents have none
        "unheard": unheard_of(document),
        "withdrawn": document.get("withdrawn", []),
        "listed": _listed(document),
        "quiet": _quiet(document),
        "most_withheld": MOST_WITHHELD,
    }


def _changed(document: Document, closed: date) -> date:
    """When a digest last changed: at its day's end, or when an article was withdrawn from it."""
    return max([closed, *(date.fromisoformat(one["withdrawn_on"]) for one in document.get("withdrawn", []))])


def why_empty(document: Document) -> str:
    """Why a digest has no line, as far as its build knows."""
    articles = sum(story["article_count"] for story in _quiet(document))
    withheld = len(document.get("withheld", []))
    came = document["coverage"].get("articles", articles)
    if not came:
        return "No line: no article came in on this day."
    if withheld >= came:
        return (
            f"No line: of {counted(came, 'article')} all are of kinds that give none; the foot of the page says which."
        )
    no_sentence = "none has a sentence that stands alone, is of its story and was not told before"
    return f"No line: {counted(came, 'article')} came in, and {no_sentence}."


def erratum(withdrawn: Document) -> str:
    """What a reader is told of a withdrawn article, but for its address."""
    lines = len(withdrawn["lines"])
    gone = f"; {counted(lines, 'line')} went with it" if lines else ""
    day = date.fromisoformat(withdrawn["withdrawn_on"])
    return f"withdrawn on {day.day} {_MONTHS[day.month - 1]} {day.year}{gone}: {withdrawn['why']}"


def _listed(document: Document) -> list[tuple[str, list[Document]]]:
    """What gives no line and is worth a reader's while: a heading and the articles under it. Older documents have none."""
    articles = document.get("withheld", [])
    groups = [(heading, [a for a in articles if a["kind"] == kind]) for kind, heading in KINDS_LISTED.items()]
    return [(heading, under) for heading, under in groups if under]


def changes_of(document: Document) -> list[tuple[str, list[Document]]]:
    """What edits took from earlier digests' lines: a heading and the changes under it. Older documents know of corrections alone."""
    groups = [
        (heading, [c for c in document["corrections"] if c.get("kind", "corrected") == kind])
        for kind, heading in _CHANGES.items()
    ]
    return [(heading, under) for heading, under in groups if under]


def unheard_of(document: Document) -> list[str]:
    """What is known of each source that was not heard; older documents know of none."""
    return [_unheard(source) for source in document.get("unheard", [])]


def told_of(document: Document) -> list[Document]:
    """The stories with lines."""
    return [story for story in document["stories"] if not story["is_quiet"]]


def _quiet(document: Document) -> list[Document]:
    return [story for story in document["stories"] if story["is_quiet"]]


def html_environment(folder: Path) -> Environment:
    """Templates of a folder, for pages in which every value is made harmless."""
    return _environment(folder, markdown=False)


def _environment(folder: Path, *, markdown: bool) -> Environment:
    """Templates in which every value is made harmless unless a template says otherwise."""
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=not markdown,
        undefined=StrictUndefined,
        finalize=escape_markdown if markdown else clean,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    words = {"new": "", "updated": "updated", "differs": "figures differ", "corrected": "corrected"}
    roles = {"primary": "This line", "corroborates": "Also says so", "differs": "Says otherwise"}
    environment.filters.update(
        counted=counted, in_words=lambda number: _NUMBERS[number], long_date=long_date, short_date=_short_date, when=_when,
        kind=words.__getitem__, role=roles.__getitem__,
        erratum=erratum, why_empty=why_empty,
        publisher=lambda article: article["publisher"] or "Unknown publisher",
        headline=lambda story: story["headline"] or "Untitled story", publishers=line_publishers, lone_publisher=_lone_publisher,
        md_url=lambda url: Markup(re.sub(r"[()\s<>]", lambda m: f"%{ord(m[0]):02X}", url)),
    )  # fmt: skip
    return environment


_TEMPLATES = Path(__file__).parent / "templates"
_HTML = _environment(_TEMPLATES, markdown=False)
_MD = _environment(_TEMPLATES, markdown=True)
