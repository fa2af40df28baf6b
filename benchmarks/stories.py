"""How well articles are grouped: a labelled stream, day by day in order, against its events; long stories besides.

    daybook bench stories --data PATH [--out FILE]

PATH holds `stories/stream.parquet` and, where wanted, `timelines/*/articles.parquet`; labels are read for scoring only.
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.errors import InputError
from pipeline.stories.clustering import cluster_day
from pipeline.stories.settings import StorySettings
from pipeline.stories.state import (
    ARTICLE_COLUMNS,
    LINEAGE_COLUMNS,
    NEW_ARTICLE_COLUMNS,
    PLACEMENT_COLUMNS,
    StoryState,
    empty_copies,
    follow_merges,
    keep_remembered,
)
from pipeline.tables import ARTICLES
from pipeline.tables.rows import rows_with

Figures = dict[str, float | int]


def run(data: Path, out: Path | None = None, settings: StorySettings | None = None) -> dict[str, Figures]:
    """Cluster the stream as one day after the other would have been, and score it.

    Args:
        data: The data folder.
        out: Where to write (id, event_id, story_id) of the stream as Parquet; None writes nothing.
        settings: Thresholds and spans; None takes the measured ones.
    Returns:
        Figures by part: `stream` and each of its sets, `tuned` and `held_out` (halves of the events by hash; settings
        were chosen on the first), and `long_stories` from the timelines. B-cubed `precision`, `recall`, `f1` and `ari`
        of events, `story_…` of stories; `articles` and, where measured, `articles_per_cpu_second`.
    Raises:
        InputError: the data are not there.
    """
    settings = settings or StorySettings()
    stream = _read(data / "stories" / "stream.parquet")
    figures: dict[str, Figures] = {}
    placed, seconds = cluster_stream(stream, settings)
    figures["stream"] = _score(stream, placed) | {"articles_per_cpu_second": round(stream.num_rows / seconds, 1)}
    for name in sorted(set(stream["set"].to_pylist())):
        figures[name] = _score(stream.filter(pc.equal(stream["set"], name)), placed)
    halves = pa.array([_half(row["set"], row["event"]) for row in stream.select(["set", "event"]).to_pylist()])
    for name, half in (("tuned", 0), ("held_out", 1)):
        part = stream.filter(pc.equal(halves, half))
        alone, _ = cluster_stream(part, settings)
        figures[name] = _score(part, alone)
    if (data / "timelines").is_dir():
        topics = [_topic(path, stream) for path in sorted((data / "timelines").glob("*/articles.parquet"))]
        long_stories = pa.concat_tables(topics)
        mixed, _ = cluster_stream(pa.concat_tables([stream.select(long_stories.schema.names), long_stories]), settings)
        figures["long_stories"] = {
            k: v for k, v in _score(long_stories, mixed).items() if k.startswith(("art", "stor"))
        }
    if out is not None:
        ids = sorted(placed)
        answer = {"id": ids, "event_id": [placed[i][0] for i in ids], "story_id": [placed[i][1] for i in ids]}
        pq.write_table(pa.table(answer), out)
    return figures


def cluster_stream(stream: pa.Table, settings: StorySettings) -> tuple[dict[str, tuple[str, str]], float]:
    """Cluster articles day by day, in order, as the warehouse would.

    Args:
        stream: id, published_at, title, text, source, language.
        settings: Thresholds and spans.
    Returns:
        Event and story of each id at the end, merges resolved, and the CPU seconds it took.
    """
    articles = _as_articles(stream)
    placed = StoryState.empty().placements
    state = StoryState.empty()
    started = time.process_time()
    for day in sorted(set(articles["day"].to_pylist())):
        today = articles.filter(pc.equal(articles["day"], pa.scalar(day, pa.date32())))
        recorded_at = datetime.combine(day + timedelta(days=1), datetime.min.time(), tzinfo=UTC)
        state = _forget(state, day - timedelta(days=settings.memory_days))
        clusters = cluster_day(day, today, state, empty_copies(), settings, recorded_at=recorded_at)
        placements = clusters.story_articles.select(list(PLACEMENT_COLUMNS))
        placed = pa.concat_tables([placed, placements])
        state = StoryState(
            placements=pa.concat_tables([state.placements, placements]),
            terms=pa.concat_tables([state.terms, clusters.article_terms]),
            articles=pa.concat_tables([state.articles, today.select(list(ARTICLE_COLUMNS))]),
            lineage=pa.concat_tables([state.lineage, clusters.story_lineage.select(list(LINEAGE_COLUMNS))]),
        )
    seconds = time.process_time() - started
    moved = follow_merges(state.lineage)
    ids, events, stories = (placed[name].to_pylist() for name in ("article_id", "event_id", "story_id"))
    found = ((event, moved.get(story, story)) for event, story in zip(events, stories, strict=True))
    return dict(zip(ids, found, strict=True)), seconds


def _forget(state: StoryState, since: date) -> StoryState:
    """The state as the warehouse would hand it over: stories with articles since a day."""
    placements = keep_remembered(state.placements, state.lineage, since)
    return StoryState(
        placements=placements,
        terms=state.terms.filter(pc.greater_equal(state.terms["day"], pa.scalar(since, pa.date32()))).combine_chunks(),
        articles=rows_with(state.articles, "article_id", placements["article_id"]).combine_chunks(),
        lineage=state.lineage,
    )


def b_cubed(truth: Sequence[str], answer: Sequence[str]) -> tuple[float, float, float]:
    """Precision, recall and F1 averaged over articles.

    Example:
        >>> b_cubed(["a", "a", "b", "b"], ["x", "x", "x", "x"])[:2]
        (0.5, 1.0)
    """
    of_truth, of_answer = Counter(truth), Counter(answer)
    both = Counter(zip(truth, answer, strict=True))
    precision = sum(n * n / of_answer[pair[1]] for pair, n in both.items()) / len(truth)
    recall = sum(n * n / of_truth[pair[0]] for pair, n in both.items()) / len(truth)
    return precision, recall, 2 * precision * recall / (precision + recall)


def adjusted_rand_index(truth: Sequence[str], answer: Sequence[str]) -> float:
    """Agreement on pairs of articles, 0 for chance and 1 for full agreement.

    Example:
        >>> adjusted_rand_index(["a", "a", "b"], ["x", "x", "y"])
        1.0
    """

    def pairs(counts: Counter[str] | Counter[tuple[str, str]]) -> float:
        return sum(n * (n - 1) / 2 for n in counts.values())

    in_truth, in_answer = pairs(Counter(truth)), pairs(Counter(answer))
    every = len(truth) * (len(truth) - 1) / 2
    by_chance = in_truth * in_answer / every if every else 0.0
    most = (in_truth + in_answer) / 2
    return (
        1.0 if most == by_chance else (pairs(Counter(zip(truth, answer, strict=True))) - by_chance) / (most - by_chance)
    )


def _score(stream: pa.Table, placed: dict[str, tuple[str, str]]) -> Figures:
    """The figures of one part."""
    rows = stream.select(["id", "set", "event", "story"]).to_pylist()
    events = [f"{row['set']}/{row['event']}" for row in rows]
    stories = [f"{row['set']}/{row['story']}" for row in rows]
    figures: Figures = {"articles": len(rows), "events": len(set(events)), "stories": len(set(stories))}
    for prefix, truth, level in (("", events, 0), ("story_", stories, 1)):
        answer = [placed[row["id"]][level] for row in rows]
        precision, recall, f1 = b_cubed(truth, answer)
        found = {"precision": precision, "recall": recall, "f1": f1, "ari": adjusted_rand_index(truth, answer)}
        figures |= {prefix + name: round(value, 4) for name, value in found.items()}
        figures[f"{prefix or 'event_'}found"] = len(set(answer))
    return figures


def _half(set_name: str, event: str) -> int:
    """Which half of the events one belongs to."""
    return hashlib.sha256(f"{set_name}/{event}".encode()).digest()[-1] % 2


def _read(path: Path) -> pa.Table:
    try:
        return pq.read_table(path)
    except (OSError, pa.ArrowInvalid) as error:
        raise InputError(f"cannot read {path}: {error}; --data names a folder with stories/stream.parquet") from error


def _topic(path: Path, stream: pa.Table) -> pa.Table:
    """One topic of the timelines as a story in the stream: moved as a block to begin with it; events are not labelled."""
    topic = path.parent.name
    rows = _read(path).select(["id", "published_at", "text", "language"]).to_pylist()
    moved = pc.min(stream["published_at"]).as_py().date() - min(row["published_at"] for row in rows).date()
    about = {"title": None, "source": None, "set": "long", "story": topic}
    rows = [
        row
        | about
        | {"id": f"{topic}/{row['id']}", "event": str(row["id"]), "published_at": row["published_at"] + moved}
        for row in rows
    ]
    return pa.Table.from_pylist(rows, schema=stream.schema)


def _as_articles(stream: pa.Table) -> pa.Table:
    """The stream as canonical articles, each on the day of its publication."""
    rows = []
    for row in stream.select(["id", "published_at", "title", "text", "source", "language"]).to_pylist():
        day: date = row["published_at"].date()
        rows.append(
            {
                "article_id": row["id"],
                "version": 1,
                "title": row["title"],
                "publisher": row["source"],
                "published_at": row["published_at"],
                "first_seen_at": row["published_at"],
                "language": row["language"],
                "text": row["text"] or "",
                "day": day,
            }
        )
    schema = pa.schema([ARTICLES.row_schema.field(name) for name in NEW_ARTICLE_COLUMNS])
    return pa.Table.from_pylist(rows, schema=schema)
