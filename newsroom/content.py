"""Reads outlets and pages from their files.

A page is one file `content/<outlet>/<name>.md`: TOML between two lines of `+++`, then paragraphs split by blank lines.
What stands in `[[double brackets]]` is on the page but is no part of the article: the dirt that cleaning must remove.
"""

from __future__ import annotations

import re
import tomllib
from datetime import date, datetime
from pathlib import Path
from typing import Any

from newsroom.records import BEHAVIOURS, Feed, Newsroom, Outlet, Page, Trouble, Version

FOLDER = Path(__file__).resolve().parent
DAYS = tuple(date(2026, 3, day) for day in range(2, 8))

_FEEDS = {
    "rss": ("feed.xml", "application/rss+xml; charset=utf-8"),
    "atom": ("feed.xml", "application/atom+xml; charset=utf-8"),
    "sitemap": ("sitemap.xml", "application/xml"),
}
_PAGE_FIELDS = frozenset({
    "title", "path", "section", "standfirst", "authors", "byline", "agency", "caption", "credit", "kind", "listed",
    "listed_path", "gone_at", "missing", "stray_byte", "charset_header", "behaviour", "counter", "dirt", "stated_at",
    "canonical", "template", "published_at", "versions",
})  # fmt: skip
_VERSION_FIELDS = frozenset({"at", "replace", "note", "silent"})


def load_newsroom(folder: Path = FOLDER) -> Newsroom:
    """Read outlets.toml and content/ of a folder.

    Raises:
        ValueError: a file lacks its front matter or has a field nobody reads, or two pages share an address.
        KeyError: a page lacks a field or belongs to an unknown outlet.
    """
    declared = tomllib.loads((folder / "outlets.toml").read_text(encoding="utf-8"))
    outlets = {outlet_id: _read_outlet(outlet_id, fields) for outlet_id, fields in declared.items()}
    pages = [read_page(path, outlets[path.parent.name]) for path in sorted((folder / "content").glob("*/*.md"))]
    pages.sort(key=lambda page: (page.published_at, page.url))
    if len({page.url for page in pages}) < len(pages):
        raise ValueError("two pages of the newsroom share an address; each needs a path of its own")
    return Newsroom(outlets=tuple(outlets.values()), pages=tuple(pages), days=DAYS)


def _read_outlet(outlet_id: str, fields: dict[str, Any]) -> Outlet:
    """One table of outlets.toml."""
    template, content_type = _FEEDS[fields["feed"]["kind"]]
    return Outlet(
        outlet_id=outlet_id,
        name=fields["name"],
        host=fields["host"],
        bare_host=fields["bare_host"],
        language=fields["language"],
        motto=fields["motto"],
        sections=tuple(fields.get("sections", ())),
        feed=Feed(**({"template": template, "content_type": content_type} | fields["feed"])),
        forbidden=tuple(fields.get("forbidden", ())),
        crawl_delay=fields.get("crawl_delay"),
        moved=fields.get("moved", {}),
        troubles=tuple(Trouble(**trouble) for trouble in fields.get("trouble", ())),
        encoding=fields.get("encoding", "utf-8"),
        templates=fields.get("templates", outlet_id),
    )


def read_page(path: Path, outlet: Outlet) -> Page:
    """Read one content file.

    Raises:
        ValueError: no front matter, a field or behaviour that does not exist, or a change of words the page does not hold.
    """
    parts = re.split(r"^\+\+\+\n", path.read_text(encoding="utf-8"), maxsplit=2, flags=re.MULTILINE)
    if len(parts) != 3 or parts[0]:
        raise ValueError(f"{path} has no front matter; start it with TOML between two lines of +++")
    fields = tomllib.loads(parts[1])
    _check_fields(fields, path)
    paragraphs = tuple(" ".join(block.split()) for block in parts[2].split("\n\n") if block.strip())
    published_at = fields["published_at"]
    versions = [Version(at=published_at, announced_at=published_at, marked=paragraphs)]
    for change in fields.get("versions", ()):
        versions.append(_changed(versions[-1], change, path))
    return Page(
        outlet=outlet,
        name=path.stem,
        path=fields["path"],
        section=fields["section"],
        title=fields.get("title"),
        standfirst=fields.get("standfirst"),
        authors=tuple(fields["authors"]),
        byline=fields.get("byline"),
        agency=fields.get("agency"),
        caption=fields.get("caption"),
        credit=fields.get("credit"),
        kind=fields.get("kind", "news"),
        listed=fields.get("listed", True),
        listed_path=fields.get("listed_path"),
        gone_at=fields.get("gone_at"),
        is_missing=fields.get("missing", False),
        stray_byte=fields.get("stray_byte", False),
        charset_header=fields.get("charset_header"),
        behaviour=fields.get("behaviour"),
        has_counter=fields.get("counter", False),
        dirt=frozenset(fields.get("dirt", ())),
        stated_at=fields.get("stated_at", published_at.isoformat()),
        canonical=fields.get("canonical", outlet.url(fields["path"])),
        template=fields.get("template", "article.html"),
        versions=tuple(versions),
    )


def _check_fields(fields: dict[str, Any], path: Path) -> None:
    """Refuse what nobody would read: a misspelt field would silently make a plain page of an odd one."""
    changes = fields.get("versions", ())
    odd = set(fields) - _PAGE_FIELDS | {name for change in changes for name in set(change) - _VERSION_FIELDS}
    if odd:
        raise ValueError(f"{path}: no field is called {', '.join(sorted(odd))}")
    if fields.get("behaviour") not in (None, *BEHAVIOURS):
        raise ValueError(f"{path}: a page cannot be {fields['behaviour']!r}, only {', '.join(BEHAVIOURS)}")


def _changed(before: Version, change: dict[str, Any], path: Path) -> Version:
    """The next version: the same paragraphs with words replaced, and a note."""
    text = "\n\n".join(before.marked)
    for old, new in change["replace"]:
        if old not in text:
            raise ValueError(f"{path}: the version replaces {old!r}, which the page does not hold")
        text = text.replace(old, new)
    at: datetime = change["at"]
    if at <= before.at:
        raise ValueError(f"{path}: the version of {at} does not come after the one before it")
    return Version(
        at=at,
        announced_at=before.announced_at if change.get("silent", False) else at,
        marked=tuple(text.split("\n\n")),
        note=change.get("note", before.note),
    )
