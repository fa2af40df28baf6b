"""The rows of a build: digests, developments, citations and corrections."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import date, datetime

from pipeline.digest.corrections import Correction, collapse
from pipeline.digest.day import Day, Row, StoryLines, count_origins, publisher_of
from pipeline.digest.draft import Copy
from pipeline.digest.evidence import Line, happened_on
from pipeline.digest.hashing import hash_values
from pipeline.digest.inputs import WRITER


def weigh_line(line: Line, rank: int) -> float:
    """What a line weighs by what is known when its build is made: the mean of its origins, articles and, counted twice, articles
    that name its date, over the root of its rank.
    """
    backing = [e for e in line.evidence if e.role != "differs"]
    dated = sum(
        happened_on(e.article, e.sentence.text) == line.event_date for e in backing if line.event_date is not None
    )
    return round((count_origins(line) + len(backing) + 2 * dated) / (4 * math.sqrt(rank)), 4)


class Rows:
    """Collects the rows of a draft."""

    def __init__(self, *, build_id: str, digest_date: date, now: datetime, day: Day) -> None:
        self.build_id = build_id
        self.digest_date = digest_date
        self.now = now
        self.day = day
        self.digests: list[Row] = []
        self.developments: list[Row] = []
        self.citations: list[Row] = []
        self.corrections: list[Row] = []
        self.copies: list[Copy] = []

    def add_story(self, rank: int, told: StoryLines) -> None:
        """Add one story and its lines."""
        heading = self.day.heading(told)
        weights = [weigh_line(line, rank) for rank, line in enumerate(told.lines, start=1)]
        self.digests.append(
            self._row(
                story_id=told.story["story_id"],
                rank=rank,
                headline=heading.of_day,
                story_name=heading.name,
                development_count=len(told.lines),
                is_quiet=not told.lines,
                writer=WRITER,
                weight=round(sum(weights), 4),
            )
        )
        for line_rank, line in enumerate(told.lines, start=1):
            self._add_line(told.story["story_id"], line_rank, line)

    def add_corrections(self, corrections: Iterable[Correction]) -> None:
        """Add the corrections that the day noticed, one for each line and new version."""
        seen = set()
        for correction in corrections:
            cited = correction.citation
            key = (cited["article_id"], correction.article.version, cited["build_id"], cited["development_id"])
            if key in seen:
                continue
            seen.add(key)
            self.corrections.append(
                {
                    "article_id": cited["article_id"],
                    "to_version": correction.article.version,
                    "build_id": cited["build_id"],
                    "development_id": cited["development_id"],
                    "digest_date": cited["digest_date"],
                    "cause": "edit",
                    "old_quote": cited["quote"],
                    "new_text": correction.new_text,
                    "noticed_at": self.now,
                    "recorded_at": self.now,
                    "day": self.digest_date,
                }
            )

    def _row(self, **columns: object) -> Row:
        """A row with what all rows of the build share."""
        shared = {"build_id": self.build_id, "digest_date": self.digest_date}
        return {**shared, **columns, "recorded_at": self.now, "day": self.digest_date}

    def _add_line(self, story_id: str, rank: int, line: Line) -> None:
        """Add one line with its citations and the copies that carry it."""
        primary = line.primary
        span = (primary.article.article_id, primary.article.version, primary.sentence.start, primary.sentence.end)
        development_id = hash_values(story_id, self.digest_date, *span)
        copies = self._carrying_copies(development_id, line)
        backing = [e.article for e in line.evidence if e.role != "differs"]
        publishers = {a.publisher for a in backing} | {publisher_of(self.day.latest(c.article_id)) for c in copies}
        self.copies += copies
        self.developments.append(
            self._row(
                development_id=development_id,
                story_id=story_id,
                event_id=primary.article.event_id,
                event_date=line.event_date,
                rank=rank,
                text=line.text,
                kind=line.kind,
                novelty=line.novelty,
                article_count=len(backing) + len(copies),
                publisher_count=len(publishers),
                origin_count=count_origins(line),
                weight=weigh_line(line, rank),
            )
        )
        for n, evidence in enumerate(line.evidence, start=1):
            self.citations.append(
                {
                    "build_id": self.build_id,
                    "development_id": development_id,
                    "n": n,
                    "article_id": evidence.article.article_id,
                    "version": evidence.article.version,
                    "char_start": evidence.sentence.start,
                    "char_end": evidence.sentence.end,
                    "quote": evidence.sentence.text,
                    "role": evidence.role,
                    "recorded_at": self.now,
                    "day": self.digest_date,
                }
            )

    def _carrying_copies(self, development_id: str, line: Line) -> list[Copy]:
        """Copies of the cited articles whose own text holds the quote."""
        carrying = {}
        for evidence in line.evidence:
            for copy_id in self.day.copies[evidence.article.article_id] if evidence.role != "differs" else ():
                row = self.day.latest(copy_id) if copy_id in self.day.versions else None
                if row is not None and collapse(evidence.sentence.text) in collapse(self.day.text(row)):
                    carrying[copy_id] = Copy(development_id=development_id, article_id=copy_id, version=row["version"])
        return list(carrying.values())
