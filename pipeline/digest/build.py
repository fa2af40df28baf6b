"""Build one day's digest: a pure function of its inputs and settings."""

from __future__ import annotations

import gc
import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.digest.corrections import collapse
from pipeline.digest.day import Day, StoryLines
from pipeline.digest.draft import DigestDraft
from pipeline.digest.hashing import hash_values
from pipeline.digest.inputs import DIGEST_VERSION, THRESHOLDS, DigestInputs, Thresholds
from pipeline.digest.rows import Rows
from pipeline.digest.told import ToldStories
from pipeline.digest.trace import SentenceOutcome, settle_trace
from pipeline.settings import Settings
from pipeline.tables import CITATIONS, CORRECTIONS, DEVELOPMENTS, DIGESTS


def build_digest(
    inputs: DigestInputs,
    settings: Settings,
    *,
    now: datetime,
    thresholds: Thresholds = THRESHOLDS,
    trace: list[SentenceOutcome] | None = None,
    told_before: ToldStories | None = None,
) -> DigestDraft:
    """Build the digest of one day.

    Equal inputs and settings give equal rows, whatever the order of the input rows; `now` only fills recorded_at and
    noticed_at.

    Args:
        inputs: What is known of the day.
        settings: Most lines and stories, and what is stale.
        now: When it is built, aware UTC.
        thresholds: What decides a line beyond the settings.
        trace: Where what became of every fresh sentence is written down; it changes nothing, and None costs nothing.
        told_before: Lines that earlier builds of the day chose; they change nothing but the work.
    """
    with _collector_paused():
        return _build(inputs, settings, now, thresholds, trace, told_before)


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Without looking for cycles: reading a day makes millions of objects and no cycle; looking took a sixth of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _build(
    inputs: DigestInputs,
    settings: Settings,
    now: datetime,
    thresholds: Thresholds,
    trace: list[SentenceOutcome] | None,
    told_before: ToldStories | None,
) -> DigestDraft:
    """Build the digest, as `build_digest` says."""
    inputs_sha256 = hash_inputs(inputs)
    build_id = identify_build(inputs, settings, inputs_sha256)
    day = Day(inputs, settings, thresholds, trace, told_before)
    told, omitted = _arrange([day.tell(story_id) for story_id in sorted(day.stories)], settings.digest_max_stories)
    rows = Rows(build_id=build_id, digest_date=inputs.digest_date, now=now, day=day)
    for rank, story in enumerate(told, start=1):
        rows.add_story(rank, story)
    rows.add_corrections(day.corrections)
    if trace is not None:
        spans = {one.story["story_id"]: {line.span for line in one.lines} for one in told}
        trace[:] = settle_trace(trace, told=spans, max_stories=settings.digest_max_stories)
    return DigestDraft(
        build_id=build_id,
        inputs_sha256=inputs_sha256,
        digests=DIGESTS.rows(rows.digests),
        developments=DEVELOPMENTS.rows(rows.developments),
        citations=CITATIONS.rows(rows.citations),
        corrections=CORRECTIONS.rows(rows.corrections),
        copies=tuple(rows.copies),
        omitted_count=omitted,
    )


def identify_build(inputs: DigestInputs, settings: Settings, inputs_sha256: str) -> str:
    """The id of the build that these inputs and settings give."""
    return hash_values(inputs.digest_date, inputs.status, inputs_sha256, settings.results_sha256, DIGEST_VERSION)


def hash_inputs(inputs: DigestInputs) -> str:
    """Hash of everything that goes in, independent of row order."""
    total = hashlib.sha256()
    for name, (table, schema) in inputs.tables().items():
        # A text's own hash stands for it.
        columns = [column for column in schema.names if column != "text" or "text_sha256" not in schema.names]
        cells = [_as_strings(table[column]) for column in columns]
        rows = pc.binary_join_element_wise(*cells, "\x1f", null_handling="replace", null_replacement="\x00")
        total.update(f"{name}\x1d".encode() + "\x1e".join(sorted(rows.to_pylist())).encode("utf-8", "surrogatepass"))
    total.update(json.dumps([sorted(inputs.coverage.items()), sorted(inputs.missing_windows)]).encode())
    return total.hexdigest()


def _as_strings(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column as text; dates and instants as their numbers, which no library writes in a way of its own."""
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.int64())
    elif pa.types.is_date(column.type):
        column = column.cast(pa.int32())
    return column.cast(pa.string())


def _arrange(stories: Iterable[StoryLines], max_stories: int) -> tuple[list[StoryLines], int]:
    """Put stories in order, drop lines that stand under an earlier one too, and cut off at the most stories."""
    told: list[StoryLines] = []
    said: set[str] = set()
    omitted = 0
    for story in sorted(stories, key=lambda s: s.rank_key):
        fresh = {key: line for line in story.lines if (key := collapse(line.text).casefold()) not in said}
        if fresh and len(told) >= max_stories:
            omitted += 1
            continue
        said |= fresh.keys()
        told.append(replace(story, lines=tuple(fresh.values())))
    return sorted(told, key=lambda s: not s.lines), omitted
