"""Reason codes: the one vocabulary of refusal, in quarantine, books, logs, UI and SQL."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Why a listed URL or a page went no further. The value is what is stored."""

    # fetch
    ROBOTS = "robots"  # robots.txt forbids the path
    HTTP_ERROR = "http-error"  # an answer of 4xx or 5xx; the status is in the detail
    TOO_MANY_REQUESTS = "too-many-requests"  # 429 or 503 with Retry-After
    CONNECT_ERROR = (
        "connect-error"  # DNS, refused, TLS, or a transfer that breaks off, a compressed body amid itself too
    )
    TIMEOUT = "timeout"  # the total deadline passed
    TOO_LARGE = "too-large"  # more bytes than the cap, counted after decompression
    FORBIDDEN_ADDRESS = "forbidden-address"  # private, loopback or otherwise not global, and not allowed
    BLOCKED_HOST = "blocked-host"  # on the operator's block list, itself or where a redirect leads
    BAD_REDIRECT = "bad-redirect"  # too many, or to something that is no http(s) URL
    BAD_ENCODING = "bad-encoding"  # a content encoding that is stacked, not known, or not that of the bytes
    NOT_A_FEED = "not-a-feed"  # the feed's answer is HTML, empty or otherwise no feed
    BAD_URL = "bad-url"  # listed, but no http(s) URL, or none at all
    OVER_CAP = "over-cap"  # listed behind the newest 2,000, or the 50,000 that are read: taken when it comes within
    OUTSIDE_FOLDER = "outside-folder"  # a link in an inbox that leads out of it
    UNREADABLE = "unreadable"  # a file that is gone or may not be read; a file or an archived record that is not whole
    UNFORESEEN = "unforeseen"  # an error that no rule names ended the visit of this source alone; the task's log has it
    NOT_NOW = "not-now"  # its host rests, or its source's budget for the visit is spent: asked at a later visit
    # land
    NOT_KEPT = "not-kept"  # stored once, its body dropped for its age: it is not read again (no refusal: unchanged)
    # extract
    EMPTY_PAGE = "empty-page"  # no bytes, or nothing that decodes to text
    NOT_TEXT = "not-text"  # PDF, image, JSON or other bytes that are no page
    TOO_COMPLEX = "too-complex"  # more elements or deeper nesting than the extractor survives
    EXTRACT_TIMEOUT = "extract-timeout"  # the page's own process used up its processor time, twice
    EXTRACT_CRASH = "extract-crash"  # the page's own process died or ran out of memory
    EXTRACT_PUT_OFF = (
        "extract-put-off"  # not read: its source used up the batch's time; the next run of the window reads it
    )
    NO_TEXT = "no-text"  # a page without an article
    NOT_AN_ARTICLE = "not-an-article"  # a section, search, consent or index page
    # validate
    TOO_SHORT = "too-short"  # fewer characters than an article can have
    BOILERPLATE = "boilerplate"  # consent wall, bot wall or another text that many pages share
    BAD_TEXT = "bad-text"  # mostly replacement characters or control characters
    BAD_FIELD = "bad-field"  # a field breaks its expectation, or an archived record's date; the detail names it
    MISSING_TITLE = "missing-title"  # kept for suites that demand a title
    # a person
    WITHDRAWN = (
        "withdrawn"  # its article was taken out of the warehouse: its address, bytes or text are not taken again
    )
    # sets
    SET_GATE = "set-gate"  # all that its source brought is held


class Cause(StrEnum):
    """Why a version of an article exists."""

    NEW = "new"
    EDIT = "edit"
    REEXTRACTION = "reextraction"
    RELEASE = "release"


# The kinds of articles that give lines; all others are kept without one.
TELLING_KINDS = ("news", "live")

# What an article is called that was taken out: its rows stay, without its text.
WITHDRAWN_KIND = "withdrawn"

# Who stands as having released a page that no person decided of: it passed when it was judged again.
BY_ITSELF = "daybook"
