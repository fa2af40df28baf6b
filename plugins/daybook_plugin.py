"""Daybook inside the Airflow UI: the digests, and a link to one from the task that published it.

Every Airflow process loads this file, so it imports next to nothing; the pages are built on the first request.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from airflow.plugins_manager import AirflowPlugin

from daybook_airflow import run_notes
from daybook_airflow.links import DigestLink
from daybook_airflow.priority import FreshFirst

PREFIX = "/daybook"

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]


class LazyPages:
    """The ASGI application of the digest pages, imported when somebody asks for one."""

    def __init__(self) -> None:
        self._app: Callable[[Any, Receive, Send], Awaitable[None]] | None = None

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        if self._app is None:
            from daybook_airflow.pages import build_pages

            self._app = build_pages()
        await self._app(scope, receive, send)


class DaybookPlugin(AirflowPlugin):  # type: ignore[misc]
    """What Airflow is told of Daybook."""

    name = "daybook"
    fastapi_apps = [{"app": LazyPages(), "url_prefix": PREFIX, "name": "Daybook digests"}]  # noqa: RUF012
    # Airflow's own frame for such a page (`external_views`) lets no window be opened, so no source would open from it; and a
    # link in the navigation without a frame does nothing (3.3.2). So the pages bring a frame of their own.
    react_apps = [  # noqa: RUF012
        {
            "name": "Digests",
            "bundle_url": f"{PREFIX.removeprefix('/')}/frame.js",
            "destination": "nav",
            "url_route": "digests",
            "nav_top_level": True,
        }
    ]
    operator_extra_links = [DigestLink()]  # noqa: RUF012
    priority_weight_strategies = [FreshFirst]  # noqa: RUF012
    listeners = [run_notes]  # noqa: RUF012
