"""What a run asks when its window has been worked on before: only what never succeeded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from pipeline.fetch.records import is_final
from pipeline.text.urls import clean_url

_LISTINGS = ("feed", "sitemap")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One listed page to ask, with what its listing said of it. `key` is the cleaned URL."""

    key: str
    url: str
    listed_title: str | None = None
    listed_at: datetime | None = None
    listed_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to ask of one source.

    Attributes:
        ask_listing: Whether to ask the feed or sitemap.
        retry: Pages to ask again, in the order in which they were first asked.
        settled: Cleaned URLs that this window has an answer for, good or final.
        attempts: How often each (purpose, URL) was asked before.
    """

    ask_listing: bool
    retry: tuple[Wanted, ...] = ()
    settled: frozenset[str] = frozenset()
    attempts: Counter[tuple[str, str]] = field(default_factory=Counter)


def plan_requests(already: Iterable[Mapping[str, object]], *, may_ask: bool) -> Plan:
    """Decide what a run still has to ask of one source.

    A window whose listing was read once is never listed again: what is listed now belongs to a later window. Its pages
    are asked again while they only failed in ways that time may mend.

    Args:
        already: FETCHES rows of this source and this window, oldest first.
        may_ask: Whether the window is recent enough to ask the network at all.
    """
    rows = list(already)
    attempts = Counter((str(row["purpose"]), str(row["url"])) for row in rows)
    is_listed = any(row["purpose"] in _LISTINGS and _is_settled(row) for row in rows)
    pages = [(clean_url(str(row["url"])) or str(row["url"]), row) for row in rows if row["purpose"] == "page"]
    settled = frozenset(key for key, row in pages if _is_settled(row))
    retry = {key: _wanted(key, row) for key, row in pages if key not in settled}
    return Plan(
        ask_listing=may_ask and not is_listed,
        retry=tuple(retry.values()) if may_ask and is_listed else (),
        settled=settled,
        attempts=attempts,
    )


def _is_settled(row: Mapping[str, object]) -> bool:
    """Whether a request needs no repeating. A listing that failed is always worth another try."""
    outcome = str(row["outcome"])
    if row["purpose"] in _LISTINGS:
        return outcome in ("ok", "not-modified")
    return is_final(outcome, cast("int | None", row["http_status"]))


def _wanted(key: str, row: Mapping[str, object]) -> Wanted:
    """A page to ask again."""
    return Wanted(
        key=key,
        url=str(row["url"]),
        listed_title=cast("str | None", row["listed_title"]),
        listed_at=cast("datetime | None", row["listed_at"]),
        listed_by=cast("str | None", row["listed_by"]) or "feed",
    )
