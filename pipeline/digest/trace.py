"""Why each sentence of a story's day is a line of the digest, or is none: worked out afterwards, on request only.

Nothing here takes part in choosing: it reads what the choice left behind.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse

from pipeline.digest.candidates import is_furniture, why_no_line
from pipeline.digest.evidence import Article, Candidate, StoryDay
from pipeline.digest.features import Sentence
from pipeline.digest.inputs import Thresholds
from pipeline.digest.leads import find_lead
from pipeline.digest.vectors import Floats

# What may become of a sentence, in words.
OUTCOMES = {
    "line": "it is a line",
    "silent-article": "its article gives no lines",
    "no-statement": "it cannot stand alone",
    "said-before": "the story said it before",
    "off-topic": "it holds none of the story's core names",
    "too-like": "another line says as much",
    "same-speaker": "another line lets the same speaker say as much",
    "untold": "its subject is told nowhere above it",
    "below-share": "its score is too small beside the story's best",
    "line-cap": "the story has its most lines",
    "furniture": "it speaks of the page, not of the world",
    "like-correction": "a corrected line says as much",
    "told-elsewhere": "a story further up has the same line",
    "unread": "its story is too large to be weighed whole",
    "story-cap": "the digest has its most stories",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """Another sentence, and how near it is (cosine). `article_id` is None for a line of an earlier digest."""

    text: str
    similarity: float
    article_id: str | None = None
    version: int | None = None
    start: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SentenceOutcome:
    """What became of one sentence.

    Attributes:
        start, end: Span in the version's text, labels and datelines taken off.
        outcome: One of `OUTCOMES`.
        detail: What exactly, in words.
        score, best_score, bound: Its score, the story's best, and what it had to reach; None where it had no score.
        factors: What was multiplied, by name.
        earlier: The nearest sentence that the story said before.
        rival: The line that says as much.
    """

    story_id: str
    article_id: str
    version: int
    start: int
    end: int
    text: str
    outcome: str
    detail: str | None = None
    score: float | None = None
    best_score: float | None = None
    bound: float | None = None
    factors: Mapping[str, float] | None = None
    earlier: Neighbour | None = None
    rival: Neighbour | None = None

    @property
    def span(self) -> tuple[str, int, int]:
        """What tells it from all others of its story."""
        return (self.article_id, self.version, self.start)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What choosing left behind: candidates by their places, and what they were held against.

    Attributes:
        picked: Places of the chosen, best first.
        scores: Score of each candidate; 0 where it was out of the race.
        factors: What the scores are made of, by name.
        too_like: For each candidate that a chosen one made needless that one's place, and the similarity.
        same_speaker: Which candidates let somebody say again what a chosen one lets him say.
        untold: Which candidates begin with what no line above them tells ("the trial").
        before: Similarity of each candidate to earlier digests' lines, then to the sentences of earlier articles.
        said_before: Which candidates say nothing new.
        most: Most lines of the story.
        read: How many sentences of each article were weighed; None for all.
    """

    picked: Sequence[int]
    scores: Floats
    factors: Mapping[str, Floats]
    too_like: Mapping[int, tuple[int, float]]
    same_speaker: Collection[int]
    untold: Collection[int]
    before: sparse.csr_array
    said_before: npt.NDArray[np.bool_]
    most: int
    read: int | None
    thresholds: Thresholds


class _Verdict(NamedTuple):
    outcome: str
    detail: str | None = None
    rival: Neighbour | None = None


def trace_choice(
    story: StoryDay,
    said: Sequence[tuple[Article, Sentence]],
    candidates: Sequence[Candidate],
    choice: Choice | None,
) -> list[SentenceOutcome]:
    """Tell what became of every fresh sentence of a story.

    Args:
        story: The story.
        said: All sentences of the articles that give lines.
        candidates: Those of them that could stand alone.
        choice: How it went; None where there was nothing to choose from, or no line to give.
    """
    decisions = [
        _decide(story, article, sentence, "silent-article", article.silence)
        for article in story.fresh
        if not article.gives_lines
        for sentence in article.sentences
    ]
    unfit = (
        (article, sentence, why_no_line(article.text, sentence, article.language, find_lead(article)))
        for article, sentence in said
    )
    decisions += [_decide(story, a, s, "no-statement", why) for a, s, why in unfit if why]
    if choice is None:
        return decisions + [_decide(story, c.article, c.sentence, "line-cap", "no line is left") for c in candidates]
    earlier = _earlier_sentences(story, choice.read)
    rivals = choice.too_like
    best = max(float(choice.scores[choice.picked[0]]), 0.0) if choice.picked else 0.0
    for i, candidate in enumerate(candidates):
        nearest = _nearest(choice.before, i, earlier)
        verdict = _verdict(i, candidates, choice, nearest, rivals, best)
        factors = {name: round(float(values[i]), 4) for name, values in choice.factors.items()}
        decisions.append(
            replace(
                _decide(story, candidate.article, candidate.sentence, verdict.outcome, verdict.detail),
                score=round(float(choice.scores[i]), 4),
                best_score=round(best, 4),
                bound=round(choice.thresholds.min_score_share * best, 4),
                factors=factors,
                earlier=nearest,
                rival=verdict.rival,
            )
        )
    return decisions


