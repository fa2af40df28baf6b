"""How many edited copies dedupe finds, how many of its finds are right, and what that costs.

No labelled set of today's news copies is open, so copies are made: each original is edited in one of eight ways that
wire copy meets on its way to print. Two runs are scored: all articles in one batch without times of publication, so
that length alone chooses the canonical one; and originals recorded first, copies arriving later.
"""

from __future__ import annotations

import random
import re
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from scipy import sparse

from pipeline.dedupe.duplicates import find_duplicates
from pipeline.dedupe.fingerprints import fingerprint_articles, shingle_text
from pipeline.dedupe.overlap import DUPLICATE_THRESHOLDS
from pipeline.errors import InputError
from pipeline.tables import ARTICLES

# Cut to 30 %, a text of 300 words still has the 90 that comparing by parts needs.
LEAST_WORDS = 300
MOST_ORIGINALS = 2000
# Originals that share more than this with another one are set aside: whether they are copies is what nobody labelled.
MOST_SHARED = 0.3
SEED = 20261123

_NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"”’']?\s+|\n+")
_FURNITURE = (
    "Sign up for our newsletter and never miss a story from your region.",
    "This article was first published by our news desk. All rights reserved.",
)

Sentences = list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Editor:
    """A hand that edits: its chance and the words it may put in."""

    chance: random.Random
    vocabulary: Sequence[str]

    def sentence(self) -> str:
        """A sentence of its own: words of the corpus in an order that no article has."""
        return " ".join(self.chance.choices(self.vocabulary, k=self.chance.randint(12, 24))).capitalize() + "."

    def reword(self, sentences: Sentences, share: float) -> Sentences:
        """Replace a share of the words."""
        return [
            " ".join(self.chance.choice(self.vocabulary) if self.chance.random() < share else w for w in s.split())
            for s in sentences
        ]

    def drop(self, sentences: Sentences, count: int) -> Sentences:
        """Leave out some sentences."""
        gone = set(self.chance.sample(range(len(sentences)), min(count, len(sentences) - 1)))
        return [s for i, s in enumerate(sentences) if i not in gone]

    def shuffle(self, sentences: Sentences) -> Sentences:
        """Bring the sentences into another order."""
        return self.chance.sample(sentences, len(sentences))


def _cut(sentences: Sentences, share: float) -> Sentences:
    """Keep the first sentences, up to a share of the words and at least one."""
    wanted = share * sum(len(s.split()) for s in sentences)
    kept: Sentences = []
    while not kept or (len(kept) < len(sentences) and sum(len(s.split()) for s in kept) < wanted):
        kept.append(sentences[len(kept)])
    return kept


