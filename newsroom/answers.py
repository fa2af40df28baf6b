"""From one question (host, path, moment, validators) to one answer: pure, so that the server only moves bytes."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from enum import Enum
from urllib.parse import urlsplit

from newsroom.records import Outlet, Page
from newsroom.site import Site, http_date

NOW_HEADER = "X-Newsroom-Now"
HTML = "text/html; charset=utf-8"
PLAIN = "text/plain; charset=utf-8"
PDF = "application/pdf"


class Pace(Enum):
    """How an answer's body is sent: at once, its end drop by drop, or without end."""

    AT_ONCE = "at once"
    DRIPPING = "dripping"
    ENDLESS = "endless"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One HTTP answer; header names are unique."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    pace: Pace = Pace.AT_ONCE


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What stands at an address: its bytes and when they last changed, None where that is not said."""

    body: bytes
    content_type: str
    changed_at: datetime | None = None
    pace: Pace = Pace.AT_ONCE


def read_now(text: str | None, default: datetime) -> datetime:
    """The moment that a request asks for; `default` where it names none.

    Raises:
        ValueError: the text is no ISO instant; one without an offset is UTC.
    Example:
        >>> read_now("2026-03-03T00:00:00Z", datetime.max).isoformat()
        '2026-03-03T00:00:00+00:00'
    """
    if text is None:
        return default
    now = datetime.fromisoformat(text.strip())
    return now.replace(tzinfo=UTC) if now.tzinfo is None else now.astimezone(UTC)


def read_target(target: str, headers: Message) -> tuple[str, str]:
    """The host with its port, and path and query; a proxy's client names both in the request line (RFC 9112, 3.2.2).

    Example:
        >>> read_target("http://a.example/b?c", Message())
        ('a.example', '/b?c')
    """
    if target.startswith("http://"):
        url = urlsplit(target)
        return url.netloc, (url.path or "/") + (f"?{url.query}" if url.query else "")
    return headers.get("Host", ""), target


def answer(site: Site, target: str, headers: Message, port: int) -> Answer:
    """Answer one GET or HEAD request.

    Args:
        target: The request line's target, query included.
        headers: The request's headers.
        port: Where the server listens, for the house index.
    """
    named, target = read_target(target, headers)
    host = named.rsplit(":", 1)[0].lower()
    outlet = site.newsroom.hosts.get(host)
    if outlet is None:
        if host in ("127.0.0.1", "localhost"):
            return Answer(status=200, body=site.index(port), headers={"Content-Type": HTML})
        return Answer(status=421, body=b"No outlet of this newsroom has that name.\n", headers={"Content-Type": PLAIN})
    try:
        now = read_now(headers.get(NOW_HEADER), site.now)
    except ValueError:
        body = f"{NOW_HEADER} must be an ISO instant such as 2026-03-03T00:00:00Z.\n".encode()
        return Answer(status=400, body=body, headers={"Content-Type": PLAIN})
    reply = _answer_outlet(site, outlet, host, target, now)
    if isinstance(reply, Found):
        return _conditional(reply, headers, now)
    return replace(reply, headers={**reply.headers, "Date": http_date(now)})


def _answer_outlet(site: Site, outlet: Outlet, host: str, target: str, now: datetime) -> Answer | Found:
    """What an outlet says at an address: moved, in trouble, gone, missing, or found."""
    path = urlsplit(target).path
    if (elsewhere := _moved(outlet, host, target)) is not None:
        return Answer(status=301, headers={"Location": elsewhere})
    if (trouble := outlet.trouble_at(path, now)) is not None:
        sent = {"Content-Type": trouble.content_type}
        if trouble.retry_after is not None:
            sent["Retry-After"] = str(trouble.retry_after)
        return Answer(status=trouble.status, body=trouble.body.encode(), headers=sent)
    page = site.newsroom.page_at(outlet, target)
    if page is not None and (version := page.version_at(now)) is not None and not page.is_missing:
        if page.is_gone(now):
            return Answer(status=410, body=site.missing(outlet), headers={"Content-Type": _html(outlet)})
        return Found(
            body=site.page(page, version, now),
            content_type=_content_type(page),
            changed_at=None if page.has_counter else version.at,
            pace={"slow": Pace.DRIPPING, "endless": Pace.ENDLESS}.get(page.behaviour or "", Pace.AT_ONCE),
        )
    if (listed := site.newsroom.listed_at(outlet, target)) is not None and listed.published_at < now:
        return Answer(status=302, headers={"Location": listed.url})
    found = None if page else _furniture(site, outlet, path, now)
    return found or Answer(status=404, body=site.missing(outlet), headers={"Content-Type": _html(outlet)})


def _moved(outlet: Outlet, host: str, target: str) -> str | None:
    """Where an old address or the host without www has gone."""
    for old in (target, urlsplit(target).path):
        if old in outlet.moved:
            return outlet.url(outlet.moved[old])
    return outlet.url(target) if host == outlet.bare_host else None


def _content_type(page: Page) -> str:
    """What the header claims of a page."""
    return PDF if page.behaviour == "pdf" else _html(page.outlet, page.charset_header)


def _html(outlet: Outlet, charset: str | None = None) -> str:
    """HTML in the outlet's encoding, or in the one that it claims."""
    return f"text/html; charset={charset or outlet.encoding}"


def _furniture(site: Site, outlet: Outlet, path: str, now: datetime) -> Found | None:
    """What stands at an address that is no article's: robots.txt, the feed, the front and the sections."""
    if path == "/robots.txt":
        return Found(body=site.robots(outlet), content_type=PLAIN)
    if path == outlet.feed.path:
        changed_at = site.newsroom.feed_changed_at(outlet, now)
        return Found(body=site.feed(outlet, now), content_type=outlet.feed.content_type, changed_at=changed_at)
    if path == "/":
        return Found(body=site.front(outlet, now), content_type=_html(outlet))
    for section in outlet.sections:
        if path.strip("/").removeprefix("section/") == section.lower().replace(" ", "-"):
            return Found(body=site.front(outlet, now, section), content_type=_html(outlet))
    return None


def _conditional(found: Found, headers: Message, now: datetime) -> Answer:
    """The answer with validators: 304 when the asker has it already, gzip when the asker takes it."""
    zipped = found.pace is Pace.AT_ONCE and "gzip" in headers.get("Accept-Encoding", "").lower()
    etag = f'"{hashlib.sha256(found.body).hexdigest()[:20]}{"-gzip" if zipped else ""}"'
    sent = {
        "Content-Type": found.content_type,
        "ETag": etag,
        "Date": http_date(now),
        "Vary": f"Accept-Encoding, {NOW_HEADER}",
        "Cache-Control": "max-age=60",
    }
    if found.changed_at:
        sent["Last-Modified"] = http_date(found.changed_at)
    if _has_it(headers, etag, found.changed_at):
        return Answer(status=304, headers=sent)
    body = found.body
    if zipped:
        body = gzip.compress(body, mtime=0)
        sent["Content-Encoding"] = "gzip"
    return Answer(status=200, body=body, headers=sent, pace=found.pace)


def _has_it(headers: Message, etag: str, changed_at: datetime | None) -> bool:
    """Whether nothing changed for the asker; If-None-Match goes before If-Modified-Since (RFC 9110)."""
    if (known := headers.get("If-None-Match")) is not None:
        tags = {tag.strip().removeprefix("W/") for tag in known.split(",")}
        return "*" in tags or etag in tags
    since = headers.get("If-Modified-Since")
    if since is None or changed_at is None:
        return False
    try:
        return changed_at <= parsedate_to_datetime(since)
    except (TypeError, ValueError):
        return False
