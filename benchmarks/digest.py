"""Measure the digest on journalists' timelines: each topic one story, told day by day as if live.

Says four things of the lines: that every citation is true (must be 1), how many were reported before (judged by another
likeness than the one that chose them), whether they name the days that journalists name, and how much of the
journalists' words they hold; and how often the days they speak for most are a journalist's, beside days drawn by lot. And how
fast they were chosen.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from scipy import sparse

from benchmarks.chosen_days import against_chance, by_day, choose_days
from benchmarks.claims import score_pairs
from benchmarks.reports import score_reports
from benchmarks.tokenised import as_printed
from pipeline.digest.build import build_digest
from pipeline.digest.draft import DigestDraft
from pipeline.digest.inputs import (
    COPIES,
    EARLIER_CITATIONS,
    EARLIER_LINES,
    PLACINGS,
    STORIES,
    THRESHOLDS,
    VERSIONS,
    DigestInputs,
)
from pipeline.digest.verify import verify_citations
from pipeline.errors import InputError
from pipeline.settings import Settings
from pipeline.text.sentences import find_sentences
from pipeline.windows import Window

# Two texts that share half of their 4-grams say the same in nearly the same words.
_SAME = 0.5


@dataclass(slots=True, kw_only=True)
class _Told:
    """What was told of one topic."""

    lines: list[dict[str, Any]] = field(default_factory=list)
    quotes: int = 0
    problems: list[str] = field(default_factory=list)
    cpu_seconds: float = 0.0
    articles: int = 0
    repeated: int = 0
    told_twice: int = 0
    corroborated: int = 0


def run(data: Path, out: Path | None = None) -> dict[str, Any]:
    """Tell every topic under `data` day by day and score the lines; count labelled pairs and events of several publishers.

    Args:
        data: A folder with a folder for each topic (`articles.parquet`, and `timelines.json` where there is a truth), or one
            that holds it as `timelines`; beside it `claims/pairs.jsonl` and `stories/stream.parquet`, where they are there. See
            the data's README for the columns.
        out: Where to write the lines as JSON Lines; None writes nothing.
    Returns:
        Figures over all topics, and by topic; `pairs` and `reports`, None where the folder has none.
    Raises:
        InputError: the folder holds none of these.
    """
    root = data / "timelines" if (data / "timelines").is_dir() else data
    topics = sorted(path.parent for path in root.glob("*/articles.parquet"))
    pairs, reports = score_pairs(data), score_reports(data)
    if not (topics or pairs or reports):
        raise InputError(f"{data} holds no topic folder with an articles.parquet; give the benchmark data's folder")
    figures = {}
    told_by_topic = {}
    for folder in topics:
        articles = pq.read_table(folder / "articles.parquet")
        told = told_by_topic[folder.name] = tell_topic(folder.name, articles)
        truth = folder / "timelines.json"
        timelines = json.loads(truth.read_text()) if truth.is_file() else []
        figures[folder.name] = _topic_figures(told, timelines)
    if out is not None:
        lines = (json.dumps(line, ensure_ascii=False) for told in told_by_topic.values() for line in told.lines)
        out.write_text("".join(f"{line}\n" for line in lines))
    return {
        **_total(list(told_by_topic.values()), figures),
        "topics": figures,
        "pairs": pairs,
        "reports": reports,
    }


def tell_topic(topic: str, articles: pa.Table) -> _Told:
    """Build a topic's digests, one for each day that has articles."""
    told = _Told(articles=articles.num_rows)
    days = pc.cast(articles["published_at"], pa.date32())
    texts = dict(zip(articles["id"].to_pylist(), articles["text"].to_pylist(), strict=True))
    rows = [
        {**row, "day": day, "text": as_printed(row["text"]), "text_sha256": _sha256(row["text"])}
        for row, day in zip(articles.to_pylist(), days.to_pylist(), strict=True)
    ]
    printed = {row["id"]: row["text"] for row in rows}
    judge = _Judge(rows)
    published: list[dict[str, Any]] = []
    for today in sorted(set(days.to_pylist())):
        inputs = _inputs(topic, today, rows, published)
        start = time.process_time()
        draft = build_digest(inputs, Settings(), now=Window.of_day(today).end)
        told.cpu_seconds += time.process_time() - start
        told.problems += verify_citations(
            draft.developments, draft.citations, {(key, 1): text for key, text in printed.items()}
        )
        told.quotes += draft.citations.num_rows
        lines = [d["text"] for d in draft.developments.to_pylist()]
        told.repeated += judge.count_said_before(lines, today)
        told.told_twice += count_told_twice(lines, [line["text"] for line in published])
        told.corroborated += sum(n > 1 for n in draft.developments["article_count"].to_pylist())
        told.lines += _answers(topic, draft, texts)
        published += draft.developments.select(EARLIER_LINES.names).to_pylist()
    return told


