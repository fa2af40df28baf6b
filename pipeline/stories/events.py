"""The first level: a day's articles of one language join events that stand, or found new ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from scipy import sparse

from pipeline.stories.agglomerate import Span, agglomerate
from pipeline.stories.settings import StorySettings
from pipeline.stories.state import Member, founder_of, mint_id
from pipeline.stories.vectors import mean_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An event with the articles known of it, earliest first; `story_id` is None until it is linked.

    `rows` are the articles' rows in the vectors, in step with `members`.
    """

    event_id: str
    story_id: str | None
    members: tuple[Member, ...]
    rows: tuple[int, ...]

    @property
    def span(self) -> Span:
        """From its first to its last article."""
        return Span(self.members[0].time, self.members[-1].time)

    @classmethod
    def of(cls, event_id: str, story_id: str | None, members: Iterable[Member], rows: Mapping[str, int]) -> Event:
        """An event of articles in any order; `rows` holds the row of each article."""
        ordered = tuple(sorted(members, key=lambda member: (member.time, member.article_id)))
        places = tuple(rows[member.article_id] for member in ordered)
        return cls(event_id=event_id, story_id=story_id, members=ordered, rows=places)


def place_in_events(
    standing: list[Event],
    new: list[Member],
    vectors: sparse.csr_array,
    rows: Mapping[str, int],
    settings: StorySettings,
    minted: frozenset[str] = frozenset(),
) -> tuple[dict[str, list[Member]], list[Event]]:
    """Let the day's articles join standing events or found new ones.

    Args:
        standing: Events that may take articles, each with its articles within the window.
        new: The day's articles.
        vectors: Holds a row for each article of both.
        rows: The row of each article.
        settings: Thresholds and spans.
        minted: Ids that stay with the articles that they were minted from.
    Returns:
        What each standing event took, by event id, and the events founded, earliest first, their ids minted from their
        earliest article.
    """
    new = sorted(new, key=lambda member: member.article_id)
    standing = sorted(standing, key=lambda event: event.event_id)
    groups = [event.rows for event in standing] + [(rows[member.article_id],) for member in new]
    labels = agglomerate(
        mean_rows(vectors, groups),
        [len(group) for group in groups],
        [event.span for event in standing] + [Span(member.time, member.time) for member in new],
        len(standing),
        settings.event_threshold,
        settings.event_sigma_days,
        settings.candidates,
    )
    taken: dict[int, list[Member]] = {}
    for member, label in zip(new, labels[len(standing) :], strict=True):
        taken.setdefault(label, []).append(member)
    grown = {event.event_id: taken.pop(label) for event, label in zip(standing, labels, strict=False) if label in taken}
    founded = []
    for members in taken.values():
        first = founder_of("event", members, minted)
        founded.append(Event.of(mint_id("event", first.article_id), None, members, rows))
    return grown, sorted(founded, key=lambda event: (event.span.first, event.event_id))
