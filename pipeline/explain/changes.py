"""What an edit changed, word by word, in short."""

from __future__ import annotations

from difflib import SequenceMatcher

_CONTEXT_WORDS = 3
_MOST_CHANGES = 8
_MOST_WORDS = 20_000  # beyond, comparing takes longer than anybody waits


def word_changes(old: str, new: str) -> list[dict[str, str]]:
    """Find which words became which, with a few words before each for the reader to find the place.

    Returns:
        At most eight changes in order, each with `after` (the words before it), `old` and `new` (one may be empty).
    Example:
        >>> word_changes("It cut 1,420 jobs at the plant.", "It cut 1,240 jobs at the plant.")
        [{'after': 'It cut', 'old': '1,420', 'new': '1,240'}]
    """
    before, now = old.split(), new.split()
    if len(before) + len(now) > _MOST_WORDS:
        return []
    matcher = SequenceMatcher(a=before, b=now, autojunk=False)
    return [
        {
            "after": " ".join(before[max(0, i - _CONTEXT_WORDS) : i]),
            "old": " ".join(before[i:j]),
            "new": " ".join(now[k:m]),
        }
        for kind, i, j, k, m in matcher.get_opcodes()
        if kind != "equal"
    ][:_MOST_CHANGES]


def change_text(change: dict[str, str]) -> str:
    """A change in words."""
    place = f"after “{change['after']}”: " if change["after"] else "at the beginning: "
    if not change["new"]:
        return f"{place}“{change['old']}” taken out"
    if not change["old"]:
        return f"{place}“{change['new']}” put in"
    return f"{place}“{change['old']}” -> “{change['new']}”"
