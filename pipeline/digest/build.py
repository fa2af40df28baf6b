"""Build one day's digest: a pure function of its inputs and settings."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.digest.corrections import Correction, collapse, find_corrections
from pipeline.digest.evidence import Article, Line, StoryDay
from pipeline.digest.lines import choose_lines
from pipeline.digest.records import DIGEST_VERSION, THRESHOLDS, WRITER, Copy, DigestDraft, DigestInputs, Thresholds
from pipeline.digest.trace import Decision, near_of, settle_trace
from pipeline.digest.vectors import frame_similarity
from pipeline.settings import Settings
from pipeline.tables import CITATIONS, CORRECTIONS, DEVELOPMENTS, DIGESTS

Row = Mapping[str, Any]

_SILENT_KINDS = frozenset({"opinion", "promo", "paywall"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _StoryLines:
    """One story of the day with its lines, before the stories are put in order."""

    story: Row
    origin_count: int
    lines: Sequence[Line]

    @property
    def rank_key(self) -> tuple[object, ...]:
        """Stories with lines first; then by independent origins, confirmation, novelty; the id decides ties."""
        confirmed = max((_origins(line) for line in self.lines), default=0)
        novelty = round(sum(line.novelty for line in self.lines), 4)
        return (not self.lines, -self.origin_count, -confirmed, -novelty, self.story["story_id"])


def build_digest(
    inputs: DigestInputs,
    settings: Settings,
    *,
    now: datetime,
    thresholds: Thresholds = THRESHOLDS,
    trace: list[Decision] | None = None,
) -> DigestDraft:
    """Build the digest of one day.

    Equal inputs and settings give equal rows, whatever the order of the input rows; `now` only fills recorded_at and
    noticed_at.

    Args:
        inputs: What is known of the day.
        settings: Most lines and stories, and what is stale.
        now: When it is built, aware UTC.
        thresholds: What decides a line beyond the settings.
        trace: Where what became of every fresh sentence is written down; it changes nothing, and None costs nothing.
    """
    inputs_sha256 = hash_inputs(inputs)
    build_id = identify_build(inputs, settings, inputs_sha256)
    day = _Day(inputs, settings, thresholds, trace)
    told, omitted = _arrange([day.tell(story_id) for story_id in sorted(day.stories)], settings.digest_max_stories)
    rows = _Rows(build_id=build_id, digest_date=inputs.digest_date, now=now, day=day)
    for rank, story in enumerate(told, start=1):
        rows.add_story(rank, story)
    rows.add_corrections(day.corrections)
    if trace is not None:
        spans = {one.story["story_id"]: {line.span for line in one.lines} for one in told}
        trace[:] = settle_trace(trace, told=spans, max_stories=settings.digest_max_stories)
    return DigestDraft(
        build_id=build_id,
        inputs_sha256=inputs_sha256,
        digests=DIGESTS.rows(rows.digests),
        developments=DEVELOPMENTS.rows(rows.developments),
        citations=CITATIONS.rows(rows.citations),
        corrections=CORRECTIONS.rows(rows.corrections),
        copies=tuple(rows.copies),
        omitted_count=omitted,
    )


def identify_build(inputs: DigestInputs, settings: Settings, inputs_sha256: str) -> str:
    """The id of the build that these inputs and settings give."""
    return _hash(inputs.digest_date, inputs.status, inputs_sha256, settings.results_sha256, DIGEST_VERSION)


def hash_inputs(inputs: DigestInputs) -> str:
    """Hash of everything that goes in, independent of row order."""
    total = hashlib.sha256()
    for name, (table, schema) in inputs.tables().items():
        # A text's own hash stands for it.
        columns = [column for column in schema.names if column != "text" or "text_sha256" not in schema.names]
        cells = [_as_strings(table[column]) for column in columns]
        rows = pc.binary_join_element_wise(*cells, "\x1f", null_handling="replace", null_replacement="\x00")
        total.update(f"{name}\x1d".encode() + "\x1e".join(sorted(rows.to_pylist())).encode("utf-8", "surrogatepass"))
    total.update(json.dumps([sorted(inputs.coverage.items()), sorted(inputs.missing_windows)]).encode())
    return total.hexdigest()


def _as_strings(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column as text; dates and instants as their numbers, which no library writes in a way of its own."""
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.int64())
    elif pa.types.is_date(column.type):
        column = column.cast(pa.int32())
    return column.cast(pa.string())


