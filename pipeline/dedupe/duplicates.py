"""New articles attached to the one canonical article whose text they repeat."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.dedupe.candidates import BatchIndex, list_hashes
from pipeline.dedupe.fingerprints import shingle_text
from pipeline.dedupe.known import ArticleContext, KnownArticles
from pipeline.dedupe.overlap import Overlap, kind_of_duplicate, measure_overlap
from pipeline.tables import DUPLICATES
from pipeline.text.shingles import Hashes

TextsOf = Callable[[Sequence[str]], Mapping[str, str]]

_LATEST = datetime.max.replace(tzinfo=UTC)
_NOTHING_KNOWN = ArticleContext(language=None, publisher=None)
_TEXTS_AT_HAND = 4096  # shingled texts kept for the next comparison, some 3 KB each
_READ = (
    "article_id", "publisher", "language", "canonical_url", "declared_original_url", "published_at",
    "published_at_precision", "text", "recorded_at", "day",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _NewArticle:
    """One article of the batch: its row, its fingerprint, and what is known of it from before."""

    row: Mapping[str, Any]
    text_key: str
    size: int
    is_known: bool
    assigned_canonical: str | None  # of a known article: the canonical one it is attached to

    @property
    def id(self) -> str:
        return str(self.row["article_id"])

    @property
    def is_canonical(self) -> bool:
        """Whether it is known as a canonical article, and so stays one."""
        return self.is_known and self.assigned_canonical is None

    @property
    def sort_key(self) -> tuple[bool, bool, datetime, int, str]:
        """Where it stands in the order of looking, first one first: see find_duplicates."""
        is_timed = self.row["published_at_precision"] in ("second", "minute")
        return (
            not self.is_canonical,
            self.row["declared_original_url"] is not None,
            self.row["published_at"] if is_timed and self.row["published_at"] else _LATEST,
            -self.size,
            self.id,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Match:
    """A newcomer's verified match with a canonical article."""

    canonical_id: str
    kind: str
    overlap: Overlap

    @property
    def rank(self) -> tuple[bool, float, float, str]:
        """Best first: the same words, then by what they share."""
        return (not self.overlap.is_exact, -self.overlap.containment, -self.overlap.jaccard, self.canonical_id)


def find_duplicates(
    new: pa.Table,
    new_fingerprints: pa.Table,
    *,
    known: pa.Table,
    known_fingerprints: pa.Table,
    texts_of: TextsOf,
) -> pa.Table:
    """Attach each new article that repeats another's text to one canonical article, which is no duplicate itself.

    Known articles come first: what was recorded earlier stays canonical. The new ones are looked at in one fixed
    order, each compared with the canonical ones before it, so that the order of rows changes nothing. First come
    those that do not declare another page as their original, since the declared one is nearer to the source; then the
    earliest published where the time is known to the minute, since a copy follows its origin; then the longer text,
    since cuts are made from it; then by id. A text that matches a known duplicate is attached to that one's canonical
    if it matches that one's text too, else to none: matches do not chain.

    A new version of a known article keeps its place: it stays canonical, met by the batch in its new form, or stays
    with its own canonical and is measured anew against that one alone (no row where they no longer match).

    Different languages never match. A publisher's own earlier text makes a copy only of what it prints again, cut or
    whole: half of it under new paragraphs is a further report.

    Args:
        new: ARTICLES rows to be recorded, new or changed; ids are distinct.
        new_fingerprints: A FINGERPRINTS row for each of them, in any order.
        known: Known articles, at least those of `known_fingerprints` and `new`, and their canonical ones: article_id,
            duplicate_of, language, canonical_url, and publisher (without the column it counts as unknown). More rows
            are welcome: declared originals are found by URL in all of them.
        known_fingerprints: FINGERPRINTS rows of the known articles to compare with (say, of seven days).
        texts_of: Gives the current texts of known articles by id; called at most once. An id that it leaves out
            matches nothing.
    Returns:
        One DUPLICATES row per new article that is a duplicate, sorted by article_id; recorded_at and day are the
        article's.
    """
    if not new.num_rows:
        return DUPLICATES.empty()
    fingerprints = new_fingerprints.take(pc.index_in(new["article_id"], value_set=new_fingerprints["article_id"]))
    past = KnownArticles(known, known_fingerprints, new["article_id"].to_pylist())
    articles = _new_articles(new, fingerprints, past)
    matches = _Search(articles, list_hashes(fingerprints), past).run(texts_of)
    found = sorted((article for article in articles if article.id in matches), key=lambda article: article.id)
    return DUPLICATES.rows([_duplicate_row(article, matches[article.id]) for article in found])


