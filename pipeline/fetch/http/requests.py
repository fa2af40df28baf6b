"""What is asked of a host, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime

from pipeline.fetch.results import Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchRequest:
    """What is asked.

    Attributes:
        purpose: feed, sitemap, part (a sitemap of an index), robots or page; a page must be of a page's content type.
        headers: Headers of the source; they go to hosts for which `is_own` is true, and to no others.
        conditions: Validators of an earlier answer: then a 304 is an answer too.
        gap_seconds: Least time between two requests to one host.
        max_bytes: Cap on the decoded body.
        cuts: Whether a longer body is cut off there, rather than refused.
        admission: Held while its host's turn is used; gives why it is not to be asked after all, or None.
    """

    url: str
    purpose: str
    headers: Mapping[str, str] = field(default_factory=dict)
    conditions: Mapping[str, str] = field(default_factory=dict)
    is_own: Callable[[str], bool] = lambda host: True
    gap_seconds: float
    max_bytes: int
    cuts: bool = False
    admission: Callable[[], AbstractAsyncContextManager[Failure | None]] = nullcontext


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchResponse:
    """What came of a request, after redirects. `failure` is None for a 200 with its body, and for a 304.

    Attributes:
        url: The last URL asked.
        status: None when there was no answer.
        headers: Headers of the last answer, names in lower case.
        body: Decoded bytes; empty unless the answer was a 200 that was kept. The request log keeps none.
        size: How many bytes the body has, or had.
        milliseconds: Time spent on the wire, all hops together.
        asked_at: When the first hop was asked.
        wait_until: When the host allows to be asked again, if it said so.
    """

    url: str
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    size: int = 0
    failure: Failure | None = None
    milliseconds: int = 0
    asked_at: datetime
    wait_until: datetime | None = None

    @property
    def content_type(self) -> str | None:
        """The Content-Type as answered."""
        return self.headers.get("content-type")


RequestLog = list[tuple[FetchRequest, FetchResponse]]