def _hash(*parts: object) -> str:
    """32 hex digits over a list of values."""
    text = json.dumps([part if isinstance(part, int) else str(part) for part in parts], ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _origins(line: Line) -> int:
    """Independent origins that report a line."""
    return len({e.article.origin for e in line.evidence if e.role != "differs"})


def _arrange(stories: Iterable[_StoryLines], max_stories: int) -> tuple[list[_StoryLines], int]:
    """Put stories in order, drop lines that stand under an earlier one too, and cut off at the most stories."""
    told: list[_StoryLines] = []
    said: set[str] = set()
    omitted = 0
    for story in sorted(stories, key=lambda s: s.rank_key):
        fresh = {key: line for line in story.lines if (key := collapse(line.text).casefold()) not in said}
        if fresh and len(told) >= max_stories:
            omitted += 1
            continue
        said |= fresh.keys()
        told.append(replace(story, lines=tuple(fresh.values())))
    return sorted(told, key=lambda s: not s.lines), omitted


class _Day:
    """The inputs, indexed: who stands in which story, what is fresh, what was said before, what was edited."""

    def __init__(
        self, inputs: DigestInputs, settings: Settings, thresholds: Thresholds, trace: list[Decision] | None = None
    ) -> None:
        self.date: date = inputs.digest_date
        self.settings = settings
        self.thresholds = thresholds
        self.trace = trace
        self.stories = {row["story_id"]: row for row in inputs.stories.to_pylist()}
        self.placings = {row["article_id"]: row for row in inputs.placings.to_pylist()}
        # Texts stay in Arrow until a story needs them: a day's memory of them is most of the inputs' bytes.
        self._texts = inputs.versions["text"]
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
        self.corrections = self._corrections(inputs.earlier_citations.to_pylist())

    def tell(self, story_id: str) -> _StoryLines:
        """Choose the lines of one story."""
        fresh, earlier = self._articles(story_id)
        corrected = self._corrected(story_id)
        story = StoryDay(story_id=story_id, fresh=fresh, earlier=earlier, earlier_lines=self.lines[story_id])
        most = max(0, self.settings.digest_max_lines - len(corrected))
        chosen = choose_lines(story, max_lines=most, thresholds=self.thresholds, trace=self.trace)
        others = [line for line in chosen if not any(self._same(line, c) for c in corrected)]
        if self.trace is not None:
            self._trace_corrected(story_id, chosen, corrected)
        return _StoryLines(
            story=self.stories[story_id], origin_count=len({a.origin for a in fresh}), lines=(*corrected, *others)
        )

    def latest(self, article_id: str) -> Row:
        """The newest version of an article."""
        versions = self.versions[article_id]
        return versions[max(versions)]

    def text(self, version: Row) -> str:
        """The text of a version."""
        text: str = self._texts[version["place"]].as_py()
        return text

    def _articles(self, story_id: str) -> tuple[list[Article], list[Article]]:
        """The story's articles: fresh today, and said before."""
        fresh, earlier = [], []
        for article_id in self.members[story_id]:
            if article_id not in self.versions:
                continue
            placed, latest = self.placings[article_id]["day"], self.latest(article_id)
            if placed == self.date:
                fresh.append(self._article(latest))
            elif latest["version_day"] == self.date and latest["cause"] == "edit":
                fresh.append(self._article(latest))
                before = [v for n, v in self.versions[article_id].items() if v["version_day"] < self.date]
                earlier += [self._article(v) for v in sorted(before, key=lambda v: v["version"])[-1:]]
            else:
                earlier.append(self._article(latest))
        order = {a.article_id: (a.published_at or datetime.max.replace(tzinfo=UTC), a.article_id) for a in fresh}
        return sorted(fresh, key=lambda a: order[a.article_id]), earlier

    def _article(self, row: Row) -> Article:
        """One version, as lines are chosen from it."""
        published, arrived = row["published_at"], datetime.combine(row["day"], time(), UTC)
        stale = published is not None and published < arrived - timedelta(hours=self.settings.stale_hours)
        kind = row["content_kind"]
        placing = self.placings[row["article_id"]]
        return Article(
            article_id=row["article_id"],
            version=row["version"],
            event_id=placing["event_id"],
            origin=_publisher(row),
            language=row["language"],
            title=row["title"],
            text=self.text(row),
            published_at=published,
            silence=kind if kind in _SILENT_KINDS else "stale" if stale else None,
        )

    def _corrections(self, citations: Sequence[Row]) -> list[Correction]:
        """What edits have taken from under earlier lines."""
        cited = {c["article_id"] for c in citations} & self.versions.keys() & self.placings.keys()
        latest = {article_id: self._article(self.latest(article_id)) for article_id in sorted(cited)}
        edits = {
            article_id: max((n for n, v in self.versions[article_id].items() if v["cause"] == "edit"), default=0)
            for article_id in cited
        }
        return find_corrections(citations, latest, edits)

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
        return _likeness(one, other) >= self.thresholds.redundancy

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


def _publisher(row: Row) -> str:
    """Who puts an article out; an unknown publisher counts as its own."""
    return row["publisher"] or f"article:{row['article_id']}"


class _Rows:
    """Collects the rows of a draft."""

    def __init__(self, *, build_id: str, digest_date: date, now: datetime, day: _Day) -> None:
        self.build_id = build_id
        self.digest_date = digest_date
        self.now = now
        self.day = day
        self.digests: list[Row] = []
        self.developments: list[Row] = []
        self.citations: list[Row] = []
        self.corrections: list[Row] = []
        self.copies: list[Copy] = []

    def add_story(self, rank: int, told: _StoryLines) -> None:
        """Add one story and its lines."""
        self.digests.append(
            self._row(
                story_id=told.story["story_id"],
                rank=rank,
                headline=told.story["headline"],
                development_count=len(told.lines),
                is_quiet=not told.lines,
                writer=WRITER,
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
        development_id = _hash(story_id, self.digest_date, *span)
        copies = self._carrying_copies(development_id, line)
        backing = [e.article for e in line.evidence if e.role != "differs"]
        publishers = {a.origin for a in backing} | {_publisher(self.day.latest(c.article_id)) for c in copies}
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
                origin_count=_origins(line),
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
