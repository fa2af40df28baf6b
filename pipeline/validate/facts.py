"""The facts of articles that expectations look at: counts and lengths instead of bodies of text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.reasons import TELLING_KINDS

if TYPE_CHECKING:
    import pandas as pd

OPENING_CHARS = 300
# Notices of walls are short; a text above this size is not searched for their phrases.
MOST_WALL_CHARS = 1500

_AS_THEY_ARE = (
    "article_id", "publisher", "url", "canonical_url", "declared_original_url", "title", "published_at",
    "published_at_source", "published_at_precision", "fetched_at", "language", "text_sha256", "word_count",
    "content_kind",
)  # fmt: skip
# U+FFFD stands for bytes that did not decode, private use for icon fonts, C1 controls for a wrongly guessed encoding.
_UNREADABLE = "[\\x{FFFD}\\x{E000}-\\x{F8FF}\\x00-\\x08\\x0B\\x0C\\x0E-\\x1F\\x7F-\\x{9F}]"
_DENSE_LANGUAGES = pa.array(["zh", "ja", "ko", "th", "lo", "km", "my"])
_MICROSECONDS_AN_HOUR = 3_600_000_000


def article_facts(extracted: pa.Table) -> pd.DataFrame:
    """Reduce extracted rows to what the articles suite looks at; pure.

    Returns:
        One row per extracted row, in order, indexed 0, 1, …; the columns named in the suite as they are, and
        text_size: code points of the text, counted twice in Chinese, Japanese, Korean, Thai, Lao, Khmer and Burmese, which
            say as much in half of them.
        unreadable_ratio: share of replacement, private-use and control characters in the text.
        opening: the first 300 characters of a text of at most 1,500; null for longer ones.
        section_chars, keyword_count, keyword_chars (the longest keyword), blank_keywords; blank_signs, of the kind's evidence.
        unexplained_kind: 1 where a kind other than news has no evidence, else 0; is_lineless: 1 where the kind gives no line.
        standfirst_outside: 1 where the standfirst is no paragraph of the text, else 0.
        title_chars, author_count, author_chars (the longest name), blank_authors.
        hours_ahead, modified_hours_ahead: hours by which the date lies after the capture; negative when before.
        published_year; undescribed_dates: 1 where a date lacks source or precision, or these a date, else 0.
    """
    chars = pc.utf8_length(extracted["text"])
    is_dense = pc.fill_null(pc.is_in(extracted["language"], value_set=_DENSE_LANGUAGES), False)
    has_date = pc.is_valid(extracted["published_at"])
    facts = {name: extracted[name] for name in _AS_THEY_ARE} | {
        "text_size": pc.if_else(is_dense, pc.multiply(chars, 2), chars),
        "unreadable_ratio": _ratio(pc.count_substring_regex(extracted["text"], pattern=_UNREADABLE), chars),
        "opening": pc.if_else(
            pc.less_equal(chars, MOST_WALL_CHARS),
            pc.utf8_slice_codeunits(extracted["text"], 0, OPENING_CHARS),
            pa.scalar(None, pa.string()),
        ),
        "title_chars": pc.utf8_length(extracted["title"]),
        "section_chars": pc.utf8_length(extracted["section"]),
        **_list_facts("keyword", extracted["keywords"]),
        "blank_signs": _list_facts("sign", extracted["kind_evidence"])["blank_signs"],
        "is_lineless": _lineless(extracted["content_kind"]),
        "standfirst_outside": _outside(extracted["standfirst"], extracted["text"]),
        "unexplained_kind": pc.cast(
            pc.and_(
                pc.not_equal(extracted["content_kind"], "news"),
                pc.equal(pc.fill_null(pc.list_value_length(extracted["kind_evidence"]), 0), 0),
            ),
            pa.int64(),
        ),
        "hours_ahead": _hours_between(extracted["fetched_at"], extracted["published_at"]),
        "modified_hours_ahead": _hours_between(extracted["fetched_at"], extracted["modified_at"]),
        "published_year": pc.year(extracted["published_at"]),
        "undescribed_dates": pc.cast(
            pc.or_(
                pc.xor(has_date, pc.is_valid(extracted["published_at_source"])),
                pc.xor(has_date, pc.is_valid(extracted["published_at_precision"])),
            ),
            pa.int64(),
        ),
        **_list_facts("author", extracted["authors"]),
    }
    return pa.table(facts).to_pandas()


def _ratio(part: pa.ChunkedArray, whole: pa.ChunkedArray) -> pa.ChunkedArray:
    """part / whole, 0 where the whole is 0."""
    return pc.divide(
        pc.cast(part, pa.float64()), pc.cast(pc.max_element_wise(whole, 1, skip_nulls=False), pa.float64())
    )


def _hours_between(start: pa.ChunkedArray, end: pa.ChunkedArray) -> pa.ChunkedArray:
    """Hours from start to end; null where either is."""
    microseconds = pc.subtract(pc.cast(end, pa.int64()), pc.cast(start, pa.int64()))
    return pc.divide(pc.cast(microseconds, pa.float64()), float(_MICROSECONDS_AN_HOUR))


def _list_facts(name: str, values: pa.ChunkedArray) -> dict[str, pa.Array]:
    """Counts over each row's list of names or words: how many, how long the longest, how many blank; null for a null."""
    lists = values.to_pylist()
    counted = {
        f"{name}_count": [None if words is None else len(words) for words in lists],
        f"{name}_chars": [max((len(word or "") for word in words or ()), default=0) for words in lists],
        f"blank_{name}s": [sum(not (word or "").strip() for word in words or ()) for words in lists],
    }
    return {column: pa.array(numbers, pa.int64()) for column, numbers in counted.items()}


def _lineless(kinds: pa.ChunkedArray) -> pa.Array:
    """1 where a kind gives no line, 0 where it does; null for none."""
    return pa.array(
        [None if kind is None else int(kind not in TELLING_KINDS) for kind in kinds.to_pylist()], pa.int64()
    )


def _outside(parts: pa.ChunkedArray, texts: pa.ChunkedArray) -> pa.Array:
    """1 where a part is no paragraph of its text, 0 where it is one; null without a part."""
    pairs = zip(parts.to_pylist(), texts.to_pylist(), strict=True)
    return pa.array(
        [None if part is None else int(part not in (text or "").split("\n\n")) for part, text in pairs], pa.int64()
    )
