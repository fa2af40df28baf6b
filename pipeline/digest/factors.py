"""What a candidate weighs before the others are looked at: how central, how high up, how new, how well it stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from pipeline.digest.evidence import Article, Candidate, StoryDay
from pipeline.digest.features import article_anchors, read_sentences
from pipeline.digest.leads import find_lead
from pipeline.digest.names import GENERIC_NAMES
from pipeline.digest.reading import tell_sentences
from pipeline.digest.speech import find_somebody
from pipeline.digest.standing import LEANING, NAMES_NOBODY, weigh_standing
from pipeline.digest.vectors import Floats

# A sentence with a single one of the story's core names is as often beside the point.
_ONE_CORE_NAME = 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class Factors:
    """What candidates weigh, factor by factor, one number a candidate. `product` is their weight in a line's choice."""

    salience: Floats
    place: Floats
    novelty: Floats
    standing_alone: Floats
    on_topic: Floats

    @property
    def product(self) -> Floats:
        """All of them multiplied."""
        weights: Floats = self.salience * self.place * self.novelty * self.standing_alone
        return weights * self.on_topic


def find_places(candidates: Sequence[Candidate]) -> Floats:
    """What a sentence's place is worth: 1 for the lead, a half for the fifth after it, never below a quarter."""
    leads: dict[str, int] = {}
    for c in candidates:
        if c.article.article_id not in leads:
            leads[c.article.article_id] = find_lead(c.article)
    behind = (abs(c.sentence.index - leads[c.article.article_id]) for c in candidates)
    return np.array([max(0.25, 1 / (1 + 0.2 * n)) for n in behind])


def weigh(
    story: StoryDay, candidates: Sequence[Candidate], places: Floats, salience: Floats, nearest: Floats, core_size: int
) -> Factors:
    """Weigh candidates by themselves.

    Novelty also counts the names and numbers that the story never held.

    Args:
        places: What their places are worth.
        salience: How near each is to the middle of the day's.
        nearest: Highest likeness of each to what was said before.
        core_size: How many names stand for a story.
    """
    seen: set[str] = set()
    for article in story.earlier:
        seen |= article_anchors(article.text, article.language)[1]
    for text in story.earlier_lines:
        seen |= article_anchors(text, None)[1]
    unseen = np.array([_unseen_share(c.sentence.anchors, seen) for c in candidates])
    return Factors(
        salience=salience,
        place=places,
        novelty=(1 - nearest) * (0.5 + 0.5 * unseen),
        standing_alone=np.array([_standing(c.article)[c.sentence.index] for c in candidates]),
        on_topic=_on_topic(story, candidates, core_size),
    )


def _standing(article: Article) -> tuple[float, ...]:
    """What each of an article's told sentences is worth for how it stands by itself and in its article."""
    return _standing_in(article.text, article.language)


@lru_cache(maxsize=4_000)
def _standing_in(text: str, language: str | None) -> tuple[float, ...]:
    told = zip(tell_sentences(text, language), read_sentences(text, language), strict=True)
    return tuple(
        weigh_standing(sentence)
        * (LEANING if sentence.start < alone.start else 1.0)
        * (NAMES_NOBODY if find_somebody(sentence.text, text) else 1.0)
        for sentence, alone in told
    )


def _unseen_share(anchors: frozenset[str], seen: set[str]) -> float:
    """Share of a sentence's names and numbers that the story never held; 0 where it has none."""
    return len(anchors - seen) / len(anchors) if anchors else 0.0


def _on_topic(story: StoryDay, candidates: Sequence[Candidate], core_size: int) -> Floats:
    """What a sentence's hold on the story's core names is worth: nothing without any (furniture about other stories).

    The core are the names that most of the story's articles hold; a text without capitals has none, and is let pass.
    """
    holding: Counter[str] = Counter()
    articles = [*story.earlier, *(a for a in story.fresh if a.gives_lines)]
    for article in articles:
        holding.update(article_anchors(article.text, article.language)[0])
    shared = min(2, (len(articles) + 1) // 2)
    ranked = sorted(
        (name for name, count in holding.items() if count >= shared and name not in GENERIC_NAMES),
        key=lambda n: (-holding[n], n),
    )
    core = frozenset(ranked[:core_size] if len(articles) > 2 else ranked)
    if not core:
        return np.ones(len(candidates))
    held = (len((c.sentence.names | {c.sentence.opening}) & core) for c in candidates)
    return np.array([(0.0, _ONE_CORE_NAME, 1.0)[min(2, n)] for n in held])
