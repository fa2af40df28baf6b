"""One day of one language: stories never cross languages, so each is worked out by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
from scipy import sparse

from pipeline.stories.events import Event, place_in_events
from pipeline.stories.linking import link_events
from pipeline.stories.merging import Age, find_like_stories, merge_stories
from pipeline.stories.settings import StorySettings
from pipeline.stories.state import Member, Merge, Placement, mint_id
from pipeline.stories.vectors import dots, mean_rows, near_rows, unit_rows, weigh_terms

_DIGITS = 6  # of stored similarities: beyond what another build of the arithmetic could change
_CLOSE = 2 * 10**-_DIGITS


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageDay:
    """What a day brought in one language.

    Attributes:
        placings: One for each article to place.
        merges: Stories of earlier days that became part of older ones.
        centrality: How near each article within the memory is to the centre of its story as it now stands, of stories
            that are listed on this day.
    """

    placements: list[Placement]
    merges: list[Merge]
    centrality: dict[str, float]


def cluster_language(
    day: date,
    terms: pa.Table,
    members: Mapping[str, Member],
    settings: StorySettings,
    minted: frozenset[str] = frozenset(),
) -> LanguageDay:
    """Place the new articles of one language.

    Args:
        day: The day.
        terms: ARTICLE_TERMS rows of the language within the memory and of the day, in order of article_id.
        members: Every article of `terms`; those to place have no event yet.
        settings: Thresholds and spans.
        minted: Ids that stay with the articles that they were minted from.
    """
    rows = {article_id: row for row, article_id in enumerate(terms["article_id"].to_pylist())}
    is_known = [members[article_id].event_id is not None for article_id in rows]
    vectors = weigh_terms(terms, is_known, settings.prior_documents)
    new = [members[article_id] for article_id in rows if members[article_id].event_id is None]
    known = [members[article_id] for article_id in rows if members[article_id].event_id is not None]
    opening = day - timedelta(days=settings.event_window_days)
    recent = _events([member for member in known if member.day >= opening], rows)
    grown, founded = place_in_events(recent, new, vectors, rows, settings, minted)
    standing = [_with(event, grown.get(event.event_id, []), rows) for event in _events(known, rows)]
    events, merges = _link(day, standing, founded, set(grown), vectors, settings, minted)
    recent_ids = {event.event_id for event in [*recent, *founded]}
    return LanguageDay(
        placements=_placings(new, [event for event in events if event.event_id in recent_ids], vectors, rows, settings),
        merges=merges,
        centrality=_centrality(_listed(events, day, settings), vectors, rows),
    )


def _events(members: list[Member], rows: Mapping[str, int]) -> list[Event]:
    """The events that these articles make up, in order of id."""
    groups: dict[tuple[str, str], list[Member]] = {}
    for member in members:
        groups.setdefault((member.event_id or "", member.story_id or ""), []).append(member)
    return [Event.of(event_id, story_id, group, rows) for (event_id, story_id), group in sorted(groups.items())]


def _with(event: Event, more: list[Member], rows: Mapping[str, int]) -> Event:
    """The event with the articles it took."""
    return Event.of(event.event_id, event.story_id, [*event.members, *more], rows) if more else event


def _link(
    day: date,
    standing: list[Event],
    founded: list[Event],
    grown: set[str],
    vectors: sparse.csr_array,
    settings: StorySettings,
    minted: frozenset[str],
) -> tuple[list[Event], list[Merge]]:
    """All events with their stories at the day's end, and the merges."""
    centres = unit_rows(mean_rows(vectors, [event.rows for event in [*standing, *founded]]))
    linked, stories = link_events(standing, founded, centres, settings, minted)
    touched = {event.story_id or "" for event in linked} | {
        event.story_id or "" for event in standing if event.event_id in grown
    }
    alike = find_like_stories(stories, touched, centres, settings)
    ages: dict[str, Age] = {}
    for event in [*standing, *linked]:
        story_id = event.story_id or ""
        begun = min(member.day if member.event_id else day for member in event.members).toordinal()
        age = (begun, event.span.first, story_id)
        ages[story_id] = min(ages.get(story_id, age), age)
    moved, merges = merge_stories(alike, ages, {event.story_id or "" for event in standing})
    events = [
        replace(event, story_id=moved.get(event.story_id or "", event.story_id)) for event in [*standing, *linked]
    ]
    return events, merges


