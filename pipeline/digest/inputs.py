"""What goes into a digest, and the thresholds that decide its lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import pyarrow as pa

from pipeline.tables import DATE, INSTANT, INT, STRING

# Part of every build's identity: raise it whenever a change of code can change a line.
DIGEST_VERSION = "7"

WRITER = "extractive"


def _schema(**columns: pa.DataType) -> pa.Schema:
    """A schema in one line."""
    return pa.schema(list(columns.items()))


# One row for each story with articles, or changed articles, on the day. Counts are the story's, so far.
STORIES = _schema(
    story_id=STRING, headline=STRING, language=STRING, article_count=INT, publisher_count=INT, origin_count=INT
)
# One row for each article of those stories that is fresh or still remembered: its story, and the day it came to it.
PLACINGS = _schema(article_id=STRING, story_id=STRING, event_id=STRING, day=DATE)
# Versions of placed articles and of their copies. `day` is the article's day, `version_day` the day of this version.
VERSIONS = _schema(
    article_id=STRING, version=INT, cause=STRING, title=STRING, publisher=STRING, url=STRING, published_at=INSTANT,
    published_on=DATE, language=STRING, text=STRING, text_sha256=STRING, content_kind=STRING, day=DATE, version_day=DATE,
)  # fmt: skip
# Copies and the canonical article that stands for them.
COPIES = _schema(article_id=STRING, canonical_id=STRING)
# Lines of earlier final digests of these stories.
EARLIER_LINES = _schema(build_id=STRING, development_id=STRING, digest_date=DATE, story_id=STRING, text=STRING)
# What earlier final digests called these stories.
EARLIER_HEADINGS = _schema(digest_date=DATE, story_id=STRING, headline=STRING)
# Citations of earlier final digests whose article was edited since, and has a version that no final digest looked at yet;
# unless a correction was noticed before.
EARLIER_CITATIONS = _schema(
    build_id=STRING, development_id=STRING, digest_date=DATE, story_id=STRING, event_id=STRING, n=INT,
    article_id=STRING, version=INT, quote=STRING,
)  # fmt: skip
# The day's articles that give no line for what they are: listed by title and link, with the signs by which they are that.
WITHHELD = _schema(
    article_id=STRING, version=INT, title=STRING, publisher=STRING, url=STRING, language=STRING, published_at=INSTANT,
    published_at_precision=STRING, kind=STRING, evidence=STRING,
)  # fmt: skip

# Sources that should have been heard and were not: `why` is not-heard, held or quiet; of a quiet one how many articles it
# brought, and the median of the days before.
UNHEARD = _schema(source_id=STRING, publisher=STRING, why=STRING, brought=INT, usual=INT)


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestInputs:
    """All that a digest is made of, as tables of the schemas above; row order does not matter.

    Attributes:
        digest_date: The day (UTC) whose developments are told.
        status: "final" or "provisional"; part of the build's identity.
        coverage: Counts of the day for the footer (articles, copies, …), told as they are.
        missing_windows: Hours of the day that no run covered, as window labels.
    """

    digest_date: date
    status: str
    stories: pa.Table
    placings: pa.Table
    versions: pa.Table
    copies: pa.Table
    earlier_lines: pa.Table
    earlier_citations: pa.Table
    coverage: Mapping[str, int]
    missing_windows: tuple[str, ...] = ()
    withheld: pa.Table = field(default_factory=WITHHELD.empty_table)
    earlier_headings: pa.Table = field(default_factory=EARLIER_HEADINGS.empty_table)
    unheard: pa.Table = field(default_factory=UNHEARD.empty_table)

    def tables(self) -> dict[str, tuple[pa.Table, pa.Schema]]:
        """Each table by name, with its schema."""
        return {
            "stories": (self.stories, STORIES),
            "placings": (self.placings, PLACINGS),
            "versions": (self.versions, VERSIONS),
            "copies": (self.copies, COPIES),
            "earlier_lines": (self.earlier_lines, EARLIER_LINES),
            "earlier_citations": (self.earlier_citations, EARLIER_CITATIONS),
            "withheld": (self.withheld, WITHHELD),
            "earlier_headings": (self.earlier_headings, EARLIER_HEADINGS),
            "unheard": (self.unheard, UNHEARD),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """What decides a line, beyond the settings. Similarities are cosines in [0, 1].

    Chosen on labelled pairs and on the five timeline topics (docs/decisions/0016-one-fact-all-its-sources.md).
    """

    lookback_days: int = 14
    """What the story's articles said within so many days was said before; so was every earlier digest line."""
    lookback_articles: int = 40
    """And what its last so many articles said, however old: a slow story repeats its background for months."""
    claim_similarity: float = 0.4
    """A same-day sentence of another article as near as this is shown as a source, if it passes the gate beside it."""
    seen_similarity: float = 0.33
    """A sentence as near as this to one of an earlier article says nothing new."""
    told_similarity: float = 0.28
    """And one as near as this to a line of an earlier digest says again what was told."""
    redundancy: float = 0.25
    """Two lines of one story must stay below this."""
    lead_similarity: float = 0.2
    """And below this where both open their articles and share two names: one event, and at worst its second telling."""
    surely_said: float = 0.5
    """Beyond this it says nothing new whatever it names."""
    surely_redundant: float = 0.4
    """And beyond this two lines of a day are one."""
    main_similarity: float = 0.3
    """Sentences of several origins as near as this tell the day's main fact, which comes first."""
    frame_similarity: float = 0.6
    """Two sentences of one day as near as this, numbers left out, speak of the same figure."""
    update_similarity: float = 0.75
    """And one as near as this to a line of an earlier digest, which may have spoken of something else by the same person."""
    min_score_share: float = 0.1
    """A line must reach this share of its story's best score."""
    core_size: int = 25
    """How many of its terms stand for a story in the on-topic gate."""


THRESHOLDS = Thresholds()
