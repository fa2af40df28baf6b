"""How much two texts share, and what that makes of the one that came second."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.dedupe.fingerprints import Shingled
from pipeline.text.shingles import WORDS_PER_SHINGLE, count_shared


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateThresholds:
    """From where on a text counts as another's copy. Ratios in [0, 1].

    Measured on generated copies (benchmarks/duplicates.py) and on pairs of one event: random pairs share nothing, cuts
    of wire copy share all of the shorter text, copies with every twelfth word changed about .74 of it, and of
    same-event pairs by different writers 97 % share less than half. Jaccard would lose every cut.

    Attributes:
        containment: Least share of the shorter text's shingles found in the longer one.
        shared: Fewest shingles in common: two or three full sentences, more than a quotation or a standing line.
        own_share: Least share of the copy's *own* shingles that come from the canonical. A report that is mostly its
            own words brings news of its own, even if it takes up most of an earlier brief.
        whole_own_share: The same where the canonical is a cut of the copy: the full text of a cut to a third counts
            as its original; a report more than four-fifths its own that quotes a brief in full does not.
        declared_containment: Least containment where the page itself names the other one as its original.
        words: Fewest words of a text that is compared by parts; shorter ones match whole or not at all.
        copy_jaccard: From here on a match is a copy.
        cut_containment, cut_ratio: A text of at most this ratio of the other's length that holds at least this share
            of the shorter one's shingles is a cut of it.
    """

    containment: float = 0.5
    shared: int = 20
    own_share: float = 0.5
    whole_own_share: float = 0.2
    declared_containment: float = 0.3
    words: int = 80
    copy_jaccard: float = 0.7
    cut_containment: float = 0.8
    cut_ratio: float = 0.75

    @property
    def shingles(self) -> int:
        """Fewest shingles of a text that is compared by parts."""
        return self.words - WORDS_PER_SHINGLE + 1


DUPLICATE_THRESHOLDS = DuplicateThresholds()


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """What a newcomer shares with a canonical candidate; sizes are counts of distinct shingles."""

    is_exact: bool
    shared: int
    own_size: int
    other_size: int

    @property
    def containment(self) -> float:
        """Share of the smaller one's shingles found in the other."""
        return self.shared / min(self.own_size, self.other_size) if self.shared else 0.0

    @property
    def own_share(self) -> float:
        """Share of the newcomer's shingles found in the other."""
        return self.shared / self.own_size if self.shared else 0.0

    @property
    def jaccard(self) -> float:
        """Shingles in common over all of both."""
        return self.shared / (self.own_size + self.other_size - self.shared) if self.shared else 0.0


def measure_overlap(article: Shingled, other: Shingled) -> Overlap:
    """Compare two texts by all their shingles.

    Two texts without a word are not taken for the same text.
    """
    return Overlap(
        is_exact=article.text_key == other.text_key and len(article.hashes) > 0,
        shared=count_shared(article.hashes, other.hashes),
        own_size=len(article.hashes),
        other_size=len(other.hashes),
    )


def kind_of_duplicate(
    overlap: Overlap,
    *,
    is_declared: bool = False,
    is_own: bool = False,
    thresholds: DuplicateThresholds = DUPLICATE_THRESHOLDS,
) -> str | None:
    """Say what kind of duplicate the newcomer is; None where it is none.

    Args:
        overlap: What it shares with the candidate.
        is_declared: The newcomer's page names the candidate's URL as its original.
        is_own: Both are of one publisher. Such a one does not edit its own text into a copy: it reports further, and
            what is new between the paragraphs that stand is the news.
        bounds: From where on it counts.
    Returns:
        exact (the same words), copy, excerpt (a cut of the candidate), original (the candidate is a cut of it),
        edited, or None.
    """
    if overlap.is_exact:
        return "exact"
    if overlap.shared < thresholds.shared or not _is_much(overlap, is_declared, thresholds):
        return None
    if overlap.jaccard >= thresholds.copy_jaccard:
        return "copy"
    if overlap.containment >= thresholds.cut_containment:
        if overlap.own_size <= thresholds.cut_ratio * overlap.other_size:
            return "excerpt"
        if overlap.other_size <= thresholds.cut_ratio * overlap.own_size:
            return "original" if is_declared or overlap.own_share >= thresholds.whole_own_share else None
    return "edited" if is_declared or (overlap.own_share >= thresholds.own_share and not is_own) else None


def _is_much(overlap: Overlap, is_declared: bool, thresholds: DuplicateThresholds) -> bool:
    """Whether the shorter text is in the longer one to such a part that it may be a copy at all."""
    if is_declared:
        return overlap.containment >= thresholds.declared_containment
    smaller = min(overlap.own_size, overlap.other_size)
    return overlap.containment >= thresholds.containment and smaller >= thresholds.shingles
