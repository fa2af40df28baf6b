"""The digests as pages beside Airflow's own: an index, and each day's published HTML. Read-only, for who may see the DAG.

A published file stays as it is: to what is sent, the way back to the index is added, and that sources open beside it.

Airflow gives plugin applications no login of their own. The guard is Airflow's internal module, which may move between
versions: it is named here alone, and a test asks without a login.
"""

from __future__ import annotations

import json
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from html import escape
from pathlib import Path

from airflow.api_fastapi.core_api.security import requires_access_dag
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import HTMLResponse, Response

from pipeline.settings import Settings

# Articles are strangers' text and the page has Airflow's origin: nothing may run, load, submit or be framed elsewhere.
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, no-cache",
}
_STYLE = """
body { font: 16px/1.5 Georgia, serif; max-width: 44rem; margin: 2rem auto; padding: 0 1rem; color: #222; background: #fff }
h1 { font-size: 1.5rem } table { width: 100%; border-collapse: collapse }
th, td { padding: .35rem .75rem .35rem 0; border-bottom: 1px solid #8885; text-align: left; font-weight: normal }
@media (max-width: 30rem) { table { font-size: .8125rem } th, td { padding-right: .4rem } }
.n { text-align: right; font-variant-numeric: tabular-nums } a { color: #0b4f8a } p, thead th { color: #555 }
@media (prefers-color-scheme: dark) {
  body { color: #ddd; background: #161616 } a { color: #8cc4f5 } p, thead th { color: #aaa }
}
"""
# What Airflow shows under Digests: these pages in a frame that lets them open windows, and run nothing.
_FRAME = """\
globalThis.AirflowPlugin = () => globalThis.React.createElement("iframe", {
  title: "Digests",
  src: new URL("daybook/", document.baseURI).href,
  sandbox: "allow-same-origin allow-popups allow-popups-to-escape-sandbox",
  style: { border: "none", display: "block", height: "100%", width: "100%" },
});
"""
_BODY = b"<body>"
# Only a link to a source begins so; text from strangers holds no markup.
_SOURCE, _SOURCE_BESIDE = b'<a href="http', b'<a target="_blank" href="http'
_WAY_BACK = b'<p style="margin:0 0 1.5rem"><a href="../">All digests</a></p>'


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What the index tells of a digest: `final` or `provisional`, and how much is in it; stories without a line do not count."""

    status: str
    story_count: int
    line_count: int
    correction_count: int


def build_pages() -> FastAPI:
    """Make the application, to be mounted under a prefix; every page of it asks for a login."""
    app = FastAPI(
        title="Daybook digests",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        dependencies=[Depends(requires_access_dag("GET", param_dag_id="news_digest"))],
    )
    app.middleware("http")(_guarded)
    app.add_api_route("/", _show_index, methods=["GET"], response_class=HTMLResponse)
    app.add_api_route("/frame.js", _show_frame, methods=["GET"], response_class=Response)
    app.add_api_route("/digests/{day}", _show_digest, methods=["GET"], response_class=HTMLResponse)
    return app


def published_days(root: Path) -> list[date]:
    """The days that have a digest, newest first.

    Args:
        root: The warehouse.
    """
    folder = root / "digests"
    if not folder.is_dir():
        return []
    days = (_as_day(entry.name) for entry in folder.iterdir() if (entry / "digest.html").is_file())
    return sorted((day for day in days if day is not None), reverse=True)


def digest_page(root: Path, day: str) -> Path | None:
    """The published page of a day, or None; nothing but such a page is ever given.

    Args:
        root: The warehouse.
        day: What was asked for, whatever it is.
    """
    parsed = _as_day(day)
    if parsed is None:
        return None
    page = (root / "digests" / parsed.isoformat() / "digest.html").resolve()
    return page if page.is_file() and page.is_relative_to((root / "digests").resolve()) else None


def _show_index() -> HTMLResponse:
    root = _warehouse()
    rows = "".join(
        _index_row(day, page) for day in published_days(root) if (page := digest_page(root, day.isoformat()))
    )
    heads = (
        '<th>Day</th><th>Status</th><th class="n">Stories</th><th class="n">Lines</th><th class="n">Corrections</th>'
    )
    body = (
        f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
        if rows
        else "<p>No digest yet: run news_ingest, then news_stories or news_digest.</p>"
    )
    title = escape("Digests")
    return HTMLResponse(
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head>'
        f"<body><h1>{title}</h1>{body}</body></html>"
    )


def _index_row(day: date, page: Path) -> str:
    """A day of the index; its cells stay empty when the digest's JSON is not there."""
    summary = _summary(page.with_name("digest.json"))
    counts = (summary.story_count, summary.line_count, summary.correction_count) if summary else ("",) * 3
    cells = "".join(f'<td class="n">{count}</td>' for count in counts)
    # Relative links hold under any base path, and without the slash at the end that a redirect adds.
    link = f'<a href="digests/{day}">{day:%A, %-d %B %Y}</a>'
    return f"<tr><th>{link}</th><td>{escape(summary.status) if summary else ''}</td>{cells}</tr>"


@lru_cache(maxsize=1000)  # a build never changes, and each has a path of its own
def _summary(document: Path) -> Summary | None:
    try:
        digest = json.loads(document.read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    return Summary(
        status=digest["status"],
        story_count=sum(bool(story["developments"]) for story in digest["stories"]),
        line_count=sum(len(story["developments"]) for story in digest["stories"]),
        correction_count=sum(change.get("kind", "corrected") == "corrected" for change in digest["corrections"]),
    )


def _show_frame() -> Response:
    return Response(_FRAME, media_type="text/javascript")


def _show_digest(day: str) -> HTMLResponse:
    page = digest_page(_warehouse(), day)
    if page is None:
        raise HTTPException(404, "There is no digest of that day")
    return HTMLResponse(page.read_bytes().replace(_BODY, _BODY + _WAY_BACK, 1).replace(_SOURCE, _SOURCE_BESIDE))


async def _guarded(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Put the protecting headers on every answer, refusals included."""
    response = await call_next(request)
    response.headers.update(_HEADERS)
    return response


def _warehouse() -> Path:
    return Settings.from_env(os.environ).warehouse


def _as_day(text: str) -> date | None:
    """The date that is written so, in exactly this form; else None."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.isoformat() == text else None
