"""What is known at a visit: captures, refusals, requests and the state of listings, as of its moment."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa

from pipeline.fetch.history.rechecks import (
    MOST_A_VISIT,
    PASSING_STATUSES,
    REFUSED_MARKS,
    KnownCapture,
    is_due,
    last_of,
)
from pipeline.fetch.history.seen_urls import SeenUrls, Times
from pipeline.fetch.history.visits import Visit
from pipeline.fetch.results import Row, is_final
from pipeline.reasons import Reason
from pipeline.tables import FEED_STATE, FETCHES, PAGES, QUARANTINE
from pipeline.text.urls import clean_host, clean_url

# The columns of pages that are read: of the asking sources' own, and of all others'.
OWN_COLUMNS = (
    "page_id", "source_id", "requested_url", "final_url", "fetched_at", "recorded_at", "etag", "last_modified",
    "listed_title", "listed_at", "listed_by",
)  # fmt: skip
OTHER_COLUMNS = ("requested_url", "final_url", "fetched_at", "recorded_at")
REFUSAL_COLUMNS = ("stage", "source_id", "reason", "page_id", "record_json", "status", "recorded_at")
RELEASED_COLUMNS = ("source_id", "record_json", "recorded_at")
REQUEST_COLUMNS = (
    "fetch_id", "source_id", "url", "purpose", "outcome", "http_status", "requested_at", "window_start", "wait_until",
    "listed_title", "listed_at", "listed_by",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredHistory:
    """What the warehouse holds, as tables; columns that are not named here are not looked at.

    Attributes:
        pages: `OWN_COLUMNS` of the pages of the sources that are asked.
        other_pages: `OTHER_COLUMNS` of the pages of all other sources.
        refusals: `REFUSAL_COLUMNS` of quarantine rows that were not released.
        released: `RELEASED_COLUMNS` of quarantine rows of URLs that a person let in: they are asked once more.
        requests: `REQUEST_COLUMNS` of FETCHES rows of the sources that are asked, and those of any source with `wait_until`.
        states: FEED_STATE rows.
        withdrawn: Cleaned URLs that are never asked again.
    """

    pages: pa.Table = field(default_factory=PAGES.empty)
    other_pages: pa.Table = field(default_factory=PAGES.empty)
    refusals: pa.Table = field(default_factory=QUARANTINE.empty)
    released: pa.Table = field(default_factory=QUARANTINE.empty)
    requests: pa.Table = field(default_factory=FETCHES.empty)
    states: pa.Table = field(default_factory=FEED_STATE.empty)
    withdrawn: frozenset[str] = frozenset()


class CrawlHistory:
    """What a run knows of its sources: what was stored, and what its own visits learn. Every question is as of a visit."""

    def __init__(self, stored: StoredHistory) -> None:
        self._elsewhere = SeenUrls(stored.other_pages)
        self._times: dict[str, Times] = defaultdict(list)
        self._captures: dict[str, dict[str, list[KnownCapture]]] = defaultdict(lambda: defaultdict(list))
        self._requests: dict[str, list[Row]] = defaultdict(list)
        self._settled: dict[tuple[str, str], list[datetime]] = defaultdict(list)
        self._turned_away: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
        self._waits: list[tuple[datetime, str, datetime]] = []
        self._states: dict[str, list[Row]] = defaultdict(list)
        self._quarantined: dict[str, datetime] = {}
        self._passed_over: dict[tuple[str, str], datetime] = {}
        self._dropped: set[tuple[str, str]] = set()
        self.withdrawn = stored.withdrawn
        self._released = stored.released.to_pylist()
        self._learn_refusals(stored.refusals.to_pylist())
        self._learn_pages(stored.pages.to_pylist())
        self._learn_requests(stored.requests.to_pylist())
        for state in stored.states.to_pylist():
            self._states[state["source_id"]].append(state)

    def learn(
        self, *, pages: Sequence[Row], refusals: Sequence[Row], requests: Sequence[Row], state: Row | None
    ) -> None:
        """Take in the rows that one source brought at one visit."""
        self._learn_refusals(refusals)
        self._learn_pages(pages)
        self._learn_requests(requests)
        if state is not None:
            self._states[str(state["source_id"])].append(state)

    def known_at(self, source_id: str, key: str, visit: Visit) -> datetime | None:
        """When a URL was last dealt with: captured for any source, refused, or asked again by this one.

        Requests alone make nothing known: a refusal that a person released is to be asked again.

        Args:
            key: The cleaned URL; of what is no http(s) URL, the text as listed.
        """
        pairs = [*self._times.get(key, ()), *self._elsewhere.times_of(key)]
        times = [at for recorded_at, at in pairs if visit.knows(recorded_at)]
        if times:
            times += [at for at in self._settled.get((source_id, key), ()) if visit.knows(at)]
        return max(times, default=None)

    def is_passed_over(self, source_id: str, key: str, visit: Visit) -> bool:
        """Whether it was told of a URL already that its listing is too long for it."""
        told_at = self._passed_over.get((source_id, key))
        return told_at is not None and visit.knows(told_at)

    def last_capture(self, source_id: str, key: str, visit: Visit) -> KnownCapture | None:
        """The source's own latest capture of a URL."""
        captures = self._captures[source_id].get(key, ())
        return last_of(capture for capture in captures if visit.knows(capture.recorded_at))

    def rechecks(self, source_id: str, visit: Visit) -> list[KnownCapture]:
        """The last captures of the pages that are due to be asked again, the oldest pages first, `MOST_A_VISIT` at most.

        It looks at every page of the source that is known: 24 visits of 1,200 pages take 0.07 s.
        """
        due: list[tuple[datetime, KnownCapture]] = []
        for key, all_captures in self._captures[source_id].items():
            captures = [capture for capture in all_captures if self._stands(capture, visit)]
            last = last_of(captures)
            if last is None:
                continue
            first_at = min(capture.captured_at for capture in captures)
            settled = self._settled.get((source_id, key), ())
            asked_at = max([last.captured_at, *(at for at in settled if visit.knows(at))])
            if is_due(first_at, asked_at, visit.moment):
                due.append((first_at, last))
        due.sort(key=lambda pair: (pair[0], pair[1].key))
        return [capture for _, capture in due[:MOST_A_VISIT]]

    def turned_away(self, source_id: str, visit: Visit) -> list[tuple[str, Row]]:
        """Pages whose refusal may have passed by now, by cleaned URL, each with the latest FETCHES row; the oldest first.

        A page that was never had is asked again an hour and a day after its first refusal, listed still or not; one that a
        person keeps out is not.
        """
        due: list[tuple[datetime, str, Row]] = []
        for key, all_rows in self._turned_away[source_id].items():
            rows = [row for row in all_rows if visit.knows(row["requested_at"])]  # type: ignore[arg-type]
            if not rows or (source_id, key) in self._dropped:
                continue
            if any(visit.knows(capture.recorded_at) for capture in self._captures[source_id].get(key, ())):
                continue
            asked: list[datetime] = sorted(row["requested_at"] for row in rows)  # type: ignore[misc]
            if len(rows) <= len(REFUSED_MARKS) and is_due(asked[0], asked[-1], visit.moment, REFUSED_MARKS):
                due.append((asked[0], key, max(rows, key=_in_order)))
        due.sort(key=lambda one: one[:2])
        return [(key, row) for _, key, row in due[:MOST_A_VISIT]]

    def released(self, source_id: str, visit: Visit) -> list[tuple[str, str, str | None]]:
        """URLs that a person let in and that were not asked since: cleaned URL, URL as listed, and listed title."""
        found = []
        for row in self._released:
            record, decided_at = json.loads(row["record_json"]), row["recorded_at"]
            url = record.get("url")
            if row["source_id"] != source_id or not url or decided_at >= visit.moment:
                continue
            key = clean_url(url) or url
            if not any(at > decided_at for at in self._settled.get((source_id, key), ())):
                found.append((key, url, record.get("listed_title")))
        return sorted(found, key=lambda one: one[0])

    def left_over(self, source_id: str, visit: Visit) -> list[Row]:
        """The FETCHES rows of pages that earlier visits chose and put off, and that nobody has settled since, oldest first.

        Their listing may name them no longer.
        """
        latest: dict[str, Row] = {}
        for row in sorted(self._requests[source_id], key=_in_order):
            if row["purpose"] == "page" and visit.knows(row["requested_at"]):  # type: ignore[arg-type]
                url = str(row["url"])
                key = clean_url(url) or url
                latest[key] = row
        return [
            row
            for key, row in latest.items()
            if row["outcome"] == Reason.NOT_NOW
            and not self.is_settled_since(source_id, key, row["requested_at"], visit)
        ]

    def is_settled_since(self, source_id: str, key: str, instant: object, visit: Visit) -> bool:
        """Whether a URL was captured, refused or asked to an end at an instant or later."""
        known_at = self.known_at(source_id, key, visit)
        return known_at is not None and known_at >= instant  # type: ignore[operator]

    def requests_of(self, source_id: str, visit: Visit) -> list[Row]:
        """The FETCHES rows of earlier runs of this very visit, oldest first."""
        rows = [row for row in self._requests[source_id] if visit.made(row)]
        return sorted(rows, key=_in_order)

    def state_of(self, source_id: str, visit: Visit) -> Mapping[str, Any]:
        """The FEED_STATE row of a source; empty where nothing is known yet."""
        rows = [row for row in self._states[source_id] if visit.knows(row["recorded_at"])]  # type: ignore[arg-type]
        return max(reversed(rows), key=_recorded_at, default={})

    def newest_state(self, source_id: str) -> Row | None:
        """The latest FEED_STATE row of a source, whatever the visit."""
        return max(reversed(self._states[source_id]), key=_recorded_at, default=None)

    def rests(self, hosts: Mapping[str, str], visit: Visit) -> dict[str, datetime]:
        """Hosts that asked to be left alone, with the instant until which.

        Args:
            hosts: Source id to the host of its listing.
        """
        found: dict[str, datetime] = {}
        waits = [(host, until) for asked_at, host, until in self._waits if visit.knows(asked_at)]
        for source_id, host in hosts.items():
            until = self.state_of(source_id, visit).get("next_fetch_at")
            waits += [(host, until)] if until is not None else []
        for host, until in waits:
            if until > visit.moment:
                found[host] = max(until, found.get(host, until))
        return found

    def _stands(self, capture: KnownCapture, visit: Visit) -> bool:
        """Whether a capture is known and is not in quarantine, as far as is known."""
        refused_at = self._quarantined.get(capture.page_id)
        return visit.knows(capture.recorded_at) and (refused_at is None or not visit.knows(refused_at))

    def _learn_pages(self, rows: Iterable[Mapping[str, Any]]) -> None:
        for row in rows:
            if row["requested_url"] is None:
                continue  # a file of an inbox
            capture = KnownCapture(
                key=clean_url(row["requested_url"]) or row["requested_url"],
                url=row["requested_url"],
                page_id=row["page_id"],
                captured_at=row["fetched_at"],
                recorded_at=row["recorded_at"],
                **{name: row.get(name) for name in ("etag", "last_modified", "listed_title", "listed_at", "listed_by")},
            )
            self._captures[row["source_id"]][capture.key].append(capture)
            moved_to = row["final_url"] if row["final_url"] != row["requested_url"] else None
            for key in {capture.key, clean_url(moved_to) or capture.key}:
                self._times[key].append((capture.recorded_at, capture.captured_at))

    def _learn_refusals(self, rows: Iterable[Mapping[str, Any]]) -> None:
        for row in rows:
            if row.get("page_id") is not None:
                self._quarantined[row["page_id"]] = row["recorded_at"]
            elif row["stage"] == "fetch" and (url := json.loads(row["record_json"]).get("url")):
                if row["reason"] == Reason.OVER_CAP:  # it was not dealt with: it is asked once it comes within the cap
                    self._passed_over.setdefault((row["source_id"], clean_url(url) or url), row["recorded_at"])
                    continue
                self._times[clean_url(url) or url].append((row["recorded_at"], row["recorded_at"]))
                if row.get("status") == "dropped":
                    self._dropped.add((row["source_id"], clean_url(url) or url))

    def _learn_requests(self, rows: Iterable[Mapping[str, Any]]) -> None:
        for row in rows:
            url, asked_at = str(row["url"]), row["requested_at"]
            self._requests[row["source_id"]].append(dict(row))
            if row["purpose"] == "page" and is_final(row["outcome"], row["http_status"]):
                key = clean_url(url) or url
                self._settled[row["source_id"], key].append(asked_at)
                if row["outcome"] == Reason.HTTP_ERROR and row["http_status"] in PASSING_STATUSES:
                    self._turned_away[row["source_id"]][key].append(dict(row))
            if row.get("wait_until") is not None and (host := host_of(url)) is not None:
                self._waits.append((asked_at, host, row["wait_until"]))


def _in_order(row: Row) -> tuple[Any, ...]:
    """FETCHES rows by when they were made; those of one moment by URL."""
    return row["requested_at"], row["url"], row["fetch_id"]


def host_of(url: str | None) -> str | None:
    """The host that a URL names, as hosts are compared; None if it names none."""
    try:
        return clean_host(urlsplit(url or "").hostname or "")
    except ValueError:
        return None


def newer_states(rows: pa.Table, stored: pa.Table) -> pa.Table:
    """FEED_STATE rows without those that are older than what is stored of their source.

    Hours may be worked on in any order, and runs side by side: the latest word on a source stands.
    """
    known = dict(zip(stored["source_id"].to_pylist(), stored["recorded_at"].to_pylist(), strict=True))
    pairs = zip(rows["source_id"].to_pylist(), rows["recorded_at"].to_pylist(), strict=True)
    newer = [known.get(source_id, recorded_at) <= recorded_at for source_id, recorded_at in pairs]
    return rows.filter(pa.array(newer, pa.bool_()))


def _recorded_at(row: Row) -> datetime:
    return row["recorded_at"]  # type: ignore[return-value]
