"""What fetch hands on: pages, refusals and the books, in rows that the warehouse declares."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pyarrow as pa

from pipeline.reasons import Cause, Reason
from pipeline.reports import StageReport
from pipeline.tables import FEED_STATE, FETCHES, PAGES, QUARANTINE
from pipeline.tables.ids import quarantine_id
from pipeline.windows import Window

Row = dict[str, object]

# A batch is one extraction task: seconds of work, and no more memory than this.
BATCH_PAGES = 200
BATCH_BYTES = 64 * 1024 * 1024
# What is sealed or committed at once has no more bytes than that either, but many more rows: each time has its price.
SEALED_PAGES = 10_000

STAGE = "fetch"
UNIT = "listed-urls"

# Statuses below 500 that say "later" and not "no" (RFC 9110, 6585, 8470).
_LATER_STATUSES = frozenset({408, 425, 429})
_LATER = frozenset({Reason.TIMEOUT, Reason.CONNECT_ERROR, Reason.TOO_MANY_REQUESTS, Reason.NOT_NOW})


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why something was not fetched; reads as `timeout: no whole answer in 30 s`."""

    reason: Reason
    detail: str

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}"


def is_final(outcome: str, http_status: int | None) -> bool:
    """Tell whether asking again is pointless: the outcome is a success, or a refusal that time does not change.

    Example:
        >>> is_final("http-error", 404), is_final("http-error", 503), is_final("timeout", None)
        (True, False, False)
    """
    if outcome == Reason.HTTP_ERROR:
        return http_status is not None and http_status < 500 and http_status not in _LATER_STATUSES
    return outcome not in _LATER


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What all rows of one source in one run, or in one visit of it, have in common.

    Attributes:
        mark: What tells a refusal from one of another time; None takes the window's start.
    """

    source_id: str
    window: Window
    run_id: str
    now: datetime
    mark: datetime | None = None

    @property
    def row(self) -> Row:
        """The columns that these rows share."""
        return {
            "source_id": self.source_id,
            "window_start": self.window.start,
            "run_id": self.run_id,
            "recorded_at": self.now,
            "day": self.window.day,
        }

    @property
    def moment_id(self) -> str:
        """The part of an id that tells one asking of a URL from another."""
        return (self.mark or self.window.start).astimezone(UTC).isoformat()

    def page(self, *, page_id: str, body: bytes, fetched_at: datetime, **columns: object) -> Row:
        """One PAGES row."""
        own: Row = {"page_id": page_id, "body": body, "body_sha256": sha256_of(body), "fetched_at": fetched_at}
        return self.row | own | {"cause": Cause.NEW} | columns

    def refusal(self, what: str, failure: Failure, record: Mapping[str, object]) -> Row:
        """One QUARANTINE row for something that never became a page.

        Args:
            what: Its URL or path: the refusal's identity within source and visit.
            record: What is known of it, JSON-ready.
        """
        return self.row | {
            "quarantine_id": quarantine_id(STAGE, self.source_id, what, self.moment_id, reason=failure.reason),
            "stage": STAGE,
            "reason": failure.reason,
            "detail": failure.detail,
            "record_json": json.dumps(record, ensure_ascii=False, sort_keys=True),
            "status": "held",
        }

    def refusal_of_url(self, url: str, failure: Failure, about: Mapping[str, str | None]) -> Row:
        """One QUARANTINE row for a listed URL, with what else is known of it."""
        known = {name: value for name, value in about.items() if value is not None}
        return self.refusal(url, failure, {"url": url} | known)


def url_of_refusal(row: Mapping[str, object]) -> str | None:
    """The URL that a QUARANTINE row of this room is about, as it was listed."""
    url = json.loads(str(row["record_json"])).get("url")
    return url if isinstance(url, str) else None


def sha256_of(body: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(body).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchResult:
    """What one source, or one batch of an archive, brought.

    Attributes:
        pages, fetches, feed_state, refusals: Rows of the tables pages, fetches, feed_state and quarantine; pages that were
            sealed as they came are not among them.
        page_ids: Of all pages, sealed ones too.
        report: The books; the unit is the listed URL, the archived response or the file.
        error: Why the listing as a whole failed; None when it was read or not due.
        is_last: Of an archive: no batch follows.
    """

    pages: pa.Table = field(default_factory=PAGES.empty)
    page_ids: tuple[str, ...] = ()
    fetches: pa.Table = field(default_factory=FETCHES.empty)
    feed_state: pa.Table = field(default_factory=FEED_STATE.empty)
    refusals: pa.Table = field(default_factory=QUARANTINE.empty)
    report: StageReport
    error: Failure | None = None
    is_last: bool = False


class ResultBuilder:
    """Pages and refusals of one source as they come in, each counted as it is written."""

    def __init__(self, source_id: str) -> None:
        self.source_id = source_id
        self.report = StageReport(stage=STAGE, unit=UNIT)
        self.counts = self.report.of(source_id)
        self.pages: list[Row] = []
        self.refusals: list[Row] = []

    def keep(self, page: Row) -> None:
        """Count one page as new and keep its row; a row without its body is one that was sealed."""
        self.counts.received += 1
        self.counts.new += 1
        self.pages.append(page)

    def refuse(self, refusal: Row) -> None:
        """Count one refusal for good and keep its row."""
        self.counts.received += 1
        self.counts.quarantined += 1
        self.counts.reasons[str(refusal["reason"])] += 1
        self.refusals.append(refusal)

    def count(self, outcome: str, number: int = 1, reason: str | None = None) -> None:
        """Count what leaves no row here: unchanged, duplicates or failed."""
        self.counts.received += number
        setattr(self.counts, outcome, getattr(self.counts, outcome) + number)
        if reason and number:
            self.counts.reasons[reason] += number

    def note(self, reason: str) -> None:
        """Count why a listing was put off: nobody knows how many URLs it would have listed."""
        self.counts.reasons[reason] += 1

    def result(
        self, *, fetches: Sequence[Row] = (), feed_state: Sequence[Row] = (), error: Failure | None = None
    ) -> FetchResult:
        """Close the books: they balance, or it is a bug.

        Raises:
            BooksUnbalanced: something was counted twice or not at all.
        """
        self.report.check()
        return FetchResult(
            pages=PAGES.rows([page for page in self.pages if "body" in page]),
            page_ids=tuple(str(page["page_id"]) for page in self.pages),
            fetches=FETCHES.rows(list(fetches)),
            feed_state=FEED_STATE.rows(list(feed_state)),
            refusals=QUARANTINE.rows(list(self.refusals)),
            report=self.report,
            error=error,
        )
