"""What a visit asks when it was made before, by this run or another: only what never succeeded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import cast

from pipeline.fetch.history.rechecks import KnownCapture
from pipeline.fetch.results import is_final
from pipeline.text.urls import clean_url

_LISTINGS = ("feed", "sitemap")


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedPage:
    """One page to ask, with what its listing said of it.

    Attributes:
        key: The cleaned URL.
        recheck_of: The last stored capture, where the page is asked for what changed since; None: it is not stored.
        is_unknown: Whether it was neither stored nor refused before.
        is_released: Whether it was refused, and a person let it in.
        was_refused: Whether it was never had, and its refusal may have passed.
        put_off_at: When an earlier visit put it off; None where none did.
    """

    key: str
    url: str
    listed_title: str | None = None
    listed_at: datetime | None = None
    listed_by: str
    recheck_of: KnownCapture | None = None
    is_unknown: bool = False
    is_released: bool = False
    was_refused: bool = False
    put_off_at: datetime | None = None

    @property
    def conditions(self) -> dict[str, str]:
        """The headers that ask for the page only if it changed."""
        return self.recheck_of.conditions if self.recheck_of else {}

    def after(self, capture: KnownCapture | None) -> QueuedPage:
        """The same page, known to be stored already."""
        return replace(self, recheck_of=capture)


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchPlan:
    """What to ask of one source.

    Attributes:
        ask_listing: Whether to ask the feed or sitemap.
        retry: Pages to ask again, in the order in which they were first asked.
        settled: Cleaned URLs that this visit has an answer for, good or final.
        attempts: How often each (purpose, URL) was asked before.
    """

    ask_listing: bool
    retry: tuple[QueuedPage, ...] = ()
    settled: frozenset[str] = frozenset()
    attempts: Counter[tuple[str, str]] = field(default_factory=Counter)


def plan_requests(already: Iterable[Mapping[str, object]]) -> FetchPlan:
    """Decide what a visit still has to ask of one source.

    A visit whose listing was read once never lists again: what is listed now belongs to a later one. Its pages are
    asked again while they only failed in ways that time may mend.

    Args:
        already: FETCHES rows of this source and this visit, oldest first.
    """
    rows = list(already)
    attempts = Counter((str(row["purpose"]), str(row["url"])) for row in rows)
    is_listed = any(row["purpose"] in _LISTINGS and _is_settled(row) for row in rows)
    pages = [(clean_url(str(row["url"])) or str(row["url"]), row) for row in rows if row["purpose"] == "page"]
    settled = frozenset(key for key, row in pages if _is_settled(row))
    retry = {key: queued_page(key, row) for key, row in pages if key not in settled}
    return FetchPlan(
        ask_listing=not is_listed,
        retry=tuple(retry.values()) if is_listed else (),
        settled=settled,
        attempts=attempts,
    )


def _is_settled(row: Mapping[str, object]) -> bool:
    """Whether a request needs no repeating. A listing that failed is always worth another try."""
    outcome = str(row["outcome"])
    if row["purpose"] in _LISTINGS:
        return outcome in ("ok", "not-modified")
    return is_final(outcome, cast("int | None", row["http_status"]))


def queued_page(key: str, row: Mapping[str, object], *, is_unknown: bool = False) -> QueuedPage:
    """A page to ask again, or that was put off before it was asked."""
    return QueuedPage(
        key=key,
        url=str(row["url"]),
        listed_title=cast("str | None", row["listed_title"]),
        listed_at=cast("datetime | None", row["listed_at"]),
        listed_by=cast("str | None", row["listed_by"]) or "feed",
        is_unknown=is_unknown,
        put_off_at=cast("datetime | None", row.get("requested_at")),
    )