def _with_local_paragraphs(editor: _Editor, sentences: Sentences) -> Sentences:
    """Two thirds of the text, then a sixth as much of one's own."""
    kept = _cut(sentences, 0.67)
    return [*kept, *(editor.sentence() for _ in range(max(1, len(kept) // 4)))]


LEVELS: dict[str, Callable[[_Editor, Sentences], Sentences]] = {
    "L1 title repeated, furniture": lambda e, s: [s[0], *s, *_FURNITURE],
    "L2 2% words, a sentence dropped": lambda e, s: e.reword(e.drop(s, 1), 0.02),
    "L3 8% words, 10% sentences dropped, new intro": lambda e, s: [
        "URGENT: " + e.sentence(),
        *e.reword(e.drop(s, max(1, len(s) // 10)), 0.08),
    ],
    "L4 cut to 50%": lambda e, s: _cut(s, 0.5),
    "L5 cut to 30%": lambda e, s: _cut(s, 0.3),
    "L6 two thirds, local paragraphs": _with_local_paragraphs,
    "L7 25% words, shuffled": lambda e, s: e.shuffle(e.reword(s, 0.25)),
    "L8 cut to 60%, 5% words, dateline": lambda e, s: ["ORREL (Newswire) -", *e.reword(_cut(s, 0.6), 0.05)],
}


def run(data: Path, out: Path | None = None) -> dict[str, Any]:
    """Make copies of real articles and score what dedupe finds.

    Args:
        data: A folder with stories/stream.parquet and, if present, timelines/*/articles.parquet.
        out: Where to write (id, canonical_id) of the one-batch run as Parquet; None writes nothing.
    Returns:
        See `score`, and for the real articles as they are: how many of those that share enough with another one, by
        comparing all with all, dedupe marks or takes for canonical.
        Of a folder with a truth of its own (duplicates/truth.parquet: id, text, origin_id, level) recall by level and pair
        precision.
    Raises:
        InputError: the folder holds neither stream.parquet nor a truth.
    """
    truth = data / "duplicates" / "truth.parquet"
    if truth.is_file():
        return _score_truth(pq.read_table(truth), out)
    texts = _long_texts(data)
    apart = _mutually_unlike(texts)
    chosen = [texts[i] for i in apart]
    figures = {"texts": len(texts), "set_aside": len(texts) - len(chosen)}
    figures |= score(chosen[:MOST_ORIGINALS], seed=SEED, out=out)
    return figures | {"real": _score_real(texts)}


def score(originals: Sequence[str], *, seed: int, out: Path | None = None) -> dict[str, Any]:
    """Edit each original once, level by level in turn, and score both runs.

    Args:
        originals: Texts that do not share much with each other.
        seed: Fixes the edits.
        out: As in `run`.
    Returns:
        recall of each level in one batch (`recall`) and with the originals recorded first (`recall_known`): share of
        the copies attached to their own original, or their original to them; pair_precision of both runs; kinds
        found; fingerprints and searched articles per CPU second.
    """
    ids, texts, levels = make_copies(originals, seed=seed)
    started = time.process_time()
    batch = _articles(ids, texts)
    prepared = time.process_time()
    prints = fingerprint_articles(batch)
    fingerprinted = time.process_time()
    nothing = ARTICLES.empty()
    found = find_duplicates(
        batch, prints, known=nothing, known_fingerprints=prints.slice(0, 0), texts_of=lambda ids: {}
    )
    searched = time.process_time()
    if out:
        links = dict(zip(found["article_id"].to_pylist(), found["canonical_id"].to_pylist(), strict=True))
        pq.write_table(pa.table({"id": ids, "canonical_id": [links.get(i, i) for i in ids]}), out)

    count = len(originals)
    by_id = dict(zip(ids, texts, strict=True))
    found_known = find_duplicates(
        batch.slice(count),
        prints.slice(count),
        known=batch.slice(0, count),
        known_fingerprints=prints.slice(0, count),
        texts_of=lambda wanted: {i: by_id[i] for i in wanted},
    )
    return {
        "originals": count,
        "copies": len(levels),
        "mean_chars": round(sum(map(len, texts)) / len(texts)),
        **_scores(found, levels, ""),
        **_scores(found_known, levels, "_known"),
        "kinds": dict(Counter(found["kind"].to_pylist())),
        "fingerprints_per_cpu_second": round(len(ids) / (fingerprinted - prepared)),
        "searched_per_cpu_second": round(len(ids) / (searched - fingerprinted)),
        "cpu_seconds": round(time.process_time() - started, 2),
    }


def make_copies(originals: Sequence[str], *, seed: int) -> tuple[list[str], list[str], dict[str, str]]:
    """Give the originals and one edited copy of each.

    Returns:
        ids (originals first; an original and its copy share the part after the letter), texts, and the level of each
        copy's id.
    """
    vocabulary = sorted({word for text in originals for word in re.findall(r"[^\W\d_]{3,}", text.lower())})
    editor = _Editor(chance=random.Random(seed), vocabulary=vocabulary)
    names = list(LEVELS)
    copies, levels = [], {}
    for n, text in enumerate(originals):
        level = names[n % len(names)]
        sentences = [s for s in _SENTENCE_END.split(text) if s.strip()]
        copies.append("\n\n".join(LEVELS[level](editor, sentences)))
        levels[f"c{n:05}"] = level
    ids = [f"o{n:05}" for n in range(len(originals))] + list(levels)
    return ids, [*originals, *copies], levels


def _scores(found: pa.Table, levels: Mapping[str, str], suffix: str) -> dict[str, Any]:
    """Recall by level, over all, and precision of the pairs."""
    pairs = list(zip(found["article_id"].to_pylist(), found["canonical_id"].to_pylist(), strict=True))
    right = {one[1:] for one, other in pairs if one[1:] == other[1:]}
    asked = Counter(levels.values())
    met = Counter(level for copy, level in levels.items() if copy[1:] in right)
    return {
        f"recall{suffix}": {level: round(met[level] / n, 4) for level, n in sorted(asked.items())},
        f"recall_all{suffix}": round(len(right) / len(levels), 4) if levels else None,
        f"pair_precision{suffix}": round(sum(a[1:] == b[1:] for a, b in pairs) / len(pairs), 4) if pairs else None,
    }


def _score_real(texts: Sequence[str]) -> dict[str, Any]:
    """What sampling loses on real articles: finds against a comparison of all with all."""
    ids = [f"r{n:05}" for n in range(len(texts))]
    batch = _articles(ids, texts)
    prints = fingerprint_articles(batch)
    found = find_duplicates(
        batch, prints, known=ARTICLES.empty(), known_fingerprints=prints.slice(0, 0), texts_of=lambda ids: {}
    )
    shared, sizes = _shared_shingles(texts)
    smaller = np.minimum(sizes[shared.row], sizes[shared.col])
    enough = (shared.data >= DUPLICATE_THRESHOLDS.containment * smaller) & (shared.data >= DUPLICATE_THRESHOLDS.shared)
    enough &= (smaller >= DUPLICATE_THRESHOLDS.shingles) & (shared.row < shared.col)
    alike = {int(i) for i in (*shared.row[enough], *shared.col[enough])}
    marked = {int(i[1:]) for name in ("article_id", "canonical_id") for i in found[name].to_pylist()}
    return {
        "articles": len(texts),
        "alike_by_full_comparison": len(alike),
        "share_found": round(len(alike & marked) / len(alike), 4) if alike else None,
        "duplicates": found.num_rows,
        "kinds": dict(Counter(found["kind"].to_pylist())),
    }


def _score_truth(truth: pa.Table, out: Path | None) -> dict[str, Any]:
    """Recall by level and precision of pairs against what each article is a copy of (itself, if of nothing)."""
    ids, texts, origins, levels = (truth[name].to_pylist() for name in ("id", "text", "origin_id", "level"))
    batch = _articles(ids, texts)
    found = find_duplicates(
        batch,
        fingerprint_articles(batch),
        known=ARTICLES.empty(),
        known_fingerprints=fingerprint_articles(ARTICLES.empty()),
        texts_of=lambda ids: {},
    )
    links = dict(zip(found["article_id"].to_pylist(), found["canonical_id"].to_pylist(), strict=True))
    canonical = {i: links.get(i, i) for i in ids}
    if out:
        pq.write_table(pa.table({"id": ids, "canonical_id": list(canonical.values())}), out)
    origin = dict(zip(ids, origins, strict=True))
    copies = [(i, level) for i, level in zip(ids, levels, strict=True) if origin[i] != i]
    asked = Counter(level for _, level in copies)
    met = Counter(level for i, level in copies if canonical[i] == canonical.get(origin[i]))
    right = sum(origin[one] == origin.get(other) for one, other in links.items())
    return {
        "articles": len(ids),
        "copies": len(copies),
        "recall": {str(level): round(met[level] / n, 4) for level, n in sorted(asked.items(), key=str)},
        "recall_all": round(sum(met.values()) / len(copies), 4) if copies else None,
        "pair_precision": round(right / len(links), 4) if links else None,
    }


def _articles(ids: Sequence[str], texts: Sequence[str]) -> pa.Table:
    """Article rows with what dedupe reads, and no time of publication."""
    fixed = {
        "version": 1, "cause": "new", "source_id": "bench", "authors": [], "window_start": _NOW, "first_seen_at": _NOW,
        "language": "en", "text_sha256": "", "word_count": 0, "content_kind": "news", "cleaning_rules": [],
        "extractor_version": "0", "version_window_start": _NOW, "fetched_at": _NOW, "run_id": "bench",
        "recorded_at": _NOW, "day": _NOW.date(),
    }  # fmt: skip
    rows: list[Mapping[str, Any]] = [
        {**fixed, "article_id": i, "page_id": i, "text": text} for i, text in zip(ids, texts, strict=True)
    ]
    return ARTICLES.rows(rows)


def _long_texts(data: Path) -> list[str]:
    """The distinct texts of the data with enough words, in a fixed order."""
    stream = data / "stories" / "stream.parquet"
    if not stream.is_file():
        raise InputError(f"{stream} is missing; give the folder that holds stories/stream.parquet as --data")
    files = [stream, *sorted(data.glob("timelines/*/articles.parquet"))]
    texts = (text for file in files for text in pq.read_table(file, columns=["text"])["text"].to_pylist())
    return list(dict.fromkeys(text for text in texts if text and len(text.split()) >= LEAST_WORDS))


def _shared_shingles(texts: Sequence[str]) -> tuple[sparse.coo_matrix, np.ndarray[Any, Any]]:
    """Shingles in common of every pair of texts, counted without any sampling; and each text's own number of them."""
    hashes = [shingle_text(text).hashes for text in texts]
    sizes = np.array([len(h) for h in hashes])
    _, columns = np.unique(np.concatenate(hashes), return_inverse=True)
    rows = np.repeat(np.arange(len(texts)), sizes)
    matrix = sparse.csr_matrix((np.ones(len(columns), dtype=np.int32), (rows, columns)))
    return (matrix @ matrix.T).tocoo(), sizes


def _mutually_unlike(texts: Sequence[str]) -> list[int]:
    """Positions of texts that share little with any earlier one kept."""
    shared, sizes = _shared_shingles(texts)
    alike = shared.data > MOST_SHARED * np.minimum(sizes[shared.row], sizes[shared.col])
    neighbours: dict[int, set[int]] = {}
    for one, other in zip(shared.row[alike].tolist(), shared.col[alike].tolist(), strict=True):
        neighbours.setdefault(one, set()).add(other)
    kept: set[int] = set()
    for i in range(len(texts)):
        if not neighbours.get(i, set()) & kept:
            kept.add(i)
    return sorted(kept)
