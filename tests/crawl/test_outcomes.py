"""Sources that gave nothing: who failed, who rests, and when nobody answered."""

from __future__ import annotations

from pipeline.crawl.outcomes import (
    NAME_CHARS,
    name_with_trouble,
    named,
    problem_of_sources,
    sources_of_groups,
    sources_told,
)

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


def test_a_task_is_named_after_its_trouble() -> None:
    assert name_with_trouble(WELL) == "courier"
    assert name_with_trouble(RESTS) == "wire rests (not-now)"
    timeout = {"reason": "timeout", "detail": "no whole answer"}
    many = {"key": "group-01", "errors": {f"source-{n:03d}": timeout for n in range(40)}}
    assert name_with_trouble(many).startswith("group-01: source-000 failed (timeout), source-001")
    assert len(name_with_trouble(many)) <= NAME_CHARS
