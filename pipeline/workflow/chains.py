"""The stages of each DAG, one after the other: what Airflow does with tasks, done with calls. Order as in `runs.order`."""

from __future__ import annotations

import gc
from collections.abc import Callable
from functools import cache
from typing import Any

from pipeline.runs.handover import TaskOutput, discard_outputs
from pipeline.runs.run import Run
from pipeline.stages import digest, ingest, stories

Say = Callable[[str], None]


def silent(stage: str) -> None:
    """Tell nobody which stage begins."""


def ingest_window(run: Run, say: Say = silent) -> TaskOutput:
    """The tasks of news_ingest.

    Returns:
        What `report` returns.
    """
    say("list_sources")
    groups = ingest.list_sources(run)
    say("fetch")
    fetched = [ingest.fetch(run, group) for group in groups]
    say("land")
    landed = ingest.land(run, fetched)
    extracted, validated, loaded = load_pages(run, landed, say)
    say("report")
    summary = ingest.report(run, fetched, landed, extracted, validated, loaded)
    discard_outputs(run)
    _keep_what_was_imported()
    return summary


@cache
def _keep_what_was_imported() -> None:
    """Leave what a process has after its first window out of every later search for cycles: it is libraries, and stays."""
    gc.collect()
    gc.freeze()


def load_pages(run: Run, landed: TaskOutput, say: Say = silent) -> tuple[list[TaskOutput], TaskOutput, TaskOutput]:
    """The tasks of news_ingest between `land` and `report`: also what pages go through that a person lets in."""
    say("extract")
    extracted = [ingest.extract(run, batch) for batch in landed["batches"]]
    say("validate")
    validated = ingest.validate(run, landed, extracted)
    say("load_articles")
    return extracted, validated, ingest.load_articles(run, landed, validated)


def cluster_day(run: Run, say: Say = silent) -> TaskOutput:
    """The tasks of news_stories; gives the provisional build."""
    say("load_stories")
    stories.load_stories(run)
    say("preview")
    built = digest.preview(run)
    discard_outputs(run)
    return built


def close_day(run: Run, say: Say = silent) -> dict[str, Any]:
    """The tasks of news_digest; gives the published build."""
    say("close_day")
    closed = digest.close_day(run)
    say("build")
    built = digest.build(run, closed)
    say("verify")
    digest.verify(run, built)
    say("publish")
    published = digest.publish(run, built)
    say("notify")
    digest.notify(run, published)
    discard_outputs(run)
    return published
