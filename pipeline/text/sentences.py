"""Where the sentences of a text lie: spans in code points, so that a quote can be proven letter for letter."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import NamedTuple

from sentencex import get_sentence_boundaries

# A rule-based splitter for a few dozen languages; for an unknown language the English rules are the safest.
_DEFAULT_LANGUAGE = "en"

_BLOCK = re.compile(r"\n[^\S\n]*\n\s*")
_LINE = re.compile(r"\n")
_FINISHED = re.compile(r"[.!?…。！？:;][\"'”’»«“)\]」』]*\s*$")
_ORDINAL_END = re.compile(r"(?:^|\s)\d{1,2}\.\s*$")
# Languages that write dates as "3. März": a number with a full stop does not end their sentences.
_ORDINAL_LANGUAGES = frozenset(
    ["de", "da", "no", "nb", "nn", "fi", "cs", "sk", "sl", "hr", "sr", "hu", "et", "lv", "is"]
)
_CLOSING = "\"'”’»“)]」』"
# The splitter goes through a line anew for each quotation mark and bracket in it: 20 million of these steps take 6 ms.
_PAIRED = "\"'“”‘’„«»‹›「」『』《》()[]{}"
_MOST_STEPS = 20_000_000
_PIECE_CHARS = 1_000
_QUOTATIVE = ("と", "って", "など")


class Span(NamedTuple):
    """A half-open interval of code points: `text[start:end]`."""

    start: int
    end: int


def find_sentences(text: str, language: str | None = None) -> list[Span]:
    """Find the sentences of a text, none of them reaching over a blank line.

    A line break inside a paragraph ends a sentence too (lists, headings without full stop), unless the paragraph looks
    hard-wrapped: lines that break off unfinished and go on in lower case.

    Args:
        text: Any text; may be empty.
        language: ISO 639-1 code, which decides abbreviations and ordinals; None for unknown.
    Returns:
        Spans in order, without overlap, without white space at either end, together holding every other character.
    Example:
        >>> text = "Dr. Ada Holt left.  She took the 5.40 train.\\n\\nNo stop here"
        >>> [text[s.start:s.end] for s in find_sentences(text, "en")]
        ['Dr. Ada Holt left.', 'She took the 5.40 train.', 'No stop here']
    """
    code = (language or _DEFAULT_LANGUAGE).split("-")[0].lower()
    return [
        span
        for block in _split_at(text, Span(0, len(text)), _BLOCK)
        for line in _lines(text, block)
        for piece in _readable(text, line)
        for span in _join(text, _segment(text, piece, code), code)
    ]


def _split_at(text: str, within: Span, separator: re.Pattern[str]) -> list[Span]:
    """Cut an interval at a separator; empty and blank pieces are left out."""
    cuts = [within.start]
    for match in separator.finditer(text, within.start, within.end):
        cuts += [match.start(), match.end()]
    cuts.append(within.end)
    pieces = (_strip(text, Span(a, b)) for a, b in zip(cuts[::2], cuts[1::2], strict=True))
    return [piece for piece in pieces if piece.start < piece.end]


def _strip(text: str, span: Span) -> Span:
    """The span without white space at its ends."""
    piece = text[span.start : span.end]
    start = span.start + len(piece) - len(piece.lstrip())
    return Span(start, max(start, span.start + len(piece.rstrip())))


def _lines(text: str, block: Span) -> list[Span]:
    """The lines of a paragraph, or the paragraph whole where it is hard-wrapped."""
    if text.find("\n", block.start, block.end) < 0:
        return [block]
    lines = _split_at(text, block, _LINE)
    if len(lines) < 2:
        return lines
    wrapped = sum(
        text[later.start].islower() and not _FINISHED.search(text, line.start, line.end)
        for line, later in pairwise(lines)
    )
    return [block] if 3 * wrapped >= len(lines) - 1 else lines


def _readable(text: str, line: Span) -> list[Span]:
    """The line, in pieces where it holds so many quotation marks and brackets that it would take the splitter too long.

    A piece ends behind a full stop, else at a blank, else anywhere.
    """
    length = line.end - line.start
    if length <= _PIECE_CHARS or length * sum(text.count(c, line.start, line.end) for c in _PAIRED) <= _MOST_STEPS:
        return [line]
    pieces = []
    start = line.start
    while line.end - start > _PIECE_CHARS:
        most = start + _PIECE_CHARS
        ends = (text.rfind(mark, start + 1, most) + len(mark) for mark in (". ", " "))
        end = next((end for end in ends if end > start + 2), most)
        pieces.append(_strip(text, Span(start, end)))
        start = end
    pieces.append(_strip(text, Span(start, line.end)))
    return [piece for piece in pieces if piece.start < piece.end]


def _segment(text: str, line: Span, language: str) -> list[Span]:
    """Sentence spans of one line. The splitter's own offsets are not trusted: each piece is found again in order."""
    piece = text[line.start : line.end]
    spans = []
    at = 0
    for boundary in get_sentence_boundaries(language, piece):
        sentence = boundary["text"].strip()
        start = piece.find(sentence, at)
        if start < 0:  # the splitter changed a character: keep what is left whole rather than misquote
            break
        end = start + len(sentence)
        if at < start and (skipped := piece[at:start].lstrip()):
            start -= len(skipped)
        if start < end:
            spans.append(Span(line.start + start, line.start + end))
        at = end
    rest = _strip(text, Span(line.start + at, line.end))
    return [*spans, rest] if rest.start < rest.end else spans


def _join(text: str, spans: list[Span], language: str) -> list[Span]:
    """Join what the splitter tore apart: ordinals ("3. | März"), and speech followed by its verb (Japanese)."""
    joined: list[Span] = []
    for span in spans:
        if joined and _belongs(text, joined[-1], span, language):
            joined[-1] = Span(joined[-1].start, span.end)
        else:
            joined.append(span)
    return joined


def _belongs(text: str, before: Span, after: Span, language: str) -> bool:
    """Whether the second span goes on with the sentence of the first."""
    # An ordinal has four characters at most: what was joined so far is not searched anew for each piece.
    if language in _ORDINAL_LANGUAGES and _ORDINAL_END.search(text, max(before.start, before.end - 4), before.end):
        return True
    if text[before.end - 1] in _CLOSING:
        return text.startswith(_QUOTATIVE, after.start) or text[after.start].islower()
    return False