def trace_unread(story: StoryDay, said: Sequence[tuple[Article, Sentence]], most: int) -> list[SentenceOutcome]:
    """Tell of the sentences of a large story that were not weighed."""
    detail = f"the first {most} sentences of each article are weighed"
    return [_decide(story, article, sentence, "unread", detail) for article, sentence in said]


def settle_trace(
    decisions: Sequence[SentenceOutcome], *, told: Mapping[str, Collection[tuple[str, int, int]]], max_stories: int
) -> list[SentenceOutcome]:
    """Correct the outcome of chosen sentences that the digest as a whole left out.

    Args:
        decisions: Those of all stories.
        told: The spans of the lines of each story that has a place in the digest.
        max_stories: Most stories with lines.
    """
    settled = []
    for one in decisions:
        if one.outcome == "line" and one.story_id not in told:
            one = replace(one, outcome="story-cap", detail=f"{max_stories} stories stand before its own")
        elif one.outcome == "line" and one.span not in told[one.story_id]:
            one = replace(one, outcome="told-elsewhere")
        settled.append(one)
    return settled


def _decide(story: StoryDay, article: Article, sentence: Sentence, outcome: str, detail: str | None) -> SentenceOutcome:
    return SentenceOutcome(
        story_id=story.story_id,
        article_id=article.article_id,
        version=article.version,
        start=sentence.start,
        end=sentence.end,
        text=sentence.text,
        outcome=outcome,
        detail=detail,
    )


def _verdict(
    i: int,
    candidates: Sequence[Candidate],
    choice: Choice,
    nearest: Neighbour | None,
    rivals: Mapping[int, tuple[int, float]],
    best: float,
) -> _Verdict:
    """The first thing that kept a candidate out, in the order in which the choice asks."""
    seen = choice.thresholds.seen_similarity
    if i in choice.picked:
        return _Verdict("line")
    if choice.said_before[i] and nearest:
        return _Verdict("said-before", f"similarity {nearest.similarity:.2f}, and {seen:.2f} is enough")
    if choice.factors["on_topic"][i] == 0:
        return _Verdict("off-topic")
    if i in rivals:
        winner, similarity = rivals[i]
        rival = near_of(candidates[winner].article, candidates[winner].sentence, similarity)
        least = choice.thresholds.redundancy
        return _Verdict("too-like", f"similarity {similarity:.2f}, and {least:.2f} is enough", rival)
    if i in choice.same_speaker:
        return _Verdict("same-speaker")
    if i in choice.untold:
        return _Verdict("untold")
    if is_furniture(candidates[i].sentence.text):
        return _Verdict("furniture")
    share = choice.thresholds.min_score_share
    if choice.scores[i] < share * best:
        return _Verdict("below-share", f"score {choice.scores[i]:.3f}, less than {share:g} of {best:.3f}")
    if len(choice.picked) >= choice.most:
        return _Verdict("line-cap", f"{choice.most} lines, all of them weightier")
    lines = Counter(candidates[j].article.article_id for j in choice.picked)[candidates[i].article.article_id]
    return _Verdict("below-share", f"weighed down by the {lines} lines of its article, it fell behind the last one")


def near_of(article: Article, sentence: Sentence, similarity: float) -> Neighbour:
    """A sentence of an article as one that is near another."""
    return Neighbour(
        text=sentence.text,
        similarity=round(similarity, 4),
        article_id=article.article_id,
        version=article.version,
        start=sentence.start,
    )


def _earlier_sentences(story: StoryDay, read: int | None) -> list[Neighbour]:
    """What the story said before, in the order of the columns of `before`."""
    lines = [Neighbour(text=text, similarity=0.0) for text in story.earlier_lines]
    return lines + [near_of(article, s, 0.0) for article in story.earlier for s in article.sentences[:read]]


def _nearest(before: sparse.csr_array, i: int, earlier: Sequence[Neighbour]) -> Neighbour | None:
    """The likest earlier sentence of a candidate; None where none shares a word with it."""
    of_row = slice(before.indptr[i], before.indptr[i + 1])
    values, columns = before.data[of_row], before.indices[of_row]
    if not len(values):
        return None
    place = min(range(len(values)), key=lambda at: (-values[at], columns[at]))
    near: Neighbour = earlier[int(columns[place])]
    return replace(near, similarity=round(min(float(values[place]), 1.0), 4))
