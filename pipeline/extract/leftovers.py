"""What a template leaves in a text: lines that the page says again and again, and markup that it shows as words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence

from pipeline.extract.calls import is_finished
from pipeline.extract.titles import fold

_PLACEHOLDER = 40  # letters: what a page says three times, and is no name or refrain, is furniture
_TAG = re.compile(
    r"</?(?:p|br|div|span|a|img|iframe|script|style|strong|em|b|i|u|ul|ol|li|h[1-6]|table|tr|td|figure|blockquote|center|font|section"
    r"|embed|video|audio|amp-\w+)(?:\s[^<>]{0,500})?/?>|\[/[a-z_]{3,30}\]|\[[a-z_]{3,30}(?:\s{1,9}[\w-]{1,30}=[^\[\]\s]{1,300}){1,20}\]|\$\$[A-Z_]{3,30}\$\$|%%[A-Z_]{3,30}%%|\{\{[^{}]{1,200}\}\}|\{%[^{}]{1,200}%\}"
)


# A value of the template's code, in its own spelling and alone in its line.
_VALUE = re.compile(r"false|true|null|undefined|NaN|\[object Object\]")


def without_markup(line: str) -> str | None:
    """A line without tags, short codes and template marks, where it has two or more, or nothing else; None where it stays."""
    if _VALUE.fullmatch(line):
        return ""
    if not any(sign in line for sign in "<[{$%"):
        return None
    tags = _TAG.findall(line)
    rest = " ".join(_TAG.sub(" ", line).split())
    return rest if len(tags) > 1 or (tags and not rest) else None


def find_repeats(lines: Sequence[str], repeated: Collection[str]) -> frozenset[int]:
    """The places of lines that were given before, and of sentences that the page has three times or more.

    Where a fifth of the lines recur, recurring is the text's form (a diet plan, a table), and all stay.

    Args:
        repeated: Folded paragraphs that the page has three times or more.
    """
    folded = [fold(line) for line in lines]
    counts = Counter(folded)
    sentences = {text for text, line in zip(folded, lines, strict=True) if is_finished(line) and " | " not in line}
    often = {text for text in sentences if len(text) >= _PLACEHOLDER and (counts[text] >= 3 or text in repeated)}
    if len({text for text in folded if counts[text] > 1}) > 3:
        often = set()
    firsts = {text: i for i, text in reversed(list(enumerate(folded)))}
    kept = {i for i, text in enumerate(folded) if text not in often and (len(text) < 20 or firsts[text] == i)}
    is_form = not (len(folded) * 4 / 5 < len(kept) or often)
    return frozenset() if is_form or not kept else frozenset(range(len(folded))) - kept
