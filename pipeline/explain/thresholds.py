"""Which bound keeps two texts from being copies of each other: by name, with both numbers."""

from __future__ import annotations

from pipeline.dedupe.overlap import DUPLICATE_THRESHOLDS, DuplicateThresholds, Overlap


def why_no_duplicate(
    overlap: Overlap,
    *,
    is_declared: bool = False,
    is_own: bool = False,
    thresholds: DuplicateThresholds = DUPLICATE_THRESHOLDS,
) -> str | None:
    """Say which bound a newcomer misses, asked in the order of `kind_of_duplicate`; None where it is a duplicate.

    Args:
        overlap: What it shares with the candidate.
        is_declared: The newcomer's page names the candidate as its original.
        is_own: Both are of one publisher.
        bounds: From where on it counts.
    """
    if overlap.is_exact:
        return None
    if overlap.shared < thresholds.shared:
        return f"shared: {overlap.shared} word 3-grams in common, fewer than {thresholds.shared}"
    least = thresholds.declared_containment if is_declared else thresholds.containment
    if overlap.containment < least:
        name = "declared_containment" if is_declared else "containment"
        return f"{name}: {overlap.containment:.3f}, less than {least:g}"
    smaller = min(overlap.own_size, overlap.other_size)
    if not is_declared and smaller < thresholds.shingles:
        words = f"{thresholds.words} words"
        return f"words: the shorter one has {smaller} word 3-grams, fewer than the {thresholds.shingles} of {words}"
    if overlap.jaccard >= thresholds.copy_jaccard or is_declared:
        return None
    return _why_no_part(overlap, is_own, thresholds)


def _why_no_part(overlap: Overlap, is_own: bool, thresholds: DuplicateThresholds) -> str | None:
    """The same where much is shared, but they are no plain copies: cuts, wholes and edited texts."""
    if overlap.containment >= thresholds.cut_containment:
        if overlap.own_size <= thresholds.cut_ratio * overlap.other_size:
            return None
        if overlap.other_size <= thresholds.cut_ratio * overlap.own_size:
            if overlap.own_share >= thresholds.whole_own_share:
                return None
            share = f"{overlap.own_share:.3f} of the longer text, less than {thresholds.whole_own_share:g}"
            return f"whole_own_share: the shorter one makes up {share}"
    if is_own:
        return "own publisher: a publisher that prints part of its own text again under new paragraphs reports further"
    if overlap.own_share < thresholds.own_share:
        return f"own_share: {overlap.own_share:.3f} of the second text is the first one's, less than {thresholds.own_share:g}"
    return None