class _Search:
    """One batch on its way to its matches. Candidates are ids of canonical articles, within the batch or beyond it."""

    def __init__(self, articles: Sequence[_NewArticle], hashes: Sequence[Hashes], past: KnownArticles) -> None:
        self._new_articles = articles
        self._past = past
        self._batch = {article.id for article in articles}
        self._declared = _declared_originals(articles, past)
        similar, common = past.similar(hashes)
        same = past.with_key([article.text_key for article in articles])
        self._beyond = [similar.get(i, set()) | same.get(n.text_key, set()) for i, n in enumerate(articles)]
        self._index = BatchIndex(hashes, common)
        self._canonical: set[str] = set()
        self._canonical_by_key: dict[str, set[str]] = {}
        self._matches: dict[str, _Match] = {}
        self._texts: dict[str, str] = {}
        self._contexts: dict[str, ArticleContext] = {}
        self._shingled = lru_cache(maxsize=_TEXTS_AT_HAND)(lambda article_id: shingle_text(self._texts[article_id]))

    def run(self, texts_of: TextsOf) -> dict[str, _Match]:
        """Decide newcomer by newcomer; gives the matches by the newcomer's id."""
        settled = {n.assigned_canonical for n in self._new_articles if n.assigned_canonical}
        wanted = sorted(settled.union(*self._beyond, *self._declared) - self._batch)
        self._texts = dict(texts_of(wanted) if wanted else {}) | {n.id: n.row["text"] for n in self._new_articles}
        self._contexts = self._past.contexts(wanted) | {
            n.id: ArticleContext(language=n.row["language"], publisher=n.row["publisher"]) for n in self._new_articles
        }
        for i in sorted(range(len(self._new_articles)), key=lambda i: self._new_articles[i].sort_key):
            article = self._new_articles[i]
            match = self._best_match(i)
            if match:
                self._matches[article.id] = match
            elif article.assigned_canonical is None:
                self._index.add(i)
                self._canonical.add(article.id)
                self._canonical_by_key.setdefault(article.text_key, set()).add(article.id)
        return self._matches

    def _best_match(self, i: int) -> _Match | None:
        """The best canonical article for a newcomer: one recorded earlier, else one of the batch, else None."""
        article = self._new_articles[i]
        if article.is_known:
            return (
                self._match(article, article.assigned_canonical, is_declared=False)
                if article.assigned_canonical
                else None
            )
        declared = {self._matches[c].canonical_id if c in self._matches else c for c in self._declared[i]}
        similar = {self._new_articles[j].id for j in self._index.candidates(i)}
        within = (declared & self._canonical) | similar | self._canonical_by_key.get(article.text_key, set())
        for candidates in (self._beyond[i] | (declared - self._batch), within):
            matches = [m for c in candidates if (m := self._match(article, c, is_declared=c in declared))]
            if matches:
                return min(matches, key=lambda match: match.rank)
        return None

    def _match(self, article: _NewArticle, candidate: str, *, is_declared: bool) -> _Match | None:
        """The match with one candidate, proven on the texts; None where there is none."""
        if candidate not in self._texts:
            return None
        own, other = self._contexts[article.id], self._contexts.get(candidate, _NOTHING_KNOWN)
        if None not in (own.language, other.language) and own.language != other.language:
            return None
        is_own = own.publisher is not None and own.publisher == other.publisher
        overlap = measure_overlap(self._shingled(article.id), self._shingled(candidate))
        kind = kind_of_duplicate(overlap, is_declared=is_declared, is_own=is_own)
        return _Match(canonical_id=candidate, kind=kind, overlap=overlap) if kind else None


def _new_articles(new: pa.Table, fingerprints: pa.Table, past: KnownArticles) -> list[_NewArticle]:
    """The batch's articles, each beside its fingerprint and its past, in the order of the rows."""
    links = past.batch_links()
    keys, sizes = fingerprints["text_key"].to_pylist(), fingerprints["shingle_count"].to_pylist()
    return [
        _NewArticle(
            row=row,
            text_key=key,
            size=size,
            is_known=row["article_id"] in links,
            assigned_canonical=links.get(row["article_id"]),
        )
        for row, key, size in zip(new.select(_READ).to_pylist(), keys, sizes, strict=True)
    ]


def _declared_originals(articles: Sequence[_NewArticle], past: KnownArticles) -> list[set[str]]:
    """The articles, known or of the batch, whose URL each newcomer declares as its original."""
    urls = [article.row["declared_original_url"] for article in articles]
    found = past.with_url([url for url in urls if url])
    for article in articles:
        if (url := article.row["canonical_url"]) is not None:
            found.setdefault(url, set()).add(article.id)
    return [found.get(url, set()) - {article.id} for url, article in zip(urls, articles, strict=True)]


def _duplicate_row(article: _NewArticle, match: _Match) -> dict[str, object]:
    """A match as a row."""
    return {
        "article_id": article.id,
        "canonical_id": match.canonical_id,
        "kind": match.kind,
        "containment": 1.0 if match.kind == "exact" else match.overlap.containment,
        "jaccard": 1.0 if match.kind == "exact" else match.overlap.jaccard,
        "recorded_at": article.row["recorded_at"],
        "day": article.row["day"],
    }
