"""What decides how close is close enough, with the measurement beside each number.

Measured on 1,859 labelled articles of 465 events in stream order, settings chosen on one half of the events
(by hash) and reported on the other, and on 1,241 articles of five long stories of 2005-2012 (`daybook bench stories`).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class StorySettings:
    """Thresholds are cosines in [0, 1]; spans are days.

    Attributes:
        event_threshold: Mean similarity at which an article joins an event. B-cubed F1 on the first half: .950 at .10,
            .952 at .12, .949 at .14; with ten times as many articles a day .881, .909, .915: between the two.
        event_sigma_days: Width of the bell over the time between an article and an event; 2 to 4 are alike (±.003).
        event_window_days: Days after which an event without articles takes no more.
        memory_days: How far back articles are known: for the rarity of terms, and for stories that take new events.
            15 to 60 days of term counts are alike (±.002).
        prior_documents: Documents without any of the day's terms that are thought to be known besides the real ones.
            They keep rarity sane while a language has few articles: in a warehouse of two, 93 % of the pairs on one
            event and 0.5 % of the others are above the threshold; in a full one 20 to 1000 are alike (±.002).
        name_weight: Share of the names in the similarity of two events; the rest is all words.
        nearest_events: A story is as near to an event as this many of its events are on average. On the long
            stories precision / recall: all .996/.17, two .997/.53; one joins look-alikes.
        story_threshold: Similarity at which an event joins a story: see `story_sigma_days`.
        story_sigma_days: Width of the bell over the time between an event and a story. F1 of long stories and of
            look-alike events at 7 days .69 and .94, at 14 days .70 and .89, at 40 days (nearest three) .67 and .86.
        merge_threshold: Similarity of two stories' centres at which they become one.
        quiet_days: Days without articles for which a story is still listed, as quiet; an article after them reopens it.
            A choice, not a measurement.
        floor: Similarities below count as none, which keeps the products sparse; up to .07 nothing changes.
    """

    event_threshold: float = 0.145
    event_sigma_days: float = 3.0
    event_window_days: int = 10
    memory_days: int = 30
    prior_documents: float = 1000.0
    name_weight: float = 0.5
    nearest_events: int = 2
    story_threshold: float = 0.16
    story_sigma_days: float = 7.0
    merge_threshold: float = 0.35
    quiet_days: int = 2
    floor: float = 0.05

    @property
    def version(self) -> str:
        """Hash of all settings, stored with each placing."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:12]
