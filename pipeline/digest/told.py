"""What the stories of a day came to before: one whose articles are the same is not told anew, only read back.

A day's digest is built each hour. The lines of a story hang on its articles, its earlier lines and the thresholds alone, so they
are kept by a hash of those. That changes no line: what is not kept, or kept wrongly, is chosen as if there were nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from functools import lru_cache
from typing import Any

from pipeline.digest.evidence import Article, Evidence, Line
from pipeline.digest.features import read_sentence
from pipeline.digest.hashing import hash_values
from pipeline.digest.inputs import DIGEST_VERSION, Thresholds

Kept = dict[str, list[dict[str, Any]]]
# Of the columns of a version those that a line may hang on; its text by its hash.
_COLUMNS = (
    "article_id", "version", "cause", "title", "publisher", "published_at", "published_on", "language", "text_sha256", "content_kind",
    "day", "version_day",
)  # fmt: skip


class ToldStories:
    """Lines of stories by what they were chosen from.

    Attributes:
        used: What was asked for, JSON-ready: what to keep for the next build of the day.
    """

    def __init__(self, known: Kept | None = None) -> None:
        self._known = known or {}
        self.used: Kept = {}

    def lines_of(
        self, key: str, articles: Mapping[tuple[str, int], Callable[[], Article]], choose: Callable[[], list[Line]]
    ) -> list[Line]:
        """The lines of one story: read back where they are known, else chosen.

        Args:
            key: Hash of all that they hang on.
            articles: How each of the story's article versions is read.
            choose: Chooses them.
        """
        kept = self._known.get(key)
        lines = None if kept is None else _restored(kept, articles)
        if lines is None:
            lines = choose()
            kept = [_as_json(line) for line in lines]
        self.used[key] = kept or []
        return lines


def story_key(
    story_id: str,
    day: date,
    fresh: Sequence[tuple[Mapping[str, Any], Sequence[object]]],
    earlier: Sequence[tuple[Mapping[str, Any], Sequence[object]]],
    earlier_lines: Sequence[str],
    max_lines: int,
    thresholds: Thresholds,
) -> str:
    """Hash all that the lines of a story hang on.

    Args:
        fresh, earlier: Version rows of its articles in their order, each with what else is known of it.
    """
    articles = [
        [[str(row[name]) for name in _COLUMNS] + [str(each) for each in more] for row, more in part]
        for part in (fresh, earlier)
    ]
    return hash_values(DIGEST_VERSION, story_id, day, articles, list(earlier_lines), max_lines, _settled(thresholds))


@lru_cache(maxsize=4)
def _settled(thresholds: Thresholds) -> list[tuple[str, Any]]:
    return sorted(asdict(thresholds).items())


def _as_json(line: Line) -> dict[str, Any]:
    return {
        "kind": line.kind,
        "novelty": line.novelty,
        "score": line.score,
        "event_date": line.event_date.isoformat() if line.event_date else None,
        "evidence": [
            [e.article.article_id, e.article.version, e.sentence.start, e.sentence.end, e.sentence.index, e.role]
            for e in line.evidence
        ],
    }


def _restored(
    kept: Sequence[Mapping[str, Any]], articles: Mapping[tuple[str, int], Callable[[], Article]]
) -> list[Line] | None:
    """The lines as they were chosen; None where they speak of other articles than the story's."""
    try:
        return [
            Line(
                kind=each["kind"],
                novelty=each["novelty"],
                score=each["score"],
                event_date=date.fromisoformat(each["event_date"]) if each["event_date"] else None,
                evidence=tuple(
                    _evidence(articles[article_id, version](), *span) for article_id, version, *span in each["evidence"]
                ),
            )
            for each in kept
        ]
    except (KeyError, TypeError, ValueError):
        return None


def _evidence(article: Article, start: int, end: int, index: int, role: str) -> Evidence:
    if not 0 <= start < end <= len(article.text):
        raise ValueError("a span outside its text")
    return Evidence(article=article, sentence=read_sentence(article.text, start, end, index), role=role)
