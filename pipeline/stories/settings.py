"""What decides how close is close enough, with the measurement beside each number.

Measured on 1,859 labelled articles of 465 events in stream order, settings chosen on one half of the events
(by hash) and reported on the other, and on 1,241 articles of five long stories of 2005-2012 (`daybook bench stories`).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import cache


@dataclass(frozen=True, slots=True, kw_only=True)
class StorySettings:
    """Thresholds are cosines in [0, 1]; spans are days.

    Attributes:
        event_threshold: Mean similarity at which an article joins an event. B-cubed F1 of the tuning half: .951 at .12,
            .950 at .14, .943 at .16; with ten times as many articles a day .909, .917 and .914; of a warehouse's first
            day, 6 to 60 articles, .935, .951 and .956: between them.
        event_sigma_days: Width of the bell over the time between an article and an event; 2 to 4 are alike (±.003).
        event_window_days: Days after which an event without articles takes no more.
        memory_days: How far back articles are known: for the rarity of terms, and for stories that take new events.
            15 to 60 days of term counts are alike (±.002).
        prior_documents: Documents without any of the day's terms that are thought to be known besides the real ones.
            They keep rarity sane while a language has few articles, or articles on one subject only. Fewer are better on
            a first day (F1 at the best threshold .961 with 20, .959 with 1000), more where all news is of one subject
            (long stories .67 with 100, .71 with 1000); the stream does not care. In a warehouse of two articles 92 % of
            the pairs on one event are above the threshold, and less than 1 % of the others.
        nearest_events: A story is as near to an event as this many of its events are on average. Mean of all: long
            stories fall apart (recall .20 against .55); the nearest one alone: look-alikes run together.
        story_threshold: Similarity of centres at which an event joins a story. F1 of five long stories, of editors'
            daily picks and of look-alike events: .69 .80 .95 at .14, .65 .82 .95 at .15. Weighing names beside the
            words is no better: with half of each .65 .75 .95, and then two pieces of news of one small town look alike.
        story_sigma_days: Width of the bell over the time between an event and a story; at 7 days a country's politics
            run together (precision of the daily picks .57 against .62).
        story_tail: What is left of the similarity after a long silence: a story within the memory is reopened by an
            event at .14 / .3 = .47. Without any, nothing comes back after nine days, and little is gained (F1 +.01).
        merge_threshold: Similarity of two stories' centres at which they become one; .35 to .45 are alike (±.002).
        quiet_days: Days without articles for which a story is still listed, as quiet; an article after them reopens it.
            A choice, not a measurement.
        candidates: With how many of its nearest articles and events, at most, a new article is compared.
        floor: Similarities of events below count as none, which keeps the products sparse; up to .07 nothing changes.
    """

    event_threshold: float = 0.145
    event_sigma_days: float = 3.0
    event_window_days: int = 10
    memory_days: int = 30
    prior_documents: float = 300.0
    nearest_events: int = 2
    story_threshold: float = 0.14
    story_sigma_days: float = 4.0
    story_tail: float = 0.3
    merge_threshold: float = 0.4
    quiet_days: int = 2
    candidates: int = 32
    floor: float = 0.05

    @property
    def version(self) -> str:
        """Hash of all settings, stored with each placing."""
        return _version(self)


@cache
def _version(settings: StorySettings) -> str:
    return hashlib.sha256(json.dumps(asdict(settings), sort_keys=True).encode()).hexdigest()[:12]
