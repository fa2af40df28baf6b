"""The application: its routes, its guard, and what stands on every answer.

Airflow gives plugin applications no login of their own. The guard is Airflow's internal module, which may move between
versions: it is named here alone, and a test asks every route without a login.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from airflow.api_fastapi.core_api.security import requires_access_dag
from fastapi import Depends, FastAPI, Request
from fastapi.responses import HTMLResponse, Response

from daybook_airflow.pages import digests, fates, frames, health, runs
from daybook_airflow.pages.setting import page
from pipeline.errors import DaybookError, UsageError

# Articles are strangers' text and the page has Airflow's origin: nothing may run, load, or be framed or sent elsewhere.
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, no-cache",
}
_PAGES: dict[str, Callable[..., Response]] = {
    "/": digests.show_index,
    "/digests/{day}": digests.show_digest,
    "/digests/{day}/stories": digests.show_stories,
    "/health": health.show_health,
    "/panel": health.show_panel,
    "/search": fates.show_search,
    "/articles/{key}": fates.show_article,
    "/stories/{key}": fates.show_story,
    "/refused": fates.show_refused,
    "/sentence": fates.show_sentence,
    "/run": runs.show_run,
}


def build_pages() -> FastAPI:
    """Make the application, to be mounted under a prefix; every page of it asks for a login, and none but GET is answered."""
    app = FastAPI(
        title="Daybook",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        dependencies=[Depends(requires_access_dag("GET", param_dag_id="news_digest"))],
    )
    app.middleware("http")(_guarded)
    app.add_exception_handler(DaybookError, _tell_trouble)
    for path, shown in _PAGES.items():
        app.add_api_route(path, shown, methods=["GET"], response_class=HTMLResponse)
    app.add_api_route("/frames/{name}", frames.show_frame, methods=["GET"], response_class=Response)
    return app


def _tell_trouble(request: Request, error: Exception) -> HTMLResponse:
    """An answer that nothing stands behind: nothing answers to what was asked, or the warehouse cannot be read."""
    depth = request.url.path.removeprefix(str(request.scope.get("root_path", ""))).strip("/").count("/")
    status = 404 if isinstance(error, UsageError) else 503
    return page("trouble.html.j2", title="No answer", here="", up="../" * depth, status=status, message=str(error))


async def _guarded(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Put the protecting headers on every answer, refusals included."""
    response = await call_next(request)
    response.headers.update(_HEADERS)
    return response
