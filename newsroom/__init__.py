"""The sample newsroom: invented outlets with invented news, served over HTTP on 127.0.0.1 as they stood at any moment.

Takes: the folder content/ (one file a page), outlets.toml and the templates; a moment in each request.
Gives: pages, feeds, sitemaps, robots.txt and redirects of every outlet on one port; an access log; `DAYS`.
Refuses: hosts it does not know (421), pages that are unknown or not published yet (404) or withdrawn (410), a moment it
    cannot read (400).
Never: listens on anything but this machine, uses Daybook's own code; only the access log reads a clock.
"""

from __future__ import annotations

from newsroom.content import DAYS, load_newsroom
from newsroom.records import Newsroom, day_end
from newsroom.server import Handle, Request, serve

__all__ = [
    "DAYS",
    "Handle",
    "Newsroom",
    "Request",
    "day_end",
    "load_newsroom",
    "serve",
]
