"""Which articles of a batch are worth comparing: those that share sampled shingles with one that is canonical."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.dedupe.candidates import BatchIndex, is_candidate

HASHES = st.lists(st.frozensets(st.integers(0, 11), max_size=6), max_size=9)


@given(HASHES, st.frozensets(st.integers(0, 11), max_size=4), st.data())
def test_the_index_finds_what_a_look_at_all_pairs_finds(
    samples: list[frozenset[int]], ignored: frozenset[int], data: st.DataObject
) -> None:
    index = BatchIndex([np.array(sorted(sample), dtype=np.uint64) for sample in samples], ignored)
    canonical: list[int] = []
    for row, sample in enumerate(samples):
        shared = {other: len((sample & samples[other]) - ignored) for other in canonical}
        near = [other for other in canonical if is_candidate(shared[other], len(sample), len(samples[other]))]
        assert index.candidates(row) == near
        if data.draw(st.booleans()):
            index.add(row)
            canonical.append(row)
