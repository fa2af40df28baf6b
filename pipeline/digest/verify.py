"""Prove that every line of a digest is, letter for letter, what the cited article version says."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from pipeline.text.normalize import cut_text

_SHOWN_CHARS = 60


def verify_citations(developments: pa.Table, citations: pa.Table, versions: Mapping[tuple[str, int], str]) -> list[str]:
    """Read every cited span again and compare it with the line.

    Args:
        developments: Lines, rows of the developments table.
        citations: Their citations, rows of the citations table.
        versions: Text of every cited article version, by (article_id, version), as the warehouse holds it.
    Returns:
        One sentence a problem, each naming story, rank and quote; empty when every line is proven.
    """
    lines = {(d["build_id"], d["development_id"]): d for d in developments.to_pylist()}
    problems = []
    primaries: dict[tuple[str, str], int] = dict.fromkeys(lines, 0)
    for cited in citations.to_pylist():
        key = (cited["build_id"], cited["development_id"])
        line = lines.get(key)
        if line is None:
            problems.append(f"a citation stands for line {key[1]} of build {key[0]}, which does not exist")
            continue
        name = name_line(line["story_id"], line["rank"], line["text"])
        if cited["role"] == "primary":
            primaries[key] += 1
            if line["text"] != cited["quote"]:
                problems.append(
                    f"{name} differs from the quote of its primary citation, {quote_briefly(cited['quote'])}"
                )
        if problem := _check_span(cited, versions.get((cited["article_id"], cited["version"]))):
            problems.append(f"{name} {problem}")
    for key, count in primaries.items():
        if count != 1:
            line = lines[key]
            name = name_line(line["story_id"], line["rank"], line["text"])
            problems.append(f"{name} has {count} primary citations where it needs exactly one")
    return sorted(problems)


def name_line(story_id: str, rank: int, text: str) -> str:
    """Name a line in a message."""
    return f"line {rank} of story {story_id}, {quote_briefly(text)},"


def _check_span(cited: Mapping[str, object], text: str | None) -> str:
    """What is wrong with one citation, "" for nothing."""
    where = f"article {cited['article_id']} version {cited['version']}"
    if text is None:
        return f"cites {where}, which the warehouse does not hold"
    start, end = cited["char_start"], cited["char_end"]
    if not text and not cited["quote"]:
        return ""  # withdrawn: nothing is quoted of it
    if not (isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= len(text)):
        return f"cites code points {start} to {end} of {where}, which has {len(text)}"
    found = text[start:end]
    if found != cited["quote"]:
        return f"quotes {quote_briefly(str(cited['quote']))}, but code points {start} to {end} of {where} say {quote_briefly(found)}"
    return ""


def quote_briefly(text: str) -> str:
    """A quote, shortened for a message."""
    return repr(cut_text(text, _SHOWN_CHARS))
