"""What Daybook adds to Airflow's own pages, by name and place; imports nothing of weight."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

PREFIX = "/daybook"
# Whose runs have something to tell in a tab; on the runs of other DAGs the tab says so.
DAGS = (
    "news_ingest", "news_stories", "news_digest", "news_upkeep", "news_review", "news_reextract", "news_days",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A page of ours within one of Airflow's.

    Attributes:
        name: What the navigation or the tab says.
        route: Its address within Airflow, below /plugin/.
        page: Its own address, below our prefix.
        destination: Airflow's word for where it stands: nav, dashboard, dag_run.
        height: Of its frame, as CSS has it.
        drawing: The strokes of its icon in a square of 24, as an SVG path has them.
    """

    name: str
    route: str
    page: str
    destination: str
    drawing: str
    height: str = "100%"


VIEWS = (
    View(
        name="Newsroom",
        route="newsroom-health",
        page="health",
        destination="nav",
        drawing="M3 12h4l3-8 4 16 3-8h4",
    ),
    View(
        name="Search",
        route="news-search",
        page="search",
        destination="nav",
        drawing="M10.5 4a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13M15.5 15.5L21 21",
    ),
    View(
        name="Digests",
        route="digests",
        page="",
        destination="nav",
        drawing="M4 5h13v14H6a2 2 0 0 1-2-2zM17 9h3v8a2 2 0 0 1-2 2M7 9h7M7 12h7M7 15h4",
    ),
    View(
        name="Newsroom today",
        route="newsroom-today",
        page="panel",
        destination="dashboard",
        drawing="M3 12h4l3-8 4 16 3-8h4",
        height="9rem",
    ),
    View(
        name="News",
        route="news-run",
        page="run",
        destination="dag_run",
        drawing="M4 5h16v14H4zM7 9h10M7 12h10M7 15h6",
    ),
)


def react_app(view: View) -> dict[str, object]:
    """A view as Airflow is told of it.

    Airflow's own frame for a page (`external_views`) lets no window be opened, so no source would open from it; and a link in
    the navigation without a frame does nothing (3.3.2). So each view brings a frame of its own.
    """
    return {
        "name": view.name,
        "bundle_url": f"{PREFIX.removeprefix('/')}/frames/{view.route}.js",
        "destination": view.destination,
        "url_route": view.route,
        "nav_top_level": view.destination == "nav",
        "icon": _icon(view.drawing, "#52525b"),
        "icon_dark_mode": _icon(view.drawing, "#d4d4d8"),
    }


def _icon(drawing: str, color: str) -> str:
    """An icon as an address that holds all of it."""
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="24" height="24" fill="none" '
        f'stroke="{color}" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round"><path d="{drawing}"/></svg>'
    )
    return f"data:image/svg+xml,{quote(svg)}"
