"""How fast a day's lines are chosen: a made day of many stories, and stories that are one story each, longer and longer.

    daybook bench digest_speed [--scale 0.2]

Texts are made: sentences of a story's own names, words and figures, as long as those of newspapers. What is timed is the
whole building of the digest, reading the sentences included; the baseline is that reading alone, in the same run.
"""

from __future__ import annotations

import hashlib
import json
import random
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.digest.build import build_digest
from pipeline.digest.features import read_sentences
from pipeline.digest.inputs import COPIES, EARLIER_CITATIONS, EARLIER_LINES, PLACINGS, STORIES, VERSIONS, DigestInputs
from pipeline.settings import Settings
from pipeline.windows import Window

DAY = date(2026, 3, 4)
ARTICLES = 5_000
STORIES_OF_THE_DAY = 1_000
LONG = (80, 320, 1_280)
# What a digest may cost beside reading its sentences, and an article of the longest story beside one of the shortest.
MOST_OF_READING = 5.0
MOST_OF_SHORTEST = 2.0
_SENTENCES = 20
_SYLLABLES = [c + v for c in "b d f g k l m n p r s t v w z br st tr".split() for v in ("a", "e", "i", "o", "u", "en")]  # noqa: SIM905
_SMALL_WORDS = "the of and to in a that for on was with as at by from after".split()  # noqa: SIM905


class MadeDay:
    """Texts on stories, the same from the same seed: a third of the words of a sentence are its story's own."""

    def __init__(self, seed: int = 27) -> None:
        self._dice = random.Random(seed)
        self._words = [self._word() for _ in range(8_000)]

    def articles(self, story: str, count: int) -> list[dict[str, Any]]:
        """So many articles on one story, each of a publisher of its own."""
        names = [self._word().capitalize() for _ in range(12)]
        own = self._dice.sample(self._words, 40)
        made = []
        for number in range(count):
            text = "\n\n".join(" ".join(self._sentence(names, own) for _ in range(2)) for _ in range(_SENTENCES // 2))
            made.append({
                "article_id": f"{story}-{number}", "story_id": story, "event_id": story, "version": 1, "cause": "new",
                "title": self._sentence(names, own)[:60], "publisher": f"made-{number}.example", "text": text, "language": "en",
                "published_at": datetime(2026, 3, 4, 9, tzinfo=UTC), "content_kind": "news", "day": DAY, "version_day": DAY,
                "text_sha256": hashlib.sha256(text.encode()).hexdigest(),
            })  # fmt: skip
        return made

    def sizes(self, stories: int, articles: int) -> list[int]:
        """How many articles each story has: most of them few, some many, all together so many."""
        weights = [1 / rank for rank in range(1, stories + 1)]
        spare = articles - stories
        drawn = self._dice.choices(range(stories), weights, k=spare)
        counts = Counter(drawn)
        return [1 + counts[n] for n in range(stories)]

    def _word(self) -> str:
        return "".join(self._dice.choices(_SYLLABLES, k=self._dice.choice((2, 2, 3))))

    def _sentence(self, names: list[str], own: list[str]) -> str:
        pick, chance = self._dice.choice, self._dice.random
        words = [pick(names)]
        for _ in range(self._dice.randrange(12, 26)):
            drawn = chance()
            words.append(
                pick(_SMALL_WORDS) if drawn < 0.4 else pick(own) if drawn < 0.6 else pick(names) if drawn < 0.7
                else str(self._dice.randrange(2, 900)) if drawn < 0.73 else pick(self._words)
            )  # fmt: skip
        return " ".join(words) + "."


def run(
    data: Path | None = None, out: Path | None = None, *, scale: float = 1.0, only: Sequence[str] = ()
) -> dict[str, dict[str, Any]]:
    """Time the day, and one story by how many articles it has.

    Args:
        data, only: Not used.
        out: Where the figures go, as JSON.
        scale: What share of the full counts.
    Returns:
        Of the day and of each long story: articles, stories, lines, CPU seconds, articles a CPU second; `of_reading`, its cost
        over that of reading the sentences alone; of long stories `of_shortest`, an article's cost over that of the shortest.
    """
    made = MadeDay()
    stories = max(2, round(STORIES_OF_THE_DAY * scale))
    sizes = made.sizes(stories, max(stories, round(ARTICLES * scale)))
    figures = {"day": _timed([row for n, size in enumerate(sizes) for row in made.articles(f"story-{n}", size)])}
    figures["day"]["is_within"] = figures["day"]["of_reading"] <= MOST_OF_READING
    shortest = None
    for count in (max(2, round(n * scale)) for n in LONG):
        figure = figures[f"one story of {count}"] = _timed(made.articles(f"long-{count}", count))
        each = figure["cpu_seconds"] / count
        shortest = shortest or each
        figure["of_shortest"] = round(each / shortest, 2)
        figure["is_within"] = figure["of_shortest"] <= MOST_OF_SHORTEST
    for name, figure in figures.items():
        print(f"{name}: {figure}")
    if out is not None:
        out.write_text(json.dumps(figures, indent=1), encoding="utf-8")
    return figures


def _timed(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Build the digest of some articles, and read their sentences in other words."""
    stories: dict[str, int] = {}
    for row in rows:
        stories[row["story_id"]] = stories.get(row["story_id"], 0) + 1
    counts = [
        {"story_id": key, "language": "en", "article_count": n, "publisher_count": n, "origin_count": n}
        for key, n in stories.items()
    ]
    inputs = DigestInputs(
        digest_date=DAY,
        status="final",
        stories=pa.Table.from_pylist(counts, schema=STORIES),
        placings=pa.Table.from_pylist(rows, schema=PLACINGS),
        versions=pa.Table.from_pylist(rows, schema=VERSIONS),
        copies=COPIES.empty_table(),
        earlier_lines=EARLIER_LINES.empty_table(),
        earlier_citations=EARLIER_CITATIONS.empty_table(),
        coverage={},
    )
    start = time.process_time()
    draft = build_digest(inputs, Settings(), now=Window.of_day(DAY).end)
    spent = time.process_time() - start
    start = time.process_time()
    for row in rows:
        read_sentences(f"{row['text']} ", "en")
    reading = time.process_time() - start
    return {
        "articles": len(rows),
        "stories": len(stories),
        "lines": draft.developments.num_rows,
        "cpu_seconds": round(spent, 3),
        "articles_per_cpu_second": round(len(rows) / spent, 1),
        "of_reading": round(spent / reading, 2),
    }