def _placings(
    new: list[Member], events: list[Event], vectors: sparse.csr_array, rows: Mapping[str, int], settings: StorySettings
) -> list[Placement]:
    """Say where each new article stands, how near it is to the others there, and which story came next."""
    event_of = {member.article_id: event for event in events for member in event.members}
    means = mean_rows(vectors, [event.rows for event in events])
    own_rows = np.array([rows[member.article_id] for member in new], dtype=np.int64)
    near = near_rows(sparse.csr_array(vectors[own_rows]), means, settings.floor)
    to_others = _similarities_to_others(new, event_of, vectors, own_rows)
    placements = []
    stories = {event.story_id or "": place for place, event in enumerate(events)}
    story_of = np.array([stories[event.story_id or ""] for event in events], dtype=np.int64)
    for number, (member, (others, values)) in enumerate(zip(new, near, strict=True)):
        event = event_of[member.article_id]
        is_other = story_of[others] != stories[event.story_id or ""]
        others, values = others[is_other], values[is_other]
        is_best = values >= values.max(initial=0.0) - _CLOSE  # what may be the highest once it is rounded
        best, best_id = max(
            (
                (round(value, _DIGITS), events[other].story_id or "")
                for other, value in zip(others[is_best].tolist(), values[is_best].tolist(), strict=True)
            ),
            default=(None, None),
        )
        placements.append(
            Placement(
                article_id=member.article_id,
                event_id=event.event_id,
                story_id=event.story_id or "",
                similarity=to_others[number],
                runner_up_story_id=best_id,
                runner_up_similarity=best,
            )
        )
    return placements


def _similarities_to_others(
    new: list[Member], event_of: Mapping[str, Event], vectors: sparse.csr_array, own_rows: np.ndarray[Any, Any]
) -> list[float]:
    """Mean cosine of each new article with the others of its event; 1 for the one that the event was founded by."""
    own = sparse.csr_array(vectors[own_rows])
    events = [event_of[member.article_id] for member in new]
    places = {event.event_id: place for place, event in enumerate(events)}  # of one article of each event
    means = mean_rows(vectors, [events[place].rows for place in places.values()])
    numbers = {event_id: number for number, event_id in enumerate(places)}
    with_all = dots(own, means, np.array([numbers[event.event_id] for event in events], dtype=np.int64))
    with_itself = np.asarray(own.multiply(own).sum(axis=1)).ravel()
    return [
        1.0
        if event.event_id == mint_id("event", member.article_id)
        else round(float((size * mean - itself) / (size - 1)), _DIGITS)
        for member, event, size, mean, itself in zip(
            new, events, (len(event.rows) for event in events), with_all, with_itself.tolist(), strict=True
        )
    ]


def _listed(events: list[Event], day: date, settings: StorySettings) -> list[Event]:
    """The events of stories with articles on this day, or a short while ago."""
    since = day - timedelta(days=settings.quiet_days)
    listed = {
        event.story_id
        for event in events
        if any(not member.event_id or member.day >= since for member in event.members)
    }
    return [event for event in events if event.story_id in listed]


def _centrality(events: list[Event], vectors: sparse.csr_array, rows: Mapping[str, int]) -> dict[str, float]:
    """How near each article of some whole stories is to the mean of its story: all the way if it is alone in it."""
    stories: dict[str, list[int]] = {}
    for event in events:
        stories.setdefault(event.story_id or "", []).extend(event.rows)
    groups = [sorted(group) for group in stories.values() if len(group) > 1]
    own_rows = np.array([row for group in groups for row in group], dtype=np.int64)
    middle_of = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
    near = {row: 1.0 for group in stories.values() for row in group if len(group) == 1}
    near |= zip(own_rows.tolist(), dots(vectors[own_rows], mean_rows(vectors, groups), middle_of), strict=True)
    return {article_id: round(near[row], _DIGITS) for article_id, row in rows.items() if row in near}
