"""What is written down of a visit: every request, and the state of the listing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from pipeline.fetch.history.frontier import QueuedPage
from pipeline.fetch.http.requests import FetchRequest, FetchResponse
from pipeline.fetch.results import Failure, Provenance, Row
from pipeline.tables.ids import digest_of

_STATE_COLUMNS = ("etag", "last_modified", "last_full_at", "last_success_at", "last_new_item_at")


def request_row(
    request: FetchRequest,
    answer: FetchResponse,
    *,
    origin: Provenance,
    attempt: int,
    about: QueuedPage | None,
    failure: Failure | None,
) -> Row:
    """The FETCHES row of one request, or of one that was put off.

    Args:
        attempt: Which one it is of this visit's requests for this purpose and URL, those of earlier runs counted.
        about: The page that was asked, if it was one.
        failure: What was wrong with the answer, also where its bytes were.
    """
    outcome = failure.reason if failure else "not-modified" if answer.status == 304 else "ok"
    identity = (origin.run_id, origin.source_id, request.purpose, request.url, origin.moment_id, str(attempt))
    return origin.row | {
        "fetch_id": digest_of(*identity),
        "url": request.url,
        "purpose": request.purpose,
        "outcome": outcome,
        "http_status": answer.status,
        "bytes": answer.size,
        "ms": answer.milliseconds,
        "requested_at": answer.asked_at,
        "listed_title": about.listed_title if about else None,
        "listed_at": about.listed_at if about else None,
        "listed_by": about.listed_by if about else None,
        "wait_until": answer.wait_until,
    }


def state_row(
    state: Mapping[str, object],
    *,
    origin: Provenance,
    listing: FetchResponse | None,
    error: Failure | None,
    is_whole: bool,
    has_new_items: bool,
    rests_until: datetime | None,
) -> Row | None:
    """What is known of the listing from now on; None where nothing is new.

    Args:
        state: What was known before.
        listing: The listing's answer; None if it was not asked.
        is_whole: Whether all listed pages were settled. While one may still come, the listing's validators are not kept:
            a 304 would hide that page.
        has_new_items: Whether a page was listed that was not known.
        rests_until: When its host allows to be asked again, if that lies ahead.
    """
    if listing is None and (rests_until is None or rests_until == state.get("next_fetch_at")):
        return None
    streak = state.get("failure_streak")
    row: Row = {name: state.get(name) for name in _STATE_COLUMNS} | {
        "source_id": origin.source_id,
        "failure_streak": streak if isinstance(streak, int) else 0,
        "next_fetch_at": rests_until,
        "recorded_at": origin.now,
    }
    if listing is None:
        return row
    if error is not None:
        return row | {"failure_streak": (streak if isinstance(streak, int) else 0) + 1}
    row |= {"last_success_at": origin.now, "failure_streak": 0}
    if has_new_items:
        row["last_new_item_at"] = origin.now
    if listing.status == 200:
        row["last_full_at"] = origin.now
        row["etag"] = listing.headers.get("etag") if is_whole else None
        row["last_modified"] = listing.headers.get("last-modified") if is_whole else None
    return row


def settled_state(sealed: Mapping[str, object], *, is_whole: bool, rests_until: datetime | None) -> Row:
    """The FEED_STATE row of a listing that a run asked which was killed, now that its pages are settled.

    Args:
        sealed: What that run sealed when it had read the listing, as if all pages would be settled.
    """
    validators = {} if is_whole else {"etag": None, "last_modified": None}
    return {**sealed, **validators, "next_fetch_at": rests_until}
