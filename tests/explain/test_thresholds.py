"""Why two texts are no copies: the bound that is named is the one that decided."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.dedupe.overlap import Overlap, kind_of_duplicate
from pipeline.explain.thresholds import why_no_duplicate


@given(st.integers(0, 400), st.integers(1, 400), st.integers(1, 400), st.booleans(), st.booleans(), st.booleans())
def test_a_reason_is_given_exactly_where_there_is_no_duplicate(shared, own, other, is_exact, is_declared, is_own):
    overlap = Overlap(is_exact=is_exact, shared=min(shared, own, other), own_size=own, other_size=other)
    kind = kind_of_duplicate(overlap, is_declared=is_declared, is_own=is_own)
    why = why_no_duplicate(overlap, is_declared=is_declared, is_own=is_own)
    assert (kind is None) == (why is not None)


@pytest.mark.parametrize(
    ("shared", "own", "other", "about", "named"),
    [
        (19, 100, 100, {}, "shared: 19"),
        (45, 100, 100, {}, "containment: 0.450, less than 0.5"),
        (29, 100, 100, {"is_declared": True}, "declared_containment: 0.290, less than 0.3"),
        (60, 70, 300, {}, "words: the shorter one has 70"),
        (80, 600, 80, {}, "whole_own_share"),
        (60, 140, 100, {}, "own_share: 0.429"),
        (60, 100, 100, {"is_own": True}, "own publisher"),
    ],
)
def test_the_bound_is_named_with_both_numbers(shared, own, other, about, named):
    overlap = Overlap(is_exact=False, shared=shared, own_size=own, other_size=other)
    assert (why_no_duplicate(overlap, **about) or "").startswith(named)
