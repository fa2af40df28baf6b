"""Sources that gave nothing: who failed, who rests, and when nobody answered."""

from __future__ import annotations

from pathlib import Path

from pipeline.crawl.outcomes import (
    named,
    problem_of_sources,
    sources_of_groups,
    sources_told,
    task_name,
)
from pipeline.crawl.sources import groups_of
from pipeline.fetch.sources import Source, inbox_source, warc_source

DOWN = {"key": "ledger", "errors": {"ledger": {"reason": "timeout", "detail": "no whole answer in 30 s"}}}
UNTIL = "the host asked not to be asked before 2026-03-02T12:00:00Z"
RESTS = {"key": "wire", "errors": {"wire": {"reason": "not-now", "detail": UNTIL}}}
ASKED_TO_WAIT = {"key": "post", "errors": {"post": {"reason": "too-many-requests", "detail": "status 429"}}}
WELL = {"key": "courier", "errors": {}}


def test_a_host_that_asked_for_patience_rests_and_does_not_fail() -> None:
    failed, resting = sources_told([DOWN, RESTS, ASKED_TO_WAIT, WELL, None])
    assert failed == {"ledger": "timeout: no whole answer in 30 s"}
    assert resting == {"wire": f"not-now: {UNTIL}", "post": "too-many-requests: status 429"}


def test_words_of_a_failure_make_no_rest_of_it() -> None:
    error = {"reason": "http-error", "detail": "not-now: said the page"}
    assert sources_told([{"key": "a", "errors": {"a": error}}]) == ({"a": "http-error: not-now: said the page"}, {})


def test_only_when_nobody_answered_the_run_has_failed() -> None:
    failed, resting = sources_told([DOWN, RESTS])
    assert problem_of_sources(["courier", "ledger", "wire"], failed, resting) is None
    said = problem_of_sources(["ledger", "wire"], failed, resting)
    assert said is not None
    assert said.startswith("every source failed: ledger: timeout")
    assert "resting: wire: not-now" in said
    assert problem_of_sources(["wire"], {}, resting) is None, "a rest is no failure, not even of all"
    assert problem_of_sources([], {}, {}) is None


def test_they_are_named_in_order() -> None:
    assert named({"b": "x", "a": "y"}) == "a: y; b: x"
    assert named({}) is None


def test_a_fetch_task_without_a_result_failed_with_all_its_sources() -> None:
    groups = [{"key": "courier", "source_ids": ["courier"]}, {"key": "a+b", "source_ids": ["a", "b"]}]
    failed, resting = sources_of_groups(groups, [WELL])
    assert set(failed) == {"a", "b"}
    assert "the log of its fetch task says why" in failed["a"]
    assert resting == {}
    assert sources_of_groups([*groups, {"key": "wire", "source_ids": ["wire"]}], [WELL, RESTS])[1].keys() == {"wire"}


def test_a_task_is_named_after_its_sources_and_first_after_its_trouble() -> None:
    assert task_name({"source_ids": ["courier"]}) == "courier"
    assert task_name({"source_ids": ["courier"]}, WELL) == "courier"
    assert task_name({"source_ids": ["courier", "wire"]}, RESTS) == "wire rests (not-now), courier"
    three_hundred = {"source_ids": [f"source-{n:03d}" for n in range(300)]}
    assert task_name(three_hundred) == "source-000, source-001, source-002, source-003, source-004 and 295 more"
    errors = {"errors": {"source-150": DOWN["errors"]["ledger"]}}
    assert task_name(three_hundred, errors).startswith("source-150 failed (timeout), source-000, source-001")
    assert task_name(three_hundred, errors).endswith("source-003 and 295 more")


def test_a_name_is_never_longer_than_airflow_keeps() -> None:
    names = [f"{n:03d}-{'x' * 60}" for n in range(300)]
    told = task_name({"source_ids": names}, {"errors": dict.fromkeys(names, DOWN["errors"]["ledger"])})
    assert told.endswith("and 295 more, 300 of all in trouble")
    assert len(told) <= 250


def test_a_run_is_at_most_two_tasks() -> None:
    feeds = [Source(source_id=f"feed-{n}", kind="feed", url=f"https://paper.example/feed/{n}") for n in range(11)]
    assert groups_of(feeds) == [{"key": "listings", "source_ids": [feed.source_id for feed in feeds]}]
    folders = [inbox_source(Path("in")), warc_source((Path("a.warc"),))]
    assert [group["key"] for group in groups_of([*folders, *feeds])] == ["listings", "folders"]
    assert groups_of(folders) == [{"key": "folders", "source_ids": ["inbox", "warc"]}]
    assert groups_of([]) == []
