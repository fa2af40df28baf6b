"""Sources that gave nothing: who failed, who rests, and when nobody answered."""

from __future__ import annotations

from pipeline.stages.failing import named, problem_of_sources, sources_told

DOWN = {"key": "ledger", "errors": {"ledger": "timeout: no whole answer in 30 s"}}
RESTS = {"key": "wire", "errors": {"wire": "not-now: the host asked not to be asked before 2026-03-02T12:00:00Z"}}
ASKED_TO_WAIT = {"key": "post", "errors": {"post": "too-many-requests: status 429"}}
WELL = {"key": "courier", "errors": {}}


def test_a_host_that_asked_for_patience_rests_and_does_not_fail() -> None:
    failed, resting = sources_told([DOWN, RESTS, ASKED_TO_WAIT, WELL, None])
    assert failed == {"ledger": "timeout: no whole answer in 30 s"}
    assert set(resting) == {"wire", "post"}


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
