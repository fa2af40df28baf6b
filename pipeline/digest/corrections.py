"""Lines of earlier digests whose source has since been edited, and what the source says now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.digest.event_dates import find_event_date
from pipeline.digest.evidence import Article, Evidence, Line, happened_on
from pipeline.digest.features import Sentence, read_line
from pipeline.digest.openings import trim_opening
from pipeline.digest.silence import STALE

# Below this, the nearest sentence of the new version is another sentence: the old one was taken out.
_NEAREST = 0.5
# Above this, with the same names and numbers, an edit is a matter of spelling: recorded, but no news.
_SAME_WORDS = 0.85


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """One earlier citation that no longer stands; `line` tells it, where there is something to tell."""

    citation: Mapping[str, Any]
    article: Article
    new_text: str | None
    line: Line | None


def find_corrections(
    citations: Sequence[Mapping[str, Any]], latest: Mapping[str, Article], last_edits: Mapping[str, int]
) -> list[Correction]:
    """Find which earlier citations the edited articles no longer bear out.

    A quote that the new version holds anywhere, white space aside, still stands. What is found long after its article's own day
    is noted and gives no line: nobody knows when it was changed.

    Args:
        citations: Rows of `EARLIER_CITATIONS`.
        latest: Each cited article as its last edit left it; where one is missing, nothing is said about it.
        last_edits: Number of the last version that was an edit of the publisher's, by article.
    Returns:
        One correction for each such citation, sorted by build, line and n.
    """
    found = []
    for citation in sorted(citations, key=lambda c: (c["build_id"], c["development_id"], c["n"])):
        article = latest.get(citation["article_id"])
        if article is None or last_edits.get(article.article_id, 0) <= citation["version"]:
            continue
        if collapse(citation["quote"]) in collapse(article.text):
            continue
        old = read_line(citation["quote"])
        near = _nearest(old, article)
        is_told = near is not None and article.silence != STALE and _is_factual(old, near)
        line = _line(old, near, article) if is_told and near is not None else None
        found.append(Correction(citation=citation, article=article, new_text=near.text if near else None, line=line))
    return found


def collapse(text: str) -> str:
    """A text with every run of white space as one space."""
    return " ".join(text.split())


def _nearest(old: Sentence, article: Article) -> Sentence | None:
    """The sentence of the new version that is likest to the old one."""
    best = max(article.sentences, key=lambda s: (_likeness(old, s), -s.start), default=None)
    if best is None or _likeness(old, best) < _NEAREST:
        return None
    return trim_opening(article.text, best)


def _likeness(one: Sentence, other: Sentence) -> float:
    """Shared terms, numbers included, over the geometric mean of their counts."""
    shared = len(set(one.terms) & set(other.terms))
    return round(shared / (len(one.terms) * len(other.terms)) ** 0.5, 9) if shared else 0.0


def _is_factual(old: Sentence, new: Sentence) -> bool:
    """Whether an edit changed what is said, and not only how it is spelt."""
    return old.numbers != new.numbers or old.names != new.names or _likeness(old, new) < _SAME_WORDS


def _line(old: Sentence, new: Sentence, article: Article) -> Line:
    """The line that tells what an edit changed: an update where the new words speak of a later time, else a correction."""
    happened = happened_on(article, new.text)
    before = find_event_date(old.text, article.published_date) or article.published_date
    is_later = happened is not None and before is not None and happened > before
    return Line(
        kind="updated" if is_later else "corrected",
        novelty=round(1 - _likeness(old, new), 4),
        score=0.0,
        event_date=happened,
        evidence=(Evidence(article=article, sentence=new, role="primary"),),
    )
