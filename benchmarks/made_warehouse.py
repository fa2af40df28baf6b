"""A made warehouse of many days: seeded, every table filled, its texts as hard to compress as real ones.

One file a table and day, as upkeep leaves them, written as the store writes its own and published as one snapshot.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipeline.digest.inputs import DIGEST_VERSION
from pipeline.extract.page import EXTRACTOR_VERSION
from pipeline.publish.builds import write_build
from pipeline.publish.document import DigestRows, make_document
from pipeline.publish.render import FEED_LENGTH, render_files
from pipeline.store.commit import publish
from pipeline.store.key_index import cover_table
from pipeline.store.manifest import Manifest, StoredFile, StoredTable
from pipeline.store.parquet import write_file
from pipeline.store.unplaced import find_unplaced, keep_unplaced
from pipeline.store.warehouse import Warehouse
from pipeline.stories.settings import StorySettings
from pipeline.tables import TABLES, Table
from pipeline.tables.ids import digest_of
from pipeline.text.urls import article_id

ARTICLES_A_DAY = 1_370  # a million in two years
SOURCES = tuple(f"made-{n:02d}" for n in range(20))
_COPIED, _EDITED, _REFUSED, _CITED = 0.1, 0.01, 0.05, 80
_STORY_DAYS = 4.0  # mean of how long a story is told
_OWN_WORDS = 12  # of a story, in every fourth word of its articles
_STOP_WORDS = """
    the of and to in a is that for it on was with as at by from be this are he have an has not which but its or they