def _sha256(text: str) -> str:
    """The hash that the warehouse keeps beside a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def _inputs(
    topic: str, today: date, rows: Sequence[Mapping[str, Any]], published: list[dict[str, Any]]
) -> DigestInputs:
    """What the pipeline would know on a day."""
    oldest = today - timedelta(THRESHOLDS.lookback_days)
    earlier = sorted((row for row in rows if row["day"] < today), key=lambda row: row["day"])
    earlier = [row for row in earlier[: -THRESHOLDS.lookback_articles] if row["day"] >= oldest] + earlier[
        -THRESHOLDS.lookback_articles :
    ]
    known = earlier + [row for row in rows if row["day"] == today]
    story = {"story_id": topic, "article_count": len(known), "publisher_count": len(known), "origin_count": len(known)}
    placings = [{"article_id": r["id"], "story_id": topic, "event_id": topic, "day": r["day"]} for r in known]
    versions = [
        {**r, "article_id": r["id"], "version": 1, "cause": "new", "content_kind": "news", "version_day": r["day"]}
        for r in known
    ]
    return DigestInputs(
        digest_date=today,
        status="final",
        stories=pa.Table.from_pylist([story], schema=STORIES),
        placings=pa.Table.from_pylist(placings, schema=PLACINGS),
        versions=pa.Table.from_pylist(versions, schema=VERSIONS),
        copies=COPIES.empty_table(),
        earlier_lines=pa.Table.from_pylist(published, schema=EARLIER_LINES),
        earlier_citations=EARLIER_CITATIONS.empty_table(),
        coverage={},
    )


def _answers(topic: str, draft: DigestDraft, texts: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """The raw answers of one day."""
    citations = defaultdict(list)
    for c in sorted(draft.citations.to_pylist(), key=lambda c: c["n"]):
        cited = {name: c[name] for name in ("article_id", "char_start", "char_end")}
        cited["quote"] = texts[c["article_id"]][c["char_start"] : c["char_end"]]
        citations[c["development_id"]].append(cited)
    for line in sorted(draft.developments.to_pylist(), key=lambda d: d["rank"]):
        yield {
            "topic": topic,
            "digest_date": line["digest_date"].isoformat(),
            "event_date": line["event_date"].isoformat() if line["event_date"] else None,
            "rank": line["rank"],
            "score": line["weight"],
            "text": citations[line["development_id"]][0]["quote"],
            "citations": citations[line["development_id"]],
        }


class _Judge:
    """Tells which lines were said before, by another likeness than the one that chose them: 4-grams of characters."""

    def __init__(self, rows: Sequence[Mapping[str, Any]]) -> None:
        dated = sorted((row["day"], row["text"]) for row in rows)
        said = [(day, text[s.start : s.end]) for day, text in dated for s in find_sentences(text, "en")]
        self._days = [day for day, _ in said]
        grams = [_grams(sentence) for _, sentence in said]
        self._sizes = np.array([len(g) for g in grams])
        self._known, columns = np.unique(np.concatenate(grams), return_inverse=True)
        self._sentences = _matrix(self._sizes, columns, len(self._known))

    def count_said_before(self, lines: Sequence[str], today: date) -> int:
        """How many lines share half of their 4-grams with a sentence of any article of an earlier day."""
        before = bisect_left(self._days, today)
        if not lines or not before:
            return 0
        grams = [g[np.isin(g, self._known)] for g in map(_grams, lines)]  # a line is a span: no gram of it is unknown
        sizes = np.array([len(g) for g in grams])
        told = _matrix(sizes, np.searchsorted(self._known, np.concatenate(grams)), len(self._known))
        shared = (self._sentences[:before] @ told.T).toarray()
        union = self._sizes[:before, None] + sizes[None, :] - shared
        return int(((shared / np.maximum(union, 1)).max(axis=0) >= _SAME).sum())


def count_told_twice(lines: Sequence[str], earlier: Sequence[str]) -> int:
    """How many lines share half of their 4-grams with a line above them, or of an earlier digest."""
    known = [_grams(text) for text in earlier]
    twice = 0
    for line in lines:
        grams = _grams(line)
        shared = (len(np.intersect1d(grams, other, assume_unique=True)) for other in known)
        twice += any(n >= _SAME * (len(grams) + len(other) - n) for n, other in zip(shared, known, strict=True))
        known.append(grams)
    return twice


def _matrix(sizes: np.ndarray[Any, Any], columns: np.ndarray[Any, Any], width: int) -> sparse.csr_array:
    """Rows of ones."""
    starts = np.concatenate([[0], np.cumsum(sizes)])
    return sparse.csr_array((np.ones(len(columns), dtype=np.int32), columns, starts), shape=(len(sizes), width))


def _grams(text: str) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """The distinct 4-grams of characters, as numbers."""
    folded = " ".join(text.casefold().split()).encode("utf-32-le")
    points = np.frombuffer(folded, dtype=np.uint32).astype(np.int64)
    if len(points) < 4:
        return np.array([int(points.sum())], dtype=np.int64)
    return np.unique(((points[:-3] * 1114112 + points[1:-2]) * 31 + points[2:-1]) * 1114112 + points[3:])


def _topic_figures(told: _Told, timelines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The figures of one topic; dates and words are means over its timelines."""
    scores = [_score_timeline(told.lines, timeline["entries"]) for timeline in timelines]
    chance = [against_chance(told.lines, [*map(date.fromisoformat, t["entries"])]) for t in timelines]
    return {
        "articles": told.articles,
        "lines": len(told.lines),
        "citation_accuracy": round(1 - len(told.problems) / max(1, told.quotes), 6),
        "said_before": round(told.repeated / max(1, len(told.lines)), 4),
        "told_twice": round(told.told_twice / max(1, len(told.lines)), 4),
        "corroborated": round(told.corroborated / max(1, len(told.lines)), 4),
        **({"date_f1": _mean(s[0] for s in scores), "ar1": _mean(s[1] for s in scores)} if scores else {}),
        **({"chosen_days": _mean(c[0] for c in chance), "drawn_days": _mean(c[1] for c in chance)} if chance else {}),
        "articles_per_cpu_second": round(told.articles / max(1e-9, told.cpu_seconds), 1),
    }


