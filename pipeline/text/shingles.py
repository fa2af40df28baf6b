"""Word 3-grams of a text as 64-bit numbers, and the sample of them that stands for the text.

A shingle's hash is built in two steps: each distinct word is hashed once with BLAKE2b to 64 bits, and three words w0,
w1, w2 in a row become mix(A·w0 + B·w1 + C·w2 mod 2^64). The numbers depend on the words alone: the same in every
process, on every platform and for ever.

How often two different shingles get one number: where they differ in a single word, the sums differ unless the words'
own hashes collide (A, B, C are odd, so multiplying is one-to-one); where they differ in several words, the sums meet
with probability 2^-64, and 2^-62 for two words that trade places (the constants' differences hold at most two factors
of 2). mix is one-to-one. A day of 33,000 articles holds about 2^23.5 distinct shingles, hence 2^46 pairs: the chance
of any collision at all in it is about 2^-17, and one collision would move a containment by one shingle. Sets of these
hashes are therefore used as if they were the shingles themselves.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.uint64]

WORDS_PER_SHINGLE = 3
# One in eight keeps 46 numbers of a middling article (370 bytes) and finds 98 % of the copies cut to a third.
SAMPLE_ONE_IN = 8

_A, _B, _C = (np.uint64(n) for n in (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9))
_MIX_1, _MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_MOST_WORDS_KEPT = 1_000_000


class _WordHashes(dict[str, int]):
    """64-bit hash of each word met, computed once; emptied when it has grown to some 150 MB."""

    def __missing__(self, word: str) -> int:
        if len(self) >= _MOST_WORDS_KEPT:
            self.clear()
        digest = hashlib.blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        self[word] = number = int.from_bytes(digest, "little")
        return number


_WORD_HASHES = _WordHashes()


def shingle_hashes(words: Sequence[str]) -> Hashes:
    """Hash every run of three words.

    Args:
        words: Words as `comparable_words` gives them.
    Returns:
        Distinct hashes, ascending; empty below three words.
    """
    if len(words) < WORDS_PER_SHINGLE:
        return np.empty(0, dtype=np.uint64)
    numbers = np.fromiter(map(_WORD_HASHES.__getitem__, words), dtype=np.uint64, count=len(words))
    hashes = np.sort(_mix(_A * numbers[:-2] + _B * numbers[1:-1] + _C * numbers[2:]))
    is_first = np.empty(len(hashes), dtype=np.bool_)
    is_first[0] = True
    np.not_equal(hashes[1:], hashes[:-1], out=is_first[1:])
    distinct: Hashes = hashes[is_first]
    return distinct


def sample_hashes(hashes: Hashes) -> Hashes:
    """Keep the hashes divisible by eight: the same ones of a passage in whatever text it stands.

    Which shingles are kept depends on their hash alone, so the share of common ones among the kept estimates the
    share among all.
    """
    kept: Hashes = hashes[hashes % np.uint64(SAMPLE_ONE_IN) == 0]
    return kept


def count_shared(one: Hashes, other: Hashes) -> int:
    """Count the hashes that two ascending, distinct arrays have in common."""
    if len(one) > len(other):
        one, other = other, one
    if not len(one):
        return 0
    places = np.searchsorted(other, one)
    places[places == len(other)] = 0
    return int(np.count_nonzero(other[places] == one))


def _mix(numbers: Hashes) -> Hashes:
    """Spread the bits, one-to-one (the finaliser of SplitMix64), so that the low ones may choose the sample."""
    numbers = (numbers ^ (numbers >> np.uint64(30))) * _MIX_1
    numbers = (numbers ^ (numbers >> np.uint64(27))) * _MIX_2
    return numbers ^ (numbers >> np.uint64(31))
