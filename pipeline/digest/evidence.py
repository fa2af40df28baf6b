"""What lines are made of: a story's articles on a day, the sentences that speak for a line, and the line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from pipeline.digest.event_dates import find_event_date
from pipeline.digest.features import Sentence, read_sentences

# Hours of UTC in which California, Europe and Japan have the same day; midnight alone is a day without a time.
_ONE_DAY = (8, 15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One article version as the story sees it. `publisher` is itself where that is unknown; `origin` is the agency that it
    names as its source, else the publisher.

    `silence` says why it founds and confirms no line: a kind other than news and live, or a stale article; None where
    it may. `edited_date` is the day of the edit that gave the version its words, None for the first one.
    """

    article_id: str
    version: int
    event_id: str
    origin: str
    publisher: str
    language: str | None
    title: str | None
    text: str
    published_at: datetime | None
    published_on: date | None = None
    edited_date: date | None = None
    silence: str | None = None

    @property
    def gives_lines(self) -> bool:
        """Whether its sentences may found and confirm lines."""
        return self.silence is None

    @property
    def published_date(self) -> date | None:
        """The publisher's own day of publication, else the day in UTC; None where unknown."""
        return self.published_on or self.published_at.date() if self.published_at else None

    @property
    def surely_published_on(self) -> date | None:
        """The same where it is certain: without the publisher's own day, a time at which it is one day nearly everywhere."""
        if self.published_on is None and self.published_at is not None:
            is_one_day = _ONE_DAY[0] <= self.published_at.hour < _ONE_DAY[1] or self.published_at.time() == time.min
            return self.published_date if is_one_day else None
        return self.published_date

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """All its sentences, in order."""
        return read_sentences(self.text, self.language)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A sentence of an article, and what it does for a line: primary, corroborates or differs."""

    article: Article
    sentence: Sentence
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A chosen line: its text is that of its first evidence."""

    kind: str
    novelty: float
    score: float
    event_date: date | None
    evidence: tuple[Evidence, ...]

    @property
    def primary(self) -> Evidence:
        """The evidence whose words the line has."""
        return self.evidence[0]

    @property
    def span(self) -> tuple[str, int, int]:
        """Where its words stand: article, version, start."""
        return (self.primary.article.article_id, self.primary.article.version, self.primary.sentence.start)

    @property
    def text(self) -> str:
        """The line."""
        return self.primary.sentence.text


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryDay:
    """A story as the day finds it.

    Attributes:
        fresh: Articles and changed articles of the day, in a fixed order.
        earlier: What the story said before: earlier articles, and earlier versions of changed ones.
        earlier_lines: Lines of earlier digests.
    """

    story_id: str
    fresh: Sequence[Article]
    earlier: Sequence[Article]
    earlier_lines: Sequence[str]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence that could be a line, and where its row is among all the day's sentences."""

    article: Article
    sentence: Sentence
    row: int

    @property
    def is_joined(self) -> bool:
        """Whether it is a sentence together with the one before."""
        return self.sentence.start < self.article.sentences[self.sentence.index].start


def happened_on(article: Article, sentence: str) -> date | None:
    """The day that a sentence of an article says something happened on; None where none is said for certain."""
    is_certain = article.surely_published_on is not None
    return find_event_date(sentence, article.published_date, edited=article.edited_date, is_certain=is_certain)
