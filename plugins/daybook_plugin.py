"""Daybook inside the Airflow UI: its pages, and a link to the digest from the task that published it.

Every Airflow process loads this file, so it imports next to nothing; the pages are built on the first request.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from airflow.plugins_manager import AirflowPlugin

from daybook_airflow import run_notes
from daybook_airflow.links import DigestLink
from daybook_airflow.notices import RunCreated
from daybook_airflow.priority import FreshFirst
from daybook_airflow.views import PREFIX, VIEWS, react_app

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]


class LazyPages:
    """The ASGI application of the pages, imported when somebody asks for one."""

    def __init__(self) -> None:
        self._app: Callable[[Any, Receive, Send], Awaitable[None]] | None = None

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        if self._app is None:
            from daybook_airflow.pages.app import build_pages

            self._app = build_pages()
        await self._app(scope, receive, send)


class DaybookPlugin(AirflowPlugin):  # type: ignore[misc]
    """What Airflow is told of Daybook."""

    name = "daybook"
    fastapi_apps = [{"app": LazyPages(), "url_prefix": PREFIX, "name": "Daybook"}]  # noqa: RUF012
    react_apps = [react_app(view) for view in VIEWS]  # noqa: RUF012
    operator_extra_links = [DigestLink()]  # noqa: RUF012
    priority_weight_strategies = [FreshFirst]  # noqa: RUF012
    deadline_references = [RunCreated]  # noqa: RUF012
    listeners = [run_notes]  # noqa: RUF012
