"""Which bound keeps two texts from being copies of each other: by name, with both numbers."""

from __future__ import annotations

from pipeline.dedupe.overlap import BOUNDS, Bounds, Overlap


def why_no_duplicate(
    overlap: Overlap, *, is_declared: bool = False, is_own: bool = False, bounds: Bounds = BOUNDS
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
    if overlap.shared < bounds.shared:
        return f"shared: {overlap.shared} word 3-grams in common, fewer than {bounds.shared}"
    least = bounds.declared_containment if is_declared else bounds.containment
    if overlap.containment < least:
        name = "declared_containment" if is_declared else "containment"
        return f"{name}: {overlap.containment:.3f}, less than {least:g}"
    smaller = min(overlap.own_size, overlap.other_size)
    if not is_declared and smaller < bounds.shingles:
        words = f"{bounds.words} words"
        return f"words: the shorter one has {smaller} word 3-grams, fewer than the {bounds.shingles} of {words}"
    if overlap.jaccard >= bounds.copy_jaccard or is_declared:
        return None
    return _why_no_part(overlap, is_own, bounds)


def _why_no_part(overlap: Overlap, is_own: bool, bounds: Bounds) -> str | None:
    """The same where much is shared, but they are no plain copies: cuts, wholes and edited texts."""
    if overlap.containment >= bounds.cut_containment:
        if overlap.own_size <= bounds.cut_ratio * overlap.other_size:
            return None
        if overlap.other_size <= bounds.cut_ratio * overlap.own_size:
            if overlap.own_share >= bounds.whole_own_share:
                return None
            share = f"{overlap.own_share:.3f} of the longer text, less than {bounds.whole_own_share:g}"
            return f"whole_own_share: the shorter one makes up {share}"
    if is_own:
        return "own publisher: a publisher that prints part of its own text again under new paragraphs reports further"
    if overlap.own_share < bounds.own_share:
        return (
            f"own_share: {overlap.own_share:.3f} of the second text is the first one's, less than {bounds.own_share:g}"
        )
    return None
