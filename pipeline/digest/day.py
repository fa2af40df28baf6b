"""What is known of a day, by story: what is fresh, what was said before, what was edited; and its lines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

from pipeline.digest.corrections import Correction, collapse, find_corrections
from pipeline.digest.evidence import Article, Line, StoryDay
from pipeline.digest.headings import Heading, find_heading
from pipeline.digest.inputs import DigestInputs, Thresholds
from pipeline.digest.lines import choose_lines
from pipeline.digest.origins import find_origin
from pipeline.digest.silence import silence_of
from pipeline.digest.told import ToldStories, story_key
from pipeline.digest.trace import SentenceOutcome, near_of
from pipeline.digest.vectors import frame_similarity
from pipeline.settings import Settings

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryLines:
    """One story of the day with its lines, before the stories are put in order."""

    story: Row
    origin_count: int
    lines: Sequence[Line]

    @property
    def rank_key(self) -> tuple[object, ...]:
        """Stories with lines first, those of one source last; then by origins, confirmation, novelty; the id decides ties."""
        confirmed = max((count_origins(line) for line in self.lines), default=0)
        novelty = round(sum(line.novelty for line in self.lines), 4)
        is_lone = self.story["origin_count"] < 2
        return (not self.lines, is_lone, -self.origin_count, -confirmed, -novelty, self.story["story_id"])


class Day:
    """The inputs, indexed: who stands in which story, what is fresh, what was said before, what was edited."""

    def __init__(
        self,
        inputs: DigestInputs,
        settings: Settings,
        thresholds: Thresholds,
        trace: list[SentenceOutcome] | None = None,
        told: ToldStories | None = None,
    ) -> None:
        self.told = told or ToldStories()
        self.date: date = inputs.digest_date
        self.settings = settings
        self.thresholds = thresholds
        self.trace = trace
        self.stories = {row["story_id"]: row for row in inputs.stories.to_pylist()}
        self.placings = {row["article_id"]: row for row in inputs.placings.to_pylist()}
        # Texts stay in Arrow until a story needs them: a day's memory of them is most of the inputs' bytes.
        self._texts = inputs.versions["text"]
        self._articles: dict[int, Article] = {}  # by their places
        self.versions: defaultdict[str, dict[int, Row]] = defaultdict(dict)
        for place, row in enumerate(inputs.versions.drop_columns(["text"]).to_pylist()):
            self.versions[row["article_id"]][row["version"]] = {**row, "place": place}
        self.copies: defaultdict[str, list[str]] = defaultdict(list)
        for row in sorted(inputs.copies.to_pylist(), key=lambda r: r["article_id"]):
            self.copies[row["canonical_id"]].append(row["article_id"])
        self.members: defaultdict[str, list[str]] = defaultdict(list)
        for article_id, row in sorted(self.placings.items()):
            self.members[row["story_id"]].append(article_id)
        self.lines: defaultdict[str, list[str]] = defaultdict(list)
        for row in sorted(inputs.earlier_lines.to_pylist(), key=lambda r: (r["build_id"], r["development_id"])):
            self.lines[row["story_id"]].append(row["text"])
        self.headings: defaultdict[str, list[str]] = defaultdict(list)
        for row in sorted(inputs.earlier_headings.to_pylist(), key=lambda r: (r["digest_date"], r["headline"])):
            self.headings[row["story_id"]].append(row["headline"])
        self.corrections = self._corrections(inputs.earlier_citations.to_pylist())

    def tell(self, story_id: str) -> StoryLines:
        """Choose the lines of one story."""
        fresh, earlier = self._versions_of(story_id)
        corrected = self._corrected(story_id)
        most = max(0, self.settings.digest_max_lines - len(corrected))

        def choose() -> list[Line]:
            story = StoryDay(
                story_id=story_id,
                fresh=[self._article(row) for row in fresh],
                earlier=[self._article(row) for row in earlier],
                earlier_lines=self.lines[story_id],
            )
            return choose_lines(story, max_lines=most, thresholds=self.thresholds, trace=self.trace)

        chosen = choose() if self.trace is not None else self._chosen_before(story_id, fresh, earlier, most, choose)
        others = [line for line in chosen if not any(self._same(line, c) for c in corrected)]
        if self.trace is not None:
            self._trace_corrected(story_id, chosen, corrected)
        return StoryLines(
            story=self.stories[story_id],
            origin_count=len({publisher_of(row) for row in fresh}),
            lines=(*corrected, *others),
        )

    def heading(self, told: StoryLines) -> Heading:
        """What a story is called today."""
        story_id = told.story["story_id"]
        fresh, _ = self._versions_of(story_id)
        return find_heading(told.lines, fresh, self.headings[story_id], told.story["headline"])

    def _chosen_before(
        self, story_id: str, fresh: Sequence[Row], earlier: Sequence[Row], most: int, choose: Callable[[], list[Line]]
    ) -> list[Line]:
        """The lines that an earlier build of the day chose from the same, or those that are chosen now."""

        def known_of(rows: Sequence[Row]) -> list[tuple[Row, tuple[object, ...]]]:
            return [(row, (self.placings[row["article_id"]]["event_id"], *self._standing_of(row))) for row in rows]

        key = story_key(
            story_id, self.date, known_of(fresh), known_of(earlier), self.lines[story_id], most, self.thresholds
        )
        articles = {(row["article_id"], row["version"]): partial(self._article, row) for row in (*fresh, *earlier)}
        return self.told.lines_of(key, articles, choose)

    def latest(self, article_id: str) -> Row:
        """The newest version of an article."""
        versions = self.versions[article_id]
        return versions[max(versions)]

    def text(self, version: Row) -> str:
        """The text of a version."""
        text: str = self._texts[version["place"]].as_py()
        return text

    def _versions_of(self, story_id: str) -> tuple[list[Row], list[Row]]:
        """The story's article versions: fresh today, and said before."""
        fresh, earlier = [], []
        for article_id in self.members[story_id]:
            if article_id not in self.versions:
                continue
            placed, latest = self.placings[article_id]["day"], self.latest(article_id)
            if placed == self.date:
                fresh.append(latest)
            elif latest["version_day"] == self.date and latest["cause"] == "edit":
                fresh.append(latest)
                before = [v for n, v in self.versions[article_id].items() if v["version_day"] < self.date]
                earlier += sorted(before, key=lambda v: v["version"])[-1:]
            else:
                earlier.append(latest)
        fresh.sort(key=lambda row: (row["published_at"] or datetime.max.replace(tzinfo=UTC), row["article_id"]))
        return fresh, earlier

    def _article(self, row: Row) -> Article:
        """One version, as lines are chosen from it; made once."""
        if (made := self._articles.get(row["place"])) is None:
            made = self._articles[row["place"]] = self._made(row)
        return made

    def _made(self, row: Row) -> Article:
        """One version with its text, its origin and its standing."""
        edited_date, silence = self._standing_of(row)
        text, publisher = self.text(row), publisher_of(row)
        return Article(
            article_id=row["article_id"],
            version=row["version"],
            event_id=self.placings[row["article_id"]]["event_id"],
            origin=find_origin(text, publisher),
            publisher=publisher,
            language=row["language"],
            title=row["title"],
            text=text,
            published_at=row["published_at"],
            published_on=row["published_on"],
            edited_date=edited_date,
            silence=silence,
        )

    def _standing_of(self, row: Row) -> tuple[date | None, str | None]:
        """The day of the edit that gave a version its words, and why it gives no line."""
        versions = self.versions[row["article_id"]]
        edits = [v["version_day"] for n, v in versions.items() if v["cause"] == "edit" and n <= row["version"]]
        return max(edits, default=None), silence_of(row, stale_hours=self.settings.stale_hours)

    def _corrections(self, citations: Sequence[Row]) -> list[Correction]:
        """What edits have taken from under earlier lines; what a later reading of the same page changed is no edit."""
        cited = {c["article_id"] for c in citations} & self.versions.keys() & self.placings.keys()
        edits = {
            article_id: max((n for n, v in self.versions[article_id].items() if v["cause"] == "edit"), default=0)
            for article_id in cited
        }
        edited = {
            article_id: self._article(self.versions[article_id].get(edits[article_id], self.latest(article_id)))
            for article_id in sorted(cited)
        }
        return find_corrections(citations, edited, edits)

    def _corrected(self, story_id: str) -> list[Line]:
        """The story's corrected lines, each new span once."""
        lines: dict[tuple[str, int], Line] = {}
        for correction in self.corrections:
            article_id = correction.article.article_id
            if correction.line and self.placings[article_id]["story_id"] == story_id:
                lines.setdefault((article_id, correction.line.primary.sentence.start), correction.line)
        unique = {collapse(line.text): line for line in reversed(lines.values())}
        return [*reversed(unique.values())][: self.settings.digest_max_lines]

    def _same(self, one: Line, other: Line) -> bool:
        """Whether two lines tell the same thing."""
        return _likeness(one, other) >= self.thresholds.surely_redundant

    def _trace_corrected(self, story_id: str, chosen: Sequence[Line], corrected: Sequence[Line]) -> None:
        """Note the chosen lines that a corrected one makes needless."""
        assert self.trace is not None
        rivals = {line.span: next((c for c in corrected if self._same(line, c)), None) for line in chosen}
        likeness = {line.span: max((_likeness(line, c) for c in corrected), default=0.0) for line in chosen}
        for place, one in enumerate(self.trace):
            if one.story_id == story_id and (rival := rivals.get(one.span)) is not None:
                near = near_of(rival.primary.article, rival.primary.sentence, likeness[one.span])
                self.trace[place] = replace(one, outcome="like-correction", rival=near)


def _likeness(one: Line, other: Line) -> float:
    """How alike two lines are, numbers left out."""
    return frame_similarity(one.primary.sentence, other.primary.sentence)


def publisher_of(row: Row) -> str:
    """Who puts an article out; an unknown publisher counts as its own."""
    return row["publisher"] or f"article:{row['article_id']}"


def count_origins(line: Line) -> int:
    """Independent origins that report a line."""
    return len({e.article.origin for e in line.evidence if e.role != "differs"})