def _total(told: Sequence[_Told], figures: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The figures over all topics: shares over lines, dates and words as means over topics."""
    lines = sum(len(t.lines) for t in told)
    articles = sum(t.articles for t in told)
    return {
        "articles": articles,
        "lines": lines,
        "citation_accuracy": round(1 - sum(len(t.problems) for t in told) / max(1, sum(t.quotes for t in told)), 6),
        "said_before": round(sum(t.repeated for t in told) / max(1, lines), 4),
        "told_twice": round(sum(t.told_twice for t in told) / max(1, lines), 4),
        "date_f1": _mean(f["date_f1"] for f in figures.values() if "date_f1" in f),
        "ar1": _mean(f["ar1"] for f in figures.values() if "ar1" in f),
        "articles_per_cpu_second": round(articles / max(1e-9, sum(t.cpu_seconds for t in told)), 1),
    }


def _mean(values: Iterable[float]) -> float | None:
    """The mean, None of nothing."""
    kept = list(values)
    return round(float(np.mean(kept)), 4) if kept else None


def _score_timeline(lines: Sequence[Mapping[str, Any]], entries: Mapping[str, Sequence[str]]) -> tuple[float, float]:
    """Date F1 and aligned ROUGE-1 F of the lines, cut to the timeline's own number of days and of sentences a day."""
    gold = {date.fromisoformat(day): sentences for day, sentences in entries.items()}
    per_day = max(1, round(sum(map(len, gold.values())) / len(gold)))
    days = by_day(lines, list(gold))
    told = {
        day: [line["text"] for line in sorted(days[day], key=lambda n: (-n["score"], n["rank"]))[:per_day]]
        for day in choose_days(days, len(gold))
    }
    hits = len(told.keys() & gold.keys())
    return 2 * hits / (len(told) + len(gold)), _aligned_rouge(told, gold)


def _aligned_rouge(told: Mapping[date, Sequence[str]], gold: Mapping[date, Sequence[str]]) -> float:
    """ROUGE-1 F where each day is held against its best partner, a match n days off counting 1 / (1 + n)."""
    told_words = {day: _words(lines) for day, lines in told.items()}
    gold_words = {day: _words(lines) for day, lines in gold.items()}

    def matched(ours: Mapping[date, Counter[str]], theirs: Mapping[date, Counter[str]]) -> float:
        best = (
            max((sum((words & t).values()) / (1 + abs((day - other).days)) for other, t in theirs.items()), default=0)
            for day, words in ours.items()
        )
        return sum(best) / max(1, sum(sum(w.values()) for w in ours.values()))

    precision, recall = matched(told_words, gold_words), matched(gold_words, told_words)
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _words(sentences: Sequence[str]) -> Counter[str]:
    """The words of a day's sentences, counted."""
    return Counter(re.findall(r"\w+", " ".join(sentences).casefold()))