""".split()  # noqa: SIM905
_CONSONANTS = "b d f g k l m n p r s t v z br st tr pl".split()  # noqa: SIM905
_SYLLABLES = [c + v for c in _CONSONANTS for v in ("a", "e", "i", "o", "u", "ai", "ou", "er", "an", "il")]

Values: TypeAlias = Any  # of a column: a scalar for all rows, a sequence, or an Arrow array
Columns: TypeAlias = Mapping[str, Values]


@dataclass(slots=True)
class _Story:
    id: str
    words: list[str]
    last_day: int


class MadeNews:
    """An endless stream of articles on stories that come and go; the same seed gives the same stream."""

    def __init__(self, seed: int = 20261120) -> None:
        self._random = np.random.default_rng(seed)
        self._words = self._vocabulary(30_000)
        weights = 1.0 / np.arange(8, len(self._words) + 8)
        self._cumulated = np.cumsum(weights / weights.sum())
        self._stories: list[_Story] = []
        self._count = 0

    def stories_of(self, day: int, count: int) -> list[_Story]:
        """The stories of so many articles of a day, new ones among them."""
        self._stories = [story for story in self._stories if story.last_day >= day]
        wanted = max(1, count // 4)
        while len(self._stories) < wanted:
            self._count += 1
            words = [self._words[n] for n in self._random.integers(500, len(self._words), _OWN_WORDS)]
            last = day + int(self._random.exponential(_STORY_DAYS))
            self._stories.append(_Story(id=digest_of("story", str(self._count))[:16], words=words, last_day=last))
        return [self._stories[n] for n in self._random.integers(0, len(self._stories), count)]

    def text(self, story: _Story, words: int = 0) -> tuple[str, str]:
        """A title and a text on a story: some 290 words in paragraphs of sentences."""
        count = words or int(min(500, max(150, self._random.normal(290, 60))))
        drawn = np.searchsorted(self._cumulated, self._random.random(count))
        own = self._random.integers(0, 4 * _OWN_WORDS, count)
        told = [self._word(story, n, o) for n, o in zip(drawn.tolist(), own.tolist(), strict=True)]
        sentences = [" ".join(told[n : n + 14]).capitalize() + "." for n in range(0, count, 14)]
        paragraphs = [" ".join(sentences[n : n + 4]) for n in range(0, len(sentences), 4)]
        title = " ".join([*story.words[:3], *told[:4]]).capitalize()
        return title, "\n\n".join(paragraphs)

    def _word(self, story: _Story, drawn: int, own: int) -> str:
        """A word of the story, a stop word, or any other."""
        if own < _OWN_WORDS:
            return story.words[own]
        return _STOP_WORDS[own % len(_STOP_WORDS)] if own >= 3 * _OWN_WORDS else self._words[drawn]

    def terms(self, story: _Story) -> tuple[list[str], list[float]]:
        """Term counts as the clustering keeps them, some 90 an article."""
        others = {self._words[n] for n in np.searchsorted(self._cumulated, self._random.random(110)).tolist()}
        terms = sorted({*story.words, *others} - {*_STOP_WORDS})
        return terms, [4.0 if term in story.words else 1.0 for term in terms]

    def hashes(self) -> list[int]:
        """Sampled hashes of a fingerprint."""
        return sorted(self._random.integers(0, 2**63, 30, dtype=np.uint64).tolist())

    def share(self, count: int, part: float) -> npt.NDArray[np.bool_]:
        """Which of so many rows belong to a part of them."""
        return self._random.random(count) < part

    def _vocabulary(self, count: int) -> list[str]:
        words = dict.fromkeys(_STOP_WORDS)
        while len(words) < count:
            picked = self._random.integers(0, len(_SYLLABLES), (1000, 3)).tolist()
            lengths = self._random.integers(2, 4, 1000).tolist()
            words |= dict.fromkeys(
                "".join(_SYLLABLES[n] for n in part[:k]) for part, k in zip(picked, lengths, strict=True)
            )
        return list(words)[:count]


def make_warehouse(root: Path, days: int, *, last: date, articles_a_day: int = ARTICLES_A_DAY) -> Warehouse:
    """Fill an empty folder with so many closed days of news, all tables of them, as one snapshot.

    Args:
        last: The last day.
    """
    news = MadeNews()
    files: dict[str, list[StoredFile]] = {}
    closed = [last - timedelta(days=n) for n in reversed(range(days))]
    for number, day in enumerate(closed):
        for name, rows in _day_tables(news, number, day, articles_a_day):
            stored, _ = write_file(root / "files" / name, TABLES[name], day, rows)
            files.setdefault(name, []).append(stored)
    for name in ("sources", "feed_state"):
        given: Columns = {"source_id": SOURCES, "kind": "feed", "enabled": True, "failure_streak": 0}
        stored, _ = write_file(
            root / "files" / name, TABLES[name], None, _filled(TABLES[name], len(SOURCES), last, given)
        )
        files[name] = [stored]
    for day in closed[-FEED_LENGTH:]:  # what the feed shows has files; nobody asks for those of earlier builds
        write_build(root, digest_of("build", day.isoformat()), _build_files(day))
    if days:
        manifest = Manifest(
            snapshot=1,
            recorded_at=_at(last, 26),
            closed_days=frozenset(closed),
            tables={
                name: StoredTable(version=1, files=tuple(sorted(of, key=lambda f: f.path)))
                for name, of in files.items()
            },
            added={name: tuple(sorted(file.path for file in of)) for name, of in files.items()},
        )
        publish(root, Warehouse(root).latest(), manifest)
        for name, of in files.items():
            cover_table(root, TABLES[name], of)
        keep_unplaced(root, find_unplaced(Warehouse(root).latest()))
    return Warehouse(root)


def _day_tables(news: MadeNews, number: int, day: date, count: int) -> Iterator[tuple[str, pa.Table]]:
    """All rows of one day, table by table."""
    stories = news.stories_of(number, count)
    titles, texts = zip(*(news.text(story) for story in stories), strict=True)
    page_ids = [digest_of("page", f"{day}-{n}") for n in range(count)]
    windows = [_at(day, n * 24 // count) for n in range(count)]
    sources = [SOURCES[n % len(SOURCES)] for n in range(count)]
    urls = [f"https://{source}.example/{day}/{n}" for n, source in enumerate(sources)]
    ids = [article_id(url) for url in urls]
    is_copy = news.share(count, _COPIED)
    is_copy[0] = False
    originals = [ids[int(n)] for n in np.flatnonzero(~is_copy)]
    canonical = [originals[n % len(originals)] if copied else None for n, copied in enumerate(is_copy.tolist())]
    sums = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
    facts: dict[str, Values] = {
        "article_id": ids, "version": 1, "cause": "new", "source_id": sources, "publisher": sources, "title": titles,
        "url": urls, "canonical_url": urls, "published_at": windows,
        "published_at_source": "jsonld", "published_at_precision": "minute", "window_start": windows,
        "version_window_start": windows, "first_seen_at": windows, "fetched_at": windows, "language": "en", "text": texts,
        "text_sha256": sums, "word_count": 290, "content_kind": "news", "extractor_version": EXTRACTOR_VERSION,
        "duplicate_of": canonical, "page_id": page_ids, "recorded_at": windows, "body_sha256": sums,
    }  # fmt: skip
    placed = [n for n, original in enumerate(canonical) if original is None]
    runs = [f"news_ingest/{day}-{hour:02d}" for hour in range(24)]
    hours = [_at(day, hour) for hour in range(24)]

    def table(name: str, rows: int, given: Columns) -> tuple[str, pa.Table]:
        return name, _filled(TABLES[name], rows, day, given)

    def some(chosen: Sequence[int]) -> dict[str, Values]:
        return {name: [v[n] for n in chosen] if isinstance(v, list | tuple) else v for name, v in facts.items()}

    yield table("pages", count, facts | {"body": [b"<p>" + t[:200].encode() for t in texts], "http_status": 200})
    yield table("articles", count, facts)
    yield table("extractions", count, facts)
    edited = np.flatnonzero(news.share(count, _EDITED)).tolist()
    if edited:
        yield table("article_history", len(edited), some(edited) | {"version": 0})
    copies = [n for n in range(count) if canonical[n] is not None]
    if copies:
        yield table(
            "duplicates", len(copies), some(copies) | {"canonical_id": [canonical[n] for n in copies], "kind": "copy"}
        )
    yield table(
        "fingerprints", count, facts | {"text_key": sums, "shingle_count": 300, "hashes": [news.hashes() for _ in ids]}
    )
    terms = [news.terms(stories[n]) for n in placed]
    yield table(
        "article_terms", len(placed), some(placed) | {"terms": [t for t, _ in terms], "counts": [c for _, c in terms]}
    )
    late = _at(day, 26)
    told = {stories[n].id: stories[n] for n in placed}
    yield table(
        "story_articles",
        len(placed),
        some(placed)
        | {"story_id": [stories[n].id for n in placed], "event_id": [stories[n].id for n in placed], "recorded_at": late,
           "settings_version": StorySettings().version, "similarity": 0.4},
    )  # fmt: skip
    yield table(
        "story_days",
        len(told),
        {"story_id": list(told), "headline": "Made", "status": "active", "language": "en", "recorded_at": late},
    )
    refused = max(1, int(count * _REFUSED))
    refusals = [digest_of("refusal", f"{day}-{n}") for n in range(refused)]
    yield table(
        "quarantine",
        refused,
        {"quarantine_id": refusals, "stage": "validate", "status": "held",
         "page_id": page_ids[:refused], "reason": "too-short",
         "window_start": late - timedelta(hours=4),
         "record_json": '{"url": "https://made.example/"}', "body_sha256": [digest_of("body", f"{day}-{n}") * 2 for n in range(refused)]},
    )  # fmt: skip
    yield from _digest_tables(day, late, [(ids[n], stories[n].id, texts[n]) for n in placed[:_CITED]])
    yield table(
        "runs",
        24,
        {"run_id": runs, "dag_id": "news_ingest", "window_start": hours, "window_end": [h + timedelta(hours=1) for h in hours],
         "started_at": hours, "source_ids": [list(SOURCES)] * 24, "status": "success", "recorded_at": hours},
    )  # fmt: skip
    counted = [(run, hour, source) for run, hour in zip(runs, hours, strict=True) for source in SOURCES]
    by_run = {
        "run_id": [run for run, _, _ in counted], "window_start": [hour for _, hour, _ in counted],
        "source_id": [source for _, _, source in counted], "column": [source for _, _, source in counted],
    }  # fmt: skip
    nothing = dict.fromkeys(("updated", "unchanged", "duplicates", "quarantined", "failed"), 0)
    yield table("stage_counts", len(counted), by_run | nothing | {"stage": "extract", "unit": "pages"})
    yield table("quality_metrics", len(counted), by_run | {"suite": "articles", "expectation": "made", "success": True})
    yield table(
        "fetches",
        count,
        {"fetch_id": [digest_of("fetch", f"{day}-{n}") for n in range(count)], "source_id": sources, "url": facts["url"],
         "purpose": "page", "outcome": "ok", "requested_at": windows, "window_start": windows},
    )  # fmt: skip


def _digest_tables(
    day: date, built_at: datetime, cited: Sequence[tuple[str, str, str]]
) -> Iterator[tuple[str, pa.Table]]:
    """The final build of a day: a line for each cited article."""
    build = digest_of("build", day.isoformat())
    lines = [text[: text.index(".") + 1] for _, _, text in cited]
    stories = list(dict.fromkeys(story for _, story, _ in cited))
    given: dict[str, Values] = {
        "build_id": build, "digest_date": day, "status": "final", "built_at": built_at, "recorded_at": built_at,
        "rank": 1, "kind": "new", "writer": "extractive", "is_quiet": False, "role": "primary", "n": 1, "version": 1,
    }  # fmt: skip
    of_lines = given | {
        "development_id": [digest_of("line", known) for known, _, _ in cited], "text": lines, "quote": lines,
        "article_id": [known for known, _, _ in cited], "story_id": [story for _, story, _ in cited],
        "event_id": [story for _, story, _ in cited], "char_start": 0, "char_end": [len(line) for line in lines],
    }  # fmt: skip
    for name, rows, values in (
        ("digest_builds", 1, given),
        ("digests", len(stories), given | {"story_id": stories, "headline": "Made"}),
        ("developments", len(cited), of_lines),
        ("citations", len(cited), of_lines),
    ):
        yield name, _filled(TABLES[name], rows, day, values)


def _build_files(day: date) -> dict[str, bytes]:
    """The files of a build that tells nothing."""
    coverage = {"articles": 0, "copies": 0, "edits": 0, "quarantined": 0}
    rows = DigestRows(
        build_id=digest_of("build", day.isoformat()),
        digest_date=day,
        status="final",
        code_version=DIGEST_VERSION,
        digests=TABLES["digests"].empty(),
        developments=TABLES["developments"].empty(),
        citations=TABLES["citations"].empty(),
        corrections=TABLES["corrections"].empty(),
        sources=TABLES["articles"].empty(),
        stories={},
        coverage=coverage,
    )
    return render_files(make_document(rows))


def _filled(table: Table, count: int, day: date, given: Columns) -> pa.Table:
    """Rows with the given columns; the others are null, or something of their type where none may be null."""
    columns = []
    for f in table.row_schema:
        value = day if f.name == "day" else given.get(f.name, None if f.nullable else _something(f.type, day))
        is_one = not isinstance(value, list | tuple) or (pa.types.is_nested(f.type) and len(value) != count)
        columns.append(pa.array([value] * count if is_one else value, f.type))
    return pa.table(columns, schema=table.row_schema)


def _something(type_: pa.DataType, day: date) -> object:
    if pa.types.is_timestamp(type_):
        return _at(day, 1)
    if pa.types.is_nested(type_):
        return []
    return {pa.string(): "x", pa.int64(): 1, pa.float64(): 0.5, pa.bool_(): True, pa.binary(): b"x", pa.date32(): day}[
        type_
    ]


def _at(day: date, hour: int) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=hour)
