"""Measure which sentences are shown as sources of each other, on pairs that a reader labelled.

A pair is two sentences of different articles on one story and day. The rule that is measured is the digest's own: the
likeness among all sentences of that story and day, and what is asked beside it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from benchmarks.tokenised import as_printed
from pipeline.digest.claims import confirms
from pipeline.digest.evidence import Article
from pipeline.digest.features import Sentence, read_line
from pipeline.digest.inputs import THRESHOLDS
from pipeline.digest.reading import told_sentences
from pipeline.digest.vectors import article_rows, similarities, term_rows, vectorise

# Which labels count as right: strictly, and with what overlaps in part.
STRICT = frozenset({"same"})
WITH_PARTLY = frozenset({"same", "partly"})
DRAWS = 2_000
_SEED = 16

Row = Mapping[str, Any]


def score_pairs(data: Path) -> dict[str, Any] | None:
    """Precision and recall of shown sources, by the pairs' weights and without, with bootstrap intervals over groups.

    Args:
        data: The folder that holds claims/pairs.jsonl beside the articles it names (stories, timelines).
    Returns:
        Figures; None where there are no pairs.
    """
    file = data / "claims" / "pairs.jsonl"
    if not file.is_file():
        return None
    pairs = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line]
    groups: defaultdict[str, list[Row]] = defaultdict(list)
    for pair in pairs:
        groups[pair["group"]].append(pair)
    shown: dict[str, bool] = {}
    for articles, earlier, members in _story_days(data, groups):
        shown |= _shown(articles, earlier, members)
    return {
        "pairs": len(pairs),
        "shown": sum(shown.values()),
        "by_weight": _figures(pairs, shown, lambda pair: float(pair["weight"])),
        "unweighted": _figures(pairs, shown, lambda pair: 1.0),
    }


def _story_days(
    data: Path, groups: Mapping[str, Sequence[Row]]
) -> list[tuple[list[Article], list[Article], Sequence[Row]]]:
    """For each group its articles, what its story said before, and its pairs."""
    stream = data / "stories" / "stream.parquet"
    rows = pq.read_table(stream).to_pylist() if stream.is_file() else []
    event_of = {row["id"]: (row["set"], row["event"]) for row in rows}
    events: defaultdict[tuple[str, str], list[Article]] = defaultdict(list)
    for row in rows:
        events[event_of[row["id"]]].append(_article(row))
    found: list[tuple[list[Article], list[Article], Sequence[Row]]] = []
    topics: dict[str, list[Article]] = {}
    for group, members in groups.items():
        first = members[0]["a_article"]
        if first in event_of:
            found.append((events[event_of[first]], [], members))
            continue
        topic, day = group.split(":")
        if topic not in topics:
            file = data / "timelines" / topic / "articles.parquet"
            topics[topic] = [_article(row) for row in pq.read_table(file).to_pylist()]
        today = [a for a in topics[topic] if str(a.published_date) == day]
        before = sorted((a for a in topics[topic] if str(a.published_date) < day), key=lambda a: str(a.published_date))
        oldest = today[0].published_date - timedelta(THRESHOLDS.lookback_days) if today[0].published_date else None
        kept = before[-THRESHOLDS.lookback_articles :]
        kept += [a for a in before[: -THRESHOLDS.lookback_articles] if oldest and str(a.published_date) >= str(oldest)]
        found.append((today, kept, members))
    return found


def _article(row: Row) -> Article:
    return Article(
        article_id=row["id"],
        version=1,
        event_id="",
        origin=row["source"] or row["id"],
        publisher=row["source"] or row["id"],
        language=row["language"],
        title=row["title"],
        text=as_printed(row["text"] or ""),
        published_at=row["published_at"],
    )


def _shown(articles: Sequence[Article], earlier: Sequence[Article], pairs: Sequence[Row]) -> dict[str, bool]:
    """Which pairs the digest would show as sources of each other, in either direction."""
    said = [(a.article_id, s) for a in articles for s in told_sentences(a)]
    vectors, _ = vectorise([term_rows([s for _, s in said]), *(article_rows(a.text, a.language) for a in earlier)])
    language = {a.article_id: a.language for a in articles}
    shown = {}
    for pair in pairs:
        i, one = _find(said, pair["a_article"], pair["a"])
        j, other = _find(said, pair["b_article"], pair["b"])
        likeness = float(similarities(vectors[[i]], vectors[[j]]).sum())
        shown[pair["id"]] = confirms(one, other, likeness, language[pair["a_article"]], THRESHOLDS) or confirms(
            other, one, likeness, language[pair["b_article"]], THRESHOLDS
        )
    return shown


def _find(said: Sequence[tuple[str, Sentence]], article_id: str, text: str) -> tuple[int, Sentence]:
    """The sentence of an article that a pair speaks of: the one that shares most terms with it."""
    wanted = set(read_line(text).terms)

    def shared(place: int) -> tuple[float, int]:
        terms = set(said[place][1].terms)
        return (len(terms & wanted) / max(1, len(terms | wanted)), -place)

    best = max((n for n, (key, _) in enumerate(said) if key == article_id), key=shared)
    return best, said[best][1]


def _figures(pairs: Sequence[Row], shown: Mapping[str, bool], weigh: Any) -> dict[str, Any]:
    """Precision, precision with what is partly right, and recall, each with a 95 % interval over groups."""
    names = sorted({pair["group"] for pair in pairs})
    place = {name: n for n, name in enumerate(names)}
    sums = np.zeros((len(names), 4))  # shown, shown and same, shown and same or partly, same
    for pair in pairs:
        weight, is_shown = weigh(pair), shown[pair["id"]]
        same, partly = pair["label"] in STRICT, pair["label"] in WITH_PARTLY
        sums[place[pair["group"]]] += weight * np.array(
            [is_shown, is_shown and same, is_shown and partly, same], dtype=float
        )
    chance = np.random.default_rng(_SEED)
    draws = np.array([_shares(sums[chance.integers(0, len(names), len(names))].sum(axis=0)) for _ in range(DRAWS)])
    figures: dict[str, Any] = {}
    for n, name in enumerate(("precision", "precision_with_partly", "recall")):
        figures[name] = round(float(_shares(sums.sum(axis=0))[n]), 4)
        figures[f"{name}_95"] = [round(float(x), 4) for x in np.nanpercentile(draws[:, n], [2.5, 97.5])]
    return figures


def _shares(sums: np.ndarray[Any, Any]) -> tuple[float, float, float]:
    shown, right, partly, same = sums
    return (
        right / shown if shown else float("nan"),
        partly / shown if shown else float("nan"),
        right / same if same else float("nan"),
    )
