"""The second level: new events join stories or found them."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from scipy import sparse

from pipeline.stories.agglomerate import Span, decay
from pipeline.stories.events import Event
from pipeline.stories.settings import StorySettings
from pipeline.stories.state import Member, founder_of, mint_id
from pipeline.stories.vectors import near_rows


@dataclass(slots=True)
class Story:
    """A story while its day is worked out: the places of its events in the list of events, and their time."""

    events: list[int]
    span: Span


@dataclass(slots=True)
class Stories:
    """The stories of one language by id, and the story of each event by the event's place."""

    by_id: dict[str, Story] = field(default_factory=dict)
    of_event: dict[int, str] = field(default_factory=dict)

    def add(self, story_id: str, place: int, span: Span) -> None:
        """Put an event into a story, which is made on first use."""
        self.of_event[place] = story_id
        story = self.by_id.setdefault(story_id, Story([], span))
        story.events.append(place)
        story.span = story.span.join(span)

    def scores(self, near: dict[int, float], span: Span, settings: StorySettings) -> Iterator[tuple[float, str]]:
        """How near an event is to each story that may be near enough: time only takes from the mean of what is most like it.

        Args:
            near: Similarity of the event to others, by place.
            span: Time of the event.
        """
        least = settings.story_threshold
        found: dict[str, list[float]] = {
            self.of_event[place]: []
            for place, similarity in near.items()
            if similarity >= least and place in self.of_event
        }
        if not found:  # nearly always
            return
        for place, similarity in near.items():
            if (values := found.get(self.of_event.get(place, ""))) is not None:
                values.append(similarity)
        for story_id, values in found.items():
            story = self.by_id[story_id]
            count = min(settings.nearest_events, len(story.events))
            mean = sum(heapq.nlargest(count, values)) / count
            yield mean * decay(span.gap(story.span), settings.story_sigma_days, settings.story_tail), story_id


def link_events(
    standing: list[Event],
    founded: list[Event],
    centres: sparse.csr_array,
    settings: StorySettings,
    minted: frozenset[str] = frozenset(),
) -> tuple[list[Event], Stories]:
    """Give each founded event a story: the one whose nearest events are near enough on average, or a new one.

    Args:
        standing: Events within the memory, each with its story.
        founded: Events of today, which go in this order.
        centres: Unit rows of all of them, standing first.
        settings: Thresholds and spans.
        minted: Ids that stay with the articles that they were minted from.
    Returns:
        The founded events with their stories, and all stories.
    """
    stories = Stories()
    for place, event in enumerate(standing):
        stories.add(event.story_id or "", place, event.span)
    near = near_rows(centres[len(standing) :], centres, settings.floor)
    linked = []
    for place, (event, (others, values)) in enumerate(zip(founded, near, strict=True), start=len(standing)):
        neighbours = dict(zip(others.tolist(), values.tolist(), strict=True))
        score, story_id = max(stories.scores(neighbours, event.span, settings), default=(0.0, ""))
        if score < settings.story_threshold:
            story_id = mint_id("story", event.members[0].article_id)
        stories.add(story_id, place, event.span)
        linked.append(replace(event, story_id=story_id))
    if minted:
        _keep_ids({event.story_id or "" for event in standing}, linked, stories, minted)
    return linked, stories


def _keep_ids(standing: set[str], linked: list[Event], stories: Stories, minted: frozenset[str]) -> None:
    """Give each story that is founded today the id that one of its articles minted before, where one did."""
    members: dict[str, list[Member]] = {}
    for event in linked:
        members.setdefault(event.story_id or "", []).extend(event.members)
    kept = {
        story_id: mint_id("story", founder_of("story", of_story, minted).article_id)
        for story_id, of_story in members.items()
        if story_id not in standing
    }
    kept = {story_id: before for story_id, before in kept.items() if before in minted and before not in standing}
    linked[:] = [replace(event, story_id=kept.get(event.story_id or "", event.story_id)) for event in linked]
    stories.by_id = {kept.get(story_id, story_id): story for story_id, story in stories.by_id.items()}
    stories.of_event = {place: kept.get(story_id, story_id) for place, story_id in stories.of_event.items()}
