"""From one question (host, path, moment, validators) to one answer: pure, so that the server only moves bytes."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from newsroom.content import Newsroom, Outlet
from newsroom.site import Site, http_date

NOW_HEADER = "X-Newsroom-Now"
HTML = "text/html; charset=utf-8"
PLAIN = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One HTTP answer; header names are unique."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


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


def answer(site: Site, target: str, headers: Message, port: int) -> Answer:
    """Answer one GET or HEAD request.

    Args:
        target: The request line's target, query included.
        headers: The request's headers.
        port: Where the server listens, for the house index.
    """
    host = headers.get("Host", "").rsplit(":", 1)[0].lower()
    outlet = site.newsroom.hosts.get(host)
    if outlet is None:
        if host in ("127.0.0.1", "localhost"):
            return Answer(status=200, body=site.index(port), headers={"Content-Type": HTML})
        return Answer(status=421, body=b"No outlet of this newsroom has that name.\n", headers={"Content-Type": PLAIN})
    try:
        now = read_now(headers.get(NOW_HEADER), site.newsroom.end)
    except ValueError:
        body = f"{NOW_HEADER} must be an ISO instant such as 2026-03-03T00:00:00Z.\n".encode()
        return Answer(status=400, body=body, headers={"Content-Type": PLAIN})
    path = urlsplit(target).path
    if target_url := _moved(outlet, host, path):
        return Answer(status=301, headers={"Location": target_url, "Date": http_date(now)})
    if (trouble := _trouble(outlet, path, now)) is not None:
        return trouble
    found = _find(site, outlet, path, now)
    if found is None:
        return Answer(status=404, body=site.missing(outlet), headers={"Content-Type": HTML, "Date": http_date(now)})
    body, content_type, changed_at = found
    return _conditional(body, content_type, changed_at, headers, now)


def _moved(outlet: Outlet, host: str, path: str) -> str | None:
    """Where an old path or the host without www has gone."""
    if path in outlet.moved:
        return outlet.url(outlet.moved[path])
    return outlet.url(path) if host == outlet.bare_host else None


def _trouble(outlet: Outlet, path: str, now: datetime) -> Answer | None:
    """What a path answers that is in trouble at that moment."""
    for trouble in outlet.troubles:
        if trouble.path == path and (trouble.until is None or now <= trouble.until):
            headers = {"Content-Type": trouble.content_type, "Date": http_date(now)}
            if trouble.retry_after is not None:
                headers["Retry-After"] = str(trouble.retry_after)
            return Answer(status=trouble.status, body=trouble.body.encode(), headers=headers)
    return None


def _find(site: Site, outlet: Outlet, path: str, now: datetime) -> tuple[bytes, str, datetime | None] | None:
    """Body, content type and time of the last change of what stands at a path."""
    newsroom: Newsroom = site.newsroom
    if path == "/robots.txt":
        return site.robots(outlet), PLAIN, None
    if path == outlet.feed.path:
        listed = newsroom.listed(outlet, now)
        changed_at = max((v.at for page in listed if (v := page.version_at(now))), default=None)
        return site.feed(outlet, now), outlet.feed.content_type, changed_at
    page = newsroom.by_url.get(outlet.url(path))
    version = page.version_at(now) if page else None
    if page and version:
        return site.page(page, version, now), f"text/html; charset={outlet.encoding}", version.at
    if path == "/":
        return site.front(outlet, now), HTML, None
    for section in outlet.sections:
        if path.strip("/").removeprefix("section/") == section.lower().replace(" ", "-"):
            return site.front(outlet, now, section), HTML, None
    return None


def _conditional(
    body: bytes, content_type: str, changed_at: datetime | None, headers: Message, now: datetime
) -> Answer:
    """The answer with validators: 304 when the asker has it already, gzip when the asker takes it."""
    zipped = "gzip" in headers.get("Accept-Encoding", "").lower()
    etag = f'"{hashlib.sha256(body).hexdigest()[:20]}{"-gzip" if zipped else ""}"'
    sent = {
        "Content-Type": content_type,
        "ETag": etag,
        "Date": http_date(now),
        "Vary": f"Accept-Encoding, {NOW_HEADER}",
        "Cache-Control": "max-age=60",
    }
    if changed_at:
        sent["Last-Modified"] = http_date(changed_at)
    if _has_it(headers, etag, changed_at):
        return Answer(status=304, headers=sent)
    if zipped:
        body = gzip.compress(body, mtime=0)
        sent["Content-Encoding"] = "gzip"
    return Answer(status=200, body=body, headers=sent)


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
