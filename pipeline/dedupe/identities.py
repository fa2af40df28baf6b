"""What only many pages together can tell: a template's constants, and a text that stands for no article."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from pipeline.tables import EXTRACTED
from pipeline.text.urls import article_id, registrable_domain

# So many different pages with one canonical URL mean a template's constant; with one time of publication they may.
_SHARED_BY = 3
_UNLIKE = 2  # so many do where they have no title and no line in common: an article's other address, or its edit, has
# A time that so many pages share, with nothing that speaks for it, is no release: schedulers let a handful out at once.
_MOST_RELEASED = 12
_SOON = timedelta(hours=48)  # a release is met by the next visits; a constant stands there for ever
_NEAR = timedelta(hours=36)  # what a listing or an address says may be the day alone, and in local time
_DAY_IN_ADDRESS = re.compile(
    r"/((?:19|20)\d{2})(?:[/-](0[1-9]|1[0-2])(?:[/-](0[1-9]|[12]\d|3[01]))?|(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01]))(?=[/_-])"
)
# One publisher's text under so many addresses is a wall or a notice, however it looks (a consent page, "gone fishing").
SAME_TEXT_ADDRESSES = 5

_DECLARED_SOURCES = ("jsonld", "meta", "time")
_READ = (
    "page_id", "url", "canonical_url", "declared_original_url", "text_sha256", "published_at", "published_at_source",
    "published_at_precision", "published_on", "listed_at", "listed_by", "cleaning_rules", "article_id", "publisher",
    "fetched_at",
)  # fmt: skip

Row = Mapping[str, Any]


def settle_identities(pages: pa.Table) -> pa.Table:
    """Undo what a template, not an article, declares: a canonical URL or a time that unlike pages share.

    A canonical that three pages of different texts declare, or two that have neither title nor line in common, is a
    template's: each is then named by its own URL. A time,
    to the minute or finer, that three different articles of one site claim is a constant, unless it is that of a release
    (`_is_release`): the listing's time stands instead, or none. Judged over all pages of a day, so that it does not matter
    in which order or batches they came.

    Args:
        pages: EXTRACTED rows without a refusal, of one day.
    Returns:
        The same rows in the same order, mended.
    """
    rows = pages.select(_READ).to_pylist()
    broken = _shared_canonicals(rows, pages)
    for row in rows:
        if row["canonical_url"] in broken:
            row["canonical_url"] = row["url"]
            row["article_id"] = article_id(row["url"])
        if row["declared_original_url"] in broken:
            row["declared_original_url"] = None
    constants = _constant_times(rows)
    for row in rows:
        if (
            row["published_at_precision"] != "day"
            and (registrable_domain(row["url"]), row["published_at"]) in constants
        ):
            row["cleaning_rules"] = sorted({*row["cleaning_rules"], "constant-date"})
            at = row["published_at"] = row["listed_at"]
            row["published_on"] = None
            row["published_at_source"], row["published_at_precision"] = (
                (row["listed_by"] or "feed", "second") if at else (None, None)
            )
    columns = {
        name: pa.array([row[name] for row in rows], EXTRACTED.row_schema.field(name).type)
        for name in _READ
        if name != "page_id"
    }
    return pa.table([columns.get(name, pages.column(name)) for name in pages.schema.names], schema=EXTRACTED.row_schema)


def find_boilerplate(pages: pa.Table) -> dict[str, str]:
    """Find texts that one publisher shows under many addresses.

    Args:
        pages: EXTRACTED rows of one day with their identities settled.
    Returns:
        For each such page's id, what is wrong with it.
    Refuses:
        boilerplate
    """
    places: dict[tuple[str, str], set[str]] = defaultdict(set)
    rows = pages.select(["page_id", "publisher", "text_sha256", "article_id"]).to_pylist()
    for row in rows:
        if row["publisher"] is not None:
            places[row["publisher"], row["text_sha256"]].add(row["article_id"])
    found = {}
    for row in rows:
        count = len(places.get((row["publisher"], row["text_sha256"]), ()))
        if count >= SAME_TEXT_ADDRESSES:
            found[row["page_id"]] = f"{row['publisher']} shows this very text under {count} addresses this day"
    return found


def _shared_canonicals(rows: Sequence[Row], pages: pa.Table) -> set[str]:
    """Declared canonicals, also those on other domains, that unlike pages share; of each URL its earliest text counts."""
    users: dict[str, dict[str, int]] = defaultdict(dict)
    for place in sorted(range(len(rows)), key=lambda place: (rows[place]["fetched_at"], rows[place]["page_id"])):
        row = rows[place]
        for shared in (row["canonical_url"], row["declared_original_url"]):
            if shared and shared != row["url"]:
                users[shared].setdefault(row["url"], place)
    return {url for url, places in users.items() if _are_unlike(list(places.values()), rows, pages)}


def _are_unlike(places: Sequence[int], rows: Sequence[Row], pages: pa.Table) -> bool:
    """Whether so many pages are different articles."""
    if len({rows[place]["text_sha256"] for place in places}) >= _SHARED_BY:
        return True
    told = pages.select(["title", "text"]).take(places).to_pylist() if len(places) == _UNLIKE else []
    lines = [{row["title"], *(row["text"] or "").splitlines()} - {""} for row in told]
    return len(lines) == _UNLIKE and not lines[0] & lines[1]


def _constant_times(rows: Sequence[Row]) -> set[tuple[str | None, datetime]]:
    """Times that three different articles of one site claim, and that are no release."""
    claims: dict[tuple[str | None, datetime], list[Row]] = defaultdict(list)
    for row in rows:
        if (
            row["published_at"]
            and row["url"]
            and row["published_at_precision"] != "day"
            and row["published_at_source"] in _DECLARED_SOURCES
        ):
            claim = (registrable_domain(row["url"]), row["published_at"])
            claims[claim].append(row)
    return {
        claim
        for claim, users in claims.items()
        if min(len({row[name] for row in users}) for name in ("canonical_url", "text_sha256")) >= _SHARED_BY
        and not _is_release(claim[1], users)
    }


def _is_release(at: datetime, rows: Sequence[Row]) -> bool:
    """Whether several articles were let out at one time, as schedulers and embargoes do.

    What others say of their time decides: the listing, else the addresses. Where both are silent it is a release if it came
    shortly before the captures and is shared by a dozen pages at most. So a template's constant is told by listings and
    addresses that name unlike days, and by its age, for it is claimed again by the pages of the days that follow.
    """
    told: list[bool] = [abs(row["listed_at"] - at) <= _NEAR for row in rows if row["listed_at"] is not None]
    told = told or [_agrees(at, day) for row in rows if (day := _DAY_IN_ADDRESS.search(row["url"]))]
    if told:
        return sum(told) > len(told) / 2
    is_fresh = all(timedelta() <= row["fetched_at"] - at <= _SOON for row in rows)
    return bool(is_fresh) and len({row["canonical_url"] for row in rows}) <= _MOST_RELEASED


def _agrees(at: datetime, named: re.Match[str]) -> bool:
    """Whether a time lies in the day, or the month, that an address names."""
    year, month, day = int(named[1]), int(named[2] or named[4]), named[3] or named[5]
    days = [(at + timedelta(days=n)).date() for n in (-1, 0, 1)]
    return any((one.year, one.month) == (year, month) and day in (None, f"{one.day:02d}") for one in days)
