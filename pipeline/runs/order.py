"""The stages of each DAG in their order: said once, for the DAGs, the command line, and whoever lists counts.

A new stage is a task function in `pipeline/stages`, a name here, a call in `pipeline/workflow`, and a task in `dags/`;
a test holds the three against each other.
"""

from __future__ import annotations

from typing import Final

STAGES: Final = {
    "news_ingest": ("list_sources", "fetch", "land", "extract", "validate", "load_articles", "report"),
    "news_stories": ("load_stories", "preview"),
    "news_digest": ("close_day", "build", "verify", "publish", "notify"),
}

# Those that wait for a person, or that nothing wakes but one.
BY_HAND: Final = {
    "news_review": ("list_held", "decide", "carry_out"),
    "news_reextract": ("list_days", "read_anew", "load_anew", "cluster_open_days"),
    "news_days": ("work_through",),
}

# Those that count what they receive, in the order in which a page goes through them.
COUNTED: Final = ("fetch", "land", "extract", "validate", "load_articles", "load_anew", "load_stories")
