"""Which pages one source's visit asks: those that are listed and new or changed, due again, put off, or let in by a person."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from pipeline.fetch.history.crawl_history import CrawlHistory
from pipeline.fetch.history.frontier import FetchPlan, QueuedPage, plan_requests, queued_page
from pipeline.fetch.history.rechecks import KnownCapture
from pipeline.fetch.history.visits import Visit
from pipeline.fetch.listings.items import MAX_ITEMS, Item
from pipeline.fetch.results import Failure, Provenance, ResultBuilder, Row
from pipeline.fetch.sources import Source
from pipeline.reasons import Reason
from pipeline.text.urls import clean_url

logger = logging.getLogger(__name__)

# So many URLs beyond the cap are named at a visit, each once; the others are counted.
_MOST_NAMED = 4 * MAX_ITEMS


@dataclass(slots=True, kw_only=True)
class PageChoice:
    """The pages of one source at one visit, as they are chosen; every listed URL is counted here or wanted.

    Attributes:
        wanted: What is to be asked, in this order.
        has_new_items: Whether a page was listed that was not known.
        left_over: FETCHES rows of pages that earlier visits put off, by cleaned URL.
        plan: What earlier runs of this very visit leave to be asked.
    """

    source: Source
    visit: Visit
    history: CrawlHistory
    builder: ResultBuilder
    origin: Provenance
    wanted: list[QueuedPage] = field(default_factory=list)
    has_new_items: bool = False
    plan: FetchPlan = field(init=False)
    left_over: dict[str, Row] = field(init=False)
    _listed: set[str] = field(default_factory=set)
    _taken: int = 0  # listed items that count towards the cap
    _named: int = 0  # of those beyond it, these were named
    _due: dict[str, KnownCapture] = field(init=False)
    _turned_away: dict[str, Row] = field(init=False)

    def __post_init__(self) -> None:
        source_id = self.source.source_id
        self.plan = plan_requests(self.history.requests_of(source_id, self.visit))
        self._due = {capture.key: capture for capture in self.history.rechecks(source_id, self.visit)}
        self._turned_away = dict(self.history.turned_away(source_id, self.visit))
        left_over = self.history.left_over(source_id, self.visit)
        self.left_over = {clean_url(str(row["url"])) or str(row["url"]): row for row in left_over}

    def take(self, items: list[Item]) -> None:
        """Sort listed URLs, each once, into known, impossible and wanted."""
        for item in items:
            try:
                self._sort(item)
            except Exception as error:  # noqa: BLE001 - one odd item must not take the listing's others along
                logger.warning(
                    "stage=fetch source=%s url=%r unforeseen: %r", self.source.source_id, item.url[:200], error
                )
                detail = f"no http(s) URL: {item.url[:200]!r} ({type(error).__name__})"
                self._refuse(item, Failure(reason=Reason.BAD_URL, detail=detail))
        self.has_new_items = any(page.is_unknown and page.key not in self.left_over for page in self.wanted)

    def complete(self, rests: Callable[[str], object], claimed: set[str], settled_before: frozenset[str]) -> None:
        """Settle what is wanted, once all sources' listings are read: add what is due again or still missing.

        Args:
            rests: Whether the host of a URL asked to be left alone.
            claimed: Cleaned URLs that other sources of this visit ask; what is wanted here is added to them.
            settled_before: Cleaned URLs that a run which was killed settled: they are counted there.
        """
        asked_elsewhere = [page for page in self.wanted if page.key in claimed]
        self.builder.count("unchanged", len(asked_elsewhere))
        self.wanted = [page for page in self.wanted if page.key not in claimed]
        if not self.plan.ask_listing:
            self._add_retries(claimed, settled_before)
        passed_over = self._listed | claimed | self.plan.settled | {page.key for page in self.wanted}
        self.wanted += [
            _again(capture) for key, capture in self._due.items() if key not in passed_over and not rests(capture.url)
        ]
        self._add_left_over(rests, passed_over)
        self._add_turned_away(rests, passed_over)
        self._add_released(claimed)
        asked = [page for page in self.wanted if page.key not in self.history.withdrawn]
        self.builder.count("unchanged", len(self.wanted) - len(asked))
        self.wanted = asked
        claimed.update(page.key for page in self.wanted)

    def _sort(self, item: Item) -> None:
        """Sort one listed URL; one that was listed before in this answer is passed over."""
        key = clean_url(item.url)
        name = key or item.url
        if name in self._listed:
            return
        self._listed.add(name)
        known_at = self.history.known_at(self.source.source_id, name, self.visit)
        # Of items without a time those that are known take no room, or the ones behind them would never come.
        self._taken += item.changed_at is not None or known_at is None
        is_due = name in self._due or name in self._turned_away
        if name in self.plan.settled or (not is_due and self._is_unchanged(item, known_at)):
            self.builder.count("unchanged")
        elif self._taken > MAX_ITEMS:
            self._pass_over(item, name, is_known=known_at is not None)
        elif key is None:
            detail = (item.fault and item.url) or f"no http(s) URL: {item.url[:200]!r}"
            self._refuse(item, Failure(reason=Reason.BAD_URL, detail=detail))
        else:
            self.wanted.append(self._page(key, item, is_unknown=known_at is None))

    def _pass_over(self, item: Item, name: str, *, is_known: bool) -> None:
        """Count an item that its listing is too long for; the first ones are named."""
        if is_known or self.history.is_passed_over(self.source.source_id, name, self.visit):
            self.builder.count("unchanged")
        elif self._named < _MOST_NAMED:
            self._named += 1
            self._refuse(item, Failure(reason=Reason.OVER_CAP, detail=f"listed behind the newest {MAX_ITEMS}"))
        else:
            self.builder.count("failed", reason=Reason.OVER_CAP)

    def _add_left_over(self, rests: Callable[[str], object], passed_over: set[str]) -> None:
        """Put first what earlier visits had no time for, whether it is listed still or not."""
        left = {}
        for key, row in self.left_over.items():
            last = self._last_capture(key)
            left[key] = queued_page(key, row, is_unknown=last is None).after(last)
        again = [replace(page, put_off_at=left[page.key].put_off_at) for page in self.wanted if page.key in left]
        again += [page for key, page in left.items() if key not in passed_over and not rests(page.url)]
        self.wanted = [*again, *(page for page in self.wanted if page.key not in left)]

    def _add_turned_away(self, rests: Callable[[str], object], passed_over: set[str]) -> None:
        """Ask once more what was refused for a reason that may have passed."""
        wanted = {page.key for page in self.wanted}
        for key, row in self._turned_away.items():
            if key not in wanted and key not in passed_over and not rests(str(row["url"])):
                self.wanted.append(replace(queued_page(key, row), put_off_at=None, was_refused=True))

    def _add_released(self, claimed: set[str]) -> None:
        """What a person let in, listed still or not."""
        wanted = {page.key: page for page in self.wanted}
        for key, url, title in self.history.released(self.source.source_id, self.visit):
            if key in wanted:
                self.wanted[self.wanted.index(wanted[key])] = replace(wanted[key], is_released=True)
            elif key not in claimed:
                self.wanted.append(
                    QueuedPage(
                        key=key,
                        url=url,
                        listed_title=title,
                        listed_by=self.source.kind,
                        is_unknown=True,
                        is_released=True,
                    )
                )

    def _add_retries(self, claimed: set[str], settled_before: frozenset[str]) -> None:
        """What this visit asked before: settled, or to be tried again."""
        self.builder.count("unchanged", len(self.plan.settled - settled_before))
        for page in self.plan.retry:
            source_id, put_off_at = self.source.source_id, page.put_off_at
            if page.key in claimed or self.history.is_settled_since(source_id, page.key, put_off_at, self.visit):
                self.builder.count("unchanged")
            else:
                last = self._last_capture(page.key)
                self.wanted.append(replace(page.after(last), is_unknown=last is None, put_off_at=None))

    def _is_unchanged(self, item: Item, known_at: datetime | None) -> bool:
        """Whether a page was dealt with, and nothing says that it changed since. A change in the future is a mistake."""
        changed_at = item.changed_at
        return known_at is not None and not (changed_at is not None and known_at < changed_at <= self.visit.moment)

    def _page(self, key: str, item: Item, *, is_unknown: bool) -> QueuedPage:
        """A listed page to ask."""
        return QueuedPage(
            key=key,
            url=item.url,
            listed_title=item.title,
            listed_at=item.listed_at,
            listed_by=self.source.kind,
            recheck_of=None if is_unknown else self._last_capture(key),
            is_unknown=is_unknown,
            was_refused=key in self._turned_away,
        )

    def _last_capture(self, key: str) -> KnownCapture | None:
        return self.history.last_capture(self.source.source_id, key, self.visit)

    def _refuse(self, item: Item, failure: Failure) -> None:
        """Put one listed URL into quarantine."""
        self.builder.refuse(self.origin.refusal_of_url(item.url, failure, {"listed_title": item.title}))


def _again(capture: KnownCapture) -> QueuedPage:
    """A stored page to ask again, with what its listing said of it then."""
    return QueuedPage(
        key=capture.key,
        url=capture.url,
        listed_title=capture.listed_title,
        listed_at=capture.listed_at,
        listed_by=capture.listed_by or "feed",
        recheck_of=capture,
    )
